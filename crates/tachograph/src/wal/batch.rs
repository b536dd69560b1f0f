//! Given records, gives their frames in one buffer, ready to be bound to their places.

use std::fmt;

use super::frame::{self, Record, Unfit};
use crate::limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};

/// Frames that are appended together, in order.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) bytes: Vec<u8>,
    /// Where each frame ends in `bytes`.
    pub(super) ends: Vec<usize>,
    /// The lowest and the highest key generation of the records.
    pub(super) generations: Option<(u32, u32)>,
}

/// Why a record does not fit a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misfit {
    /// It fits no batch.
    Unfit(Unfit),
    /// It does not fit this batch any more: append the batch, then try again.
    Full,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(unfit) => write!(f, "{unfit}"),
            Self::Full => write!(f, "batch is full"),
        }
    }
}

impl std::error::Error for Misfit {}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record.
    ///
    /// # Errors
    /// Why it does not fit; the batch is as it was.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), Misfit> {
        let room = BATCH_BYTES_MAX.saturating_sub(self.bytes.len());
        if self.ends.len() >= BATCH_RECORDS_MAX || record.frame_bytes() > room {
            return Err(Misfit::Full);
        }
        frame::encode(record, &mut self.bytes).map_err(Misfit::Unfit)?;
        self.ends.push(self.bytes.len());
        let generation = record.generation;
        let (lowest, highest) = self.generations.unwrap_or((generation, generation));
        self.generations = Some((lowest.min(generation), highest.max(generation)));
        Ok(())
    }

    /// Adds the records of another batch behind its own; the caller looks to the bounds.
    pub(super) fn extend(&mut self, other: &Self) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| begin + end));
        self.generations = match (self.generations, other.generations) {
            (Some((low, high)), Some((lowest, highest))) => {
                Some((low.min(lowest), high.max(highest)))
            }
            (one, other) => one.or(other),
        };
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all frames.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes that it has memory for.
    pub fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// Where its first `count` frames end.
    pub(super) fn end_of(&self, count: usize) -> usize {
        count.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0)
    }

    /// Empties the batch, keeping its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.generations = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FRAME_BYTES_MAX;

    fn record(parts: &[u8]) -> Record<'_> {
        Record {
            tenant: "acme",
            record_id: [1; 16],
            idem: [0; 16],
            leaf: b"{}",
            parts,
            parts_count: u16::from(!parts.is_empty()),
            system: false,
            generation: 0,
        }
    }

    #[test]
    fn a_batch_takes_its_bytes_and_not_one_frame_more() {
        let parts = vec![1; FRAME_BYTES_MAX - 72];
        let mut batch = Batch::new();
        for _ in 0..BATCH_BYTES_MAX / FRAME_BYTES_MAX {
            assert_eq!(batch.push(&record(&parts)), Ok(()));
        }
        assert_eq!(batch.bytes(), BATCH_BYTES_MAX);
        assert_eq!(batch.push(&record(b"")), Err(Misfit::Full));
        batch.clear();
        assert!(batch.is_empty());
        assert_eq!(batch.push(&record(b"")), Ok(()));
    }

    #[test]
    fn a_batch_takes_its_records_and_not_one_more() {
        let mut batch = Batch::new();
        for _ in 0..BATCH_RECORDS_MAX {
            assert_eq!(batch.push(&record(b"")), Ok(()));
        }
        assert_eq!(batch.push(&record(b"")), Err(Misfit::Full));
    }
}
