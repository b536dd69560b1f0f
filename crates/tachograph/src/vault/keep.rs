//! Given entries and what a writer lent for them, gives their grants and parts in bytes, as frames
//! take them.
//!
//! Threads that share a writer hold it only to take what they need. Keys are expanded when it is
//! free again, all of them side by side, and every part is sealed where it stands.

use std::ops::Range;
use std::sync::Arc;

use tacho_event::World;
use tacho_event::privacy::Entry;

use super::cipher::expand_all;
use super::codec::PART_HEADER_BYTES;
use super::part::{self, Envelope, Info};

/// What a writer gave for some entries.
pub(crate) struct Taken {
    generation: u32,
    how: How,
}

enum How {
    /// All there is to be done is done.
    Plain(Sheets),
    Sealed(Sealing),
}

/// The grants and parts of some entries.
pub(crate) struct Kept {
    sheets: Sheets,
    generation: u32,
}

/// Bytes of one entry after the other.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    pub(super) bytes: Vec<u8>,
    /// Where each ends, and how many grants and parts it has.
    ends: Vec<(usize, u16)>,
}

/// Parts on their way: with a grip for each, in order, or none where there is no key.
pub(super) struct Sealing {
    origin: Arc<str>,
    padded: bool,
    grips: Vec<Option<(Grip, Range<usize>)>>,
    /// Grants that stand nowhere yet.
    grants: Vec<u8>,
}

/// What seals a part: the grant, and its key worked in.
pub(super) struct Grip {
    pub(super) grant_id: [u8; 16],
    pub(super) key: tacho_hash::Key,
}

impl Taken {
    pub(super) fn plain(generation: u32, sheets: Sheets) -> Self {
        Self { generation, how: How::Plain(sheets) }
    }

    pub(super) fn sealed(generation: u32, sealing: Sealing) -> Self {
        Self { generation, how: How::Sealed(sealing) }
    }

    /// The parts of the entries that it was taken for, which become the records with these ids.
    pub(crate) fn keep<'e>(
        self,
        entries: impl Iterator<Item = (&'e Entry, [u8; 16])> + Clone,
        world: &dyn World,
    ) -> Kept {
        let sheets = match self.how {
            How::Plain(sheets) => sheets,
            How::Sealed(sealing) => sealing.seal(entries, world),
        };
        Kept { sheets, generation: self.generation }
    }
}

impl Kept {
    /// The key generation they were kept under.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// The grants and parts of each entry, and their number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], u16)> {
        let mut start = 0;
        self.sheets.ends.iter().map(move |(end, count)| {
            let range = std::mem::replace(&mut start, *end)..*end;
            (self.sheets.bytes.get(range).unwrap_or_default(), *count)
        })
    }
}

impl Sheets {
    /// With room for the parts of these entries.
    pub(super) fn for_plain<'e>(entries: impl Iterator<Item = &'e Entry>) -> Self {
        let parts = entries.flat_map(Entry::parts);
        let room = parts.map(|part| PART_HEADER_BYTES + part.plaintext().len()).sum();
        Self { bytes: Vec::with_capacity(room), ends: Vec::new() }
    }

    /// What was written last belongs to one entry.
    pub(super) fn end(&mut self, count: u16) {
        self.ends.push((self.bytes.len(), count));
    }
}

impl Sealing {
    /// For so many parts: what grows is moved, and would leave copies of keys behind.
    pub(super) fn new(origin: Arc<str>, padded: bool, parts: usize) -> Self {
        Self { origin, padded, grips: Vec::with_capacity(parts), grants: Vec::new() }
    }

    /// Goes on to the next part; with the bytes of its grant, if they are to stand before it.
    pub(super) fn push(&mut self, lent: Option<(Grip, &[u8])>) {
        let grip = lent.map(|(grip, grant)| {
            let from = self.grants.len();
            self.grants.extend_from_slice(grant);
            (grip, from..self.grants.len())
        });
        self.grips.push(grip);
    }

    fn seal<'e>(
        &self,
        entries: impl Iterator<Item = (&'e Entry, [u8; 16])> + Clone,
        world: &dyn World,
    ) -> Sheets {
        let of_entry =
            |(entry, id): (&'e Entry, _)| entry.parts().iter().map(move |part| (part, id));
        let mut infos: Vec<Info> = Vec::with_capacity(self.grips.len());
        let mut bytes = self.grants.len();
        for ((part, id), grip) in entries.clone().flat_map(of_entry).zip(&self.grips) {
            if grip.is_some() {
                infos.push(part::info(&id, part.class()));
                bytes += part.plaintext().len() + part::ADDED_BYTES;
            }
        }
        let keys = self.grips.iter().flatten().map(|(grip, _)| &grip.key);
        let keys = expand_all(keys.zip(&infos));
        let mut nonces = vec![[0; 12]; keys.len()];
        world.fill(nonces.as_flattened_mut());
        let mut secrets = keys.iter().zip(nonces);
        let mut grips = self.grips.iter();
        let (mut sheets, mut aad) = (Sheets::default(), Vec::new());
        sheets.bytes.reserve(bytes);
        for (entry, record_id) in entries {
            let mut count = 0;
            for (part, grip) in entry.parts().iter().zip(&mut grips) {
                let Some(((grip, grant), (key, nonce))) =
                    grip.as_ref().and_then(|grip| Some((grip, secrets.next()?)))
                else {
                    continue;
                };
                let grant = self.grants.get(grant.clone()).unwrap_or_default();
                sheets.bytes.extend_from_slice(grant);
                let envelope = Envelope {
                    record_id,
                    grant_id: grip.grant_id,
                    class: part.class(),
                    pairs: u16::try_from(part.digests().len()).unwrap_or(u16::MAX),
                    nonce,
                    origin: &self.origin,
                    padded: self.padded,
                };
                let plaintext = part.plaintext();
                part::seal_with(key, &envelope, plaintext, &mut aad, &mut sheets.bytes);
                count += 1 + u16::from(!grant.is_empty());
            }
            sheets.end(count);
        }
        sheets
    }
}
