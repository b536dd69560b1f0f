//! Given an index, gives the leaf that stands there, byte for byte.
//!
//! ```text
//! leaves/00000000000000000000.jsonl      {"action":..,"v":1}\n{"action":..,"v":1}\n..
//! index/offsets/00000000000000000000.u32 where each leaf ends, its LF included: u32 big-endian
//! ```
//!
//! A leaf file has 65,536 leaves, one a line; a leaf is canonical JSON and has no LF inside. The
//! offsets are derived: where they are missing or do not fit the lines, the file is read through.

mod block;
mod write;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Doing, Error};
use crate::files::grow::open_if_there;
use crate::files::{Access, File, Files, read_full_at};
use crate::limits::{LEAF_BYTES_MAX, LEAVES_PER_FILE, SCAN_BYTES};
use crate::tenant::TenantPlaces;
use crate::wal::field::{index as as_index, u32_at};

pub use block::Block;
pub(crate) use write::LeafWriter;

/// Leaf files kept open by one reader.
const OPEN_MAX: usize = 4;
/// Leaves between two that are read in one go, and how many of these at most.
const NEAR_MAX: u64 = 4;
const CLOSE_MAX: usize = 63;
/// Bytes of one entry of the offsets.
const OFFSET_BYTES: usize = 4;

/// The stored leaves of one tenant.
#[derive(Debug)]
pub struct LeafFiles {
    files: Arc<dyn Files>,
    places: TenantPlaces,
    open: Mutex<VecDeque<Arc<Open>>>,
}

/// One leaf file with what tells where its leaves end.
#[derive(Debug)]
struct Open {
    first: u64,
    file: Arc<dyn File>,
    offsets: Option<Arc<dyn File>>,
    /// Where each leaf ends, once the offsets did not help.
    scanned: Mutex<Option<Arc<Vec<u32>>>>,
}

impl LeafFiles {
    /// The leaves of the tenant at `places`; opens nothing yet.
    pub fn new(files: Arc<dyn Files>, places: TenantPlaces) -> Self {
        Self { files, places, open: Mutex::default() }
    }

    /// The bytes of one leaf.
    ///
    /// # Errors
    /// What reading said, or that the leaf is missing.
    pub fn leaf(&self, index: u64) -> Result<Vec<u8>, Error> {
        let block = self.block(index, 1)?;
        block.iter().next().map(<[u8]>::to_vec).ok_or_else(|| self.missing(index))
    }

    /// Up to `count` leaves from `first` on, as many as stand in the same file.
    ///
    /// # Errors
    /// What reading said, or that one of them is missing.
    pub fn block(&self, first: u64, count: usize) -> Result<Block, Error> {
        let slot = usize::try_from(first % LEAVES_PER_FILE).unwrap_or_default();
        let count = count.min(LEAVES_PER_FILE as usize - slot);
        if count == 0 {
            return Ok(Block::empty(first));
        }
        let open = self.open_at(first)?;
        if let Some(block) = self.by_offsets(&open, first, slot, count)? {
            return Ok(block);
        }
        self.by_scan(&open, first, slot, count)
    }

    /// Tells the leaves at some indexes, which rise; those that stand close are read in one go.
    ///
    /// # Errors
    /// What reading said, that one is missing, or what `tell` gives.
    pub fn each<E: From<Error>>(
        &self,
        indexes: &[u64],
        mut tell: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = indexes;
        while let Some(first) = rest.first().copied() {
            let is_near = |pair: &&[u64]| matches!(pair, [a, b] if *b > *a && b - a <= NEAR_MAX);
            let close = rest.windows(2).take(CLOSE_MAX).take_while(is_near).count();
            let (run, mut later) = rest.split_at(close + 1);
            let last = run.last().copied().unwrap_or(first);
            let count = usize::try_from(last - first + 1).unwrap_or(1);
            let block = self.block(first, count)?;
            for (at, index) in run.iter().enumerate() {
                match block.get(*index) {
                    Some(leaf) => tell(*index, leaf)?,
                    None if at == 0 => return Err(self.missing(*index).into()),
                    // The next file begins here.
                    None => {
                        later = rest.get(at..).unwrap_or_default();
                        break;
                    }
                }
            }
            rest = later;
        }
        Ok(())
    }

    /// How many whole leaves stand in the file that begins with leaf `first`, and their bytes.
    ///
    /// # Errors
    /// What reading said.
    pub fn count(&self, first: u64) -> Result<(u64, u64), Error> {
        let path = self.places.leaf_file(first);
        let Some(file) = open_if_there(self.files.as_ref(), &path)? else { return Ok((0, 0)) };
        let ends = scan_ends(file.as_ref()).doing("read", &path)?;
        Ok((ends.len() as u64, ends.last().copied().unwrap_or(0).into()))
    }

