//! Ids as the memory system shows them: `evt_` and a UUIDv7.
//!
//! The system's random source takes longer than everything else that an id needs, so it is asked
//! for many ids at once.

use std::sync::Mutex;

use tacho_event::{uuid_text, uuid_v7};
use tachograph::world::World;

use super::logger::lock;

/// Random bytes of one id.
const ID_BYTES: usize = 16;
/// Ids for which the random source is asked at once.
const IDS_AT_ONCE: usize = 64;

/// Gives ids.
#[derive(Debug, Default)]
pub(super) struct Ids(Mutex<Vec<[u8; ID_BYTES]>>);

impl Ids {
    /// The next id; no two are alike, and nobody can tell the next one.
    pub(super) fn next(&self, world: &dyn World) -> String {
        let mut dice = lock(&self.0);
        let random = dice.pop().unwrap_or_else(|| {
            let mut bytes = [0; ID_BYTES * IDS_AT_ONCE];
            world.fill(&mut bytes);
            let (chunks, _) = bytes.as_chunks();
            dice.extend_from_slice(chunks);
            dice.pop().unwrap_or_default()
        });
        drop(dice);
        let mut id = String::with_capacity(40);
        id.push_str("evt_");
        id.push_str(&uuid_text(uuid_v7(world.now(), random)));
        id
    }
}
