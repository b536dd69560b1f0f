//! Given the end of a session, gives an event for each call of it that nobody completed.

use tacho_event::json::Value;
use tacho_event::{Draft, Phase, Severity, Status};
use tachograph::Log;
use tachograph::store::{OpenError, Remote, Store};

use super::context::{event_id, related};
use super::{Desk, Told};
use crate::session::Session;

/// Calls that are closed at the end of one session; of more the number is told.
const CLOSINGS_MAX: usize = 1000;

impl Desk {
    /// The completions that were not observed.
    pub(super) fn closings(&self, told: &Told, session: &Session) -> Vec<Draft> {
        let open = || -> Result<Vec<Draft>, String> {
            let files = std::sync::Arc::new(tachograph::files::OsFiles);
            let store = match Store::open(files, &self.around.store, Remote::Refused) {
                Err(OpenError::Missing(_)) => return Ok(Vec::new()),
                outcome => outcome.map_err(|error| error.to_string())?,
            };
            let tenant = self.tenant();
            let log = Log::of(&store, tenant.as_str()).map_err(|error| error.to_string())?;
            let calls = log.calls(&session.id).map_err(|error| error.to_string())?;
            let open = calls.iter().filter(|call| call.last.is_none());
            let mut drafts = Vec::new();
            let mut more = 0_u64;
            for call in open {
                let Some(id) = &call.call_id else { continue };
                if drafts.len() == CLOSINGS_MAX {
                    more += 1;
                    continue;
                }
                drafts.push(closing(told, session, id, &call.first.leaf));
            }
            if more > 0 {
                let gap = Draft::gap("unclosed_calls", "completions of calls").count(more);
                drafts.push(related(gap, told));
            }
            Ok(drafts)
        };
        open().unwrap_or_else(|error| {
            self.trace("closings_unknown", told.host.in_data(), &error);
            Vec::new()
        })
    }
}

fn closing(
    told: &Told,
    session: &Session,
    call: &str,
    intent: &tacho_event::json::Object,
) -> Draft {
    let host = told.host.in_data();
    let id = event_id(host, &session.id, call, "no_completion_observed");
    let mut draft = related(Draft::default(), told)
        .id(id.as_str())
        .severity(Severity::Warning)
        .call(call)
        .phase(Phase::Result)
        .status(Status::Partial)
        .with("outcome.error.type", "no_completion_observed");
    for path in ["action.type", "action.name", "agent.id", "agent.parent_id"] {
        let pointer = format!("/{}", path.replace('.', "/"));
        if let Some(said) = intent.at(&pointer).filter(|said| **said != Value::Null) {
            draft.set(path, said.clone());
        }
    }
    draft
}
