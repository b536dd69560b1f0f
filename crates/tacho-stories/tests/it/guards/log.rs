//! Guards of the log itself: locks, commits, segments, marks, quarantine.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use tacho_testkit::records;
use tacho_testkit::sim::{Fault, Keep, Machine, On, Stop};
use tachograph::files::Point;
use tachograph::wal::{AppendError, Patience};

use super::{Guard, Scene, Told, ensure, whole_story};
use crate::harness::{Contents, Process, STORE, append_to, start, try_start};

pub(super) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::WalLock, "two_who_begin_at_once", two_who_begin_at_once),
        guard(Point::SegmentLock, "lock_file_deleted_while_held", lock_file_deleted_while_held),
        guard(
            Point::SegmentLock,
            "lock_file_deleted_while_a_segment_is_made",
            lock_file_deleted_while_a_segment_is_made,
        ),
        guard(Point::CommitSync, "committed_records_survive", committed_records_survive),
        guard(Point::SegmentCloseSync, "closed_segments_survive", closed_segments_survive),
        guard(Point::SegmentPrepareSync, "prepared_ahead", prepared_segments_cost_one_page),
        guard(Point::SegmentHeaderSync, "failed_sync_moves_records", failed_sync_moves_records),
        guard(Point::SegmentRename, "committed_records_survive", committed_records_survive),
        guard(Point::SegmentDirSync, "committed_records_survive", committed_records_survive),
        guard(Point::SegmentAdoptDirSync, "adopted_segments_survive", adopted_segments_survive),
        guard(Point::BadMarkRename, "failed_sync_moves_records", failed_sync_moves_records),
        guard(Point::BadMarkSync, "failed_sync_moves_records", failed_sync_moves_records),
        guard(Point::BadMarkDirSync, "mark_comes_before_copy", mark_comes_before_copy),
        guard(Point::QuarantineSync, "torn_tail_is_kept", torn_tail_is_kept),
        guard(Point::QuarantineRename, "torn_tail_is_kept", torn_tail_is_kept),
        guard(Point::QuarantineDirSync, "torn_tail_is_kept", torn_tail_is_kept),
        guard(Point::FindingTold, "whole_story", whole_story),
    ]
}

/// Fails unless each number is in the log exactly once.
pub(super) fn each_once(contents: &Contents, numbers: &[u64]) -> Told {
    let counts = contents.counts();
    for number in numbers {
        let count = counts.get(number).copied().unwrap_or(0);
        ensure(count == 1, format!("{number} is there {count} times"))?;
    }
    Ok(())
}

/// While one process appends, another does, at any moment; gives who was told that it worked.
fn interrupted_append(
    machine: &Machine,
    first: &Process,
    at: u64,
    other: impl FnOnce() + Send + 'static,
) -> (Vec<u64>, bool) {
    let second = start(machine);
    let told = Arc::new(Mutex::new(None));
    let tell = told.clone();
    let op = machine.ops() + at;
    machine.interrupt_at(op, move || {
        other();
        let outcome = second.append(&[2]);
        *tell.lock().unwrap() = Some(outcome.map(|_| ()));
    });
    let mut acknowledged = Vec::new();
    match first.append(&[1]) {
        Ok(_) => acknowledged.push(1),
        Err(AppendError::Busy(_)) => {}
        Err(error) => panic!("{error}"),
    }
    let interrupted = machine.ops() > op;
    match told.lock().unwrap().take() {
        Some(Ok(())) => acknowledged.push(2),
        Some(Err(AppendError::Busy(_))) | None => {}
        Some(Err(error)) => panic!("{error}"),
    }
    (acknowledged, interrupted)
}

fn two_who_begin_at_once(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        let first = start(&machine);
        let (acknowledged, interrupted) = interrupted_append(&machine, &first, at, || {});
        each_once(&start(&machine).contents(), &acknowledged)?;
        if !interrupted {
            break;
        }
    }
    Ok(())
}

fn lock_file_deleted_while_held(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        let first = start(&machine);
        first.append(&[0]).map_err(|error| error.to_string())?;
        let attacker = machine.clone();
        let delete = move || attacker.unlink(format!("{STORE}/wal/lock"));
        let (acknowledged, interrupted) = interrupted_append(&machine, &first, at, delete);
        each_once(&start(&machine).contents(), &acknowledged)?;
        if !interrupted {
            break;
        }
    }
    Ok(())
}

/// The same where both have to make the next segment.
fn lock_file_deleted_while_a_segment_is_made(scene: Scene) -> Told {
    let batch = |first: u64| (first..first + 30).collect::<Vec<u64>>();
    for at in 1.. {
        let machine = scene.machine();
        let (first, second) = (start(&machine), start(&machine));
        first.append(&batch(100)).map_err(|error| error.to_string())?;
        let (attacker, op) = (machine.clone(), machine.ops() + at);
        let told = Arc::new(Mutex::new(None));
        let tell = told.clone();
        machine.interrupt_at(op, move || {
            attacker.unlink(format!("{STORE}/wal/lock"));
            *tell.lock().unwrap() = Some(second.append(&batch(200)));
        });
        let ours = first.append(&batch(300));
        let interrupted = machine.ops() > op;
        let theirs = told.lock().unwrap().take();
        let mut acknowledged = batch(100);
        for (first, outcome) in [(300, Some(ours)), (200, theirs)] {
            match outcome {
                Some(Ok(_)) => acknowledged.extend(batch(first)),
                Some(Err(AppendError::Busy(_))) | None => {}
                Some(Err(error)) => return Err(error.to_string()),
            }
        }
        each_once(&start(&machine).contents(), &acknowledged)?;
        if !interrupted {
            break;
        }
    }
    Ok(())
}

