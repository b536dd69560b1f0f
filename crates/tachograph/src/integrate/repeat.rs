//! Given a frame that bears its client's marks, tells whether the same was submitted before, and
//! gives the leaf that stands for it then.
//!
//! Long-lived recorders ask the idempotency window before they append. A hook has no time for that:
//! it marks its frame and leaves the comparing to whoever integrates. The first frame of a mark is
//! the event; of another one, exactly the same, a leaf is left that tells its number and whom it
//! repeats, so that nothing of the sequence is missing and the event is there once.
//!
//! ```text
//! {"action":{"name":"tacho.duplicate","system":{"repeats":"<id of the event>"},"type":"system"},
//!  "agent":{...},"id":"<of this leaf>","origin":{"emitter":"s-1","seq":7,...},"timestamp":...,"v":1}
//! ```
//!
//! It is made of what the frame's own leaf shows, and of nothing else, so whoever makes it again
//! makes the same. What was hidden in the frame stands in the event that it repeats, and goes.

use std::collections::HashMap;

use tacho_event::EventId;
use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::glance;
use tacho_tree::{Hash, leaf_hash};

use super::gate::Passed;
use crate::error::Error;
use crate::idempotency::Marks;
use crate::index::Facts;
use crate::limits::IDEMPOTENCY_RECENT_MAX;
use crate::store::Store;
use crate::vault;
use crate::wal::scan::Judge;
use crate::wal::{Item, Position, Record, Walk};

/// Members of a leaf that the leaf of its repetition has too.
const KEPT: [&str; 5] = ["agent", "origin", "tenant", "timestamp", "v"];

/// What was submitted so far: on disk as far as sorted runs have it, else read from the log.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// The runs; none before the first frame with a mark is met.
    marks: Option<Marks>,
    /// The record of each mark behind the runs.
    recent: HashMap<[u8; 16], [u8; 16]>,
}

impl Repeats {
    /// Whether the frame at `at` was submitted before as another record; remembers it if not. Must
    /// be asked of every frame from the first with a mark on, in order.
    ///
    /// # Errors
    /// What reading the runs or the log said. Damaged runs are no error: better an event twice than
    /// not at all.
    pub(crate) fn is_repeat(
        &mut self,
        store: &Store,
        at: Position,
        record: &Record<'_>,
    ) -> Result<bool, Error> {
        if record.idem == [0; 16] || record.system {
            return Ok(false);
        }
        if self.marks.is_none() {
            let marks = unless_damaged(Marks::load(store))?.unwrap_or_default();
            self.read(store, marks.covered(), at)?;
            self.marks = Some(marks);
        }
        let mut first = self.recent.get(&record.idem).copied();
        if let (None, Some(marks)) = (first, &self.marks) {
            first = unless_damaged(marks.find(&record.idem))?.flatten();
        }
        if first.is_none() {
            self.recent.insert(record.idem, record.record_id);
        }
        Ok(first.is_some_and(|first| first != record.record_id))
    }

    /// Forgets a record that became no event: who submits it again is the first.
    pub(crate) fn refused(&mut self, record: &Record<'_>) {
        if self.recent.get(&record.idem) == Some(&record.record_id) {
            self.recent.remove(&record.idem);
        }
    }

    /// Whether so much stands behind the runs that somebody should write one.
    pub(crate) fn wants_run(&self) -> bool {
        self.recent.len() >= IDEMPOTENCY_RECENT_MAX
    }

    /// Takes note of what stands in the log from `from` up to `until`.
    fn read(&mut self, store: &Store, from: Position, until: Position) -> Result<(), Error> {
        let (files, places) = (store.files().clone(), store.places().clone());
        // What stands before a frame that was read was judged, and does not change.
        let mut walk = Walk::new(files, places, from, Judge::Holding).until(until);
        loop {
            match walk.next_item()? {
                Item::Frame { record, .. } if record.idem != [0; 16] => {
                    self.recent.entry(record.idem).or_insert(record.record_id);
                }
                Item::Frame { .. } | Item::Damage(_) => {}
                Item::End(_) | Item::Unclear(_) => return Ok(()),
            }
        }
    }
}

fn unless_damaged<T>(outcome: Result<T, Error>) -> Result<Option<T>, Error> {
    match outcome {
        Err(Error::Damaged { .. }) => Ok(None),
        outcome => outcome.map(Some),
    }
}

/// The leaf that stands for an event that came again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Duplicate {
    pub(crate) leaf: Vec<u8>,
    pub(crate) facts: Facts,
    pub(crate) hash: Hash,
}

impl Duplicate {
    /// The leaf that stands for `record`; none if its leaf is no leaf.
    pub(crate) fn of(record: &Record<'_>) -> Option<Self> {
        let Ok(Value::Object(mut told)) = json::read(record.leaf) else { return None };
        let mut system = Object::new();
        system.insert("repeats", told.str("id")?);
        let mut action = Object::new();
        action.insert("name", "tacho.duplicate");
        action.insert("system", system);
        action.insert("type", "system");
        told.retain(|name, _| KEPT.contains(&name));
        told.insert("action", action);
        told.insert("id", id_of(&record.record_id).as_str());
        let mut leaf = Vec::with_capacity(record.leaf.len());
        json::write_object(&told, &mut leaf);
        let facts = Facts::of(&glance(&leaf, true)?);
        let hash = leaf_hash(&leaf);
        Some(Self { leaf, facts, hash })
    }

    /// The record that `record` becomes.
    pub(super) fn record<'a>(&'a self, record: &Record<'a>) -> Record<'a> {
        Record { leaf: &self.leaf, parts: &[], parts_count: 0, system: true, ..*record }
    }

    /// What is stored of a frame that passed: its grants may be those of others that were appended
    /// with it, its parts stand with the event it repeats.
    pub(super) fn passed<'a>(&self, mut passed: Passed<'a>) -> Passed<'a> {
        passed.items.retain(|stored| matches!(stored.item, vault::Item::Grant(_)));
        Passed { facts: self.facts, hash: self.hash, ..passed }
    }
}

/// The same for the same record: UUIDv8 of its id and of what is told of it.
fn id_of(record_id: &[u8; 16]) -> EventId {
    let named = [b"tacho.duplicate".as_slice(), record_id].concat();
    let hash = *leaf_hash(&named).as_bytes();
    let half = std::array::from_fn(|at| hash.get(at).copied().unwrap_or_default());
    EventId::from_digest(half)
}
