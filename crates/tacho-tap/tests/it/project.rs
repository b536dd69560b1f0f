//! What a project's `tacho.toml` changes in what a hook records: an agent can write it, so it raises
//! the capture and nothing else.

use tacho_event::json::Value;

use crate::house::{House, json, text};

/// A house whose user captures metadata alone, and a project in it.
fn house() -> House {
    let house = House::new();
    let config = house.at("home/.config/tachograph");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("tacho.toml"), "capture = \"metadata\"\n").unwrap();
    std::fs::create_dir_all(house.at("home/code/app/src")).unwrap();
    house
}

/// A call by an agent that works there.
fn call(house: &House, id: &str) -> Value {
    let cwd = house.at("home/code/app/src").display().to_string();
    json(&format!(
        r#"{{"session_id":"abc","cwd":"{cwd}","hook_event_name":"PreToolUse","tool_name":"Bash",
            "tool_input":{{"command":"cargo test"}},"tool_use_id":"{id}"}}"#
    ))
}

const COMMAND: &str = "/action/tool/parameters/command";

#[test]
fn a_project_asks_for_more_and_the_change_is_an_event() {
    let house = house();
    house.hook("claude-code", call(&house, "t1"));
    std::fs::write(house.at("home/code/tacho.toml"), "capture = \"full\"\n").unwrap();
    house.hook("claude-code", call(&house, "t2"));
    house.hook("claude-code", call(&house, "t3"));
    std::fs::remove_file(house.at("home/code/tacho.toml")).unwrap();
    house.hook("claude-code", call(&house, "t4"));
    assert_eq!(house.traces(), [""; 0]);
    let events = house.events();
    let told: Vec<(&str, &str)> =
        events.iter().map(|event| (text(event, "/action/name"), text(event, COMMAND))).collect();
    assert_eq!(
        told,
        [
            ("Bash", ""),
            ("project_capture", ""),
            ("Bash", "cargo test"),
            ("Bash", "cargo test"),
            ("project_capture", ""),
            ("Bash", ""),
        ]
    );
}

#[test]
fn a_project_takes_nothing_away_and_moves_nothing() {
    let house = house();
    let config = house.at("home/.config/tachograph/tacho.toml");
    std::fs::write(&config, "capture = \"full\"\n").unwrap();
    let mine = "capture = \"none\"\nstore = \"/nowhere\"\ntenant = \"other\"\npreset = \"minimal\"\n\
                maintain.session_end = \"never\"\n";
    std::fs::write(house.at("home/code/app/tacho.toml"), mine).unwrap();
    house.hook("claude-code", call(&house, "t1"));
    let events = house.events();
    assert_eq!(events.len(), 1);
    assert_eq!(text(&events[0], COMMAND), "cargo test");
}

#[cfg(unix)]
#[test]
fn a_pipe_where_the_file_should_be_does_not_hold_the_hook() {
    let house = house();
    let pipe = house.at("home/code/app/tacho.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    house.hook("claude-code", call(&house, "t1"));
    assert_eq!(house.traces(), [""; 0]);
    assert_eq!(house.events().len(), 1);
}
