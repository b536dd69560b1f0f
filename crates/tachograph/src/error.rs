//! Given a failed operation on the store, says what failed, on which path.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong in the store, in its own words.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system refused an operation on a file.
    Io {
        /// The operation: `open`, `read`, `write`, `sync`, ...
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of ours holds what we never wrote.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A log has fewer leaves than it had: nothing may go on before somebody looked.
    Shortened {
        /// The directory of the leaves.
        path: PathBuf,
        /// Leaves that are there.
        leaves: u64,
        /// Leaves that a state, a checkpoint or the highwater mark counts.
        counted: u64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, .. } => write!(f, "cannot {doing} {}", path.display()),
            Self::Damaged { path, what } => write!(f, "{} is damaged: {what}", path.display()),
            Self::Shortened { path, leaves, counted } => {
                write!(f, "{} has {leaves} leaves, and had {counted}", path.display())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Damaged { .. } | Self::Shortened { .. } => None,
        }
    }
}

/// Says on which path an operation failed: `file.read_at(..).doing("read", &path)?`.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { doing, path: path.to_owned(), source })
    }
}
