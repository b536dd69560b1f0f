//! Why a log was not signed.

use std::fmt;
use std::path::PathBuf;

use tacho_tree::NameError;

use crate::error::Error;

/// Why a log was not signed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignError {
    /// There is no key at the path: `tacho init` makes one.
    NoKey(PathBuf),
    /// Others may read the key, or it is another user's: it may be known already.
    Exposed(PathBuf),
    /// There is a key already, and it is never overwritten.
    KeyExists(PathBuf),
    /// The keys would lie inside the store that they are to guard.
    InsideStore(PathBuf),
    /// Another process is signing and does not finish.
    Busy(PathBuf),
    /// Base and tenant make no origin.
    Name(NameError),
    /// A key that is to be held by another program is none, or there is no program.
    NoSigner(String),
    /// The program that holds a key did not sign with it.
    Outside {
        /// The key.
        key: String,
        /// Why.
        why: String,
    },
    /// Signing would vouch for what contradicts an earlier signature.
    Refused {
        /// The log.
        origin: String,
        /// Why.
        why: Refusal,
    },
    /// The disk refused, or a file is damaged.
    Store(Error),
}

/// What contradicts an earlier signature, or may do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The log is not empty, and nothing tells what of it was signed.
    NoHighwater,
    /// The highwater mark is older than the published checkpoint.
    OldHighwater {
        /// Leaves the mark counts.
        mark: u64,
        /// Leaves the checkpoint counts.
        had: u64,
    },
    /// The log is shorter than what was signed.
    Shorter {
        /// Leaves there are.
        size: u64,
        /// Leaves that were signed.
        had: u64,
    },
    /// The tree at this size is not the one that was signed.
    Forked {
        /// The size.
        size: u64,
    },
    /// The published checkpoint is not signed by this log's key.
    ForeignCheckpoint,
}

impl Refusal {
    /// The stable code of findings and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoHighwater => "sign-no-highwater",
            Self::OldHighwater { .. } => "sign-old-highwater",
            Self::Shorter { .. } => "sign-shorter",
            Self::Forked { .. } => "sign-forked",
            Self::ForeignCheckpoint => "sign-foreign-checkpoint",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHighwater => {
                f.write_str("log is not empty, and the record of what was signed is gone")
            }
            Self::OldHighwater { mark, had } => {
                write!(f, "{had} leaves were published, the highwater mark counts {mark}")
            }
            Self::Shorter { size, had } => {
                write!(f, "log has {size} leaves, and {had} were signed")
            }
            Self::Forked { size } => {
                write!(f, "tree of the first {size} leaves is not the one that was signed")
            }
            Self::ForeignCheckpoint => {
                f.write_str("published checkpoint is not signed by this log's key")
            }
        }
    }
}

impl SignError {
    /// What to do about it, where that can be said.
    pub fn next(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoKey(_) => {
                "name the right directory with --keys, or put the key back from where it is kept; \
                 `tacho init` makes the first one"
            }
            Self::Exposed(_) => "`chmod 600` it; if others may have read it, `tacho keys rotate`",
            Self::Busy(_) => "again in a moment",
            Self::NoSigner(_) => "an Ed25519 public key, and the program that signs with it",
            Self::Outside { .. } => {
                "`tacho keys signer` lists the programs; one gets the bytes on its standard input \
                 and answers with 64 bytes, or a line of base64 that stands for them"
            }
            Self::Refused { .. } => {
                "`tacho verify` says what differs; `tacho keys new-origin` is the only way on"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey(path) => write!(
                f,
                "no key at {}: nothing new is signed; what was signed holds, and events are \
                 recorded",
                path.display()
            ),
            Self::Exposed(path) => {
                write!(f, "{} can be read by others: make it 0600", path.display())
            }
            Self::KeyExists(path) => write!(f, "{} exists already", path.display()),
            Self::InsideStore(path) => {
                write!(f, "{} lies inside the store it guards", path.display())
            }
            Self::Busy(path) => write!(f, "somebody else signs with {}", path.display()),
            Self::NoSigner(why) => write!(f, "no key of another program: {why}"),
            Self::Outside { key, why } => {
                write!(f, "nothing new is signed: who holds {key} did not sign: {why}")
            }
            Self::Name(error) => write!(f, "{error}"),
            Self::Refused { origin, why } => write!(f, "refused to sign {origin}: {why}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SignError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for SignError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}
