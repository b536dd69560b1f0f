//! Given nothing, gives the time and random bytes: the only clock and the only dice of the trunk.

use std::fmt::Debug;

/// Microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

/// What the trunk may ask of the world outside; tests answer with a fixed one.
pub trait World: Debug + Send + Sync {
    /// The time by the machine's clock, which may jump.
    fn now(&self) -> Timestamp;
    /// Fills `bytes` with random bytes fit for keys.
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's own clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsWorld;

impl World for OsWorld {
    #[expect(clippy::disallowed_methods, reason = "the one room that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 is a clock that was never set: zero says so.
        let micros = since.map_or(0, |span| span.as_micros());
        Timestamp(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let filled = getrandom::fill(bytes);
        // Without randomness there are no salts and no keys: going on would be a lie.
        assert!(filled.is_ok(), "the system's random source failed: {filled:?}");
    }
}
