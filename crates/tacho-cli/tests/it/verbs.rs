//! The tree of commands, as `--help` tells it, and what the transcripts hold of each of them.

use crate::transcript::{folder, run};
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

/// Every command that does something, as its words: `hold set`.
pub(crate) fn leaves(home: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(words) = open.pop() {
        let below = commands(&run(home, &format!("tacho {words} --help")));
        if below.is_empty() || words.trim() == "stop" {
            found.push(words.trim().to_owned());
        }
        let inner = below.iter().filter(|name| *name != "help");
        open.extend(inner.map(|name| format!("{words} {name}").trim().to_owned()));
    }
    found.sort();
    found
}

/// The names below `Commands:`.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    // What goes on in the next line is indented further.
    let names = lines.filter(|line| !line.starts_with("   ")).map(str::trim_start);
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// A command of a transcript and what came of it.
struct Shown {
    command: String,
    failed: bool,
}

fn shown() -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                all.push(Shown { command: command.to_owned(), failed: false });
            } else if let Some(last) = all.last_mut() {
                last.failed |= line.starts_with("? ") || line.starts_with("error: ");
            }
        }
    }
    all
}

/// True if the command line calls `tacho` with these words, whatever options stand before them.
fn calls(line: &str, words: &str) -> bool {
    let sides = line.split("tacho ").skip(1);
    sides.into_iter().any(|side| {
        let mut rest = side.split_whitespace().peekable();
        while let Some(option) = rest.next_if(|word| word.starts_with('-')) {
            if matches!(option, "-C" | "--keys" | "--tenant") {
                rest.next();
            }
        }
        let said: Vec<&str> = rest.take(words.split(' ').count()).collect();
        said.join(" ").trim_end_matches([';', ')']) == words
    })
}

/// What has no JSON to show: text is what it is for.
const TEXT_ALONE: &[&str] = &[
    "anchor show",
    "checkpoint publish",
    "checkpoint show",
    "completions",
    "config set",
    "export",
    "hook",
    "keys escrow",
    "keys export",
    "keys lock",
    "keys new-origin",
    "keys recover",
    "keys rotate",
    "man",
    "witness answer",
    "witness init",
    "witness trust",
];
/// What cannot fail but for reasons no shell can bring about.
const NEVER_FAILS: &[&str] = &["hook", "install", "man", "redact ls"];

#[test]
fn every_command_has_its_help_an_error_and_json_in_a_transcript() {
    let home = TempDir::new().unwrap();
    let shown = shown();
    let mut missing = BTreeSet::new();
    for words in leaves(home.path()) {
        let mut its = shown.iter().filter(|one| calls(&one.command, &words));
        if !its.clone().any(|one| one.command.contains(&format!("tacho {words} --help"))) {
            missing.insert(format!("{words}: --help"));
        }
        if !its.clone().any(|one| one.failed) && !NEVER_FAILS.contains(&words.as_str()) {
            missing.insert(format!("{words}: an error"));
        }
        let is_json = |one: &Shown| one.command.contains("--json") || one.command.contains("--jq");
        if !its.any(is_json) && !TEXT_ALONE.contains(&words.as_str()) {
            missing.insert(format!("{words}: JSON"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_readme_shows_what_the_first_minute_is() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let minute = std::fs::read_to_string(folder().join("sixty_seconds.txt")).unwrap();
    let block = readme.split("## Sixty seconds").nth(1).unwrap();
    let block = block.split("```").nth(1).unwrap();
    let commands = block.lines().filter(|line| line.starts_with("tacho"));
    let mut count = 0;
    for command in commands {
        let command = command.split("; export").next().unwrap();
        assert!(minute.contains(command.trim_end()), "not in the transcript: {command}");
        count += 1;
    }
    assert!(count >= 10, "{count}");
}
