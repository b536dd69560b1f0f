//! What is to be encrypted: in no file in the clear, shown with the keys, named without.

use std::path::{Path, PathBuf};

use tacho_event::Draft;
use tacho_event::json::{Object, Value, read};
use tacho_event::privacy::{Policy, Preset};
use tacho_shapes::agent::{AgentLog, FileDestination};
use tacho_shapes::book::all_events;
use tacho_shapes::interaction::{
    AuditConfig, AuditError, AuditExporter, AuditLogger, AuditViewer, ChatInteraction,
    PersonaActivity, PresetConfigs, ToolUsage,
};
use tacho_shapes::lines::Rotation;
use tacho_shapes::memory::{self, EventQuery, NewEvent};
use tacho_shapes::provider::{ActionLog, ActionLogRepository, Page, Tenants, log_action};
use tacho_shapes::{Book, Error};
use tacho_testkit::{block_on, scratch};
use tachograph::RecordError;
use tachograph::record::{QueueSettings, Settings};

/// What must stand in no file in the clear.
const SECRET: &str = "dig deep under the archive";
/// Whom it was for.
const USER: &str = "alice.archer@example.com";

/// The files below a directory that hold these bytes.
fn holding(dir: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

fn with_keys(config: AuditConfig, dir: &Path) -> AuditConfig {
    AuditConfig { keys: Some(dir.join("keys")), ..config }
}

/// Records the secret wherever a session takes text; gives the interaction's id.
fn tell(logger: &AuditLogger) -> String {
    let said = || Object::from([("said", SECRET)]);
    let (prompt, response) = (SECRET, "dig deep under the archive, then");
    let chat = ChatInteraction { interaction_type: "chat", prompt, response, ..Default::default() };
    let id = logger.log_chat_interaction(&chat).unwrap();
    let tool = ToolUsage {
        tool_name: "shovel",
        operation: "dig",
        parameters: said(),
        result: said().into(),
        success: false,
        error_message: Some(SECRET),
        ..ToolUsage::default()
    };
    logger.log_tool_usage(&tool).unwrap();
    let (user_id, context) = (Some(USER), said());
    let persona = PersonaActivity {
        persona: "digger",
        activity: "digs",
        user_id,
        context,
        ..PersonaActivity::default()
    };
    logger.log_persona_activity(&persona).unwrap();
    let error = AuditError {
        error_type: "Collapse",
        error_message: SECRET,
        stack_trace: Some(SECRET),
        context: said(),
        ..AuditError::default()
    };
    logger.log_error(&error).unwrap();
    id
}

/// The events of a log that say who looked at what is sealed.
fn looks(logger: &AuditLogger) -> usize {
    let log = logger.book().sealed_log().unwrap();
    let is_look =
        |leaf: &Object| leaf.object("action").unwrap().str("name") == Some("tacho.reveal");
    let query = tachograph::log::Query { filter: Some(&is_look), ..Default::default() };
    log.query(query).unwrap().count()
}

#[test]
fn what_is_sealed_stands_in_no_file_and_the_exporter_shows_it_with_the_keys() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let config = with_keys(PresetConfigs::production("s1", &dir), &dir);
    let logger = AuditLogger::new(config).unwrap();
    assert!(logger.book().seals());
    let id = tell(&logger);
    logger.flush().unwrap();
    let audit = dir.join("audit_logs");
    let in_clear = || [SECRET, USER].map(|needle| holding(&dir, needle));
    assert_eq!(in_clear(), [[], []].map(Vec::<PathBuf>::from), "while it lies in the WAL");
    logger.finalize_session().unwrap();
    assert_eq!(in_clear(), [[], []].map(Vec::<PathBuf>::from), "when it is integrated");
    assert!(!audit.join("full_interactions").exists());
    let tools = std::fs::read_to_string(audit.join("tool_usage_s1.jsonl")).unwrap();
    assert!(tools.contains("shovel") && tools.lines().count() == 1, "{tools}");
    let session = std::fs::read(audit.join("session_s1.json")).unwrap();
    let session = read(&session).unwrap();
    let names: Vec<&str> = session.as_object().unwrap().iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["duration_seconds", "end_time", "session_id"], "no time is another's");
    assert_eq!(looks(&logger), 0, "whoever writes the files opens nothing");

    let content = AuditViewer::new(&logger).unwrap().get_full_interaction_content(&id).unwrap();
    assert_eq!(content.prompt.as_deref(), Some(SECRET));
    assert_eq!((content.matches_hashes, content.is_sealed), (Some(true), false));
    assert_eq!(looks(&logger), 1, "that somebody looks is recorded");
    let exporter = AuditExporter::new(&logger);
    let export = exporter.export_to_json(&dir.join("whole.json"), true).unwrap();
    assert_eq!(export.at("/chat_interactions/0/prompt"), Some(&SECRET.into()));
    assert_eq!(export.at("/tool_usage/0/parameters/said"), Some(&SECRET.into()));
    assert_eq!(export.at("/persona_activities/0/user_id"), Some(&USER.into()));
    assert_eq!(export.at("/integrity/sealed"), Some(&Vec::<&str>::new().into()));
    assert_eq!(export.at("/integrity/checked"), Some(&1.into()));
    assert_eq!(holding(&dir, SECRET), [dir.join("whole.json")]);
    let loaded = AuditViewer::load_with_keys(&audit, &dir.join("keys")).unwrap();
    let content = loaded.get_full_interaction_content(&id).unwrap();
    assert_eq!(content.prompt.as_deref(), Some(SECRET));
}

