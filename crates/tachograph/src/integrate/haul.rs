//! Given frames from the WAL, holds some of them, and has them read again by several threads.
//!
//! Reading a frame again costs as much as all that is done with it afterwards, and each frame can
//! be read alone. What the threads give is told in the order of the frames, while they read on.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use tacho_tree::leaf_hashes;

use super::gate::{Passed, Refusal, check_hashed};
use crate::limits::{CHECK_THREADS_MAX, HAUL_BYTES_MAX, HAUL_FRAMES_MAX};
use crate::wal::{Position, Record};

/// Frames that a thread reads at a time; fewer are no work for another thread.
const SHARE_FRAMES: usize = 128;

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

    /// Tells every frame, in order, while others are still read: where it stands, its record, and
    /// whether it may become a leaf. Ends with the first error that `tell` gives.
    pub(super) fn tell<E>(
        &self,
        mut tell: impl FnMut(Position, &Record<'_>, Result<Passed<'_>, Refusal>) -> Result<(), E>,
    ) -> Result<(), E> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = cores.min(CHECK_THREADS_MAX).min(self.frames.len() / SHARE_FRAMES);
        if threads < 2 {
            return self.frames.chunks(SHARE_FRAMES).try_for_each(|share| {
                self.look(share)
                    .into_iter()
                    .try_for_each(|(at, record, passed)| tell(at, &record, passed))
            });
        }
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let (give, take) = mpsc::sync_channel(2 * threads);
            for _ in 0..threads {
                let (give, next) = (give.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let share = self.frames.chunks(SHARE_FRAMES).nth(number);
                        let Some(share) = share else { return };
                        // Nobody listens any more: there was an error.
                        if give.send((number, self.look(share))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(give);
            let (mut early, mut expected) = (BTreeMap::new(), 0);
            for (number, share) in take {
                early.insert(number, share);
                while let Some(share) = early.remove(&expected) {
                    expected += 1;
                    for (at, record, passed) in share {
                        tell(at, &record, passed)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Reads frames again; their leaves are hashed side by side.
    fn look(&self, share: &[Held]) -> Vec<Looked<'_>> {
        let hashes = leaf_hashes(share.iter().map(|held| self.held(&held.leaf)));
        let look = |(held, hash)| {
            let record = self.record(held);
            let passed = check_hashed(&record, hash);
            (held.at, record, passed)
        };
        share.iter().zip(hashes).map(look).collect()
    }

    fn record(&self, held: &Held) -> Record<'_> {
        Record {
            // It was text when it was taken in.
            tenant: str::from_utf8(self.held(&held.tenant)).unwrap_or_default(),
            record_id: held.record_id,
            idem: held.idem,
            leaf: self.held(&held.leaf),
            parts: self.held(&held.parts),
            parts_count: held.parts_count,
            system: held.system,
            generation: held.generation,
        }
    }

    fn held(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// A frame that was read again: where it stands, and whether it may become a leaf.
type Looked<'h> = (Position, Record<'h>, Result<Passed<'h>, Refusal>);
