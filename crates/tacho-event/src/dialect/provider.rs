//! Seed 004's rows: what was done at a provider, and what changed.
//!
//! ```json
//! {"id": "550e8400-e29b-41d4-a716-446655440000", "tenant_id": "123e4567-e89b-12d3-a456-426614174000",
//!  "action_type": "crm_create", "provider_name": "hubspot", "request_payload": {"firstname": "John"},
//!  "response_data": {"id": "12345"}, "status": "success", "error_message": null,
//!  "execution_time_ms": 245, "metadata": {}, "created_at": "2024-01-15T10:30:00Z",
//!  "updated_at": "2024-01-15T10:30:00Z"}
//! {"id": "660e8400-e29b-41d4-a716-446655440001", "tenant_id": "123e4567-e89b-12d3-a456-426614174000",
//!  "action": "update", "resource_type": "tenant", "resource_id": "123e4567-e89b-12d3-a456-426614174000",
//!  "user_id": "admin@example.com", "changes": {"before": {"name": "a"}, "after": {"name": "b"}},
//!  "ip_address": "192.168.1.100", "created_at": "2024-01-15T10:35:00Z"}
//! ```
//!
//! The first is a row of `action_logs`, the second of `audit_logs`. Lists of the API leave the
//! payloads out, which makes no other dialect.

use super::Dialect;
use super::field::{Field, Form, field, read_fields, read_if_fits, write_fields};
use super::spelling::Clock;
use crate::draft::Draft;
use crate::json::Object;
use crate::problem::Problem;
use crate::words::ActionType;

pub(super) static PROVIDER: Dialect = Dialect {
    name: "provider",
    about: "rows of action_logs and audit_logs: provider operations and changed resources",
    known_by: "`action_type` and `provider_name`, or `action`, `resource_type` and `resource_id`",
    is: |record| is_action(record) || is_change(record),
    read,
    write,
};

/// The action types that the adapter names; others are welcome, as it counts 26 and lists 24.
pub static ACTION_TYPES: &[&str] = &[
    "crm_create",
    "crm_update",
    "crm_delete",
    "crm_get",
    "crm_list",
    "crm_search",
    "helpdesk_create_ticket",
    "helpdesk_update_ticket",
    "helpdesk_get_ticket",
    "helpdesk_list_tickets",
    "helpdesk_add_comment",
    "calendar_create_event",
    "calendar_update_event",
    "calendar_delete_event",
    "calendar_get_event",
    "calendar_list_events",
    "email_send",
    "email_get",
    "email_list",
    "email_search",
    "knowledge_store",
    "knowledge_search",
    "knowledge_get",
    "knowledge_delete",
];

/// A row of `action_logs`.
static ACTION: &[Field] = &[
    field("id", "id", Form::Id),
    field("tenant_id", "tenant", Form::Tenant),
    field("action_type", "action.name", Form::Text).required(),
    field("provider_name", "action.provider.name", Form::Text).required(),
    field("request_payload", "action.provider.request", Form::Any),
    field("response_data", "action.provider.response", Form::Any),
    field("status", "outcome.status", Form::Status),
    field("error_message", "outcome.error.message", Form::Text).or_null(),
    field("execution_time_ms", "resources.duration_ms", Form::Number),
    field("created_at", "timestamp", Form::Time(Clock::Seconds)),
];

/// A row of `audit_logs`.
static CHANGE: &[Field] = &[
    field("id", "id", Form::Id),
    field("tenant_id", "tenant", Form::Tenant),
    field("action", "action.name", Form::Text).required(),
    field("resource_type", "change.resource_type", Form::Text).required(),
    field("resource_id", "change.resource_id", Form::Text).required(),
    field("user_id", "actor.id", Form::User),
    field("ip_address", "origin.ip", Form::Text),
    field("user_agent", "origin.user_agent", Form::Text),
    field("created_at", "timestamp", Form::Time(Clock::Seconds)),
];

/// What stands in the column `changes`.
static VALUES: &[Field] =
    &[field("before", "change.before", Form::Any), field("after", "change.after", Form::Any)];

fn is_action(record: &Object) -> bool {
    ["action_type", "provider_name"].iter().all(|name| record.get(name).is_some())
}

fn is_change(record: &Object) -> bool {
    ["action", "resource_type", "resource_id"].iter().all(|name| record.get(name).is_some())
}

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let mut problems = Vec::new();
    let kind = if is_change(record) { ActionType::Change } else { ActionType::Provider };
    let mut draft = Draft::default().with("action.type", kind);
    if kind == ActionType::Provider {
        read_fields(record, ACTION, &mut draft, &mut problems);
    } else {
        read_fields(record, CHANGE, &mut draft, &mut problems);
        // The column may hold anything; what is no before and after is kept as it is.
        if let Some(changes) = record.object("changes") {
            for field in VALUES {
                read_if_fits(changes, field, &mut draft);
            }
        }
    }
    if problems.is_empty() { Ok(draft) } else { Err(problems) }
}

fn write(event: &Object) -> Object {
    let action = event.object("action");
    let kind = action.and_then(|action| action.str("type"));
    if kind != Some(ActionType::Change.as_str()) {
        return write_action(event, action, kind);
    }
    let mut record = write_fields(event, CHANGE);
    let changes = write_fields(event, VALUES);
    if !changes.is_empty() {
        record.insert("changes", changes);
    }
    record
}

/// A row of `action_logs` for any event: what is no provider's operation stands under its kind.
fn write_action(event: &Object, action: Option<&Object>, kind: Option<&str>) -> Object {
    let mut record = write_fields(event, ACTION);
    if let Some(kind) = kind.filter(|kind| *kind != ActionType::Provider.as_str()) {
        record.insert("provider_name", kind);
        record.insert("request_payload", action.and_then(|action| action.get(kind)).cloned());
    }
    let result = event.object("outcome").and_then(|outcome| outcome.get("result"));
    if let Some(result) = result.filter(|_| record.get("response_data").is_none()) {
        record.insert("response_data", result.clone());
    }
    record
}
