//! Given a host, an event and a reason, gives the one text that makes the host refuse the action.
//!
//! ```json
//! {"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny",
//!  "permissionDecisionReason":"stopped: incident 7"}}
//! ```
//!
//! There is no function here that says `allow`: silence leaves the decision with the host.

use tacho_event::json::{Object, Value};

use crate::host::Host;

/// What the host reads on standard output; none where nothing can be refused at this event.
pub fn denial(host: Host, event: &str, reason: &str) -> Option<String> {
    let text = |name: &'static str, value: &str| (name, Value::from(value));
    let object = match (host, event) {
        (Host::Cursor, _) => Object::from([
            text("agent_message", reason),
            text("permission", "deny"),
            text("user_message", reason),
        ]),
        (Host::Gemini, "BeforeTool") => {
            Object::from([text("decision", "deny"), text("reason", reason)])
        }
        (Host::Copilot, "preToolUse" | "PreToolUse") => Object::from([
            text("permissionDecision", "deny"),
            text("permissionDecisionReason", reason),
        ]),
        (Host::OpenHands, "PreToolUse") => {
            Object::from([text("decision", "deny"), text("reason", reason)])
        }
        (Host::Goose, "PreToolUse") => {
            Object::from([text("decision", "block"), text("reason", reason)])
        }
        (Host::ClaudeCode | Host::Codex | Host::Qwen, "PreToolUse") => {
            let output = Object::from([
                text("hookEventName", event),
                text("permissionDecision", "deny"),
                text("permissionDecisionReason", reason),
            ]);
            Object::from([("hookSpecificOutput", Value::from(output))])
        }
        _ => return None,
    };
    Some(Value::from(object).to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_is_told_in_its_own_words_and_never_allow() {
        for (host, event, expected) in [
            (
                Host::ClaudeCode,
                "PreToolUse",
                concat!(
                    r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","#,
                    r#""permissionDecision":"deny","permissionDecisionReason":"r"}}"#
                ),
            ),
            (
                Host::Cursor,
                "beforeShellExecution",
                r#"{"agent_message":"r","permission":"deny","user_message":"r"}"#,
            ),
            (
                Host::Copilot,
                "preToolUse",
                r#"{"permissionDecision":"deny","permissionDecisionReason":"r"}"#,
            ),
            (Host::Gemini, "BeforeTool", r#"{"decision":"deny","reason":"r"}"#),
            (Host::OpenHands, "PreToolUse", r#"{"decision":"deny","reason":"r"}"#),
            (Host::Goose, "PreToolUse", r#"{"decision":"block","reason":"r"}"#),
        ] {
            assert_eq!(denial(host, event, "r").as_deref(), Some(expected), "{host:?}");
        }
        for host in [Host::ClaudeCode, Host::Codex, Host::Gemini, Host::Goose, Host::Copilot] {
            assert_eq!(denial(host, "PostToolUse", "r"), None, "{host:?}");
        }
    }
}
