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
    read: |record| read_native(record.clone()),
    write,
};

const NAME: &str = "agent";

/// The draft that a native record says, without a copy of it: the way for those who take in many.
pub fn read_native(record: Object) -> Result<Draft, Vec<Problem>> {
    let mut event = record;
    let mut kept = Object::new();
    match event.get("metadata") {
        None | Some(Value::Null) => {}
        Some(Value::Object(metadata)) if !metadata.is_empty() => {}
        Some(Value::Object(_)) => {
            kept.insert("metadata", Object::new());
        }
        Some(other) => {
            let what = format!("must be an object, not {}", other.kind());
            let hint = "a client's own members stand inside it";
            return Err(vec![Problem::new(Pointer::ROOT.member("metadata"), what, hint)]);
        }
    }
    take_unknown(&mut event, EVENT, &mut kept);
    let [own, absent] = take_own(&mut event);
    if let Some(own) = own {
        kept.insert_at(&["metadata", NAME], own);
    }
    if let Some(absent) = absent {
        kept.insert_at(&["metadata", ABSENT, NAME], absent);
    }
    if let Some(text) = event.str("timestamp")
        && let Some(time) = Timestamp::parse(text)
    {
        if write_time(time, Clock::Millis) != text {
            kept.insert("timestamp", text);
        }
        event.insert("timestamp", time.to_string());
    }
    if !kept.is_empty() {
        event.insert_at(&["metadata", NAME], kept);
    }
    Ok(Draft::from_object(event))
}

/// Moves what the closed levels of an event do not have to `kept`; `null` and a group of nothing
/// are the same as nothing.
fn take_unknown(object: &mut Object, members: &'static [Member], kept: &mut Object) {
    object.retain(|name, value| match (member(members, name).map(|row| &row.kind), &mut *value) {
        (None, _) | (_, Value::Null) => {
            kept.insert(name, std::mem::take(value));
            false
        }
        (Some(Kind::Group(inner)), Value::Object(group)) => {
            let was_empty = group.is_empty();
            let mut kept_inside = Object::new();
            take_unknown(group, inner, &mut kept_inside);
            if was_empty || !kept_inside.is_empty() {
                kept.insert(name, kept_inside);
            }
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
fn take_own(event: &mut Object) -> [Option<Value>; 2] {
    let Some(metadata) = event.get_mut("metadata").and_then(Value::as_object_mut) else {
        return [None, None];
    };
    let absent = metadata.get_mut(ABSENT).and_then(Value::as_object_mut);
    let absent = absent.and_then(|absent| absent.remove(NAME));
    [metadata.remove(NAME), absent]
}
