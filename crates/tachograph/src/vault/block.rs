//! Given parts of one grant, gives one block of them, and back: what a day is packed into.
//!
//! ```text
//! BLOCK "TVB1" | u32 total | block id 16 | grant id 16 | class u8 | flags u8 | u16 n | nonce 12
//!       | n x (u64 leaf index, record id 16, u16 pairs) | body
//!   flags 1: sealed; 5: plain, nonce zero
//!   inside = u32 bytes of the frame | zstd frame of n x (u32 length | plaintext of a part) | zeros
//!   body = AES-256-GCM(HKDF-Expand(K, "tacho/v1/block\0" || block id || class, 32), nonce,
//!                      aad = header and table || origin), tag last; or what is inside, plain
//! ```
//!
//! The entries stand in the order of their leaves. Zeros fill a block up, so that one that loses
//! parts is written over where it stands; one that lost all of them is plain, without entries, and
//! holds zeros.

use tacho_event::privacy::Class;
use zeroize::Zeroizing;

use super::cipher::{Expander, Sealed, TAG_BYTES, aead_open, aead_seal};
use super::codec::{FLAG_PLAIN, FLAG_ZSTD, Flaw, Part};
use crate::limits::{BLOCK_OPENED_BYTES_MAX, BLOCK_PARTS_MAX};
use crate::wal::field::{array_at, index, u16_at, u32_at, u64_at};
use crate::world::World;

pub(super) const BLOCK_MAGIC: &[u8; 4] = b"TVB1";
const HEADER_BYTES: usize = 56;
const ENTRY_BYTES: usize = 26;
const BLOCK: &[u8] = b"tacho/v1/block\0";
/// Packed once and read for years.
const ZSTD_LEVEL: i32 = 9;
/// Tried in turn when a block must fit where a longer one stood.
const FITTING_LEVELS: [i32; 4] = [9, 12, 16, 19];
/// Blocks end at multiples of this, and at least half of it is room.
const ROOM_BYTES: usize = 64;

/// Parts of one grant, packed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// A random name.
    pub id: [u8; 16],
    /// The grant of its parts.
    pub grant_id: [u8; 16],
    /// Their class.
    pub class: Class,
    /// [`FLAG_ZSTD`], [`FLAG_PLAIN`].
    pub flags: u8,
    nonce: [u8; 12],
    /// Header and table.
    head: &'a [u8],
    body: &'a [u8],
}

/// A part in a block, as its table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The leaf it belongs to.
    pub leaf: u64,
    /// The record it belongs to.
    pub record_id: [u8; 16],
    /// How many pairs it holds.
    pub pairs: u16,
}

/// Plaintexts of a block's parts, beside their entries.
pub(crate) type Unpacked = Vec<(Entry, Zeroizing<Vec<u8>>)>;

/// What a block is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packing<'a> {
    pub(crate) grant_id: [u8; 16],
    pub(crate) class: Class,
    pub(crate) origin: &'a str,
    /// The key of the grant; none for a plain block.
    pub(crate) key: Option<&'a Expander>,
    pub(crate) world: &'a dyn World,
}

impl<'a> Block<'a> {
    /// Reads a whole block.
    pub(super) fn decode(item: &'a [u8]) -> Result<Self, Flaw> {
        let count = u16_at(item, 42).ok_or(Flaw::Length)?;
        let split = HEADER_BYTES + usize::from(count) * ENTRY_BYTES;
        let (head, body) = item.split_at_checked(split).ok_or(Flaw::Length)?;
        let flags = item.get(41).copied().ok_or(Flaw::Length)?;
        let nonce = array_at(item, 44).ok_or(Flaw::Length)?;
        let is_plain = flags == FLAG_ZSTD | FLAG_PLAIN && nonce == [0; 12];
        if (!is_plain && flags != FLAG_ZSTD) || count > BLOCK_PARTS_MAX {
            return Err(Flaw::Field);
        }
        // Nothing may hide where all parts went.
        if count == 0 && !(is_plain && body.iter().all(|byte| *byte == 0)) {
            return Err(Flaw::Field);
        }
        let class = item.get(40).and_then(|byte| Class::from_byte(*byte)).ok_or(Flaw::Field)?;
        let block = Self {
            id: array_at(item, 8).ok_or(Flaw::Length)?,
            grant_id: array_at(item, 24).ok_or(Flaw::Length)?,
            class,
            flags,
            nonce,
            head,
            body,
        };
        // Two of one leaf may stand there, never one behind a later one.
        if !block.entries().is_sorted_by_key(|entry| entry.leaf) {
            return Err(Flaw::Field);
        }
        Ok(block)
    }

