//! Random names for ids that a leaf may not show, the same for the length of a session.

use crate::limits;
use crate::world::{World, random};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Remembers which stand-in replaces which id. One emitter keeps one: events of a session stay
/// joined, and nobody can compute an id from its stand-in.
#[derive(Debug, Default)]
pub struct StandIns(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Not a map that asks the system for randomness, before there is anything to remember.
    of: BTreeMap<String, String>,
    oldest: VecDeque<String>,
}

impl StandIns {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The stand-in of `id`, made if it has none; the oldest is forgotten beyond
    /// [`limits::STAND_INS_MAX`].
    pub fn stand_in(&self, id: &str, world: &dyn World) -> String {
        let mut known = self.known();
        if let Some(stand_in) = known.of.get(id) {
            return stand_in.clone();
        }
        let bytes: [u8; 8] = random(world);
        let stand_in = format!("hidden-{:016x}", u64::from_be_bytes(bytes));
        known.remember(id, &stand_in);
        stand_in
    }

    /// Every id and its stand-in, oldest first: what a short-lived emitter keeps between two runs.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let known = self.known();
        let pair = |id: &String| Some((id.clone(), known.of.get(id)?.clone()));
        known.oldest.iter().filter_map(pair).collect()
    }

    /// Remembers a pair that [`Self::pairs`] gave.
    pub fn remember(&self, id: &str, stand_in: &str) {
        self.known().remember(id, stand_in);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A map that a panicking thread left behind is still a map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn remember(&mut self, id: &str, stand_in: &str) {
        if self.of.insert(id.to_owned(), stand_in.to_owned()).is_some() {
            return;
        }
        self.oldest.push_back(id.to_owned());
        if self.oldest.len() > limits::STAND_INS_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.of.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use std::cell::Cell;

    struct Counting(Cell<u8>);

    impl World for Counting {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(0)
        }

        fn fill(&self, bytes: &mut [u8]) {
            self.0.set(self.0.get().wrapping_add(1));
            bytes.fill(self.0.get());
        }
    }

    #[test]
    fn an_id_keeps_its_stand_in_and_another_gets_another() {
        let (world, stand_ins) = (Counting(Cell::new(0)), StandIns::new());
        let first = stand_ins.stand_in("a b", &world);
        assert_eq!(first, "hidden-0101010101010101");
        assert_ne!(stand_ins.stand_in("c d", &world), first);
        assert_eq!(stand_ins.stand_in("a b", &world), first);
        let again = StandIns::new();
        stand_ins.pairs().iter().for_each(|(id, stand_in)| again.remember(id, stand_in));
        assert_eq!(again.stand_in("a b", &world), first);
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let (world, stand_ins) = (Counting(Cell::new(0)), StandIns::new());
        for i in 0..=limits::STAND_INS_MAX {
            stand_ins.stand_in(&i.to_string(), &world);
        }
        let pairs = stand_ins.pairs();
        assert_eq!(pairs.len(), limits::STAND_INS_MAX);
        assert_eq!(pairs[0].0, "1");
    }
}
