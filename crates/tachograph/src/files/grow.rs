//! Given a path, gives the file to write to, made if there is none; given a store, its directories.

use std::io::ErrorKind;
use std::path::Path;

use super::{Access, File, Files};
use crate::error::{Doing, Error};

/// Opens a file for writing, or creates it.
pub(crate) fn open_or_create(files: &dyn Files, path: &Path) -> Result<Box<dyn File>, Error> {
    match files.open(path, Access::Write) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            files.create_new(path).doing("create", path)
        }
        outcome => outcome.doing("open", path),
    }
}

/// Opens a file for reading; none if there is none.
pub(crate) fn open_if_there(
    files: &dyn Files,
    path: &Path,
) -> Result<Option<Box<dyn File>>, Error> {
    match files.open(path, Access::Read) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some).doing("open", path),
    }
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove_if_there(files: &dyn Files, path: &Path) -> Result<(), Error> {
    match files.remove(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome.doing("remove", path),
    }
}

/// The names in a directory; none if there is no directory.
pub(crate) fn list_if_there(files: &dyn Files, dir: &Path) -> Result<Vec<String>, Error> {
    match files.list(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        outcome => outcome.doing("list", dir),
    }
}
