//! Given a segment that met a failed sync, says what of it counts: the mark `wal/N.bad`.
//!
//! ```text
//! 0 "TWB1" | 4 u64 segment | 12 u64 from | 20 u64 to | 28 u32 lost | 32 u32 crc32c(bytes 0..32)
//! ```
//!
//! Up to `from` the segment is durable and counts. The frames from there to `to`, where the last
//! one that could be read ends, were copied to the next segment, which begins with them; `lost` is
//! the number of ranges in between that could not be read as frames. A retry of the sync might
//! report success and lie, so nobody writes to a marked segment again.

use super::field::{u32_at, u64_at};
use crate::checksum;

const MAGIC: &[u8; 4] = b"TWB1";
const CHECKED: usize = 32;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadMark {
    /// The marked segment.
    pub segment: u64,
    /// Where the part begins that stands in the next segment.
    pub from: u64,
    /// Where that part ended.
    pub to: u64,
    /// Ranges in that part that were no frames any more.
    pub lost: u32,
}

impl BadMark {
    /// Whether all frames before `end` are durable, here or in the next segment.
    pub fn protects(&self, end: u64) -> bool {
        // Dropped pages may read as zeros, so that frames are gone and yet no range is bad.
        end <= self.from || (self.lost == 0 && end <= self.to)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(CHECKED + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.segment.to_be_bytes());
        bytes.extend_from_slice(&self.from.to_be_bytes());
        bytes.extend_from_slice(&self.to.to_be_bytes());
        bytes.extend_from_slice(&self.lost.to_be_bytes());
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8], segment: u64) -> Option<Self> {
        let checked = bytes.get(..CHECKED)?;
        let whole = u32_at(bytes, CHECKED)? == checksum::of(checked);
        let mark = Self {
            segment: u64_at(bytes, 4)?,
            from: u64_at(bytes, 12)?,
            to: u64_at(bytes, 20)?,
            lost: u32_at(bytes, 28)?,
        };
        (whole && bytes.starts_with(MAGIC) && mark.segment == segment).then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back_and_every_flipped_bit_is_noticed() {
        let mark = BadMark { segment: 3, from: 32, to: 4096, lost: 1 };
        let bytes = mark.encode();
        assert_eq!(BadMark::decode(&bytes, 3), Some(mark));
        assert_eq!(BadMark::decode(&bytes, 4), None);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(BadMark::decode(&bytes, 3), None, "bit {bit}");
        }
    }
}
