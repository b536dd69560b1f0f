//! What each example prints and every file it writes, whole, as it stands in `fixtures/outputs`.
//!
//! Ids, times and digests differ from run to run; in their places stand words: `<id 1>` is the
//! same id wherever it occurs, `<time>` any time of this run. `UPDATE=1` writes the files anew.

use std::path::{Path, PathBuf};

use regex::{Captures, Regex};
use tacho_event::World;
use tacho_testkit::{block_on, scratch};
use tachograph::world::OsWorld;

use crate::checklist::root;
use crate::documents::{agent, interaction, journal, memory, provider};

/// Durations that the examples tell, by their unit; all others were measured.
const MILLISECONDS: &[&str] = &["45.2", "52", "234", "245.5", "1234", "5000"];
const SECONDS: &[&str] = &["0.5", "1.2", "3.5"];
/// How the ids of the documents begin.
const IDS: [&str; 2] = ["550e8400-", "123e4567-"];

#[test]
fn examples_print_and_write_what_stands_in_the_fixtures() {
    let run = |name: &str, run: &dyn Fn(&Path) -> Vec<String>| {
        let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
        let began = today();
        let mut text = run(&dir).join("\n") + "\n";
        for (file, content) in files(&dir, &dir) {
            text.push_str(&format!("\n== {file}\n{content}"));
        }
        let text = text.replace(&*dir.to_string_lossy(), "<dir>");
        // Midnight may have passed in between.
        compare(name, &Normal::new(&[began, today()]).of(&text));
    };
    run("journal", &|dir| journal::run(dir).unwrap().lines());
    run("interaction", &|dir| interaction::run(dir).unwrap().lines());
    run("agent", &|dir| vec![format!("{} lines", agent::run(dir).unwrap())]);
    run("memory", &|dir| block_on(memory::run(dir)).unwrap().lines());
    run("provider", &|dir| block_on(provider::run(dir)).unwrap().lines());
}

fn today() -> String {
    World::now(&OsWorld).to_date_text()
}

fn compare(name: &str, text: &str) {
    let path = root().join("fixtures/outputs").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert_eq!(differs, None, "{name}: `UPDATE=1` writes it anew");
    assert_eq!(expected.len(), text.len(), "{name}: one is longer");
}

/// Every file for people below `dir`, by its path; stores and notes of followers are left out.
fn files(dir: &Path, base: &Path) -> Vec<(String, String)> {
    if dir.join("FORMAT").exists() {
        return Vec::new();
    }
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path, base));
            continue;
        }
        let name = path.strip_prefix(base).unwrap().to_string_lossy().into_owned();
        if !name.contains(".tachograph-") {
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// Words for what differs from run to run.
struct Normal {
    ids: Vec<String>,
    rules: Vec<(Regex, &'static str)>,
}

impl Normal {
    /// The rules for a run on these days: the documents' own times are of other days.
    fn new(days: &[String]) -> Self {
        let mut rules = Vec::new();
        for day in days {
            let month = day.get(..7).unwrap();
            rules.extend([
                (format!(r"{day}T[0-9:]{{8}}(\.[0-9]+)?(Z|\+00:00)"), "<time>"),
                (day.clone(), "<day>"),
                (day.replace('-', ""), "<day>"),
                (format!(r"\b{month}([^-0-9]|$)"), "<month>$1"),
            ]);
        }
        rules.extend([
            (r"\b[0-9a-f]{64}\b".to_owned(), "<sha256>"),
            (r#"("bytes": ?)[0-9]+"#.to_owned(), "$1<number>"),
            (r"Average latency: [0-9.]+ms".to_owned(), "Average latency: <time>"),
        ]);
        let rules = rules.into_iter().map(|(rule, word)| (Regex::new(&rule).unwrap(), word));
        Self { ids: Vec::new(), rules: rules.collect() }
    }

    fn of(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (rule, word) in &self.rules {
            text = rule.replace_all(&text, *word).into_owned();
        }
        let told = Regex::new(r#"("duration_(ms|seconds)": ?)([0-9.]+)"#).unwrap();
        let text = told.replace_all(&text, |found: &Captures<'_>| {
            let told = if &found[2] == "ms" { MILLISECONDS } else { SECONDS };
            match &found[3] {
                duration if told.contains(&duration) => found[0].to_owned(),
                _ => format!("{}<time>", &found[1]),
            }
        });
        let ids = Regex::new("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}").unwrap();
        let named = ids.replace_all(&text, |found: &Captures<'_>| {
            let id = &found[0];
            if IDS.iter().any(|start| id.starts_with(start)) {
                return id.to_owned();
            }
            let known = self.ids.iter().position(|known| known == id);
            let place = known.unwrap_or_else(|| {
                self.ids.push(id.to_owned());
                self.ids.len() - 1
            });
            format!("<id {}>", place + 1)
        });
        named.into_owned()
    }
}
