//! Given leaves in order, keeps the index behind them.

use std::sync::Arc;

use super::build::RunBuilder;
use super::fold::{RUN_LEAVES_MIN, merge_due, tidy};
use super::run::Pair;
use super::zones::{self, ZONE_LEAVES, Zone};
use super::{Facts, SCAN_LEAVES, facts};
use crate::error::Error;
use crate::files::Files;
use crate::leaves::LeafFiles;
use crate::limits::LEAVES_PER_FILE;
use crate::retain;
use crate::tenant::TenantPlaces;

/// What was not written to a run yet.
#[derive(Debug)]
pub(crate) struct IndexWriter {
    /// The first leaf of the log: those before it were pruned.
    minimum: u64,
    /// The end of what the runs cover; a multiple of 256.
    covered: u64,
    /// The next leaf to take in; leaves in between were not seen, and are read when there is time.
    next: u64,
    entries: Vec<Pair>,
    zones: Vec<Zone>,
    /// The zone that is not full.
    open: Option<Zone>,
}

/// How much work a flush may do beyond what came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Leaves read again, where the index is behind.
    pub(crate) leaves: u64,
    /// Leaves in one merge.
    pub(crate) merge: u64,
}

impl Effort {
    /// Whatever there is to do.
    pub(crate) const ALL: Self = Self { leaves: u64::MAX, merge: u64::MAX };
    /// What fits into the end of a hook.
    pub(crate) const LITTLE: Self = Self { leaves: 8_192, merge: 65_536 };
}

impl IndexWriter {
    /// Goes on behind the runs of a log of `size` leaves.
    pub(crate) fn open(
        files: &Arc<dyn Files>,
        places: &TenantPlaces,
        size: u64,
    ) -> Result<Self, Error> {
        let minimum = retain::pruned::first(files.as_ref(), places)?;
        let runs = tidy(files, places, minimum, size)?;
        let covered = runs.last().map_or(minimum, |(_, end)| *end);
        let (entries, zones) = (Vec::new(), Vec::new());
        Ok(Self { minimum, covered, next: covered, entries, zones, open: None })
    }

    /// Takes in a leaf, if it is the next one.
    pub(crate) fn push(&mut self, leaf: u64, facts: &Facts) {
        if leaf != self.next {
            return;
        }
        // A run covers fewer than 2^32 leaves.
        let value = u32::try_from(leaf - self.covered).unwrap_or(u32::MAX);
        self.entries.push((facts.id, value));
        self.entries.extend(facts.session.map(|session| (session, value)));
        self.note(Some(facts));
    }

    /// Makes runs of what there is, merges, and catches up as far as the effort goes.
    pub(crate) fn flush(
        &mut self,
        files: &Arc<dyn Files>,
        places: &TenantPlaces,
        size: u64,
        effort: Effort,
    ) -> Result<(), Error> {
        let leaves = LeafFiles::new(files.clone(), places.clone());
        let until = size.min(self.next.saturating_add(effort.leaves));
        loop {
            if self.next - self.covered >= LEAVES_PER_FILE || self.next >= until {
                self.write_run(files, places)?;
            }
            if self.next >= until {
                break;
            }
            let count = usize::try_from(until - self.next).unwrap_or(SCAN_LEAVES);
            let block = leaves.block(self.next, count.min(SCAN_LEAVES))?;
            for (index, leaf) in (self.next..).zip(block.iter()) {
                match facts(leaf) {
                    Some(facts) => self.push(index, &facts),
                    None => self.note(None),
                }
            }
        }
        if !merge_due(files, places, self.minimum, effort.merge)? {
            *self = Self::open(files, places, size)?;
        }
        Ok(())
    }

    fn note(&mut self, facts: Option<&Facts>) {
        if let Some(facts) = facts {
            let time = facts.time;
            self.open = Some(self.open.map_or(Zone::of(time), |zone| zone.with(time)));
        }
        self.next += 1;
        if self.next.is_multiple_of(ZONE_LEAVES) {
            let empty = Zone::of(tacho_event::Timestamp::MIN);
            self.zones.push(self.open.take().unwrap_or(empty));
        }
    }

    /// Writes a run of the whole zones that came in, if they are enough for one.
    fn write_run(&mut self, files: &Arc<dyn Files>, places: &TenantPlaces) -> Result<(), Error> {
        let end = self.next - self.next % ZONE_LEAVES;
        if end - self.covered < RUN_LEAVES_MIN {
            return Ok(());
        }
        zones::write(files.as_ref(), places, self.covered, &self.zones)?;
        let length = u32::try_from(end - self.covered).unwrap_or(u32::MAX);
        let mut rest = Vec::new();
        self.entries.retain(|(key, value)| {
            if *value >= length {
                rest.push((*key, *value - length));
            }
            *value < length
        });
        self.entries.sort_unstable();
        let mut builder = RunBuilder::begin(files.as_ref(), places)?;
        for entry in self.entries.drain(..) {
            builder.push(entry)?;
        }
        builder.finish(files.as_ref(), places, (self.covered, end))?;
        self.covered = end;
        self.entries = rest;
        self.zones.clear();
        Ok(())
    }
}
