//! Given a record, gives its frame; given the bytes at an offset, gives the record or says why not.
//!
//! One frame is one event, leaf and parts together, so that one append makes it safe as a whole.
//! All numbers are big-endian.
//!
//! ```text
//!  0 "TWF1"        magic
//!  4 u32 total     bytes of the whole frame, a multiple of 8
//!  8 record id 16  the key of the parts
//! 24 idem 16       what the client sent, keyed; zeros: nothing to compare
//! 40 u16           bytes of the leaf
//! 42 u16           count of grants and parts
//! 44 u32           bytes of the grants and parts
//! 48 u16           bytes of the tenant's name
//! 50 u16           flags: bit 0 a `system` event
//! 52 u32           key generation the parts were sealed under
//! 56 tenant | leaf | grants and parts | zeros to a multiple of 8
//!  . u32 crc       crc32c(segment salt | u64 offset of the frame | all bytes before)
//!  . u32 total     again, so that a torn frame is cheap to tell
//! ```
//!
//! Salt and offset are in the checksum: a frame that was copied, recycled or carried in as
//! somebody's content does not hold anywhere but in its own place.

use std::fmt;

use super::field::{array_at, index, u16_at, u32_at};
use super::segment::checksum_seed;
use crate::checksum;
use crate::limits::{FRAME_BYTES_MAX, LEAF_BYTES_MAX, PARTS_PER_FRAME_MAX, TENANT_BYTES_MAX};

/// Bytes before the tenant's name.
pub const HEADER_BYTES: usize = 56;
/// Bytes after the padding: checksum and length.
pub const TRAILER_BYTES: usize = 8;
/// The smallest frame: a tenant and a leaf of one byte each.
pub const FRAME_BYTES_MIN: usize = HEADER_BYTES + 8 + TRAILER_BYTES;

const MAGIC: &[u8; 4] = b"TWF1";
const FLAG_SYSTEM: u16 = 1;

/// One event, finished: nothing in it is understood below this line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The tenant whose log it belongs to.
    pub tenant: &'a str,
    /// A fresh `UUIDv7`; the key of the parts.
    pub record_id: [u8; 16],
    /// What the client sent, keyed; zeros when there is nothing to compare.
    pub idem: [u8; 16],
    /// The leaf's exact bytes.
    pub leaf: &'a [u8],
    /// Grants and parts, one after the other.
    pub parts: &'a [u8],
    /// How many grants and parts those are.
    pub parts_count: u16,
    /// Whether the event is one of our own; sources cannot set it.
    pub system: bool,
    /// The key generation the parts were sealed under.
    pub generation: u32,
}

impl Record<'_> {
    /// Bytes of the record's frame.
    pub fn frame_bytes(&self) -> usize {
        padded(HEADER_BYTES + self.tenant.len() + self.leaf.len() + self.parts.len())
            + TRAILER_BYTES
    }
}

/// Why a record has no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// The tenant's name is not `[a-z0-9][a-z0-9-]{0,62}`.
    Tenant,
    /// The leaf is empty or longer than [`LEAF_BYTES_MAX`].
    Leaf,
    /// More than [`PARTS_PER_FRAME_MAX`] grants and parts, or a count without bytes, or the
    /// reverse.
    Parts,
    /// The frame would be longer than [`FRAME_BYTES_MAX`].
    Frame,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => write!(f, "tenant is no [a-z0-9][a-z0-9-]{{0,62}}"),
            Self::Leaf => write!(f, "leaf is empty or longer than {LEAF_BYTES_MAX} bytes"),
            Self::Parts => write!(f, "parts do not match their count"),
            Self::Frame => write!(f, "frame is longer than {FRAME_BYTES_MAX} bytes"),
        }
    }
}

impl std::error::Error for Unfit {}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// They do not begin with the magic.
    Magic,
    /// The length at the beginning is impossible, or not the sum of the parts.
    Length,
    /// The file ends before the frame.
    Short,
    /// The length at the end is not the length at the beginning.
    Torn,
    /// The checksum does not hold here.
    Checksum,
    /// The checksum holds, and yet a field is one that we never write.
    Field,
}

/// Appends the record's frame to `out`, without a checksum; gives the frame's length.
///
/// # Errors
/// What makes the record unfit; nothing was appended then.
pub fn encode(record: &Record<'_>, out: &mut Vec<u8>) -> Result<usize, Unfit> {
    let total = check(record)?;
    let Ok(total_field) = u32::try_from(total) else { return Err(Unfit::Frame) };
    let Ok(leaf) = u16::try_from(record.leaf.len()) else { return Err(Unfit::Leaf) };
    let Ok(parts) = u32::try_from(record.parts.len()) else { return Err(Unfit::Frame) };
    let Ok(tenant) = u16::try_from(record.tenant.len()) else { return Err(Unfit::Tenant) };
    let start = out.len();
    out.reserve(total);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&total_field.to_be_bytes());
    out.extend_from_slice(&record.record_id);
    out.extend_from_slice(&record.idem);
    out.extend_from_slice(&leaf.to_be_bytes());
    out.extend_from_slice(&record.parts_count.to_be_bytes());
    out.extend_from_slice(&parts.to_be_bytes());
    out.extend_from_slice(&tenant.to_be_bytes());
    out.extend_from_slice(&(if record.system { FLAG_SYSTEM } else { 0 }).to_be_bytes());
    out.extend_from_slice(&record.generation.to_be_bytes());
    out.extend_from_slice(record.tenant.as_bytes());
    out.extend_from_slice(record.leaf);
    out.extend_from_slice(record.parts);
    out.resize(start + total - 4, 0);
    out.extend_from_slice(&total_field.to_be_bytes());
    Ok(total)
}

