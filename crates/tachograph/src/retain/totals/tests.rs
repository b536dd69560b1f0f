//! Totals are counted as statistics count, and written as they are read.

use super::*;

fn leaf(text: &str) -> Object {
    json::read(text.as_bytes()).unwrap().as_object().unwrap().clone()
}

fn call(call: &str, phase: &str, rest: &str) -> Object {
    leaf(&format!(
        r#"{{"action":{{"call_id":"{call}","name":"Bash","phase":"{phase}","type":"tool"}},
        "agent":{{"id":"a","session_id":"s"}},"timestamp":"2026-11-20T10:00:00.000000Z"{rest}}}"#
    ))
}

const DONE: &str = r#","outcome":{"status":"success"},"resources":{"duration_ms":2.5,
    "tokens_input":3,"tokens_output":4,"cost_usd":0.25}"#;

#[test]
fn an_intent_and_its_result_are_one_call_also_across_files() {
    let mut counting = Counting::new(0, &[]);
    counting.push(&call("1", "intent", ""));
    counting.push(&call("1", "result", DONE));
    counting.push(&call("1", "result", DONE));
    counting.push(&call("2", "intent", ""));
    let first = counting.end();
    assert_eq!((first.end, first.open.len(), first.sessions), (4, 1, 1));
    let row = first.rows.values().next().unwrap();
    assert_eq!((row.events, row.calls, row.ended), (4, 2, 1));
    assert_eq!((row.tokens, row.cost_usd, row.durations), ([3, 4, 7], 0.25, (1, 2.5)));
    let mut counting = Counting::new(4, &first.open);
    counting.push(&call("2", "result", DONE));
    let second = counting.end();
    let row = second.rows.values().next().unwrap();
    assert_eq!((row.calls, row.ended, second.open.len()), (0, 1, 0));
}

#[test]
fn totals_are_read_back_and_nothing_else_is() {
    let mut counting = Counting::new(65_536, &[9]);
    counting.push(&call("1", "intent", ""));
    counting.push(&call("1", "result", DONE));
    counting.push(&leaf(r#"{"action":{"type":"system","name":"tacho.key"}}"#));
    let totals = counting.end();
    let bytes = totals.encode();
    assert_eq!(Totals::decode(&bytes), Some(totals));
    assert_eq!(Totals::decode(&bytes[..bytes.len() - 1]), None);
    assert_eq!(Totals::decode(b""), None);
    assert_eq!(Totals::decode(b"{}\n"), None);
}
