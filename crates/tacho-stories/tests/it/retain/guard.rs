//! Guards of prunes: one that was done is done after a power cut, and one that died behind the
//! point where the log begins elsewhere is gone on with.

use std::sync::Mutex;

use tacho_testkit::sim::{Keep, Machine, Stop};
use tachograph::files::Point;

use super::crash::{Image, check, ended, keeper, machine};
use crate::guards::{Guard, Scene, Told, ensure};

const DAY_MICROS: u64 = 24 * 3_600_000_000;

/// Each takes seconds: told with fewer seeds.
pub(crate) fn dear() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::PruneJournalSync, "prunes_are_gone_on_with", prunes_are_gone_on_with),
        guard(Point::PruneJournalRename, "prunes_are_gone_on_with", prunes_are_gone_on_with),
        guard(Point::PruneJournalDirSync, "prunes_are_gone_on_with", prunes_are_gone_on_with),
        guard(Point::FrontierSync, "pruned_for_good", pruned_for_good),
        guard(Point::FrontierRename, "pruned_for_good", pruned_for_good),
        guard(Point::FrontierDirSync, "pruned_for_good", pruned_for_good),
        guard(Point::TotalsSync, "pruned_for_good", pruned_for_good),
        guard(Point::TotalsRename, "pruned_for_good", pruned_for_good),
        guard(Point::TotalsDirSync, "pruned_for_good", pruned_for_good),
        guard(Point::PrunedSync, "pruned_for_good", pruned_for_good),
        guard(Point::PrunedRename, "pruned_for_good", pruned_for_good),
        guard(Point::PrunedDirSync, "marked_before_the_journal", marked_before_the_journal),
        guard(Point::PruneDirSync, "pruned_for_good", pruned_for_good),
    ]
}

/// A machine with a log of which a file of leaves is past its time; made once for all who ask.
fn base(scene: Scene) -> Machine {
    static BASE: Mutex<Option<Machine>> = Mutex::new(None);
    let mut base = BASE.lock().unwrap();
    let base = base.get_or_insert_with(|| {
        let machine = machine(&Image::take(), 7);
        let (_, mut keeper) = keeper(&machine).unwrap();
        for _ in 0..31 {
            machine.pass(DAY_MICROS);
            keeper.eraser().confirm_clock().unwrap();
        }
        machine.power_cut(Keep::Everything);
        machine
    });
    let machine = base.twin(scene.seed);
    scene.off.into_iter().for_each(|point| machine.switch_off(point));
    machine
}

fn prune(machine: &Machine) -> Told {
    let (_, mut keeper) = keeper(machine)?;
    let plan = keeper.plan().map_err(|error| error.to_string())?;
    ensure(!plan.is_empty(), "nothing is due")?;
    keeper.apply(&plan).map(|_| ()).map_err(|error| error.to_string())
}

fn pruned_for_good(scene: Scene) -> Told {
    let machine = base(scene);
    prune(&machine)?;
    machine.power_cut(Keep::Nothing);
    check(&machine, "in the end")?;
    ended(&machine)
}

fn prunes_are_gone_on_with(scene: Scene) -> Told {
    dies_past(Point::PrunedDirSync, 1, scene)
}

/// A journal that says that the log begins elsewhere is right.
fn marked_before_the_journal(scene: Scene) -> Told {
    // Each time it is written its directory is synced, and that around.
    dies_past(Point::PruneJournalDirSync, 4, scene)
}

fn dies_past(point: Point, times: u32, scene: Scene) -> Told {
    let machine = base(scene);
    machine.stop_past(point, times, 0, Stop::PowerCut);
    let pruned = prune(&machine);
    ensure(machine.is_stopped(), format!("nobody died: {pruned:?}"))?;
    machine.calm_down();
    machine.power_cut(Keep::Nothing);
    let (_, mut keeper) = keeper(&machine)?;
    keeper.resume().map_err(|error| format!("to go on: {error}"))?;
    machine.power_cut(Keep::Nothing);
    check(&machine, "in the end")?;
    ended(&machine)
}
