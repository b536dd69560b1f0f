//! Given the lock, gives the place where the next frame goes.
//!
//! Trust goes in steps. Where this process left off itself, or where the last holder says it left
//! off since the machine started, only what stands behind is read: a killed writer leaves a torn
//! frame there, never a hole. Without such a hint the last segment is looked at to its last byte:
//! after a power cut anything may be missing anywhere.

use std::io::ErrorKind;
use std::sync::Arc;

use super::append::AppendError;
use super::lock::Hint;
use super::position::Position;
use super::scan::{End, Judge, Scan, Step, frame_end};
use super::segment::{ALIGNMENT, FIRST_FRAME, HEADER_BYTES, Header};
use super::walk::{DamageKind, segments};
use super::{Critical, Ground, NotHeld, quarantine};
use crate::error::{Doing, Error};
use crate::files::{Access, File, Point, read_full_at, write_zeros};
use crate::integrated;

/// The segment that is appended to.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) number: u64,
    pub(super) file: Arc<dyn File>,
    pub(super) salt: [u8; 16],
    /// Where the next frame goes.
    pub(super) tail: u64,
    /// Where the last frame stands.
    pub(super) last_frame: Option<u64>,
}

impl Open {
    /// What the next holder may trust. A hint without a frame means a segment that has none: where
    /// the tail was found behind what is integrated, nothing is known of the frames before, and
    /// after a power cut there may be zeros among them.
    pub(super) fn hint(&self) -> Option<Hint> {
        let hint = Hint { segment: self.number, last_frame: self.last_frame };
        (self.last_frame.is_some() || self.tail == FIRST_FRAME).then_some(hint)
    }

    pub(super) fn position(&self) -> Position {
        Position { segment: self.number, offset: self.tail }
    }
}

/// Where appending goes on.
#[derive(Debug)]
pub(super) enum Tail {
    /// In the open segment.
    Here,
    /// In a segment that does not exist yet.
    Next(u64),
}

