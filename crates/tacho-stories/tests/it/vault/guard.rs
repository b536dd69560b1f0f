//! Guards of the vault: the tales told whole, with a power cut behind them; and, where another sync
//! covers a point in the end, tales that die right behind it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use tacho_event::privacy::Preset;
use tacho_testkit::sim::{Keep, Machine, Stop};
use tachograph::Log;
use tachograph::erase::{Hold, Keep as Days};
use tachograph::files::Point;
use tachograph::maintain::Maintainer;
use tachograph::vault::{KeyRing, escrow_keys};

use super::crash::{TALES, Tale, alice_is_out, is_begun};
use super::safe::{call, policy};
use super::story::{KEYS, start, told};
use crate::guards::{Guard, Scene, Told, ensure};
use crate::retain::terms;

const DAY_MICROS: u64 = 86_400_000_000;
const KEEP: Days = Days { content_days: Some(5), identity_days: Some(5) };

/// Those that take a good part of a second, told with fewer seeds.
pub(crate) fn dear() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::SlotSync, "keys_die_behind_their_generation", dies_behind_its_generation),
        guard(Point::SlotWipeSync, "erased_for_good", erased_for_good),
        guard(Point::RowsSync, "erased_for_good", erased_for_good),
        guard(Point::RowsRename, "erased_for_good", erased_for_good),
        guard(Point::VaultPubSync, "erased_for_good", erased_for_good),
        guard(Point::VaultPubRename, "erased_for_good", erased_for_good),
        guard(Point::RowsSwitchRename, "erased_for_good", erased_for_good),
        guard(Point::RowsSwitchDirSync, "erased_for_good", erased_for_good),
        guard(Point::ShredRename, "erased_for_good", erased_for_good),
        guard(Point::ShredDirSync, "shredding_dies", shredding_dies),
        guard(Point::ShredSync, "erased_for_good", erased_for_good),
        guard(Point::JournalSync, "begun_is_gone_on_with", begun_is_gone_on_with),
        guard(Point::JournalRename, "begun_is_gone_on_with", begun_is_gone_on_with),
        guard(Point::JournalDirSync, "begun_is_gone_on_with", begun_is_gone_on_with),
        guard(Point::PlanSync, "plans_are_done_whole", plans_are_done_whole),
        guard(Point::PlanRename, "erased_for_good", erased_for_good),
        guard(Point::PlanDirSync, "plans_are_done_whole", plans_are_done_whole),
        guard(Point::TombSync, "erased_for_good", erased_for_good),
        guard(Point::TombstonesSync, "expired_for_good", expired_for_good),
        guard(Point::TombstonesDirSync, "a_day_goes_after_its_tombs", a_day_goes_after_its_tombs),
        guard(Point::ErasedSync, "erased_for_good", erased_for_good),
        guard(Point::ErasedDirSync, "erased_for_good", erased_for_good),
        guard(Point::ToldSync, "erased_for_good", erased_for_good),
        guard(Point::ToldRename, "erased_for_good", erased_for_good),
        guard(Point::ToldDirSync, "erased_for_good", erased_for_good),
        guard(Point::JournalGoneDirSync, "erased_for_good", erased_for_good),
        guard(Point::ExpireDirSync, "expired_for_good", expired_for_good),
        guard(Point::PackSync, "packed_for_good", packed_for_good),
        guard(Point::PackLink, "sealed_anew_for_good", sealed_anew_for_good),
        guard(Point::PackLinkDirSync, "sealing_dies_behind_its_rename", sealing_dies),
        guard(Point::PackRename, "packed_for_good", packed_for_good),
        guard(Point::PackDirSync, "packed_for_good", packed_for_good),
        guard(Point::CopySync, "copied_for_good", copied_for_good),
        guard(Point::CopyDirSync, "copied_for_good", copied_for_good),
        guard(Point::MaintainLock, "upkeep_is_done_once", upkeep_is_done_once),
    ]
}

/// The others.
pub(crate) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::SecretSync, "keys_outlive_what_they_seal", keys_outlive_what_they_seal),
        guard(Point::SecretRename, "keys_outlive_what_they_seal", keys_outlive_what_they_seal),
        guard(Point::SecretDirSync, "recovered_masters_stay", recovered_masters_stay),
        guard(Point::RowAppendSync, "keys_outlive_what_they_seal", keys_outlive_what_they_seal),
        guard(Point::RowsDirSync, "keys_outlive_what_they_seal", keys_outlive_what_they_seal),
        guard(Point::VaultPubDirSync, "hooks_find_their_keys", hooks_find_their_keys),
        guard(Point::HoldSync, "holds_stand", holds_stand),
        guard(Point::HoldRename, "holds_stand", holds_stand),
        guard(Point::HoldDirSync, "holds_stand", holds_stand),
        guard(Point::ClockSync, "the_clock_goes_on", the_clock_goes_on),
        guard(Point::ClockRename, "the_clock_goes_on", the_clock_goes_on),
    ]
}

