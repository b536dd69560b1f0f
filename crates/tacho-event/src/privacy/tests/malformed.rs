//! What could not be read is recorded as one opaque value, or not at all.

use super::*;
use crate::json::ReadError;
use crate::limits;

fn recorded(policy: &Policy, raw: &[u8]) -> Box<Entry> {
    let error = read(raw).unwrap_err();
    let event = malformed(raw, &error).check(&world()).unwrap();
    match policy.apply(event, &StandIns::new(), &world()).unwrap() {
        Protected::Entry(entry) => entry,
        Protected::Dropped { rule } => panic!("dropped by rule {rule:?}"),
    }
}

const TWICE: &str = r#"{"action":{"type":"tool"},"a":1,"a":2}"#;

#[test]
fn a_malformed_event_is_a_gap_that_names_itself_and_keeps_its_text() {
    let entry = recorded(&full(), TWICE.as_bytes());
    let leaf = leaf(&entry);
    assert_eq!(leaf.at("/action/type"), Some(&Value::from("gap")));
    assert_eq!(leaf.at("/action/name"), Some(&Value::from("malformed")));
    assert_eq!(leaf.str("severity"), Some("warning"));
    let shown = read_text(&revealed(&entry)).unwrap();
    assert_eq!(shown.at("/metadata/malformed/text"), Some(&Value::from(TWICE)));
    assert_eq!(shown.at("/metadata/malformed/bytes"), Some(&Value::from(TWICE.len())));
    let reason = shown.at("/action/gap/reason").and_then(Value::as_str).unwrap();
    assert!(reason.contains("the name stands twice in one object at `/a`"), "{reason}");
    check_leaf(entry.leaf(), false).unwrap();
}

#[test]
fn its_text_is_kept_at_level_full_alone() {
    for level in [Level::Metadata, Level::Redacted, Level::Full] {
        let entry = recorded(&full().with_level(level), TWICE.as_bytes());
        let shown = revealed(&entry);
        assert_eq!(shown.contains(r#"\"a\":1"#), level == Level::Full, "{shown}");
        assert_eq!(shown.contains(r#""bytes":38"#), level > Level::Metadata, "{shown}");
        assert_eq!(!remark(&entry, "cut").is_empty(), level == Level::Redacted);
    }
}

#[test]
fn one_secret_drops_the_text_whole_however_it_is_written() {
    for raw in [
        r#"{"a":1,"a":"password=hunter2"}"#,
        r#"{"a":1,"a":"pass\u0077ord=hunter2"}"#,
        r#"{"a":1,"a":{"password" : "hunter2"}}"#,
        r#"{"a":1,"a":{"p\u0061ssword":"hunter2"}}"#,
        r#"{"a":1,"a":"\ud800 password=hunter2"}"#,
    ] {
        let entry = recorded(&full(), raw.as_bytes());
        let shown = revealed(&entry);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains(r#""dropped":true"#) && shown.contains(r#""bytes":"#), "{shown}");
    }
}

#[test]
fn bytes_that_are_no_text_are_looked_at_too() {
    let raw = b"{\"a\":\"\xff password=hunter2\"}";
    let entry = recorded(&full(), raw);
    assert!(revealed(&entry).contains(r#""dropped":true"#));
    let entry = recorded(&full(), b"{\"a\":\"\xff\"}");
    assert!(revealed(&entry).contains(r#""base64":"#));
}

#[test]
fn beyond_a_mebibyte_the_text_is_cut_between_characters_and_its_length_told() {
    let error = ReadError::NotJson { offset: 0, expected: "a value" };
    for (extra, cut) in [(0, false), (1, true)] {
        let text = "\u{e9}".repeat(limits::RAW_BYTES_MAX / 2) + &"x".repeat(extra);
        let draft = malformed(text.as_bytes(), &error);
        let held = draft.at("/metadata/malformed").unwrap();
        assert_eq!(held.at("/cut").is_some(), cut);
        assert_eq!(held.at("/bytes"), Some(&Value::from(text.len())));
        let kept = held.at("/text").and_then(Value::as_str).unwrap();
        assert_eq!(kept.len(), limits::RAW_BYTES_MAX);
    }
    let odd = format!("x{}", "\u{e9}".repeat(limits::RAW_BYTES_MAX / 2));
    let draft = malformed(odd.as_bytes(), &error);
    let kept = draft.at("/metadata/malformed/text").and_then(Value::as_str).unwrap();
    assert_eq!(kept.len(), limits::RAW_BYTES_MAX - 1);
}