impl Critical<'_> {
    /// Finds the tail; afterwards `open` stands at it, unless a new segment has to be made.
    pub(super) fn find_tail(&mut self) -> Result<Tail, AppendError> {
        self.forget_lost_segment()?;
        // Our own place still holds when nobody left a hint; a hint that differs is newer.
        let ours = self.open.as_ref().and_then(Open::hint);
        if self.hint.is_some() && self.hint != ours {
            self.open = None;
        }
        if let Some(hint) = self.hint.filter(|_| self.open.is_none()) {
            self.open_at_hint(hint)?;
        }
        let mut judge = Judge::Seeking;
        if self.open.is_none() {
            judge = Judge::Holding;
            if let Some(number) = self.open_last()? {
                return Ok(Tail::Next(number));
            }
        }
        loop {
            self.bolt()?;
            let Some(next) = self.settle(judge)? else { return Ok(Tail::Here) };
            // The segment is closed; somebody may have made the next one and died.
            self.unbolt();
            self.open = None;
            match self.open_segment(next)? {
                Some(open) => {
                    adopt(self.ground)?;
                    self.open = Some(open);
                }
                None => return Ok(Tail::Next(next)),
            }
            judge = Judge::Holding;
        }
    }

    /// Whoever deletes segments under a running writer must not make it write into the void.
    fn forget_lost_segment(&mut self) -> Result<(), Error> {
        let Some(open) = &self.open else { return Ok(()) };
        let stat = open.file.stat().map_err(self.ground.refused("stat", open.number))?;
        if stat.links == 0 {
            self.open = None;
        }
        Ok(())
    }

    /// Takes the lock of the open segment, should two processes both think they have `wal/lock`.
    fn bolt(&mut self) -> Result<(), AppendError> {
        let Some(open) = &self.open else { return Ok(()) };
        let taken = open.file.try_lock(Point::SegmentLock);
        if !taken.map_err(self.ground.refused("lock", open.number))? {
            self.open = None;
            return Err(NotHeld::Busy(Default::default()).into());
        }
        self.bolted = true;
        Ok(())
    }

    /// Gives the open segment's lock back.
    pub(super) fn unbolt(&mut self) {
        if let Some(open) = self.open.as_ref().filter(|_| self.bolted) {
            let _ = open.file.unlock();
        }
        self.bolted = false;
    }

    fn open_at_hint(&mut self, hint: Hint) -> Result<(), AppendError> {
        let Some(mut open) = self.open_segment(hint.segment)? else { return Ok(()) };
        let Some(last) = hint.last_frame else {
            self.open = Some(open);
            return Ok(());
        };
        let tail = frame_end(open.file.as_ref(), &open.salt, last);
        if let Some(tail) = tail.map_err(self.ground.refused("read", hint.segment))? {
            open.tail = tail;
            open.last_frame = Some(last);
            self.open = Some(open);
        }
        Ok(())
    }

    /// Opens the last segment; gives the number of the one to make when it cannot be used.
    fn open_last(&mut self) -> Result<Option<u64>, AppendError> {
        let Ground { files, places, .. } = self.ground;
        // A damaged `integrated` is a finding of recovery and must not stop recording.
        let integrated = match integrated::read(files.as_ref(), places) {
            Err(Error::Damaged { .. }) => Position::START,
            outcome => outcome?,
        };
        let last = segments(files.as_ref(), places)?.last().copied().unwrap_or(0);
        if last < integrated.segment || last == 0 {
            return Ok(Some(integrated.segment + 1));
        }
        let Some(mut open) = self.open_segment(last)? else { return Ok(Some(last + 1)) };
        adopt(self.ground)?;
        if last == integrated.segment {
            let path = places.segment(last);
            let len = open.file.stat().doing("stat", &path)?.len;
            // Never write below what was integrated: if the log is shorter, it was replaced.
            if len < integrated.offset {
                return Ok(Some(last + 1));
            }
            open.tail = integrated.offset.max(FIRST_FRAME);
        }
        self.open = Some(open);
        Ok(None)
    }

    /// Opens a segment at its first frame; none when it is missing or has no header.
    fn open_segment(&self, number: u64) -> Result<Option<Open>, Error> {
        let path = self.ground.places.segment(number);
        let file = match self.ground.files.open(&path, Access::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => Arc::<dyn File>::from(outcome.doing("open", &path)?),
        };
        let mut bytes = [0; HEADER_BYTES];
        read_full_at(file.as_ref(), &mut bytes, 0).doing("read", &path)?;
        let header = Header::decode(&bytes).or_else(|| Header::mend(&bytes));
        let Some(header) = header.filter(|header| header.number == number) else {
            return Ok(None);
        };
        let salt = header.salt;
        Ok(Some(Open { number, file, salt, tail: FIRST_FRAME, last_frame: None }))
    }

    /// Moves the open segment's tail behind its last whole frame, repairing a torn one; gives the
    /// next segment's number when this one is closed.
    fn settle(&mut self, judge: Judge) -> Result<Option<u64>, AppendError> {
        let ground = self.ground;
        let Some(open) = &mut self.open else { return Ok(None) };
        if is_marked(ground, open.number)? {
            return self.leave_marked_segment().map(Some);
        }
        if judge == Judge::Seeking {
            let free = is_free(open.file.as_ref(), open.tail);
            if free.map_err(ground.refused("read", open.number))? {
                return Ok(None);
            }
        }
        let path = ground.places.segment(open.number);
        let mut scan = Scan::new(open.file.clone(), &path, open.number, judge)?;
        scan.seek(open.tail);
        loop {
            match scan.step()? {
                Step::Frame { offset, next } => {
                    open.tail = next;
                    open.last_frame = Some(offset);
                }
                Step::Bad(range) if !range.at_tail => open.tail = range.to,
                Step::Bad(range) => {
                    let place = (open.number, open.file.as_ref());
                    repair(ground, place, (range.from, range.to))?;
                    return Ok(None);
                }
                Step::End(End::Mark) => return Ok(Some(open.number + 1)),
                Step::End(End::Zeros | End::File) | Step::Unclear => return Ok(None),
            }
        }
    }
}

/// Makes the names of segments durable that somebody else gave: he may have died before he did.
pub(super) fn adopt(ground: &Ground) -> Result<(), Error> {
    let dir = ground.places.wal();
    ground.files.sync_dir(&dir, Point::SegmentAdoptDirSync).doing("sync", &dir)
}

/// Whether a sync of the segment failed.
pub(super) fn is_marked(ground: &Ground, number: u64) -> Result<bool, Error> {
    let path = ground.places.bad_mark(number);
    match ground.files.stat(&path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Io { doing: "stat", path, source }),
    }
}

/// Whether the word at `offset` is zero, or behind the end of the file.
fn is_free(file: &dyn File, offset: u64) -> std::io::Result<bool> {
    let mut word = [0; ALIGNMENT];
    read_full_at(file, &mut word, offset)?;
    Ok(word == [0; ALIGNMENT])
}

/// Zeroes a torn tail, keeping a copy.
pub(super) fn repair(
    ground: &Ground,
    (number, file): (u64, &dyn File),
    (from, to): (u64, u64),
) -> Result<(), Error> {
    let (files, places) = (ground.files.as_ref(), &ground.places);
    quarantine::keep(files, places, number, DamageKind::Torn, Some(file), (from, to))?;
    let path = places.segment(number);
    zero(file, from, to).doing("repair", &path)
}

/// Writes zeros over `from..to`, never making the file longer.
pub(super) fn zero(file: &dyn File, from: u64, to: u64) -> std::io::Result<()> {
    write_zeros(file, from, to.min(file.stat()?.len))
}
