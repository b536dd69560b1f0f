//! Random names for ids that a leaf may not show, the same for the length of a session.

use crate::limits;
use crate::world::{World, random};
use std::collections::{HashMap, VecDeque};

/// Remembers which stand-in replaces which id. One emitter keeps one: events of a session stay
/// joined, and nobody can compute an id from its stand-in.
#[derive(Clone, Debug, Default)]
pub struct StandIns {
    of: HashMap<String, String>,
    oldest: VecDeque<String>,
}

impl StandIns {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The stand-in of `id`, made if it has none; the oldest is forgotten beyond
    /// [`limits::STAND_INS_MAX`].
    pub fn stand_in(&mut self, id: &str, world: &dyn World) -> &str {
        if !self.of.contains_key(id) {
            if self.oldest.len() == limits::STAND_INS_MAX
                && let Some(oldest) = self.oldest.pop_front()
            {
                self.of.remove(&oldest);
            }
            self.oldest.push_back(id.to_owned());
        }
        self.of.entry(id.to_owned()).or_insert_with(|| {
            let bytes: [u8; 8] = random(world);
            format!("hidden-{:016x}", u64::from_be_bytes(bytes))
        })
    }

    /// Every id and its stand-in, oldest first: what a short-lived emitter keeps between two runs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.oldest.iter().filter_map(|id| Some((id.as_str(), self.of.get(id)?.as_str())))
    }

    /// Remembers a pair that [`Self::iter`] gave.
    pub fn remember(&mut self, id: &str, stand_in: &str) {
        if self.oldest.len() < limits::STAND_INS_MAX
            && self.of.insert(id.to_owned(), stand_in.to_owned()).is_none()
        {
            self.oldest.push_back(id.to_owned());
        }
    }
}
