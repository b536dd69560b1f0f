//! Each example runs every sample of one document; what it gives, and the files it writes, are
//! what the document shows.

use std::path::Path;

use tacho_event::json::{Value, read};
use tacho_event::privacy::Policy;
use tacho_shapes::Book;
use tacho_shapes::book::all_events;
use tacho_shapes::interaction::{AuditViewer, sha256_hex};
use tacho_shapes::memory::Warning;
use tacho_testkit::{block_on, scratch};

#[path = "../../examples/agent.rs"]
pub(crate) mod agent;
#[path = "../../examples/interaction.rs"]
pub(crate) mod interaction;
#[path = "../../examples/journal.rs"]
pub(crate) mod journal;
#[path = "../../examples/memory.rs"]
pub(crate) mod memory;
#[path = "../../examples/provider.rs"]
pub(crate) mod provider;

fn json(path: &Path) -> Value {
    read(&std::fs::read(path).unwrap()).unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| read(line.as_bytes()).unwrap()).collect()
}

fn value(text: &str) -> Value {
    read(text.as_bytes()).unwrap()
}

#[test]
fn the_journals_samples_give_its_records_and_its_files() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let seen = journal::run(&dir).unwrap();
    assert_eq!((seen.calls, seen.fallback.as_str()), (3, "Manual processing completed"));
    // The record of the document, byte for byte but for the spaces.
    let shown = std::fs::read_to_string(dir.join("Logs/audit_2026-02-20.log")).unwrap();
    let record = r#"{"timestamp":"2026-02-20T07:21:42.457Z","actor":"mcp","action":"mcp_call","#;
    let rest = r#""success":true,"details":{},"error":null,"session_id":"session-123"}"#;
    assert_eq!(shown, format!("{record}{rest}\n"));
    let names: Vec<String> = tacho_shapes::paper::list(&dir.join("Logs")).unwrap();
    let daily: Vec<_> = names.iter().filter(|name| name.starts_with("audit_")).collect();
    let other = daily.iter().find(|name| **name != "audit_2026-02-20.log").unwrap();
    for name in ["orchestrator_gold.log", "social_mcp_actions.log", "odoo_actions.log"] {
        assert!(names.iter().any(|there| there == name), "{name}");
    }
    let all = lines(&dir.join("Logs").join(other));
    let details = value(
        r#"{"service":"social_mcp","endpoint":"facebook_post",
            "data":{"text":"Hello World","image_url":"https://..."},
            "response":{"post_id":"12345"}}"#,
    );
    let call = all.iter().find(|record| record.at("/details/endpoint").is_some()).unwrap();
    assert_eq!(call.at("/details"), Some(&details));
    let members = ["timestamp", "actor", "action", "success", "details", "error", "session_id"];
    for record in &all {
        let record = record.as_object().unwrap();
        let names: std::collections::BTreeSet<_> = record.iter().map(|(name, _)| name).collect();
        assert_eq!(names, members.into_iter().collect(), "{record:?}");
        let time = record.str("timestamp").unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    }
    let action = |name: &str| all.iter().filter(|r| r.at("/action") == Some(&name.into())).count();
    assert_eq!(action("retry"), 3, "every attempt is recorded");
    assert_eq!(action("fallback"), 1);
    let claude = all.iter().find(|r| r.at("/action") == Some(&"claude_request".into())).unwrap();
    assert_eq!(claude.at("/details/prompt_length"), Some(&Value::from(12)));
    assert_eq!(claude.at("/details/response_length"), Some(&Value::from(13)));
    let of_social = lines(&dir.join("Logs/social_mcp_actions.log"));
    assert_eq!(of_social.len(), 3);
    assert_eq!(of_social[0], *call);
}