/// Binds an encoded frame to its place: writes the checksum for `salt` and `offset` into it.
pub fn bind(frame: &mut [u8], salt: &[u8; 16], offset: u64) {
    let Some((checked, trailer)) = frame.split_last_chunk_mut::<TRAILER_BYTES>() else { return };
    let crc = checksum::append(checksum_seed(salt, offset), checked);
    for (to, from) in trailer.iter_mut().zip(crc.to_be_bytes()) {
        *to = from;
    }
}

/// Reads the frame at the beginning of `bytes`, which stand at `offset` of the segment with `salt`;
/// gives the record and the frame's length.
///
/// # Errors
/// The first flaw.
pub fn decode<'a>(
    bytes: &'a [u8],
    salt: &[u8; 16],
    offset: u64,
) -> Result<(Record<'a>, usize), Flaw> {
    let (frame, found) = unchecked(bytes)?;
    let (checked, _) = frame.split_last_chunk::<TRAILER_BYTES>().ok_or(Flaw::Short)?;
    if checksum::append(checksum_seed(salt, offset), checked) != found {
        return Err(Flaw::Checksum);
    }
    Ok((fields(frame)?, frame.len()))
}

/// The frame that begins here, whose two lengths agree, and the checksum it carries.
pub(super) fn unchecked(bytes: &[u8]) -> Result<(&[u8], u32), Flaw> {
    let total = total_at(bytes)?;
    let frame = bytes.get(..total).ok_or(Flaw::Short)?;
    let (_, trailer) = frame.split_last_chunk::<TRAILER_BYTES>().ok_or(Flaw::Short)?;
    if u32_at(trailer, 4).map(index) != Some(total) {
        return Err(Flaw::Torn);
    }
    Ok((frame, u32_at(trailer, 0).ok_or(Flaw::Short)?))
}

/// The length of the frame that begins here, judged by its header alone.
pub(super) fn total_at(bytes: &[u8]) -> Result<usize, Flaw> {
    if array_at::<4>(bytes, 0).ok_or(Flaw::Short)? != *MAGIC {
        return Err(Flaw::Magic);
    }
    let total = u32_at(bytes, 4).map(index).ok_or(Flaw::Short)?;
    if !(FRAME_BYTES_MIN..=FRAME_BYTES_MAX).contains(&total) || !total.is_multiple_of(8) {
        return Err(Flaw::Length);
    }
    let leaf = u16_at(bytes, 40).map(usize::from).ok_or(Flaw::Short)?;
    let parts = u32_at(bytes, 44).map(index).ok_or(Flaw::Short)?;
    let tenant = u16_at(bytes, 48).map(usize::from).ok_or(Flaw::Short)?;
    // Cannot overflow: parts is below 2^32, the others below 2^16.
    if leaf > LEAF_BYTES_MAX || tenant > TENANT_BYTES_MAX || parts > FRAME_BYTES_MAX {
        return Err(Flaw::Length);
    }
    if padded(HEADER_BYTES + tenant + leaf + parts) + TRAILER_BYTES != total {
        return Err(Flaw::Length);
    }
    Ok(total)
}

/// Whether `name` is `[a-z0-9][a-z0-9-]{0,62}`.
pub fn is_tenant(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= TENANT_BYTES_MAX
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || byte == b'-')
}

/// The record in a frame whose checksum holds.
pub(super) fn fields(frame: &[u8]) -> Result<Record<'_>, Flaw> {
    let read = || -> Option<Record<'_>> {
        let (checked, _) = frame.split_last_chunk::<TRAILER_BYTES>()?;
        let leaf_bytes = usize::from(u16_at(checked, 40)?);
        let parts_bytes = index(u32_at(checked, 44)?);
        let tenant_bytes = usize::from(u16_at(checked, 48)?);
        let flags = u16_at(checked, 50)?;
        let (tenant, rest) = checked.get(HEADER_BYTES..)?.split_at_checked(tenant_bytes)?;
        let (leaf, rest) = rest.split_at_checked(leaf_bytes)?;
        let (parts, padding) = rest.split_at_checked(parts_bytes)?;
        let record = Record {
            tenant: std::str::from_utf8(tenant).ok()?,
            record_id: array_at(checked, 8)?,
            idem: array_at(checked, 24)?,
            leaf,
            parts,
            parts_count: u16_at(checked, 42)?,
            system: flags == FLAG_SYSTEM,
            generation: u32_at(checked, 52)?,
        };
        (flags <= FLAG_SYSTEM && padding.iter().all(|byte| *byte == 0)).then_some(record)
    };
    let record = read().ok_or(Flaw::Field)?;
    // Accept only what we would write.
    if check(&record) == Ok(frame.len()) { Ok(record) } else { Err(Flaw::Field) }
}

fn check(record: &Record<'_>) -> Result<usize, Unfit> {
    if !is_tenant(record.tenant) {
        return Err(Unfit::Tenant);
    }
    if record.leaf.is_empty() || record.leaf.len() > LEAF_BYTES_MAX {
        return Err(Unfit::Leaf);
    }
    if record.parts.len() > FRAME_BYTES_MAX {
        return Err(Unfit::Frame);
    }
    if record.parts_count > PARTS_PER_FRAME_MAX
        || (record.parts_count == 0) != record.parts.is_empty()
    {
        return Err(Unfit::Parts);
    }
    let total = record.frame_bytes();
    if total > FRAME_BYTES_MAX { Err(Unfit::Frame) } else { Ok(total) }
}

fn padded(len: usize) -> usize {
    len.next_multiple_of(super::segment::ALIGNMENT)
}

#[cfg(test)]
mod tests;