    /// Its table, in the order of the leaves.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> + use<'a> {
        let table = self.head.get(HEADER_BYTES..).unwrap_or_default();
        table.as_chunks::<ENTRY_BYTES>().0.iter().filter_map(|entry| {
            Some(Entry {
                leaf: u64_at(entry, 0)?,
                record_id: array_at(entry, 8)?,
                pairs: u16_at(entry, 24)?,
            })
        })
    }

    /// Whether a part of this leaf stands in it.
    pub fn has(&self, leaf: u64) -> bool {
        self.entries().any(|entry| entry.leaf == leaf)
    }

    /// True if it is not sealed.
    pub fn is_plain(&self) -> bool {
        self.flags & FLAG_PLAIN != 0
    }

    /// An entry as a part without its body, for who asks whose it is.
    pub(crate) fn part(&self, entry: &Entry) -> Part<'static> {
        Part {
            record_id: entry.record_id,
            grant_id: self.grant_id,
            class: self.class,
            flags: self.flags & FLAG_PLAIN,
            pairs: entry.pairs,
            nonce: [0; 12],
            body: b"",
        }
    }

    /// The plaintexts of its parts, beside their entries.
    pub(crate) fn open(&self, key: Option<&Expander>, origin: &str) -> Result<Unpacked, Sealed> {
        let inside = match (self.is_plain(), key) {
            (true, _) => Zeroizing::new(self.body.to_vec()),
            (false, None) => return Err(Sealed),
            (false, Some(key)) => {
                let key = key.expand([BLOCK, &self.id, &[self.class.byte()]]);
                let aad = [self.head, origin.as_bytes()].concat();
                aead_open(&key, &self.nonce, &aad, self.body)?
            }
        };
        let length = u32_at(&inside, 0).map(index).ok_or(Sealed)?;
        let frame = inside.get(4..).and_then(|rest| rest.get(..length)).ok_or(Sealed)?;
        let raw = zstd::bulk::decompress(frame, BLOCK_OPENED_BYTES_MAX).map_err(|_| Sealed)?;
        let raw = Zeroizing::new(raw);
        let mut rest = raw.as_slice();
        let mut parts = Vec::new();
        for entry in self.entries() {
            let length = u32_at(rest, 0).map(index).ok_or(Sealed)?;
            let (part, later) =
                rest.get(4..).and_then(|rest| rest.split_at_checked(length)).ok_or(Sealed)?;
            parts.push((entry, Zeroizing::new(part.to_vec())));
            rest = later;
        }
        if rest.is_empty() { Ok(parts) } else { Err(Sealed) }
    }
}

/// A block of these parts, in the order of their leaves; `room` is how long it must be, where it is
/// to stand in the place of another: none if it cannot be made to fit.
pub(crate) fn pack(
    packing: &Packing<'_>,
    parts: &[(Entry, impl AsRef<[u8]>)],
    room: Option<usize>,
) -> Option<Vec<u8>> {
    let mut raw = Zeroizing::new(Vec::new());
    for (_, part) in parts {
        let part = part.as_ref();
        raw.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        raw.extend_from_slice(part);
    }
    let tag = if packing.key.is_some() { TAG_BYTES } else { 0 };
    let fixed = HEADER_BYTES + parts.len() * ENTRY_BYTES + 4 + tag;
    let levels = if room.is_some() { &FITTING_LEVELS[..] } else { &[ZSTD_LEVEL] };
    levels.iter().find_map(|level| {
        let frame = Zeroizing::new(zstd::bulk::compress(&raw, *level).ok()?);
        let least = fixed + frame.len();
        let total = match room {
            Some(room) => room,
            None => (least + ROOM_BYTES / 2).next_multiple_of(ROOM_BYTES),
        };
        (least <= total).then(|| write(packing, parts, &frame, total)).flatten()
    })
}

/// What stands where a block stood all of whose parts went: no entries, and zeros.
pub(crate) fn emptied(block: &Block<'_>, room: usize) -> Vec<u8> {
    let mut out = BLOCK_MAGIC.to_vec();
    // A block is at most as long as a frame.
    out.extend_from_slice(&u32::try_from(room).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&block.grant_id);
    out.extend_from_slice(&[block.class.byte(), FLAG_ZSTD | FLAG_PLAIN]);
    out.resize(room, 0);
    out
}