    fn by_offsets(
        &self,
        open: &Open,
        first: u64,
        slot: usize,
        count: usize,
    ) -> Result<Option<Block>, Error> {
        let Some(offsets) = &open.offsets else { return Ok(None) };
        // Where the leaf before ends, is where the first one begins.
        let before = usize::from(slot > 0);
        let mut bytes = vec![0; (count + before) * OFFSET_BYTES];
        let at = ((slot - before) * OFFSET_BYTES) as u64;
        let read = read_full_at(offsets.as_ref(), &mut bytes, at);
        // The offsets are derived: whatever is wrong with them, the leaves tell.
        if read.ok() != Some(bytes.len()) {
            return Ok(None);
        }
        let mut ends = bytes.chunks_exact(OFFSET_BYTES).filter_map(|end| u32_at(end, 0));
        let start = if before == 1 { ends.next().unwrap_or(0) } else { 0 };
        self.cut(open, first, start, ends.collect())
    }

    fn by_scan(&self, open: &Open, first: u64, slot: usize, count: usize) -> Result<Block, Error> {
        let mut scanned = open.scanned.lock().unwrap_or_else(PoisonError::into_inner);
        let known = scanned.clone().filter(|ends| ends.len() >= slot + count);
        let ends = match known {
            Some(ends) => ends,
            None => {
                let path = self.places.leaf_file(open.first);
                let ends = Arc::new(scan_ends(open.file.as_ref()).doing("read", &path)?);
                *scanned = Some(ends.clone());
                ends
            }
        };
        let start = slot.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let wanted = ends.get(slot..slot + count).ok_or_else(|| self.missing(first))?;
        self.cut(open, first, start, wanted.to_vec())?.ok_or_else(|| self.missing(first))
    }

    /// The leaves between `start` and the last of `ends`; none if those are no lines.
    fn cut(
        &self,
        open: &Open,
        first: u64,
        start: u32,
        ends: Vec<u32>,
    ) -> Result<Option<Block>, Error> {
        let longest = ends.len().saturating_mul(LEAF_BYTES_MAX + 1);
        let rising = ends.first().is_some_and(|end| *end > start) && ends.is_sorted();
        let length = ends.last().and_then(|end| end.checked_sub(start)).map_or(0, as_index);
        if !rising || length > longest {
            return Ok(None);
        }
        // One byte more in front: the LF of the leaf before, if there is one.
        let lead = u32::from(start > 0);
        let mut bytes = vec![0; length + as_index(lead)];
        let path = self.places.leaf_file(open.first);
        let read = read_full_at(open.file.as_ref(), &mut bytes, u64::from(start - lead));
        if read.doing("read", &path)? < bytes.len() {
            return Ok(None);
        }
        Ok(Block::of_lines(first, bytes, as_index(lead), start, ends))
    }

    fn open_at(&self, index: u64) -> Result<Arc<Open>, Error> {
        let first = index - index % LEAVES_PER_FILE;
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = all.iter().position(|open| open.first == first)
            && let Some(open) = all.remove(at)
        {
            all.push_front(open.clone());
            return Ok(open);
        }
        let path = self.places.leaf_file(first);
        let file = self.files.open(&path, Access::Read).doing("open", &path)?.into();
        let offsets = self.files.open(&self.places.offsets(first), Access::Read);
        let offsets = offsets.ok().map(Arc::from);
        let open = Arc::new(Open { first, file, offsets, scanned: Mutex::default() });
        all.push_front(open.clone());
        all.truncate(OPEN_MAX);
        Ok(open)
    }

    fn missing(&self, index: u64) -> Error {
        let path = self.places.leaf_file(index - index % LEAVES_PER_FILE);
        Error::Damaged { path, what: "a leaf is missing" }
    }
}

/// Where each line of a leaf file ends; what follows the last LF is no leaf.
pub(crate) fn scan_ends(file: &dyn File) -> std::io::Result<Vec<u32>> {
    let mut ends = Vec::new();
    let mut chunk = vec![0; SCAN_BYTES];
    let mut at = 0u64;
    loop {
        let read = read_full_at(file, &mut chunk, at)?;
        let bytes = chunk.get(..read).unwrap_or_default();
        for (position, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            let Ok(end) = u32::try_from(at + position as u64 + 1) else { return Ok(ends) };
            if ends.len() < LEAVES_PER_FILE as usize {
                ends.push(end);
            }
        }
        at += read as u64;
        if read < chunk.len() {
            return Ok(ends);
        }
    }
}
