//! Given a position, makes everything before it durable: the ack `disk`, one sync for all who wait.
//!
//! Who comes while a sync is under way waits for it if it covers what he appended, else for the
//! next one, which one of those starts: the rhythm is the disk's own, without delay or timer.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::append::AppendError;
use super::lock::Patience;
use super::position::Position;
use super::relocate::read_mark;
use super::tail::{Open, adopt, is_marked};
use super::walk::segments;
use super::{Critical, Wal};
use crate::error::{Doing, Error};
use crate::files::{Access, File, Point};

/// Who commits, and up to where.
#[derive(Debug, Default)]
pub(super) struct Commits {
    state: Mutex<State>,
    /// Where those wait whom the sync of an even and of an odd round covers: nobody is woken for a
    /// sync that is not his.
    turned: [Condvar; 2],
}

#[derive(Debug, Default)]
struct State {
    durable: Position,
    /// What the sync that is under way covers.
    syncing: Option<Position>,
    /// Its number, or that of the next one.
    round: usize,
    current: Option<Current>,
}

/// The segment this process wrote to last, and how far.
#[derive(Debug, Clone)]
struct Current {
    end: Position,
    file: Arc<dyn File>,
}

/// Why records are not known to be durable.
#[derive(Debug)]
#[non_exhaustive]
pub enum CommitError {
    /// A sync failed, and some of what it was to protect can no longer be read.
    Lost,
    /// A sync failed, and so did the attempt to write elsewhere: this process writes no more.
    Refusing(Box<AppendError>),
    /// The disk refused.
    Store(Error),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => write!(f, "a sync failed and records may be lost"),
            Self::Refusing(error) => write!(f, "a sync failed, and so did the way out: {error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CommitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Refusing(error) => error.source(),
            Self::Lost => None,
        }
    }
}

impl From<Error> for CommitError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Commits {
    /// Below this everything is durable, as far as this process knows.
    pub(super) fn durable(&self) -> Position {
        self.state().durable
    }

    /// Notes how far the log was written.
    pub(super) fn note(&self, open: &Open) {
        let current = Current { end: open.position(), file: open.file.clone() };
        self.state().current = Some(current);
    }

    /// Where those wait whom the sync of this round covers.
    fn turned(&self, round: usize) -> &Condvar {
        let [even, odd] = &self.turned;
        if round.is_multiple_of(2) { even } else { odd }
    }

    /// Waits until no sync is under way, or `is_appended` what the next one will cover.
    pub(super) fn await_next(&self, is_appended: impl Fn() -> bool) {
        let mut state = self.state();
        while state.syncing.is_some() && !is_appended() {
            let turned = self.turned(state.round.wrapping_add(1));
            state = turned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes one who waits for the next sync: whoever was woken to start it may fail on the way.
    pub(super) fn wake_next(&self) {
        self.turned.iter().for_each(Condvar::notify_one);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wal {
    /// Makes everything before `upto` durable. When this returns, it survives a power cut.
    ///
    /// # Errors
    /// Why it is not known to be durable.
    pub fn commit(&self, upto: Position) -> Result<(), CommitError> {
        let mut state = self.commits.state();
        loop {
            if state.durable >= upto {
                if state.syncing.is_none() {
                    // Whoever was woken to start the next sync, and needs none, wakes another.
                    self.commits.wake_next();
                }
                return Ok(());
            }
            let Some(covered) = state.syncing else { break };
            let round = state.round.wrapping_add(usize::from(upto > covered));
            let turned = self.commits.turned(round);
            state = turned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let current = state.current.clone();
        state.syncing = Some(current.as_ref().map_or(upto, |current| current.end.max(upto)));
        drop(state);
        let outcome = self.sync(current, upto);
        let mut state = self.commits.state();
        state.syncing = None;
        if let Ok(durable) = outcome {
            state.durable = state.durable.max(durable);
        }
        let round = state.round;
        state.round = round.wrapping_add(1);
        drop(state);
        // Those who waited see for themselves; if this failed, one of them tries in its own name.
        self.commits.turned(round).notify_all();
        // One of those whom it did not cover starts the next.
        self.commits.turned(round.wrapping_add(1)).notify_one();
        outcome.map(|_| ())
    }

    /// Syncs what this process wrote, at least up to `upto`; gives the position that is durable.
    fn sync(&self, current: Option<Current>, upto: Position) -> Result<Position, CommitError> {
        let (places, files) = (&self.ground.places, &self.ground.files);
        let path = places.segment(upto.segment);
        let current = match current.filter(|current| current.end >= upto) {
            Some(current) => current,
            // Not ours: somebody else's frames, or those of a process that died.
            None => {
                adopt(&self.ground)?;
                let file = files.open(&path, Access::Read).doing("open", &path)?;
                Current { end: upto, file: file.into() }
            }
        };
        if is_marked(&self.ground, upto.segment)? {
            return self.escape(upto);
        }
        if current.end.segment > upto.segment {
            // That segment was synced before the next one was made, or it would be marked.
            return Ok(upto);
        }
        if current.file.sync_data(Point::CommitSync).is_err() {
            return self.escape(current.end);
        }
        // A sync that succeeds after another process saw one fail proves nothing.
        if is_marked(&self.ground, upto.segment)? {
            return self.escape(current.end);
        }
        Ok(current.end)
    }

    /// Makes durable what was read between two positions, whoever wrote it.
    pub(crate) fn sync_read(&self, from: Position, to: Position) -> Result<(), Error> {
        let (places, files) = (&self.ground.places, &self.ground.files);
        let open = |path: &Path| match files.open(path, Access::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            outcome => outcome.doing("open", path).map(Some),
        };
        for segment in from.segment.max(1)..=to.segment {
            // A mark says where a segment ends: without it the places behind would be given again.
            for path in [places.segment(segment), places.bad_mark(segment)] {
                let Some(file) = open(&path)? else { continue };
                if let Err(source) = file.sync_data(Point::WalReadSync) {
                    // Those whose frames they are may not be told: nobody else finds a way out.
                    let _ = self.escape(Position { segment, ..to });
                    return Err(Error::Io { doing: "sync", path, source });
                }
            }
        }
        let dir = places.wal();
        files.sync_dir(&dir, Point::WalReadDirSync).doing("sync", &dir)
    }

    /// Moves what a failed sync did not protect to a new segment, unless somebody did.
    pub(super) fn escape(&self, end: Position) -> Result<Position, CommitError> {
        match self.locked(Patience::Server, |critical| critical.escape(end)) {
            Ok(true) => Ok(end),
            Ok(false) => Err(CommitError::Lost),
            Err(error) => {
                self.refuse_from_now_on();
                Err(CommitError::Refusing(error.into()))
            }
        }
    }
}

impl Critical<'_> {
    /// Marks the segment of `end` and moves its rest; whether everything before `end` is safe.
    fn escape(&mut self, end: Position) -> Result<bool, AppendError> {
        if is_marked(self.ground, end.segment)? {
            // Whoever marked it may have died before the rest had its new place.
            self.find_tail()?;
        } else if segments(self.ground.files.as_ref(), &self.ground.places)?.last()
            > Some(&end.segment)
        {
            // Whoever closed it synced it first, and readers go by that: a mark would hide what he
            // made durable. What is not, cannot be told from it.
            return Ok(false);
        } else {
            self.unbolt();
            self.open = None;
            self.relocate(end.segment, self.durable_in(end.segment))?;
        }
        let mark = read_mark(self.ground, end.segment)?;
        Ok(mark.is_some_and(|mark| mark.protects(end.offset)))
    }
}
