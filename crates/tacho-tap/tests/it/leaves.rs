//! Every payload of every host, through the real binary, to the exact leaf.
//!
//! The payloads are the golden files of the dialects; `fixtures/leaves/<host>.json` is what stands
//! in the log of each: the leaf (salted digests counted, as they differ in each run) and what its
//! parts reveal. `UPDATE=1` rewrites them.

use tacho_event::json::{Object, Value, read};

use crate::house::{House, fixtures};

/// The host on the command line, and the dialects of which it is told the payloads.
static HOSTS: &[(&str, &[&str])] = &[
    ("claude-code", &["claude_code"]),
    ("codex", &["codex"]),
    ("cursor", &["cursor"]),
    ("copilot", &["copilot", "copilot_camel"]),
    ("gemini", &["gemini"]),
    ("openhands", &["claude_code"]),
    ("qwen", &["claude_code"]),
    ("goose", &["goose"]),
];

/// The events of a host that speaks as Claude Code does, where it has fewer.
fn has(host: &str, case: &str) -> bool {
    let openhands = [
        "pre_tool_use",
        "post_tool_use",
        "user_prompt_submit",
        "stop",
        "session_start",
        "session_end",
    ];
    host != "openhands" || openhands.contains(&case)
}

#[test]
fn every_payload_of_every_host_becomes_its_leaf() {
    for (host, dialects) in HOSTS {
        let mut leaves = Object::new();
        for dialect in *dialects {
            let folder = fixtures().join("../../tacho-event/fixtures/dialects").join(dialect);
            for file in std::fs::read_dir(&folder).unwrap() {
                let path = file.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                if let Some(case) = name.strip_suffix(".in.json").filter(|case| has(host, case)) {
                    let leaf = leaf_of(host, &std::fs::read(&path).unwrap());
                    leaves.insert(format!("{dialect}/{case}").as_str(), leaf);
                }
            }
        }
        assert!(leaves.len() >= 6, "{host} has too few cases");
        expect(host, &leaves);
    }
}

fn leaf_of(host: &str, payload: &[u8]) -> Object {
    let house = House::new();
    assert_eq!(house.run(&["hook", host], payload), "");
    assert_eq!(house.traces(), [""; 0]);
    let log = house.log();
    let entry = log.get(log.size() - 1).unwrap().unwrap();
    let mut revealed = log.reveal(&entry).unwrap().event;
    let mut leaf = entry.leaf.clone();
    // What differs in each run: a fresh id, the clock, salted digests, joined calls.
    let is_named = leaf.str("id").is_some_and(|id| id.as_bytes().get(14) == Some(&b'8'));
    let is_dated = read(payload).unwrap().as_object().unwrap().get("timestamp").is_some();
    for object in [&mut leaf, &mut revealed] {
        if !is_named {
            object.insert("id", "fresh");
        }
        if !is_dated {
            object.insert("timestamp", "now");
        }
        if let Some(call) = object.at_mut("/action/call_id")
            && call.as_str().is_some_and(|id| id.starts_with("c-"))
        {
            *call = "joined".into();
            object.insert("id", "of the joined call");
        }
        for class in ["/content/day", "/identity/day"] {
            if let Some(day) = object.at_mut(class) {
                *day = "today".into();
            }
        }
        count_digests(object);
    }
    Object::from([("leaf", leaf), ("reveals", revealed)])
}

fn count_digests(object: &mut Object) {
    for (name, value) in object.iter_mut() {
        match value {
            Value::List(digests) if name == "_sd" => *value = digests.len().into(),
            Value::Object(inside) => count_digests(inside),
            _ => {}
        }
    }
}

fn expect(host: &str, leaves: &Object) {
    let golden = fixtures().join(format!("leaves/{host}.jsonl"));
    let mut text = String::new();
    for (case, leaf) in leaves.iter() {
        text += &format!("{}\n", Value::List(vec![case.into(), leaf.clone()]).to_json());
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    for (told, golden) in text.lines().zip(expected.lines()) {
        assert_eq!(told, golden, "{host}");
    }
    assert_eq!(text.lines().count(), expected.lines().count(), "{host}");
}