#[test]
fn without_the_keys_the_exporter_says_what_is_sealed_and_the_logger_seals_on() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let config = with_keys(PresetConfigs::compliance("s1", &dir), &dir);
    let logger = AuditLogger::new(config.clone()).unwrap();
    let first = tell(&logger);
    drop(logger);
    std::fs::rename(dir.join("keys/vault.msk"), dir.join("master")).unwrap();

    let logger = AuditLogger::new(config).unwrap();
    let second = tell(&logger);
    assert!(logger.book().seals());
    assert!(!dir.join("keys/vault.msk").exists(), "no new secret hides that one is lost");
    let exporter = AuditExporter::new(&logger);
    let export = exporter.export_to_json(&dir.join("whole.json"), true).unwrap();
    let sealed = Value::from(vec![first.as_str(), second.as_str()]);
    assert_eq!(export.at("/integrity/sealed"), Some(&sealed));
    assert_eq!(export.at("/integrity/checked"), Some(&0.into()));
    let row = export.at("/full_content_index").unwrap().as_object().unwrap().object(&first);
    assert_eq!(row.unwrap().get("is_sealed"), Some(&true.into()));
    assert_eq!(export.at("/chat_interactions/0/prompt"), None);
    let files = exporter.export_complete_audit_to_directory(&dir.join("all"), true).unwrap();
    assert!(files.iter().all(|file| !file.path.starts_with(dir.join("all/full_interactions"))));
    assert_eq!(holding(&dir, SECRET), Vec::<PathBuf>::new());
    assert_eq!(looks(&logger), 0, "nobody saw anything");
    let audit = dir.join("audit_logs");
    let elsewhere = AuditViewer::load_with_keys(&audit, &dir.join("nowhere")).unwrap();
    let content = elsewhere.get_full_interaction_content(&first).unwrap();
    assert_eq!((content.prompt, content.is_sealed), (None, true));
    assert!(!dir.join("nowhere").exists(), "who reads makes no keys");

    std::fs::rename(dir.join("master"), dir.join("keys/vault.msk")).unwrap();
    let viewer = AuditViewer::new(&logger).unwrap();
    for id in [first, second] {
        let content = viewer.get_full_interaction_content(&id).unwrap();
        assert_eq!((content.prompt.as_deref(), content.is_sealed), (Some(SECRET), false));
    }
}

#[test]
fn encryption_that_is_asked_for_seals_under_any_preset_and_otherwise_the_preset_decides() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    for (name, encrypt, preset, seals) in [
        ("asked", true, Preset::Development, true),
        ("plain", false, Preset::Development, false),
        ("preset", false, Preset::Production, true),
    ] {
        let project = dir.join(name);
        let config = AuditConfig {
            encrypt_sensitive_content: encrypt,
            preset,
            keys: Some(project.join("keys")),
            ..AuditConfig::new("s1", &project)
        };
        let logger = AuditLogger::new(config).unwrap();
        let id = tell(&logger);
        logger.finalize_session().unwrap();
        assert_eq!(logger.book().seals(), seals, "{name}");
        let audit = project.join("audit_logs");
        assert_eq!(holding(&audit, SECRET).is_empty(), seals, "{name}");
        assert_eq!(project.join("keys").exists(), seals, "{name}");
        let viewer = AuditViewer::new(&logger).unwrap();
        let content = viewer.get_full_interaction_content(&id).unwrap();
        assert_eq!(content.prompt.as_deref(), Some(SECRET), "{name}");
    }
}

