//! Given a frame, lets it into the log or says why not.
//!
//! Whoever can write the WAL can write a frame that no recorder would make. Here every frame is
//! read again: its leaf is canonical JSON of an event's shape, and its parts are its own. A frame
//! that fails is no leaf; its bytes go to the quarantine, and a `gap` event tells. What its parts
//! hold is not looked at: sealed ones could not be opened here, and `verify` hashes the rest.

use std::fmt;

use tacho_event::privacy::{Glance, glance};
use tacho_tree::{Hash, leaf_hash};

use crate::index::Facts;
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
    /// A part of a class to which the leaf does not commit, or with more pairs than it commits to.
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
    check_hashed(record, leaf_hash(record.leaf))
}

/// Reads a frame again, whose leaf has this hash.
pub(super) fn check_hashed<'a>(record: &Record<'a>, hash: Hash) -> Result<Passed<'a>, Refusal> {
    let leaf = glance(record.leaf, record.system).ok_or(Refusal::Leaf)?;
    let items = check_parts(record, &leaf)?;
    Ok(Passed { facts: Facts::of(&leaf), hash, items })
}

/// Whether these bytes were a leaf once, and not what a power cut left of some.
pub(super) fn is_leaf(bytes: &[u8]) -> bool {
    glance(bytes, false).is_some() || glance(bytes, true).is_some()
}

fn check_parts<'a>(record: &Record<'a>, leaf: &Glance<'_>) -> Result<Vec<Stored<'a>>, Refusal> {
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

/// The day that the leaf names for the part's class. What a part holds is not hashed here, sealed
/// or not: that it is what its leaf commits to, is for whoever reveals or verifies it.
fn check_part(part: &Part<'_>, leaf: &Glance<'_>) -> Result<u32, Refusal> {
    let commitment = leaf.commitment(part.class).ok_or(Refusal::Digest)?;
    if usize::from(part.pairs) > commitment.digests {
        return Err(Refusal::Digest);
    }
    u32::try_from(commitment.day).map_err(|_| Refusal::Digest)
}
