//! The root touches nothing: no disk, clock, dice, threads or environment, in its own source and its
//! dependencies. (That it builds for a machine that has none of them, the oracles ask.)
#![expect(clippy::disallowed_methods, reason = "a test about the source reads the source")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// What a pure crate has no use for.
const FORBIDDEN: [&str; 15] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::time",
    "std::thread",
    "std::process",
    "std::sync",
    "std::os",
    "std::path",
    "SystemTime",
    "Instant",
    "thread_local",
    "extern ",
    "ring::rand",
];

/// Crates by which a dependency would reach for the world.
const WORLDLY: [&str; 12] = [
    "getrandom",
    "rand",
    "rand_core",
    "rand_chacha",
    "libc",
    "rustix",
    "nix",
    "windows-sys",
    "tokio",
    "time",
    "chrono",
    "std-env",
];

/// The crate that hashes. It could reach for randomness, and for the key kinds that need it; what
/// is used of it, its digests, does not.
const HASHES: &str = "ring";

#[test]
fn the_source_names_nothing_of_the_outside_world() {
    let mut seen = 0;
    for file in source_files(&Path::new(CRATE).join("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            assert!(!code.trim_start().starts_with("static "), "{} keeps state", file.display());
            for word in FORBIDDEN {
                assert!(!code.contains(word), "{}:{}: {word}", file.display(), number + 1);
            }
        }
        seen += 1;
    }
    assert!(seen >= 15, "the source was not found");
}

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { source_files(&path) } else { vec![path] }).collect()
}

#[test]
fn the_dependencies_are_few_and_touch_nothing() {
    let tree = ["tree", "--locked", "--package", "tacho-tree", "--edges", "normal"];
    let output = cargo(&[&tree[..], &["--prefix", "depth", "--format", " {p}"]].concat());
    let tree = String::from_utf8(output.stdout).unwrap();
    let direct = tree.lines().filter(|line| line.starts_with("1 ")).count();
    assert!((1..=10).contains(&direct), "{direct} direct dependencies:\n{tree}");
    let mut below_hashes = None;
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let depth: usize = words.next().unwrap().parse().unwrap();
        let name = words.next().unwrap();
        if below_hashes.is_some_and(|above| depth > above) {
            continue;
        }
        below_hashes = (name == HASHES).then_some(depth);
        assert!(!WORLDLY.contains(&name), "{name} reaches for the world:\n{tree}");
    }
}

fn cargo(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(CRATE).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}
