//! Given a frame, lets it into the log or says why not.
//!
//! Whoever can write the WAL can write a frame that no recorder would make. Here every frame is
//! read again: its leaf is canonical JSON of an event's shape, and its parts are its own. A frame
//! that fails is no leaf; its bytes go to the quarantine, and a `gap` event tells.

use std::fmt;

use tacho_event::json::{Object, Value};
use tacho_event::privacy::{Class, Disclosure, base64url, check_leaf, digests};
use tacho_tree::{Hash, leaf_hash};

use crate::index::{Facts, facts};
use crate::vault::{Item, Part, items};
use crate::wal::Record;

/// A frame that may become a leaf.
#[derive(Debug)]
pub(crate) struct Passed<'a> {
    /// What the index keeps of the leaf.
    pub(crate) facts: Facts,
    /// The hash of the leaf.
    pub(crate) hash: Hash,
    /// Its grants and parts.
    pub(crate) items: Vec<Stored<'a>>,
}

/// A grant or part, and its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) item: Item<'a>,
    pub(crate) bytes: &'a [u8],
    /// The day the leaf names for the part's class.
    pub(crate) day: u32,
}

/// Why a frame is no leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The leaf is not canonical, shows what no leaf may, or bears a name of the recorder's own.
    Leaf,
    /// The grants and parts cannot be read, or belong to another event.
    Parts,
    /// The leaf does not commit to what a part holds.
    Digest,
    /// A sealed part whose grant is nowhere.
    Grant,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leaf => "leaf is not one that a recorder makes",
            Self::Parts => "parts are not those of the event",
            Self::Digest => "leaf does not commit to its parts",
            Self::Grant => "a sealed part has no grant",
        })
    }
}

impl std::error::Error for Refusal {}

/// Reads a frame again.
pub(crate) fn check<'a>(record: &Record<'a>) -> Result<Passed<'a>, Refusal> {
    let leaf = check_leaf(record.leaf, record.system).map_err(|_| Refusal::Leaf)?;
    // What passed the check, has the three members that the index keeps.
    let facts = facts(record.leaf).ok_or(Refusal::Leaf)?;
    let items = check_parts(record, &leaf)?;
    Ok(Passed { facts, hash: leaf_hash(record.leaf), items })
}

/// Whether these bytes were a leaf once, and not what a power cut left of some.
pub(super) fn is_leaf(bytes: &[u8]) -> bool {
    check_leaf(bytes, false).is_ok() || check_leaf(bytes, true).is_ok()
}

fn check_parts<'a>(record: &Record<'a>, leaf: &Object) -> Result<Vec<Stored<'a>>, Refusal> {
    let mut stored = Vec::new();
    let mut rest = record.parts;
    for item in items(record.parts) {
        let item = item.map_err(|_| Refusal::Parts)?;
        let (bytes, later) = split_item(rest).ok_or(Refusal::Parts)?;
        rest = later;
        let day = match item {
            Item::Grant(grant) => grant.day,
            Item::Part(part) if part.record_id == record.record_id => check_part(&part, leaf)?,
            // Only an erasure makes tombstones, and not through the log.
            Item::Part(_) | Item::Block(_) | Item::Tomb(_) => return Err(Refusal::Parts),
        };
        stored.push(Stored { item, bytes, day });
    }
    if stored.len() == usize::from(record.parts_count) { Ok(stored) } else { Err(Refusal::Parts) }
}

/// The bytes of the first item, and those behind it.
fn split_item(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let total = crate::wal::field::u32_at(bytes, 4).map(crate::wal::field::index)?;
    bytes.split_at_checked(total)
}

/// The day that the leaf names for the part's class.
fn check_part(part: &Part<'_>, leaf: &Object) -> Result<u32, Refusal> {
    let class = leaf.object(part.class.as_str()).ok_or(Refusal::Digest)?;
    let day = class.get("day").and_then(Value::as_i64).and_then(|day| u32::try_from(day).ok());
    if part.is_plain() {
        let disclosures = Disclosure::of_part(part.class, part.body).map_err(|_| Refusal::Parts)?;
        if disclosures.len() != usize::from(part.pairs) {
            return Err(Refusal::Parts);
        }
        if !disclosures.iter().all(|disclosure| commits(leaf, part.class, disclosure)) {
            return Err(Refusal::Digest);
        }
    } else if usize::from(part.pairs) > digests(leaf, part.class).count() {
        return Err(Refusal::Digest);
    }
    day.ok_or(Refusal::Digest)
}

fn commits(leaf: &Object, class: Class, disclosure: &Disclosure) -> bool {
    let digest = base64url(&disclosure.digest());
    digests(leaf, class).any(|committed| committed == digest)
}
