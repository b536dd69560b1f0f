//! What Codex CLI tells its hooks: the shape of Claude Code, with a turn and the model.
//!
//! ```json
//! {"session_id": "0199", "turn_id": "3", "transcript_path": null, "cwd": "...",
//!  "hook_event_name": "PostToolUse", "model": "gpt-5-codex", "permission_mode": "default",
//!  "tool_name": "shell", "tool_input": {"command": ["ls"]}, "tool_response": "Exit code: 0\n",
//!  "tool_use_id": "call_1"}
//! ```
//!
//! No event says that a call failed: the answer does. A subagent's payload has the session of its
//! root and a transcript of its own, whose name stands for the subagent.

use super::Dialect;
use super::claude_code::{CALL, ROWS};
use super::field::Field;
use super::hook::{self, Form, Spelling, at};
use crate::draft::Draft;
use crate::json::Object;
use crate::problem::Problem;

pub(super) static CODEX: Dialect = Dialect {
    name: "codex",
    about: "the hooks of Codex CLI",
    known_by: "`hook_event_name` and `turn_id`, or a transcript below `.codex`",
    is,
    read,
    write: |event| hook::write(event, &SPELLING),
};

pub(super) fn is(record: &Object) -> bool {
    let transcript = record.str("transcript_path").unwrap_or_default();
    let turn = record.get("turn_id").is_some();
    record.str("hook_event_name").is_some()
        && record.get("session_id").is_some()
        && !super::cursor::is(record)
        && (turn || transcript.contains("/.codex/"))
}

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let mut draft = hook::read(record, &SPELLING)?;
    let session = record.str("session_id").unwrap_or_default();
    let transcript = record.str("transcript_path").and_then(|path| path.rsplit('/').next());
    let other = transcript.filter(|name| !name.contains(session));
    if let Some(name) = other.filter(|_| record.get("agent_id").is_none()) {
        draft.set("agent.id", name.trim_end_matches(".jsonl"));
        draft.set("agent.parent_id", hook::MAIN);
    }
    Ok(draft)
}

static SPELLING: Spelling = Spelling {
    host: "codex",
    event: "hook_event_name",
    base: BASE,
    time: None,
    call: CALL,
    subagent: "agent_id",
    judges: true,
    rows: ROWS,
};

static BASE: &[Field] = &[
    at("session_id", "agent.session_id", Form::Text),
    at("turn_id", "agent.conversation_id", Form::Text),
    at("agent_type", "agent.type", Form::Text),
    at("permission_mode", "security.permission_level", Form::Text),
    at("model", "resources.model", Form::Text),
];
