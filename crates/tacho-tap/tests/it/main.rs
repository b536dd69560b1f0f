//! Tests of the tap, through its real binary.

use std::process::Command;

#[test]
fn the_binary_names_its_hosts() {
    let output = Command::new(env!("CARGO_BIN_EXE_tacho-tap")).arg("--hosts").output().unwrap();
    let hosts = String::from_utf8(output.stdout).unwrap();
    assert!(hosts.starts_with("claude-code\ncodex\n"), "{hosts}");
}
