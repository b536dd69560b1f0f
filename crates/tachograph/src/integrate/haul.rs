//! Given frames from the WAL, holds some of them, and has them read again by several threads.
//!
//! Reading a frame again costs more than all that is done with it afterwards, and each frame can be
//! read alone. What the threads give comes back in the order of the frames.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::gate::{Passed, Refusal, check};
use crate::limits::{CHECK_THREADS_MAX, HAUL_BYTES_MAX, HAUL_FRAMES_MAX};
use crate::wal::{Position, Record};

/// Fewer frames than this for each are no work for another thread.
const FRAMES_PER_THREAD_MIN: usize = 128;

/// Some frames, in order.
#[derive(Debug, Default)]
pub(super) struct Haul {
    bytes: Vec<u8>,
    frames: Vec<Held>,
}

/// A frame, and where its bytes are held.
#[derive(Debug)]
struct Held {
    at: Position,
    record_id: [u8; 16],
    idem: [u8; 16],
    parts_count: u16,
    system: bool,
    generation: u32,
    tenant: Range<usize>,
    leaf: Range<usize>,
    parts: Range<usize>,
}

impl Haul {
    /// Takes in a frame.
    pub(super) fn push(&mut self, at: Position, record: &Record<'_>) {
        let mut hold = |bytes: &[u8]| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(bytes);
            start..self.bytes.len()
        };
        let tenant = hold(record.tenant.as_bytes());
        let (leaf, parts) = (hold(record.leaf), hold(record.parts));
        let &Record { record_id, idem, parts_count, system, generation, .. } = record;
        let held =
            Held { at, record_id, idem, parts_count, system, generation, tenant, leaf, parts };
        self.frames.push(held);
    }

    /// Whether it should be emptied before another frame comes.
    pub(super) fn is_full(&self) -> bool {
        self.frames.len() >= HAUL_FRAMES_MAX || self.bytes.len() >= HAUL_BYTES_MAX
    }

    /// Lets go of all frames, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
    }

    /// Every frame: where it stands, its record, and whether it may become a leaf.
    pub(super) fn checked(&self) -> Vec<(Position, Record<'_>, Result<Passed<'_>, Refusal>)> {
        let threads = self.frames.len() / FRAMES_PER_THREAD_MIN;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = threads.min(cores).min(CHECK_THREADS_MAX);
        if threads < 2 {
            return self.frames.iter().map(|held| self.look(held)).collect();
        }
        let share = self.frames.len().div_ceil(threads);
        let mut all = Vec::with_capacity(self.frames.len());
        std::thread::scope(|scope| {
            let shares: Vec<_> = self
                .frames
                .chunks(share)
                .map(|frames| {
                    scope.spawn(|| frames.iter().map(|held| self.look(held)).collect::<Vec<_>>())
                })
                .collect();
            for (share, frames) in shares.into_iter().zip(self.frames.chunks(share)) {
                // A thread that died was a bug; this one then meets it too.
                all.extend(
                    share
                        .join()
                        .unwrap_or_else(|_| frames.iter().map(|held| self.look(held)).collect()),
                );
            }
        });
        all
    }

    fn look(&self, held: &Held) -> (Position, Record<'_>, Result<Passed<'_>, Refusal>) {
        let bytes = |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
        let record = Record {
            // It was text when it was taken in.
            tenant: str::from_utf8(bytes(&held.tenant)).unwrap_or_default(),
            record_id: held.record_id,
            idem: held.idem,
            leaf: bytes(&held.leaf),
            parts: bytes(&held.parts),
            parts_count: held.parts_count,
            system: held.system,
            generation: held.generation,
        };
        (held.at, record, check(&record))
    }
}
