//! One call of `write`: batches on their way into the log, then to the disk.

use super::error::RecordError;
use super::failure::{OnFailure, WhenFull};
use super::heed::answer;
use super::losses::LossReason;
use super::own::Own;
use super::prepare::TOGETHER;
use super::receipt::{Ack, Fate, Receipt};
use super::recorder::{Made, Prepared, Recorder};
use crate::idempotency::{Seen, Submission};
use crate::limits::{BATCH_RECORDS_MAX, BATCH_TRIES_MAX};
use crate::vault::Kept;
use crate::wal::frame::Record;
use crate::wal::{AppendError, AppendedOnce, Batch, CommitError, Misfit, Position, SpoolAck};
use crate::world::Ahead;
use std::collections::VecDeque;
use std::sync::Arc;
use tacho_event::World;
use tacho_event::privacy::Entry;
use tacho_tree::{Hash, leaf_hash};

type Outcome = Result<Receipt, RecordError>;

/// Fewer events are kept together where they are this long.
const TOGETHER_BYTES: usize = 256 << 10;

pub(super) struct Run<'r> {
    recorder: &'r Recorder,
    dice: Ahead<'r>,
    ack: Ack,
    batch: Batch,
    /// The batch's number among all of the recorder: grants stand in each batch once.
    number: u64,
    /// On their way into the batch, whose parts are kept together.
    staged: Vec<Waiting>,
    staged_bytes: usize,
    /// In the batch, in order.
    waiting: Vec<Waiting>,
    /// What the batch's events submit, in order.
    submissions: Vec<Option<Submission>>,
    /// To be asked again when the batch is appended: they meet what stands in it, or were another
    /// event under a used id.
    later: Vec<Waiting>,
    /// In the log, not yet synced.
    appended: Vec<Waiting>,
    /// Submitted before, with the hash of the first leaf.
    repeated: Vec<(Waiting, Hash)>,
    end: Option<Position>,
    outcomes: Vec<(usize, Outcome)>,
}

/// An event on its way.
struct Waiting {
    prepared: Prepared,
    whose: Whose,
}

/// Where the outcome of an event goes.
enum Whose {
    /// To this place among the caller's.
    Slot(usize),
    /// Nowhere; it is owed again if it is not recorded.
    Own(Own),
}

impl<'r> Run<'r> {
    /// For about so many events.
    pub(super) fn new(recorder: &'r Recorder, ack: Ack, events: usize) -> Self {
        let (number, batch) = recorder.begin_batch();
        let in_batch = events.min(BATCH_RECORDS_MAX);
        Self {
            recorder,
            dice: Ahead::new(recorder.world.as_ref(), events),
            ack,
            batch,
            number,
            staged: Vec::with_capacity(events.min(TOGETHER)),
            staged_bytes: 0,
            waiting: Vec::with_capacity(in_batch),
            submissions: Vec::with_capacity(in_batch),
            later: Vec::new(),
            appended: Vec::new(),
            repeated: Vec::new(),
            end: None,
            outcomes: Vec::with_capacity(events),
        }
    }

    /// Adds events of our own.
    pub(super) fn own(&mut self, due: Vec<Own>) {
        for own in due {
            // A draft of our own that has problems is a bug, and still no reason to stop.
            if let Ok(prepared) = self.recorder.prepare(own.draft.clone()) {
                self.stage(Waiting { prepared, whose: Whose::Own(own) });
            }
        }
    }

    /// Adds an event whose outcome goes to `slot`.
    pub(super) fn push(&mut self, prepared: Prepared, slot: usize) {
        let waiting = Waiting { prepared, whose: Whose::Slot(slot) };
        if self.is_admitted(&waiting.prepared) {
            return self.stage(waiting);
        }
        self.recorder.note_loss(LossReason::Quota, 1);
        let outcome = match waiting.prepared.on_failure {
            OnFailure::Open => Ok(Fate::Lost),
            _ => Err(RecordError::Quota(waiting.prepared.tenant.clone())),
        };
        self.settle(waiting, outcome);
    }

    fn is_admitted(&self, prepared: &Prepared) -> bool {
        let Some(quota) = &self.recorder.settings.quota else { return true };
        let Some((entry, _)) = prepared.entry() else { return true };
        entry.is_system() || quota.admits(&prepared.tenant, prepared.bytes() as u64)
    }

    /// Puts an event into the batch, together with those that come next.
    fn stage(&mut self, waiting: Waiting) {
        self.staged_bytes += waiting.prepared.bytes();
        self.staged.push(waiting);
        if self.staged.len() >= TOGETHER || self.staged_bytes >= TOGETHER_BYTES {
            self.put_staged();
        }
    }

