//! The mutation table: for every point, a check that fails when the point does nothing.
//!
//! A sync that no test misses is a sync that somebody removes. Each guard is told with all points
//! on, and must hold; then with its point off, and must fail for at least one seed.

mod log;
mod rooms;
mod window;

use std::collections::BTreeSet;

use tacho_testkit::sim::Machine;
use tachograph::files::Point;

use crate::story;

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
    guards.extend(rooms::guards());
    guards.extend(window::guards());
    guards
}

#[test]
fn every_guard_holds() {
    for guard in guards() {
        for seed in 0..SEEDS {
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

#[test]
fn every_point_has_a_guard() {
    let guarded: BTreeSet<Point> = guards().iter().map(|guard| guard.point).collect();
    let all: BTreeSet<Point> = Point::ALL.iter().copied().collect();
    let missing: Vec<&Point> = all.difference(&guarded).collect();
    assert!(missing.is_empty(), "nobody guards {missing:?}");
}

#[test]
fn every_point_stands_in_the_fault_table() {
    let table = include_str!("../../../../docs/format/faults.md");
    for guard in guards() {
        let row = format!("| `{}` | `{}` |", guard.point.name(), guard.name);
        assert!(table.contains(&row), "docs/format/faults.md lacks {row}");
    }
    for point in Point::ALL {
        assert!(table.contains(&format!("| `{}` |", point.name())), "{point:?}");
    }
}

/// The whole story, for points whose absence shows only in the course of events.
pub(crate) fn whole_story(scene: Scene) -> Told {
    story::tell(scene.seed, scene.off)
}
