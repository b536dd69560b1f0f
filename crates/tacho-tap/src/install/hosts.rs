//! What each host reads: given a host and a scope, gives its settings file, and the entries its
//! own documentation asks for: event names, shape, and the unit of time.
//!
//! | host | file of a user | an entry |
//! |---|---|---|
//! | Claude Code | `~/.claude/settings.json` | `{"hooks": [{"type", "command", "args", "timeout"}]}` |
//! | Codex | `~/.codex/hooks.json` | `{"hooks": [{"type", "command", "timeout"}]}` |
//! | Cursor | `~/.cursor/hooks.json` | `{"command", "timeout"}` |
//! | Copilot | `~/.copilot/hooks/tachograph.json` | `{"type", "bash", "powershell", "timeoutSec"}` |
//! | Gemini | `~/.gemini/settings.json` | as Codex, in milliseconds |
//! | Qwen | `~/.qwen/settings.json` | as Codex, without a timeout |
//! | OpenHands | `.openhands/hooks.json` of a project | as Codex |
//! | Goose | `~/.agents/plugins/tachograph/hooks/hooks.json` | as Codex |
//!
//! Codex reads hooks from `config.toml` too; `hooks.json` beside it is the same layer, so no TOML
//! is edited. Qwen has counted timeouts in milliseconds and, in other releases, in seconds: its
//! default of a minute is right in both, and the hook ends itself long before.

use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::install::command::{Quoting, json_string};
use crate::install::edit::Wanted;
use crate::install::{Mode, Places, Scope};

/// How long a host waits for a hook. The hook ends itself in a fraction of it.
const TIMEOUT_S: u32 = 5;

/// What is particular to a host.
pub(crate) struct Row {
    /// Its events, under its own names.
    pub(crate) events: &'static [&'static str],
    /// The event before a call, which can be denied.
    intent: &'static str,
    form: Form,
    /// Whether `$NAME` in its settings is replaced before a shell sees it.
    pub(crate) expands_dollar: bool,
    /// What must be done by a person before the hooks run.
    pub(crate) afterwards: &'static str,
}

/// The shape of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Groups of handlers, a program and its arguments apart: no shell.
    Exec,
    /// Groups of handlers with one line for a shell; the timeout, if it is given.
    Shell(Option<u32>),
    /// Handlers without groups.
    Flat,
    /// Handlers without groups, one line for each of two shells.
    TwoShells,
}

/// The row of a host.
pub(crate) fn row(host: Host) -> Row {
    let (events, intent, form, expands_dollar, afterwards) = match host {
        Host::ClaudeCode => (CLAUDE_CODE, "PreToolUse", Form::Exec, true, ""),
        Host::Codex => (CODEX, "PreToolUse", Form::Shell(Some(TIMEOUT_S)), false, CODEX_TRUST),
        Host::Cursor => (CURSOR, "preToolUse", Form::Flat, false, ""),
        Host::Copilot => (COPILOT, "PreToolUse", Form::TwoShells, false, ""),
        Host::Gemini => (GEMINI, "BeforeTool", Form::Shell(Some(TIMEOUT_S * 1000)), true, ""),
        Host::OpenHands => (OPENHANDS, "PreToolUse", Form::Shell(Some(TIMEOUT_S)), false, ""),
        Host::Qwen => (QWEN, "PreToolUse", Form::Shell(None), true, ""),
        Host::Goose => (GOOSE, "PreToolUse", Form::Shell(Some(TIMEOUT_S)), true, ""),
    };
    Row { events, intent, form, expands_dollar, afterwards }
}

const CODEX_TRUST: &str = "Codex runs new hooks only after you trust them: type /hooks in Codex \
    once. The entries stay the same across versions, so once is enough.";

const CLAUDE_CODE: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionRequest",
    "PermissionDenied",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "StopFailure",
    "PreCompact",
    "PostCompact",
    "PostModelSwitch",
    "ConfigChange",
];

const CODEX: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PreCompact",
    "PostCompact",
    "SubagentStart",
    "SubagentStop",
    "Stop",
];

// The general pair for tools, never together with the particular ones: a call would count twice.
const CURSOR: &[&str] = &[
    "sessionStart",
    "sessionEnd",
    "beforeSubmitPrompt",
    "preToolUse",
    "postToolUse",
    "postToolUseFailure",
    "afterAgentResponse",
    "subagentStart",
    "subagentStop",
    "preCompact",
    "stop",
];

// In Pascal case, for which it sends Claude's names of members and tools.
const COPILOT: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionRequest",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "ErrorOccurred",
    "PreCompact",
];

// Without `AfterModel`, which comes once per piece of an answer.
const GEMINI: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "BeforeAgent",
    "AfterAgent",
    "BeforeTool",
    "AfterTool",
    "Notification",
    "PreCompress",
];

const OPENHANDS: &[&str] =
    &["SessionStart", "SessionEnd", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"];

const QWEN: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionRequest",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "PreCompact",
];

const GOOSE: &[&str] = &[
    "SessionStart",
    "SessionEnd",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "Stop",
];

/// The entries of a host that call this program.
pub(crate) fn wanted(host: Host, program: &str, mode: Mode) -> Wanted {
    let row = row(host);
    let entry = |event: &'static str| {
        let handler = row.form.handler(host, program, mode, event == row.intent);
        let flat = matches!(row.form, Form::Flat | Form::TwoShells);
        (event, if flat { handler } else { format!("{{\"hooks\": [{handler}]}}") })
    };
    Wanted {
        entries: row.events.iter().map(|event| entry(event)).collect(),
        version: matches!(row.form, Form::Flat | Form::TwoShells),
    }
}

