//! Given a log, says which ids stand at several events.
//!
//! The index has the keys of all ids in order, so equal ones stand side by side and no id has to be
//! remembered. A key is believed to be an id's when a leaf says so: sessions have keys too.

use tacho_event::json::{self, Value};
use tacho_tree::audit::{Code, FINDINGS_MAX, Report, Spot};

use super::unreadable;
use crate::error::Error;
use crate::index::{Index, Kind, facts};
use crate::limits::INDEX_TAIL_MAX;
use crate::log::Log;

/// Leaves read at a time behind the index.
const TAIL_LEAVES: usize = 1024;

/// Tells the ids that several events bear, in the order of the first ones.
pub(super) fn check(log: &Log, report: &mut Report) {
    let mut found = Found::default();
    if let Err(error) = look(log, &mut found, report) {
        unreadable(&error, report);
    }
    found.repeated.sort_unstable();
    for (first, id, again) in found.repeated {
        let what = match again.as_slice() {
            [one] => format!("{id} is the id of leaf {one} too"),
            all => format!("{id} is the id of {} more leaves", all.len()),
        };
        report.find(Code::IdRepeated, Spot::leaf(first), what);
    }
    report.more += found.more;
}

#[derive(Debug, Default)]
struct Found {
    /// The first leaf, the id, and the leaves that bear it again.
    repeated: Vec<(u64, String, Vec<u64>)>,
    more: u64,
}

fn look(log: &Log, found: &mut Found, report: &mut Report) -> Result<(), Error> {
    let index = Index::open(log.store().files(), log.places())?;
    let covered = index.covered().min(log.integrated().size());
    let mut tail = keys_from(log, covered)?;
    if tail.is_none() {
        report.limit(format!("whether ids are repeated: the index ends at leaf {covered}"));
    }
    let mut tail = tail.take().unwrap_or_default().into_iter().peekable();
    let mut entries = index.into_entries().peekable();
    let mut group = Group::default();
    loop {
        let entry = match (entries.peek(), tail.peek()) {
            (Some(Err(_)), _) => {
                report.limit("whether ids are repeated: the index is damaged");
                return Ok(());
            }
            (Some(Ok(stored)), Some(later)) if stored > later => tail.next(),
            (Some(Ok(_)), _) => entries.next().and_then(Result::ok),
            (None, _) => tail.next(),
        };
        let Some((key, leaf)) = entry else { break };
        group.push(log, key, leaf, found)?;
    }
    group.end(found);
    Ok(())
}

/// The sorted keys of the leaves from `first` on, those that are not integrated too; none if they
/// are too many.
fn keys_from(log: &Log, first: u64) -> Result<Option<Vec<(u64, u64)>>, Error> {
    let (stored, size) = (log.integrated().size(), log.size());
    if size - first > INDEX_TAIL_MAX {
        return Ok(None);
    }
    let mut keys = Vec::new();
    let mut at = first;
    while at < size {
        if at < stored {
            let count = usize::try_from(stored - at).unwrap_or(TAIL_LEAVES).min(TAIL_LEAVES);
            let block = log.leaf_files().block(at, count)?;
            keys.extend(
                (at..).zip(block.iter()).filter_map(|(at, leaf)| Some((facts(leaf)?.id, at))),
            );
            at += block.len() as u64;
        } else {
            let leaf = log.leaf(at)?.unwrap_or_default();
            keys.extend(facts(&leaf).map(|facts| (facts.id, at)));
            at += 1;
        }
    }
    keys.sort_unstable();
    Ok(Some(keys))
}

/// The entries of one key.
#[derive(Debug, Default)]
struct Group {
    key: u64,
    first: Option<u64>,
    /// Whether the first leaf bears the key as its id: asked when a second one comes.
    id: Option<Option<String>>,
    again: Vec<u64>,
}

impl Group {
    fn push(&mut self, log: &Log, key: u64, leaf: u64, found: &mut Found) -> Result<(), Error> {
        let Some(first) = self.first.filter(|_| self.key == key) else {
            std::mem::take(self).end(found);
            *self = Self { key, first: Some(leaf), ..Self::default() };
            return Ok(());
        };
        let id = match &self.id {
            Some(known) => known.as_deref(),
            None => {
                let bytes = log.leaf(first)?.unwrap_or_default();
                let is_id = Kind::is_id(key, &bytes);
                self.id.insert(is_id.then(|| id_of(&bytes)).flatten()).as_deref()
            }
        };
        let Some(id) = id else { return Ok(()) };
        // Two ids with one key are no repetition.
        let bytes = log.leaf(leaf)?.unwrap_or_default();
        if Kind::Id.is_of(&bytes, id) && self.again.len() < FINDINGS_MAX {
            self.again.push(leaf);
        }
        Ok(())
    }

    fn end(self, found: &mut Found) {
        if let (Some(first), Some(Some(id))) = (self.first, self.id)
            && !self.again.is_empty()
        {
            if found.repeated.len() < FINDINGS_MAX {
                found.repeated.push((first, id, self.again));
            } else {
                found.more += 1;
            }
        }
    }
}

fn id_of(leaf: &[u8]) -> Option<String> {
    match json::read(leaf) {
        Ok(Value::Object(leaf)) => leaf.str("id").map(str::to_owned),
        _ => None,
    }
}
