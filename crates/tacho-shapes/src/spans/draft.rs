//! Given the fields of a span or an event, gives its draft.

use tacho_event::{ActionType, Draft, Severity, Status};
use tracing_core::{Level, Metadata};

use super::fields::Fields;

/// Fields that say what a span is, and the kind.
const KINDS: &[(&str, ActionType)] = &[
    ("mcp_tool", ActionType::Mcp),
    ("tool", ActionType::Tool),
    ("skill", ActionType::Skill),
    ("model", ActionType::Model),
    ("external", ActionType::External),
    ("provider", ActionType::Provider),
    ("memory", ActionType::Memory),
];

/// Fields that have a home of their own, whatever the kind.
const HOMES: &[(&str, &str)] = &[
    ("call_id", "action.call_id"),
    ("tokens_input", "resources.tokens_input"),
    ("tokens_output", "resources.tokens_output"),
    ("cost_usd", "resources.cost_usd"),
    ("permission_level", "security.permission_level"),
    ("error_message", "outcome.error.message"),
    ("result", "outcome.result"),
    ("gen_ai_usage_input_tokens", "resources.tokens_input"),
    ("gen_ai_usage_output_tokens", "resources.tokens_output"),
];

/// The draft of an event inside spans.
pub(super) fn of_event(metadata: &Metadata<'_>, mut fields: Fields) -> Draft {
    let message = fields.take_text("message").unwrap_or_default();
    let severity = severity(*metadata.level());
    let draft = if severity == Severity::Error {
        let kind = fields.take_text("error_type").unwrap_or_else(|| "error".to_owned());
        Draft::error(&kind, &message)
    } else {
        Draft::message("notification", message)
    };
    let draft = draft.severity(severity).source("tracing").metadata("target", metadata.target());
    with_fields(draft, fields, "parameters")
}

/// The draft of a span that ended; none if nothing says what it is.
pub(super) fn of_span(metadata: &Metadata<'_>, mut fields: Fields, is_task: bool) -> Option<Draft> {
    let named = KINDS.iter().find(|(field, _)| fields.values.get(field).is_some());
    let draft = match named {
        Some((field, kind)) => {
            let name = fields.take_text(field)?;
            let operation = fields.take_text("operation");
            span_draft(*kind, &name, operation.as_deref(), &mut fields)
        }
        None if is_task => {
            Draft::task(metadata.name(), "completed").with("action.name", metadata.name())
        }
        None => return None,
    };
    let failed = fields.values.get("error_type").is_some() || fields.values.get("error").is_some();
    let said = fields.take_text("status").as_deref().and_then(Status::parse);
    let status = said.unwrap_or(if failed { Status::Failure } else { Status::Success });
    let error = fields.take_text("error").filter(|_| fields.values.get("error_message").is_none());
    let draft = draft
        .status(status)
        .source("tracing")
        .with_some("outcome.error.type", fields.take_text("error_type"))
        .with_some("outcome.error.message", error);
    Some(with_fields(draft, fields, "parameters"))
}

fn span_draft(kind: ActionType, name: &str, operation: Option<&str>, fields: &mut Fields) -> Draft {
    match kind {
        ActionType::Tool => Draft::tool(name),
        ActionType::Skill => Draft::skill(name, operation.unwrap_or("call")),
        ActionType::Model => Draft::model_call(operation.unwrap_or("chat")).model(name),
        ActionType::External => Draft::external(name, operation.unwrap_or_default()),
        ActionType::Provider => Draft::provider(name, operation.unwrap_or("call")),
        ActionType::Memory => Draft::memory(&name.to_ascii_uppercase()),
        ActionType::Mcp => {
            let server = fields.take_text("mcp_server").unwrap_or_default();
            Draft::mcp(&server, name)
        }
        other => Draft::new(other, name),
    }
}

fn with_fields(mut draft: Draft, mut fields: Fields, rest: &str) -> Draft {
    for (path, value) in std::mem::take(&mut fields.context) {
        if path == "actor.id" {
            draft.set("actor.type", tacho_event::ActorType::User);
        }
        draft.set(path, value);
    }
    for (field, path) in HOMES {
        if let Some(value) = fields.values.remove(field) {
            draft.set(path, value);
        }
    }
    if fields.dropped > 0 {
        fields.values.insert("fields_dropped", fields.dropped);
    }
    if fields.values.is_empty() { draft } else { draft.detail(rest, fields.values) }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warning,
        Level::INFO => Severity::Info,
        _ => Severity::Debug,
    }
}
