//! What happens when the tap cannot do its work: the agent goes on, and what can be kept is kept.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use tacho_event::privacy::Policy;
use tacho_testkit::require;
use tachograph::Recorder;
use tachograph::record::Settings;
use tachograph::stop::{NewStop, Scope, Stops};
use tachograph::world::OsWorld;

use crate::house::{House, claude, json, start, text, told};

fn intent(id: &str) -> Vec<u8> {
    let more =
        format!(r#""tool_name":"Bash","tool_input":{{"command":"ls"}},"tool_use_id":"{id}""#);
    claude("PreToolUse", &more).to_json().into_bytes()
}

/// A user that owns nothing here.
const NOBODY: u32 = 65_534;

/// The hook as a user that may read the store and not write it; none where nobody can be another.
fn as_nobody(house: &House, arguments: &[&str]) -> Option<Command> {
    let is_root = std::fs::metadata("/proc/self")
        .is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        require("root", "starts a hook as another user");
        return None;
    }
    for place in ["state", "home"] {
        std::os::unix::fs::chown(house.at(place), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut inner = std::fs::metadata(house.at("")).unwrap().permissions();
    inner.set_mode(0o755);
    std::fs::set_permissions(house.at(""), inner).unwrap();
    // The binary may lie where only its builder may look.
    let binary = house.at("tacho-tap");
    std::fs::copy(env!("CARGO_BIN_EXE_tacho-tap"), &binary).unwrap();
    let usual = house.command(arguments);
    let mut command = Command::new(&binary);
    command.args(arguments).env_clear().uid(NOBODY).gid(NOBODY);
    for (name, value) in usual.get_envs() {
        command.env(name, value.unwrap());
    }
    for stream in [Command::stdin, Command::stdout, Command::stderr] {
        stream(&mut command, std::process::Stdio::piped());
    }
    Some(command)
}

/// The files in the overflow.
fn overflow(house: &House) -> usize {
    std::fs::read_dir(house.at("state/overflow/spool")).map_or(0, |files| files.count())
}

#[test]
fn a_read_only_store_leaves_events_in_the_overflow_and_gets_them_later() {
    let house = House::new();
    house.hook("claude-code", claude("SessionStart", r#""source":"startup""#));
    let Some(command) = as_nobody(&house, &["hook", "claude-code"]) else { return };
    let mode = Command::new("chmod").args(["-R", "a+rX"]).arg(house.at("store")).status();
    assert!(mode.unwrap().success());
    let output = start(command, &intent("t1")).wait_with_output().unwrap();
    assert_eq!(told(output), "");
    assert_eq!(overflow(&house), 1);
    assert!(house.traces().contains(&"not_recorded".to_owned()), "{:?}", house.traces());

    // Whoever may write the store brings back what its own overflow holds.
    for dir in ["state/overflow/spool", "state"] {
        chown_all(&house.at(dir));
    }
    house.hook("claude-code", claude("Stop", ""));
    assert_eq!(overflow(&house), 0);
    let events = house.events();
    let brought = events.iter().find(|event| text(event, "/action/call_id") == "t1").unwrap();
    assert_eq!(text(brought, "/action/tool/parameters/command"), "ls");
}

#[test]
fn a_copy_without_its_empty_folders_gets_what_the_overflow_holds() {
    let house = House::new();
    house.hook("claude-code", claude("SessionStart", r#""source":"startup""#));
    std::fs::rename(house.at("store"), house.at("away")).unwrap();
    std::fs::write(house.at("store"), "in the way").unwrap();
    assert_eq!(
        (house.run(&["hook", "claude-code"], &intent("t1")).as_str(), overflow(&house)),
        ("", 1)
    );
    std::fs::remove_file(house.at("store")).unwrap();
    std::fs::rename(house.at("away"), house.at("store")).unwrap();
    for folder in ["spool", "emitters", "run", "wal/quarantine"] {
        let _ = std::fs::remove_dir_all(house.at("store").join(folder));
    }
    house.hook("claude-code", claude("Stop", ""));
    assert_eq!(overflow(&house), 0, "{:?}", house.traces());
    let events = house.events();
    assert!(events.iter().any(|event| text(event, "/action/call_id") == "t1"));
}

fn chown_all(dir: &std::path::Path) {
    std::os::unix::fs::chown(dir, Some(0), Some(0)).unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        std::os::unix::fs::chown(entry.unwrap().path(), Some(0), Some(0)).unwrap();
    }
}

#[test]
fn a_store_of_another_user_leaves_events_in_the_overflow() {
    let house = House::new();
    house.hook("claude-code", claude("SessionStart", r#""source":"startup""#));
    std::fs::set_permissions(house.at("store"), PermissionsExt::from_mode(0o700)).unwrap();
    let Some(command) = as_nobody(&house, &["hook", "claude-code"]) else { return };
    let output = start(command, &intent("t1")).wait_with_output().unwrap();
    assert_eq!(told(output), "");
    assert_eq!((overflow(&house), house.traces()), (1, vec!["store_unavailable".to_owned()]));
}

#[test]
fn a_full_disk_leaves_events_in_the_overflow() {
    let house = House::new();
    let store = house.at("store");
    std::fs::create_dir(&store).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(&store)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        require("mount", "fills a disk of its own");
        return;
    }
    let full = std::fs::write(store.join("filler"), vec![0; 1 << 20]);
    let answer = house.run(&["hook", "claude-code"], &intent("t1"));
    let (kept, traces) = (overflow(&house), house.traces());
    Command::new("umount").arg(&store).status().unwrap();
    assert!(full.is_err());
    assert_eq!((answer.as_str(), kept), ("", 1), "{traces:?}");
}

#[test]
fn a_locked_store_gets_events_in_its_spool() {
    let house = House::new();
    house.hook("claude-code", claude("SessionStart", r#""source":"startup""#));
    let lock = std::fs::File::options().write(true).open(house.at("store/wal/lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(house.run(&["hook", "claude-code"], &intent("t1")), "");
    assert_eq!(std::fs::read_dir(house.at("store/spool")).unwrap().count(), 1);
    lock.unlock().unwrap();
    house.hook("claude-code", claude("Stop", ""));
    let names: Vec<String> =
        house.events().iter().map(|event| text(event, "/action/name").to_owned()).collect();
    assert!(names.contains(&"Bash".to_owned()), "{names:?}");
    assert_eq!(house.traces(), [""; 0]);
}

#[test]
fn without_any_place_to_write_the_agent_goes_on_unless_it_is_enforced() {
    let house = House::new();
    let lost = |mode: &str| {
        let mut command = house.command(&["hook", "claude-code", "--mode", mode]);
        // A file stands where the directories should be.
        command.env("TACHO_STORE", "/dev/null/store").env("TACHO_STATE", "/dev/null/state");
        told(start(command, &intent("t1")).wait_with_output().unwrap())
    };
    assert_eq!(lost("observe"), "");
    let denial = lost("enforce");
    let expected = concat!(
        r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","#,
        r#""permissionDecisionReason":"the action could not be recorded"}}"#
    );
    assert_eq!(denial, expected);
    // What happened already cannot be refused.
    let mut after = house.command(&["hook", "claude-code", "--mode", "enforce"]);
    after.env("TACHO_STORE", "/dev/null/store").env("TACHO_STATE", "/dev/null/state");
    let payload = claude("PostToolUse", r#""tool_name":"Bash","tool_use_id":"t""#).to_json();
    assert_eq!(told(start(after, payload.as_bytes()).wait_with_output().unwrap()), "");
}

#[test]
fn a_host_that_never_ends_its_payload_does_not_hold_the_hook() {
    let house = House::new();
    let mut child = house.command(&["hook", "claude-code"]).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(told(output), "");
    assert_eq!(house.traces(), ["deadline"]);
}

#[test]
fn what_is_no_store_is_left_alone() {
    let house = House::new();
    std::fs::create_dir(house.at("store")).unwrap();
    std::fs::write(house.at("store/FORMAT"), "tachograph-store 999\n").unwrap();
    assert_eq!(house.run(&["hook", "claude-code"], &intent("t1")), "");
    assert_eq!((overflow(&house), house.traces()), (1, vec!["store_unavailable".to_owned()]));
    assert_eq!(std::fs::read_dir(house.at("store")).unwrap().count(), 1);
}

#[test]
fn words_that_a_hook_does_not_know_do_not_stop_it() {
    let house = House::new();
    let payload = intent("t1");
    for arguments in [&["hook"][..], &["hook", "vim"], &["hook", "codex", "--mode", "what", "-x"]] {
        assert_eq!(house.run(arguments, &payload), "", "{arguments:?}");
    }
    let events = house.events();
    assert_eq!(events.len(), 3);
    assert_eq!(text(&events[1], "/metadata/hook/declared"), "vim");
    assert_eq!(text(&events[1], "/origin/source"), "hook:claude_code");
}

#[test]
fn the_users_file_names_the_store_and_a_projects_file_does_not() {
    let house = House::new();
    let config = house.at("home/.config/tachograph");
    std::fs::create_dir_all(&config).unwrap();
    let mine = house.at("mine");
    std::fs::write(config.join("tacho.toml"), format!("store = \"{}\"\n", mine.display())).unwrap();
    let project = house.at("project");
    std::fs::create_dir(&project).unwrap();
    let theirs = house.at("theirs");
    std::fs::write(project.join("tacho.toml"), format!("store = \"{}\"\n", theirs.display()))
        .unwrap();
    let mut command = house.command(&["hook", "claude-code"]);
    command.env_remove("TACHO_STORE").current_dir(&project);
    let payload = json(r#"{"session_id":"s","hook_event_name":"Stop"}"#).to_json();
    assert_eq!(told(start(command, payload.as_bytes()).wait_with_output().unwrap()), "");
    assert!(mine.join("FORMAT").exists() && !theirs.exists());
}

#[test]
fn an_engaged_stop_denies_intents_in_the_hosts_words_and_records_the_denial() {
    let house = House::new();
    house.hook("claude-code", claude("SessionStart", r#""source":"startup""#));
    let settings = Settings { beat: false, ..Settings::default() };
    let recorder = Recorder::open_with(house.at("store"), Policy::default(), settings).unwrap();
    let stops = Stops::new(recorder.store(), Arc::new(OsWorld));
    let wish = NewStop {
        scope: Scope::All,
        who: "ops".to_owned(),
        reason: "incident 7".to_owned(),
        expires: None,
    };
    let lease = stops.engage(&recorder, wish).unwrap().lease;

    let denial = house.run(&["hook", "claude-code"], &intent("t1"));
    let reason = lease.to_string();
    let expected = format!(
        r#"{{"hookSpecificOutput":{{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"{reason}"}}}}"#
    );
    assert_eq!(denial, expected);
    let cursor =
        r#"{"conversation_id":"c","hook_event_name":"beforeShellExecution","command":"ls"}"#;
    let denial = house.run(&["hook", "cursor"], cursor.as_bytes());
    assert_eq!(
        denial,
        format!(r#"{{"agent_message":"{reason}","permission":"deny","user_message":"{reason}"}}"#)
    );
    // What happened already is recorded, and nobody is told anything.
    house.hook("claude-code", claude("PostToolUse", r#""tool_name":"Bash","tool_use_id":"t0""#));
    let events = house.events();
    let denied: Vec<&str> = events
        .iter()
        .filter(|event| text(event, "/outcome/status") == "denied")
        .map(|event| {
            assert_eq!(text(event, "/outcome/error/message"), reason);
            text(event, "/action/name")
        })
        .collect();
    assert_eq!(denied, ["Bash", "Shell"]);
    assert!(events.iter().any(|event| text(event, "/action/call_id") == "t0"));
    house.hook("claude-code", claude("SessionEnd", r#""reason":"other""#));
    let calls = house.log().calls("abc").unwrap();
    let stopped = calls.iter().find(|call| call.call_id.as_deref() == Some("t1")).unwrap();
    assert_eq!(stopped.status(), Some(tacho_event::Status::Denied));
}
