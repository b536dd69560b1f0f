//! Guards of the small rooms: spool, store, generation, position, emitters.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tacho_testkit::records;
use tacho_testkit::sim::{Keep, Stop};
use tachograph::files::Point;
use tachograph::store::Remote;
use tachograph::wal::{Patience, Position, SpoolAck};
use tachograph::{Store, emitters, generation, integrated};

use super::log::each_once;
use super::{Guard, Scene, Told, ensure};
use crate::harness::{Process, STORE, start, try_start};

pub(super) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::SpoolSync, "spooled_records_survive", spooled_records_survive),
        guard(Point::SpoolRename, "spooled_records_survive", spooled_records_survive),
        guard(Point::SpoolDirSync, "spooled_records_survive", spooled_records_survive),
        guard(Point::SpoolDrainDirSync, "drained_files_stay_gone", drained_files_stay_gone),
        guard(Point::SpoolRefuseRename, "refused_files_move", refused_files_move),
        guard(Point::RetireDirSync, "retired_segments_stay_gone", retired_segments_stay_gone),
        guard(Point::InstallationSync, "created_stores_survive", created_stores_survive),
        guard(Point::InstallationRename, "created_stores_survive", created_stores_survive),
        guard(Point::StoreDirSync, "seen_stores_survive", seen_stores_survive),
        guard(Point::StoreParentSync, "seen_stores_survive", seen_stores_survive),
        guard(Point::FormatSync, "created_stores_survive", created_stores_survive),
        guard(Point::FormatRename, "created_stores_survive", created_stores_survive),
        guard(Point::FormatDirSync, "created_stores_survive", created_stores_survive),
        guard(Point::GenerationSync, "raised_generations_survive", raised_generations_survive),
        guard(Point::GenerationRename, "raised_generations_survive", raised_generations_survive),
        guard(Point::GenerationDirSync, "raised_generations_survive", raised_generations_survive),
        guard(Point::IntegratedSync, "integrated_is_ahead", integrated_is_ahead_of_retired),
        guard(Point::IntegratedRename, "integrated_is_ahead", integrated_is_ahead_of_retired),
        guard(Point::IntegratedDirSync, "integrated_is_ahead", integrated_is_ahead_of_retired),
        guard(Point::EmitterLock, "numbers_are_given_once", numbers_are_given_once),
        guard(Point::EmitterDirSync, "numbers_survive", numbers_survive),
    ]
}

fn spool(process: &Process, number: u64, ack: SpoolAck) -> Told {
    let spooled = process.wal.spool(&records::record(number).borrow(), ack);
    spooled.map_err(|error| error.to_string())
}

fn drain(process: &Process, since: Position) -> Told {
    process.wal.drain(since).map(|_| ()).map_err(|error| error.to_string())
}

fn spooled_records_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    spool(&start(&machine), 1, SpoolAck::Disk)?;
    machine.power_cut(Keep::Nothing);
    let process = start(&machine);
    drain(&process, Position::START)?;
    each_once(&process.contents(), &[1])
}

/// A record that was drained, integrated and retired must not come back out of the spool.
fn drained_files_stay_gone(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    spool(&process, 1, SpoolAck::Disk)?;
    drain(&process, Position::START)?;
    integrate(&process)?;
    machine.power_cut(Keep::Nothing);
    let process = start(&machine);
    drain(&process, position(&process)?)?;
    let numbers = process.contents().numbers();
    ensure(numbers.is_empty(), format!("{numbers:?} came back"))
}

fn refused_files_move(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    machine.tamper(format!("{STORE}/spool/rubbish"), b"rubbish");
    drain(&process, Position::START)?;
    ensure(machine.read(format!("{STORE}/spool/rubbish")).is_none(), "it is still in the spool")?;
    let found = process.wal.untold().map_err(|error| error.to_string())?;
    ensure(found.len() == 1 && found[0].code == "spool-foreign", format!("{found:?}"))
}

fn position(process: &Process) -> Result<Position, String> {
    integrated::read(process.files.as_ref(), process.store.places())
        .map_err(|error| error.to_string())
}

