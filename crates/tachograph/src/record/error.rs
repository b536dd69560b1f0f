//! Why an event was not recorded.

use super::receipt::Receipt;
use crate::anchor::Unwitnessed;
use crate::error::Error;
use crate::stop::Why;
use crate::store::OpenError;
use crate::vault::VaultError;
use crate::wal::{AppendError, CommitError};
use std::fmt;
use std::sync::Arc;
use tacho_event::dialect::Unread;
use tacho_event::{Problem, TenantId};

/// Why an event was not recorded, or not as safely as was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordError {
    /// There is no store to record in.
    NotOpened(OpenError),
    /// The draft has problems; all of them.
    Refused(Vec<Problem>),
    /// The event names another tenant than the recorder's.
    ForeignTenant {
        /// The tenant it names.
        named: TenantId,
        /// The recorder's tenant.
        ours: TenantId,
    },
    /// The event is larger than the log takes.
    TooLarge(String),
    /// The tenant used up what it may write.
    Quota(TenantId),
    /// The bytes are no event in the dialect.
    Unread(Unread),
    /// The store could not be asked.
    Store(Error),
    /// The store did not take it, and the failure policy does not let that pass.
    NotRecorded(Arc<AppendError>),
    /// The thread that recorded it with others died; whether it is in the log is not known.
    Abandoned,
    /// It is in the log but did not reach the disk.
    NotSynced(Arc<CommitError>),
    /// An emergency stop forbids what the event intends; it is recorded as a denied call.
    Stopped {
        /// The stop.
        why: Why,
        /// The receipt of the denial, or why it could not be recorded.
        recorded: Result<Box<Receipt>, Box<RecordError>>,
    },
    /// It is on the disk, as the receipt says, but too few witnesses saw it in time.
    NotWitnessed {
        /// The receipt of what is on the disk.
        receipt: Box<Receipt>,
        /// Why.
        why: Arc<Unwitnessed>,
    },
    /// The policy's preset seals, and nobody said where the keys lie: `Settings::keys`.
    NoKeys,
    /// The policy's preset seals, and there is nothing to seal with.
    Vault(Box<VaultError>),
    /// What was asked is not to be had here.
    Unsupported(&'static str),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpened(error) => write!(f, "{error}"),
            Self::Refused(problems) => {
                f.write_str("the event has problems")?;
                problems.iter().try_for_each(|problem| write!(f, "; {problem}"))
            }
            Self::ForeignTenant { named, ours } => {
                write!(f, "the event names tenant `{named}`, this recorder writes for `{ours}`")
            }
            Self::TooLarge(why) => write!(f, "the event is too large: {why}"),
            Self::Quota(tenant) => write!(f, "tenant `{tenant}` used up its quota"),
            Self::Unread(unread) => write!(f, "{unread}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::NotRecorded(error) => write!(f, "not recorded: {error}"),
            Self::Abandoned => f.write_str(
                "the thread that recorded it with others died: look whether it is in the log \
                 before recording it again",
            ),
            Self::NotSynced(error) => write!(f, "recorded, but not safe on disk: {error}"),
            Self::Stopped { why, recorded: Ok(_) } => write!(f, "stopped: {why}"),
            Self::Stopped { why, recorded: Err(error) } => {
                write!(f, "stopped: {why}; the denial is not recorded: {error}")
            }
            Self::NotWitnessed { why, .. } => write!(f, "on disk, but not witnessed: {why}"),
            Self::NoKeys => f.write_str(
                "the preset seals, and no key directory was named: name one outside the store, \
                 or take a preset that does not seal",
            ),
            Self::Vault(error) => write!(f, "nothing to seal with: {error}"),
            Self::Unsupported(what) => write!(f, "cannot give {what}"),
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotOpened(error) => error.source(),
            Self::Unread(unread) => Some(unread),
            Self::Store(error) => error.source(),
            Self::NotRecorded(error) => Some(error.as_ref()),
            Self::NotSynced(error) => Some(error.as_ref()),
            Self::Stopped { recorded: Err(error), .. } => Some(error.as_ref()),
            _ => None,
        }
    }
}