fn write(
    packing: &Packing<'_>,
    parts: &[(Entry, impl AsRef<[u8]>)],
    frame: &[u8],
    total: usize,
) -> Option<Vec<u8>> {
    let &Packing { grant_id, class, origin, key, world } = packing;
    let id: [u8; 16] = tacho_event::random(&world);
    let nonce: [u8; 12] = key.map_or([0; 12], |_| tacho_event::random(&world));
    let flags = FLAG_ZSTD | if key.is_none() { FLAG_PLAIN } else { 0 };
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(BLOCK_MAGIC);
    out.extend_from_slice(&u32::try_from(total).ok()?.to_be_bytes());
    out.extend_from_slice(&id);
    out.extend_from_slice(&grant_id);
    out.extend_from_slice(&[class.byte(), flags]);
    out.extend_from_slice(&u16::try_from(parts.len()).ok()?.to_be_bytes());
    out.extend_from_slice(&nonce);
    for (entry, _) in parts {
        out.extend_from_slice(&entry.leaf.to_be_bytes());
        out.extend_from_slice(&entry.record_id);
        out.extend_from_slice(&entry.pairs.to_be_bytes());
    }
    let from = out.len();
    let aad = [&out[..], origin.as_bytes()].concat();
    out.extend_from_slice(&u32::try_from(frame.len()).ok()?.to_be_bytes());
    out.extend_from_slice(frame);
    let tag = if key.is_some() { TAG_BYTES } else { 0 };
    out.resize(total.checked_sub(tag)?, 0);
    if let Some(key) = key {
        let key = key.expand([BLOCK, &id, &[class.byte()]]);
        aead_seal(&key, &nonce, &aad, &mut out, from);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::cipher::Key;
    use crate::vault::{Item, items};
    use crate::world::OsWorld;

    fn parts(count: u64) -> Vec<(Entry, Vec<u8>)> {
        let part = |leaf: u64| {
            let entry = Entry { leaf, record_id: [leaf as u8; 16], pairs: 1 };
            (entry, format!("0123456789abcdef[[\"input\",{{\"number\":{leaf}}}]]").into_bytes())
        };
        (0..count).map(part).collect()
    }

    fn packing<'a>(key: Option<&'a Expander>, origin: &'a str) -> Packing<'a> {
        Packing { grant_id: [9; 16], class: Class::Content, origin, key, world: &OsWorld }
    }

    #[test]
    fn what_is_packed_opens_with_its_key_in_its_own_log_only() {
        let key = Expander::new(&Key::new([5; 32]));
        for key in [Some(&key), None] {
            let parts = parts(40);
            let bytes = pack(&packing(key, "example.com/acme"), &parts, None).unwrap();
            assert_eq!(bytes.len() % ROOM_BYTES, 0);
            let Some(Ok(Item::Block(block))) = items(&bytes).next() else { panic!("no block") };
            let opened = block.open(key, "example.com/acme").unwrap();
            let opened: Vec<_> =
                opened.iter().map(|(entry, part)| (*entry, part.to_vec())).collect();
            assert_eq!(opened, parts);
            assert_eq!(block.is_plain(), key.is_none());
            assert!(block.has(39) && !block.has(40));
            if key.is_some() {
                assert!(block.open(key, "example.com/other").is_err());
                assert!(block.open(None, "example.com/acme").is_err());
                for at in [8, 24, 44, 60, bytes.len() - 1] {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1;
                    let opened = match items(&changed).next() {
                        Some(Ok(Item::Block(block))) => block.open(key, "example.com/acme").is_ok(),
                        _ => false,
                    };
                    assert!(!opened, "byte {at}");
                }
            }
        }
    }

    #[test]
    fn a_block_that_loses_any_of_its_parts_fits_where_it_stood() {
        let key = Expander::new(&Key::new([5; 32]));
        let parts = parts(60);
        let bytes = pack(&packing(Some(&key), "o"), &parts, None).unwrap();
        let emptied = match items(&bytes).next() {
            Some(Ok(Item::Block(block))) => emptied(&block, bytes.len()),
            _ => panic!("no block"),
        };
        assert!(matches!(
            items(&emptied).next(),
            Some(Ok(Item::Block(block))) if block.entries().count() == 0
        ));
        let hiding = [&emptied[..emptied.len() - 1], b"x"].concat();
        assert!(items(&hiding).next().unwrap().is_err(), "nothing hides behind it");
        for gone in 0..parts.len() {
            let mut left = parts.clone();
            left.remove(gone);
            let again = pack(&packing(Some(&key), "o"), &left, Some(bytes.len())).unwrap();
            assert_eq!(again.len(), bytes.len());
        }
    }
}
