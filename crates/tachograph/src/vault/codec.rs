//! Grants, parts, blocks and tombstones as bytes; all numbers big-endian.
//!
//! ```text
//! GRANT "TVG1" | u32 total | grant id 16 | class u8 | day u32 | type u8 | wrap
//! PART  "TVP1" | u32 total | record id 16 | grant id 16 | class u8 | flags u8 | u16 n | nonce 12
//!              | body
//! TOMB  "TVX1" | u32 total | record id 16 | grant id 16 | class u8 | reason u8 | u16 n | ticket 16
//!              | n x digest 32 | zeros
//! BLOCK see `block`
//! ```
//!
//! A part's body is sealed, or with flag 4 its plaintext as it is: `seed 16 || JCS of
//! [[name, value], ..]`.

use super::block::{BLOCK_MAGIC, Block};
use crate::limits::{FRAME_BYTES_MAX, PARTS_PER_FRAME_MAX};
use crate::wal::field::{array_at, index, u16_at, u32_at};
use std::fmt;
use tacho_event::privacy::Class;

const GRANT_MAGIC: &[u8; 4] = b"TVG1";
const PART_MAGIC: &[u8; 4] = b"TVP1";
const TOMB_MAGIC: &[u8; 4] = b"TVX1";
const GRANT_HEADER_BYTES: usize = 30;
pub(super) const PART_HEADER_BYTES: usize = 56;
const TOMB_HEADER_BYTES: usize = 60;

/// The flag of a part whose body is zstd before sealing.
pub const FLAG_ZSTD: u8 = 1;
/// The flag of a part whose plaintext is padded.
pub const FLAG_PADDED: u8 = 2;
/// The flag of a part that is not sealed.
pub const FLAG_PLAIN: u8 = 4;

/// How a grant's key is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKind {
    /// To the master key, until an integrator re-wraps it.
    Master = 0,
    /// To the key of its day.
    Day = 1,
    /// To the key of its day, and inside to the key of a subject.
    DaySubject = 2,
    /// Not at all: parts of this grant are plain.
    Open = 3,
}

/// The key under which parts of one class and day are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant<'a> {
    /// A random name.
    pub id: [u8; 16],
    /// The class of its parts.
    pub class: Class,
    /// The day of its parts, days since 1970-01-01 UTC.
    pub day: u32,
    /// How the key is wrapped.
    pub kind: GrantKind,
    /// The wrapped key; empty when open.
    pub wrap: &'a [u8],
}

/// The erasable values of one class of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The record it belongs to.
    pub record_id: [u8; 16],
    /// The grant it is sealed under.
    pub grant_id: [u8; 16],
    /// Its class.
    pub class: Class,
    /// [`FLAG_ZSTD`], [`FLAG_PADDED`], [`FLAG_PLAIN`].
    pub flags: u8,
    /// How many pairs it holds.
    pub pairs: u16,
    /// The nonce; zeros when plain.
    pub nonce: [u8; 12],
    /// Sealed, or the plaintext when plain.
    pub body: &'a [u8],
}

/// What stands where an erased part stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tomb<'a> {
    /// The record the part belonged to.
    pub record_id: [u8; 16],
    /// The grant the part was sealed under.
    pub grant_id: [u8; 16],
    /// The class of the part.
    pub class: Class,
    /// 1 expiry, 2 subject, 3 order.
    pub reason: u8,
    /// The erasure that ended it.
    pub ticket: [u8; 16],
    /// The digests the leaf still holds, 32 bytes each.
    pub digests: &'a [u8],
}

/// One of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A grant.
    Grant(Grant<'a>),
    /// A part.
    Part(Part<'a>),
    /// A tombstone.
    Tomb(Tomb<'a>),
    /// Packed parts; only in day files.
    Block(Block<'a>),
}

/// Why bytes are none of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// They begin with no magic of ours.
    Magic,
    /// A length is impossible, or beyond the bytes that are there.
    Length,
    /// A field is one that is never written.
    Field,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flaw::Magic => "no grant, part or tombstone begins here",
            Flaw::Length => "the length is impossible",
            Flaw::Field => "a field is one that is never written",
        })
    }
}

impl std::error::Error for Flaw {}

impl Grant<'_> {
    /// Appends the grant's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(GRANT_MAGIC);
        put_total(out, GRANT_HEADER_BYTES + self.wrap.len());
        out.extend_from_slice(&self.header());
        out.push(self.kind as u8);
        out.extend_from_slice(self.wrap);
    }

    /// The 21 bytes `grant id..day` that every wrap binds.
    pub fn header(&self) -> [u8; 21] {
        let mut header = [0; 21];
        let (class, day) = ([self.class.byte()], self.day.to_be_bytes());
        for (to, from) in header.iter_mut().zip(self.id.iter().chain(&class).chain(&day)) {
            *to = *from;
        }
        header
    }
}

