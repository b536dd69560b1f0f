//! Given a batch and what its clients submitted, appends what was not submitted before.

use super::append::{AppendError, Appended};
use super::batch::Batch;
use super::frame::{self, Record};
use super::lock::Patience;
use super::position::Position;
use super::scan::Judge;
use super::tail::{Open, Tail};
use super::walk::{Damage, DamageKind, Item, Walk};
use super::{Critical, Ground, Wal};
use crate::error::Error;
use crate::idempotency::{Seen, Submission, Window};

/// What became of a batch of submissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedOnce {
    /// Where the new records stand; none when there were none.
    pub appended: Option<Appended>,
    /// The records, by their place in the batch, that were submitted before.
    pub seen: Vec<(usize, Seen)>,
}

impl Wal {
    /// Appends the records that were not submitted before. `submissions` has one for each record
    /// of the batch; none where the client gave nothing to compare. Afterwards the batch holds
    /// what was appended.
    ///
    /// # Errors
    /// Why nothing was appended, or [`AppendError::Partly`] of what was left in the batch.
    pub fn append_once(
        &self,
        batch: &mut Batch,
        submissions: &[Option<Submission>],
        window: &mut Window,
        patience: Patience,
    ) -> Result<AppendedOnce, AppendError> {
        self.admit(batch)?;
        // Read what others wrote before taking the lock, so that little is left to read under it.
        read_on(&self.ground, window, Judge::Waiting, None)?;
        self.locked(patience, |critical| critical.append_once(batch, submissions, window))
    }
}

impl Wal {
    /// Lets the window read the log up to its tail, so that a run may be written of it.
    ///
    /// # Errors
    /// What the disk said, or that the lock was not given.
    pub fn catch_up(&self, window: &mut Window, patience: Patience) -> Result<(), AppendError> {
        read_on(&self.ground, window, Judge::Waiting, None)?;
        self.locked(patience, |critical| {
            if matches!(critical.find_tail()?, Tail::Here) {
                let tail = critical.open.as_ref().map(Open::position);
                read_on(critical.ground, window, Judge::Holding, tail)?;
            }
            Ok(())
        })
    }
}

impl Critical<'_> {
    fn append_once(
        &mut self,
        batch: &mut Batch,
        submissions: &[Option<Submission>],
        window: &mut Window,
    ) -> Result<AppendedOnce, AppendError> {
        self.check_generation(batch)?;
        if let Tail::Next(number) = self.find_tail()? {
            self.begin_segment(number)?;
        }
        let tail = self.open.as_ref().map(Open::position);
        if tail != Some(window.known()) {
            read_on(self.ground, window, Judge::Holding, tail)?;
        }
        if window.is_stale(submissions)? {
            return Err(AppendError::StaleWindow);
        }
        let known = window.known();
        let (mut seen, mut noted) = (Vec::new(), Vec::new());
        for (at, submission) in submissions.iter().enumerate().take(batch.len()) {
            let Some(submission) = submission else { continue };
            if let Some(before) = window.seen(submission)? {
                seen.push((at, before));
            } else if let Some(record) = batch.record(at) {
                // Noted at once: the same id may come twice in one batch.
                window.note(&record, known);
                noted.push(record.idem);
            }
        }
        batch.remove(seen.iter().map(|(at, _)| *at));
        if batch.is_empty() {
            return Ok(AppendedOnce { appended: None, seen });
        }
        match self.append_any(batch) {
            Ok(appended) => {
                window.note_end(appended.end);
                Ok(AppendedOnce { appended: Some(appended), seen })
            }
            Err(error) => {
                // What was written all the same is read again from the log.
                for idem in noted {
                    window.unnote(&idem);
                }
                Err(error)
            }
        }
    }
}

impl Batch {
    /// The record in place `at`, as its frame has it.
    fn record(&self, at: usize) -> Option<Record<'_>> {
        let begin = at.checked_sub(1).map_or(Some(0), |last| self.ends.get(last).copied())?;
        frame::fields(self.bytes.get(begin..*self.ends.get(at)?)?).ok()
    }

    /// Takes the records in these places out; places are in order.
    fn remove(&mut self, places: impl Iterator<Item = usize>) {
        let places: Vec<usize> = places.collect();
        if places.is_empty() {
            return;
        }
        let old = std::mem::take(self);
        for at in (0..old.len()).filter(|at| places.binary_search(at).is_err()) {
            let kept = old.record(at).map(|record| self.push(&record));
            assert!(matches!(kept, Some(Ok(()))), "what was in a batch fits it");
        }
    }
}

/// Lets the window read what was appended since it last did.
fn read_on(
    ground: &Ground,
    window: &mut Window,
    judge: Judge,
    until: Option<Position>,
) -> Result<(), Error> {
    let Ground { files, places, .. } = ground;
    let mut walk = Walk::new(files.clone(), places.clone(), window.known(), judge);
    if let Some(tail) = until {
        walk = walk.until(tail);
    }
    loop {
        match walk.next_item()? {
            Item::Frame { next, record, .. } => window.note(&record, next),
            // A segment goes only when sorted runs have what stood in it.
            Item::Damage(Damage { kind: DamageKind::MissingSegment, .. }) => window.reload()?,
            Item::Damage(_) => {}
            Item::Unclear(_) => return Ok(()),
            Item::End(end) => {
                window.note_end(end);
                return Ok(());
            }
        }
    }
}
