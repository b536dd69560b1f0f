//! Lines as readers see them.

use super::*;
use crate::json;

fn told(event: &str) -> String {
    line(json::read(event.as_bytes()).unwrap().as_object().unwrap(), 100)
}

#[test]
fn every_kind_of_event_has_a_line() {
    for (event, told_line) in [
        (
            r#"{"action":{"type":"tool","name":"Bash","tool":{"name":"Bash","parameters":{"command":"git log --oneline -10","description":"log"}}},"outcome":{"status":"success","result":{"exit_code":0}}}"#,
            "Bash git log --oneline -10 -> exit 0",
        ),
        (
            r#"{"action":{"type":"tool","name":"Bash"},"outcome":{"status":"success"}}"#,
            "Bash -> success",
        ),
        (
            r#"{"action":{"type":"tool","name":"TodoWrite","tool":{"parameters":{"input":{"query":"a b"}}}}}"#,
            "TodoWrite a b",
        ),
        (
            r#"{"action":{"type":"skill","name":"postgres","skill":{"operation":"query","parameters":{"query_preview":"SELECT 1"}}},"outcome":{"status":"success","result":{"rows_returned":10}}}"#,
            "postgres query SELECT 1 -> 10 rows",
        ),
        (
            r#"{"action":{"type":"decision","name":"rollback","decision":{"question":"Rollback v1.2.3?","chosen":"rollback","confidence":0.85}},"outcome":{"status":"success"}}"#,
            "decision Rollback v1.2.3? -> rollback (0.85)",
        ),
        (
            r#"{"action":{"type":"model","name":"chat"},"resources":{"model":"claude-5","tokens_input":3100,"tokens_output":412},"outcome":{"status":"success"}}"#,
            "model claude-5 3100 + 412 tokens -> success",
        ),
        (
            r#"{"action":{"type":"mcp","name":"mcp__github__create_issue","mcp":{"server":"github","tool":"create_issue","parameters":{"title":"It breaks"}}}}"#,
            "github.create_issue It breaks",
        ),
        (
            r#"{"action":{"type":"change","name":"update"},"change":{"resource_type":"customer","resource_id":"42","before":{"name":"A","x":1},"after":{"name":"B","x":2}}}"#,
            "update customer/42 name: A => B (+1)",
        ),
        (
            r#"{"action":{"type":"memory","name":"RECALL","memory":{"operation":"RECALL","entry_ids":["m1","m2","m3"]}},"outcome":{"status":"success"}}"#,
            "memory RECALL m1 (+2) -> success",
        ),
        (
            r#"{"action":{"type":"tool","name":"Bash","tool":{"parameters":{"command":"make"}}},"outcome":{"status":"timeout","error":{"type":"TimeoutError","message":"after 30 s"}}}"#,
            "Bash make -> timeout TimeoutError after 30 s",
        ),
        (
            r#"{"action":{"type":"provider","name":"crm_create","provider":{"name":"hubspot","operation":"crm_create"}},"outcome":{"status":"success"}}"#,
            "hubspot crm_create -> success",
        ),
        (
            r#"{"action":{"type":"gap","name":"lost","gap":{"count":2,"what":"events","reason":"disk full"}}}"#,
            "gap 2 events disk full",
        ),
        (
            r#"{"action":{"type":"stop","name":"stop","stop":{"engaged":true,"scope":"all","reason":"drill"}}}"#,
            "stop engaged all drill",
        ),
        (r#"{"action":{"type":"system","name":"tacho.heartbeat"}}"#, "tacho.heartbeat"),
        (
            r#"{"action":{"type":"session","name":"start","session":{"event":"start","reason":"startup"}}}"#,
            "session start startup",
        ),
        (r#"{"action":{"type":"session","name":"SessionStart"}}"#, "session SessionStart"),
        (
            r#"{"action":{"type":"metric","name":"latency","metric":{"name":"latency","value":1.5,"unit":"s"}}}"#,
            "metric latency 1.5 s",
        ),
        (
            r#"{"action":{"type":"message","name":"prompt","message":{"role":"user","text":"Ship it"}}}"#,
            "message user Ship it",
        ),
        (r#"{"action":{"type":"novelty","name":"x"}}"#, "novelty x"),
        ("{}", ""),
    ] {
        assert_eq!(told(event), told_line, "{event}");
    }
}

#[test]
fn no_kind_is_without_words() {
    for kind in crate::ActionType::ALL {
        let event = format!(r#"{{"action":{{"type":"{}","name":"n"}}}}"#, kind.as_str());
        assert!(told(&event).contains('n'), "{event}");
    }
}

#[test]
fn a_line_keeps_its_length_and_how_it_ended() {
    let long = "x".repeat(1 << 20);
    let event = format!(
        r#"{{"action":{{"type":"tool","name":"Bash","tool":{{"parameters":{{"command":"{long}"}}}}}},"outcome":{{"status":"failure","error":{{"message":"{long}"}}}}}}"#
    );
    let event = json::read(event.as_bytes()).unwrap();
    for chars_max in [0, 1, 3, 4, 5, 10, 40, 200] {
        let line = line(event.as_object().unwrap(), chars_max);
        assert!(line.chars().count() <= chars_max.max(4), "{chars_max}: {line}");
    }
    let line = line(event.as_object().unwrap(), 40);
    assert!(line.starts_with("Bash xxx") && line.contains("... -> xx"), "{line}");
}

#[test]
fn nothing_recorded_commands_the_terminal() {
    let line = told(
        r#"{"action":{"type":"tool","name":"Bash","tool":{"parameters":{"command":"echo \u001b]0;owned\u0007\n\u202eevil"}}}}"#,
    );
    assert_eq!(line, "Bash echo \u{241b}]0;owned\u{2407}\u{240a}<U+202E>evil");
}
