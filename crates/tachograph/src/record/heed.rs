//! Given an intent, asks the emergency stops; one that is stopped is recorded as a denied call.
//!
//! Results, gaps and whole calls are not asked about: what happened, happened.

use super::error::RecordError;
use super::failure::{OnFailure, Risk};
use super::losses::{Loss, LossReason};
use super::receipt::Receipt;
use super::recorder::Recorder;
use crate::stop::{self, Asker, Standing, Why};
use tacho_event::{Draft, Phase, Severity, Status};

/// `outcome.error.type` of a call that a stop denied.
const DENIED_TYPE: &str = "emergency_stop";

impl Recorder {
    /// Why this draft's intent is stopped, if it is; the draft then tells of a denied call.
    pub(super) fn heed(&self, draft: &mut Draft) -> Option<Why> {
        let action = draft.object().object("action");
        let phase = action.and_then(|action| action.str("phase")).and_then(Phase::parse);
        if phase != Some(Phase::Intent) {
            return None;
        }
        let (store, now) = (self.store(), self.world.now());
        let asker = Asker::of(draft, self.settings.tenant.as_str());
        let why = match stop::check(store.files().as_ref(), store.places(), now, &asker) {
            Standing::Free => return None,
            Standing::Stopped(why) => why,
            Standing::Unknown(_) => {
                if self.settings.failure.of(Risk::of(draft)) != OnFailure::Closed {
                    let reason = LossReason::StopUnknown;
                    self.state().losses.note(Loss { reason, count: 1, first: now, last: now });
                    return None;
                }
                Why::Unknown
            }
        };
        draft.set("severity", Severity::Warning);
        draft.set("action.phase", Phase::Whole);
        draft.set("outcome.status", Status::Denied);
        draft.set("outcome.error.type", DENIED_TYPE);
        draft.set("outcome.error.message", why.to_string());
        Some(why)
    }
}

/// What the caller is told of an event, when a stop may forbid what it tells of.
pub(super) fn answer(
    stop: Option<Why>,
    outcome: Result<Receipt, RecordError>,
) -> Result<Receipt, RecordError> {
    match stop {
        None => outcome,
        Some(why) => {
            let recorded = outcome.map(Box::new).map_err(Box::new);
            Err(RecordError::Stopped { why, recorded })
        }
    }
}

/// The error of an event that was not recorded, when a stop may forbid what it tells of.
pub(super) fn refusal(stop: Option<Why>, error: RecordError) -> RecordError {
    match stop {
        None => error,
        Some(why) => RecordError::Stopped { why, recorded: Err(Box::new(error)) },
    }
}