fn committed_records_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    start(&machine).append_durably(&[1, 2, 3]);
    machine.power_cut(Keep::Nothing);
    each_once(&start(&machine).contents(), &[1, 2, 3])
}

/// Nobody commits in the first segments; the last commit covers them all the same.
fn closed_segments_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    let numbers: Vec<u64> = (1..200).collect();
    for number in &numbers {
        process.append(&[*number]).map_err(|error| error.to_string())?;
    }
    let last = process.append_durably(&[200]);
    ensure(last.end.segment > 2, "several segments were filled")?;
    machine.power_cut(Keep::Nothing);
    each_once(&start(&machine).contents(), &numbers)
}

/// Whoever takes a prepared segment under the lock waits for its header alone.
fn prepared_segments_cost_one_page(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    process.append_durably(&[1]);
    process.wal.prepare_next(|| true).map_err(|error| error.to_string())?;
    let before = machine.synced_under_lock();
    process.wal.rotate(Patience::Server).map_err(|error| error.to_string())?;
    let synced = machine.synced_under_lock() - before;
    ensure(synced <= 4096, format!("{synced} bytes were synced under the lock"))
}

/// The maker of a segment dies before its name is durable; others write to it and commit.
fn adopted_segments_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    start(&machine).append_durably(&[1]);
    for at in 1.. {
        let maker = start(&machine);
        machine.stop_at(machine.ops() + at, Stop::Kill);
        let rotated = maker.wal.rotate(Patience::Server);
        machine.calm_down();
        if rotated.is_ok() {
            return Ok(());
        }
        start(&machine).append_durably(&[1 + at]);
        machine.power_cut(Keep::Nothing);
        let numbers: Vec<u64> = (1..=1 + at).collect();
        each_once(&start(&machine).contents(), &numbers)?;
    }
    Ok(())
}

/// A sync fails once: the records get a new place, and the old one does not count any more.
fn failed_sync_moves_records(scene: Scene) -> Told {
    let machine = scene.machine();
    let process = start(&machine);
    process.append_durably(&[1]);
    let other = start(&machine);
    other.append(&[2]).map_err(|error| error.to_string())?;
    machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
    let appended = process.append(&[3, 4]).map_err(|error| error.to_string())?;
    let committed = process.wal.commit(appended.end);
    machine.calm_down();
    other.append(&[5]).map_err(|error| error.to_string())?;
    let numbers: &[u64] = match committed {
        Ok(()) => &[1, 2, 3, 4],
        // The pages were dropped before they could be read again: that was said.
        Err(_) => &[1],
    };
    each_once(&start(&machine).contents(), numbers)?;
    machine.power_cut(Keep::Nothing);
    let contents = start(&machine).contents();
    each_once(&contents, numbers)?;
    let counts = contents.counts();
    ensure(counts.values().all(|count| *count == 1), format!("twice: {counts:?}"))?;
    ensure(contents.codes() == ["wal-failed-sync"], format!("{:?}", contents.codes()))
}

/// The power goes while records move: a copy that is there without the mark would count twice.
fn mark_comes_before_copy(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        let process = start(&machine);
        process.append_durably(&[1]);
        machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
        let appended = process.append(&[2, 3, 4, 5]).map_err(|error| error.to_string())?;
        machine.stop_at(machine.ops() + at, Stop::PowerCut);
        let committed = process.wal.commit(appended.end);
        let stopped = machine.is_stopped();
        machine.calm_down();
        machine.power_cut(Keep::Some);
        let contents = start(&machine).contents();
        each_once(&contents, &[1])?;
        if committed.is_ok() {
            each_once(&contents, &[2, 3, 4, 5])?;
        }
        let counts = contents.counts();
        ensure(counts.values().all(|count| *count == 1), format!("twice: {counts:?}"))?;
        if !stopped {
            break;
        }
    }
    Ok(())
}

/// A writer is killed inside its write; who comes next zeroes the tail and keeps a copy.
fn torn_tail_is_kept(scene: Scene) -> Told {
    let machine = scene.machine();
    start(&machine).append_durably(&[1]);
    let path = format!("{STORE}/wal/00000001.wal");
    let tail = start(&machine).contents().tail;
    let from = usize::try_from(tail.offset).unwrap();
    for at in 1.. {
        let writer = start(&machine);
        machine.stop_at(machine.ops() + at, Stop::Kill);
        let appended = append_to(&writer.wal, &[records::sized(2, 900)]);
        machine.calm_down();
        let bytes = machine.read(&path).unwrap();
        let torn = bytes.get(from..).unwrap_or_default().to_vec();
        let content = torn.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if appended.is_ok() || content >= records::sized(2, 900).borrow().frame_bytes() {
            return Ok(());
        }
        if content == 0 {
            continue;
        }
        let next = try_start(&machine).map_err(|error| error.to_string())?;
        next.append_durably(&[3]);
        machine.power_cut(Keep::Nothing);
        let process = start(&machine);
        let found = process.wal.untold().map_err(|error| error.to_string())?;
        let kept = format!("{STORE}/wal/quarantine/00000001_{from:010}_wal-torn.bad");
        let kept = machine.read(&kept).ok_or("the torn frame is not in the quarantine")?;
        ensure(torn.starts_with(&kept[..content]), "the quarantine holds something else")?;
        ensure(found.len() == 1 && found[0].code == "wal-torn", format!("{found:?}"))?;
        return each_once(&process.contents(), &[1, 3]);
    }
    Ok(())
}
