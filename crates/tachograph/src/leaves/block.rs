//! Leaves that stand one after another, read in one go.

use crate::wal::field::index as as_index;

/// Some leaves, in order.
#[derive(Debug, Clone, Default)]
pub struct Block {
    first: u64,
    /// Lines; the first leaf begins at `lead`.
    bytes: Vec<u8>,
    lead: usize,
    /// Where in the file the first leaf begins.
    start: u32,
    /// Where in the file each leaf ends, its LF included.
    ends: Vec<u32>,
}

impl Block {
    pub(super) fn empty(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// The block if its bytes are exactly these lines: an LF before the first leaf and behind each,
    /// and none inside.
    pub(super) fn of_lines(
        first: u64,
        bytes: Vec<u8>,
        lead: usize,
        start: u32,
        ends: Vec<u32>,
    ) -> Option<Self> {
        let block = Self { first, bytes, lead, start, ends };
        let whole = block.bytes.iter().take(lead).all(|byte| *byte == b'\n')
            && block.lines().all(|line| line.last() == Some(&b'\n'))
            && memchr::memchr_iter(b'\n', block.bytes.get(lead..)?).count() == block.ends.len();
        whole.then_some(block)
    }

    /// The index of the first leaf.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// How many leaves there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The leaves, without their LF.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.lines().map(|line| line.strip_suffix(b"\n").unwrap_or(line))
    }

    /// The leaf at an index of the log, without its LF; none outside the block.
    pub fn get(&self, index: u64) -> Option<&[u8]> {
        let slot = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.ends.get(slot)?;
        let line = self.line(slot);
        Some(line.strip_suffix(b"\n").unwrap_or(line))
    }

    fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        (0..self.ends.len()).map(|slot| self.line(slot))
    }

    fn line(&self, slot: usize) -> &[u8] {
        let before = slot.checked_sub(1).and_then(|before| self.ends.get(before));
        let from = before.copied().unwrap_or(self.start);
        let to = self.ends.get(slot).copied().unwrap_or(from);
        let within = |offset: u32| as_index(offset.saturating_sub(self.start)) + self.lead;
        self.bytes.get(within(from)..within(to)).unwrap_or_default()
    }
}
