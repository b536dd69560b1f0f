//! Seed 002's own hook, `agent-audit-log`: given what that script read, gives the event it sent.
//!
//! ```text
//! stdin        {"tool_name": "Bash", "parameters": {"command": "ls"}, "result": {"exit_code": 0}}
//! environment  AGENT_ID, SESSION_ID
//! ```
//!
//! The script sent to a service and lost what the service did not take; here the store takes it,
//! and a sink forwards. A payload that names its event is a hook's of today, and read as such.

use tacho_event::Draft;
use tacho_event::json::{Object, Value};

use crate::surroundings::Surroundings;

pub(super) fn read(record: &Object, around: &Surroundings) -> Draft {
    let mut draft = Draft::tool(record.str("tool_name").unwrap_or("unnamed"))
        .succeeded()
        .agent(around.agent_id.as_deref().unwrap_or("main"));
    if let Some(session) = &around.session_id {
        draft = draft.session(session);
    }
    let mut rest = record.clone();
    rest.remove("tool_name");
    if let Some(parameters) = rest.remove("parameters").filter(|value| !value.is_null()) {
        draft = draft.input(parameters);
    }
    if let Some(result) = rest.remove("result").filter(|value| !value.is_null()) {
        draft = draft.result(result);
    }
    if !rest.is_empty() {
        draft = draft.metadata("agent_audit_log", Value::Object(rest));
    }
    draft
}