    fn put_staged(&mut self) {
        self.staged_bytes = 0;
        let mut staged = VecDeque::from(std::mem::take(&mut self.staged));
        self.put(&mut staged);
        if self.staged.is_empty() {
            // For the next ones.
            self.staged = staged.into();
        }
    }

    fn put_all(&mut self, all: Vec<Waiting>) {
        all.into_iter().for_each(|waiting| self.stage(waiting));
        self.put_staged();
    }

    /// Puts a few events into the batch. When it is full, the rest comes into the next one; there,
    /// and behind an event that fits nowhere, with its grants.
    fn put(&mut self, few: &mut VecDeque<Waiting>) {
        while !few.is_empty() {
            let entries = few.iter().filter_map(|waiting| waiting.prepared.entry());
            let kept = keep((self.recorder, &self.dice), entries, self.number);
            let mut parts = kept.iter();
            while let Some(waiting) = few.pop_front() {
                match self.encode(&waiting.prepared, kept.generation(), &mut parts) {
                    Ok(()) => self.waiting.push(waiting),
                    Err(Misfit::Full) if !self.batch.is_empty() => {
                        few.push_front(waiting);
                        self.append();
                        break;
                    }
                    Err(misfit) => {
                        self.recorder.note_loss(LossReason::TooLarge, 1);
                        self.settle(waiting, Err(RecordError::TooLarge(misfit.to_string())));
                        // The grants that it would have brought come with the next.
                        self.number = self.recorder.next_batch();
                        break;
                    }
                }
            }
        }
    }

    fn encode<'k>(
        &mut self,
        prepared: &Prepared,
        generation: u32,
        parts: &mut impl Iterator<Item = (&'k [u8], u16)>,
    ) -> Result<(), Misfit> {
        let Some((entry, record_id)) = prepared.entry() else { return Ok(()) };
        let (parts, parts_count) = parts.next().unwrap_or_default();
        let submission = self.submission(prepared);
        let idem = submission.as_ref().map(Submission::idem).unwrap_or_default();
        let record = record(prepared, (entry, record_id, idem), (parts, parts_count), generation);
        self.batch.push(&record)?;
        self.submissions.push(submission);
        Ok(())
    }

    fn submission(&self, prepared: &Prepared) -> Option<Submission> {
        self.recorder.mark(prepared.claim.as_deref()?)
    }

    /// Appends everything that waits.
    pub(super) fn flush(&mut self) {
        self.put_staged();
        self.append();
        while !self.later.is_empty() {
            let later = std::mem::take(&mut self.later);
            self.put_all(later);
            self.append();
        }
    }

    /// Appends the batch, made anew as often as keys, windows or repetitions ask for it.
    fn append(&mut self) {
        if self.recorder.settings.spool_only {
            return self.settle_batch(None, Some(AppendError::Refusing));
        }
        for _ in 0..BATCH_TRIES_MAX {
            if self.waiting.is_empty() {
                return;
            }
            match self.recorder.append_once(&mut self.batch, &self.submissions, self.ack) {
                Ok(AppendedOnce::Seen(seen)) => self.take_out(&seen),
                Err(AppendError::StaleGeneration { store }) => {
                    // Keys were replaced: what was sealed under the old ones is sealed anew.
                    let reloaded = self.recorder.state().writer.reload(self.recorder.store());
                    if reloaded.is_err() {
                        let stale = AppendError::StaleGeneration { store };
                        return self.settle_batch(None, Some(stale));
                    }
                }
                Err(AppendError::StaleWindow) => {
                    if let Err(error) = self.recorder.reload_window() {
                        return self.settle_batch(None, Some(error.into()));
                    }
                }
                Ok(AppendedOnce::All(appended)) => {
                    return self.settle_batch(Some((appended.end, appended.count)), None);
                }
                Err(AppendError::Partly { appended, error }) => {
                    let part = Some((appended.end, appended.count));
                    return self.settle_batch(part, Some(*error));
                }
                Err(error) => return self.settle_batch(None, Some(error)),
            }
            self.clear();
            let again = std::mem::take(&mut self.waiting);
            self.put_all(again);
        }
        self.settle_batch(None, Some(AppendError::StaleWindow));
    }

    /// What comes next is another batch.
    fn clear(&mut self) {
        self.batch.clear();
        self.submissions.clear();
        self.number = self.recorder.next_batch();
    }

    /// Takes out what was submitted before: the same event is answered, another one comes again
    /// under a fresh id, and what this very batch holds is asked again when that is appended.
    fn take_out(&mut self, seen: &[(usize, Seen)]) {
        let ids: Vec<[u8; 16]> =
            self.waiting.iter().filter_map(|waiting| waiting.prepared.record_id()).collect();
        for (at, before) in seen.iter().rev().filter(|(at, _)| *at < ids.len()) {
            let waiting = self.waiting.remove(*at);
            if ids.contains(&before.record_id) {
                self.later.insert(0, waiting);
            } else if before.same {
                self.repeated.push((waiting, Hash::from_bytes(before.leaf_hash)));
            } else {
                self.come_again(waiting);
            }
        }
    }

