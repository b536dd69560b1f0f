//! Given the integrated position, deletes the segments that nobody needs any more.

use std::path::Path;

use super::append::AppendError;
use super::walk::segments;
use super::{Patience, Wal};
use crate::error::{Doing, Error};
use crate::files::shred::shred_in_place;
use crate::files::{Files, Point};
use crate::idempotency::{self, Window};
use crate::integrated;
use crate::places::bad_mark_number;

impl Wal {
    /// Deletes the segments below the integrated position, as the disk has it; gives their number.
    /// What no sorted run of the idempotency window has yet, stays.
    ///
    /// The segment of the position stays: it is appended to, or ends with the mark that leads on.
    /// When this returns, a power cut brings none of them back.
    ///
    /// # Errors
    /// What the disk said.
    pub fn retire(&self) -> Result<usize, Error> {
        self.retire_by(|files, path| files.remove(path).doing("remove", path))
    }

    /// As [`Wal::retire`], with zeros written over what goes: for erasures.
    pub(crate) fn retire_shredding(&self) -> Result<usize, Error> {
        self.retire_by(shred_in_place)
    }

    fn retire_by(
        &self,
        remove: impl Fn(&dyn Files, &Path) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let (files, places) = (self.ground.files.as_ref(), &self.ground.places);
        let mut keep_from = integrated::read(files, places)?;
        let mut covered = idempotency::covered(files, places)?;
        if covered.is_some_and(|covered| covered.segment < keep_from.segment) {
            // Nobody who records lives long enough to do this. If it fails, the segments stay.
            let window = Window::over(&self.ground.files, places, &self.ground.world);
            if window
                .map_err(AppendError::from)
                .and_then(|mut window| self.cover(&mut window, Patience::Server))
                .is_ok()
            {
                covered = idempotency::covered(files, places)?;
            }
        }
        keep_from = covered.map_or(keep_from, |covered| keep_from.min(covered));
        let dir = places.wal();
        let mut gone = Vec::new();
        for number in segments(files, places)? {
            if number < keep_from.segment {
                gone.push(places.segment(number));
            }
        }
        let retired = gone.len();
        for name in files.list(&dir).doing("list", &dir)? {
            if bad_mark_number(&name).is_some_and(|number| number < keep_from.segment) {
                gone.push(dir.join(name));
            }
        }
        // Lowest first, segments before marks: what is left after a crash is read without a gap.
        for path in &gone {
            remove(files, path)?;
        }
        if !gone.is_empty() {
            files.sync_dir(&dir, Point::RetireDirSync).doing("sync", &dir)?;
        }
        Ok(retired)
    }
}
