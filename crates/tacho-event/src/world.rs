//! What pure code may ask of the world: the time and random bytes.

use crate::time::Timestamp;

/// The clock and the dice, passed in wherever they are needed, so that a test decides both.
pub trait World {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` with random bytes fit for keys.
    fn fill(&self, bytes: &mut [u8]);
}

impl<W: World + ?Sized> World for &W {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}

/// `N` random bytes.
pub fn random<const N: usize>(world: &dyn World) -> [u8; N] {
    let mut bytes = [0; N];
    world.fill(&mut bytes);
    bytes
}