#[test]
fn the_librarys_samples_give_its_summaries_files_and_exports() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let seen = interaction::run(&dir).unwrap();
    let audit = dir.join("audit_logs");
    for stem in seen.summary.records.keys() {
        let lines = lines(&audit.join(format!("{stem}_my_session_001.jsonl")));
        assert_eq!(lines.len(), 1, "{stem}");
        assert_eq!(seen.summary.records[stem], 1, "{stem}");
    }
    assert_eq!(seen.summary.records.len(), 6);
    assert_eq!(seen.summary.total_tokens, 45);
    assert!(!seen.tool_id.is_empty());
    let session = json(&audit.join("session_my_session_001.json"));
    assert_eq!(session.at("/summary/total_chat_interactions"), Some(&Value::from(1)));
    assert!(session.at("/end_time").is_some() && session.at("/config").is_some());
    let (id, prompt) = (&seen.chat_id, "What is the weather today?");
    let full = audit.join("full_interactions");
    let text = std::fs::read_to_string(full.join(format!("prompt_{id}.txt"))).unwrap();
    assert_eq!(text, prompt);
    let manifest = json(&full.join(format!("manifest_{id}.json")));
    assert_eq!(manifest.at("/prompt_hash"), Some(&Value::from(sha256_hex(prompt))));
    assert!(full.join(format!("response_{id}.txt")).is_file());
    let chat = &lines(&audit.join("chat_interactions_my_session_001.jsonl"))[0];
    for (name, expected) in [
        ("interaction_id", Value::from(id.as_str())),
        ("interaction_type", "api_request".into()),
        ("model", "claude-3".into()),
        ("tokens_used", 45.into()),
        ("duration_seconds", 1.2.into()),
    ] {
        assert_eq!(chat.as_object().unwrap().get(name), Some(&expected), "{name}");
    }
    let ages = seen.presets.each_ref().map(|preset| preset.max_log_age_days);
    assert_eq!(ages, [30, 365, 7 * 365, 30]);
    let sealed = seen.presets.each_ref().map(|preset| preset.encrypt_sensitive_content);
    assert_eq!(sealed, [false, true, true, false]);
    assert_eq!(seen.custom.max_log_age_days, 180);
    assert_eq!(seen.recent_chats.len(), 1);
    assert_eq!(seen.full_content.prompt.as_deref(), Some(prompt));
    assert_eq!(seen.full_content.matches_hashes, Some(true));
    assert_eq!(seen.analytics.at("/tool_usage/weather_api/count"), Some(&Value::from(1)));
    assert_eq!(json(&dir.join("audit_complete.json")), seen.export);
    assert_eq!(seen.export.at("/integrity/checked"), Some(&Value::from(1)));
    let chats = std::fs::read_to_string(dir.join("chats.csv")).unwrap();
    assert!(chats.starts_with("interaction_id,timestamp,session_id,interaction_type,model,"));
    assert_eq!(chats.lines().count(), 2);
    assert!(!chats.contains("weather today"), "content is exported by choice alone");
    let tools = std::fs::read_to_string(dir.join("tools.csv")).unwrap();
    assert!(tools.contains("weather_api,get_forecast,\"{\"\"location\"\":\"\"New York\"\"}\""));
    for file in &seen.files {
        let text = std::fs::read_to_string(&file.path).unwrap();
        assert_eq!((file.bytes, &file.sha256), (text.len(), &sha256_hex(&text)));
    }
    assert_eq!(seen.files.len(), 1 + 6 + 1 + 2 + 1);
    // What another library wrote: the same files, without a store.
    let foreign = dir.join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    for name in tacho_shapes::paper::list(&audit).unwrap() {
        std::fs::copy(audit.join(&name), foreign.join(&name)).unwrap();
    }
    let read = AuditViewer::load(&foreign).unwrap().get_session_summary().unwrap();
    assert_eq!(read.records, seen.summary.records);
    // Each export was an access, and is recorded as one.
    let log = tachograph::Log::open(audit.join("store")).unwrap();
    let accesses = all_events(&log).unwrap();
    let accesses = accesses.iter().filter(|e| e.at("/action/type") == Some(&"access".into()));
    assert_eq!(accesses.count(), 4);
}

