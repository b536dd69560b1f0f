//! Whoever dies while a day is packed: it stands there whole, as it was or packed.

use tacho_event::privacy::Preset;
use tacho_testkit::sim::{Keep, Machine};
use tachograph::erase::{Scope as Scopes, Target};
use tachograph::pack;

use super::crash::{DAY_MICROS, Scene, Tale, adds_up, alice, alice_is_out, drafts};
use super::story::{start, told};
use crate::guards::Told;

/// The tale of a day that is packed.
pub(super) const fn tale(name: &'static str, preset: Preset) -> Tale {
    Tale { name, preset, prepare: over, act: pack, end: packed }
}

/// A day of errands that is over, of which one was erased.
fn over(machine: &Machine, scene: &Scene) -> Told {
    let process = start(machine)?;
    process.record(scene.preset, &scene.policy, drafts(0..12))?;
    process.integrate(true)?;
    let ids = ["e-1".to_owned()];
    let target = Target { tenant: "acme".to_owned(), scope: Scopes::Events(ids.to_vec()) };
    process.eraser().erase(&[target], "asked").map_err(told)?;
    process.integrate(true)?;
    machine.pass(DAY_MICROS);
    machine.power_cut(Keep::Everything);
    Ok(())
}

fn pack(machine: &Machine, _: &Scene) -> Told {
    let process = start(machine)?;
    let due = pack::plan(&process.store, process.world.as_ref(), "acme").map_err(told)?;
    pack::apply(&process.store, &process.world, Some(&process.ring), &due).map(|_| ()).map_err(told)
}

/// Whoever packs again packs what is left, and everybody finds what was there.
fn packed(machine: &Machine, scene: &Scene, done: bool) -> Told {
    let is_all_there = || -> Told {
        let process = start(machine)?;
        adds_up(&process.store, &process)?;
        let says = process.says(&scene.policy)?;
        let said = says.iter().filter(|said| said.contains("errand")).count();
        if said == 11 { Ok(()) } else { Err(format!("something is lost: {says:?}")) }
    };
    is_all_there()?;
    if !done {
        pack(machine, scene)?;
        machine.power_cut(Keep::Nothing);
        // Who was killed before the new name was durable left a day that looked packed, and was
        // not any more when the power went: it is due again.
        pack(machine, scene)?;
        is_all_there()?;
    }
    let process = start(machine)?;
    let due = pack::plan(&process.store, process.world.as_ref(), "acme").map_err(told)?;
    if !due.is_empty() {
        return Err(format!("still to be packed: {due:?}"));
    }
    // An erasure reaches into what was packed.
    process.eraser().erase(&alice(), "asked").map_err(told)?;
    alice_is_out(&process.says(&scene.policy)?)?;
    adds_up(&process.store, &process)
}