    fn come_again(&mut self, waiting: Waiting) {
        let Waiting { prepared, whose } = waiting;
        let Some(claim) = prepared.claim else { return };
        let draft = claim.into_conflict(&prepared.id);
        match (self.recorder.prepare(draft), whose) {
            (Ok(fresh), whose) => {
                let prepared = Prepared { conflict_of: Some(prepared.id), ..fresh };
                self.later.insert(0, Waiting { prepared, whose });
            }
            (Err(error), Whose::Slot(slot)) => self.outcomes.push((slot, Err(error))),
            (Err(_), Whose::Own(own)) => self.recorder.owe_again(own),
        }
    }

    /// The first `count` of the batch stand before `end`; the rest failed.
    fn settle_batch(&mut self, part: Option<(Position, usize)>, error: Option<AppendError>) {
        self.clear();
        let mut waiting = std::mem::take(&mut self.waiting);
        let failed = waiting.split_off(part.map_or(0, |(_, count)| count).min(waiting.len()));
        let bare = waiting.iter().filter(|one| one.prepared.bare).count() as u64;
        if bare > 0 {
            self.recorder.note_gap(LossReason::ContentDropped, bare);
        }
        match self.appended.is_empty() {
            true => self.appended = waiting,
            false => self.appended.append(&mut waiting),
        }
        if let Some((end, _)) = part {
            self.end = Some(end);
            if !matches!(error, Some(AppendError::Full(_))) {
                self.recorder.note_room();
            }
        }
        // The log took fewer than it was given and named no error: as good as too long.
        let error = Arc::new(error.unwrap_or(AppendError::TooLong));
        if let AppendError::Full(_) = error.as_ref() {
            return self.settle_full(failed, &error);
        }
        failed.into_iter().for_each(|one| self.failed(one, &error));
        if let AppendError::Busy(holder) = error.as_ref() {
            self.recorder.note_stuck(*holder);
        }
    }

    /// The disk was too full for these.
    fn settle_full(&mut self, failed: Vec<Waiting>, error: &Arc<AppendError>) {
        let policy = self.recorder.settings.when_full;
        let mut again = Vec::new();
        for mut one in failed {
            match policy {
                WhenFull::DropContent if one.make_bare() => again.push(one),
                WhenFull::FailOpen => {
                    one.prepared.on_failure = OnFailure::Open;
                    self.failed(one, error);
                }
                _ => self.failed(one, error),
            }
        }
        // The reserve makes room for this, and soon there may be none.
        let due = if self.recorder.note_full() { self.recorder.due() } else { Vec::new() };
        if again.is_empty() && due.is_empty() {
            return;
        }
        self.put_all(again);
        self.own(due);
        self.put_staged();
        self.append();
    }

    /// Syncs what was appended; gives every outcome with its slot.
    pub(super) fn finish(mut self) -> Vec<(usize, Outcome)> {
        let seen_until = if self.repeated.is_empty() { None } else { self.recorder.seen_until() };
        // What was submitted before may be less safe than is asked now.
        let end = self.end.max(seen_until);
        let reached = match end.filter(|_| self.ack == Ack::Disk) {
            None => Ok(Ack::Os),
            Some(end) => self.recorder.wal.commit(end).map(|()| Ack::Disk).map_err(Arc::new),
        };
        let appended = std::mem::take(&mut self.appended);
        self.recorder.state().counts.recorded += appended.len() as u64;
        for one in appended {
            let outcome = self.synced(&one, &reached).map(Fate::Recorded);
            self.settle(one, outcome);
        }
        for (mut one, first) in std::mem::take(&mut self.repeated) {
            if let Made::Entry { leaf_hash, .. } = &mut one.prepared.made {
                *leaf_hash = first;
            }
            let outcome = self.synced(&one, &reached).map(|_| Fate::Repeated);
            self.settle(one, outcome);
        }
        self.recorder.keep_spare(self.batch);
        self.outcomes
    }

    fn synced(
        &self,
        one: &Waiting,
        reached: &Result<Ack, Arc<CommitError>>,
    ) -> Result<Ack, RecordError> {
        match reached {
            Ok(ack) => Ok(*ack),
            // It is in the log, only not as safe as was asked.
            Err(_) if one.prepared.on_failure == OnFailure::Open => Ok(Ack::Os),
            Err(error) => Err(RecordError::NotSynced(error.clone())),
        }
    }

