//! Guards of the idempotency window.

use tacho_testkit::sim::Keep;
use tachograph::files::Point;
use tachograph::idempotency::Window;

use super::{Guard, Scene, Told, ensure};
use crate::harness::{Process, STORE, start};
use crate::once::{integrate, open, submit};

pub(super) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::WindowLock, "two_who_flush_at_once", two_who_flush_at_once),
        guard(Point::WindowKeySync, "keys_outlive_marks", keys_outlive_marks),
        guard(Point::WindowKeyRename, "keys_outlive_marks", keys_outlive_marks),
        guard(Point::WindowKeyDirSync, "keys_outlive_marks", keys_outlive_marks),
        guard(Point::RunSync, "runs_outlive_segments", runs_outlive_segments),
        guard(Point::RunRename, "runs_outlive_segments", runs_outlive_segments),
        guard(Point::RunDirSync, "runs_outlive_segments", runs_outlive_segments),
    ]
}

fn all_seen(process: &Process, window: &mut Window, numbers: &[u64]) -> Told {
    let outcome = submit(process, window, numbers, b"bytes").map_err(|error| error.to_string())?;
    let seen = outcome.seen.len();
    ensure(seen == numbers.len(), format!("only {seen} of {} are known", numbers.len()))
}

/// While one process writes a run, another does, at any moment.
fn two_who_flush_at_once(scene: Scene) -> Told {
    let numbers: Vec<u64> = (0..20).collect();
    for at in 1.. {
        let machine = scene.machine();
        let (first, second) = (start(&machine), start(&machine));
        let (mut ours, mut theirs) = (open(&first, &machine), open(&second, &machine));
        submit(&first, &mut ours, &numbers, b"bytes").map_err(|error| error.to_string())?;
        all_seen(&second, &mut theirs, &numbers)?;
        let op = machine.ops() + at;
        machine.interrupt_at(op, move || {
            // Whoever waits in vain says so.
            let _ = theirs.flush();
        });
        ours.flush().map_err(|error| error.to_string())?;
        if machine.ops() <= op {
            return Ok(());
        }
        integrate(&first, &mut ours);
        let fresh = start(&machine);
        all_seen(&fresh, &mut open(&fresh, &machine), &numbers)?;
    }
    Ok(())
}

fn keys_outlive_marks(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    let outcome = submit(&process, window, &[1], b"bytes").map_err(|error| error.to_string())?;
    let end = outcome.appended.map(|appended| appended.end).unwrap_or_default();
    process.wal.commit(end).map_err(|error| error.to_string())?;
    machine.power_cut(Keep::Nothing);
    let process = start(&machine);
    all_seen(&process, &mut open(&process, &machine), &[1])
}

fn runs_outlive_segments(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    submit(&process, window, &[1], b"bytes").map_err(|error| error.to_string())?;
    integrate(&process, window);
    let segment = machine.read(format!("{STORE}/wal/00000001.wal"));
    ensure(segment.is_none(), "the run did not free the segment")?;
    machine.power_cut(Keep::Nothing);
    let process = start(&machine);
    all_seen(&process, &mut open(&process, &machine), &[1])
}