fn tale(name: &str) -> &'static Tale {
    TALES.iter().find(|tale| tale.name == name).unwrap()
}

/// The machine on which a tale begins, without a point; prepared once for all who ask.
fn base(name: &'static str, scene: Scene) -> Machine {
    static PREPARED: Mutex<BTreeMap<&str, Machine>> = Mutex::new(BTreeMap::new());
    let mut prepared = PREPARED.lock().unwrap();
    let base = prepared.entry(name).or_insert_with(|| tale(name).prepared(11).unwrap());
    let machine = base.twin(scene.seed);
    scene.off.into_iter().for_each(|point| machine.switch_off(point));
    machine
}

/// Tells a tale whole; then the power goes, and takes whatever was not synced.
fn whole(name: &'static str, scene: Scene) -> Told {
    let machine = base(name, scene);
    tale(name).act(&machine)?;
    machine.power_cut(Keep::Nothing);
    tale(name).end(&machine, true)
}

/// How often the power goes at the same moment: what chance keeps is another each time.
const CUTS: u64 = 4;

/// Tells a tale that dies some operations behind a point.
fn dying(name: &'static str, scene: Scene, point: Point, after: u64, keep: Keep) -> Told {
    let machine = base(name, scene);
    machine.stop_past(point, 1, after, Stop::PowerCut);
    let acted = tale(name).act(&machine);
    if !machine.is_stopped() {
        return Err(format!("nobody died: {acted:?}"));
    }
    let cuts = if keep == Keep::Some { CUTS } else { 1 };
    (0..cuts).try_for_each(|cut| {
        let machine = machine.twin(scene.seed + cut);
        machine.power_cut(keep);
        tale(name).end(&machine, false)
    })
}

fn erased_for_good(scene: Scene) -> Told {
    whole("erase", scene)
}

fn expired_for_good(scene: Scene) -> Told {
    whole("expire", scene)
}

fn packed_for_good(scene: Scene) -> Told {
    whole("pack plain", scene)
}

fn sealed_anew_for_good(scene: Scene) -> Told {
    whole("seal", scene)
}

/// The old bytes keep a name until there are zeros over them.
fn sealing_dies(scene: Scene) -> Told {
    dying("seal", scene, Point::PackRename, 0, Keep::Some)
}

fn copied_for_good(scene: Scene) -> Told {
    whole("copy", scene)
}

/// Rows are sealed to the new master and have their names: it must be there.
fn dies_behind_its_generation(scene: Scene) -> Told {
    dying("erase", scene, Point::GenerationDirSync, 0, Keep::Nothing)
}

/// The name is gone before the first zero is written.
fn shredding_dies(scene: Scene) -> Told {
    dying("expire", scene, Point::ShredDirSync, 2 + scene.seed % 4, Keep::Some)
}

/// Grants are wrapped again where they stand: half of one is none, and the plan has it whole.
fn plans_are_done_whole(scene: Scene) -> Told {
    let keep = if scene.seed.is_multiple_of(2) { Keep::Some } else { Keep::Nothing };
    dying("expire", scene, Point::PlanDirSync, 3 + scene.seed % 16, keep)
}

/// The power goes while a day loses its name.
fn a_day_goes_after_its_tombs(scene: Scene) -> Told {
    dying("expire", scene, Point::TombstonesDirSync, 2, Keep::Some)
}

/// Who reads that an erasure began, finds it done after the next start.
fn begun_is_gone_on_with(scene: Scene) -> Told {
    let machine = base("erase", scene);
    machine.stop_past(Point::CommitSync, 1, 0, Stop::PowerCut);
    let acted = tale("erase").act(&machine);
    ensure(machine.is_stopped(), format!("nobody died: {acted:?}"))?;
    machine.calm_down();
    machine.power_cut(Keep::Nothing);
    let process = start(&machine)?;
    process.eraser().resume().map_err(told)?;
    process.integrate(true)?;
    ensure(is_begun(&process)?, "nobody said that it began")?;
    alice_is_out(&process.says(&policy(Preset::Production))?)
}

