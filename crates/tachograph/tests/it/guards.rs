//! The mutation table: for every point, a check that fails when the point does nothing.
//!
//! A sync that no test misses is a sync that somebody removes. Each guard is told with all points
//! on, and must hold; then with its point off, and must fail for at least one seed.

mod log;
mod reading;
mod rooms;
mod stop;
mod window;

use std::collections::BTreeSet;

use tacho_testkit::sim::Machine;
use tachograph::files::Point;

use crate::{anchor, ledger, story, vault};

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
    let needless: Vec<Point> = guards()
        .iter()
        .filter(|guard| {
            let scene = |seed| Scene { seed, off: Some(guard.point) };
            (0..SEEDS).all(|seed| run(guard, scene(seed)).is_ok())
        })
        .map(|guard| guard.point)
        .collect();
    assert!(needless.is_empty(), "nothing misses {needless:?}");
}

/// Points that no check misses yet; `docs/limits.md` says so.
const UNGUARDED: &[Point] = &[
    Point::RowsDirSync,
    Point::VaultPubDirSync,
    Point::JournalDirSync,
    Point::PlanSync,
    Point::PlanRename,
    Point::PlanDirSync,
    Point::TombSync,
    Point::TombstonesSync,
    Point::TombstonesDirSync,
    Point::ErasedSync,
    Point::ErasedDirSync,
    Point::ToldSync,
    Point::ToldRename,
    Point::ToldDirSync,
    Point::JournalGoneDirSync,
    Point::ExpireDirSync,
    Point::PackSync,
    Point::PackRename,
    Point::PackDirSync,
    Point::HoldSync,
    Point::HoldRename,
    Point::HoldDirSync,
    Point::ClockSync,
    Point::ClockRename,
    Point::MaintainLock,
    Point::PruneJournalSync,
    Point::PruneJournalRename,
    Point::PruneJournalDirSync,
    Point::FrontierSync,
    Point::FrontierRename,
    Point::FrontierDirSync,
    Point::TotalsSync,
    Point::TotalsRename,
    Point::TotalsDirSync,
    Point::PrunedSync,
    Point::PrunedRename,
    Point::PrunedDirSync,
    Point::PruneDirSync,
    Point::WarnedSync,
    Point::WarnedRename,
    Point::CopySync,
    Point::CopyDirSync,
];

/// The checks of the rooms above the WAL.
const LEDGER: &str = "ledger::every_point_that_is_switched_off_is_noticed";
const VAULT: &str = "vault::story::every_point_of_the_vault_that_is_switched_off_is_noticed";

#[test]
fn every_point_has_a_guard_or_is_named_as_a_gap() {
    let guarded = guards().into_iter().map(|guard| guard.point);
    let guarded: BTreeSet<Point> =
        guarded.chain(ledger::GUARDED.iter().copied()).chain(vault::story::guarded()).collect();
    let unguarded: Vec<Point> =
        Point::ALL.iter().copied().filter(|point| !guarded.contains(point)).collect();
    assert_eq!(unguarded, UNGUARDED);
}

#[test]
fn the_fault_table_names_every_point_and_what_misses_it() {
    let mut table = String::new();
    for point in Point::ALL {
        let guards = guards();
        let own = guards.iter().filter(|guard| guard.point == *point).map(|guard| guard.name);
        let of_ledger = ledger::GUARDED.contains(point).then_some(LEDGER);
        let of_vault = vault::story::guarded().any(|one| one == *point).then_some(VAULT);
        let mut names: Vec<String> =
            own.chain(of_ledger).chain(of_vault).map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            names.push("nothing yet".to_owned());
        }
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
