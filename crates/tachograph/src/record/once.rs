//! Events that a client may submit twice: the window is asked, and the first answer is given again.

use super::error::RecordError;
use super::receipt::Ack;
use super::recorder::Recorder;
use crate::error::Error;
use crate::idempotency::{Submission, Window};
use crate::wal::{AppendError, AppendedOnce, Batch, Patience, Position};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tacho_event::json::{self, Value};
use tacho_event::{ActionType, Draft, EventId, Severity};

/// What is done about events that their client may submit again, under an id of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Once {
    /// Nothing: each time it is another event.
    #[default]
    Off,
    /// They are marked, and who integrates tells them apart: for recorders that live for one event.
    /// What numbers an event is no part of what is compared, for it is given anew each time.
    Marked,
    /// The window is asked before they are appended, and the first answer given again: for
    /// long-lived recorders.
    Asked,
}

/// What a client submitted under an id of its own.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// Tenant and credential: within them an id is one event.
    by: Vec<u8>,
    id: Vec<u8>,
    /// The draft's canonical text: spaces and the order of members make no other event.
    bytes: Vec<u8>,
    draft: Draft,
}

impl Claim {
    /// The draft under a fresh id, when another event was recorded under the id `first` before.
    /// It claims nothing any more: who submits it again gets it recorded again, and told so again.
    pub(super) fn into_conflict(mut self, first: &EventId) -> Draft {
        self.draft.object_mut().remove("id");
        self.draft.set("metadata.conflict_of", first.as_str());
        self.draft
    }
}

impl Recorder {
    /// The claim of a draft that brings an id, if this recorder asks the window.
    pub(super) fn claim(&self, draft: &Draft, credential: &str) -> Option<Claim> {
        self.window.as_ref()?;
        let id = draft.at("/id")?.as_str()?.as_bytes().to_vec();
        let mut by = self.settings.tenant.as_str().as_bytes().to_vec();
        by.push(0);
        by.extend_from_slice(credential.as_bytes());
        let mut bytes = Vec::new();
        match self.settings.once {
            Once::Marked => json::write_object(unnumbered(draft).object(), &mut bytes),
            _ => json::write_object(draft.object(), &mut bytes),
        }
        Some(Claim { by, id, bytes, draft: draft.clone() })
    }

    /// The marks of a claim.
    pub(super) fn mark(&self, claim: &Claim) -> Option<Submission> {
        let window = self.window()?;
        Some(window.submission(&claim.by, &claim.id, &claim.bytes))
    }

    /// Appends what was not submitted before.
    pub(super) fn append_once(
        &self,
        batch: &mut Batch,
        submissions: &[Option<Submission>],
        ack: Ack,
    ) -> Result<AppendedOnce, AppendError> {
        let patience = self.settings.patience;
        let append = |batch: &mut Batch| match ack {
            Ack::Os => self.wal.append(batch, patience),
            Ack::Disk | Ack::Witnessed => self.wal.append_to_commit(batch, patience),
        };
        let asks = self.settings.once == Once::Asked && submissions.iter().any(Option::is_some);
        let window = asks.then(|| self.window()).flatten();
        let Some(mut window) = window else {
            return append(batch).map(AppendedOnce::All);
        };
        let outcome = self.wal.append_once(batch, submissions, &mut window, patience);
        if let Err(AppendError::Store(Error::Damaged { path, .. })) = &outcome
            && path.starts_with(self.store().places().idempotency())
        {
            // Better an event twice than not at all.
            self.owe(unasked());
            return append(batch).map(AppendedOnce::All);
        }
        if window.wants_flush() {
            // If it cannot be written now, the next one tries again.
            let _ = self.wal.cover(&mut window, patience);
        }
        outcome
    }

    /// Looks for the keys of a window that somebody else began.
    pub(super) fn reload_window(&self) -> Result<(), Error> {
        self.window().map_or(Ok(()), |mut window| window.reload())
    }

    /// Up to where the window knows the log: what it saw stands before this.
    pub(super) fn seen_until(&self) -> Option<Position> {
        Some(self.window()?.known())
    }

    /// Takes the window into use, if there is to be one and it can be read.
    pub(super) fn take_window(
        &mut self,
        window: Option<Result<Window, Error>>,
    ) -> Result<(), RecordError> {
        match window.transpose() {
            // A store that cannot compare submissions still records them.
            Err(_) if self.settings.once == Once::Marked => {}
            Err(Error::Damaged { .. }) => self.owe(unasked()),
            outcome => self.window = outcome.map_err(RecordError::Store)?.map(Mutex::new),
        }
        self.cover_window();
        Ok(())
    }

    /// Writes what the window knows, when the recorder opens and closes; what cannot be written
    /// now is read again from the log.
    pub(super) fn cover_window(&self) {
        if self.settings.once != Once::Asked {
            return;
        }
        if let Some(mut window) = self.window() {
            let _ = self.wal.cover(&mut window, Patience::Server);
        }
    }

    fn window(&self) -> Option<MutexGuard<'_, Window>> {
        // What a thread died with half noted is read again from the log, or asked again.
        Some(self.window.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The draft without its number.
fn unnumbered(draft: &Draft) -> Draft {
    let mut draft = draft.clone();
    if let Some(origin) = draft.object_mut().get_mut("origin").and_then(Value::as_object_mut) {
        origin.retain(|name, _| !matches!(name, "emitter" | "seq"));
    }
    draft
}

fn unasked() -> Draft {
    Draft::own(ActionType::Gap, "tacho.window")
        .with("severity", Severity::Error)
        .with("action.gap.what", "comparing submissions with earlier ones")
        .with("action.gap.reason", "the idempotency window is damaged")
}
