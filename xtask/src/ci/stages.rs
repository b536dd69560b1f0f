//! The stages of `cargo x ci`, one row each, cheapest first; every one gives whether all was good.

use std::path::Path;
use std::process::Command;

use super::tally::Tally;
use crate::house::House;
use crate::metadata::Metadata;
use crate::{Stop, docs, setup, stream, tidy};

/// One stage.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Left out by `--quick`.
    pub(super) is_heavy: bool,
    pub(super) run: fn(&Run<'_>, &mut Tally) -> Result<bool, Stop>,
}

pub(super) const STAGES: &[Stage] = &[
    light("setup", "what the tests need", |run, _| setup::run(run.house, &[])),
    light("fmt", "the source is formatted", |run, _| run.program(run.cargo(&FMT))),
    light("tidy", "the rules of the house", |run, _| Ok(tidy::report(run.house)? == 0)),
    light("clippy", "no warnings, tests and benchmarks included", clippy),
    light("light", "tests of the default members", test_light),
    Stage { name: "heavy", about: "tests of the others", is_heavy: true, run: test_heavy },
    light("doctest", "examples in the documentation", test_docs),
    light("docs", "documentation builds, generated references are fresh", docs_fresh),
];

const FMT: [&str; 3] = ["fmt", "--all", "--check"];

/// For the heavy ring's stories. The trunk takes four times as long to compile like this, and the
/// stories a third to tell; a plain `cargo test` tells none, and compiles it as it comes. Both
/// rings say the same here, or all would be compiled twice.
const OPTIMISED: [&str; 4] = [
    "--config",
    "profile.dev.package.tachograph.opt-level=1",
    "--config",
    "profile.dev.package.tacho-testkit.opt-level=2",
];

const fn light(
    name: &'static str,
    about: &'static str,
    run: fn(&Run<'_>, &mut Tally) -> Result<bool, Stop>,
) -> Stage {
    Stage { name, about, is_heavy: false, run }
}

/// What all stages share.
pub(super) struct Run<'a> {
    house: &'a House,
    metadata: Metadata,
    /// Where tests that skip say so.
    skips: &'a Path,
    quick: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(house: &'a House, skips: &'a Path, quick: bool) -> Result<Run<'a>, Stop> {
        Ok(Run { house, metadata: Metadata::of_members(house)?, skips, quick })
    }

    /// `cargo`, with what tests read from the environment.
    fn cargo(&self, words: &[&str]) -> Command {
        let mut command = self.house.cargo(words);
        command.env("TACHO_SKIPS", self.skips).env("TACHO_TOOLS", self.house.tools());
        command.env("TACHO_STORIES", "all");
        if std::env::var_os("TACHO_SEEDS").is_none() {
            command.env("TACHO_SEEDS", self.house.path("../shared/seeds"));
        }
        command
    }

    /// Runs a program that counts nothing.
    fn program(&self, mut command: Command) -> Result<bool, Stop> {
        stream::run(&mut command, |line| println!("{line}"))
    }

    /// Runs `cargo test` and counts; prints all but the tests that pass.
    fn tests(&self, words: &[&str], packages: &[&str], tally: &mut Tally) -> Result<bool, Stop> {
        if packages.is_empty() {
            println!("no crate here yet");
            return Ok(true);
        }
        let mut command = self.cargo(words);
        command.args(["--no-fail-fast"]).args(OPTIMISED);
        for package in packages {
            command.args(["--package", package]);
        }
        stream::run(&mut command, |line| {
            if tally.read(line) {
                println!("{line}");
            }
        })
    }

    /// The members in the light ring, or in the heavy one.
    fn ring(&self, is_light: bool) -> Vec<&str> {
        let members = self.metadata.members();
        let ring = members.filter(|member| member.is_default == is_light);
        ring.map(|member| member.name.as_str()).collect()
    }

    /// `--workspace`, or nothing: cargo then takes the default members.
    fn breadth(&self) -> &[&'static str] {
        if self.quick { &[] } else { &["--workspace"] }
    }
}

fn clippy(run: &Run<'_>, _: &mut Tally) -> Result<bool, Stop> {
    let mut command = run.cargo(&["clippy", "--all-targets"]);
    command.args(run.breadth()).args(["--", "-D", "warnings"]);
    run.program(command)
}

fn test_light(run: &Run<'_>, tally: &mut Tally) -> Result<bool, Stop> {
    run.tests(&["test", "--tests"], &run.ring(true), tally)
}

fn test_heavy(run: &Run<'_>, tally: &mut Tally) -> Result<bool, Stop> {
    run.tests(&["test", "--tests"], &run.ring(false), tally)
}

fn test_docs(run: &Run<'_>, tally: &mut Tally) -> Result<bool, Stop> {
    let members = run.metadata.members().filter(|member| member.is_default || !run.quick);
    let documented = members.filter(|member| member.targets.iter().any(|t| t.has_doc_tests));
    let names: Vec<&str> = documented.map(|member| member.name.as_str()).collect();
    run.tests(&["test", "--doc"], &names, tally)
}

fn docs_fresh(run: &Run<'_>, _: &mut Tally) -> Result<bool, Stop> {
    let mut command = run.cargo(&["doc", "--no-deps"]);
    command.args(run.breadth()).env("RUSTDOCFLAGS", "-D warnings");
    let builds = run.program(command)?;
    let is_fresh = docs::check(run.house, &run.metadata)?;
    Ok(builds && is_fresh)
}
