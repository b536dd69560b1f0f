//! Given the house, runs everything that must hold, stage by stage, and ends in one line:
//! `N passed, N failed, N skipped`. The only script of continuous integration, the same at home.
//!
//! A stage that fails does not hide the later ones; any failure makes the whole fail.

mod stages;
mod tally;

use std::time::{Duration, Instant};

use crate::Stop;
use crate::house::{self, House};
use stages::{Run, STAGES, Stage};
use tally::Tally;

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// The light ring alone.
    quick: bool,
    /// These stages alone; all when empty.
    only: Vec<String>,
}

/// How a stage went.
struct Outcome {
    name: &'static str,
    word: &'static str,
    time: Duration,
}

/// `cargo x ci [--quick] [--only STAGE]...`
pub(crate) fn run(house: &House, words: &[String]) -> Result<bool, Stop> {
    let options = Options::read(words)?;
    let skips = house.path("target/ci/skips");
    house::write(&skips, "")?;
    let run = Run::new(house, &skips, options.quick)?;
    let mut tally = Tally::default();
    let mut outcomes = Vec::new();
    let start = Instant::now();
    for stage in STAGES.iter().filter(|stage| options.wants(stage)) {
        outcomes.push(run_stage(stage, &run, &mut tally));
    }
    let skipped = std::fs::read_to_string(&skips).unwrap_or_default();
    tally.add_skips(&skipped);
    print_end(&outcomes, &tally, start.elapsed());
    Ok(tally.is_good())
}

impl Options {
    fn read(words: &[String]) -> Result<Options, Stop> {
        let mut options = Options::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.quick = true,
                "--only" => {
                    let name = words.next().map(String::as_str).unwrap_or_default();
                    if !STAGES.iter().any(|stage| stage.name == name) {
                        let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
                        let message = format!("--only needs one of: {}", names.join(", "));
                        return Err(Stop::Usage(message));
                    }
                    options.only.push(name.to_owned());
                }
                other => return Err(Stop::Usage(format!("no option `{other}`"))),
            }
        }
        Ok(options)
    }

    fn wants(&self, stage: &Stage) -> bool {
        let is_named = self.only.iter().any(|name| name == stage.name);
        is_named || (self.only.is_empty() && !(self.quick && stage.is_heavy))
    }
}

fn run_stage(stage: &Stage, run: &Run<'_>, tally: &mut Tally) -> Outcome {
    println!("\n== {}: {}", stage.name, stage.about);
    let start = Instant::now();
    let failed_before = tally.failed;
    let is_good = (stage.run)(run, tally).unwrap_or_else(|stop| {
        println!("{stop:?}");
        false
    });
    // A stage that fails without a failed test (it did not build, it crashed) counts as one.
    if !is_good && tally.failed == failed_before {
        tally.failed += 1;
    }
    let word = if is_good { "ok" } else { "FAILED" };
    let time = start.elapsed();
    println!("== {}: {word} in {:.1} s", stage.name, time.as_secs_f64());
    Outcome { name: stage.name, word, time }
}

fn print_end(outcomes: &[Outcome], tally: &Tally, whole: Duration) {
    println!("\n{:<10} {:<8} {:>9}", "stage", "result", "time");
    for Outcome { name, word, time } in outcomes {
        println!("{name:<10} {word:<8} {:>7.1} s", time.as_secs_f64());
    }
    println!("{:<10} {:<8} {:>7.1} s", "whole", "", whole.as_secs_f64());
    for skip in &tally.skips {
        println!("{skip}");
    }
    for name in &tally.failures {
        println!("FAILED {name}");
    }
    println!("\n{}", tally.summary());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Options, Stop> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::read(&words)
    }

    fn wanted(words: &[&str]) -> Vec<&'static str> {
        let options = read(words).unwrap();
        STAGES.iter().filter(|stage| options.wants(stage)).map(|stage| stage.name).collect()
    }

    #[test]
    fn quick_leaves_out_the_heavy_ring_and_nothing_else() {
        let all = wanted(&[]);
        assert_eq!(all.len(), STAGES.len());
        let quick: Vec<_> = all.iter().copied().filter(|name| *name != "heavy").collect();
        assert_eq!(wanted(&["--quick"]), quick);
    }

    #[test]
    fn only_runs_what_is_named() {
        assert_eq!(wanted(&["--only", "tidy", "--only", "fmt"]), ["fmt", "tidy"]);
        for words in [&["--only"][..], &["--only", "nothing"], &["--fast"]] {
            assert!(matches!(read(words), Err(Stop::Usage(_))), "{words:?}");
        }
    }
}
