//! Every sample of the five documents has its row in `fixtures/samples.txt`, and what a Python
//! sample calls and quotes stands in the functions that claim to translate it.
//!
//! The documents lie beside the project, in the folder `TACHO_SEEDS` or `../shared/seeds`.

use std::collections::BTreeSet;

use crate::checklist::{LATER, fingerprint, root};

/// What is Python's own.
const PYTHON: &[&str] =
    &["print", "len", "str", "dict", "datetime", "timedelta", "now", "Path", "UUID", "append"];

/// A fenced sample of a document.
#[derive(Debug)]
struct Sample {
    /// `document.sample fingerprint`.
    key: String,
    language: String,
    text: String,
}

/// What the ledger says of one sample.
#[derive(Debug, Default)]
struct Row {
    key: String,
    by: Vec<String>,
    also: usize,
    unlike: BTreeSet<String>,
    later: Vec<String>,
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let ledger = include_str!("../../fixtures/samples.txt");
    for line in ledger.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((key, _)) = line.strip_prefix('[').and_then(|row| row.split_once("] ")) {
            rows.push(Row { key: key.to_owned(), ..Row::default() });
            continue;
        }
        let (kind, words) = line.split_once(' ').unwrap();
        let (row, words) = (rows.last_mut().unwrap(), words.trim());
        let each = words.split(' ').map(str::to_owned);
        match kind {
            "by" => row.by.extend(each),
            "also" => row.also += 1,
            "later" => row.later.push(words.to_owned()),
            "unlike" => row.unlike.extend(each.chain([words.to_owned()])),
            _ => panic!("{line}"),
        }
    }
    rows
}

/// The samples of a document.
fn samples(document: char, text: &str) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
        let (text, number) = (body.join("\n"), samples.len() + 1);
        let key = format!("{document}.{number} {:08x}", fingerprint(&text));
        samples.push(Sample { key, language: language.trim().to_owned(), text });
    }
    samples
}

/// The samples of all documents; none where they are not there.
fn all_samples() -> Option<Vec<Sample>> {
    let folder = tacho_testkit::seeds()?;
    let names = tacho_shapes::paper::list(&folder).unwrap();
    let documents = names.iter().filter(|name| name.ends_with(".txt"));
    let samples = documents.flat_map(|name| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        samples(name.chars().nth(2).unwrap(), &text)
    });
    let samples: Vec<Sample> = samples.collect();
    if samples.is_empty() {
        tacho_testkit::require("seeds", "no documents in the folder that TACHO_SEEDS names");
        return None;
    }
    Some(samples)
}

#[test]
fn every_sample_of_the_documents_has_its_row() {
    let Some(samples) = all_samples() else { return };
    assert!(samples.len() > 70, "documents that lost their samples would pass");
    let rows: Vec<String> = rows().into_iter().map(|row| row.key).collect();
    let samples: Vec<String> = samples.into_iter().map(|sample| sample.key).collect();
    assert_eq!(rows, samples);
}

#[test]
fn what_a_sample_calls_and_quotes_stands_in_its_translation() {
    let Some(samples) = all_samples() else { return };
    let (mut checked, mut missing) = (0, Vec::new());
    for (row, sample) in rows().iter().zip(&samples) {
        let source: String = row.by.iter().map(|claim| function(claim)).collect();
        if sample.language != "python" || row.by.is_empty() {
            continue;
        }
        for word in words(&sample.text) {
            checked += 1;
            let bare = word.trim_matches('"');
            if !source.contains(&word) && !row.unlike.contains(bare) && !PYTHON.contains(&bare) {
                missing.push(format!("{}: {word}", row.key));
            }
        }
    }
    assert!(missing.is_empty(), "not translated: {missing:#?}");
    assert!(checked > 120, "{checked}");
}

#[test]
fn every_sample_is_translated_or_names_who_brings_the_rest() {
    for row in rows() {
        assert!(!row.by.is_empty() || row.also > 0 || !row.later.is_empty(), "{}", row.key);
        for later in &row.later {
            let (name, what) = later.split_once(": ").unwrap();
            assert!(LATER.contains(&name) && !what.is_empty(), "{}: {later}", row.key);
            // Three systems are a library's alone: their samples run today.
            assert!(row.key.starts_with(['2', '4']), "{}: {later}", row.key);
        }
    }
}

/// The source of a function of an example, named as in `memory::manual`.
fn function(claim: &str) -> String {
    let (file, name) = claim.split_once("::").unwrap();
    let path = root().join("examples").join(format!("{file}.rs"));
    let source = std::fs::read_to_string(path).unwrap();
    let begin = source.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("no {claim}"));
    let source = &source[begin..];
    // A method ends where its block does, a function at the margin.
    let ends = ["\n}\n", "\n    }\n"].map(|end| source.find(end).unwrap_or(source.len()));
    source[..ends[usize::from(name == "lines")]].to_owned()
}

/// The names that a Python text calls, and what it quotes, in quotes.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for line in text.lines().map(str::trim_start) {
        let skipped = ["from ", "import ", "def ", "async def ", "\"\"\"", "sys."];
        if skipped.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        // Every second piece between quotes is quoted; formatted texts say something at run time.
        let mut before = "";
        for (i, piece) in line.split('"').enumerate() {
            if i % 2 == 1 {
                if !before.ends_with(['f', '\\']) {
                    words.insert(format!("\"{piece}\""));
                }
                continue;
            }
            let code = piece.split('#').next().unwrap();
            for (at, _) in code.match_indices('(') {
                let name = code[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
                words.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
            }
            if code.len() < piece.len() {
                break;
            }
            before = piece;
        }
    }
    words
}
