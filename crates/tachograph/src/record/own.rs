//! What a recorder says about itself and its store: it is owed until it is recorded.

use super::error::RecordError;
use super::losses::{Loss, LossReason};
use super::receipt::{Ack, Fate};
use super::recorder::Recorder;
use crate::limits::{OWED_MAX, TOLD_AT_ONCE_MAX};
use crate::reserve;
use crate::wal::{Finding, Holder, UNOPENED};
use tacho_event::{ActionType, Draft, Severity};

/// An event of our own on its way.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) draft: Draft,
    /// The losses it names; noted again if it is not recorded.
    pub(super) loss: Option<Loss>,
}

impl Recorder {
    /// Notes events that were lost before they reached this recorder; a `gap` event will name them.
    pub fn note_loss(&self, reason: LossReason, count: u64) {
        self.note_gap(reason, count);
        self.state().counts.lost += count;
    }

    /// Notes what is missing although the events were recorded.
    pub(super) fn note_gap(&self, reason: LossReason, count: u64) {
        let now = self.world.now();
        self.state().losses.note(Loss { reason, count, first: now, last: now });
    }

    /// Tells of what recovery found in the log, each finding in an event of its own; gives how many
    /// were told. For recorders that live long, and for whoever looks after a store.
    ///
    /// # Errors
    /// Why they could not be listed or recorded; what was not told will be told later.
    pub fn tell_findings(&self) -> Result<usize, RecordError> {
        let findings = self.wal.untold().map_err(RecordError::Store)?;
        let findings = findings.get(..TOLD_AT_ONCE_MAX).unwrap_or(&findings);
        let drafts = findings.iter().map(recovered).collect();
        let mut told = 0;
        for (finding, outcome) in findings.iter().zip(self.record_all(drafts, Ack::Disk)) {
            if outcome?.fate == Fate::Recorded(Ack::Disk) {
                self.wal.told(finding).map_err(RecordError::Store)?;
                told += 1;
            }
        }
        Ok(told)
    }

    /// Our own events that are due: gaps, what is owed, and a clock that went back.
    pub(super) fn due(&self) -> Vec<Own> {
        let now = self.world.now();
        let mut state = self.state();
        let losses = state.losses.take().into_iter();
        let mut due: Vec<Own> =
            losses.map(|(loss, draft)| Own { draft, loss: Some(loss) }).collect();
        due.extend(state.owed.drain(..).map(|draft| Own { draft, loss: None }));
        let latest = state.latest;
        state.latest = latest.max(now);
        // A second is more than clocks are slewed by, and less than anybody sets one back.
        if now.micros() + 1_000_000 < latest.micros() {
            state.latest = now;
            due.push(Own { draft: super::beat::clock_step(latest, now), loss: None });
        }
        due
    }

    /// Takes back what could not be recorded.
    pub(super) fn owe_again(&self, own: Own) {
        match own.loss {
            Some(loss) => self.state().losses.note(loss),
            None => self.owe(own.draft),
        }
    }

    /// Will record this with the next event that can be.
    pub(super) fn owe(&self, draft: Draft) {
        let mut state = self.state();
        // Beyond the bound the first stand for all: how it began says most.
        if state.owed.len() < OWED_MAX {
            state.owed.push(draft);
        }
    }

    /// Records what is owed, if it can be; whether nothing is owed any more.
    pub(super) fn pay(&self) -> bool {
        self.write(Vec::new(), Ack::Disk, || ());
        self.state().owed.is_empty()
    }

    /// Notes that the disk is full, once until it is not; true if the reserve was given back, so
    /// that this can be said at once.
    pub(super) fn note_full(&self) -> bool {
        if std::mem::replace(&mut self.state().full, true) {
            return false;
        }
        let (files, places) = (self.store().files(), self.store().places());
        let released = reserve::release(files.as_ref(), places).unwrap_or(false);
        let draft = Draft::system("tacho.disk_full")
            .with("severity", Severity::Critical)
            .with("action.system.reserve_released", released);
        self.owe(draft);
        released
    }

    /// Notes that the disk took something.
    pub(super) fn note_room(&self) {
        self.state().full = false;
    }

    /// Notes a holder of the lock who does not let go, once for each.
    pub(super) fn note_stuck(&self, holder: Holder) {
        if !holder.is_stuck() || self.state().stuck.replace(holder.process) == Some(holder.process)
        {
            return;
        }
        let draft = Draft::own(ActionType::Gap, "tacho.lock_held")
            .with("severity", Severity::Error)
            .with("action.gap.what", "the log's lock")
            .with(
                "action.gap.reason",
                format!("process {} held it for {} us", holder.process, holder.held_micros),
            );
        self.owe(draft);
    }

    /// Makes sure that there is a reserve, unless the disk is too full for one.
    pub(super) fn keep_reserve(&self) {
        let (files, places) = (self.store().files(), self.store().places());
        let _ = reserve::keep(files.as_ref(), places);
    }
}

fn recovered(finding: &Finding) -> Draft {
    if finding.code == UNOPENED {
        return Draft::own(ActionType::Gap, "tacho.unopened")
            .with("severity", Severity::Warning)
            .with("action.gap.what", "content of an event")
            .with("action.gap.count", 1)
            .with(
                "action.gap.reason",
                format!(
                    "it came at {} {}, after its keys were destroyed",
                    finding.place, finding.at
                ),
            );
    }
    Draft::system("tacho.recovered")
        .with("severity", Severity::Warning)
        .with("action.system.code", finding.code.as_str())
        .with("action.system.place", finding.place.as_str())
        .with("action.system.at", finding.at.as_str())
        .with("action.system.bytes", finding.bytes)
}
