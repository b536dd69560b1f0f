//! Given a full segment, gives the next one.
//!
//! A new segment is made as `wal/next.tmp` and gets its name when its header is durable, under the
//! lock. Somebody may have filled that file ahead (`ahead`), holding its own lock meanwhile.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::ahead::is_prepared;
use super::append::AppendError;
use super::lock::Patience;
use super::segment::{FIRST_FRAME, Header, end_mark};
use super::tail::{Open, Tail};
use super::{Critical, Ground, Position, Wal};
use crate::error::{Doing, Error};
use crate::files::replace::create_afresh;
use crate::files::{Access, File, Files, Point, write_all_at};

/// How often somebody else may lock the file that is to be ours.
const LOCK_TRIES_MAX: u32 = 8;

/// A segment with its header and without its name.
#[derive(Debug)]
pub(super) struct Nameless {
    pub(super) number: u64,
    pub(super) file: Arc<dyn File>,
    pub(super) salt: [u8; 16],
}

/// Whether a prepared file may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Yes: nothing but the header is written before it has its name.
    Prepared,
    /// No: what is written would outlive a crash in a file that looks prepared.
    Fresh,
}

impl Wal {
    /// Closes the segment that is appended to, so that it can be integrated and deleted whole.
    ///
    /// # Errors
    /// Why it could not be closed.
    pub fn rotate(&self, patience: Patience) -> Result<Position, AppendError> {
        self.locked(patience, |critical| {
            match critical.find_tail()? {
                Tail::Here => critical.rotate()?,
                Tail::Next(number) => critical.begin_segment(number)?,
            }
            let open = critical.open.as_ref();
            Ok(open.map(Open::position).unwrap_or_default())
        })
    }
}

impl Critical<'_> {
    /// Closes the open segment and begins the next.
    pub(super) fn rotate(&mut self) -> Result<(), AppendError> {
        let Some(open) = &self.open else { return Ok(()) };
        let path = self.ground.places.segment(open.number);
        let mark = end_mark(&open.salt, open.tail);
        write_all_at(open.file.as_ref(), &mark, open.tail).doing("write", &path)?;
        let next = open.number + 1;
        self.begin_segment(next)
    }

    /// Begins a segment that does not exist yet; afterwards it is the open one.
    pub(super) fn begin_segment(&mut self, number: u64) -> Result<(), AppendError> {
        if !self.is_previous_durable(number)? {
            let previous = number - 1;
            // If there is no way out, who comes next must not take the closed segment for durable.
            let relocated = self.relocate(previous, self.durable_in(previous));
            self.refusing |= relocated.is_err();
            return relocated.map(|_| ());
        }
        let nameless = self.make_segment(number, Origin::Prepared)?;
        self.name_segment(nameless, FIRST_FRAME, None)
    }

    /// Syncs the segment before `number`: once the next one is there, everybody takes it for
    /// durable. Also when somebody else closed it, who may have died before this.
    fn is_previous_durable(&self, number: u64) -> Result<bool, Error> {
        let previous = number.saturating_sub(1);
        let path = self.ground.places.segment(previous);
        let open = self.open.as_ref().filter(|open| open.number == previous);
        let file = match open {
            Some(open) => open.file.clone(),
            None => match self.ground.files.open(&path, Access::Read) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
                outcome => outcome.doing("open", &path)?.into(),
            },
        };
        Ok(file.sync_data(Point::SegmentCloseSync).is_ok())
    }

    /// Makes the file of a segment, with its header.
    pub(super) fn make_segment(&self, number: u64, origin: Origin) -> Result<Nameless, Error> {
        let Ground { files, places, world, .. } = self.ground;
        let path = places.next_segment();
        let prepared = match origin {
            Origin::Prepared => self.take_prepared()?,
            Origin::Fresh => None,
        };
        let file = match prepared {
            Some(file) => file,
            None => create_locked(files.as_ref(), &path)?.into(),
        };
        let mut salt = [0; 16];
        world.fill(&mut salt);
        let header = Header { number, salt }.encode();
        write_all_at(file.as_ref(), &header, 0).doing("write", &path)?;
        Ok(Nameless { number, file, salt })
    }

    /// Gives a made segment its name; afterwards it is the open one.
    pub(super) fn name_segment(
        &mut self,
        nameless: Nameless,
        tail: u64,
        last_frame: Option<u64>,
    ) -> Result<(), AppendError> {
        let Nameless { number, file, salt } = nameless;
        let Ground { files, places, .. } = self.ground;
        let (from, path, dir) = (places.next_segment(), places.segment(number), places.wal());
        file.sync_data(Point::SegmentHeaderSync).doing("sync", &from)?;
        // A rename would replace a segment that is there, and all that was acknowledged in it.
        if files.stat(&path).is_ok() {
            let what = "a segment stands where the next one is to be";
            return Err(Error::Damaged { path, what }.into());
        }
        files.rename(&from, &path, Point::SegmentRename).doing("rename", &from)?;
        files.sync_dir(&dir, Point::SegmentDirSync).doing("sync", &dir)?;
        self.unbolt();
        self.open = Some(Open { number, file, salt, tail, last_frame });
        self.bolted = true;
        Ok(())
    }

    /// The segment somebody filled ahead; none when there is none, or it is not finished.
    fn take_prepared(&self) -> Result<Option<Arc<dyn File>>, Error> {
        let path = self.ground.places.next_segment();
        let file = match self.ground.files.open(&path, Access::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("open", &path)?,
        };
        let free = file.try_lock(Point::SegmentLock).doing("lock", &path)?;
        let bytes = self.ground.options.segment_bytes;
        let prepared = free && is_prepared(file.as_ref(), bytes).doing("read", &path)?;
        Ok(prepared.then(|| file.into()))
    }
}

/// Creates the file of a segment and locks it. Whoever prepares ahead may be quicker and hold what
/// was just created: it is left to him, without its name.
fn create_locked(files: &dyn Files, path: &Path) -> Result<Box<dyn File>, Error> {
    for _ in 0..LOCK_TRIES_MAX {
        let file = create_afresh(files, path)?;
        if file.try_lock(Point::SegmentLock).doing("lock", path)? {
            return Ok(file);
        }
    }
    Err(ErrorKind::WouldBlock.into()).doing("lock", path)
}
