//! A prune that dies in any change is gone on with, and ends as one that did not die.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tacho_testkit::sim::{Keep, Machine, Stop};
use tacho_tree::audit::Verdict;
use tachograph::erase::Eraser;
use tachograph::files::Files;
use tachograph::retain::Keeper;
use tachograph::sign::Keys;
use tachograph::store::Remote;
use tachograph::vault::KeyRing;
use tachograph::verify::{Options, verify};
use tachograph::{Log, Store};

use super::{PER_FILE, Safe, terms, two_files};
use crate::guards::Told;
use crate::vault::safe::BASE;

const STORE: &str = "/data/store";
const KEYS: &str = "/data/keys";

/// A store of 66,000 leaves and its keys, as files.
pub(super) struct Image {
    /// Directories, before what is in them, and files with their bytes.
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
    now: u64,
}

impl Image {
    pub(super) fn take() -> Self {
        use tacho_event::World;
        let safe = Safe::new();
        two_files(&safe);
        safe.yard.integrator().retire().unwrap();
        super::eraser(&safe).confirm_clock().unwrap();
        let mut files = Vec::new();
        collect(&safe.yard.path(), Path::new(STORE), &mut files);
        collect(&safe.yard.keys(), Path::new(KEYS), &mut files);
        Self { files, now: safe.yard.world.now().micros().unsigned_abs() }
    }
}

fn collect(from: &Path, to: &Path, files: &mut Vec<(PathBuf, Option<Vec<u8>>)>) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            files.push((to.clone(), None));
            collect(&entry.path(), &to, files);
        } else if !entry.file_name().to_string_lossy().ends_with("lock") {
            files.push((to, Some(std::fs::read(entry.path()).unwrap())));
        }
    }
}

/// A machine with that store on it.
pub(super) fn machine(image: &Image, seed: u64) -> Machine {
    let machine = Machine::new(seed);
    let Image { files, now } = image;
    for dir in ["/data", STORE, KEYS] {
        machine.make_dir(dir);
    }
    for (path, bytes) in files {
        match bytes {
            Some(bytes) => machine.tamper(path, bytes),
            None => machine.make_dir(path),
        }
    }
    machine.set_clock(*now);
    machine
}

pub(super) fn keeper(machine: &Machine) -> Result<(Store, Keeper), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let files: Arc<dyn Files> = Arc::new(machine.process());
    let world = machine.world();
    let store = Store::create(files.clone(), world.as_ref(), Path::new(STORE), Remote::Forced)
        .map_err(|error| told(&error))?;
    let keys = Keys::open(files.as_ref(), Path::new(KEYS)).map_err(|error| told(&error))?;
    let ring = KeyRing::create(&store, world.clone(), keys, Some(BASE));
    let ring = Arc::new(Mutex::new(ring.map_err(|error| told(&error))?));
    Ok((store.clone(), Keeper::new(Eraser::new(&store, world, ring), terms(&[]))))
}

/// A machine with that store, a month on: what it holds is due.
fn a_month_on(image: &Image) -> Result<Machine, String> {
    let machine = machine(image, 0);
    let (_, mut first) = keeper(&machine)?;
    for _ in 0..31 {
        machine.pass(24 * 3_600_000_000);
        first.eraser().confirm_clock().map_err(|error| error.to_string())?;
    }
    drop(first);
    machine.power_cut(Keep::Everything);
    Ok(machine)
}

/// Prunes, dying in a change; gives how many changes it made.
fn tell(base: &Machine, seed: u64, dies_at: Option<u64>) -> Result<u64, String> {
    let machine = base.twin(seed);
    let (_, mut first) = keeper(&machine)?;
    let plan = first.plan().map_err(|error| error.to_string())?;
    if plan.is_empty() {
        return Err(format!("nothing is due: {plan:?}"));
    }
    let began = machine.changes();
    let stop = if seed.is_multiple_of(2) { Stop::PowerCut } else { Stop::Kill };
    if let Some(at) = dies_at {
        machine.stop_in_change(began + 1 + at, stop);
    }
    let outcome = first.apply(&plan);
    let took = machine.changes() - began;
    let stopped = machine.is_stopped();
    machine.calm_down();
    if let (Err(error), false) = (&outcome, stopped) {
        return Err(format!("without any fault: {error}"));
    }
    drop(first);
    let keep = [Keep::Nothing, Keep::Some, Keep::Everything][(seed % 3) as usize];
    machine.power_cut(keep);
    check(&machine, "after the crash")?;
    let (_, mut second) = keeper(&machine)?;
    second.eraser().confirm_clock().map_err(|error| error.to_string())?;
    second.resume().map_err(|error| format!("resume: {error}"))?;
    let plan = second.plan().map_err(|error| error.to_string())?;
    second.apply(&plan).map_err(|error| format!("again: {error}"))?;
    machine.power_cut(Keep::Nothing);
    check(&machine, "in the end")?;
    ended(&machine)?;
    Ok(took)
}

/// Whatever happened: what is left proves itself, or is all there.
pub(super) fn check(machine: &Machine, when: &str) -> Told {
    let (store, _) = keeper(machine)?;
    let options = Options {
        leaves: false,
        parts: false,
        index: false,
        complete: false,
        ..Options::default()
    };
    let verified = verify(&store, "default", &options);
    let findings: Vec<_> = verified.report.findings;
    let bad = findings.iter().filter(|one| one.code.verdict() == Verdict::No);
    let bad: Vec<String> = bad.map(|one| format!("{} {}", one.code, one.what)).collect();
    crate::guards::ensure(bad.is_empty(), format!("{when}: {bad:?}"))
}

pub(super) fn ended(machine: &Machine) -> Told {
    let (store, mut keeper) = keeper(machine)?;
    let log = Log::of(&store, "default").map_err(|error| error.to_string())?;
    let left = |what: &str| {
        let is = |path: &PathBuf| path.to_string_lossy().contains(what);
        machine.paths().into_iter().filter(is).count()
    };
    crate::guards::ensure(log.first() == PER_FILE, format!("begins at {}", log.first()))?;
    crate::guards::ensure(left("leaves/00000000000000000000") == 0, "leaves are left")?;
    crate::guards::ensure(left("tree/0/00000000") == 0, "nodes are left")?;
    crate::guards::ensure(left("/keys/prune/") == 0, "a journal is left")?;
    let frontier = machine.read(format!("{STORE}/tenants/default/anchors/1000.frontier"));
    let is_kept = frontier.is_some_and(|bytes| !bytes.is_empty());
    crate::guards::ensure(is_kept, "no frontier is left")?;
    let totals = log.totals().map_err(|error| error.to_string())?;
    crate::guards::ensure(totals.len() == 1 && totals[0].events == PER_FILE, "no totals")?;
    let plan = keeper.plan().map_err(|error| error.to_string())?;
    crate::guards::ensure(plan.is_empty(), format!("still due: {plan:?}"))
}

#[test]
fn a_prune_that_dies_anywhere_is_gone_on_with() {
    let base = a_month_on(&Image::take()).unwrap();
    let took = tell(&base, 0, None).unwrap();
    // A death takes two seconds: files of 65,536 leaves are read again and again. So each run
    // leaves out some changes, and another run others.
    let deaths = if tacho_testkit::stride() == 1 { 48 } else { 2 };
    let step = took.div_ceil(deaths).max(1);
    let shift = tacho_testkit::shift();
    for at in (shift % step..took).step_by(usize::try_from(step).unwrap()) {
        if let Err(what) = tell(&base, shift + at, Some(at)) {
            panic!("dying in change {at} of {took} (TACHO_SHIFT={shift}): {what}");
        }
    }
}
