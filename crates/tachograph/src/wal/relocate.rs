//! Given a segment that met a failed sync, gives its frames a new place.
//!
//! After a failed sync the kernel may have dropped what it could not write and call the next sync
//! a success. So nobody syncs that segment again: a mark says that it is bad from a position on,
//! and what stands behind that position is copied to a new segment and synced there. If that
//! fails too, this process refuses to go on.

use std::io::ErrorKind;

use super::append::AppendError;
use super::frame;
use super::mark::BadMark;
use super::rotate::{Nameless, Origin};
use super::scan::{Judge, Scan, Step};
use super::segment::FIRST_FRAME;
use super::walk::{DamageKind, segments};
use super::{Critical, Ground, NotHeld, quarantine};
use crate::error::{Doing, Error};
use crate::files::replace::{create_afresh, unfinished};
use crate::files::{Access, Point, read_small, write_all_at};
use crate::integrated;
use crate::limits::{SCAN_BYTES, STATE_FILE_BYTES_MAX};

impl Critical<'_> {
    /// Finds where to go from a marked segment; moves its rest if nobody did.
    pub(super) fn leave_marked_segment(&mut self) -> Result<u64, AppendError> {
        let Some(number) = self.open.as_ref().map(|open| open.number) else {
            return Err(NotHeld::Busy(Default::default()).into());
        };
        let Ground { files, places, .. } = self.ground;
        let last = segments(files.as_ref(), places)?.last().copied().unwrap_or(number);
        if last > number {
            return Ok(last);
        }
        let path = places.bad_mark(number);
        let bytes = read_small(files.as_ref(), &path, STATE_FILE_BYTES_MAX).doing("read", &path)?;
        let from = BadMark::decode(&bytes, number).map_or(FIRST_FRAME, |mark| mark.from);
        self.relocate(number, from)?;
        Ok(number + 1)
    }

    /// Below this offset the segment is known to be durable.
    pub(super) fn durable_in(&self, number: u64) -> u64 {
        let Ground { files, places, .. } = self.ground;
        // What was integrated was synced by whoever integrated it.
        let integrated = integrated::read(files.as_ref(), places).unwrap_or_default();
        let known = [integrated, self.durable].into_iter().filter(|known| known.segment == number);
        known.map(|known| known.offset).max().unwrap_or(0).max(FIRST_FRAME)
    }

    /// Marks the segment and copies what stands from `from` on to the next one, which is open then.
    pub(super) fn relocate(&mut self, number: u64, from: u64) -> Result<BadMark, AppendError> {
        let nameless = self.make_segment(number + 1, Origin::Fresh)?;
        let (mark, tail, last_frame) = self.copy_frames(number, from, &nameless)?;
        write_mark(self.ground, &mark)?;
        self.name_segment(nameless, tail, last_frame)?;
        Ok(mark)
    }

    fn copy_frames(
        &self,
        number: u64,
        from: u64,
        to: &Nameless,
    ) -> Result<(BadMark, u64, Option<u64>), Error> {
        let Ground { files, places, .. } = self.ground;
        let (path, new_path) = (places.segment(number), places.next_segment());
        let file = files.open(&path, Access::Read).doing("open", &path)?;
        let mut scan = Scan::new(file.into(), &path, number, Judge::Holding)?;
        scan.seek(from);
        let (mut lost, mut tail, mut last_frame) = (0, FIRST_FRAME, None);
        let mut buffer = Vec::new();
        let flush = |buffer: &mut Vec<u8>, tail: u64| {
            let at = tail - buffer.len() as u64;
            let written = write_all_at(to.file.as_ref(), buffer, at);
            buffer.clear();
            written.doing("write", &new_path)
        };
        loop {
            match scan.step()? {
                Step::Frame { .. } => {
                    let start = buffer.len();
                    buffer.extend_from_slice(scan.frame());
                    let frame = buffer.get_mut(start..).unwrap_or_default();
                    frame::bind(frame, &to.salt, tail);
                    last_frame = Some(tail);
                    tail += frame.len() as u64;
                    if buffer.len() >= SCAN_BYTES {
                        flush(&mut buffer, tail)?;
                    }
                }
                Step::Bad(range) => {
                    lost += 1;
                    let (file, kind) = (scan.file(), DamageKind::BadRange);
                    let range = (range.from, range.to);
                    quarantine::keep(files.as_ref(), places, number, kind, Some(file), range)?;
                }
                Step::End(_) | Step::Unclear => break,
            }
        }
        flush(&mut buffer, tail)?;
        Ok((BadMark { segment: number, from, to: scan.offset(), lost }, tail, last_frame))
    }
}

/// Writes the mark, seen by everybody before it is durable: others must stop now.
///
/// The segment that replaces the rest gets its name after this, so a mark that a power cut left
/// unreadable stands alone, and the copying is done again.
fn write_mark(ground: &Ground, mark: &BadMark) -> Result<(), Error> {
    let (files, path) = (ground.files.as_ref(), ground.places.bad_mark(mark.segment));
    let (draft, dir) = (unfinished(&path), ground.places.wal());
    let file = create_afresh(files, &draft)?;
    write_all_at(file.as_ref(), &mark.encode(), 0).doing("write", &draft)?;
    files.rename(&draft, &path, Point::BadMarkRename).doing("rename", &draft)?;
    file.sync_data(Point::BadMarkSync).doing("sync", &path)?;
    files.sync_dir(&dir, Point::BadMarkDirSync).doing("sync", &dir)
}

/// The mark on a segment, if there is one that can be read.
pub(super) fn read_mark(ground: &Ground, number: u64) -> Result<Option<BadMark>, Error> {
    let path = ground.places.bad_mark(number);
    match read_small(ground.files.as_ref(), &path, STATE_FILE_BYTES_MAX) {
        Ok(bytes) => Ok(BadMark::decode(&bytes, number)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { doing: "read", path, source }),
    }
}
