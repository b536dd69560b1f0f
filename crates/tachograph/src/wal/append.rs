//! Given a batch, gives it a place in the order of the store: the ack `os`.

use std::fmt;
use std::io;

use super::batch::Batch;
use super::commit::CommitError;
use super::frame;
use super::gather::Then;
use super::lock::{Holder, Patience};
use super::position::Position;
use super::scan::frame_end;
use super::segment::{END_MARK_BYTES, FIRST_FRAME};
use super::tail::{Open, Tail, zero};
use super::{Critical, Ground, NotHeld, Wal};
use crate::error::Error;
use crate::files::write_all_at;
use crate::generation;
use crate::limits::{EARLY_BYTES, LEFT_RECORDS_MAX};

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Where its first frame begins.
    pub first: Position,
    /// Where its last frame ends: what [`Wal::commit`] makes durable.
    pub end: Position,
    /// How many of its frames stand there.
    pub count: usize,
}

impl Appended {
    /// Nothing.
    pub(super) const NONE: Self = Self { first: Position::START, end: Position::START, count: 0 };

    /// With what was appended next.
    fn and(self, next: Self) -> Self {
        let first = if self.count == 0 { next.first } else { self.first };
        Self { first, count: self.count + next.count, ..next }
    }
}

/// Why a batch was not appended.
#[derive(Debug)]
#[non_exhaustive]
pub enum AppendError {
    /// The lock was not given in time.
    Busy(Holder),
    /// A record was sealed under another key generation: load the keys and seal it anew.
    StaleGeneration {
        /// The store's generation.
        store: u32,
    },
    /// A new idempotency window began: reload it and mark the submissions anew.
    StaleWindow,
    /// The disk, or the user's share of it, is full.
    Full(Error),
    /// A frame is longer than a segment.
    TooLong,
    /// Two syncs failed in a row: this process writes no more.
    Refusing,
    /// The disk refused.
    Store(Error),
    /// What was appended is not known to be durable.
    Commit(CommitError),
    /// The first records of the batch were appended before the rest failed.
    Partly {
        /// Where those stand.
        appended: Appended,
        /// Why the rest failed.
        error: Box<AppendError>,
    },
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(holder) if holder.process == 0 => write!(f, "log is locked"),
            Self::Busy(Holder { process, held_micros }) => {
                write!(f, "log is locked by process {process} since {held_micros} us")
            }
            Self::StaleGeneration { store } => {
                write!(f, "parts are not sealed under key generation {store}")
            }
            Self::StaleWindow => write!(f, "a new idempotency window began"),
            Self::Full(error) => write!(f, "disk is full: {error}"),
            Self::TooLong => write!(f, "frame is longer than a segment"),
            Self::Refusing => write!(f, "disk failed to sync twice, nothing is written any more"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Commit(error) => write!(f, "{error}"),
            Self::Partly { appended, error } => {
                write!(f, "only {} records were appended: {error}", appended.count)
            }
        }
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) | Self::Full(error) => error.source(),
            Self::Partly { error, .. } => error.source(),
            Self::Commit(error) => error.source(),
            _ => None,
        }
    }
}

impl AppendError {
    /// The same, for who appended that much before.
    pub(super) fn behind(self, appended: Appended) -> Self {
        match self {
            error if appended.count == 0 => error,
            Self::Partly { appended: next, error } => {
                Self::Partly { appended: appended.and(next), error }
            }
            error => Self::Partly { appended, error: error.into() },
        }
    }
}

impl From<NotHeld> for AppendError {
    fn from(reason: NotHeld) -> Self {
        match reason {
            NotHeld::Busy(holder) => Self::Busy(holder),
            NotHeld::Refusing => Self::Refusing,
            NotHeld::Failed(error) => error.into(),
        }
    }
}

impl From<Error> for AppendError {
    fn from(error: Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match &error {
            Error::Io { source, .. }
                if matches!(source.kind(), FileTooLarge | QuotaExceeded | StorageFull) =>
            {
                Self::Full(error)
            }
            _ => Self::Store(error),
        }
    }
}

impl Wal {
    /// Appends a batch. When this returns, its frames survive the death of every process; for the
    /// death of the machine, see [`Wal::commit`].
    ///
    /// # Errors
    /// Why nothing was appended, or [`AppendError::Partly`].
    pub fn append(&self, batch: &mut Batch, patience: Patience) -> Result<Appended, AppendError> {
        if batch.is_empty() {
            return Ok(Appended::NONE);
        }
        self.gather(batch, patience, Then::Done)
    }

    /// The same for who commits at once: while others sync, a small batch waits for the next sync,
    /// before which it is appended with all that wait.
    ///
    /// # Errors
    /// Why nothing was appended, or [`AppendError::Partly`].
    pub fn append_to_commit(
        &self,
        batch: &mut Batch,
        patience: Patience,
    ) -> Result<Appended, AppendError> {
        let then = if batch.len() <= LEFT_RECORDS_MAX { Then::Commit } else { Then::Done };
        match batch.is_empty() {
            true => self.append(batch, patience),
            false => self.gather(batch, patience, then),
        }
    }

    /// Bytes of frames that a segment takes.
    pub(super) fn segment_room(&self) -> usize {
        segment_room(&self.ground)
    }

    /// Raises the key generation: from now on, writers with older keys are refused.
    ///
    /// # Errors
    /// Why it was not raised.
    pub fn raise_generation(&self, patience: Patience) -> Result<u32, AppendError> {
        self.locked(patience, |critical| {
            let (files, places) = (critical.ground.files.as_ref(), &critical.ground.places);
            Ok(generation::raise(files, places)?)
        })
    }
}

