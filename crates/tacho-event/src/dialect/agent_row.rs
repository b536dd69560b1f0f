//! A row of seed 002's table `agent_audit_log`.
//!
//! ```json
//! {"id": "550e8400-e29b-41d4-a716-446655440000", "timestamp": "2025-01-02T10:30:15.123Z",
//!  "agent_id": "ops/release-manager", "session_id": "abc123", "conversation_id": "user-conv-456",
//!  "action_type": "tool", "action_name": "Bash",
//!  "action_details": {"name": "Bash", "parameters": {"command": "git log"}},
//!  "outcome_status": "success", "outcome_result": {"exit_code": 0}, "outcome_error": null,
//!  "tokens_input": null, "tokens_output": null, "duration_ms": 234, "cost_usd": null,
//!  "permission_level": "readonly", "resources_accessed": [], "sensitive_data_accessed": false}
//! ```

use super::Dialect;
use super::field::{Field, Form, field, misfit, read_fields, read_if_fits, write_fields};
use super::spelling::Clock;
use crate::draft::Draft;
use crate::json::{Object, Pointer, Value};
use crate::problem::Problem;
use crate::shape::nearest;
use crate::words::ActionType;

pub(super) static AGENT_ROW: Dialect = Dialect {
    name: "agent_row",
    about: "a row of the table agent_audit_log",
    known_by: "`action_type` with `agent_id`, `action_details` or `outcome_status`",
    is: |record| {
        let marks = ["agent_id", "action_details", "outcome_status"];
        record.get("action_type").is_some() && marks.iter().any(|name| record.get(name).is_some())
    },
    read,
    write,
};

static COLUMNS: &[Field] = &[
    field("id", "id", Form::Id).or_null(),
    field("timestamp", "timestamp", Form::Time(Clock::Millis)).or_null(),
    field("agent_id", "agent.id", Form::Text).or_null(),
    field("session_id", "agent.session_id", Form::Text).or_null(),
    field("conversation_id", "agent.conversation_id", Form::Text).or_null(),
    field("action_type", "action.type", Form::Text).required(),
    field("action_name", "action.name", Form::Text).or_null(),
    field("outcome_status", "outcome.status", Form::Status).or_null(),
    field("outcome_result", "outcome.result", Form::Any).or_null(),
    field("tokens_input", "resources.tokens_input", Form::Count).or_null(),
    field("tokens_output", "resources.tokens_output", Form::Count).or_null(),
    field("duration_ms", "resources.duration_ms", Form::Number).or_null(),
    field("cost_usd", "resources.cost_usd", Form::Number).or_null(),
    field("permission_level", "security.permission_level", Form::Text).or_null(),
    field("resources_accessed", "security.resources_accessed", Form::Objects).or_null(),
    field("sensitive_data_accessed", "security.sensitive_data_accessed", Form::Flag),
];

/// What stands in the column `outcome_error`.
static ERROR: &[Field] = &[
    field("type", "outcome.error.type", Form::Text),
    field("message", "outcome.error.message", Form::Text),
    field("stack", "outcome.error.stack", Form::Text),
];

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let (mut draft, mut problems) = (Draft::default(), Vec::new());
    read_fields(record, COLUMNS, &mut draft, &mut problems);
    if let Some(error) = record.object("outcome_error") {
        for field in ERROR {
            read_if_fits(error, field, &mut draft);
        }
    }
    let word = record.str("action_type").unwrap_or_default();
    let details = record.get("action_details");
    match (ActionType::parse(word), details) {
        (None, _) if record.str("action_type").is_some() => {
            let hint = nearest(word, ActionType::WORDS.iter().copied());
            let hint = hint.map(|near| format!("did you mean `{near}`?"));
            let place = Pointer::ROOT.member("action_type");
            problems.push(misfit(&place, "a type of action", &Value::from(word)));
            if let (Some(problem), Some(hint)) = (problems.last_mut(), hint) {
                problem.hint = hint;
            }
        }
        (_, None | Some(Value::Null)) => {}
        (Some(kind), Some(Value::Object(details))) => {
            draft.object_mut().insert_at(&["action", kind.as_str()], details.clone());
        }
        (_, Some(other)) => {
            problems.push(misfit(&Pointer::ROOT.member("action_details"), "an object", other));
        }
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

fn write(event: &Object) -> Object {
    let mut record = write_fields(event, COLUMNS);
    let action = event.object("action");
    let details = action.and_then(|action| action.object(action.str("type")?));
    record.insert("action_details", details.cloned().unwrap_or_default());
    let error = write_fields(event, ERROR);
    record.insert("outcome_error", Some(error).filter(|error| !error.is_empty()));
    // The column has a default, so a row is never without it.
    if record.get("sensitive_data_accessed").is_none() {
        record.insert("sensitive_data_accessed", false);
    }
    record
}
