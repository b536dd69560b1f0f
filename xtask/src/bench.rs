//! Given the benchmarks of the workspace, gives one table and `target/bench.json`.
//!
//! A benchmark is a `[[bench]]` target with `harness = false` that prints its results as lines of
//! JSON, one object a line, among whatever else it says. It is called with `--bench`, and with
//! `--quick` when that was asked for:
//!
//! ```text
//! {"bench":"protect","metric":"events","value":410000,"unit":"1/s","rival":"serde_json",
//!  "rival_value":700000,"ratio":0.59,"aim":"ratio >= 0.5"}
//! ```
//!
//! A benchmark prints at least one. `bench`, `metric`, `value`, `unit` are required, and a number
//! alone says nothing: either a `rival` with `rival_value` and `ratio` measured in the same run,
//! or an `aim`.

use std::process::{Command, Stdio};

use crate::Stop;
use crate::house::{self, House};
use crate::json::Value;
use crate::metadata::Metadata;
use crate::stream;

const RESULTS: &str = "target/bench.json";

/// What a row shows, in the order of its columns.
const COLUMNS: &[&str] =
    &["bench", "metric", "value", "unit", "rival", "rival_value", "ratio", "aim"];

/// `cargo x bench [--quick] [NAME]...`: a NAME is part of a target's or a crate's name.
pub(crate) fn run(house: &House, words: &[String]) -> Result<bool, Stop> {
    let (options, names): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with('-'));
    if let Some(option) = options.iter().find(|option| **option != "--quick") {
        return Err(Stop::Usage(format!("no option `{option}`")));
    }
    let metadata = Metadata::of_members(house)?;
    let mut rows = Vec::new();
    let mut is_good = true;
    for (package, target) in targets(&metadata, &names) {
        println!("== {package} {target}");
        let mut command = house.cargo(&["bench", "--package", package, "--bench", target, "--"]);
        command.args(&options);
        let before = rows.len();
        let succeeded = stream::run(&mut command, |line| match row(line) {
            None => println!("{line}"),
            Some(Ok(row)) => rows.push(row),
            Some(Err(problem)) => {
                println!("{line}\n^ {problem}");
                is_good = false;
            }
        })?;
        if rows.len() == before {
            println!("^ {target} of {package} printed no result");
        }
        is_good &= succeeded && rows.len() > before;
    }
    print_table(&rows);
    let report = Value::Object(vec![
        ("machine".to_owned(), Value::Text(machine())),
        ("rows".to_owned(), Value::Array(rows)),
    ]);
    house::write(&house.path(RESULTS), &format!("{report}\n"))?;
    println!("written to {RESULTS}");
    Ok(is_good)
}

/// Package and name of each benchmark asked for; of each one when no name was given.
fn targets<'a>(metadata: &'a Metadata, names: &[&String]) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for member in metadata.members() {
        for target in member.targets.iter().filter(|target| target.kind == "bench") {
            let is_named =
                |name: &&String| target.name.contains(*name) || member.name.contains(*name);
            if names.is_empty() || names.iter().any(is_named) {
                found.push((member.name.as_str(), target.name.as_str()));
            }
        }
    }
    found
}

/// None: no row. An error: a row that does not say what it must.
fn row(line: &str) -> Option<Result<Value, String>> {
    if !line.starts_with('{') {
        return None;
    }
    Some(Value::read(line).and_then(|row| match problem(&row) {
        Some(problem) => Err(problem),
        None => Ok(row),
    }))
}

fn problem(row: &Value) -> Option<String> {
    for name in ["bench", "metric", "unit"] {
        if row.text(name).is_none() {
            return Some(format!("no text `{name}`"));
        }
    }
    if row.number("value").is_none() {
        return Some("no number `value`".to_owned());
    }
    let is_compared = row.number("rival_value").is_some() && row.number("ratio").is_some();
    match row.text("rival") {
        Some(_) if !is_compared => Some("a `rival` without `rival_value` and `ratio`".to_owned()),
        None if row.text("aim").is_none() => Some("neither a `rival` nor an `aim`".to_owned()),
        _ => None,
    }
}

fn print_table(rows: &[Value]) {
    let cell = |row: &Value, name: &str| match row.get(name) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) => spoken(*number),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let mut lines = vec![COLUMNS.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    lines.push(COLUMNS.iter().map(|name| "-".repeat(name.len())).collect());
    lines.extend(rows.iter().map(|row| COLUMNS.iter().map(|name| cell(row, name)).collect()));
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    // A Markdown table: it can go into docs/performance.md as it is.
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// Three significant digits or all before the point: what was measured is not more exact.
fn spoken(number: f64) -> String {
    let digits: usize = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{number:.digits$}")
}

/// The processor, its number of cores and the compiler, so that figures are never without them.
fn machine() -> String {
    let description = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = description.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(": ")).map_or("unknown", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let version = Command::new("rustc").arg("--version").stdin(Stdio::null()).output();
    let version = version.map(|output| output.stdout).unwrap_or_default();
    format!("{model}, {cores} cores, {}", String::from_utf8_lossy(version.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_against_what() {
        let good = [
            r#"{"bench":"b","metric":"m","value":1,"unit":"s","aim":"<= 2"}"#,
            r#"{"bench":"b","metric":"m","value":1,"unit":"s","rival":"r","rival_value":2,"ratio":0.5}"#,
        ];
        for line in good {
            assert!(matches!(row(line), Some(Ok(_))), "{line}");
        }
        let bad = [
            r#"{"bench":"b","metric":"m","value":1,"unit":"s"}"#,
            r#"{"bench":"b","metric":"m","value":1,"unit":"s","aim":null}"#,
            r#"{"bench":"b","metric":"m","value":1,"unit":"s","rival":"r","aim":"x"}"#,
            r#"{"bench":"b","metric":"m","value":"1","unit":"s","aim":"x"}"#,
            r#"{"bench":"b","value":1,"unit":"s","aim":"x"}"#,
            r#"{"bench":"b""#,
        ];
        for line in bad {
            assert!(matches!(row(line), Some(Err(_))), "{line}");
        }
        assert!(row("Compiling").is_none());
    }

    #[test]
    fn figures_are_no_more_exact_than_measured() {
        let spoken: Vec<_> = [410_000.4, 12.34, 1.2345, 0.012].map(spoken).into();
        assert_eq!(spoken, ["410000", "12.3", "1.23", "0.012"]);
    }

    #[test]
    fn benchmarks_are_chosen_by_part_of_their_name() {
        let mut metadata = Metadata::sample(&["tacho-event:", "tacho-tree:"]);
        for (package, name) in metadata.packages.iter_mut().zip(["protect", "leaves"]) {
            let target = package.targets.first_mut().unwrap();
            target.kind = "bench".to_owned();
            target.name = name.to_owned();
        }
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            targets(&metadata, &names.iter().collect::<Vec<_>>()).len()
        };
        assert_eq!(
            [chosen(&[]), chosen(&["prot"]), chosen(&["tree"]), chosen(&["x"])],
            [2, 1, 1, 0]
        );
    }
}
