//! Seed 001's records: six kinds, one file each for a session, and two documents beside them.
//!
//! ```json
//! {"interaction_id": "chat-1", "timestamp": "2025-03-01T09:00:00.000000Z",
//!  "session_id": "my_session_001", "interaction_type": "api_request", "prompt": "What is ...?",
//!  "response": "I cannot ...", "model": "claude-3", "tokens_used": 45, "duration_seconds": 1.2}
//! {"usage_id": "tool-1", "session_id": "my_session_001", "tool_name": "weather_api",
//!  "operation": "get_forecast", "parameters": {"location": "New York"},
//!  "result": {"temperature": 72}, "success": true, "duration_seconds": 0.5}
//! ```
//!
//! The library shows calls, not records: members have the names of its parameters, and each kind
//! is known by those that only it has.

use super::Dialect;
use super::field::Form::{Any, Count, Id, Number, Seconds, Severity, Success, Text, Time, User};
use super::field::{Field, field, lookup, read_fields, write_fields};
use super::spelling::Clock::Micros;
use crate::draft::Draft;
use crate::json::{Object, Value};
use crate::problem::Problem;
use crate::words::{ActionType, Status};

pub(super) static INTERACTION: Dialect = Dialect {
    name: "interaction",
    about: "chat interactions, persona activities, tool usages, file operations, metrics, errors",
    known_by: "`interaction_type`, `persona` and `activity`, `tool_name` and `operation`, \
               `operation` and `file_path`, `metric_name` and `value`, `error_type` and \
               `error_message`, `session_id` and `start_time`, or `interaction_id` and \
               `prompt_file`",
    is: |record| form_of(record).is_some(),
    read,
    write,
};

/// One kind of record.
struct Kind {
    action: ActionType,
    /// The members that only it has.
    marks: &'static [&'static str],
    fields: &'static [Field],
}

static KINDS: &[Kind] = &[
    Kind { action: ActionType::Model, marks: &["interaction_type"], fields: CHAT },
    Kind { action: ActionType::Persona, marks: &["persona", "activity"], fields: PERSONA },
    Kind { action: ActionType::Tool, marks: &["tool_name", "operation"], fields: TOOL },
    Kind { action: ActionType::File, marks: &["operation", "file_path"], fields: FILE },
    Kind { action: ActionType::Metric, marks: &["metric_name", "value"], fields: METRIC },
    Kind { action: ActionType::Error, marks: &["error_type", "error_message"], fields: ERROR },
    Kind { action: ActionType::Session, marks: &["session_id", "start_time"], fields: SESSION },
    Kind { action: ActionType::File, marks: &["interaction_id", "prompt_file"], fields: MANIFEST },
];

static CHAT: &[Field] = &[
    field("interaction_id", "id", Id),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("interaction_type", "action.name", Text).required(),
    field("interaction_type", "action.model.operation", Text),
    field("prompt", "action.model.prompt", Any),
    field("response", "action.model.response", Any),
    field("prompt_hash", "action.model.prompt_hash", Text),
    field("response_hash", "action.model.response_hash", Text),
    field("prompt_length", "action.model.prompt_chars", Count),
    field("response_length", "action.model.response_chars", Count),
    field("model", "resources.model", Text),
    field("tokens_used", "resources.tokens_total", Count),
    field("duration_seconds", "resources.duration_ms", Seconds),
];

static PERSONA: &[Field] = &[
    field("activity_id", "id", Id),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("persona", "action.persona.name", Text).required(),
    field("activity", "action.name", Text).required(),
    field("activity", "action.persona.activity", Text),
    field("user_id", "actor.id", User),
    field("context", "action.persona.context", Any),
    field("duration_seconds", "resources.duration_ms", Seconds),
];

static TOOL: &[Field] = &[
    field("usage_id", "id", Id),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("tool_name", "action.name", Text).required(),
    field("tool_name", "action.tool.name", Text),
    field("operation", "action.tool.operation", Text).or_null(),
    field("parameters", "action.tool.parameters", Any),
    field("result", "outcome.result", Any),
    field("success", "outcome.status", Success),
    field("error_message", "outcome.error.message", Text),
    field("duration_seconds", "resources.duration_ms", Seconds),
];

static FILE: &[Field] = &[
    field("operation_id", "id", Id),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("operation", "action.name", Text).required(),
    field("operation", "action.file.operation", Text),
    field("file_path", "action.file.path", Text).required(),
    field("file_size", "action.file.size_bytes", Count),
    field("file_hash", "action.file.hash", Text),
    field("success", "outcome.status", Success),
    field("error_message", "outcome.error.message", Text),
];

