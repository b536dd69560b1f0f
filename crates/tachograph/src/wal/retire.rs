//! Given the integrated position, deletes the segments that nobody needs any more.

use super::Wal;
use super::walk::segments;
use crate::error::{Doing, Error};
use crate::files::Point;
use crate::integrated;
use crate::places::bad_mark_number;

impl Wal {
    /// Deletes the segments below the integrated position, as the disk has it; gives their number.
    ///
    /// The segment of the position stays: it is appended to, or ends with the mark that leads on.
    /// When this returns, a power cut brings none of them back.
    ///
    /// # Errors
    /// What the disk said.
    pub fn retire(&self) -> Result<usize, Error> {
        let (files, places) = (self.ground.files.as_ref(), &self.ground.places);
        let integrated = integrated::read(files, places)?;
        let dir = places.wal();
        let mut gone = Vec::new();
        for number in segments(files, places)? {
            if number < integrated.segment {
                gone.push(places.segment(number));
            }
        }
        let retired = gone.len();
        for name in files.list(&dir).doing("list", &dir)? {
            if bad_mark_number(&name).is_some_and(|number| number < integrated.segment) {
                gone.push(dir.join(name));
            }
        }
        // Lowest first, segments before marks: what is left after a crash is read without a gap.
        for path in &gone {
            files.remove(path).doing("remove", path)?;
        }
        if !gone.is_empty() {
            files.sync_dir(&dir, Point::RetireDirSync).doing("sync", &dir)?;
        }
        Ok(retired)
    }
}
