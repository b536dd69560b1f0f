//! Given an entry and who asks, gives the event it stands for, once it is recorded that he looks.
//!
//! Whether somebody may look is the caller's to decide, by role; that he looked is ours to say. The
//! record is on the disk before anything is opened: who is killed in between has looked at nothing.

use std::sync::Arc;

use tacho_event::{ActionType, Draft};

use super::error::VaultError;
use super::open::Opener;
use super::seal::SharedRing;
use crate::log::{Log, LogEntry, Revealed};
use crate::record::{Ack, Recorder};

/// Who asks, in which role, and why: the caller's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The id of the person or service.
    pub id: String,
    /// The role that lets it look.
    pub role: String,
    /// Why.
    pub reason: String,
}

/// Opens entries of one tenant, and records that it did.
#[derive(Debug)]
pub struct Reveal {
    opener: Opener,
    recorder: Arc<Recorder>,
}

impl Reveal {
    /// Opens with the keys of `ring`, and records with `recorder`.
    ///
    /// # Errors
    /// Why the tenant's keys could not be read.
    pub fn new(
        ring: SharedRing,
        recorder: Arc<Recorder>,
        tenant: &str,
    ) -> Result<Self, VaultError> {
        Ok(Self { opener: Opener::new(ring, tenant)?, recorder })
    }

    /// The events that entries stand for, as far as they open; one `access` event names them all.
    ///
    /// # Errors
    /// Why the look could not be recorded: then nothing was opened. Or what the disk said.
    pub fn reveal(
        &mut self,
        log: &Log,
        entries: &[LogEntry],
        asker: &Asker,
    ) -> Result<Vec<Revealed>, VaultError> {
        for some in entries.chunks(NAMED_MAX) {
            let ids: Vec<&str> = some.iter().filter_map(|entry| entry.leaf.str("id")).collect();
            self.recorder.record_as(look_draft(&ids, asker), Ack::Disk)?;
        }
        let reveal = |entry| log.reveal_with(entry, &mut self.opener).map_err(VaultError::from);
        entries.iter().map(reveal).collect()
    }
}

/// Entries that one `access` event names.
const NAMED_MAX: usize = 256;

/// The event that says who looks at what.
pub(super) fn look_draft(targets: &[&str], asker: &Asker) -> Draft {
    Draft::own(ActionType::Access, "tacho.reveal")
        .with("actor.type", "user")
        .with("actor.id", asker.id.as_str())
        .with("action.access.operation", "reveal")
        .with("action.access.target", targets.to_vec())
        .with("action.access.role", asker.role.as_str())
        .with("action.access.reason", asker.reason.as_str())
        .with("outcome.status", "success")
}