static METRIC: &[Field] = &[
    field("metric_id", "id", Id),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("metric_name", "action.name", Text).required(),
    field("metric_name", "action.metric.name", Text),
    field("value", "action.metric.value", Number).required(),
    field("unit", "action.metric.unit", Text),
    field("context", "action.metric.context", Any),
];

static ERROR: &[Field] = &[
    field("error_id", "id", Id),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("error_type", "action.name", Text).required(),
    field("error_type", "outcome.error.type", Text),
    field("error_message", "outcome.error.message", Text).required(),
    field("stack_trace", "outcome.error.stack", Text),
    field("severity", "severity", Severity),
    field("context", "action.error.context", Any),
];

/// `session_{session_id}.json`: written when a session starts, and again when it is finalized.
static SESSION: &[Field] = &[
    field("session_id", "agent.session_id", Text).required(),
    field("project_path", "action.session.project_path", Text),
    field("start_time", "action.session.started", Time(Micros)).required(),
    field("end_time", "timestamp", Time(Micros)),
    field("duration_seconds", "resources.duration_ms", Seconds),
    field("config", "action.session.snapshot", Any),
    field("summary", "outcome.result", Any),
];

/// `manifest_{interaction_id}.json`: names the files that hold an interaction's full content.
static MANIFEST: &[Field] = &[
    field("interaction_id", "action.file.interaction_id", Text).required(),
    field("timestamp", "timestamp", Time(Micros)),
    field("session_id", "agent.session_id", Text),
    field("prompt_file", "action.file.prompt_file", Text).required(),
    field("response_file", "action.file.response_file", Text),
    field("prompt_hash", "action.file.prompt_hash", Text),
    field("response_hash", "action.file.response_hash", Text),
    field("prompt_size", "action.file.prompt_bytes", Count),
    field("response_size", "action.file.response_bytes", Count),
];

const MANIFEST_NAME: &str = "manifest";
const STARTED: &str = "start";
const ENDED: &str = "end";

fn form_of(record: &Object) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.marks.iter().all(|name| record.get(name).is_some()))
}

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let Some(kind) = form_of(record) else {
        let what = "is no record of this library";
        return Err(vec![Problem::new("", what, INTERACTION.known_by)]);
    };
    let mut draft = Draft::default().with("action.type", kind.action);
    let mut problems = Vec::new();
    read_fields(record, kind.fields, &mut draft, &mut problems);
    match kind.action {
        ActionType::Error => draft.set("outcome.status", Status::Failure),
        ActionType::Session => {
            let ended = draft.at("/timestamp").is_some();
            let event = if ended { ENDED } else { STARTED };
            draft = draft.with("action.name", event).with("action.session.event", event);
            let started = draft.at("/action/session/started").cloned();
            draft = draft.with_some("timestamp", started.filter(|_| !ended));
        }
        ActionType::File if draft.at("/action/name").is_none() => {
            draft =
                draft.with("action.name", MANIFEST_NAME).with("action.file.operation", "create");
        }
        _ => {}
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

fn write(event: &Object) -> Object {
    let action = event.object("action").cloned().unwrap_or_default();
    let kind = action.str("type").and_then(ActionType::parse).unwrap_or(ActionType::Tool);
    let is_manifest = action.str("name") == Some(MANIFEST_NAME) && kind == ActionType::File;
    let fields = KINDS.iter().filter(|row| row.action == kind).map(|row| row.fields);
    let mut fields = fields;
    let fields = if is_manifest { fields.next_back() } else { fields.next() };
    let Some(fields) = fields else { return write_as_tool(event, action, kind) };
    let mut record = write_fields(event, fields);
    match kind {
        ActionType::Session
            if lookup(event, "action.session.event").is_none_or(|e| e != &ENDED.into()) =>
        {
            let time = record.remove("end_time");
            if let Some(time) = time.filter(|_| record.get("start_time").is_none()) {
                record.insert("start_time", time);
            }
        }
        ActionType::Model if record.get("tokens_used").is_none() => {
            let count = |path| lookup(event, path).and_then(Value::as_i64);
            let (input, output) =
                (count("resources.tokens_input"), count("resources.tokens_output"));
            if input.or(output).is_some() {
                record.insert("tokens_used", input.unwrap_or(0) + output.unwrap_or(0));
            }
        }
        _ => {}
    }
    record
}

/// What the library has no kind for was done by some tool.
fn write_as_tool(event: &Object, action: Object, kind: ActionType) -> Object {
    let mut action = action;
    if let Some(own) = action.remove(kind.as_str()) {
        action.insert(ActionType::Tool.as_str(), own);
    }
    let mut event = event.clone();
    event.insert("action", action);
    write_fields(&event, TOOL)
}
