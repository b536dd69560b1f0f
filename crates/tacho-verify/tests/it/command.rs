//! The command: what it prints, and the code it ends with.

use std::process::{Command, Output};
use tacho_testkit::stores::SignedStore;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tacho-verify")).args(arguments).output().unwrap()
}

#[test]
fn the_command_answers_in_words_in_json_and_by_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let mut made = SignedStore::new(dir.path());
    made.grow(12);
    let (log, key) = (made.log(), made.vkey().to_string());
    let log = log.to_str().unwrap();
    let good = run(&["log", log, "--vkey", &key]);
    assert_eq!(good.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&good.stdout).ends_with("unchanged\n"));

    let leaves = made.log().join("leaves/00000000000000000000.jsonl");
    let changed = std::fs::read_to_string(&leaves).unwrap().replacen("success", "failure", 1);
    std::fs::write(&leaves, changed).unwrap();
    let bad = run(&["log", log, "--vkey", &key, "--json"]);
    assert_eq!(bad.status.code(), Some(1));
    let json = String::from_utf8_lossy(&bad.stdout).into_owned();
    assert!(json.contains(r#""code":"leaf_changed""#) && json.contains(r#""place":"leaf 0""#));

    for wrong in [&["log"] as &[&str], &["log", "/nonexistent"], &["prove"], &["log", log, "-x"]] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
    }
    assert_eq!(run(&[]).status.code(), Some(0));
}