impl Part<'_> {
    /// Appends the part's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.put_header(self.body.len(), out);
        out.extend_from_slice(self.body);
    }

    /// The 56 bytes before the body, which its seal binds.
    pub fn header(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(PART_HEADER_BYTES);
        self.put_header(self.body.len(), &mut out);
        out
    }

    /// Appends the header before a body of this length.
    pub(super) fn put_header(&self, body_bytes: usize, out: &mut Vec<u8>) {
        out.reserve(PART_HEADER_BYTES);
        out.extend_from_slice(PART_MAGIC);
        put_total(out, PART_HEADER_BYTES + body_bytes);
        out.extend_from_slice(&self.record_id);
        out.extend_from_slice(&self.grant_id);
        out.extend_from_slice(&[self.class.byte(), self.flags]);
        out.extend_from_slice(&self.pairs.to_be_bytes());
        out.extend_from_slice(&self.nonce);
    }

    /// True if the body is the plaintext.
    pub fn is_plain(&self) -> bool {
        self.flags & FLAG_PLAIN != 0
    }
}

impl Tomb<'_> {
    /// Appends the tombstone's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(TOMB_MAGIC);
        put_total(out, TOMB_HEADER_BYTES + self.digests.len());
        out.extend_from_slice(&self.record_id);
        out.extend_from_slice(&self.grant_id);
        out.extend_from_slice(&[self.class.byte(), self.reason]);
        let count = u16::try_from(self.digests.len() / 32).unwrap_or(u16::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        out.extend_from_slice(&self.ticket);
        out.extend_from_slice(self.digests);
    }

    /// Fills an encoded tombstone up with zeros to `total` bytes, the length of the part it
    /// replaces: no record behind it moves.
    pub(crate) fn fill_up(encoded: &mut Vec<u8>, total: usize) {
        encoded.resize(total.max(encoded.len()), 0);
        let length = u32::try_from(encoded.len()).unwrap_or(u32::MAX).to_be_bytes();
        encoded.iter_mut().skip(4).zip(length).for_each(|(to, from)| *to = from);
    }
}

fn put_total(out: &mut Vec<u8>, total: usize) {
    // What is written was bounded before: a frame is at most 8 MiB.
    out.extend_from_slice(&u32::try_from(total).unwrap_or(u32::MAX).to_be_bytes());
}

/// The grants, parts and tombstones that stand one after another in `bytes`.
pub fn items(bytes: &[u8]) -> Items<'_> {
    Items { rest: bytes, left: PARTS_PER_FRAME_MAX }
}

/// Reads items until the bytes end or one is flawed.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    rest: &'a [u8],
    left: u16,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        if self.left == 0 {
            return Some(Err(Flaw::Length));
        }
        self.left -= 1;
        Some(Item::decode(rest).map(|(item, length)| {
            self.rest = rest.get(length..).unwrap_or_default();
            item
        }))
    }
}

impl<'a> Item<'a> {
    /// Reads the item at the beginning of `bytes`; gives it and its length.
    ///
    /// # Errors
    /// The first flaw.
    pub fn decode(bytes: &'a [u8]) -> Result<(Self, usize), Flaw> {
        let total = u32_at(bytes, 4).map(index).ok_or(Flaw::Length)?;
        let item = bytes.get(..total).filter(|_| total <= FRAME_BYTES_MAX).ok_or(Flaw::Length)?;
        let item = match item.first_chunk::<4>().ok_or(Flaw::Length)? {
            GRANT_MAGIC => Item::Grant(grant(item)?),
            PART_MAGIC => Item::Part(part(item)?),
            TOMB_MAGIC => Item::Tomb(tomb(item)?),
            BLOCK_MAGIC => Item::Block(Block::decode(item)?),
            _ => return Err(Flaw::Magic),
        };
        Ok((item, total))
    }
}

fn grant(item: &[u8]) -> Result<Grant<'_>, Flaw> {
    let wrap = item.get(GRANT_HEADER_BYTES..).ok_or(Flaw::Length)?;
    let kind = match item.get(29) {
        Some(0) => GrantKind::Master,
        Some(1) => GrantKind::Day,
        Some(2) => GrantKind::DaySubject,
        Some(3) if wrap.is_empty() => GrantKind::Open,
        _ => return Err(Flaw::Field),
    };
    Ok(Grant {
        id: array_at(item, 8).ok_or(Flaw::Length)?,
        class: class_at(item, 24)?,
        day: u32_at(item, 25).ok_or(Flaw::Length)?,
        kind,
        wrap,
    })
}

