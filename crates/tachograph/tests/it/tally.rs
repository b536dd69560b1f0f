//! The statistics of the familiar tools, from records as those tools write them.

use tacho_event::dialect::Dialect;
use tacho_event::json::{Object, Value, read_text};
use tachograph::Log;
use tachograph::log::{Order, Query, Users};

use crate::yard::Yard;

/// A log of the records of these documents, in their own words.
fn log_of(dialect: &str, documents: &[&str]) -> (Yard, Log) {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    let dialect = Dialect::named(dialect).unwrap();
    for document in documents {
        let batch = dialect.read(&read_text(document).unwrap()).unwrap();
        for draft in batch.drafts() {
            let mut draft = draft.clone();
            // A tenant of another system is none of ours.
            draft.object_mut().remove("tenant");
            recorder.record(draft).unwrap();
        }
    }
    yard.integrate();
    let log = yard.log("default");
    (yard, log)
}

fn of_type(kind: &str) -> impl Fn(&Object) -> bool {
    move |leaf| leaf.at("/action/type").and_then(Value::as_str) == Some(kind)
}

fn text(object: Object) -> String {
    Value::from(object).to_json()
}

const MEMORY: &str = r#"{"events":[
{"event_id":"evt_1","timestamp":"2025-01-15T10:30:45.123456Z","operation":"STORE","user_id":"user_123","session_id":"s","entry_ids":["a"],"status":"SUCCESS","duration_ms":45.5},
{"event_id":"evt_2","timestamp":"2025-01-15T10:30:46.123456Z","operation":"STORE","user_id":"user_123","session_id":"s","entry_ids":["b"],"status":"SUCCESS","duration_ms":4.5},
{"event_id":"evt_3","timestamp":"2025-01-15T10:30:47.123456Z","operation":"RECALL","user_id":"user_123","session_id":"s","entry_ids":["a","b"],"status":"PARTIAL","duration_ms":10},
{"event_id":"evt_4","timestamp":"2025-01-15T10:30:48.123456Z","operation":"FORGET","user_id":"user_456","session_id":"s","entry_ids":["a"],"status":"FAILURE","duration_ms":20,"error_message":"not found"},
{"event_id":"evt_5","timestamp":"2025-01-15T10:30:49.123456Z","operation":"IMPORT","session_id":"s","entry_ids":["c","d","e"],"status":"SUCCESS","duration_ms":20,"metadata":{"source":"backup","batch_size":3}}
],"total_events":5,"exported_at":"2025-01-15T11:00:00.000000Z"}"#;

#[test]
fn a_memory_has_its_statistics_and_each_user_his() {
    let (_yard, log) = log_of("memory", &[MEMORY]);
    let memory = of_type("memory");
    let query = Query { filter: Some(&memory), ..Query::default() };
    let tally = log.tally(query, Users::Named).unwrap();
    assert_eq!(
        text(tally.memory_statistics()),
        r#"{"avg_duration_ms":20,"by_operation":{"FORGET":1,"IMPORT":1,"RECALL":1,"STORE":2},"success_rate":0.6,"total_events":5}"#
    );
    assert_eq!(
        text(tally.user_statistics("user_123").unwrap()),
        r#"{"last_activity":"2025-01-15T10:30:47.123456Z","most_common_operation":"STORE","total_operations":3,"user_id":"user_123"}"#
    );
    assert_eq!(tally.user_statistics("user_456").unwrap().at("/total_operations"), Some(&1.into()));
    assert!(tally.user_statistics("nobody").is_none());
    let hidden = log.tally(query, Users::Hidden).unwrap();
    assert!(hidden.user_statistics("user_123").is_none());
}

#[test]
fn providers_have_the_statistics_of_their_actions() {
    let row = |number: u32, action: &str, provider: &str, status: &str, ms: u32| {
        format!(
            r#"{{"id":"550e8400-e29b-41d4-a716-4466554400{number:02}","tenant_id":"123e4567-e89b-12d3-a456-426614174000","action_type":"{action}","provider_name":"{provider}","status":"{status}","error_message":null,"execution_time_ms":{ms},"created_at":"2024-01-15T10:30:00Z"}}"#
        )
    };
    let rows = [
        row(1, "crm_create", "hubspot", "success", 245),
        row(2, "crm_create", "hubspot", "SUCCESS", 255),
        row(3, "crm_update", "hubspot", "failure", 100),
        row(4, "helpdesk_create_ticket", "zendesk", "success", 300),
        row(5, "calendar_create_event", "google", "timeout", 350),
    ];
    let (_yard, log) = log_of("provider", &[&format!("[{}]", rows.join(","))]);
    let provider = of_type("provider");
    let query = Query { filter: Some(&provider), ..Query::default() };
    let tally = log.tally(query, Users::Hidden).unwrap();
    assert_eq!(
        text(tally.action_statistics()),
        r#"{"actions_by_provider":{"google":1,"hubspot":3,"zendesk":1},"actions_by_type":{"calendar_create_event":1,"crm_create":2,"crm_update":1,"helpdesk_create_ticket":1},"average_execution_time_ms":250,"failed_actions":2,"successful_actions":3,"total_actions":5}"#
    );
}

#[test]
fn a_session_has_a_summary_of_its_six_kinds_of_records() {
    let fixture = |name: &str| {
        let path = format!(
            "{}/../tacho-event/fixtures/dialects/interaction/{name}.in.json",
            env!("CARGO_MANIFEST_DIR")
        );
        std::fs::read_to_string(path).unwrap()
    };
    let names = [
        "chat_interaction",
        "tool_usage",
        "tool_usage_failed",
        "persona_activity",
        "file_operations",
        "performance_metrics",
        "errors",
    ];
    let documents = names.map(fixture);
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let (_yard, log) = log_of("interaction", &documents);
    let tally = log.session_summary("my_session_001").unwrap();
    let summary = tally.summary_of("my_session_001");
    let metrics = log
        .query(Query { order: Order::Oldest, filter: Some(&of_type("metric")), ..Query::default() })
        .unwrap()
        .count();
    let says = |name: &str| summary.at(name).and_then(Value::as_i64);
    assert_eq!(says("/chat_interactions"), Some(1));
    assert_eq!(says("/tool_usages"), Some(2));
    assert_eq!(says("/persona_activities"), Some(1));
    assert_eq!(says("/file_operations"), Some(4));
    assert_eq!(says("/performance_metrics"), Some(metrics as i64));
    assert!(metrics > 1);
    assert_eq!(says("/errors"), Some(2));
    assert_eq!(says("/total_calls"), Some(10 + metrics as i64));
    // A tool, a deletion and two errors.
    assert_eq!(says("/failures"), Some(4));
    assert_eq!(says("/tokens_total"), Some(45));
    assert_eq!(summary.str("session_id"), Some("my_session_001"));
    assert_eq!(summary.str("start_time"), Some("2025-03-01T09:00:00.000000Z"));
}
