//! The end of a session starts `tacho maintain`: beside the agent, once a day, and nobody waits.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::house::{House, TAP, claude, start, told};

/// A house with the programs installed beside each other; this `tacho` says how it was called into
/// a pipe, and then does not end before somebody answers.
fn house() -> (House, PathBuf) {
    let house = House::new();
    let bin = house.at("bin");
    std::fs::create_dir(&bin).unwrap();
    let tap = bin.join("tacho-tap");
    std::fs::copy(TAP, &tap).unwrap();
    for pipe in ["said", "ends"] {
        let made = std::process::Command::new("mkfifo").arg(house.at(pipe)).status();
        assert!(made.unwrap().success());
    }
    let (said, ends) = (house.at("said"), house.at("ends"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" > {}\ncat {} > /dev/null\n",
        said.display(),
        ends.display()
    );
    program(&bin.join("tacho"), &script);
    (house, tap)
}

fn program(path: &Path, script: &str) {
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Ends a session; what the hook says must be nothing.
fn end(house: &House, tap: &Path) {
    let payload = claude("SessionEnd", r#""reason":"other""#).to_json();
    let child = start(house.command_of(tap, &["hook", "claude-code"]), payload.as_bytes());
    assert_eq!(told(child.wait_with_output().unwrap()), "");
}

/// When the next start is due, as a number; nothing where nobody said.
fn due(house: &House) -> Option<i64> {
    let next = tacho_tap::upkeep::next(&house.at("state"), &house.at("store"));
    next.map(|time| time.micros())
}

fn set_due(house: &House, micros: i64) {
    let dir = house.at("state/maintain");
    let file = std::fs::read_dir(dir).unwrap().next().unwrap().unwrap().path();
    std::fs::write(file, format!("{micros}\n")).unwrap();
}

#[test]
fn the_end_of_a_session_starts_it_when_it_is_due_and_does_not_wait() {
    let (house, tap) = house();
    // The first day of a store has nothing to keep up.
    end(&house, &tap);
    let first = due(&house).unwrap();
    end(&house, &tap);
    assert_eq!(due(&house), Some(first));
    set_due(&house, 1);
    // The program holds on, and the hook is back already.
    end(&house, &tap);
    let said = std::fs::read_to_string(house.at("said")).unwrap();
    assert_eq!(said, format!("--store {} --quiet maintain\n", house.at("store").display()));
    std::fs::write(house.at("ends"), "").unwrap();
    // Whoever ends next finds it started.
    assert!(due(&house).unwrap() >= first);
    assert_eq!(house.traces(), [""; 0]);
}

#[test]
fn no_other_event_starts_it() {
    let (house, tap) = house();
    end(&house, &tap);
    set_due(&house, 1);
    for event in ["SessionStart", "UserPromptSubmit", "Stop"] {
        let payload = claude(event, "").to_json();
        let child = start(house.command_of(&tap, &["hook", "claude-code"]), payload.as_bytes());
        told(child.wait_with_output().unwrap());
    }
    assert_eq!(due(&house), Some(1));
}

#[test]
fn who_forbids_it_or_has_no_program_is_left_alone() {
    let (house, tap) = house();
    end(&house, &tap);
    set_due(&house, 1);
    let config = house.at("home/.config/tachograph");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("tacho.toml"), "maintain.session_end = \"never\"\n").unwrap();
    end(&house, &tap);
    assert_eq!(due(&house), Some(1));
    std::fs::remove_file(config.join("tacho.toml")).unwrap();
    std::fs::remove_file(house.at("bin/tacho")).unwrap();
    end(&house, &tap);
    assert_eq!((due(&house), house.traces()), (Some(1), Vec::new()));
    // One that does not run leaves a trace and changes nothing for the agent.
    std::fs::write(house.at("bin/tacho"), "no program").unwrap();
    end(&house, &tap);
    assert_eq!(house.traces(), ["maintain_not_started"]);
}
