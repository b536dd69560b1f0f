//! Automation of the house: given a verb, does what the project needs done, the same at home as in
//! continuous integration. `cargo x` without a verb prints the table of verbs.
//!
//! No dependencies: this is compiled before anything else can be checked, so it must be quick to
//! build and must not need what it checks.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "automation reads files and clocks, runs programs, speaks to the terminal"
)]

mod bench;
mod ci;
mod docs;
mod house;
mod json;
mod metadata;
mod setup;
mod stream;
mod tidy;

use std::process::ExitCode;

use house::House;

/// One verb of `cargo x`.
struct Verb {
    name: &'static str,
    options: &'static str,
    about: &'static str,
    /// `Ok(false)`: it ran, and what it looked at is not as it should be.
    run: fn(&House, &[String]) -> Result<bool, Stop>,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "ci",
        options: "[--quick] [--only STAGE]...",
        about: "everything that must hold, stage by stage, ending in one summary line",
        run: ci::run,
    },
    Verb {
        name: "setup",
        options: "",
        about: "install what the tests need, or name what is missing; never fails the build",
        run: setup::run,
    },
    Verb {
        name: "tidy",
        options: "",
        about: "the rules of the house that a program can check",
        run: tidy::run,
    },
    Verb {
        name: "bench",
        options: "[--quick] [NAME]...",
        about: "run the benchmarks, print one table, write target/bench.json",
        run: bench::run,
    },
    Verb {
        name: "docs",
        options: "[--check]",
        about: "write docs/reference from the code, or check that it is fresh",
        run: docs::run,
    },
];

/// Why a verb could not do its work.
#[derive(Debug)]
enum Stop {
    /// The command line is wrong; says how it should be.
    Usage(String),
    /// Something the work needs failed; says what, and on which thing.
    Failed(String),
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, options)) = words.split_first() else {
        print_usage();
        return ExitCode::from(2);
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("cargo x: no verb `{name}`");
        print_usage();
        return ExitCode::from(2);
    };
    match House::find().and_then(|house| (verb.run)(&house, options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Stop::Usage(what)) => {
            eprintln!("cargo x {name}: {what}\nusage: cargo x {name} {}", verb.options);
            ExitCode::from(2)
        }
        Err(Stop::Failed(what)) => {
            eprintln!("cargo x {name}: {what}");
            ExitCode::from(1)
        }
    }
}

fn print_usage() {
    eprintln!("usage: cargo x VERB\n");
    for verb in VERBS {
        eprintln!("  {:<34} {}", format!("{} {}", verb.name, verb.options), verb.about);
    }
}
