//! One sorted run: a static tree of blocks of 4 KiB.
//!
//! ```text
//! block    0 u16 n | 2 n x (u64 key | u32 value) | zeros | 4092 u32 crc32c(bytes 0..4092)
//! level 0  sorted entries: key, leaf minus the run's first leaf
//! above    the first key of each block below, and the block's number; up to a level of one block
//! footer   0 "TIX1" | 4 u64 first leaf | 12 u64 end | 20 u32 blocks of level 0 | 24 u32 root block
//!          28 u8 levels above 0 | 29 zeros 3 | 32 u32 crc32c(bytes 0..32)
//! ```

use std::sync::Arc;

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::{Access, File, Files, read_full_at};
use crate::tenant::TenantPlaces;
use crate::wal::field::{array_at, u16_at, u32_at, u64_at};

/// Bytes of a block.
pub(super) const BLOCK_BYTES: usize = 4096;
/// Bytes of an entry.
pub(super) const ENTRY_BYTES: usize = 12;
/// Entries of a block.
pub(super) const BLOCK_ENTRIES: usize = (BLOCK_BYTES - 6) / ENTRY_BYTES;
/// Bytes of the footer.
pub(super) const FOOTER_BYTES: usize = 36;
/// Levels above the entries; 340 blocks to one, so no run has more.
const LEVELS_MAX: u8 = 6;

/// A key and what belongs to it.
pub(crate) type Pair = (u64, u32);

/// What the footer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) entry_blocks: u32,
    pub(super) root: u32,
    pub(super) levels: u8,
}

impl Footer {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = b"TIX1".to_vec();
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.end.to_be_bytes());
        bytes.extend_from_slice(&self.entry_blocks.to_be_bytes());
        bytes.extend_from_slice(&self.root.to_be_bytes());
        bytes.extend_from_slice(&[self.levels, 0, 0, 0]);
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let checked = bytes.get(..FOOTER_BYTES - 4)?;
        let whole = u32_at(bytes, FOOTER_BYTES - 4)? == checksum::of(checked);
        let footer = Self {
            first: u64_at(bytes, 4)?,
            end: u64_at(bytes, 12)?,
            entry_blocks: u32_at(bytes, 20)?,
            root: u32_at(bytes, 24)?,
            levels: *bytes.get(28)?,
        };
        let fits = whole && bytes.starts_with(b"TIX1") && footer.levels <= LEVELS_MAX;
        fits.then_some(footer)
    }
}

/// Writes entries as one block.
pub(super) fn encode_block(entries: &[Pair], out: &mut Vec<u8>) {
    assert!(entries.len() <= BLOCK_ENTRIES, "a block has room for its entries");
    let start = out.len();
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_be_bytes());
    for (key, value) in entries {
        out.extend_from_slice(&key.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
    out.resize(start + BLOCK_BYTES - 4, 0);
    let crc = checksum::of(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_be_bytes());
}

/// The entries of a block; none if it is not as it was written.
pub(super) fn decode_block(bytes: &[u8]) -> Option<impl DoubleEndedIterator<Item = Pair> + '_> {
    let checked = bytes.get(..BLOCK_BYTES - 4)?;
    let count = usize::from(u16_at(bytes, 0)?);
    let whole = u32_at(bytes, BLOCK_BYTES - 4)? == checksum::of(checked);
    let entries = checked.get(2..2 + count.min(BLOCK_ENTRIES) * ENTRY_BYTES)?;
    let pair = |entry: &[u8]| {
        let key = array_at(entry, 0).map_or(0, u64::from_be_bytes);
        (key, array_at(entry, 8).map_or(0, u32::from_be_bytes))
    };
    whole.then(|| entries.chunks_exact(ENTRY_BYTES).map(pair))
}

/// A run, open for reading.
#[derive(Debug)]
pub(crate) struct RunFile {
    file: Arc<dyn File>,
    footer: Footer,
}

