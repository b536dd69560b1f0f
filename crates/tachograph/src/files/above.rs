//! Given a directory to be, makes it and what is missing above it: a user's `~/.local/share` may
//! not be there yet.

use std::io::ErrorKind;
use std::path::Path;

use super::{Files, Point};
use crate::error::{Doing, Error};

/// Makes `dir`; the names of directories that had to be made above it are durable then, its own is
/// not. Who dies between making one above and its sync leaves that name to the system's writeback.
pub(crate) fn create_dir_below(files: &dyn Files, dir: &Path, point: Point) -> Result<(), Error> {
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    match (files.create_dir(dir), above) {
        (Err(error), Some(above)) if error.kind() == ErrorKind::NotFound => {
            create_dir_below(files, above, point)?;
            let around = above.parent().filter(|around| !around.as_os_str().is_empty());
            let around = around.unwrap_or(Path::new("."));
            files.sync_dir(around, point).doing("sync", around)?;
            files.create_dir(dir).doing("create", dir)
        }
        (outcome, _) => outcome.doing("create", dir),
    }
}