impl Wal {
    /// Runs `work` under the lock, then raises the key generation to `generation` if it is lower.
    pub(crate) fn raise_generation_to<E: From<NotHeld> + From<Error>>(
        &self,
        patience: Patience,
        generation: u32,
        work: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        self.locked(patience, |critical| {
            work()?;
            let (files, places) = (critical.ground.files.as_ref(), &critical.ground.places);
            Ok(generation::raise_to(files, places, generation)?)
        })
    }
}

impl Critical<'_> {
    pub(super) fn append(&mut self, batch: &mut Batch) -> Result<Appended, AppendError> {
        self.check_generation(batch)?;
        self.append_any(batch)
    }

    /// Refuses records that were sealed under other keys than the store's.
    pub(super) fn check_generation(&self, batch: &Batch) -> Result<(), AppendError> {
        let store = generation::read(self.ground.files.as_ref(), &self.ground.places)?;
        if batch.generations == Some((store, store)) {
            Ok(())
        } else {
            Err(AppendError::StaleGeneration { store })
        }
    }

    /// Appends records of whatever key generation.
    pub(super) fn append_any(&mut self, batch: &mut Batch) -> Result<Appended, AppendError> {
        if let Tail::Next(number) = self.find_tail()? {
            self.begin_segment(number)?;
        }
        let mut appended = Appended::NONE;
        while appended.count < batch.len() {
            let run = self.append_run(batch, appended.count);
            appended = appended.and(run.map_err(|error| error.behind(appended))?);
        }
        Ok(appended)
    }

    /// Appends as many frames, from the batch's frame `done` on, as the segment has room for.
    fn append_run(&mut self, batch: &mut Batch, done: usize) -> Result<Appended, AppendError> {
        let begin = batch.end_of(done);
        let mut count = self.room_for(batch, done, begin);
        // A grant stands in the first frame of its batch: who reads the next segment alone needs it
        // there, so a batch that fits a segment is never cut in two.
        let fits_one = batch.bytes.len() - begin <= segment_room(self.ground);
        if count == 0 || (count < batch.len() - done && fits_one) {
            self.rotate()?;
            count = self.room_for(batch, done, begin);
        }
        let ends = batch.ends.get(done..done + count).unwrap_or_default();
        let (Some(open), Some(end)) = (&mut self.open, ends.last()) else {
            return Err(AppendError::TooLong);
        };
        let frames = batch.bytes.get_mut(begin..*end).unwrap_or_default();
        let ends = ends.iter().map(|end| end - begin);
        let first = open.position();
        let outcome = bind_and_write(open, frames, ends.clone());
        if let Err((written, _)) = outcome {
            count = undo(open, frames.len(), written, ends);
        }
        open.tail += (batch.end_of(done + count) - begin) as u64;
        let appended = Appended { first, end: open.position(), count };
        let Err((_, source)) = outcome else { return Ok(appended) };
        // Poisoned: the next append looks at the file with fresh eyes.
        self.unbolt();
        self.dropped = self.open.take();
        let path = self.ground.places.segment(first.segment);
        Err(AppendError::from(Error::Io { doing: "write", path, source }).behind(appended))
    }

    /// How many frames from `done` on fit into the open segment before its end mark.
    fn room_for(&self, batch: &Batch, done: usize, begin: usize) -> usize {
        let Some(open) = &self.open else { return 0 };
        let taken = open.tail + END_MARK_BYTES as u64;
        let room = self.ground.options.segment_bytes.saturating_sub(taken);
        let ends = batch.ends.get(done..).unwrap_or_default();
        ends.iter().take_while(|end| (**end - begin) as u64 <= room).count()
    }
}

/// Bytes of frames that a segment takes.
fn segment_room(ground: &Ground) -> usize {
    let room = ground.options.segment_bytes.saturating_sub(FIRST_FRAME);
    usize::try_from(room).unwrap_or(usize::MAX).saturating_sub(END_MARK_BYTES)
}

/// Of many frames, the disk has the first to do while the next are bound; when a write fails, says
/// how many bytes those before had written.
fn bind_and_write(
    open: &mut Open,
    frames: &mut [u8],
    ends: impl Iterator<Item = usize>,
) -> Result<(), (usize, io::Error)> {
    let (at, len) = (open.tail, frames.len());
    let (mut written, mut bound) = (0, 0);
    for end in ends {
        let place = at + bound as u64;
        frame::bind(frames.get_mut(bound..end).unwrap_or_default(), &open.salt, place);
        open.last_frame = Some(place);
        bound = end;
        let is_last = bound == len;
        if bound - written < EARLY_BYTES && !is_last {
            continue;
        }
        let (from, to) = (at + written as u64, at + bound as u64);
        let bytes = frames.get(written..bound).unwrap_or_default();
        write_all_at(open.file.as_ref(), bytes, from).map_err(|error| (written, error))?;
        if !is_last {
            open.file.begin_sync(from, to);
        }
        written = bound;
    }
    Ok(())
}

/// After a write that failed: frames that stand whole stay, since somebody who reads without the
/// lock may have taken them already; what is behind is zeroed again. Gives how many stay.
fn undo(open: &Open, len: usize, written: usize, ends: impl Iterator<Item = usize>) -> usize {
    let (file, at) = (open.file.as_ref(), |offset| open.tail + offset as u64);
    let (mut count, mut whole) = (0, 0);
    for end in ends {
        let stands = || frame_end(file, &open.salt, at(whole)).is_ok_and(|to| to == Some(at(end)));
        if end > written && !stands() {
            break;
        }
        (count, whole) = (count + 1, end);
    }
    // If this fails too, a torn frame stays, and whoever appends next repairs it.
    let _ = zero(file, at(whole), at(len));
    count
}