#[test]
fn the_memorys_samples_give_its_answers_and_its_export() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let seen = block_on(memory::run(&dir)).unwrap();
    assert_eq!(seen.stored_by_user, 1);
    assert_eq!(seen.answers, [4, 2, 5, 0, 1, 2, 1, 1]);
    assert_eq!(seen.stats.total_events, 11);
    assert!((seen.stats.success_rate - 10.0 / 11.0).abs() < 1e-9);
    assert_eq!(seen.stats.by_operation["STORE"], 7);
    assert_eq!(seen.stats.by_operation["IMPORT"], 1, "a batch is one event");
    assert_eq!(seen.user_stats.total_operations, 9);
    assert_eq!(seen.user_stats.most_common_operation.as_deref(), Some("STORE"));
    assert_eq!((seen.report.total_events, seen.report.users()), (11, 3));
    assert_eq!(seen.report.user_activity["user_123"].deletions, 1);
    assert!(matches!(seen.warnings[..], [Warning::SuccessRate(_)] | [_, _]));
    let export = json(&dir.join("audit_trail.json"));
    assert_eq!(export.at("/total_events"), Some(&Value::from(5)));
    let names: Vec<&str> = export.as_object().unwrap().iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["events", "exported_at", "total_events"]);
    let stored = export.at("/events/3").unwrap().as_object().unwrap();
    let shown = value(
        r#"{"operation":"STORE","user_id":"user_123","session_id":"session_abc",
            "entry_ids":["entry_1","entry_2"],"metadata":{"source":"api","batch_size":2},
            "status":"SUCCESS","duration_ms":45.2}"#,
    );
    for (name, expected) in shown.as_object().unwrap().iter() {
        assert_eq!(stored.get(name), Some(expected), "{name}");
    }
    assert!(stored.str("event_id").unwrap().starts_with("evt_"));
    assert_eq!(stored.str("timestamp").unwrap().len(), 27);
    assert_eq!(json(&dir.join("user_123_audit.json")).at("/total_events"), Some(&4.into()));
    // The export that the document shows, whole: only ids and times are of this run.
    let mut export = json(&dir.join("export_format.json"));
    for (at, length) in
        [("/events/0/event_id", 40), ("/events/0/timestamp", 27), ("/exported_at", 27)]
    {
        let place = export.as_object_mut().unwrap().at_mut(at).unwrap();
        assert_eq!(place.as_str().unwrap().len(), length, "{at}");
        *place = "".into();
    }
    let shown = value(
        r#"{"events":[{"event_id":"","timestamp":"","operation":"STORE","user_id":"user_123",
            "session_id":"session_abc","entry_ids":["entry_1"],
            "metadata":{"importance":0.8,"tags":["verified"]},"status":"SUCCESS",
            "duration_ms":45.2}],"total_events":1,"exported_at":""}"#,
    );
    assert_eq!(export, shown);
}

