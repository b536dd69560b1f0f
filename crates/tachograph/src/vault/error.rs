//! Why the vault did not do what it was asked.

use std::fmt;
use std::path::PathBuf;

use crate::error::Error;
use crate::integrate::IntegrateError;
use crate::record::RecordError;
use crate::sign::SignError;
use crate::wal::{AppendError, NotHeld};

/// Why the vault did not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum VaultError {
    /// The master secret is gone: what is sealed stays sealed, unless an escrow is at hand. The
    /// leaves, their proofs and their signatures hold without it.
    NoMaster(PathBuf),
    /// Others may read the secret, or it is another user's: it may be known already.
    Exposed(PathBuf),
    /// The command that tells what locks the master secret did not.
    Locked(String),
    /// The master secret is locked, and what the command told does not open it: it is whole.
    WrongSecret(PathBuf),
    /// A file of keys is not as it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The keys in the directory are those of another store or log.
    Foreign(PathBuf),
    /// Another process changes the keys, or erases, and does not finish.
    Busy(PathBuf),
    /// A hold stands in the way; an operator lifts it.
    Held {
        /// Which.
        hold: String,
    },
    /// The clock cannot be believed: nothing is destroyed on its word.
    Clock(&'static str),
    /// Erasures are known that this store was not told of: apply them first.
    NotApplied {
        /// How many.
        erasures: usize,
    },
    /// What to erase cannot be told: it names nothing, or is no pattern.
    Scope(String),
    /// An escrow does not open with this secret.
    Escrow,
    /// What is sealed opens only for who can be recorded looking; this reader may write nothing.
    Unrecorded,
    /// There is no public key to seal with at the path: a writer makes none.
    NoPublic(PathBuf),
    /// The log keys could not be used.
    Sign(SignError),
    /// The WAL could not be integrated.
    Integrate(IntegrateError),
    /// The WAL refused.
    Wal(AppendError),
    /// An event of the vault's own was not recorded.
    Record(RecordError),
    /// The disk refused, or a file is damaged.
    Store(Error),
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMaster(path) => write!(
                f,
                "no master secret at {}: what is sealed stays sealed; leaves, proofs and \
                 signatures hold without it",
                path.display()
            ),
            Self::Locked(why) => write!(
                f,
                "the master secret is locked, and the command that unlocks it did not: {why}"
            ),
            Self::WrongSecret(path) => write!(
                f,
                "this secret does not open the master key: {} is locked with another one than the \
                 command told",
                path.display()
            ),
            Self::Unrecorded => f.write_str(
                "what is sealed opens only when the look can be recorded, \
                 and nothing may be written",
            ),
            Self::NoPublic(path) => write!(
                f,
                "no public key to seal with at {}: nothing but leaves can be kept",
                path.display()
            ),
            Self::Exposed(path) => {
                write!(f, "{} can be read by others: make it 0600", path.display())
            }
            Self::Damaged { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Foreign(path) => write!(f, "{} belongs to another store", path.display()),
            Self::Busy(path) => write!(f, "somebody else holds {}", path.display()),
            Self::Held { hold } => write!(f, "a hold stands in the way: {hold}"),
            Self::Clock(why) => write!(f, "the clock cannot be believed: {why}"),
            Self::NotApplied { erasures } => write!(
                f,
                "{erasures} erasures are known that this store was not told of: apply them first"
            ),
            Self::Scope(why) => write!(f, "cannot tell what to erase: {why}"),
            Self::Escrow => f.write_str("the escrow does not open with this secret"),
            Self::Sign(error) => write!(f, "{error}"),
            Self::Integrate(error) => write!(f, "{error}"),
            Self::Wal(error) => write!(f, "{error}"),
            Self::Record(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl VaultError {
    /// What to do about it, where that can be said.
    pub fn next(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoMaster(_) => {
                "name the right directory with --keys, or put the secret back from its escrow"
            }
            Self::WrongSecret(_) => {
                "have the command in `unlock` tell the secret it was locked with; where that is \
                 lost, move the file away and put the master back from its escrow: \
                 `tacho keys recover FILE`"
            }
            Self::Locked(_) => {
                "have the command say the secret, 16 bytes or more, on its standard output, within \
                 a minute"
            }
            Self::NoPublic(_) => "`tacho init` makes the keys, and any command of who holds them",
            Self::Exposed(_) => "`chmod 600` it; if others may have read it, `tacho keys rotate`",
            Self::Unrecorded => "the same without --read-only",
            Self::NotApplied { .. } => "apply them to this copy before anything is opened",
            Self::Busy(_) => "again in a moment",
            Self::Sign(error) => return error.next(),
            _ => return None,
        })
    }
}

impl std::error::Error for VaultError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sign(error) => error.source(),
            Self::Integrate(error) => error.source(),
            Self::Wal(error) => error.source(),
            Self::Record(error) => error.source(),
            Self::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for VaultError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<SignError> for VaultError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

impl From<IntegrateError> for VaultError {
    fn from(error: IntegrateError) -> Self {
        Self::Integrate(error)
    }
}

impl From<AppendError> for VaultError {
    fn from(error: AppendError) -> Self {
        Self::Wal(error)
    }
}

impl From<RecordError> for VaultError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<NotHeld> for VaultError {
    fn from(reason: NotHeld) -> Self {
        Self::Wal(reason.into())
    }
}
