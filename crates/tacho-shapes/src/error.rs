//! Why a call of a familiar API did not do what it says.

use std::fmt;
use std::path::PathBuf;

use tacho_event::Problem;
use tachograph::store::OpenError;
use tachograph::{Error as ReadError, RecordError};

/// Why a call did not do what it says.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no store to read.
    Open(OpenError),
    /// The event was not recorded, or not as safely as asked.
    Record(RecordError),
    /// The log could not be read.
    Read(ReadError),
    /// A record that a caller gave has problems; all of them.
    Refused(Vec<Problem>),
    /// A file for people could not be written or read.
    Paper {
        /// What was tried, as in `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was asked for is not there.
    Missing {
        /// What kind of thing, as in `interaction`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The name of a thing that becomes the name of a file cannot be one.
    NoFileName(String),
    /// The directory of the keys lies in the store: a copy of it would open everything.
    KeysInStore(PathBuf),
    /// The system has no thread to give.
    NoThread(std::io::Error),
    /// Too many of something at once.
    TooMany(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => write!(f, "{error}"),
            Self::Record(error) => write!(f, "{error}"),
            Self::Read(error) => write!(f, "{error}"),
            Self::Refused(problems) => {
                f.write_str("the record has problems")?;
                problems.iter().try_for_each(|problem| write!(f, "; {problem}"))
            }
            Self::Paper { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
            Self::Missing { what, name } => write!(f, "no {what} `{name}`"),
            Self::NoFileName(name) => write!(f, "`{name}` cannot be part of a file's name"),
            Self::KeysInStore(keys) => write!(
                f,
                "the keys may not lie in the store: name a directory outside it, not {}",
                keys.display()
            ),
            Self::NoThread(error) => write!(f, "no thread to record with: {error}"),
            Self::TooMany(what) => write!(f, "too many {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open(error) => error.source(),
            Self::Record(error) => error.source(),
            Self::Read(error) => error.source(),
            Self::Paper { source, .. } | Self::NoThread(source) => Some(source),
            _ => None,
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<RecordError> for Error {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Vec<Problem>> for Error {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Refused(problems)
    }
}