    fn failed(&mut self, one: Waiting, error: &Arc<AppendError>) {
        let Prepared { on_failure, glass_broken, is_intent, .. } = one.prepared;
        if on_failure != OnFailure::Closed
            && let Some(fate) = self.spool(&one.prepared)
        {
            self.recorder.state().counts.recorded += 1;
            return self.settle(one, Ok(fate));
        }
        let reason = match on_failure {
            _ if glass_broken => LossReason::BreakGlass,
            OnFailure::Open => LossReason::StoreFailed,
            OnFailure::Spool | OnFailure::Closed => LossReason::Refused,
        };
        let refused = reason == LossReason::Refused;
        if matches!(one.whose, Whose::Slot(_)) && !(refused && is_intent) {
            self.recorder.note_loss(reason, 1);
        }
        let outcome = match refused {
            true => Err(RecordError::NotRecorded(error.clone())),
            false => Ok(Fate::Lost),
        };
        self.settle(one, outcome);
    }

    fn spool(&self, prepared: &Prepared) -> Option<Fate> {
        let (entry, record_id) = prepared.entry()?;
        let ack = if self.ack == Ack::Os { SpoolAck::Os } else { SpoolAck::Disk };
        // Its grants stand in its own file.
        let number = self.recorder.next_batch();
        let submission = self.submission(prepared);
        let idem = submission.as_ref().map(Submission::idem).unwrap_or_default();
        let kept = keep((self.recorder, &self.dice), prepared.entry().into_iter(), number);
        let parts = kept.iter().next()?;
        let record = record(prepared, (entry, record_id, idem), parts, kept.generation());
        self.recorder.wal.spool(&record, ack).ok()?;
        Some(Fate::Spooled(self.ack))
    }

    fn settle(&mut self, one: Waiting, outcome: Result<Fate, RecordError>) {
        let Waiting { prepared, whose } = one;
        let slot = match whose {
            Whose::Slot(slot) => slot,
            Whose::Own(own) => {
                if !outcome.is_ok_and(Fate::is_kept) {
                    self.recorder.owe_again(own);
                }
                return;
            }
        };
        let leaf_hash = match prepared.made {
            Made::Entry { leaf_hash, .. } => Some(leaf_hash),
            Made::Dropped { .. } => None,
        };
        let Prepared { tenant, id, conflict_of, stop, .. } = prepared;
        let receipt = |fate| Receipt { tenant, id, leaf_hash, fate, conflict_of, witnessed: None };
        self.outcomes.push((slot, answer(stop, outcome.map(receipt))));
    }
}

impl Waiting {
    /// Leaves out what can be erased; false if there is nothing to leave out, or if it is our own:
    /// a gap without its reason tells nothing, and is owed until there is room.
    fn make_bare(&mut self) -> bool {
        let Made::Entry { entry, leaf_hash: hash, .. } = &mut self.prepared.made else {
            return false;
        };
        let is_own = entry.is_system() || matches!(self.whose, Whose::Own(_));
        if is_own || entry.parts().is_empty() {
            return false;
        }
        **entry = entry.bare();
        *hash = leaf_hash(entry.leaf());
        self.prepared.bare = true;
        true
    }
}

impl Prepared {
    fn entry(&self) -> Option<(&Entry, [u8; 16])> {
        match &self.made {
            Made::Entry { entry, record_id, .. } => Some((entry, *record_id)),
            Made::Dropped { .. } => None,
        }
    }

    fn record_id(&self) -> Option<[u8; 16]> {
        self.entry().map(|(_, record_id)| record_id)
    }

    /// Bytes of the leaf and of what can be erased.
    fn bytes(&self) -> usize {
        self.entry().map_or(0, |(entry, _)| {
            let parts = entry.parts().iter().map(|part| part.plaintext().len());
            entry.leaf().len() + parts.sum::<usize>()
        })
    }
}

/// The parts of some entries, for the batch of this number. Threads that record hold the writer one
/// after the other, and seal beside each other.
fn keep<'e>(
    (recorder, world): (&Recorder, &dyn World),
    entries: impl Iterator<Item = (&'e Entry, [u8; 16])> + Clone,
    batch: u64,
) -> Kept {
    let taken = recorder.state().writer.take(entries.clone(), batch, world);
    taken.keep(entries, world)
}

/// The record of an entry, with its grants and parts.
fn record<'e>(
    prepared: &'e Prepared,
    (entry, record_id, idem): (&'e Entry, [u8; 16], [u8; 16]),
    (parts, parts_count): (&'e [u8], u16),
    generation: u32,
) -> Record<'e> {
    Record {
        tenant: prepared.tenant.as_str(),
        record_id,
        idem,
        leaf: entry.leaf(),
        parts,
        parts_count,
        system: entry.is_system(),
        generation,
    }
}
