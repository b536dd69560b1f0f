//! Whoever dies while a copy is put back, and whoever comes meanwhile: what stands there is the whole
//! copy, or no store, and what was acknowledged in it stays.

use std::path::Path;

use tacho_event::privacy::Preset;
use tacho_testkit::sim::{Keep, Machine};
use tachograph::backup::restore;

use super::crash::{COPY, Scene, Tale, adds_up, two};
use super::safe::{call, policy};
use super::story::{start_in, told};
use crate::guards::Told;

const PLACE: &str = "/data/second";

/// The tale of a copy that is put back.
pub(super) const TALE: Tale =
    Tale { name: "restore", preset: Preset::Production, prepare: two, act: put, end: stands };

fn put(machine: &Machine, _: &Scene) -> Told {
    let files = machine.process();
    restore(&files, Path::new(COPY), Path::new(PLACE)).map(|_| ()).map_err(told)
}

/// Whether something of the copy stands in its place.
fn is_begun(machine: &Machine) -> bool {
    machine.paths().iter().any(|path| path.starts_with(PLACE) && !path.ends_with("FORMAT"))
}

/// Records as a process does that found a store in the place, or made one; durably.
fn comes_by(machine: &Machine, scene: &Scene) -> Told {
    let process = start_in(machine, PLACE)?;
    process.record(scene.preset, &scene.policy, vec![call(40, "bob@example.com", "comes by")])
}

/// What is said there of errands, and by who came by.
fn said(machine: &Machine, scene: &Scene) -> Result<(usize, usize), String> {
    let process = start_in(machine, PLACE)?;
    process.integrate(true)?;
    adds_up(&process.store, &process)?;
    let says = process.says(&scene.policy)?;
    let count = |what: &str| says.iter().filter(|said| said.contains(what)).count();
    Ok((count("errand"), count("comes by")))
}

fn stands(machine: &Machine, scene: &Scene, done: bool) -> Told {
    let errands = if is_begun(machine) { 8 } else { 0 };
    match comes_by(machine, scene) {
        Ok(()) => {}
        // What is half there is nobody's store.
        Err(_) if !done => return Ok(()),
        Err(what) => return Err(what),
    }
    machine.power_cut(Keep::Nothing);
    let found = said(machine, scene)?;
    if found == (errands, 1) { Ok(()) } else { Err(format!("{found:?}, not {errands} errands")) }
}

#[test]
fn whoever_records_while_a_copy_is_put_back_loses_nothing_and_nor_does_the_copy() {
    let base = TALE.prepared(7).unwrap();
    let whole = base.twin(1);
    let before = whole.ops();
    TALE.act(&whole).unwrap();
    let took = whole.ops() - before;
    for at in (1..=took).step_by(tacho_testkit::stride()) {
        let machine = base.twin(at);
        let scene = || Scene { policy: policy(TALE.preset), preset: TALE.preset };
        let (other, (give, take)) = (machine.clone(), std::sync::mpsc::channel());
        machine.interrupt_at(machine.ops() + at, move || {
            give.send(comes_by(&other, &scene())).unwrap();
        });
        let put = TALE.act(&machine);
        let came = take.recv().unwrap();
        assert!(put.is_ok() || came.is_ok(), "at {at} of {took}: {put:?}, {came:?}");
        machine.power_cut(Keep::Nothing);
        let expected = (if put.is_ok() { 8 } else { 0 }, usize::from(came.is_ok()));
        let found = said(&machine, &scene());
        assert_eq!(found, Ok(expected), "at {at} of {took}: {put:?}, {came:?}");
    }
}
