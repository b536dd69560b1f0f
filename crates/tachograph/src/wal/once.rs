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
pub enum AppendedOnce {
    /// None was submitted before, and all are appended.
    All(Appended),
    /// Nothing is appended, for these records of the batch, by their place in it, were submitted
    /// before, or stand in it twice: answer them, make the batch anew without them, try again.
    Seen(Vec<(usize, Seen)>),
}

impl Wal {
    /// Appends records that were not submitted before. `submissions` has one for each record of
    /// the batch; none where the client gave nothing to compare.
    ///
    /// A record is never taken out of a batch: its frame may hold the grants of the others.
    ///
    /// # Errors
    /// Why nothing was appended, or [`AppendError::Partly`].
    pub fn append_once(
        &self,
        batch: &mut Batch,
        submissions: &[Option<Submission>],
        window: &mut Window,
        patience: Patience,
    ) -> Result<AppendedOnce, AppendError> {
        // Read what others wrote before taking the lock, so that little is left to read under it.
        read_on(&self.ground, window, Judge::Waiting, None)?;
        self.locked(patience, |critical| critical.append_once(batch, submissions, window))
    }

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

    /// Writes runs of everything in the log, so that its segments may go.
    ///
    /// # Errors
    /// What the disk said, or that a lock was not given.
    pub fn cover(&self, window: &mut Window, patience: Patience) -> Result<(), AppendError> {
        loop {
            let is_all = read_on(&self.ground, window, Judge::Waiting, None)?;
            if is_all {
                self.catch_up(window, patience)?;
            }
            // A run outlives a power cut; what it says was submitted must do so too.
            self.commit(window.known()).map_err(AppendError::Commit)?;
            window.flush()?;
            if is_all {
                return Ok(());
            }
        }
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
        let appended = if seen.is_empty() { Some(self.append_any(batch)) } else { None };
        if let Some(Ok(appended)) = appended {
            window.note_end(appended.end);
            return Ok(AppendedOnce::All(appended));
        }
        // What was written all the same is read again from the log.
        noted.iter().for_each(|idem| window.unnote(idem));
        appended.map_or(Ok(AppendedOnce::Seen(seen)), |failed| failed.map(AppendedOnce::All))
    }
}

impl Batch {
    /// The record in place `at`, as its frame has it.
    fn record(&self, at: usize) -> Option<Record<'_>> {
        frame::fields(self.bytes.get(self.end_of(at)..*self.ends.get(at)?)?).ok()
    }
}

/// Lets the window read what was appended since it last did; true when it read all of it, false
/// when a run should be written first: what is known behind the runs has a bound.
fn read_on(
    ground: &Ground,
    window: &mut Window,
    judge: Judge,
    until: Option<Position>,
) -> Result<bool, Error> {
    let Ground { files, places, .. } = ground;
    let mut walk = Walk::new(files.clone(), places.clone(), window.known(), judge);
    if let Some(tail) = until {
        walk = walk.until(tail);
    }
    while judge == Judge::Holding || !window.wants_flush() {
        match walk.next_item()? {
            Item::Frame { next, record, .. } => window.note(&record, next),
            // A segment goes only when sorted runs have what stood in it.
            Item::Damage(Damage { kind: DamageKind::MissingSegment, .. }) => window.reload()?,
            Item::Damage(_) => {}
            Item::Unclear(_) => return Ok(true),
            Item::End(end) => {
                window.note_end(end);
                return Ok(true);
            }
        }
    }
    Ok(false)
}
