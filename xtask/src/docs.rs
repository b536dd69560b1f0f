//! Given the crates that describe themselves, gives `docs/reference`: written by `cargo x docs`,
//! compared by `cargo x docs --check`.
//!
//! A crate describes itself by an example named `reference` (`crates/X/examples/reference.rs`)
//! which prints its files to standard output, each after a line with its path from
//! `docs/reference`:
//!
//! ```text
//! === event.schema.json
//! {"$schema":"https://json-schema.org/draft/2020-12/schema"}
//! === event/members.md
//! # Members of an event
//! ```
//!
//! A path has letters, digits, `-`, `_`, `.` and `/`, no part of it begins with a dot, and two
//! crates do not print the same one. What stands between two such lines is the file, byte for
//! byte. A file in `docs/reference` that no crate prints is stale, unless a test holds it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Stop;
use crate::house::{self, House};
use crate::metadata::Metadata;
use crate::stream;

const FOLDER: &str = "docs/reference";
const GENERATOR: &str = "reference";
const HEADING: &str = "=== ";
/// What a test of its crate compares and, with `UPDATE=1`, writes: tables of a binary, of a macro
/// and of a test, which no example can see. `json/` is a folder of such pages.
const HELD_BY_TESTS: [&str; 4] = ["config.md", "doctor.md", "findings.md", "json/"];

/// Content by path from `docs/reference`.
type Pages = BTreeMap<String, String>;

/// `cargo x docs [--check]`
pub(crate) fn run(house: &House, options: &[String]) -> Result<bool, Stop> {
    let metadata = Metadata::of_members(house)?;
    match options {
        [] => write(house, &metadata).map(|()| true),
        [only] if only == "--check" => check(house, &metadata),
        _ => Err(Stop::Usage("takes --check or nothing".to_owned())),
    }
}

/// Prints every file that is not as the code says; true when there is none.
pub(crate) fn check(house: &House, metadata: &Metadata) -> Result<bool, Stop> {
    let stale = differences(&generated(house, metadata)?, &written(&house.path(FOLDER))?);
    for (path, what) in &stale {
        println!("{FOLDER}/{path}: {what}: run `cargo x docs`");
    }
    Ok(stale.is_empty())
}

fn write(house: &House, metadata: &Metadata) -> Result<(), Stop> {
    let pages = generated(house, metadata)?;
    for (path, what) in differences(&pages, &written(&house.path(FOLDER))?) {
        let file = house.path(FOLDER).join(&path);
        match pages.get(&path) {
            Some(content) => house::write(&file, content)?,
            None => std::fs::remove_file(&file)
                .map_err(|error| Stop::Failed(format!("cannot remove {path}: {error}")))?,
        }
        println!("{FOLDER}/{path}: was {what}");
    }
    println!("docs: {} files in {FOLDER}", pages.len());
    Ok(())
}

/// What the crates say now.
fn generated(house: &House, metadata: &Metadata) -> Result<Pages, Stop> {
    let mut pages = Pages::new();
    for member in metadata.members() {
        let is_generator = |kind: &str, name: &str| kind == "example" && name == GENERATOR;
        if !member.targets.iter().any(|target| is_generator(&target.kind, &target.name)) {
            continue;
        }
        let words = ["run", "--quiet", "--package", &member.name, "--example", GENERATOR];
        let text = stream::output(&mut house.cargo(&words))?;
        let problem = |what| Stop::Failed(format!("reference of {}: {what}", member.name));
        for (path, content) in split(&text).map_err(problem)? {
            if pages.insert(path.clone(), content).is_some() {
                return Err(problem(format!("{path} is printed twice")));
            }
        }
    }
    Ok(pages)
}

/// Takes apart what a generator printed.
fn split(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pages: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix(HEADING) {
            let path = path.trim_end();
            if !is_path(path) {
                return Err(format!("`{path}` is no path below {FOLDER}"));
            }
            pages.push((path.to_owned(), String::new()));
        } else if let Some((_, content)) = pages.last_mut() {
            content.push_str(line);
        } else {
            return Err(format!("text before the first `{HEADING}path`"));
        }
    }
    Ok(pages)
}

fn is_path(path: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(is_letter);
    path.split('/').all(is_part)
}

/// What stands in the folder.
fn written(folder: &Path) -> Result<Pages, Stop> {
    let mut pages = Pages::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let unreadable = |error| Stop::Failed(format!("cannot read {}: {error}", path.display()));
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(unreadable)? {
                open.push(entry.map_err(unreadable)?.path());
            }
        } else if path.is_file() {
            let content = std::fs::read(&path).map_err(unreadable)?;
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
            let is_held =
                |held: &str| name == held || held.ends_with('/') && name.starts_with(held);
            if !HELD_BY_TESTS.iter().any(|held| is_held(held)) {
                pages.insert(name, String::from_utf8_lossy(&content).into_owned());
            }
        }
    }
    Ok(pages)
}

/// Each path where the two differ, and how.
fn differences(generated: &Pages, written: &Pages) -> Vec<(String, &'static str)> {
    let mut stale = Vec::new();
    for (path, content) in generated {
        match written.get(path) {
            None => stale.push((path.clone(), "missing")),
            Some(old) if old != content => stale.push((path.clone(), "stale")),
            Some(_) => {}
        }
    }
    for path in written.keys().filter(|path| !generated.contains_key(*path)) {
        stale.push((path.clone(), "printed by no crate"));
    }
    stale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_taken_apart_byte_for_byte() {
        let pages = split("=== a.json\n{}\n=== b/c.md\n# C\n\n==== no\nend").unwrap();
        let expected = [("a.json", "{}\n"), ("b/c.md", "# C\n\n==== no\nend")];
        assert_eq!(pages, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
        assert_eq!(split("").unwrap(), []);
    }

    #[test]
    fn a_stream_that_leads_elsewhere_is_refused() {
        for text in ["text\n", "=== ../a\n", "=== /a\n", "=== a//b\n", "=== .git/x\n", "=== \n"] {
            assert!(split(text).is_err(), "{text}");
        }
    }

    #[test]
    fn stale_missing_and_left_over_files_are_told_apart() {
        let pages = |list: &[(&str, &str)]| -> Pages {
            list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
        };
        let generated = pages(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let written = pages(&[("a", "1"), ("b", "old"), ("d", "4")]);
        let found = differences(&generated, &written);
        let expected = [("b", "stale"), ("c", "missing"), ("d", "printed by no crate")];
        assert_eq!(found, expected.map(|(path, what)| (path.to_owned(), what)));
    }
}