impl Form {
    fn handler(self, host: Host, program: &str, mode: Mode, is_intent: bool) -> String {
        let words = words(host, mode);
        let line = json_string(&Quoting::of_machine().line(program, &words));
        // Where the host can be told to refuse the call if the hook itself breaks.
        let closed = match (mode == Mode::Enforce && is_intent, host) {
            (true, Host::ClaudeCode) => ", \"onFailure\": \"block\"",
            (true, Host::Goose) => ", \"on_failure\": \"block\"",
            _ => "",
        };
        match self {
            Form::Exec => {
                let args: Vec<String> = words.iter().map(|word| json_string(word)).collect();
                format!(
                    "{{\"type\": \"command\", \"command\": {}, \"args\": [{}], \
                     \"timeout\": {TIMEOUT_S}{closed}}}",
                    json_string(program),
                    args.join(", ")
                )
            }
            Form::Shell(timeout) => {
                let timeout = timeout.map_or(String::new(), |t| format!(", \"timeout\": {t}"));
                format!("{{\"type\": \"command\", \"command\": {line}{timeout}{closed}}}")
            }
            Form::Flat => format!("{{\"command\": {line}, \"timeout\": {TIMEOUT_S}}}"),
            Form::TwoShells => format!(
                "{{\"type\": \"command\", \"bash\": {}, \"powershell\": {}, \
                 \"timeoutSec\": {TIMEOUT_S}}}",
                json_string(&Quoting::Posix.line(program, &words)),
                json_string(&Quoting::PowerShell.line(program, &words)),
            ),
        }
    }
}

/// What follows the program: never more than this, so that trust once given lasts.
fn words(host: Host, mode: Mode) -> Vec<&'static str> {
    match mode {
        Mode::Observe => vec!["hook", host.as_str()],
        Mode::Enforce => vec!["hook", host.as_str(), "--mode", "enforce"],
    }
}

/// The file a host reads in a scope, or why there is none.
pub(crate) fn file(host: Host, scope: Scope, places: &Places) -> Result<PathBuf, &'static str> {
    let Places { home, project, .. } = places;
    let moved = |moved: &Option<PathBuf>, dir: &str| moved.clone().unwrap_or(home.join(dir));
    Ok(match (host, scope) {
        (Host::ClaudeCode, Scope::User) => {
            moved(&places.claude_config_dir, ".claude").join("settings.json")
        }
        (Host::ClaudeCode, Scope::Project) => project.join(".claude/settings.json"),
        (Host::ClaudeCode, Scope::Managed) => {
            machine(places, ["claude-code", "ClaudeCode"]).join("managed-settings.json")
        }
        (Host::Codex, Scope::User) => moved(&places.codex_home, ".codex").join("hooks.json"),
        (Host::Codex, Scope::Project) => project.join(".codex/hooks.json"),
        (Host::Codex, Scope::Managed) => {
            return Err("Codex takes managed hooks from requirements.toml, kept by administrators");
        }
        (Host::Cursor, Scope::User) => home.join(".cursor/hooks.json"),
        (Host::Cursor, Scope::Project) => project.join(".cursor/hooks.json"),
        (Host::Cursor, Scope::Managed) => machine(places, ["cursor", "Cursor"]).join("hooks.json"),
        (Host::Copilot, Scope::User) => {
            moved(&places.copilot_home, ".copilot").join("hooks/tachograph.json")
        }
        (Host::Copilot, Scope::Project) => project.join(".github/hooks/tachograph.json"),
        (Host::Copilot, Scope::Managed) => {
            return Err("the place of Copilot's policy hooks is not known to this version");
        }
        (Host::Gemini, Scope::User) => home.join(".gemini/settings.json"),
        (Host::Gemini, Scope::Project) => project.join(".gemini/settings.json"),
        (Host::Gemini, Scope::Managed) => {
            machine(places, ["gemini-cli", "GeminiCli"]).join("settings.json")
        }
        (Host::Qwen, Scope::User) => home.join(".qwen/settings.json"),
        (Host::Qwen, Scope::Project) => project.join(".qwen/settings.json"),
        (Host::Qwen, Scope::Managed) => {
            machine(places, ["qwen-code", "QwenCode"]).join("settings.json")
        }
        (Host::OpenHands, Scope::Project) => project.join(".openhands/hooks.json"),
        (Host::OpenHands, _) => {
            return Err("OpenHands reads hooks from a project alone: use --scope project");
        }
        (Host::Goose, Scope::User) => home.join(GOOSE_PLUGIN).join("hooks/hooks.json"),
        (Host::Goose, Scope::Project) => project.join(GOOSE_PLUGIN).join("hooks/hooks.json"),
        (Host::Goose, Scope::Managed) => return Err("Goose has no managed plugins"),
    })
}

const GOOSE_PLUGIN: &str = ".agents/plugins/tachograph";

/// Where administrators keep the settings of a machine.
fn machine(places: &Places, [linux, mac]: [&str; 2]) -> PathBuf {
    let root = &places.machine;
    if cfg!(target_os = "macos") {
        root.join("Library/Application Support").join(mac)
    } else if cfg!(windows) {
        root.join("Program Files").join(mac)
    } else {
        root.join("etc").join(linux)
    }
}

/// A second file that a host wants, wholly ours: Goose finds a plugin by its manifest.
pub(crate) fn manifest(host: Host, file: &Path) -> Option<(PathBuf, &'static str)> {
    let plugin = (host == Host::Goose).then(|| file.parent()?.parent()).flatten()?;
    Some((plugin.join("plugin.json"), GOOSE_MANIFEST))
}

const GOOSE_MANIFEST: &str = r#"{
  "name": "tachograph",
  "version": "1.0.0",
  "description": "Records what the agent does into a Tachograph store"
}
"#;
