//! Why a stop was not engaged or lifted, or not told.

use std::fmt;

use super::{Lease, LeaseId};
use crate::error::Error;
use crate::record::RecordError;

/// Why a stop was not engaged or lifted, or not told.
#[derive(Debug)]
#[non_exhaustive]
pub enum StopError {
    /// Somebody else engages or lifts, and does not finish.
    Busy,
    /// There are as many stops as there may be: lift some.
    TooMany,
    /// A text of the stop is too long, or one that must not be empty is.
    Unfit(&'static str),
    /// There is no such lease in force.
    NoLease(LeaseId),
    /// The leases are damaged: everybody is stopped, and what was engaged cannot be known.
    Damaged,
    /// The stop is in force, and the event that says so could not be recorded.
    NotTold {
        /// The lease.
        lease: Box<Lease>,
        /// Why.
        why: Box<RecordError>,
    },
    /// The event that lifts it could not be recorded, so it stays in force.
    NotLifted(Box<RecordError>),
    /// The disk refused.
    Store(Error),
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("somebody else engages or lifts a stop"),
            Self::TooMany => f.write_str("there are too many stops"),
            Self::Unfit(what) => write!(f, "{what}"),
            Self::NoLease(id) => {
                write!(f, "no stop {} is in force", tacho_event::uuid_text(*id))
            }
            Self::Damaged => f.write_str("the stop leases are damaged, which stops everybody"),
            Self::NotTold { lease, why } => write!(f, "in force, but not recorded: {lease}: {why}"),
            Self::NotLifted(why) => write!(f, "still in force, as lifting was not recorded: {why}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for StopError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotTold { why, .. } | Self::NotLifted(why) => Some(why.as_ref()),
            Self::Store(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl From<Error> for StopError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}
