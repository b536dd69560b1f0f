//! Guards of who reads the log, and of what stands beside it: cursors, published keys, surplus leaves.

use std::io::ErrorKind;
use std::path::Path;

use tacho_testkit::sim::{Fault, Keep, Machine, On, Stop};
use tacho_tree::checkpoint;
use tachograph::Log;
use tachograph::files::Point;
use tachograph::integrate::{Budget, Integrator};
use tachograph::log::Cursor;
use tachograph::sign::{Demand, Keys, Signer, vkeys};

use super::{Guard, Scene, Told, ensure};
use crate::harness::{Process, STORE, append_to, start, try_start};
use crate::ledger::genuine;

const KEYS: &str = "/data/keys";

pub(super) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::WalReadDirSync, "read_segments_keep_their_names", read_segments_stay),
        guard(Point::CursorSync, "moved_cursors_stay", moved_cursors_stay),
        guard(Point::CursorRename, "moved_cursors_stay", moved_cursors_stay),
        guard(Point::CursorDirSync, "moved_cursors_stay", moved_cursors_stay),
        guard(Point::SurplusSync, "surplus_leaves_are_kept", surplus_leaves_are_kept),
        guard(Point::SurplusRename, "surplus_leaves_are_kept", surplus_leaves_are_kept),
        guard(Point::SurplusDirSync, "surplus_leaves_are_kept", surplus_leaves_are_kept),
        guard(Point::IndexRename, "an_index_is_made", an_index_is_made),
        guard(Point::VkeyDirSync, "checkpoints_have_their_key", checkpoints_have_their_key),
    ]
}

fn cursor(process: &Process) -> Result<Cursor, String> {
    Cursor::new(&process.store, "sink", "default").ok_or_else(|| "no cursor".to_owned())
}

fn moved_cursors_stay(scene: Scene) -> Told {
    let machine = scene.machine();
    for next in [3, 9] {
        cursor(&start(&machine))?.write(next).map_err(|error| error.to_string())?;
        machine.power_cut(Keep::Nothing);
        let read = cursor(&start(&machine))?.read().map_err(|error| error.to_string())?;
        ensure(read == next, format!("moved to {next}, read {read}"))?;
    }
    Ok(())
}

/// Records of the tenant `default`: those of numbers that three divides.
fn record(process: &Process, numbers: &[u64]) -> Told {
    let records: Vec<_> = numbers.iter().map(|number| genuine(number * 3)).collect();
    let appended = append_to(&process.wal, &records).map_err(|error| error.to_string())?;
    process.wal.commit(appended.end).map_err(|error| error.to_string())
}

fn integrate(process: &Process, machine: &Machine) -> Told {
    let mut integrator = Integrator::new(&process.store, machine.world());
    integrator.run(Budget::default()).map(|_| ()).map_err(|error| error.to_string())
}

/// A sync fails, and who moves the records to the next segment is killed when that has its name.
/// An integrator reads them there, and is interrupted before it moves the position. If the power
/// could take the name now, the next records would stand where the state has read already.
fn read_segments_stay(scene: Scene) -> Told {
    // Other seeds try the moments in between.
    for at in (1 + scene.seed % 7..).step_by(7) {
        let machine = scene.machine();
        let process = start(&machine);
        record(&process, &[1])?;
        machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
        machine.stop_at(machine.ops() + at, Stop::Kill);
        let _ = record(&process, &[2, 3, 4, 5]);
        let stopped = machine.is_stopped();
        machine.calm_down();
        // Of a sync that failed before there is a mark only who called it knew.
        if machine.read(format!("{STORE}/wal/00000001.bad")).is_none() {
            ensure(stopped, "records did not move")?;
            continue;
        }
        machine.fault(Fault::once(On::Rename, "integrated", ErrorKind::Other));
        let _ = integrate(&start(&machine), &machine);
        machine.calm_down();
        machine.power_cut(Keep::Nothing);
        let process = start(&machine);
        record(&process, &[6])?;
        integrate(&process, &machine)?;
        let log = Log::of(&process.store, "default").map_err(|error| error.to_string())?;
        for id in ["e-3", "e-18"] {
            let found = log.find(id).map_err(|error| error.to_string())?.len();
            ensure(found == 1, format!("killed at {at}: {id} is there {found} times"))?;
        }
        if !stopped {
            break;
        }
    }
    Ok(())
}

/// A leaf beyond the state that the WAL does not hold is cut off: its copy outlives that.
fn surplus_leaves_are_kept(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    record(&process, &[1, 2])?;
    integrate(&process, &machine)?;
    let path = format!("{STORE}/tenants/default/leaves/00000000000000000000.jsonl");
    let mut leaves = machine.read(&path).ok_or("no leaves")?;
    let mut foreign = genuine(300).leaf;
    foreign.push(b'\n');
    leaves.extend_from_slice(&foreign);
    machine.tamper(&path, &leaves);
    let process = start(&machine);
    record(&process, &[3])?;
    integrate(&process, &machine)?;
    machine.power_cut(Keep::Nothing);
    let log = Log::of(&start(&machine).store, "default").map_err(|error| error.to_string())?;
    ensure(log.size() == 3, format!("{} leaves", log.size()))?;
    let kept = format!("{STORE}/wal/quarantine/default_0000000002_leaves-surplus.bad");
    ensure(machine.read(kept).as_deref() == Some(&foreign), "the surplus leaf is gone")
}

/// Without an index every question reads every leaf.
fn an_index_is_made(scene: Scene) -> Told {
    // No seed makes a difference to this, and a thousand events take their time.
    if scene.seed > 0 {
        return Ok(());
    }
    let machine = scene.machine();
    let process = start(&machine);
    record(&process, &(1..1100).collect::<Vec<u64>>())?;
    integrate(&process, &machine)?;
    let is_run = |path: &std::path::PathBuf| path.extension().is_some_and(|kind| kind == "run");
    ensure(machine.paths().iter().any(is_run), "there is no run")
}

/// The power goes at any moment of signing: a checkpoint that is there opens with a key beside it.
fn checkpoints_have_their_key(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        let process = start(&machine);
        Keys::create(&process.store, machine.world().as_ref(), Path::new(KEYS))
            .map_err(|error| error.to_string())?;
        record(&process, &[1, 2])?;
        integrate(&process, &machine)?;
        machine.stop_at(machine.ops() + at, Stop::PowerCut);
        let _ = sign(&machine);
        let stopped = machine.is_stopped();
        machine.calm_down();
        machine.power_cut(Keep::Some);
        let process = start(&machine);
        let log = Log::of(&process.store, "default").map_err(|error| error.to_string())?;
        if let Some(note) = log.checkpoint().map_err(|error| error.to_string())? {
            let keys = vkeys(process.files.as_ref(), log.places());
            let keys = keys.map_err(|error| error.to_string())?;
            ensure(checkpoint::open(&note, &keys).is_ok(), "a checkpoint without its key")?;
        }
        if !stopped {
            break;
        }
    }
    Ok(())
}

fn sign(machine: &Machine) -> Result<(), String> {
    let process = try_start(machine).map_err(|error| error.to_string())?;
    let keys = Keys::open(process.files.as_ref(), Path::new(KEYS));
    let mut signer = Signer::new(&process.store, keys.map_err(|error| error.to_string())?, None);
    let signed = signer.sign("default", Demand::Now, machine.world().now());
    signed.map(|_| ()).map_err(|error| error.to_string())
}
