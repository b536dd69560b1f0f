//! What Gemini CLI tells its hooks: other event names, the time, and no id of a call.
//!
//! ```json
//! {"session_id": "s", "transcript_path": "...", "cwd": "...", "hook_event_name": "AfterTool",
//!  "timestamp": "2026-08-21T10:00:00.000Z", "tool_name": "run_shell_command",
//!  "tool_input": {"command": "ls"}, "tool_response": {"llmContent": "a.txt"}}
//! ```

use super::Dialect;
use super::field::Field;
use super::hook::{self, Call, Clock, Clocking, Form, Moment, Row, Spelling, at, row};
use crate::json::Object;

pub(super) static GEMINI: Dialect = Dialect {
    name: "gemini",
    about: "the hooks of Gemini CLI",
    known_by: "`hook_event_name`, `timestamp` and `transcript_path`",
    is,
    read: |record| hook::read(record, &SPELLING),
    write: |event| hook::write(event, &SPELLING),
};

pub(super) fn is(record: &Object) -> bool {
    let own = ["BeforeTool", "AfterTool", "BeforeAgent", "AfterAgent", "PreCompress"];
    let event = record.str("hook_event_name");
    let dated = ["timestamp", "transcript_path"].iter().all(|name| record.get(name).is_some());
    event.is_some_and(|event| dated || own.contains(&event) || event.ends_with("Model"))
        && record.get("session_id").is_some()
        && !super::cursor::is(record)
}

static SPELLING: Spelling = Spelling {
    host: "gemini",
    event: "hook_event_name",
    base: BASE,
    time: Some(("timestamp", Clocking::Text(Clock::Millis))),
    call: Call {
        name: "tool_name",
        input: "tool_input",
        id: "",
        response: "tool_response",
        error: "error",
    },
    subagent: "",
    judges: true,
    rows: ROWS,
};

static BASE: &[Field] = &[at("session_id", "agent.session_id", Form::Text)];

const REASON: &str = "action.session.reason";

static ROWS: &[Row] = &[
    row("BeforeTool", Moment::Intent, &[]),
    row("AfterTool", Moment::Result, &[]),
    row("BeforeAgent", Moment::Message("user"), &[at("prompt", "action.message.text", Form::Any)]),
    row(
        "AfterAgent",
        Moment::Session("stop"),
        &[at("prompt_response", "outcome.result", Form::Any)],
    ),
    row("BeforeModel", Moment::Session("model_request"), &[]),
    row("BeforeToolSelection", Moment::Session("tool_selection"), &[]),
    row("AfterModel", Moment::Session("model_response"), &[]),
    row("SessionStart", Moment::Session("start"), &[at("source", REASON, Form::Text)]),
    row("SessionEnd", Moment::Session("end"), &[at("reason", REASON, Form::Text)]),
    row(
        "Notification",
        Moment::Message("notification"),
        &[at("message", "action.message.text", Form::Any)],
    ),
    row("PreCompress", Moment::Session("compact_start"), &[at("trigger", REASON, Form::Text)]),
];