fn part(item: &[u8]) -> Result<Part<'_>, Flaw> {
    let body = item.get(PART_HEADER_BYTES..).ok_or(Flaw::Length)?;
    let flags = item.get(41).copied().ok_or(Flaw::Length)?;
    let nonce = array_at(item, 44).ok_or(Flaw::Length)?;
    let plain = flags == FLAG_PLAIN && nonce == [0; 12];
    if !plain && flags & !(FLAG_ZSTD | FLAG_PADDED) != 0 {
        return Err(Flaw::Field);
    }
    Ok(Part {
        record_id: array_at(item, 8).ok_or(Flaw::Length)?,
        grant_id: array_at(item, 24).ok_or(Flaw::Length)?,
        class: class_at(item, 40)?,
        flags,
        pairs: u16_at(item, 42).ok_or(Flaw::Length)?,
        nonce,
        body,
    })
}

fn tomb(item: &[u8]) -> Result<Tomb<'_>, Flaw> {
    let count = u16_at(item, 42).ok_or(Flaw::Length)?;
    let rest = item.get(TOMB_HEADER_BYTES..).ok_or(Flaw::Length)?;
    let (digests, zeros) = rest.split_at_checked(usize::from(count) * 32).ok_or(Flaw::Length)?;
    // Nothing may hide behind a tombstone.
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(Flaw::Field);
    }
    let reason = item.get(41).copied().filter(|reason| (1..=3).contains(reason));
    Ok(Tomb {
        record_id: array_at(item, 8).ok_or(Flaw::Length)?,
        grant_id: array_at(item, 24).ok_or(Flaw::Length)?,
        class: class_at(item, 40)?,
        reason: reason.ok_or(Flaw::Field)?,
        ticket: array_at(item, 44).ok_or(Flaw::Length)?,
        digests,
    })
}

fn class_at(item: &[u8], at: usize) -> Result<Class, Flaw> {
    item.get(at).and_then(|byte| Class::from_byte(*byte)).ok_or(Flaw::Field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = Vec::new();
        let id = [9; 16];
        Grant { id, class: Class::Content, day: 20777, kind: GrantKind::Open, wrap: b"" }
            .encode(&mut bytes);
        Part {
            record_id: [1; 16],
            grant_id: id,
            class: Class::Content,
            flags: FLAG_PLAIN,
            pairs: 2,
            nonce: [0; 12],
            body: b"0123456789abcdef[]",
        }
        .encode(&mut bytes);
        let digests = [7; 64];
        Tomb {
            record_id: [1; 16],
            grant_id: id,
            class: Class::Identity,
            reason: 2,
            ticket: [5; 16],
            digests: &digests,
        }
        .encode(&mut bytes);
        bytes
    }

    #[test]
    fn what_is_written_is_read_and_written_again() {
        let bytes = sample();
        let read: Vec<_> = items(&bytes).collect::<Result<_, _>>().unwrap();
        assert_eq!(read.len(), 3);
        let mut again = Vec::new();
        for item in read {
            match item {
                Item::Grant(grant) => grant.encode(&mut again),
                Item::Part(part) => part.encode(&mut again),
                Item::Tomb(tomb) => tomb.encode(&mut again),
                Item::Block(_) => panic!("no block was written"),
            }
        }
        assert_eq!(again, bytes);
    }

    /// The header of the published part vector.
    #[test]
    fn a_part_header_is_the_published_vector() {
        let part = Part {
            record_id: [
                0x01, 0x99, 0xa0, 0, 0, 0, 0x70, 0xed, 0x80, 0x4b, 0xc4, 0x52, 0x96, 0x9c, 0x3d,
                0x73,
            ],
            grant_id: [9; 16],
            class: Class::Content,
            flags: 0,
            pairs: 2,
            nonce: [1; 12],
            body: &[0; 0xdc - PART_HEADER_BYTES],
        };
        let hex: String = part.header().iter().map(|byte| format!("{byte:02x}")).collect();
        let vectors = include_str!("../../../../fixtures/vectors/vectors.json");
        assert!(vectors.contains(&format!("\"header_hex\": \"{hex}\"")), "{hex}");
    }

    #[test]
    fn every_cut_and_every_bad_field_is_a_flaw() {
        let bytes = sample();
        for cut in 1..bytes.len() {
            let read: Vec<_> = items(&bytes[..cut]).collect();
            let whole = read.iter().filter(|item| item.is_ok()).count();
            let clean = [30, 30 + 74].contains(&cut);
            assert_eq!(read.iter().any(Result::is_err), !clean, "cut at {cut}: {whole}");
        }
        for (at, bad) in [(0, b'X'), (24, 0), (29, 4), (30 + 41, 8), (30 + 40, 9), (104 + 41, 4)] {
            let mut broken = bytes.clone();
            broken[at] = bad;
            assert!(items(&broken).any(|item| item.is_err()), "byte {at}");
        }
    }
}
