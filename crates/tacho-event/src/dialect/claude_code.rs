//! What Claude Code tells its hooks; OpenHands and Qwen Code speak the same.
//!
//! ```json
//! {"session_id": "abc123", "transcript_path": "...", "cwd": "...", "permission_mode": "default",
//!  "hook_event_name": "PostToolUse", "tool_name": "Write", "tool_input": {"file_path": "..."},
//!  "tool_response": {"success": true}, "tool_use_id": "toolu_01ABC123", "duration_ms": 12}
//! ```
//!
//! Its events come and go with its releases: those without a row are kept under their own name.

use super::Dialect;
use super::field::Field;
use super::hook::{self, Call, Form, Moment, Row, Spelling, at, row};
use crate::json::Object;

pub(super) static CLAUDE_CODE: Dialect = Dialect {
    name: "claude_code",
    about: "the hooks of Claude Code, and of hosts that speak as it does",
    known_by: "`hook_event_name` and `session_id`, and no mark of another host",
    is,
    read: |record| hook::read(record, &SPELLING),
    write: |event| hook::write(event, &SPELLING),
};

fn is(record: &Object) -> bool {
    record.str("hook_event_name").is_some()
        && record.get("session_id").is_some()
        && !super::codex::is(record)
        && !super::cursor::is(record)
        && !super::copilot::is(record)
        && !super::gemini::is(record)
}

static SPELLING: Spelling = Spelling {
    host: "claude_code",
    event: "hook_event_name",
    base: BASE,
    time: None,
    call: CALL,
    subagent: "agent_id",
    judges: false,
    rows: ROWS,
};

pub(super) const CALL: Call = Call {
    name: "tool_name",
    input: "tool_input",
    id: "tool_use_id",
    response: "tool_response",
    error: "error",
};

static BASE: &[Field] = &[
    at("session_id", "agent.session_id", Form::Text),
    at("prompt_id", "agent.conversation_id", Form::Text),
    at("agent_type", "agent.type", Form::Text),
    at("permission_mode", "security.permission_level", Form::Text),
    at("duration_ms", "resources.duration_ms", Form::Number),
    at("model", "resources.model", Form::Text),
];

const REASON: &str = "action.session.reason";
const SAID: &str = "outcome.result";

pub(super) static ROWS: &[Row] = &[
    row("PreToolUse", Moment::Intent, &[]),
    row("PostToolUse", Moment::Result, &[]),
    row("PostToolUseFailure", Moment::Failure, &[]),
    row("PostToolBatch", Moment::Session("tool_batch"), &[at("tool_calls", SAID, Form::Any)]),
    row("PermissionRequest", Moment::Asked, &[]),
    row("PermissionDenied", Moment::Refused, &[at("reason", "action.approval.reason", Form::Text)]),
    row(
        "UserPromptSubmit",
        Moment::Message("user"),
        &[at("prompt", "action.message.text", Form::Any)],
    ),
    row(
        "UserPromptExpansion",
        Moment::Message("user_expansion"),
        &[at("prompt", "action.message.text", Form::Any)],
    ),
    row(
        "MessageDisplay",
        Moment::Message("assistant"),
        &[at("message", "action.message.text", Form::Any)],
    ),
    row(
        "Notification",
        Moment::Message("notification"),
        &[at("message", "action.message.text", Form::Any)],
    ),
    row("SessionStart", Moment::Session("start"), &[at("source", REASON, Form::Text)]),
    row("SessionEnd", Moment::Session("end"), &[at("reason", REASON, Form::Text)]),
    row("Setup", Moment::Session("setup"), &[at("trigger", REASON, Form::Text)]),
    row("Stop", Moment::Session("stop"), &[at("last_assistant_message", SAID, Form::Any)]),
    row(
        "StopFailure",
        Moment::Error,
        &[
            at("error_details", "outcome.error.message", Form::Text),
            at("last_assistant_message", SAID, Form::Any),
        ],
    ),
    row("SubagentStart", Moment::Session("subagent_start"), &[]),
    row(
        "SubagentStop",
        Moment::Session("subagent_stop"),
        &[at("last_assistant_message", SAID, Form::Any)],
    ),
    row("PreCompact", Moment::Session("compact_start"), &[at("trigger", REASON, Form::Text)]),
    row(
        "PostCompact",
        Moment::Session("compact"),
        &[at("trigger", REASON, Form::Text), at("compact_summary", SAID, Form::Any)],
    ),
    row(
        "PreModelSwitch",
        Moment::Session("model_switch_start"),
        &[at("to_model", "resources.model", Form::Text), at("source", REASON, Form::Text)],
    ),
    row(
        "PostModelSwitch",
        Moment::Session("model_switch"),
        &[at("to_model", "resources.model", Form::Text), at("source", REASON, Form::Text)],
    ),
    row("TeammateIdle", Moment::Session("teammate_idle"), &[]),
    row("TaskCreated", Moment::Task("created"), TASK),
    row("TaskCompleted", Moment::Task("completed"), TASK),
    row(
        "Elicitation",
        Moment::Question("mcp_server_name"),
        &[at("message", "action.approval.subject", Form::Any)],
    ),
    row(
        "ElicitationResult",
        Moment::Question("mcp_server_name"),
        &[at("action", "action.approval.reason", Form::Text)],
    ),
    row(
        "ConfigChange",
        Moment::Setting,
        &[
            at("source", "action.admin.setting", Form::Text),
            at("file_path", "action.admin.after", Form::Any),
        ],
    ),
    row("FileChanged", Moment::File, &[at("file_path", "action.file.path", Form::Text)]),
    row(
        "InstructionsLoaded",
        Moment::Session("instructions_loaded"),
        &[at("load_reason", REASON, Form::Text)],
    ),
    row("WorktreeCreate", Moment::Session("worktree_create"), &[]),
    row("WorktreeRemove", Moment::Session("worktree_remove"), &[]),
    row("CwdChanged", Moment::Session("cwd_changed"), &[]),
    row("DirectoryAdded", Moment::Session("directory_added"), &[]),
];

static TASK: &[Field] = &[
    at("task_id", "action.task.id", Form::Text),
    at("task_subject", "action.task.parameters", Form::Any),
];
