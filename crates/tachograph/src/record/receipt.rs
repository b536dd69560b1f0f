//! What a caller gets back: where the event is, and what it has survived by now.

use crate::anchor::Witnessed;
use std::fmt;
use std::sync::Arc;
use tacho_event::{EventId, TenantId};
use tacho_tree::Hash;

/// What is asked of an append, and what it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ack {
    /// In the kernel's hands: survives the death of every process, not a power cut.
    Os,
    /// On the disk: survives a power cut.
    Disk,
    /// Seen by somebody outside: survives the owner of this machine.
    Witnessed,
}

impl Ack {
    /// The word in configuration and receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ack::Os => "os",
            Ack::Disk => "disk",
            Ack::Witnessed => "witnessed",
        }
    }

    /// The level of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Ack::Os, Ack::Disk, Ack::Witnessed].into_iter().find(|ack| ack.as_str() == word)
    }
}

impl fmt::Display for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// In the log, as safe as the level says.
    Recorded(Ack),
    /// In the spool: safe as the level says, in the log at the next integrate.
    Spooled(Ack),
    /// The same event was recorded before: this is its receipt.
    Repeated,
    /// Not recorded, because the capture rule of this number says so, or the policy's level where
    /// no rule matches.
    Dropped(Option<usize>),
    /// Not recorded, because the store failed and the failure policy is `open`; a `gap` event will
    /// say so.
    Lost,
}

impl Fate {
    /// True if the event is, or will be, in the log.
    pub fn is_kept(self) -> bool {
        matches!(self, Fate::Recorded(_) | Fate::Spooled(_) | Fate::Repeated)
    }
}

/// What a caller keeps of an event: enough to ask for its proof later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The tenant whose log it is in.
    pub tenant: TenantId,
    /// The event's id in the log.
    pub id: EventId,
    /// SHA-256(0x00 || leaf); absent where there is no leaf.
    pub leaf_hash: Option<Hash>,
    /// What became of it.
    pub fate: Fate,
    /// The id it collided with: another event was recorded under it before.
    pub conflict_of: Option<EventId>,
    /// Who saw it outside, if it was asked to be witnessed.
    pub witnessed: Option<Arc<Witnessed>>,
}
