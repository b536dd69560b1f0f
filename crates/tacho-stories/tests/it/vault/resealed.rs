//! The tales of who dies while parts are sealed, or opened.

use tacho_event::privacy::Preset;
use tacho_testkit::sim::{Keep, Machine};
use tachograph::reseal::{self, Aim};

use super::crash::{Scene, adds_up, is_gone, litter};
use super::safe::call;
use super::story::{start, told};
use crate::guards::Told;

fn aim(scene: &Scene) -> Aim {
    // What it was recorded under is what it is not to be.
    match scene.preset {
        Preset::Production => Aim::Open,
        _ => Aim::Sealed,
    }
}

pub(super) fn act(machine: &Machine, scene: &Scene) -> Told {
    let mut eraser = start(machine)?.eraser();
    reseal::apply(&mut eraser, "acme", aim(scene), &mut |_, _| {}).map(|_| ()).map_err(told)
}

pub(super) fn end(machine: &Machine, scene: &Scene, done: bool) -> Told {
    if !done {
        act(machine, scene).map_err(|error| format!("to go on: {error}"))?;
        machine.power_cut(Keep::Nothing);
    }
    litter(machine)?;
    if aim(scene) == Aim::Sealed {
        is_gone(machine, &[b"alices errand", b"bobs errand", b"alice@example.com"])?;
    }
    let process = start(machine)?;
    let plan = reseal::plan(&process.store, "acme", aim(scene)).map_err(told)?;
    if !plan.due.is_empty() {
        return Err(format!("not all of it was done: {plan:?}"));
    }
    adds_up(&process.store, &process)?;
    process.record(scene.preset, &scene.policy, vec![call(21, "alice@example.com", "goes on")])?;
    process.integrate(true)?;
    adds_up(&process.store, &process)?;
    let says = process.says(&scene.policy)?;
    let count = |what: &str| says.iter().filter(|said| said.contains(what)).count();
    if (count("alices errand"), count("bobs errand"), count("goes on")) == (4, 4, 1) {
        Ok(())
    } else {
        Err(format!("something is lost: {says:?}"))
    }
}
