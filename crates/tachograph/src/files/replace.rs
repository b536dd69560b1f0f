//! Given a small file's new bytes, replaces it whole: readers see the old file or the new one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{File, Files, Point, write_all_at};
use crate::error::{Doing, Error};

/// The points of one kind of replacement, in the order they happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) sync: Point,
    pub(crate) rename: Point,
    /// None where the caller syncs the directory, for several files at once.
    pub(crate) dir: Option<Point>,
}

/// Replaces the file at `path`; when this returns, the new bytes survive a power cut, unless the
/// directory is left to the caller.
///
/// Whoever calls this holds the lock that guards the file: the unfinished copy has a fixed name.
pub(crate) fn replace(
    files: &dyn Files,
    path: &Path,
    bytes: &[u8],
    steps: Steps,
) -> Result<(), Error> {
    let unfinished = unfinished(path);
    let file = create_afresh(files, &unfinished)?;
    write_all_at(file.as_ref(), bytes, 0).doing("write", &unfinished)?;
    file.sync_data(steps.sync).doing("sync", &unfinished)?;
    files.rename(&unfinished, path, steps.rename).doing("rename", &unfinished)?;
    let Some(point) = steps.dir else { return Ok(()) };
    let dir = path.parent().unwrap_or(Path::new("."));
    files.sync_dir(dir, point).doing("sync", dir)
}

/// Creates a file in the place of one that a crash may have left.
pub(crate) fn create_afresh(files: &dyn Files, path: &Path) -> Result<Box<dyn File>, Error> {
    for _ in 0..CREATE_TRIES_MAX {
        match files.create_new(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            outcome => return outcome.doing("create", path),
        }
        match files.remove(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            outcome => outcome.doing("remove", path)?,
        }
    }
    Err(ErrorKind::AlreadyExists.into()).doing("create", path)
}

/// How often somebody else may put a file where ours is to be.
const CREATE_TRIES_MAX: u32 = 8;

/// Where a file stands until it is whole.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}
