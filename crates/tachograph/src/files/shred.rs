//! Given a path, writes zeros over the file and removes it: what it held is not left on the disk.
//!
//! A file system that writes elsewhere than it is told, and a disk that does, keep what they keep;
//! `docs/guides/privacy.md` says so.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Access, File, Files, Point, write_zeros};
use crate::error::{Doing, Error};

/// Writes zeros over the file at `path`, durably, and removes it; one that is not there is fine.
///
/// It loses its name first: a crash leaves it whole, or under a name that nobody reads. Doing it
/// again goes on.
pub(crate) fn shred(files: &dyn Files, path: &Path) -> Result<(), Error> {
    let doomed = doomed(path);
    // What an earlier crash left is not to lose its last name to what comes now.
    shred_in_place(files, &doomed)?;
    match files.rename(path, &doomed, Point::ShredRename) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        outcome => outcome.doing("rename", path)?,
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    files.sync_dir(dir, Point::ShredDirSync).doing("sync", dir)?;
    shred_in_place(files, &doomed)
}

/// As [`shred`], for a file that nobody reads under its name.
pub(crate) fn shred_in_place(files: &dyn Files, path: &Path) -> Result<(), Error> {
    if !blank(files, path)? {
        return Ok(());
    }
    files.remove(path).doing("remove", path)
}

/// Where a file stands while it is written over.
pub(crate) fn doomed(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DOOMED);
    PathBuf::from(name)
}

/// How the name of a file ends that is being written over.
pub(crate) const DOOMED: &str = ".gone";

/// Writes zeros over the file at `path`, durably; false if there is none.
pub(crate) fn blank(files: &dyn Files, path: &Path) -> Result<bool, Error> {
    let file = match files.open(path, Access::Write) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        outcome => outcome.doing("open", path)?,
    };
    wipe(file.as_ref(), path)?;
    Ok(true)
}

/// Writes zeros over an open file, durably; `path` is what it is or was called.
pub(crate) fn wipe(file: &dyn File, path: &Path) -> Result<(), Error> {
    let len = file.stat().doing("stat", path)?.len;
    write_zeros(file, 0, len).doing("write", path)?;
    file.sync_data(Point::ShredSync).doing("sync", path)
}