#[test]
fn the_adapters_samples_give_the_rows_it_shows() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let seen = block_on(provider::run(&dir)).unwrap();
    let mut row = seen.actions[0].clone();
    assert_eq!(seen.actions.len(), 1);
    for name in ["id", "created_at"] {
        assert!(row.remove(name).is_some(), "{name}");
    }
    let shown = value(
        r#"{"tenant_id":"123e4567-e89b-12d3-a456-426614174000","action_type":"crm_create",
            "provider_name":"hubspot","status":"success","error_message":null,
            "execution_time_ms":245}"#,
    );
    assert_eq!(Value::from(row), shown);
    let mut details = seen.details.unwrap();
    assert_eq!(details.get("updated_at"), details.get("created_at"));
    for name in ["id", "created_at", "updated_at"] {
        assert!(details.remove(name).is_some(), "{name}");
    }
    let shown = value(
        r#"{"tenant_id":"123e4567-e89b-12d3-a456-426614174000","action_type":"crm_create",
            "provider_name":"hubspot",
            "request_payload":{"email":"john.doe@example.com","firstname":"John","lastname":"Doe"},
            "response_data":{"id":"12345","properties":{}},
            "status":"success","error_message":null,"execution_time_ms":245,"metadata":{}}"#,
    );
    assert_eq!(Value::from(details), shown);
    assert_eq!(seen.failed.len(), 1);
    assert_eq!(seen.failed[0].str("status"), Some("failure"));
    assert_eq!(seen.audits.len(), 1);
    let mut audit = seen.audits[0].clone();
    for name in ["id", "created_at"] {
        assert!(audit.remove(name).is_some(), "{name}");
    }
    let shown = value(
        r#"{"tenant_id":"123e4567-e89b-12d3-a456-426614174000","action":"update",
            "resource_type":"tenant","resource_id":"123e4567-e89b-12d3-a456-426614174000",
            "user_id":"admin@example.com",
            "changes":{"before":{"name":"Old Name"},"after":{"name":"New Name"}},
            "ip_address":"192.168.1.100"}"#,
    );
    assert_eq!(Value::from(audit), shown);
    let stats = seen.stats.to_value();
    let names: Vec<&str> = stats.as_object().unwrap().iter().map(|(name, _)| name).collect();
    let shown = [
        "actions_by_provider",
        "actions_by_type",
        "average_execution_time_ms",
        "failed_actions",
        "successful_actions",
        "total_actions",
    ];
    assert_eq!(names, shown);
    assert_eq!(seen.trail.len(), 2);
    assert_eq!((seen.stats.total_actions, seen.stats.failed_actions), (2, 1));
    assert_eq!(seen.stats.actions_by_provider["hubspot"], 1);
    assert!((seen.stats.average_execution_time_ms - 722.5).abs() < 1e-9);
    let (providers, activity, slowest) = seen.analytics;
    assert_eq!((providers, activity.len(), slowest.len()), (1, 3, 1));
    assert_eq!(seen.alarms, 1, "half of all operations failed");
}

#[test]
fn a_tenant_sees_its_own_rows_and_no_other() {
    use tacho_shapes::provider::{ActionLog, ActionLogRepository, Page, Tenants, log_action};
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = Book::open(&*dir, Policy::default()).unwrap();
    let db = Tenants::new(book.store(), book.world().clone(), Policy::default());
    let action = ActionLog {
        action_type: "email_send",
        provider_name: "google",
        status: "success",
        ..ActionLog::default()
    };
    block_on(log_action("tenant-a", action, &db)).unwrap();
    let rows = |tenant| {
        let actions = ActionLogRepository::new(&db, tenant).unwrap();
        actions.list(&Default::default(), Page::default()).unwrap().len()
    };
    assert_eq!((rows("tenant-a"), rows("TENANT-A"), rows("tenant-b")), (1, 1, 0));
    assert!(ActionLogRepository::new(&db, "../tenant-a").is_err());
}

#[test]
fn the_agents_samples_come_back_from_the_file_as_they_stand_in_the_document() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    assert_eq!(agent::run(&dir).unwrap(), 4);
    let written = lines(&dir.join("agent-audit/agent-audit.jsonl"));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tacho-event/fixtures/dialects");
    let mut shown: Vec<Value> = std::fs::read_dir(fixtures.join("agent"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".in.json"))
        .map(|path| json(&path))
        .collect();
    shown.retain(|entry| {
        entry.at("/id").is_some_and(|id| written.iter().any(|w| w.at("/id") == Some(id)))
    });
    assert!(shown.len() >= 4, "{}", shown.len());
    for mut record in written {
        let object = record.as_object_mut().unwrap();
        // What the recorder adds to any entry: how it came, and which version of the shape it is.
        assert!(object.remove("origin").is_some() && object.remove("v").is_some());
        let id = record.at("/id").unwrap().clone();
        assert!(shown.contains(&record), "{id} is not as it is shown: {record}");
    }
}
