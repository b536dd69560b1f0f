//! Seed 000's journal: JSON lines of who did what, whether it worked, and details.
//!
//! ```json
//! {"timestamp": "2026-02-20T07:21:42.457Z", "actor": "mcp", "action": "mcp_call",
//!  "success": true, "details": {"service": "social_mcp", "endpoint": "facebook_post",
//!  "data": {"text": "Hello World"}, "response": {"post_id": "12345"}}, "error": null,
//!  "session_id": "session-123"}
//! ```
//!
//! The action says by [`ACTIONS`] which kind of event it is; one that stands in no row is what its
//! actor mostly does. The actor is an agent's id, or a person. Details stand in the object that
//! has the kind's name, under our names where there are any.

use super::Dialect;
use super::field::{Field, Form, field, lookup, misfit, read_fields, read_if_fits, write_fields};
use super::spelling::Clock;
use crate::draft::Draft;
use crate::json::{Object, Pointer, Value};
use crate::problem::Problem;
use crate::words::{ActionType, ActorType, Status};

pub(super) static JOURNAL: Dialect = Dialect {
    name: "journal",
    about: "JSON lines of actor, action, success, details and error",
    known_by: "a string `action` with `actor` or `success`",
    is: |record| {
        let marks = ["actor", "success"];
        record.str("action").is_some() && marks.iter().any(|name| record.get(name).is_some())
    },
    read,
    write,
};

static FIELDS: &[Field] = &[
    field("timestamp", "timestamp", Form::Time(Clock::Millis)).or_null(),
    field("success", "outcome.status", Form::Success).or_null(),
    field("error", "outcome.error.message", Form::Text).or_null(),
    field("session_id", "agent.session_id", Form::Text).or_null(),
];

/// The words of `action`, the actor who does that where none is named, and the kind of event. The
/// first row of a kind is written for events that no journal named.
pub static ACTIONS: &[(&str, &str, ActionType)] = &[
    ("mcp_call", "mcp", ActionType::Mcp),
    ("request_received", "mcp", ActionType::Mcp),
    ("response_sent", "mcp", ActionType::Mcp),
    ("claude_request", "claude", ActionType::Model),
    ("claude_response", "claude", ActionType::Model),
    ("watcher_event", "watcher", ActionType::Watcher),
    ("watcher_triggered", "watcher", ActionType::Watcher),
    ("task_processed", "orchestrator", ActionType::Task),
    ("task_started", "orchestrator", ActionType::Task),
    ("task_completed", "orchestrator", ActionType::Task),
    ("task_failed", "orchestrator", ActionType::Task),
    ("task_status_changed", "orchestrator", ActionType::Task),
    ("manual_task_created", "orchestrator", ActionType::Task),
    ("ralph_iteration", "ralph", ActionType::Task),
    ("file_operation", "orchestrator", ActionType::File),
    ("error", "system", ActionType::Error),
    ("authentication", "mcp", ActionType::Auth),
    ("api_key_validation", "mcp", ActionType::Auth),
    ("access_attempt", "mcp", ActionType::Auth),
    ("performance_metric", "system", ActionType::Metric),
    ("health_check", "system", ActionType::Health),
    ("service_unavailable", "system", ActionType::Health),
    ("external_call", "orchestrator", ActionType::External),
    ("database_operation", "mcp", ActionType::External),
    (RETRY, "orchestrator", ActionType::External),
    ("fallback", "orchestrator", ActionType::External),
    ("business_operation", "mcp", ActionType::Provider),
    ("payment", "mcp", ActionType::Provider),
    ("customer_creation", "mcp", ActionType::Provider),
    ("data_change", "mcp", ActionType::Change),
    ("emergency_stop", "system", ActionType::Stop),
    ("tool_call", "agent", ActionType::Tool),
    ("skill_call", "agent", ActionType::Skill),
    ("decision", "agent", ActionType::Decision),
    ("memory_operation", "agent", ActionType::Memory),
    ("persona_activity", "agent", ActionType::Persona),
    ("message", "agent", ActionType::Message),
    ("approval", "user", ActionType::Approval),
    ("session_event", "system", ActionType::Session),
    ("gap", "system", ActionType::Gap),
    ("alert", "system", ActionType::Alert),
    ("data_access", "user", ActionType::Access),
    ("config_change", "user", ActionType::Admin),
];

/// A failure that is tried again.
const RETRY: &str = "retry";

/// Who acts: what kind of actor that is, and what kind of event an unknown action of theirs is.
static ACTORS: &[(&str, ActorType, ActionType)] = &[
    ("mcp", ActorType::Service, ActionType::Mcp),
    ("social_mcp", ActorType::Service, ActionType::Mcp),
    ("odoo_mcp", ActorType::Service, ActionType::Mcp),
    ("claude", ActorType::Agent, ActionType::Model),
    ("agent", ActorType::Agent, ActionType::External),
    ("orchestrator", ActorType::Agent, ActionType::Task),
    ("ralph", ActorType::Agent, ActionType::Task),
    ("watcher", ActorType::Service, ActionType::Watcher),
    ("system", ActorType::System, ActionType::Health),
    ("user", ActorType::User, ActionType::Approval),
    ("human", ActorType::User, ActionType::Approval),
];

