//! What GitHub Copilot tells its hooks, in both of its spellings: an event registered as
//! `PreToolUse` gets snake case, one registered as `preToolUse` gets camel case.
//!
//! ```json
//! {"hook_event_name": "PostToolUse", "session_id": "s", "timestamp": "2026-08-21T10:00:00.000Z",
//!  "cwd": "...", "tool_name": "Bash", "tool_input": {"command": "ls"},
//!  "tool_result": {"result_type": "success", "text_result_for_llm": "a.txt"}}
//! {"sessionId": "s", "timestamp": 1724234400000, "cwd": "...", "toolName": "bash",
//!  "toolArgs": {"command": "ls"}, "toolResult": {"resultType": "success", "textResultForLlm": ""}}
//! ```
//!
//! The camel case payload does not name its event: its members tell.

use super::Dialect;
use super::field::Field;
use super::hook::{self, Call, Clock, Clocking, Form, Moment, Row, Spelling, at, row};
use crate::draft::Draft;
use crate::json::Object;
use crate::problem::Problem;

pub(super) static COPILOT: Dialect = Dialect {
    name: "copilot",
    about: "the hooks of GitHub Copilot, in snake case",
    known_by: "`hook_event_name` and `timestamp`, without `transcript_path`",
    is,
    read: |record| hook::read(record, &SNAKE),
    write: |event| hook::write(event, &SNAKE),
};

pub(super) static COPILOT_CAMEL: Dialect = Dialect {
    name: "copilot_camel",
    about: "the hooks of GitHub Copilot, in camel case",
    known_by: "`sessionId` and a number `timestamp`",
    is: |record| {
        record.get("sessionId").is_some()
            && record.get("timestamp").is_some_and(|time| time.as_number().is_some())
    },
    read: read_camel,
    write: |event| hook::write(event, &CAMEL),
};

pub(super) fn is(record: &Object) -> bool {
    record.str("hook_event_name").is_some()
        && record.get("session_id").is_some()
        && (record.get("timestamp").is_some() || record.get("tool_result").is_some())
        && record.get("transcript_path").is_none()
        && !super::cursor::is(record)
        && !super::gemini::is(record)
}

static SNAKE: Spelling = Spelling {
    host: "copilot",
    event: "hook_event_name",
    base: &[at("session_id", SESSION, Form::Text)],
    time: Some(("timestamp", Clocking::Text(Clock::Millis))),
    call: Call {
        name: "tool_name",
        input: "tool_input",
        id: "",
        response: "tool_result",
        error: "error",
    },
    subagent: "",
    judges: true,
    rows: SNAKE_ROWS,
};

static CAMEL: Spelling = Spelling {
    host: "copilot_camel",
    event: EVENT,
    base: &[at("sessionId", SESSION, Form::Text)],
    time: Some(("timestamp", Clocking::Millis)),
    call: Call {
        name: "toolName",
        input: "toolArgs",
        id: "",
        response: "toolResult",
        error: "error",
    },
    subagent: "",
    judges: true,
    rows: CAMEL_ROWS,
};

const SESSION: &str = "agent.session_id";
const REASON: &str = "action.session.reason";
const TEXT: &str = "action.message.text";

/// The member by which a caller that knows the event may name it.
const EVENT: &str = "hookEventName";

static PROMPT: &[Field] = &[at("prompt", TEXT, Form::Any)];
static START: &[Field] = &[at("source", REASON, Form::Text)];
static END: &[Field] = &[at("reason", REASON, Form::Text)];
static TRIGGER: &[Field] = &[at("trigger", REASON, Form::Text)];
static NOTE: &[Field] = &[at("message", TEXT, Form::Any)];

static SNAKE_ROWS: &[Row] = &[
    row("PreToolUse", Moment::Intent, &[]),
    row("PostToolUse", Moment::Result, &[]),
    row("PostToolUseFailure", Moment::Failure, &[]),
    row("PermissionRequest", Moment::Asked, &[]),
    row("UserPromptSubmit", Moment::Message("user"), PROMPT),
    row("SessionStart", Moment::Session("start"), START),
    row("SessionEnd", Moment::Session("end"), END),
    row("Stop", Moment::Session("stop"), &[]),
    row("SubagentStart", Moment::Session("subagent_start"), &[]),
    row("SubagentStop", Moment::Session("subagent_stop"), &[]),
    row("PreCompact", Moment::Session("compact_start"), TRIGGER),
    row("ErrorOccurred", Moment::Error, &[]),
    row("Notification", Moment::Message("notification"), NOTE),
];

static CAMEL_ROWS: &[Row] = &[
    row("preToolUse", Moment::Intent, &[]),
    row("postToolUse", Moment::Result, &[]),
    row("postToolUseFailure", Moment::Failure, &[]),
    row("permissionRequest", Moment::Asked, &[]),
    row("userPromptSubmitted", Moment::Message("user"), PROMPT),
    row("userPromptTransformed", Moment::Message("user_expansion"), PROMPT),
    row("sessionStart", Moment::Session("start"), START),
    row("sessionEnd", Moment::Session("end"), END),
    row("agentStop", Moment::Session("stop"), &[]),
    row("subagentStart", Moment::Session("subagent_start"), &[]),
    row("subagentStop", Moment::Session("subagent_stop"), &[]),
    row("preCompact", Moment::Session("compact_start"), TRIGGER),
    row("errorOccurred", Moment::Error, &[]),
    row("notification", Moment::Message("notification"), NOTE),
];

fn read_camel(record: &Object) -> Result<Draft, Vec<Problem>> {
    if record.str(EVENT).is_some() {
        return hook::read(record, &CAMEL);
    }
    let mut named = record.clone();
    named.insert(EVENT, event_of(record));
    hook::read(&named, &CAMEL)
}

/// The event that has such members.
fn event_of(record: &Object) -> &'static str {
    let has = |name: &str| record.get(name).is_some();
    match () {
        () if has("toolName") && has("toolResult") => "postToolUse",
        () if has("toolName") && has("error") => "postToolUseFailure",
        () if has("toolName") => "preToolUse",
        () if has("prompt") => "userPromptSubmitted",
        () if has("error") => "errorOccurred",
        () if has("source") => "sessionStart",
        () if has("reason") => "sessionEnd",
        () if has("trigger") => "preCompact",
        () if has("message") => "notification",
        () => "unnamed",
    }
}
