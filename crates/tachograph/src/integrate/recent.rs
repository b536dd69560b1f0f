//! Given a frame's record id, tells whether the same record came a moment ago.
//!
//! A record stands twice in the WAL when its writer lost the answer and wrote it to the spool too,
//! or died while the spool was drained. Both copies lie close together, so two bounded generations
//! of ids are enough, and no map of all ids is needed.

use std::collections::HashMap;

use crate::error::Error;
use crate::limits::RECENT_RECORDS_MAX;
use crate::store::Store;
use crate::wal::scan::Judge;
use crate::wal::{Item, Position, Walk};

/// The records that came lately, and where.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashMap<[u8; 16], Position>,
    old: HashMap<[u8; 16], Position>,
}

impl Recent {
    /// Whether this record came before, at another place; remembers it if not.
    pub(crate) fn is_known(&mut self, at: Position, id: &[u8; 16]) -> bool {
        if let Some(first) = self.young.get(id).or_else(|| self.old.get(id)) {
            return *first != at;
        }
        if self.young.len() >= RECENT_RECORDS_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(*id, at);
        false
    }

    /// Remembers what stands in the segment before `until`: a copy of it may come from the spool.
    pub(crate) fn fill(&mut self, store: &Store, until: Position) -> Result<(), Error> {
        let from = Position { segment: until.segment, offset: 0 };
        let (files, places) = (store.files().clone(), store.places().clone());
        let mut walk = Walk::new(files, places, from, Judge::Seeking);
        while walk.position() < until {
            match walk.next_item()? {
                Item::Frame { at, record, .. } => {
                    self.is_known(at, &record.record_id);
                }
                Item::Damage(_) => {}
                Item::End(_) | Item::Unclear(_) => break,
            }
        }
        Ok(())
    }
}
