//! The native dialect: seed 002's log entry, and every member that events have beyond it.
//!
//! ```json
//! {"id": "550e8400-e29b-41d4-a716-446655440000", "timestamp": "2025-01-02T10:30:15.123Z",
//!  "agent": {"id": "ops/release-manager", "session_id": "abc123"},
//!  "action": {"type": "tool", "name": "Bash",
//!             "tool": {"name": "Bash", "parameters": {"command": "git log"}}},
//!  "outcome": {"status": "success"}, "resources": {"duration_ms": 234}}
//! ```
//!
//! Members that no event has are moved from where they stand to the same place below
//! `metadata.agent`. Ours is not lenient: wrong kinds and words stay, for the check to name them.

use super::Dialect;
use super::remainder::ABSENT;
use super::spelling::{Clock, write_time};
use crate::draft::Draft;
use crate::json::{Object, Pointer, Value};
use crate::problem::Problem;
use crate::shape::{EVENT, Kind, Member, member};
use crate::time::Timestamp;

pub(super) static AGENT: Dialect = Dialect {
    name: NAME,
    about: "the native log entry: agent, action, outcome, resources, security",
    known_by: "an object `action`",
    is: |record| record.object("action").is_some(),
    read,
    write,
};

const NAME: &str = "agent";

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    if let Some(metadata) = record.get("metadata")
        && !matches!(metadata, Value::Null | Value::Object(_))
    {
        let what = format!("must be an object, not {}", metadata.kind());
        let hint = "a client's own members stand inside it";
        return Err(vec![Problem::new(Pointer::ROOT.member("metadata"), what, hint)]);
    }
    let mut event = record.clone();
    keep_known(&mut event, EVENT);
    take_own(&mut event);
    if let Some(time) = event.str("timestamp").and_then(Timestamp::parse) {
        event.insert("timestamp", time.to_string());
    }
    Ok(Draft::from_object(event))
}

/// Takes out what the closed levels of an event do not have; `null` and a group of nothing are the
/// same as nothing.
fn keep_known(object: &mut Object, members: &'static [Member]) {
    object.retain(|name, value| match (member(members, name).map(|row| &row.kind), value) {
        (None, _) | (_, Value::Null) => false,
        (Some(Kind::Group(inner)), Value::Object(group)) => {
            keep_known(group, inner);
            !group.is_empty()
        }
        _ => true,
    });
}

fn write(event: &Object) -> Object {
    let mut record = event.clone();
    take_own(&mut record);
    if record.object("metadata").is_some_and(Object::is_empty) {
        record.remove("metadata");
    }
    if let Some(time) = record.str("timestamp").and_then(Timestamp::parse) {
        record.insert("timestamp", write_time(time, Clock::Millis));
    }
    record
}

/// Takes out what stands where this dialect keeps its own.
fn take_own(event: &mut Object) {
    let Some(metadata) = event.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    metadata.remove(NAME);
    if let Some(absent) = metadata.get_mut(ABSENT).and_then(Value::as_object_mut) {
        absent.remove(NAME);
    }
}
