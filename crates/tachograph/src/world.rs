//! Given nothing, gives the time and random bytes: the only clock and the only dice of the trunk.

use std::fmt::Debug;

pub use tacho_event::Timestamp;

/// What the trunk may ask of the world outside, from any thread; tests answer with a fixed one.
pub trait World: tacho_event::World + Debug + Send + Sync {}

impl<W: tacho_event::World + Debug + Send + Sync> World for W {}

/// The machine's own clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsWorld;

impl tacho_event::World for OsWorld {
    #[expect(clippy::disallowed_methods, reason = "the one room that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 is a clock that was never set: zero says so.
        let micros = since.map_or(0, |span| span.as_micros());
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    fn fill(&self, bytes: &mut [u8]) {
        if is_filled(bytes) {
            return;
        }
        let filled = getrandom::fill(bytes);
        // Without randomness there are no salts and no keys: going on would be a lie.
        assert!(filled.is_ok(), "the system's random source failed: {filled:?}");
    }
}

/// Asks Linux without looking for how to ask, which costs a short-lived process more than the
/// answer; the same bytes as `getrandom` gives, all or an error for so few.
#[cfg(target_os = "linux")]
fn is_filled(bytes: &mut [u8]) -> bool {
    let wanted = bytes.len();
    let flags = rustix::rand::GetRandomFlags::empty();
    wanted <= 256 && rustix::rand::getrandom(bytes, flags) == Ok(wanted)
}

#[cfg(not(target_os = "linux"))]
fn is_filled(_bytes: &mut [u8]) -> bool {
    false
}
