//! Prints the pages of `docs/reference` that this crate writes, each after a line with its path.
#![expect(clippy::print_stdout, reason = "it prints")]

mod ledger;

use ledger::{CHECKLIST, Row, rows};

const SAMPLES: &str = include_str!("../fixtures/samples.txt");

const SYSTEMS: &[(&str, &str)] = &[
    ("0", "The journal of an employee's vault"),
    ("1", "The audit library for chats"),
    ("2", "The audit log of agents"),
    ("3", "The audit of a memory system"),
    ("4", "The logs of an adapter service"),
    ("5", "One vocabulary over all"),
];

fn main() {
    println!("=== seeds.md");
    println!("# What the five systems did, and what does it here\n");
    println!("One row for each line of the list of behaviours that Tachograph takes over. Calls");
    println!("without a crate are those of `tacho-shapes`; `not yet` names the crate that brings");
    println!("the rest.");
    for (number, title) in SYSTEMS {
        println!("\n## {title}\n");
        table("line", CHECKLIST, number);
    }
    println!("\n## Samples of the documents\n");
    println!("Every sample of the five documents, in their order, and the function of an example");
    println!("that translates it line by line.");
    for (number, title) in SYSTEMS.iter().filter(|(number, _)| *number != "5") {
        println!("\n### {title}\n");
        table("sample", SAMPLES, number);
    }
}

fn table(what: &str, ledger: &'static str, system: &str) {
    println!("| {what} | about | done by | not yet |");
    println!("| --- | --- | --- | --- |");
    let of_system = |row: &&Row| row.key.split('.').next() == Some(system);
    for row in rows(ledger).iter().filter(of_system) {
        let line = row.key.split(' ').next().unwrap_or_default();
        let calls = row.by.iter().map(|item| format!("`{item}`"));
        let done: Vec<String> =
            calls.chain(row.also.iter().map(|also| (*also).to_owned())).collect();
        let later = row.later.join("; ");
        println!("| {line} | {} | {} | {later} |", row.about, done.join(", "));
    }
}
