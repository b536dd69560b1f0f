//! What is written for somebody appears whole or not at all, also when the command is interrupted.

use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

fn tacho(home: &Path, words: &[&str]) -> Command {
    let mut tacho = Command::new(env!("CARGO_BIN_EXE_tacho"));
    tacho.args(words).env_clear().current_dir(home).env("HOME", home);
    tacho.env("TACHO_STORE", home.join("demo/store")).env("TACHO_KEYS", home.join("demo/keys"));
    tacho.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    tacho
}

/// The names in the directory that are not the demo's.
fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "demo").collect();
    names.sort();
    names
}

#[test]
fn an_interrupted_export_leaves_nothing_behind() {
    let home = TempDir::new().unwrap();
    let home = home.path();
    let demo = tacho(home, &["demo", "--events", "4000", "--dir", "demo"]).status().unwrap();
    assert!(demo.success());
    for (words, signal, code) in [
        (&["export", "-o", "out.ndjson"][..], Signal::INT, 130),
        (&["export", "--to", "csv", "-o", "out.csv"], Signal::TERM, 143),
    ] {
        let mut child = tacho(home, words).spawn().unwrap();
        // As soon as there is something half written, it is interrupted.
        while names(home).is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
            std::thread::yield_now();
        }
        let seen = names(home);
        assert!(seen[0].starts_with(".out.") && seen[0].ends_with(".half"), "{seen:?}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{words:?}");
        assert_eq!(names(home), [""; 0], "{words:?}");
    }
    assert!(tacho(home, &["export", "-o", "out.ndjson"]).status().unwrap().success());
    assert_eq!(names(home), ["out.ndjson"]);
}
