//! Whatever a record says and however it spells it, it comes back.

use crate::world::Still;
use proptest::prelude::*;
use tacho_event::dialect::{DIALECTS, Dialect, detect, read_any, read_native};
use tacho_event::json::{Object, Value, read_text};

/// Any JSON, odd numbers and names included.
fn json() -> impl Strategy<Value = Value> {
    let numbers = ["0", "-1", "1.5", "9007199254740993", "1e300", "-1e-400", "0.10", "1E2"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(numbers.to_vec()).prop_map(|text| read_text(text).unwrap()),
        any::<String>().prop_map(Value::from),
        prop::sample::select(WORDS.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec((name(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(NAMES.to_vec()).prop_map(String::from),
        1 => "[a-z~/._]{0,6}",
    ]
}

/// A value that the member may well have.
fn plausible(name: &'static str) -> BoxedStrategy<Value> {
    let texts =
        |texts: &[&'static str]| prop::sample::select(texts.to_vec()).prop_map(Value::from).boxed();
    let object = || {
        let members = prop::collection::vec((self::name(), json()), 0..4);
        members.prop_map(|members| Value::Object(members.into_iter().collect())).boxed()
    };
    match name {
        "timestamp" | "created_at" | "updated_at" | "start_time" | "end_time" => texts(TIMES),
        "status" | "outcome_status" => texts(STATUSES),
        "operation" => {
            texts(&["STORE", "store", "Recall", "FORGET", "COMPACT", "EXPORT", "IMPORT"])
        }
        "action_type" => texts(&["tool", "skill", "crm_create", "decision", "mcp", "provider"]),
        "success" | "sensitive_data_accessed" => any::<bool>().prop_map(Value::from).boxed(),
        "action" => prop_oneof![2 => texts(ACTIONS), 1 => object()].boxed(),
        "actor" => texts(&["mcp", "claude", "watcher", "system", "user", "odoo_mcp", "x"]),
        "tenant_id" => texts(&["acme", "123E4567-e89b-12d3-a456-426614174000"]),
        "entry_ids" => prop::collection::vec(any::<String>(), 0..3).prop_map(Value::from).boxed(),
        "resources_accessed" => prop::collection::vec(object(), 0..2).prop_map(Value::List).boxed(),
        "duration_ms" | "execution_time_ms" | "duration_seconds" | "value" | "cost_usd" => {
            let numbers = ["0", "45.2", "1.2", "0.57", "1e-7", "5000", "9007199254740993", "1e305"];
            prop::sample::select(numbers.to_vec()).prop_map(|n| read_text(n).unwrap()).boxed()
        }
        name if name.starts_with("tokens")
            || name.ends_with("_size")
            || name.ends_with("_length") =>
        {
            (0..9_000_i64).prop_map(Value::from).boxed()
        }
        "details" | "metadata" | "changes" | "action_details" | "outcome_error" | "agent"
        | "outcome" | "resources" | "context" | "parameters" | "request_payload" => object(),
        _ => texts(WORDS),
    }
}

/// A record of the dialect: its members mostly as they should be, sometimes missing, null or
/// anything; and members nobody knows.
fn record(names: &'static [&'static str]) -> impl Strategy<Value = Object> {
    let members: Vec<_> = names
        .iter()
        .map(|name| {
            prop_oneof![
                10 => plausible(name).prop_map(Some),
                2 => Just(None),
                1 => Just(Some(Value::Null)),
                1 => json().prop_map(Some),
            ]
            .prop_map(move |value| (*name, value))
        })
        .collect();
    let unknown = prop::collection::vec((name(), json()), 0..2);
    (members, unknown).prop_map(|(members, unknown)| {
        let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        unknown.into_iter().chain(known).collect()
    })
}

/// A failing case becomes a golden file, not a line in a file of seeds.
fn config(cases: u64) -> ProptestConfig {
    let few = tacho_testkit::stories(cases) as u32;
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(few) }
}

/// What a dialect reads comes back, from the draft and from the checked event.
fn comes_back(dialect: &Dialect, record: &Object) -> Result<bool, TestCaseError> {
    let Ok(draft) = dialect.read_record(record) else { return Ok(false) };
    if dialect.name == "agent" {
        prop_assert_eq!(read_native(record.clone()), Ok(draft.clone()));
    }
    let written = dialect.write(draft.object());
    prop_assert_eq!(Value::from(written).to_json(), Value::from(record.clone()).to_json());
    let Ok(event) = draft.clone().check(&Still::default()) else { return Ok(false) };
    let mut checked = event.object().clone();
    for added in ["v", "id", "timestamp"] {
        if draft.object().get(added).is_none() {
            checked.remove(added);
        }
    }
    if let Some(tenant) = draft.object().get("tenant") {
        checked.insert("tenant", tenant.clone());
    }
    let written = dialect.write(&checked);
    prop_assert_eq!(Value::from(written).to_json(), Value::from(record.clone()).to_json());
    Ok(true)
}

fn property(name: &str, members: &'static [&'static str]) {
    property_of(name, record(members));
}

fn property_of(name: &str, records: impl Strategy<Value = Object>) {
    let dialect = Dialect::named(name).unwrap();
    // Of twelve records, as a twentieth would be, all are refused now and then.
    let config = ProptestConfig { cases: config(256).cases.max(64), ..config(256) };
    let few = config.cases / 20;
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let whole = std::cell::Cell::new(0);
    let result = runner.run(&records, |record| {
        whole.set(whole.get() + u32::from(comes_back(dialect, &record)?));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{name}: {error}"));
    // A generator whose records are all refused would prove nothing.
    assert!(whole.get() > few, "{name}: only {} records were read", whole.get());
}

/// A group of the native event: some members as they should be, some unknown, null or anything.
fn group(members: &'static [(&'static str, &'static str)]) -> impl Strategy<Value = Value> {
    let known = prop::sample::select(members.to_vec())
        .prop_map(|(name, text)| (name.to_owned(), read_text(text).unwrap()));
    let null =
        prop::sample::select(members.to_vec()).prop_map(|(name, _)| (name.to_owned(), Value::Null));
    let unknown = ("[a-z~/]{0,3}", json());
    let member = prop_oneof![8 => known, 1 => null, 1 => unknown];
    prop::collection::vec(member, 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

#[test]
fn every_record_of_the_native_dialect_comes_back() {
    let action = group(&[
        ("name", r#""Bash""#),
        ("phase", r#""intent""#),
        ("attempt", "2"),
        ("tool", r#"{"name":null,"more":{"a":[null]}}"#),
    ]);
    let outcome = group(&[
        ("status", r#""timeout""#),
        ("result", r#"{"a":null}"#),
        ("error", r#"{"type":"E","code":1,"stack":null}"#),
        ("error", "{}"),
    ]);
    let resources = group(&[("duration_ms", "1.2"), ("cost_usd", "1E2"), ("tokens_total", "3")]);
    let metadata = group(&[
        ("absent", "{}"),
        ("agent", r#"{"a":{"b":1}}"#),
        ("agent", "5"),
        ("absent", r#"{"agent":["/id"],"journal":["/error"]}"#),
        ("journal", r#"{"shard":7}"#),
    ]);
    let rest = record(&["id", "timestamp"]);
    let records = (rest, action, outcome, resources, metadata);
    let records = records.prop_map(|(mut record, mut action, outcome, resources, metadata)| {
        action.as_object_mut().unwrap().insert("type", "tool");
        for (name, value) in [
            ("action", action),
            ("outcome", outcome),
            ("resources", resources),
            ("metadata", metadata),
        ] {
            record.insert(name, value);
        }
        record
    });
    property_of("agent", records);
}

#[test]
fn every_row_of_the_agents_table_comes_back() {
    property(
        "agent_row",
        &[
            "id",
            "timestamp",
            "agent_id",
            "session_id",
            "action_type",
            "action_name",
            "action_details",
            "outcome_status",
            "outcome_error",
            "tokens_input",
            "duration_ms",
            "resources_accessed",
            "sensitive_data_accessed",
        ],
    );
}

#[test]
fn every_record_of_the_journal_comes_back() {
    property(
        "journal",
        &["timestamp", "actor", "action", "success", "details", "error", "session_id"],
    );
}

#[test]
fn every_kind_of_interaction_comes_back() {
    let common = &[
        "timestamp",
        "session_id",
        "interaction_type",
        "interaction_id",
        "prompt",
        "response",
        "model",
        "tokens_used",
        "duration_seconds",
        "prompt_length",
    ];
    property("interaction", common);
    property(
        "interaction",
        &["activity_id", "timestamp", "persona", "activity", "user_id", "context"],
    );
    property("interaction", &["tool_name", "operation", "parameters", "result", "success"]);
    property("interaction", &["operation", "file_path", "file_size", "file_hash", "success"]);
    property("interaction", &["metric_name", "value", "unit", "context", "timestamp"]);
    property("interaction", &["error_type", "error_message", "stack_trace", "context"]);
    property("interaction", &["session_id", "start_time", "end_time", "duration_seconds"]);
    property("interaction", &["interaction_id", "prompt_file", "response_file", "prompt_size"]);
}

#[test]
fn every_memory_event_comes_back() {
    property(
        "memory",
        &[
            "event_id",
            "timestamp",
            "operation",
            "user_id",
            "session_id",
            "entry_ids",
            "metadata",
            "status",
            "duration_ms",
            "error_message",
        ],
    );
}

#[test]
fn every_row_of_a_provider_comes_back() {
    property(
        "provider",
        &[
            "id",
            "tenant_id",
            "action_type",
            "provider_name",
            "request_payload",
            "response_data",
            "status",
            "error_message",
            "execution_time_ms",
            "metadata",
            "created_at",
            "updated_at",
        ],
    );
    property(
        "provider",
        &[
            "id",
            "tenant_id",
            "user_id",
            "action",
            "resource_type",
            "resource_id",
            "changes",
            "ip_address",
            "user_agent",
            "metadata",
            "created_at",
        ],
    );
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn any_json_is_read_or_refused_by_every_dialect(value in json()) {
        let _ = detect(&value);
        for dialect in DIALECTS {
            if let Ok(batch) = dialect.read(&value) {
                prop_assert_eq!(batch.write(), value.clone());
            }
            if let Value::Object(event) = &value {
                dialect.write(event);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read_any(&bytes);
    }
}

static TIMES: &[&str] = &[
    "2025-01-15T10:30:45.123456Z",
    "2026-02-20T07:21:42.457Z",
    "2024-01-15T10:30:00Z",
    "2025-01-15T10:30:45.123456",
    "2025-01-15 10:30:45",
    "2025-01-15 10:30:45+00",
    "2025-01-15T10:30:45.5+0130",
    "2025-01-15t10:30:45.1234567891z",
    "2016-12-31T23:59:60Z",
];
static STATUSES: &[&str] =
    &["success", "SUCCESS", "Failure", "partial", "PENDING", "timeout", "retry", "blocked", "ok"];
static ACTIONS: &[&str] = &[
    "mcp_call",
    "claude_request",
    "error",
    "payment",
    "update",
    "emergency_stop",
    "data_change",
    "q",
];
static WORDS: &[&str] =
    &["a", "entry_1", "claude-3", "user@example.com", "", "evt 6/x", "high", "WARNING", "tool"];
static NAMES: &[&str] = &[
    "agent",
    "type",
    "name",
    "id",
    "tool",
    "status",
    "error",
    "message",
    "metadata",
    "absent",
    "log_entry",
    "events",
    "total_events",
    "service",
    "server",
    "endpoint",
    "severity",
    "model",
    "duration_ms",
    "before",
    "after",
    "result",
    "response",
    "user_id",
    "timestamp",
    "action",
    "operation",
    "entry_ids",
    "tenant",
    "details",
    "journal",
    "duration_seconds",
    "prompt_length",
];
