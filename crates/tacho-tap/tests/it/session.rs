//! A whole session of Claude Code, from its first hook to a log that the verifier accepts.

use std::process::Command;

use tacho_event::json::{Object, Value};
use tacho_verify::{Verdict, log};

use crate::house::{House, TAP, claude, json, text};

fn call(id: &str) -> String {
    format!(r#""tool_name":"Bash","tool_input":{{"command":"npm test"}},"tool_use_id":"{id}""#)
}

#[test]
fn a_session_is_recorded_signed_and_verified() {
    let house = House::new();
    let done = format!(r#"{},"tool_response":{{"stdout":"ok"}},"duration_ms":12"#, call("t1"));
    for (event, more) in [
        ("SessionStart", r#""source":"startup","model":"claude-opus-4-7""#),
        ("UserPromptSubmit", r#""prompt":"run the tests""#),
        ("PreToolUse", &call("t1")),
        ("PostToolUse", &done),
        ("Stop", r#""last_assistant_message":"Done.""#),
        ("SessionEnd", r#""reason":"other""#),
    ] {
        house.hook("claude-code", claude(event, more));
    }
    assert_eq!(house.traces(), [""; 0]);
    // The end of a session leaves zeros for the next one.
    let segment = std::fs::metadata(house.at("store/wal/00000001.wal")).unwrap();
    assert!(segment.len() > 64 << 10, "{} bytes", segment.len());

    let report =
        log::check(&house.at("store/tenants/default"), &log::Against::default(), &mut |_| ());
    assert_eq!(report.verdict(), Verdict::Yes, "{:?}", report.findings);
    let events = house.events();
    let told: Vec<&str> = events.iter().map(|event| text(event, "/action/name")).collect();
    assert_eq!(told, ["start", "user", "Bash", "Bash", "stop", "end"]);
    for (seq, event) in events.iter().enumerate() {
        assert_eq!(event.at("/origin/seq"), Some(&Value::from(seq)));
        assert_eq!(text(event, "/origin/emitter"), "abc");
        assert_eq!(text(event, "/origin/source"), "hook:claude_code");
        assert_eq!(text(event, "/metadata/hook/declared"), "claude-code");
    }
    let calls = house.log().calls("abc").unwrap();
    let bash = calls.iter().find(|call| call.call_id.as_deref() == Some("t1")).unwrap();
    assert_eq!((bash.entries, bash.duration_ms()), (2, Some(12.0)));
}

#[test]
fn calls_that_nobody_completed_are_closed_at_the_end() {
    let house = House::new();
    house.hook("claude-code", claude("PreToolUse", &call("t1")));
    house.hook("claude-code", claude("PreToolUse", &call("t2")));
    house.hook(
        "claude-code",
        claude("PreToolUse", &format!(r#"{},"agent_id":"sub-1""#, call("t3"))),
    );
    let done = format!(r#"{},"tool_response":"ok""#, call("t2"));
    house.hook("claude-code", claude("PostToolUse", &done));
    house.hook("claude-code", claude("SessionEnd", r#""reason":"other""#));
    let events = house.events();
    let closed: Vec<(&str, &str, &str)> = events
        .iter()
        .filter(|event| text(event, "/outcome/error/type") == "no_completion_observed")
        .map(|event| {
            assert_eq!(text(event, "/outcome/status"), "partial");
            assert_eq!(text(event, "/action/phase"), "result");
            (
                text(event, "/action/call_id"),
                text(event, "/agent/id"),
                text(event, "/agent/parent_id"),
            )
        })
        .collect();
    assert_eq!(closed, [("t1", "main", ""), ("t3", "sub-1", "main")]);
    assert_eq!(text(events.last().unwrap(), "/action/name"), "end");
}

#[test]
fn a_start_binds_what_steers_the_agent_and_a_change_is_an_event() {
    let house = House::new();
    let settings = house.at("home/.claude/settings.json");
    std::fs::create_dir(settings.parent().unwrap()).unwrap();
    std::fs::write(&settings, "{}").unwrap();
    house.hook("claude-code", claude("SessionStart", r#""source":"startup","model":"a""#));
    house.hook("claude-code", claude("PreToolUse", &call("t1")));
    std::fs::write(&settings, r#"{"hooks":{}}"#).unwrap();
    house.hook("claude-code", claude("Stop", ""));
    let mut loose = claude("PreToolUse", &call("t2"));
    loose.as_object_mut().unwrap().insert("permission_mode", "bypassPermissions");
    house.hook("claude-code", loose);

    let events = house.events();
    let print = "/action/session/snapshot/files/~0~1.claude~1settings.json/sha256";
    let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(text(&events[0], print), hash);
    assert_eq!(text(&events[0], "/action/session/snapshot/model"), "a");
    let changes: Vec<&str> = events
        .iter()
        .filter(|event| text(event, "/action/type") == "admin")
        .map(|event| text(event, "/action/name"))
        .collect();
    assert_eq!(changes, ["steering_files", "permission_mode"]);
    let mode =
        events.iter().find(|event| text(event, "/action/name") == "permission_mode").unwrap();
    assert_eq!(text(mode, "/action/admin/before"), "default");
    assert_eq!(text(mode, "/action/admin/after"), "bypassPermissions");
}

#[test]
fn a_host_that_numbers_no_calls_gets_its_intents_and_results_joined() {
    let house = House::new();
    let tool = |event: &str, command: &str| {
        let answer =
            if event == "AfterTool" { r#","tool_response":{"llmContent":"x"}"# } else { "" };
        json(&format!(
            r#"{{"session_id":"g","transcript_path":"/t","cwd":"/nowhere",
                "timestamp":"2026-08-21T10:00:00.000Z","hook_event_name":"{event}",
                "tool_name":"run_shell_command","tool_input":{{"command":"{command}"}}{answer}}}"#
        ))
    };
    for (event, command) in [
        ("BeforeTool", "ls"),
        ("BeforeTool", "pwd"),
        ("AfterTool", "ls"),
        ("AfterTool", "pwd"),
        ("BeforeTool", "ls"),
    ] {
        house.hook("gemini", tool(event, command));
    }
    let events = house.events();
    let ids: Vec<&str> = events.iter().map(|event| text(event, "/action/call_id")).collect();
    assert!(ids.iter().all(|id| id.starts_with("c-")), "{ids:?}");
    assert_eq!((ids[0], ids[1]), (ids[2], ids[3]));
    assert!(ids[0] != ids[1] && ids[4] != ids[0]);
}

#[test]
fn the_host_that_speaks_wins_and_the_one_that_was_declared_is_recorded() {
    let house = House::new();
    let payload = r#"{"session_id":"c","turn_id":"1","hook_event_name":"PreToolUse","model":"m",
        "tool_name":"shell","tool_input":{},"tool_use_id":"c1"}"#;
    house.hook("claude-code", json(payload));
    house.hook("qwen", claude("PreToolUse", &call("t1")));
    let events = house.events();
    assert_eq!(text(&events[0], "/origin/source"), "hook:codex");
    assert_eq!(text(&events[0], "/metadata/hook/declared"), "claude-code");
    assert_eq!(text(&events[0], "/metadata/hook/detected"), "codex");
    assert_eq!(text(&events[1], "/origin/source"), "hook:qwen");
}

#[test]
fn the_same_event_told_twice_is_there_once_and_keeps_both_numbers() {
    let house = House::new();
    // Two installations of the hook, started at once by the host.
    let payload = claude("PreToolUse", &call("t1")).to_json().into_bytes();
    let twice = [(); 2].map(|()| house.start(&["hook", "claude-code"], &payload));
    for hook in twice {
        assert_eq!(crate::house::told(hook.wait_with_output().unwrap()), "");
    }
    let before = house.entries();
    // Integrated, it is as it was read.
    house.hook("claude-code", claude("SessionEnd", ""));
    let entries = house.entries();
    assert_eq!(entries[..2], before);
    let id = entries[0].leaf.str("id").unwrap();
    assert_eq!(id.as_bytes()[14], b'8', "{id}");
    assert_eq!(text(&entries[1].leaf, "/action/name"), "tacho.duplicate");
    assert_eq!(text(&entries[1].leaf, "/action/system/repeats"), id);
    assert_eq!(house.log().find(id).unwrap().len(), 1);
    let seqs: std::collections::BTreeSet<_> =
        entries[..2].iter().map(|entry| entry.leaf.at("/origin/seq").unwrap().as_i64()).collect();
    assert_eq!(seqs.into_iter().collect::<Vec<_>>(), [Some(0), Some(1)]);
}

#[test]
fn the_seeds_own_hook_still_works() {
    let payload = br#"{"tool_name":"Bash","parameters":{"command":"ls"},"result":{"exit_code":0}}"#;
    let check = |house: &House, mut command: Command| {
        command.env("AGENT_ID", "ops/release-manager").env("SESSION_ID", "s-1");
        let output = crate::house::start(command, payload).wait_with_output().unwrap();
        assert_eq!(crate::house::told(output), "");
        let events = house.events();
        assert_eq!(events.len(), 1);
        is_what_the_seeds_hook_sent(&events[0]);
    };
    let house = House::new();
    check(&house, house.command(&["agent-audit-log"]));
    // By its name alone, whatever its words are.
    for words in [&[][..], &["--version"]] {
        let house = House::new();
        let script = house.at("agent-audit-log");
        std::os::unix::fs::symlink(TAP, &script).unwrap();
        check(&house, house.command_of(&script, words));
    }
}

fn is_what_the_seeds_hook_sent(event: &Object) {
    for (pointer, expected) in [
        ("/action/tool/parameters/command", "ls"),
        ("/action/name", "Bash"),
        ("/outcome/status", "success"),
        ("/agent/id", "ops/release-manager"),
        ("/agent/session_id", "s-1"),
        ("/origin/source", "hook:agent_audit_log"),
    ] {
        assert_eq!(text(event, pointer), expected, "{pointer}");
    }
    assert_eq!(event.at("/outcome/result/exit_code"), Some(&Value::from(0)));
}
