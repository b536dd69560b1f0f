//! The mutation table: for every point, a check that fails when the point does nothing.
//!
//! A sync that no test misses is a sync that somebody removes. Each guard is told with all points
//! on, and must hold; then with its point off, and must fail for at least one seed.

mod log;
mod reading;
mod rooms;
mod stop;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use tacho_testkit::sim::Machine;
use tachograph::files::Point;

use crate::{anchor, ledger, retain, story, vault};

/// What a guard says: nothing, or what is wrong.
pub(crate) type Told = Result<(), String>;

/// A check that a point is needed.
pub(crate) struct Guard {
    pub(crate) point: Point,
    pub(crate) name: &'static str,
    pub(crate) tell: fn(Scene) -> Told,
}

/// What a guard is told with.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) off: Option<Point>,
}

impl Scene {
    pub(crate) fn machine(self) -> Machine {
        let machine = Machine::new(self.seed);
        if let Some(point) = self.off {
            machine.switch_off(point);
        }
        machine
    }
}

/// How many seeds a guard is told with.
const SEEDS: u64 = 40;
/// How many a dear one is told with while it has all its points.
const DEAR_SEEDS: u64 = 3;

pub(crate) fn ensure(so: bool, what: impl Into<String>) -> Told {
    if so { Ok(()) } else { Err(what.into()) }
}

/// Runs a guard; a panic in it is a failure like any other.
fn run(guard: &Guard, scene: Scene) -> Told {
    let told = std::panic::catch_unwind(|| (guard.tell)(scene));
    told.unwrap_or_else(|_| Err("panicked".to_owned()))
}

fn guards() -> Vec<Guard> {
    let mut guards = log::guards();
    guards.extend(reading::guards());
    guards.extend(rooms::guards());
    guards.extend(stop::guards());
    guards.extend(window::guards());
    guards.extend(anchor::guards());
    guards.extend(vault::guard::guards());
    guards
}

/// Guards whose story takes up to seconds.
fn dear() -> Vec<Guard> {
    let mut guards = vault::guard::dear();
    guards.extend(retain::guard::dear());
    guards
}

#[test]
fn every_guard_holds() {
    for guard in guards() {
        for seed in 0..tacho_testkit::stories(SEEDS) {
            let told = (guard.tell)(Scene { seed, off: None });
            assert_eq!(told, Ok(()), "{} with seed {seed}", guard.name);
        }
    }
}

#[test]
fn every_guard_fails_without_its_point() {
    are_needed(&guards());
}

/// Fails if nothing misses one of the points.
fn are_needed(guards: &[Guard]) {
    let is_needless = |guard: &&Guard| {
        let scene = |seed| Scene { seed, off: Some(guard.point) };
        (0..SEEDS).all(|seed| run(guard, scene(seed)).is_ok())
    };
    let needless: Vec<Point> = guards.iter().filter(is_needless).map(|guard| guard.point).collect();
    assert!(needless.is_empty(), "nothing misses {needless:?}");
}

#[test]
fn every_dear_guard_holds() {
    // Many points share a story.
    let stories: BTreeMap<&str, Guard> =
        dear().into_iter().map(|guard| (guard.name, guard)).collect();
    let seeds = if tacho_testkit::stride() == 1 { DEAR_SEEDS } else { 1 };
    for guard in stories.values() {
        for seed in 0..seeds {
            let told = (guard.tell)(Scene { seed, off: None });
            assert_eq!(told, Ok(()), "{} with seed {seed}", guard.name);
        }
    }
}

#[test]
fn every_dear_guard_of_the_vault_fails_without_its_point() {
    are_needed(&some(vault::guard::dear()));
}

#[test]
fn every_guard_of_prunes_fails_without_its_point() {
    are_needed(&some(retain::guard::dear()));
}

/// All of them where everything is tried, else a fifth.
fn some(guards: Vec<Guard>) -> Vec<Guard> {
    guards.into_iter().step_by(tacho_testkit::stride()).collect()
}

/// The checks of the rooms above the WAL.
const LEDGER: &str = "ledger::every_point_that_is_switched_off_is_noticed";
const APART: &str = "vault::story::who_erases_or_changes_keys_does_it_alone";

#[test]
fn every_point_has_a_guard() {
    let guarded = guards().into_iter().chain(dear()).map(|guard| guard.point);
    let guarded: BTreeSet<Point> =
        guarded.chain(ledger::GUARDED.iter().copied()).chain(vault::story::guarded()).collect();
    let unguarded: Vec<Point> =
        Point::ALL.iter().copied().filter(|point| !guarded.contains(point)).collect();
    assert!(unguarded.is_empty(), "no check misses {unguarded:?}");
}

#[test]
fn the_fault_table_names_every_point_and_what_misses_it() {
    let mut table = String::new();
    let mut guards = guards();
    guards.extend(dear());
    for point in Point::ALL {
        let own = guards.iter().filter(|guard| guard.point == *point).map(|guard| guard.name);
        let of_ledger = ledger::GUARDED.contains(point).then_some(LEDGER);
        let apart = vault::story::guarded().any(|one| one == *point).then_some(APART);
        let names: Vec<String> =
            own.chain(of_ledger).chain(apart).map(|name| format!("`{name}`")).collect();
        table.push_str(&format!("| `{}` | {} |\n", point.name(), names.join(", ")));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format/faults.md");
    let page = std::fs::read_to_string(path).unwrap();
    let begin = page.find("\n|---|---|\n").map(|at| at + 11).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, format!("{}{table}", &page[..begin])).unwrap();
    } else {
        assert_eq!(&page[begin..], table, "`UPDATE=1 cargo test` writes the table");
    }
}

/// The whole story, for points whose absence shows only in the course of events.
pub(crate) fn whole_story(scene: Scene) -> Told {
    story::tell(scene.seed, scene.off)
}
