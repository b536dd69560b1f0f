//! The file `highwater`: for each log, the largest tree that was signed.
//!
//! ```text
//!   0 "TACHO-HIGHWATER\n"                                  then one record of 320 bytes a log
//!   0 "THW1" | 4 u16 bytes of the origin | 6 origin | zeros
//! 262 u32 epoch | 266 u64 both keys sign below this size | 274 u64 size | 282 root 32 | zeros
//! 316 u32 crc32c(bytes 0..316)
//! ```
//!
//! It lies with the keys: whoever puts an old store back does not put this back. The file is made
//! with the key, so that none beside a key means that it was lost.

use std::collections::BTreeMap;

use tacho_tree::{Hash, Head, Origin};

use crate::checksum;
use crate::limits::HIGHWATER_MARKS_MAX;
use crate::wal::field::{array_at, u16_at, u32_at, u64_at};

const HEADER: &[u8; 16] = b"TACHO-HIGHWATER\n";
const MAGIC: &[u8; 4] = b"THW1";
const RECORD_BYTES: usize = 320;
const CHECKED: usize = RECORD_BYTES - 4;
const EPOCH_AT: usize = 262;

/// The longest file there may be.
pub(super) const FILE_BYTES_MAX: usize = HEADER.len() + HIGHWATER_MARKS_MAX * RECORD_BYTES;

/// What was signed of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The key that signs: how often it was replaced.
    pub epoch: u32,
    /// Below this size the key before it signs too.
    pub both_until: u64,
    /// The largest tree that was signed.
    pub head: Head,
}

impl Default for Mark {
    fn default() -> Self {
        Self { epoch: 0, both_until: 0, head: Head { size: 0, root: Hash::EMPTY_ROOT } }
    }
}

/// What was signed, by origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highwater {
    marks: BTreeMap<String, Mark>,
}

impl Highwater {
    /// What was signed of a log; none if nothing was.
    pub fn get(&self, origin: &Origin) -> Option<Mark> {
        self.marks.get(origin.as_str()).copied()
    }

    pub(super) fn set(&mut self, origin: &Origin, mark: Mark) {
        self.marks.insert(origin.as_str().to_owned(), mark);
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        for (origin, mark) in &self.marks {
            let start = bytes.len();
            bytes.extend_from_slice(MAGIC);
            // An origin has at most 255 bytes.
            bytes.extend_from_slice(&(origin.len() as u16).to_be_bytes());
            bytes.extend_from_slice(origin.as_bytes());
            bytes.resize(start + EPOCH_AT, 0);
            bytes.extend_from_slice(&mark.epoch.to_be_bytes());
            bytes.extend_from_slice(&mark.both_until.to_be_bytes());
            bytes.extend_from_slice(&mark.head.size.to_be_bytes());
            bytes.extend_from_slice(mark.head.root.as_bytes());
            bytes.resize(start + CHECKED, 0);
            let crc = checksum::of(bytes.get(start..).unwrap_or_default());
            bytes.extend_from_slice(&crc.to_be_bytes());
        }
        bytes
    }

    /// Reads what `encode` wrote; none for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let records = bytes.strip_prefix(HEADER)?;
        let marks = records.chunks(RECORD_BYTES).map(record).collect::<Option<BTreeMap<_, _>>>()?;
        let highwater = Self { marks };
        (highwater.encode() == bytes).then_some(highwater)
    }
}

fn record(bytes: &[u8]) -> Option<(String, Mark)> {
    let whole = u32_at(bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
    if !whole || !bytes.starts_with(MAGIC) {
        return None;
    }
    let length = usize::from(u16_at(bytes, 4)?);
    let origin = str::from_utf8(bytes.get(6..6 + length)?).ok()?;
    let origin = Origin::parse(origin).ok()?.as_str().to_owned();
    let root = Hash::from_bytes(array_at(bytes, 282)?);
    let head = Head { size: u64_at(bytes, 274)?, root };
    let (epoch, both_until) = (u32_at(bytes, EPOCH_AT)?, u64_at(bytes, 266)?);
    Some((origin, Mark { epoch, both_until, head }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_back_and_every_flipped_bit_is_noticed() {
        let mut highwater = Highwater::default();
        for (origin, size) in [("example.com/b", 7), ("example.com/a", 1 << 40)] {
            let head = Head { size, root: Hash::from_bytes([9; 32]) };
            let mark = Mark { epoch: 1, both_until: 9, head };
            highwater.set(&Origin::parse(origin).unwrap(), mark);
        }
        let bytes = highwater.encode();
        assert_eq!(bytes.len(), 16 + 2 * 320);
        assert_eq!(Highwater::decode(&bytes), Some(highwater));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Highwater::decode(&bytes), None, "bit {bit}");
        }
        assert_eq!(Highwater::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Highwater::decode(b""), None);
    }
}