/// Does what an integrator does, as far as this half sees it.
fn integrate(process: &Process) -> Told {
    process.wal.rotate(Patience::Server).map_err(|error| error.to_string())?;
    let tail = process.contents().tail;
    process.wal.commit(tail).map_err(|error| error.to_string())?;
    let (files, places) = (process.files.as_ref(), process.store.places());
    integrated::write(files, places, tail).map_err(|error| error.to_string())?;
    process.wal.retire().map(|_| ()).map_err(|error| error.to_string())
}

fn retired_segments_stay_gone(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    process.append_durably(&[1, 2]);
    integrate(&process)?;
    machine.power_cut(Keep::Nothing);
    let old = machine.read(format!("{STORE}/wal/00000001.wal"));
    ensure(old.is_none(), "a retired segment came back")
}

fn integrated_is_ahead_of_retired(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    process.append_durably(&[1, 2]);
    integrate(&process)?;
    machine.power_cut(Keep::Nothing);
    let process = start(&machine);
    ensure(position(&process)? > Position::START, "the integrated position is gone")?;
    let codes = process.contents().codes();
    ensure(codes.is_empty(), format!("{codes:?}"))
}

fn created_stores_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    let name = *try_start(&machine).map_err(|error| error.to_string())?.store.installation();
    machine.power_cut(Keep::Nothing);
    let path = Path::new(STORE);
    let store = Store::open(Arc::new(machine.process()), path, Remote::Refused);
    let store = store.map_err(|error| error.to_string())?;
    ensure(*store.installation() == name, "the installation has another name")
}

/// The maker dies at any moment; whoever finds a store relies on it, and then the power goes.
fn seen_stores_survive(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        machine.stop_at(at, Stop::Kill);
        let made = try_start(&machine);
        let stopped = machine.is_stopped();
        machine.calm_down();
        let process = try_start(&machine).map_err(|error| error.to_string())?;
        process.append_durably(&[1]);
        machine.power_cut(Keep::Some);
        let process = try_start(&machine).map_err(|error| error.to_string())?;
        each_once(&process.contents(), &[1])?;
        // The quarantine is there too.
        machine.tamper(format!("{STORE}/spool/rubbish"), b"rubbish");
        drain(&process, Position::START)?;
        drop(made);
        if !stopped {
            break;
        }
    }
    Ok(())
}

fn raised_generations_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = try_start(&machine).map_err(|error| error.to_string())?;
    let raised = process.wal.raise_generation(Patience::Server);
    let raised = raised.map_err(|error| error.to_string())?;
    machine.power_cut(Keep::Nothing);
    let process = try_start(&machine).map_err(|error| error.to_string())?;
    let read = generation::read(process.files.as_ref(), process.store.places());
    let read = read.map_err(|error| error.to_string())?;
    ensure(raised == 1 && read == 1, format!("raised to {raised}, read {read}"))
}

fn take(process: &Process, world: &dyn tachograph::world::World) -> Result<u64, String> {
    let name = emitters::file_name("default", "hook:test", "e1");
    let (files, places) = (process.files.as_ref(), process.store.places());
    let numbers = emitters::take(files, places, world, &name, 1);
    let numbers = numbers.map_err(|error| error.to_string())?;
    Ok(numbers.map_or(u64::MAX, |numbers| numbers.first))
}

/// While one process takes a number, another does, at any moment.
fn numbers_are_given_once(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        let (first, second) = (start(&machine), start(&machine));
        let world = machine.world();
        take(&first, world.as_ref())?;
        let other = Arc::new(Mutex::new(None));
        let (tell, others) = (other.clone(), machine.world());
        let op = machine.ops() + at;
        machine.interrupt_at(op, move || {
            *tell.lock().unwrap() = take(&second, others.as_ref()).ok();
        });
        let ours = take(&first, world.as_ref())?;
        let theirs = other.lock().unwrap().take();
        // The other one may have waited in vain, and says so.
        let same = theirs.is_some_and(|theirs| theirs == ours && theirs != u64::MAX);
        ensure(!same, format!("{ours} was given twice"))?;
        if machine.ops() <= op {
            break;
        }
    }
    Ok(())
}

fn numbers_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    let world = machine.world();
    let first = take(&start(&machine), world.as_ref())?;
    machine.power_cut(Keep::Nothing);
    let second = take(&start(&machine), world.as_ref())?;
    ensure(second > first, format!("{first}, and after the power cut {second}"))
}
