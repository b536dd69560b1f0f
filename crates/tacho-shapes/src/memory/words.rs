//! The closed lists of a memory's audit.

use tacho_event::Status;

/// What was done to the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationType {
    /// New entries were stored.
    #[default]
    Store,
    /// The memory was asked.
    Recall,
    /// Entries were deleted.
    Forget,
    /// Entries were made fewer.
    Compact,
    /// Entries left the memory.
    Export,
    /// Entries came in.
    Import,
}

impl OperationType {
    /// Every operation.
    pub const ALL: [Self; 6] =
        [Self::Store, Self::Recall, Self::Forget, Self::Compact, Self::Export, Self::Import];

    /// The word in an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "STORE",
            Self::Recall => "RECALL",
            Self::Forget => "FORGET",
            Self::Compact => "COMPACT",
            Self::Export => "EXPORT",
            Self::Import => "IMPORT",
        }
    }

    /// The operation of a word in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str().eq_ignore_ascii_case(word))
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventStatus {
    /// It worked.
    #[default]
    Success,
    /// It failed.
    Failure,
    /// It worked for some entries.
    Partial,
}

impl EventStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Partial];

    /// The word in an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Partial => "PARTIAL",
        }
    }

    /// The status of a word in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(word))
    }

    pub(super) const fn status(self) -> Status {
        match self {
            Self::Success => Status::Success,
            Self::Failure => Status::Failure,
            Self::Partial => Status::Partial,
        }
    }
}