/// Details that have a home of their own, whatever the kind.
static DETAILS: &[Field] = &[
    field("severity", "severity", Form::Severity),
    field("duration_ms", "resources.duration_ms", Form::Number),
    field("model", "resources.model", Form::Text),
    field("tokens_input", "resources.tokens_input", Form::Count),
    field("tokens_output", "resources.tokens_output", Form::Count),
    field("cost_usd", "resources.cost_usd", Form::Number),
    field("error_type", "outcome.error.type", Form::Text),
    field("stack_trace", "outcome.error.stack", Form::Text),
    field("attempt", "action.attempt", Form::Count),
    field("ip_address", "origin.ip", Form::Text),
    field("user_id", "actor.id", Form::User),
];

/// Details that have another name here.
static RENAMED: &[(ActionType, &[Field])] = &[
    (
        ActionType::Mcp,
        &[
            field("service", "action.mcp.server", Form::Text),
            field("endpoint", "action.mcp.tool", Form::Text),
            field("data", "action.mcp.parameters", Form::Any),
            field("response", "outcome.result", Form::Any),
        ],
    ),
    (
        ActionType::Model,
        &[
            field("prompt_length", "action.model.prompt_chars", Form::Count),
            field("response_length", "action.model.response_chars", Form::Count),
        ],
    ),
    (
        ActionType::Change,
        &[
            field("resource_type", "change.resource_type", Form::Text),
            field("resource_id", "change.resource_id", Form::Text),
            field("before", "change.before", Form::Any),
            field("after", "change.after", Form::Any),
        ],
    ),
    (ActionType::Provider, &[field("name", "action.provider.name", Form::Text)]),
];

static RESULT: Field = field("result", "outcome.result", Form::Any);

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut text = |name: &'static str| match record.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::Text(text)) => Some(text.as_str()),
        Some(other) => {
            problems.push(misfit(&Pointer::ROOT.member(name), "a string", other));
            None
        }
    };
    let (word, actor) = (text("action"), text("actor"));
    if word.is_none() && problems.is_empty() {
        let place = Pointer::ROOT.member("action");
        problems.push(Problem::new(place, "is missing", "as in mcp_call, claude_request, error"));
    }
    let who = ACTORS.iter().find(|(name, ..)| Some(*name) == actor);
    let known = ACTIONS.iter().find(|(name, ..)| Some(*name) == word);
    let habit = who.map_or(ActionType::External, |(.., kind)| *kind);
    let kind = known.map_or(habit, |(.., kind)| *kind);
    let mut draft = Draft::new(kind, word.unwrap_or_default());
    if let Some(actor) = actor {
        let kind = who.map_or(ActorType::Agent, |(_, kind, _)| *kind);
        draft.set("actor.type", kind);
        if kind != ActorType::User {
            draft.set("agent.id", actor);
        }
    }
    read_fields(record, FIELDS, &mut draft, &mut problems);
    if word == Some(RETRY) && draft.at("/outcome/status") == Some(&Status::Failure.into()) {
        draft.set("outcome.status", Status::Retry);
    }
    match record.get("details") {
        None | Some(Value::Null) => {}
        Some(Value::Object(details)) => read_details(details, kind, &mut draft),
        Some(other) => problems.push(misfit(&Pointer::ROOT.member("details"), "an object", other)),
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

/// Details have no fixed shape: what fits no home stands in the kind's own object.
fn read_details(details: &Object, kind: ActionType, draft: &mut Draft) {
    let mut rest = details.clone();
    for field in fields_of(kind) {
        if read_if_fits(details, field, draft) {
            rest.remove(field.name);
        }
    }
    // The provider's name is shown to everybody, so it is a name or it stays with the dialect.
    if kind == ActionType::Provider {
        rest.remove("name");
    }
    for (name, value) in rest {
        if lookup(draft.object(), &format!("action.{kind}.{name}")).is_none() {
            draft.object_mut().insert_at(&["action", kind.as_str(), &name], value);
        }
    }
    if let Some(endpoint) = details.str("endpoint").filter(|_| kind == ActionType::Mcp) {
        draft.set("action.name", endpoint);
    }
}

fn write(event: &Object) -> Object {
    let action = event.object("action").cloned().unwrap_or_default();
    let kind = action.str("type").and_then(ActionType::parse).unwrap_or(ActionType::External);
    let mut rows = ACTIONS.iter().filter(|(.., of)| *of == kind);
    let named = rows.clone().find(|(word, ..)| action.str("name") == Some(*word));
    let (word, usual, _) =
        named.or(rows.next()).copied().unwrap_or(("system_event", "system", kind));
    let mut record = write_fields(event, FIELDS);
    let actor = event.object("actor").and_then(|actor| actor.str("type"));
    let person = (actor == Some(ActorType::User.as_str())).then_some("user");
    let agent = event.object("agent").and_then(|agent| agent.str("id"));
    record.insert("actor", agent.or(person).or(actor).unwrap_or(usual));
    record.insert("action", word);
    let mut details = action.object(kind.as_str()).cloned().unwrap_or_default();
    for field in fields_of(kind) {
        let inside = field.path.strip_prefix("action.").and_then(|path| path.split_once('.'));
        if let Some((_, renamed)) = inside {
            details.remove(renamed);
        }
    }
    for (name, value) in write_fields(event, &fields_of(kind).copied().collect::<Vec<_>>()) {
        details.insert(name, value);
    }
    record.insert("details", details);
    record
}

fn fields_of(kind: ActionType) -> impl Iterator<Item = &'static Field> {
    let own = RENAMED.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, fields)| *fields);
    let result = Some(&RESULT).filter(|_| kind != ActionType::Mcp);
    own.iter().chain(result).chain(DETAILS)
}
