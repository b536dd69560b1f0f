//! Given nothing, gives the time and random bytes: the only clock and the only dice of the trunk.

use std::cell::RefCell;
use std::fmt::Debug;

pub use tacho_event::Timestamp;
use zeroize::{Zeroize, Zeroizing};

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

/// A world whose random bytes are fetched many at a time: each question to the system costs as much
/// as hashing an event. It lives as long as one batch of events, so no forked process shares what
/// was drawn ahead, and nothing of it stays behind.
#[derive(Debug)]
pub(crate) struct Ahead<'w> {
    world: &'w dyn World,
    drawn: RefCell<Drawn>,
}

#[derive(Debug)]
struct Drawn {
    bytes: Zeroizing<Vec<u8>>,
    /// How many of them were given.
    used: usize,
}

/// What an event takes, with its ids, seeds and nonces: more is seldom wanted.
const AHEAD_PER_EVENT: usize = 128;
const AHEAD_MAX: usize = 4096;

impl<'w> Ahead<'w> {
    /// For about so many events.
    pub(crate) fn new(world: &'w dyn World, events: usize) -> Self {
        let count = events.saturating_mul(AHEAD_PER_EVENT).min(AHEAD_MAX);
        let bytes = Zeroizing::new(vec![0; count]);
        Self { world, drawn: RefCell::new(Drawn { bytes, used: count }) }
    }
}

impl tacho_event::World for Ahead<'_> {
    fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        let Drawn { bytes: drawn, used } = &mut *self.drawn.borrow_mut();
        if bytes.len() > drawn.len() {
            return self.world.fill(bytes);
        }
        if bytes.len() > drawn.len() - *used {
            self.world.fill(drawn);
            *used = 0;
        }
        if let Some(next) = drawn.get_mut(*used..*used + bytes.len()) {
            bytes.copy_from_slice(next);
            next.zeroize();
        }
        *used += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tacho_event::World as _;

    /// Gives each byte once: its number, as far as a byte can say it.
    #[derive(Debug, Default)]
    struct Numbered(AtomicU64);

    impl tacho_event::World for Numbered {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(0)
        }

        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| (self.0.fetch_add(1, Ordering::Relaxed) % 251) as u8);
        }
    }

    #[test]
    fn what_is_drawn_ahead_is_given_once_and_in_order() {
        let numbered = Numbered::default();
        let ahead = Ahead::new(&numbered, 1_024 / AHEAD_PER_EVENT);
        let mut given = Vec::new();
        for len in [16, 10, 0, 500, 498, 16, 1_024, 3_000, 16] {
            let mut bytes = vec![0; len];
            ahead.fill(&mut bytes);
            given.push(bytes);
        }
        let from = |start: u64, len: u64| {
            (start..start + len).map(|nth| (nth % 251) as u8).collect::<Vec<_>>()
        };
        let expected = [
            from(0, 16),
            from(16, 10),
            from(26, 0),
            from(26, 500),
            from(526, 498), // 1,024: all
            from(1_024, 16),
            from(2_048, 1_024), // not enough was left
            from(3_072, 3_000), // more than is drawn ahead
            from(6_072, 16),
        ];
        assert_eq!(given, expected);
        assert!(ahead.drawn.borrow().bytes[..16].iter().all(|byte| *byte == 0));
        assert_eq!(Ahead::new(&numbered, 1_000).drawn.borrow().bytes.len(), AHEAD_MAX);
    }
}
