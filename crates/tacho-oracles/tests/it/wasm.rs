//! The compiler's own word that the root touches nothing: it builds for a machine without a system.
#![expect(clippy::disallowed_methods, reason = "a test about a build starts one")]

use std::path::Path;
use std::process::Command;

#[test]
fn it_builds_for_a_machine_without_an_operating_system() {
    let target = "wasm32-unknown-unknown";
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let print = ["--print", "target-libdir", "--target", target];
    let libraries = Command::new(rustc).args(print).output().unwrap();
    let folder = String::from_utf8(libraries.stdout).unwrap();
    if !Path::new(folder.trim()).is_dir() {
        tacho_testkit::require("wasm32", "no standard library for wasm32-unknown-unknown");
        return;
    }
    let target_dir = tacho_testkit::tools_dir().join("wasm32");
    let build = ["build", "--locked", "--package", "tacho-tree", "--target", target];
    let place = ["--target-dir", target_dir.to_str().unwrap()];
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(build).args(place).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
