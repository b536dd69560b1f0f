//! Seed 003's events: what happened to an agent's memory.
//!
//! ```json
//! {"event_id": "evt_abc123", "timestamp": "2025-01-15T10:30:45.123456Z", "operation": "STORE",
//!  "user_id": "user_123", "session_id": "session_abc", "entry_ids": ["entry_1"],
//!  "metadata": {"importance": 0.8, "tags": ["verified"]}, "status": "SUCCESS",
//!  "duration_ms": 45.2}
//! ```
//!
//! The entries are what the operation names, and resources it touched. An export is a list of such
//! events under `events`, with `total_events` and `exported_at` beside it; see
//! [`Batch`](super::Batch).

use super::Dialect;
use super::field::{Field, Form, field, misfit, read_fields, write_fields};
use super::spelling::Clock;
use crate::draft::Draft;
use crate::json::{Object, Pointer, Value};
use crate::problem::Problem;
use crate::shape::nearest;
use crate::words::ActionType;

pub(super) static MEMORY: Dialect = Dialect {
    name: "memory",
    about: "operations on an agent's memory: STORE, RECALL, FORGET, COMPACT, EXPORT, IMPORT",
    known_by: "`operation` STORE, RECALL, FORGET, COMPACT, EXPORT or IMPORT with `event_id`, \
               `entry_ids` or `status`",
    is: |record| {
        let marks = ["event_id", "entry_ids", "status"];
        record.str("operation").is_some_and(|word| operation(word).is_some())
            && marks.iter().any(|name| record.get(name).is_some())
    },
    read,
    write,
};

/// What can be done to a memory.
pub static OPERATIONS: &[&str] = &["STORE", "RECALL", "FORGET", "COMPACT", "EXPORT", "IMPORT"];

static FIELDS: &[Field] = &[
    field("event_id", "id", Form::Id),
    field("timestamp", "timestamp", Form::Time(Clock::Micros)),
    field("user_id", "actor.id", Form::User),
    field("session_id", "agent.session_id", Form::Text),
    field("entry_ids", "action.memory.entry_ids", Form::Texts),
    field("status", "outcome.status", Form::StatusUpper),
    field("duration_ms", "resources.duration_ms", Form::Number),
    field("error_message", "outcome.error.message", Form::Text),
];

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let (mut draft, mut problems) = (Draft::default(), Vec::new());
    let said = record.get("operation").unwrap_or(&Value::Null);
    match said.as_str().and_then(operation) {
        Some(word) => draft = Draft::memory(word),
        None => {
            let place = Pointer::ROOT.member("operation");
            let mut problem = misfit(&place, "an operation on a memory", said);
            let near = nearest(said.as_str().unwrap_or_default(), OPERATIONS.iter().copied());
            problem.hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of: {}", OPERATIONS.join(", ")),
            };
            problems.push(problem);
        }
    }
    read_fields(record, FIELDS, &mut draft, &mut problems);
    let entries = record.get("entry_ids").and_then(Value::as_list).unwrap_or_default();
    for entry in entries.iter().filter_map(Value::as_str) {
        draft = draft.touched("memory_entry", entry);
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

fn write(event: &Object) -> Object {
    let mut record = write_fields(event, FIELDS);
    let action = event.object("action");
    let said =
        action.and_then(|action| action.object(ActionType::Memory.as_str())?.str("operation"));
    let name = action.and_then(|action| action.str("name"));
    if let Some(word) = said.or(name) {
        record.insert("operation", operation(word).unwrap_or(word));
    }
    record
}

/// The operation a word in any case stands for.
fn operation(word: &str) -> Option<&'static str> {
    OPERATIONS.iter().copied().find(|known| known.eq_ignore_ascii_case(word))
}