#[test]
fn keys_that_would_lie_in_the_store_are_refused() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let keys = Some(dir.join("audit_logs/store/keys"));
    let config = AuditConfig { keys, ..PresetConfigs::production("s1", &dir) };
    let refused = AuditLogger::new(config).unwrap_err();
    assert!(matches!(refused, Error::KeysInStore(_)), "{refused}");
    assert!(!dir.join("audit_logs/store/keys").exists());
    // A file where the keys should be made: nothing is recorded in the clear instead.
    std::fs::write(dir.join("file"), "").unwrap();
    let config =
        AuditConfig { keys: Some(dir.join("file")), ..PresetConfigs::production("s1", &dir) };
    let refused = AuditLogger::new(config).unwrap_err();
    assert!(matches!(refused, Error::Record(RecordError::Vault(_))), "{refused}");
    let log = tachograph::Log::open(dir.join("audit_logs/store")).unwrap();
    assert_eq!(log.size(), 0);
}

#[test]
fn a_sealing_book_serves_memories_and_agents_and_keeps_their_files_clean() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let settings = Settings { keys: Some(dir.join("keys")), ..Settings::default() };
    let policy = Policy::preset(Preset::Production);
    let book = Book::open_with(dir.join("store"), policy, settings, QueueSettings::default());
    let book = book.unwrap();
    let logger = memory::AuditLogger::with_book(&book, 100);
    let metadata = Object::from([("note", SECRET)]);
    let event = NewEvent { user_id: Some(USER), metadata, ..NewEvent::default() };
    logger.log_event_now(event).unwrap();
    let agent = AgentLog::new(&book, "ops/digger").session("abc123");
    agent.log(Draft::tool("Bash").input(Object::from([("command", SECRET)]))).unwrap();
    let file = FileDestination::new(&book, &dir.join("agent"), Rotation::default()).unwrap();
    file.pull().unwrap();
    book.integrate();
    let lines = std::fs::read_to_string(dir.join("agent/agent-audit.jsonl")).unwrap();
    assert!(lines.contains("Bash"), "{lines}");
    assert_eq!([holding(&dir, SECRET), holding(&dir, USER)], [[], []].map(Vec::<PathBuf>::from));

    let query = EventQuery { user_id: Some(USER), ..EventQuery::default() };
    for _ in 0..2 {
        let found = logger.query_events(&query).unwrap();
        assert_eq!(found.len(), 1, "who it was for is found with the keys");
    }
    let events = all_events(&book.log().unwrap()).unwrap();
    assert_eq!(events.len(), 2, "looks are not among what was looked for");
    let command = events[1].at("/action/tool/parameters/command");
    assert_eq!(command, Some(&SECRET.into()));
}

#[test]
fn tenants_under_a_policy_that_seals_have_keys_of_their_own_and_read_their_rows() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let plain = Book::open(dir.join("store"), Policy::default()).unwrap();
    let policy = Policy::preset(Preset::Production);
    let db = Tenants::new(plain.store(), plain.world().clone(), policy);
    let db = db.with_keys(&dir.join("keys"));
    for tenant in ["tenant-a", "tenant-b"] {
        let action = ActionLog {
            action_type: "email_send",
            provider_name: "google",
            status: "success",
            request_payload: Object::from([("text", SECRET)]).into(),
            ..ActionLog::default()
        };
        block_on(log_action(tenant, action, &db)).unwrap();
        let actions = ActionLogRepository::new(&db, tenant).unwrap();
        let rows = actions.list(&Default::default(), Page::default()).unwrap();
        assert_eq!(rows.len(), 1);
        let details = actions.get(rows[0].str("id").unwrap()).unwrap().unwrap();
        assert_eq!(Value::from(details).at("/request_payload/text"), Some(&SECRET.into()));
        assert!(dir.join("keys").join(tenant).exists());
    }
    assert_eq!(holding(&dir, SECRET), Vec::<PathBuf>::new());
}
