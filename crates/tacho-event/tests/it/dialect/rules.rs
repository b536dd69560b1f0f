//! What the dialects promise beyond their golden files.

use crate::world::Still;
use std::collections::BTreeSet;
use tacho_event::dialect::{
    Batch, DIALECTS, Dialect, JOURNAL_ACTIONS, MEMORY_OPERATIONS, PROVIDER_ACTION_TYPES, Unread,
    detect, read_any,
};
use tacho_event::json::{Object, ReadError, Value, read_text};
use tacho_event::{ActionType, Draft, Severity, Status, Timestamp};

fn dialect(name: &str) -> &'static Dialect {
    Dialect::named(name).unwrap()
}

fn object(text: &str) -> Object {
    match read_text(text).unwrap() {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

/// An event that no foreign dialect ever said.
fn native() -> Object {
    Draft::mcp("odoo_mcp", "create_invoice")
        .id("e-1")
        .timestamp(Timestamp::parse("2026-11-20T10:00:00Z").unwrap())
        .agent("ops/clerk")
        .session("s-1")
        .user("alice")
        .input(object(r#"{"partner":7}"#))
        .result(object(r#"{"invoice":12}"#))
        .failed("Timeout", "no answer")
        .took_ms(1500)
        .severity(Severity::Error)
        .check(&Still::default())
        .unwrap()
        .object()
        .clone()
}

#[test]
fn every_dialect_writes_an_event_that_another_one_said() {
    for (name, expected) in [
        (
            "agent_row",
            r#"{"action_details":{"parameters":{"partner":7},"server":"odoo_mcp",
            "tool":"create_invoice"},
            "action_name":"create_invoice","action_type":"mcp","agent_id":"ops/clerk",
            "conversation_id":null,"cost_usd":null,"duration_ms":1500,"id":"e-1",
            "outcome_error":{"message":"no answer","type":"Timeout"},
            "outcome_result":{"invoice":12},
            "outcome_status":"failure","permission_level":null,"resources_accessed":null,
            "sensitive_data_accessed":false,"session_id":"s-1",
            "timestamp":"2026-11-20T10:00:00.000Z","tokens_input":null,"tokens_output":null}"#,
        ),
        (
            "journal",
            r#"{"action":"mcp_call","actor":"ops/clerk","details":{"data":{"partner":7},"duration_ms":1500,
            "endpoint":"create_invoice","error_type":"Timeout","response":{"invoice":12},
            "service":"odoo_mcp","severity":"error","user_id":"alice"},"error":"no answer",
            "session_id":"s-1","success":false,"timestamp":"2026-11-20T10:00:00.000Z"}"#,
        ),
        (
            "interaction",
            r#"{"duration_seconds":1.5,"error_message":"no answer","operation":null,
            "parameters":{"partner":7},"result":{"invoice":12},"session_id":"s-1","success":false,
            "timestamp":"2026-11-20T10:00:00.000000Z","tool_name":"create_invoice","usage_id":"e-1"}"#,
        ),
        (
            "memory",
            r#"{"duration_ms":1500,"error_message":"no answer","event_id":"e-1",
            "operation":"create_invoice","session_id":"s-1","status":"FAILURE",
            "timestamp":"2026-11-20T10:00:00.000000Z","user_id":"alice"}"#,
        ),
        (
            "provider",
            r#"{"action_type":"create_invoice","created_at":"2026-11-20T10:00:00Z",
            "error_message":"no answer","execution_time_ms":1500,"id":"e-1","provider_name":"mcp",
            "request_payload":{"parameters":{"partner":7},"server":"odoo_mcp","tool":"create_invoice"},
            "response_data":{"invoice":12},"status":"failure"}"#,
        ),
    ] {
        let written = Value::from(dialect(name).write(&native()));
        assert_eq!(written.to_json(), read_text(expected).unwrap().to_json(), "{name}");
    }
}

#[test]
fn what_a_dialect_writes_it_knows_again() {
    let memory = Draft::memory("STORE").entries(["e"]).succeeded();
    let change = Draft::change("update", "tenant", "t-1").after(1);
    for (name, event) in [
        ("agent", native()),
        ("agent_row", native()),
        ("journal", native()),
        ("interaction", native()),
        ("memory", memory.into_object()),
        ("provider", native()),
        ("provider", change.into_object()),
    ] {
        let record = Value::from(dialect(name).write(&event));
        assert_eq!(detect(&record).map(|found| found.name), Ok(name), "{record}");
    }
}

