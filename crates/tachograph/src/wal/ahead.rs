//! Given where the log ends, keeps zeros ahead of whoever appends next.
//!
//! ```text
//! <number>.wal  | header | frames ..... | zeros ..... |      next.tmp  | zeros ............ |
//!                                      end       as many again          a whole segment
//! ```
//!
//! Writing over zeros that are on the disk is faster and steadier than making a file longer, which
//! has blocks to find and a length to note in each sync. Who records never stops for it: whoever
//! integrates does it, since he is done. Nobody gets more zeros than he has written frames, so a
//! log that stays small takes little room.

use std::io::ErrorKind;

use super::append::AppendError;
use super::lock::Patience;
use super::position::Position;
use super::segment::HEADER_BYTES;
use super::tail::{Open, Tail};
use super::{Ground, Wal};
use crate::error::{Doing, Error};
use crate::files::{Access, File, Files, Point, read_full_at, write_zeros};
use crate::limits::{AHEAD_BYTES_MIN, AHEAD_STEP_BYTES};
use crate::places::Places;

impl Wal {
    /// Writes zeros behind `end`, where the log was seen to end, if there are few: as many as there
    /// are frames in the segment, at most `most`. A step at a time, as long as `go_on` says so: who
    /// commits meanwhile waits for no more than that.
    ///
    /// # Errors
    /// Why it could not be done.
    pub fn fill_ahead(
        &self,
        end: Position,
        most: u64,
        go_on: impl Fn() -> bool,
    ) -> Result<(), AppendError> {
        let Ground { files, places, options, .. } = &self.ground;
        let path = places.segment(end.segment);
        let len = match files.stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            outcome => outcome.doing("stat", &path)?.len,
        };
        let ahead = end.offset.clamp(AHEAD_BYTES_MIN.min(most), most);
        let to = end.offset.saturating_add(ahead).min(options.segment_bytes);
        let missing = to.saturating_sub(len);
        if missing <= to.saturating_sub(end.offset) / 2 {
            return Ok(());
        }
        while self.fill_step(end.segment, to)? && go_on() {}
        Ok(())
    }

    /// One step towards `to`; whether there is more to do.
    fn fill_step(&self, segment: u64, to: u64) -> Result<bool, AppendError> {
        let step = self.locked(Patience::Hook, |critical| -> Result<_, AppendError> {
            if matches!(critical.find_tail()?, Tail::Next(_)) {
                return Ok(None);
            }
            let open = critical.open.as_ref().filter(|open| open.number == segment);
            let Some(open) = open else { return Ok(None) };
            let path = critical.ground.places.segment(segment);
            let len = open.file.stat().doing("stat", &path)?.len;
            let step = (len + AHEAD_STEP_BYTES).min(to);
            if len >= step {
                return Ok(None);
            }
            write_zeros(open.file.as_ref(), len, step).doing("write", &path)?;
            Ok(Some((open.file.clone(), Open::position(open), step < to)))
        })?;
        let Some((file, end, is_more)) = step else { return Ok(false) };
        if file.sync_data(Point::SegmentPrepareSync).is_err() {
            // It may have been frames that did not reach the disk, and no other sync may tell.
            self.escape(end).map_err(AppendError::Commit)?;
            return Ok(false);
        }
        Ok(is_more)
    }

    /// Makes the next segment ahead of need, full of zeros, unless somebody did or does; takes no
    /// lock that others wait for. When `go_on` says no, what was begun takes no room.
    ///
    /// # Errors
    /// What writing said.
    pub fn prepare_next(&self, go_on: impl Fn() -> bool) -> Result<(), Error> {
        let Ground { files, places, options, .. } = &self.ground;
        let path = places.next_segment();
        if files.stat(&path).is_ok_and(|stat| stat.len == options.segment_bytes) {
            return Ok(());
        }
        let Some(file) = lock_next(files.as_ref(), places)? else { return Ok(()) };
        // What a crash left may hold anything: only fresh zeros are zeros.
        file.set_len(0).doing("empty", &path)?;
        let filled = fill_next(file.as_ref(), options.segment_bytes, go_on);
        if !matches!(filled, Ok(true)) {
            file.set_len(0).doing("empty", &path)?;
        }
        filled.doing("write", &path)?;
        file.unlock().doing("unlock", &path)
    }
}

/// The file of the next segment, locked; none when somebody else has it.
fn lock_next(files: &dyn Files, places: &Places) -> Result<Option<Box<dyn File>>, Error> {
    let path = places.next_segment();
    let opened = match files.create_new(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => files.open(&path, Access::Write),
        outcome => outcome,
    };
    let file = match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome.doing("open", &path)?,
    };
    if !file.try_lock(Point::SegmentLock).doing("lock", &path)? {
        return Ok(None);
    }
    // Whoever appends may have taken it since it was opened: it is a segment then, with frames.
    // Once it is locked here, nobody takes it.
    let locked = file.stat().doing("stat", &path)?.identity;
    let is_next = files.stat(&path).is_ok_and(|stat| stat.identity == locked);
    Ok(is_next.then_some(file))
}

/// Fills a file with zeros, durably; whether it came to the end.
fn fill_next(file: &dyn File, bytes: u64, go_on: impl Fn() -> bool) -> std::io::Result<bool> {
    let mut at = 0;
    while at < bytes {
        if !go_on() {
            return Ok(false);
        }
        let to = (at + AHEAD_STEP_BYTES).min(bytes);
        write_zeros(file, at, to)?;
        file.sync_data(Point::SegmentPrepareSync)?;
        at = to;
    }
    Ok(true)
}

/// Whether a file is a whole segment of zeros, as [`Wal::prepare_next`] leaves it.
pub(super) fn is_prepared(file: &dyn File, segment_bytes: u64) -> std::io::Result<bool> {
    let mut header = [0; HEADER_BYTES];
    read_full_at(file, &mut header, 0)?;
    Ok(file.stat()?.len == segment_bytes && header == [0; HEADER_BYTES])
}
