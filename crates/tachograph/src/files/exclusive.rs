//! Given a path, gives exclusive use of the file there, for as long as its owner wants or lives.
//!
//! The lock belongs to an open file. Two traps: somebody deletes or replaces the file, so its
//! identity is compared with the path's after locking; the process was forked, so a child opens
//! the file anew, as the handle it inherited would let both in.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Access, File, Files, Point};
use crate::error::{Doing, Error};

const PAUSE_MICROS_FIRST: u64 = 50;
const PAUSE_MICROS_MAX: u64 = 1_000;
/// How often a file may vanish under us before we give up.
const REOPENED_MAX: u32 = 64;

/// A file that serves as a lock, open or not yet.
#[derive(Debug)]
pub(crate) struct Exclusive {
    path: PathBuf,
    point: Point,
    file: Option<Box<dyn File>>,
    process: u32,
}

/// What became of the wish for the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// We have it, on the file we had it on before.
    Again,
    /// We have it, on a file just opened: what was known of its surroundings may be old.
    Anew,
    /// Somebody else has it and does not let go.
    No,
}

impl Exclusive {
    pub(crate) fn new(path: PathBuf, point: Point) -> Self {
        Self { path, point, file: None, process: 0 }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file; there is one after [`Exclusive::take`].
    pub(crate) fn file(&self) -> Option<&dyn File> {
        self.file.as_deref()
    }

    /// Takes the lock, waiting up to `patience_micros`.
    pub(crate) fn take(&mut self, files: &dyn Files, patience_micros: u64) -> Result<Taken, Error> {
        let process = files.process();
        if process != self.process {
            self.file = None;
            self.process = process;
        }
        let (mut waited, mut pause, mut reopened) = (0, PAUSE_MICROS_FIRST, 0);
        let mut taken = Taken::Again;
        loop {
            let file = match self.file.take() {
                Some(file) => file,
                None => {
                    taken = Taken::Anew;
                    self.open(files)?
                }
            };
            if file.try_lock(self.point).doing("lock", &self.path)? {
                if self.is_at_path(files, file.as_ref())? {
                    self.file = Some(file);
                    return Ok(taken);
                }
                // A deleted lock file locks nothing: go and find the new one.
                file.unlock().doing("unlock", &self.path)?;
                reopened += 1;
                if reopened > REOPENED_MAX {
                    return Ok(Taken::No);
                }
                continue;
            }
            self.file = Some(file);
            if waited >= patience_micros {
                return Ok(Taken::No);
            }
            files.pause(pause);
            waited += pause;
            pause = (pause * 2).min(PAUSE_MICROS_MAX);
        }
    }

    /// Gives the lock back.
    pub(crate) fn give_back(&self) {
        // A lock that cannot be given back ends with the handle.
        let _ = self.file.as_ref().map(|file| file.unlock());
    }

    fn open(&self, files: &dyn Files) -> Result<Box<dyn File>, Error> {
        match files.open(&self.path, Access::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            outcome => return outcome.doing("open", &self.path),
        }
        match files.create_new(&self.path) {
            // Somebody else created it in between.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                files.open(&self.path, Access::Write).doing("open", &self.path)
            }
            outcome => outcome.doing("create", &self.path),
        }
    }

    fn is_at_path(&self, files: &dyn Files, file: &dyn File) -> Result<bool, Error> {
        let ours = file.stat().doing("stat", &self.path)?;
        match files.stat(&self.path) {
            Ok(theirs) => Ok(ours.identity == theirs.identity),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            outcome => outcome.doing("stat", &self.path).map(|_| false),
        }
    }
}
