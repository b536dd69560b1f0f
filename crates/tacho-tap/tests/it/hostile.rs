//! Payloads that were made to hurt: each is recorded or named, and the agent goes on.

use tacho_event::json::Value;

use crate::house::{House, claude, text};

fn run(payload: &[u8]) -> House {
    let house = House::new();
    assert_eq!(house.run(&["hook", "claude-code"], payload), "");
    assert_eq!(house.traces(), [""; 0]);
    house
}

#[test]
fn ten_megabytes_of_output_are_cut_and_the_cut_is_named() {
    let output = "x".repeat(10 << 20);
    let more = format!(
        r#""tool_name":"Bash","tool_input":{{"command":"yes"}},"tool_use_id":"t1",
           "tool_response":{{"stdout":"{output}","exit":0}}"#
    );
    let house = run(claude("PostToolUse", &more).to_json().as_bytes());
    let events = house.events();
    let [gap, event] = events.as_slice() else { panic!("{} events", events.len()) };
    assert_eq!(text(gap, "/action/name"), "truncated_payload");
    let cut = gap.at("/action/gap/bytes").and_then(Value::as_i64).unwrap();
    assert_eq!(text(event, "/outcome/result/stdout").len() as i64 + cut, 10 << 20);
    assert_eq!(event.at("/outcome/result/exit"), Some(&Value::from(0)));
    assert_eq!(text(event, "/action/call_id"), "t1");
}

#[test]
fn terminal_escapes_stay_out_of_the_leaf() {
    let more = r#""tool_name":"Ba\u001b[31msh","tool_input":{"command":"\u001b]0;owned\u0007"},
                  "tool_use_id":"t\u001b[2J""#;
    let house = run(claude("PreToolUse", more).to_json().as_bytes());
    let entries = house.entries();
    assert_eq!(entries.len(), 1);
    let leaf = Value::from(entries[0].leaf.clone()).to_json();
    assert!(!leaf.contains("u001b") && !leaf.contains("owned"), "{leaf}");
}

#[test]
fn secrets_in_commands_reach_no_file() {
    let secret = ["ghp", "_", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"].concat();
    let more = format!(
        r#""tool_name":"Bash","tool_input":{{"command":"curl -H 'Authorization: Bearer {secret}'"}},
           "tool_use_id":"t1""#
    );
    let house = run(claude("PreToolUse", &more).to_json().as_bytes());
    house.hook("claude-code", claude("SessionEnd", r#""reason":"other""#));
    assert!(!text(&house.events()[0], "/action/tool/parameters/command").is_empty());
    let mut files = 0;
    let mut dirs = vec![house.at("store"), house.at("state"), house.at("keys")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    assert!(files > 5, "{files}");
}

#[test]
fn what_is_no_json_is_named() {
    let nested = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep = format!(r#"{{"session_id":"s","hook_event_name":"Stop","a":{nested}}}"#);
    let cases: [&[u8]; 6] = [
        b"{\"session_id\":\"s\",\"hook_event_name\":\"Stop\",\"a\":\"\xff\xfe\"}",
        deep.as_bytes(),
        b"",
        b"[1,2]",
        b"{\"a\":1,\"a\":2}",
        b"\x00\x00",
    ];
    for payload in cases {
        let house = run(payload);
        let events = house.events();
        assert_eq!(events.len(), 1);
        assert_eq!(text(&events[0], "/action/type"), "gap");
        assert_eq!(text(&events[0], "/action/name"), "malformed_event");
    }
}

#[test]
fn a_session_id_is_never_a_path() {
    for id in ["../../../escape", "..", "/etc/passwd", "a b/../c", "nul\\u0000", ""] {
        let payload = format!(
            r#"{{"session_id":"{id}","hook_event_name":"Notification",
            "message":"m"}}"#
        );
        let house = run(payload.as_bytes());
        assert_eq!(house.events().len(), 1, "{id}");
        let mut names: Vec<String> = std::fs::read_dir(house.at(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["home", "state", "store"], "{id}");
        for session in std::fs::read_dir(house.at("state/sessions")).into_iter().flatten() {
            let name = session.unwrap().file_name().into_string().unwrap();
            assert!(name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
        }
    }
}

#[test]
fn an_id_that_cannot_stand_in_a_leaf_joins_all_the_same() {
    let house = House::new();
    let payload = |event: &str| {
        crate::house::json(&format!(
            r#"{{"session_id":"my session","hook_event_name":"{event}","tool_name":"Bash",
                "tool_input":{{}},"tool_use_id":"t1"}}"#
        ))
    };
    house.hook("claude-code", payload("PreToolUse"));
    house.hook("claude-code", payload("PostToolUse"));
    let events = house.events();
    let session = text(&events[0], "/agent/session_id").to_owned();
    assert!(session.starts_with("s-"), "{session}");
    assert_eq!(text(&events[1], "/agent/session_id"), session);
    assert_eq!(text(&events[0], "/metadata/hook/session_id"), "my session");
    assert_eq!(house.log().calls(&session).unwrap().len(), 1);
}