fn empty(scene: Scene) -> Machine {
    let machine = scene.machine();
    machine.make_dir("/data");
    machine
}

fn keys_outlive_what_they_seal(scene: Scene) -> Told {
    let machine = empty(scene);
    let policy = policy(Preset::Production);
    let errand = vec![call(1, "bob@example.com", "an errand")];
    start(&machine)?.record(Preset::Production, &policy, errand)?;
    machine.power_cut(Keep::Nothing);
    let says = start(&machine)?.says(&policy)?;
    ensure(says == ["an errand"], format!("{says:?}"))
}

/// A master that was lost and came back out of an escrow is not lost again.
fn recovered_masters_stay(scene: Scene) -> Told {
    let machine = empty(scene);
    let policy = policy(Preset::Production);
    let process = start(&machine)?;
    let errand = vec![call(1, "bob@example.com", "an errand")];
    process.record(Preset::Production, &policy, errand)?;
    let (secret, public) = escrow_keys(process.world.as_ref());
    let escrow = process.ring.lock().unwrap().escrow(&public).map_err(told)?;
    machine.unlink(format!("{KEYS}/vault.msk"));
    KeyRing::recover(&process.store, Path::new(KEYS), &escrow, &secret).map_err(told)?;
    machine.power_cut(Keep::Nothing);
    let says = start(&machine)?.says(&policy)?;
    ensure(says == ["an errand"], format!("{says:?}"))
}

fn hooks_find_their_keys(scene: Scene) -> Told {
    let machine = empty(scene);
    start(&machine)?.ring.lock().unwrap().prepare("acme").map_err(told)?;
    machine.power_cut(Keep::Nothing);
    let errand = vec![call(1, "bob@example.com", "an errand")];
    start(&machine)?.hook(&policy(Preset::Production), errand)
}

fn a_hold(id: &str) -> Hold {
    let (id, tenant) = (id.to_owned(), "acme".to_owned());
    Hold { id, tenant, scope: None, why: "a case".to_owned() }
}

fn holds_stand(scene: Scene) -> Told {
    let machine = empty(scene);
    for (many, id) in (1..).zip(["case-7", "case-8"]) {
        start(&machine)?.eraser().place_hold(a_hold(id)).map_err(told)?;
        machine.power_cut(Keep::Nothing);
        let holds = start(&machine)?.eraser().holds().map_err(told)?;
        ensure(holds.len() == many, format!("{holds:?}"))?;
    }
    Ok(())
}

/// What was seen of the clock is there whole, or not at all: what is half there stops all upkeep.
fn the_clock_goes_on(scene: Scene) -> Told {
    let machine = empty(scene);
    let due = |machine: &Machine| start(machine)?.eraser().due("acme", KEEP).map_err(told);
    due(&machine)?;
    machine.pass(DAY_MICROS);
    due(&machine)?;
    // Somebody else makes the names beside the keys durable.
    let held = Hold { tenant: "other".to_owned(), ..a_hold("case-7") };
    start(&machine)?.eraser().place_hold(held).map_err(told)?;
    machine.power_cut(Keep::Nothing);
    machine.pass(DAY_MICROS);
    due(&machine).map(|_| ())
}

/// While one looks after a store, another begins to, at any moment: a heartbeat is told once.
fn upkeep_is_done_once(scene: Scene) -> Told {
    let machine = base("hold", scene);
    let maintain = |machine: &Machine| -> Result<bool, String> {
        let process = start(machine)?;
        let (store, ring) = (process.store.clone(), process.ring.clone());
        let mut maintainer = Maintainer::new(&store, process.world.clone(), ring, terms(&[]));
        maintainer.run().map(|report| report.is_busy).map_err(told)
    };
    let other = machine.clone();
    machine.interrupt_at(machine.ops() + 40 + scene.seed * 12, move || {
        let _ = maintain(&other);
    });
    ensure(!maintain(&machine)?, "nobody else has the lock")?;
    machine.interrupt_at(u64::MAX, || {});
    let process = start(&machine)?;
    process.integrate(true)?;
    let log = Log::of(&process.store, "acme").map_err(told)?;
    let leaves = (0..log.size()).filter_map(|at| log.leaf(at).ok().flatten());
    let beats = leaves.filter(|leaf| memchr::memmem::find(leaf, b"tacho.heartbeat").is_some());
    let beats = beats.count();
    ensure(beats == 1, format!("{beats} heartbeats"))
}
