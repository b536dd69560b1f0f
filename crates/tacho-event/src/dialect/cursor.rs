//! What Cursor tells its hooks: events in camel case, members in snake case.
//!
//! ```json
//! {"conversation_id": "c", "generation_id": "g", "workspace_roots": ["..."], "model": "...",
//!  "cursor_version": "2.4.0", "hook_event_name": "beforeShellExecution", "command": "npm test",
//!  "cwd": "..."}
//! ```
//!
//! The conversation is the session, a generation the conversation's turn. The input and the result
//! of an MCP call are texts that hold JSON; they are kept as they came.

use super::Dialect;
use super::field::Field;
use super::hook::{self, Call, Form, Moment, Row, Spelling, at, row};
use crate::draft::Draft;
use crate::json::Object;
use crate::problem::Problem;

pub(super) static CURSOR: Dialect = Dialect {
    name: "cursor",
    about: "the hooks of Cursor",
    known_by: "`hook_event_name` with `cursor_version`, `generation_id` or `conversation_id`",
    is,
    read,
    write: |event| hook::write(event, &SPELLING),
};

pub(super) fn is(record: &Object) -> bool {
    let marks = ["cursor_version", "generation_id", "conversation_id"];
    record.str("hook_event_name").is_some() && marks.iter().any(|name| record.get(name).is_some())
}

static SPELLING: Spelling = Spelling {
    host: "cursor",
    event: "hook_event_name",
    base: BASE,
    time: None,
    call: Call {
        name: "tool_name",
        input: "tool_input",
        id: "tool_use_id",
        response: "tool_output",
        error: "error_message",
    },
    subagent: "subagent_id",
    judges: true,
    rows: ROWS,
};

static BASE: &[Field] = &[
    at("conversation_id", "agent.session_id", Form::Text),
    at("generation_id", "agent.conversation_id", Form::Text),
    at("model", "resources.model", Form::Text),
    at("duration", "resources.duration_ms", Form::Number),
    at("user_email", "actor.id", Form::User),
];

const TEXT: &str = "action.message.text";
const REASON: &str = "action.session.reason";

static ROWS: &[Row] = &[
    row("preToolUse", Moment::Intent, &[]),
    row("postToolUse", Moment::Result, &[]),
    row("postToolUseFailure", Moment::Failure, &[]),
    row("beforeShellExecution", Moment::Intent, &[]),
    row("afterShellExecution", Moment::Result, &[at("output", "outcome.result", Form::Any)]),
    row("beforeMCPExecution", Moment::Intent, &[]),
    row("afterMCPExecution", Moment::Result, &[at("result_json", "outcome.result", Form::Any)]),
    row("beforeReadFile", Moment::Intent, &[]),
    row("afterFileEdit", Moment::Result, &[]),
    row("beforeSubmitPrompt", Moment::Message("user"), &[at("prompt", TEXT, Form::Any)]),
    row("afterAgentResponse", Moment::Message("assistant"), &[at("text", TEXT, Form::Any)]),
    row("afterAgentThought", Moment::Message("thought"), &[at("text", TEXT, Form::Any)]),
    row("sessionStart", Moment::Session("start"), &[at("source", REASON, Form::Text)]),
    row("sessionEnd", Moment::Session("end"), &[at("reason", REASON, Form::Text)]),
    row("stop", Moment::Session("stop"), &[at("status", REASON, Form::Text)]),
    row("subagentStart", Moment::Session("subagent_start"), &[]),
    row("subagentStop", Moment::Session("subagent_stop"), &[at("status", REASON, Form::Text)]),
    row("preCompact", Moment::Session("compact_start"), &[at("trigger", REASON, Form::Text)]),
];

/// The events that stand for one tool name neither tool nor input: they are put where the others
/// have them.
static TOOLS: &[(&str, &str, &[&str])] = &[
    ("beforeShellExecution", "Shell", &["command"]),
    ("afterShellExecution", "Shell", &["command"]),
    ("beforeReadFile", "Read", &["file_path", "content", "attachments"]),
    ("afterFileEdit", "Edit", &["file_path", "edits"]),
];

fn read(record: &Object) -> Result<Draft, Vec<Problem>> {
    let event = record.str("hook_event_name").unwrap_or_default();
    let Some((_, tool, members)) = TOOLS.iter().find(|(name, _, _)| *name == event) else {
        return hook::read(record, &SPELLING);
    };
    let mut named = record.clone();
    let input: Object = members
        .iter()
        .filter_map(|name| Some((name.to_string(), record.get(name)?.clone())))
        .collect();
    named.insert("tool_name", *tool);
    named.insert("tool_input", input);
    hook::read(&named, &SPELLING)
}