/// Else an agent could record a success whose export says failure.
#[test]
fn what_is_kept_of_a_spelling_cannot_contradict_the_event() {
    let honest = Draft::provider("hubspot", "crm_create").succeeded().took_ms(1);
    let rules = dialect("provider").write(honest.object());
    for forged in [
        r#"{"provider":{"status":"failure"}}"#,
        r#"{"provider":{"status":null}}"#,
        r#"{"provider":{"error_message":"it failed"}}"#,
        r#"{"provider":{"execution_time_ms":0}}"#,
        r#"{"provider":{"status":5}}"#,
        r#"{"absent":{"provider":["/status"]}}"#,
    ] {
        let mut event = honest.object().clone();
        event.insert("metadata", object(forged));
        assert_eq!(dialect("provider").write(&event), rules, "{forged}");
    }
    let mut spelled = honest.object().clone();
    spelled.insert("metadata", object(r#"{"provider":{"status":"SUCCESS","shard":7}}"#));
    let written = dialect("provider").write(&spelled);
    assert_eq!(written.get("status"), Some(&"SUCCESS".into()));
    assert_eq!(written.get("shard"), Some(&7.into()));
}

#[test]
fn only_what_the_rule_would_not_write_is_kept() {
    let kept = |record: &str| {
        let batch = detect(&read_text(record).unwrap()).unwrap();
        let draft = batch.read_record(&object(record)).unwrap();
        draft.at("/metadata").map(Value::to_json)
    };
    let record = r#"{"operation":"STORE","event_id":"e","status":"SUCCESS",
        "timestamp":"2025-01-15T10:30:45.123456Z","duration_ms":45.2}"#;
    assert_eq!(kept(record), None);
    let naive = record.replace("456Z", "456").replace("SUCCESS", "success");
    let expected = r#"{"memory":{"status":"success","timestamp":"2025-01-15T10:30:45.123456"}}"#;
    assert_eq!(kept(&naive).as_deref(), Some(expected));
}

#[test]
fn a_time_without_a_zone_is_read_as_utc() {
    let row = r#"{"action_type":"a","provider_name":"p","created_at":"2024-01-15 10:30:00"}"#;
    let draft = dialect("provider").read_record(&object(row)).unwrap();
    assert_eq!(draft.at("/timestamp"), Some(&"2024-01-15T10:30:00.000000Z".into()));
}

#[test]
fn the_journal_has_a_word_for_every_kind_and_reads_it_back() {
    let journal = dialect("journal");
    for kind in ActionType::ALL.iter().filter(|kind| **kind != ActionType::System) {
        let record = journal.write(Draft::new(*kind, "x").object());
        let draft = journal.read_record(&record).unwrap();
        assert_eq!(draft.at("/action/type"), Some(&Value::from(*kind)));
    }
    let words: BTreeSet<&str> = JOURNAL_ACTIONS.iter().map(|(word, ..)| *word).collect();
    assert_eq!(words.len(), JOURNAL_ACTIONS.len(), "a word stands twice");
}

#[test]
fn the_named_words_of_the_seeds_are_all_there() {
    assert_eq!(PROVIDER_ACTION_TYPES.len(), 24);
    assert_eq!(MEMORY_OPERATIONS.len(), 6);
    for word in MEMORY_OPERATIONS {
        let record = format!(r#"{{"operation":"{}","status":"SUCCESS"}}"#, word.to_lowercase());
        let draft = dialect("memory").read_record(&object(&record)).unwrap();
        assert_eq!(draft.at("/action/memory/operation"), Some(&Value::from(*word)));
    }
}

#[test]
fn an_export_counts_its_events_and_comes_back() {
    let drafts = vec![Draft::memory("STORE").status(Status::Partial), Draft::memory("FORGET")];
    let now = Timestamp::parse("2025-01-15T11:00:00Z").unwrap();
    let document = Batch::memory_export(drafts, now).write();
    assert_eq!(document.at("/total_events"), Some(&2.into()));
    assert_eq!(document.at("/events/0/status"), Some(&"PARTIAL".into()));
    assert_eq!(dialect("memory").read(&document).unwrap().write(), document);
}

#[test]
fn a_problem_in_a_list_names_its_record() {
    let rows = r#"[{"operation":"STORE","status":"SUCCESS"},{"operation":"STOR","status":5}]"#;
    let problems = dialect("memory").read(&read_text(rows).unwrap()).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told[0],
        "/1/operation: must be an operation on a memory, not `STOR` (did you mean `STORE`?)"
    );
    assert!(told[1].starts_with("/1/status: must be a status, not 5 (one of: success"), "{told:?}");
}

#[test]
fn json_that_cannot_be_represented_is_recorded_and_checks() {
    let raw = br#"{"action":{"type":"tool","name":"Bash"},"action":{"type":"error"}}"#;
    let drafts = read_any(raw).unwrap();
    let event = drafts[0].clone().check(&Still::default()).unwrap();
    assert_eq!(event.action_type(), ActionType::Gap);
    assert_eq!(event.action_name(), Some("malformed_event"));
    assert_eq!(event.severity(), Some(Severity::Warning));
    assert_eq!(event.at("/metadata/malformed/bytes"), Some(&raw.len().into()));
    let text = std::str::from_utf8(raw).unwrap();
    assert_eq!(event.at("/metadata/malformed/text"), Some(&text.into()));
}

#[test]
fn what_is_no_json_is_refused_by_its_place() {
    let error = read_any(b"{\"a\":").unwrap_err();
    assert!(matches!(error, Unread::NotJson(ReadError::NotJson { offset: 5, .. })), "{error}");
}

#[test]
fn a_record_with_a_member_called_like_a_frame_or_a_configuration_is_a_record() {
    let text = r#"{"action":{"type":"tool","name":"Bash"},"events":[1],"log_entry":{},"audit":1}"#;
    let document = read_text(text).unwrap();
    let batch = detect(&document).unwrap().read(&document).unwrap();
    assert_eq!(batch.drafts().len(), 1);
    assert_eq!(batch.drafts()[0].at("/metadata/agent/events/0"), Some(&1.into()));
    assert_eq!(batch.write(), document);
    assert_eq!(read_any(text.as_bytes()).unwrap(), batch.into_drafts());
}

#[test]
fn names_of_dialects_are_unique_and_free_in_metadata() {
    let names: BTreeSet<&str> = DIALECTS.iter().map(|dialect| dialect.name).collect();
    assert_eq!(names.len(), DIALECTS.len());
    assert!(["absent", "malformed"].iter().all(|name| !names.contains(name)));
    assert!(Dialect::named("klingon").is_none());
}