impl RunFile {
    /// Opens the run of these leaves; none if it is not as it was written.
    pub(crate) fn open(
        files: &dyn Files,
        places: &TenantPlaces,
        first: u64,
        end: u64,
    ) -> Result<Option<Self>, Error> {
        let path = places.keys().join(super::run_name(first, end));
        let file: Arc<dyn File> = files.open(&path, Access::Read).doing("open", &path)?.into();
        let len = file.stat().doing("stat", &path)?.len;
        let mut bytes = [0; FOOTER_BYTES];
        let Some(at) = len.checked_sub(FOOTER_BYTES as u64) else { return Ok(None) };
        read_full_at(file.as_ref(), &mut bytes, at).doing("read", &path)?;
        let footer = Footer::decode(&bytes).filter(|footer| {
            (footer.first, footer.end) == (first, end)
                && at == (u64::from(footer.root) + 1) * BLOCK_BYTES as u64
        });
        Ok(footer.map(|footer| Self { file, footer }))
    }

    /// The first leaf it covers.
    pub(crate) fn first(&self) -> u64 {
        self.footer.first
    }

    /// One past the last leaf it covers.
    pub(crate) fn end(&self) -> u64 {
        self.footer.end
    }

    /// The leaves with a key, in order; none if a block is not as it was written.
    pub(crate) fn find(&self, key: u64) -> Option<Vec<u64>> {
        let mut block = self.footer.root;
        for _ in 0..self.footer.levels {
            let bytes = self.block(block)?;
            // Entries of one key may begin in the block before the one that begins with it.
            let below = decode_block(&bytes)?.take_while(|(first, _)| *first < key).last();
            block = match below {
                Some((_, number)) => number,
                None => decode_block(&bytes)?.next()?.1,
            };
        }
        let mut found = Vec::new();
        while block < self.footer.entry_blocks {
            let bytes = self.block(block)?;
            for (entry, value) in decode_block(&bytes)? {
                if entry > key {
                    return Some(found);
                }
                if entry == key {
                    found.push(self.footer.first + u64::from(value));
                }
            }
            block += 1;
        }
        Some(found)
    }

    /// The entries of one block of level 0; none behind the last.
    pub(super) fn entries(&self, block: u32) -> Result<Option<Vec<Pair>>, ()> {
        if block >= self.footer.entry_blocks {
            return Ok(None);
        }
        let bytes = self.block(block).ok_or(())?;
        let entries = decode_block(&bytes).ok_or(())?;
        Ok(Some(entries.collect()))
    }

    /// How many blocks hold entries, and how many there are with those above them.
    pub(crate) fn block_counts(&self) -> (u32, u32) {
        (self.footer.entry_blocks, self.footer.root.saturating_add(1))
    }

    /// What stands in one block of any level; none if it is not as it was written.
    pub(crate) fn pairs(&self, number: u32) -> Option<Vec<Pair>> {
        let bytes = self.block(number)?;
        Some(decode_block(&bytes)?.collect())
    }

    fn block(&self, number: u32) -> Option<[u8; BLOCK_BYTES]> {
        let mut bytes = [0; BLOCK_BYTES];
        let at = u64::from(number) * BLOCK_BYTES as u64;
        let read = read_full_at(self.file.as_ref(), &mut bytes, at).ok()?;
        (read == BLOCK_BYTES).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_block_is_noticed() {
        let pairs: Vec<Pair> = (0..BLOCK_ENTRIES as u64 - 3).map(|n| (n * n, n as u32)).collect();
        let mut block = Vec::new();
        encode_block(&pairs, &mut block);
        assert!(decode_block(&block).unwrap().eq(pairs.iter().copied()));
        for bit in 0..block.len() * 8 {
            block[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_block(&block).is_none(), "bit {bit}");
            block[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn every_flipped_bit_of_a_footer_is_noticed() {
        let footer = Footer { first: 256, end: 1536, entry_blocks: 7, root: 8, levels: 1 };
        let mut bytes = footer.encode();
        assert_eq!(Footer::decode(&bytes), Some(footer));
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Footer::decode(&bytes), None, "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
