//! One call of `write`: batches on their way into the log, then to the disk.

use super::error::RecordError;
use super::failure::OnFailure;
use super::heed::{answer, refusal};
use super::losses::{Loss, LossReason};
use super::receipt::{Ack, Fate, Receipt};
use super::recorder::{Made, Prepared, Recorder, receipt};
use crate::wal::frame::Record;
use crate::wal::{AppendError, Batch, CommitError, Misfit, Position, SpoolAck};
use std::sync::Arc;
use tacho_event::Draft;
use tacho_event::privacy::Entry;

type Outcome = Result<Receipt, RecordError>;

pub(super) struct Run<'r> {
    recorder: &'r Recorder,
    ack: Ack,
    batch: Batch,
    /// In the batch, in order.
    waiting: Vec<Waiting>,
    /// In the log, not yet synced.
    appended: Vec<Waiting>,
    end: Option<Position>,
    outcomes: Vec<(usize, Outcome)>,
}

/// An event on its way.
struct Waiting {
    prepared: Prepared,
    /// Its place among the caller's outcomes; none for events of our own.
    slot: Option<usize>,
    /// The loss it names, to be noted again if it is not recorded.
    loss: Option<Loss>,
}

impl<'r> Run<'r> {
    pub(super) fn new(recorder: &'r Recorder, ack: Ack) -> Self {
        recorder.state().batches += 1;
        Self {
            recorder,
            ack,
            batch: Batch::new(),
            waiting: Vec::new(),
            appended: Vec::new(),
            end: None,
            outcomes: Vec::new(),
        }
    }

    /// Adds events of our own.
    pub(super) fn own(&mut self, due: Vec<(Draft, Option<Loss>)>) {
        for (draft, loss) in due {
            // A draft of our own that has problems is a bug, and still no reason to stop.
            if let Ok(prepared) = self.recorder.prepare(draft) {
                self.put(Waiting { prepared, slot: None, loss });
            }
        }
    }

    /// Adds an event whose outcome goes to `slot`.
    pub(super) fn push(&mut self, prepared: Prepared, slot: usize) {
        self.put(Waiting { prepared, slot: Some(slot), loss: None });
    }

    fn put(&mut self, waiting: Waiting) {
        let mut fits = self.encode(&waiting.prepared);
        if fits == Err(Misfit::Full) {
            self.flush();
            self.recorder.state().batches += 1;
            fits = self.encode(&waiting.prepared);
        }
        match fits {
            Ok(()) => self.waiting.push(waiting),
            Err(misfit) => {
                self.recorder.note_loss(LossReason::TooLarge, 1);
                let error = RecordError::TooLarge(misfit.to_string());
                let error = refusal(waiting.prepared.stop, error);
                self.outcomes.extend(waiting.slot.map(|slot| (slot, Err(error))));
            }
        }
    }

    fn encode(&mut self, prepared: &Prepared) -> Result<(), Misfit> {
        let Made::Entry { entry, record_id, .. } = &prepared.made else { return Ok(()) };
        with_record(self.recorder, prepared, entry, *record_id, |record| self.batch.push(record))
    }

    /// Appends the batch.
    pub(super) fn flush(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let settings = &self.recorder.settings;
        let appended = match settings.spool_only {
            true => Err(AppendError::Refusing),
            false => self.recorder.wal.append(&mut self.batch, settings.patience),
        };
        self.batch.clear();
        let (appended, error) = match appended {
            Ok(appended) => (Some(appended), None),
            Err(AppendError::Partly { appended, error }) => (Some(appended), Some(*error)),
            Err(error) => (None, Some(error)),
        };
        let failed = waiting.split_off(appended.map_or(0, |one| one.count).min(waiting.len()));
        self.appended.append(&mut waiting);
        self.end = appended.map(|appended| appended.end).or(self.end);
        // The log took fewer than it was given and named no error: as good as too long.
        let error = Arc::new(error.unwrap_or(AppendError::TooLong));
        failed.into_iter().for_each(|one| self.failed(one, &error));
    }

    /// Syncs what was appended; gives every outcome with its slot.
    pub(super) fn finish(mut self) -> Vec<(usize, Outcome)> {
        let reached = match self.end.filter(|_| self.ack == Ack::Disk) {
            None => Ok(Ack::Os),
            Some(end) => self.recorder.wal.commit(end).map(|()| Ack::Disk).map_err(Arc::new),
        };
        let appended = std::mem::take(&mut self.appended);
        self.recorder.state().counts.recorded += appended.len() as u64;
        for one in appended {
            self.recorded(one, &reached);
        }
        self.outcomes
    }

    fn recorded(&mut self, one: Waiting, reached: &Result<Ack, Arc<CommitError>>) {
        let outcome = match reached {
            Ok(ack) => Ok(Fate::Recorded(*ack)),
            // It is in the log, only not as safe as was asked.
            Err(_) if one.prepared.on_failure == OnFailure::Open => Ok(Fate::Recorded(Ack::Os)),
            Err(error) => Err(RecordError::NotSynced(error.clone())),
        };
        self.settle(one, outcome);
    }

    fn failed(&mut self, one: Waiting, error: &Arc<AppendError>) {
        let policy = one.prepared.on_failure;
        if policy != OnFailure::Closed
            && let Some(fate) = self.spool(&one.prepared)
        {
            self.recorder.state().counts.recorded += 1;
            return self.settle(one, Ok(fate));
        }
        match one.loss {
            Some(loss) => self.recorder.state().losses.note(loss),
            None if policy == OnFailure::Open => {
                self.recorder.note_loss(LossReason::StoreFailed, 1);
                self.settle(one, Ok(Fate::Lost));
            }
            None => self.settle(one, Err(RecordError::NotRecorded(error.clone()))),
        }
    }

    fn spool(&self, prepared: &Prepared) -> Option<Fate> {
        let Made::Entry { entry, record_id, .. } = &prepared.made else { return None };
        let ack = if self.ack == Ack::Os { SpoolAck::Os } else { SpoolAck::Disk };
        with_record(self.recorder, prepared, entry, *record_id, |record| {
            self.recorder.wal.spool(record, ack)
        })
        .ok()?;
        Some(Fate::Spooled(self.ack))
    }

    fn settle(&mut self, one: Waiting, outcome: Result<Fate, RecordError>) {
        let Some(slot) = one.slot else { return };
        let Prepared { made, tenant, id, stop, .. } = one.prepared;
        let leaf_hash = match made {
            Made::Entry { leaf_hash, .. } => Some(leaf_hash),
            Made::Dropped { .. } => None,
        };
        let outcome = outcome.map(|fate| receipt(tenant, id, leaf_hash, fate));
        self.outcomes.push((slot, answer(stop, outcome)));
    }
}

/// Lends `give` the record of an entry, with its grants and parts.
fn with_record<T>(
    recorder: &Recorder,
    prepared: &Prepared,
    entry: &Entry,
    record_id: [u8; 16],
    give: impl FnOnce(&Record<'_>) -> T,
) -> T {
    let mut parts = Vec::with_capacity(1024);
    let parts_count = {
        let mut state = recorder.state();
        let batch = state.batches;
        state.grants.encode(entry, record_id, batch, &recorder.world.as_ref(), &mut parts)
    };
    give(&Record {
        tenant: prepared.tenant.as_str(),
        record_id,
        idem: [0; 16],
        leaf: entry.leaf(),
        parts: &parts,
        parts_count,
        system: entry.is_system(),
        generation: 0,
    })
}
