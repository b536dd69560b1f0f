//! What Goose tells its hooks: the events of Claude Code under `event`.
//!
//! ```json
//! {"event": "PreToolUse", "session_id": "20261114_1", "tool_name": "developer__shell",
//!  "tool_input": {"command": "ls"}, "working_dir": "..."}
//! ```

use super::Dialect;
use super::claude_code::{CALL, ROWS};
use super::field::Field;
use super::hook::{self, Form, Spelling, at};
use crate::json::Object;

pub(super) static GOOSE: Dialect = Dialect {
    name: "goose",
    about: "the hooks of Goose",
    known_by: "a text `event` and `session_id`, without `hook_event_name`",
    is,
    read: |record| hook::read(record, &SPELLING),
    write: |event| hook::write(event, &SPELLING),
};

fn is(record: &Object) -> bool {
    let starts_high = |event: &str| event.starts_with(|c: char| c.is_ascii_uppercase());
    record.str("event").is_some_and(starts_high)
        && record.get("session_id").is_some()
        && record.get("hook_event_name").is_none()
        && record.get("action").is_none()
}

static SPELLING: Spelling = Spelling {
    host: "goose",
    event: "event",
    base: BASE,
    time: None,
    call: CALL,
    subagent: "agent_id",
    judges: true,
    rows: ROWS,
};

static BASE: &[Field] = &[
    at("session_id", "agent.session_id", Form::Text),
    at("duration_ms", "resources.duration_ms", Form::Number),
];
