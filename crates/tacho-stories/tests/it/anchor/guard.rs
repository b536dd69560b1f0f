//! Guards of the anchors' points: what was told survives a power cut, and no witness forgets.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tacho_testkit::sim::{Keep, Machine};
use tacho_tree::witness::Ask;
use tacho_tree::{KeyName, Levels, LogKey, Note, Origin, leaf_hash, prove};
use tachograph::anchor::{Anchor, Anchors, Answer, Which, Witness, due, kept, run};
use tachograph::files::{Files, Point};
use tachograph::tenant::TenantPlaces;

use super::Post;
use crate::guards::{Guard, Scene, Told, ensure};
use crate::harness::start;

pub(crate) fn guards() -> Vec<Guard> {
    let guard = |point, name, tell| Guard { point, name, tell };
    vec![
        guard(Point::AnchorLock, "anchors_have_numbers", anchors_have_numbers_of_their_own),
        guard(Point::AnchorSync, "kept_anchors_survive", kept_anchors_survive),
        guard(Point::AnchorDirSync, "kept_anchors_survive", kept_anchors_survive),
        guard(Point::AnchorStateRename, "asked_anchors_rest", asked_anchors_rest),
        guard(Point::WitnessLock, "witnesses_never_fork", witnesses_never_fork),
        guard(Point::WitnessKeySync, "witnesses_survive", witnesses_survive),
        guard(Point::WitnessKeyRename, "witnesses_survive", witnesses_survive),
        guard(Point::WitnessKeyDirSync, "witnesses_survive", witnesses_survive),
        guard(Point::WitnessLogsSync, "known_logs_survive", known_logs_survive),
        guard(Point::WitnessLogsRename, "known_logs_survive", known_logs_survive),
        guard(Point::WitnessLogsDirSync, "known_logs_survive", known_logs_survive),
        guard(Point::WitnessSeenSync, "cosigned_heads_survive", cosigned_heads_survive),
        guard(Point::WitnessSeenRename, "cosigned_heads_survive", cosigned_heads_survive),
        guard(Point::WitnessSeenDirSync, "cosigned_heads_survive", cosigned_heads_survive),
    ]
}

const DIR: &str = "/data/witness";

/// A note over the first leaves of one of two histories, and its tree.
fn note(history: u8, size: u8) -> (Levels, Note) {
    let tree: Levels = (0..size).map(|leaf| leaf_hash(&[history, leaf])).collect();
    let root = prove::root(&tree, u64::from(size)).unwrap();
    let head = tacho_tree::Head { size: u64::from(size), root };
    let origin = Origin::parse("tacho.example.com/default").unwrap();
    let key = LogKey::derive(&[7; 32], &origin, 0);
    let note = tacho_tree::Checkpoint { origin: origin.key_name(), head }.sign(&key);
    (tree, note)
}

fn log_key() -> LogKey {
    LogKey::derive(&[7; 32], &Origin::parse("tacho.example.com/default").unwrap(), 0)
}

fn copier() -> Anchors {
    let carry = |_: &[u8]| Ok(Answer { status: 200, body: b"kept".to_vec() });
    let anchor = Anchor::copy(KeyName::new("copy").unwrap(), Arc::new(Post(carry)));
    Anchors { all: vec![anchor], policy: None, patience: Duration::from_secs(20) }
}

/// A tenant's directory that is there for good, and one process of the machine.
fn tenant(machine: &Machine) -> (crate::harness::Process, TenantPlaces) {
    let process = start(machine);
    let places = TenantPlaces::new(process.store.places(), "default");
    let tenants = places.dir().parent().unwrap();
    for dir in [tenants, places.dir()] {
        process.files.create_dir(dir).unwrap();
        process.files.sync_dir(dir.parent().unwrap(), Point::TenantsDirSync).unwrap();
    }
    (process, places)
}

/// Anchors once; whether it was told to be done.
fn anchor(process: &crate::harness::Process, machine: &Machine) -> Result<bool, String> {
    let (world, (_, note)) = (machine.world(), note(1, 3));
    let mut tell = |_| true;
    let (store, which) = (&process.store, Which::All);
    let asking = run(store, "default", &note, &copier(), which, world.as_ref(), &mut tell);
    let asking = asking.map_err(|error| error.to_string())?;
    Ok(asking.outcomes.iter().all(|outcome| outcome.result.is_ok()))
}

fn kept_anchors_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    let (process, places) = tenant(&machine);
    ensure(anchor(&process, &machine)?, "was not kept")?;
    machine.power_cut(Keep::Nothing);
    let files = machine.process();
    let kept = kept(&files, &places, 9).map_err(|error| error.to_string())?;
    ensure(kept.len() == 1 && kept[0].evidence == b"kept", format!("{kept:?}"))
}

fn anchors_have_numbers_of_their_own(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        let (first, places) = tenant(&machine);
        let second = start(&machine);
        let (machine_too, other) = (machine.clone(), Arc::new(std::sync::Mutex::new(false)));
        let tell = other.clone();
        let op = machine.ops() + at;
        machine.interrupt_at(op, move || {
            *tell.lock().unwrap() = anchor(&second, &machine_too).unwrap_or(false);
        });
        let ours = anchor(&first, &machine).unwrap_or(false);
        let told = usize::from(ours) + usize::from(*other.lock().unwrap());
        let kept = kept(first.files.as_ref(), &places, 9).map_err(|error| error.to_string())?;
        let numbers: Vec<u64> = kept.iter().map(|one| one.number).collect();
        let so = numbers.len() >= told && numbers == (1..=numbers.len() as u64).collect::<Vec<_>>();
        ensure(so, format!("{told} were told to be kept, there are {numbers:?}"))?;
        if machine.ops() <= op {
            break;
        }
    }
    Ok(())
}

fn asked_anchors_rest(scene: Scene) -> Told {
    let machine = scene.machine();
    let (process, _) = tenant(&machine);
    ensure(anchor(&process, &machine)?, "was not kept")?;
    let world = machine.world();
    let due = due(&process.store, "default", 3, &copier(), world.as_ref());
    ensure(!due.map_err(|error| error.to_string())?, "it is due again")
}

fn witness(machine: &Machine) -> Result<Witness, String> {
    let (files, world) = (machine.process(), machine.world());
    let name = KeyName::new("witness.example.com/w1").unwrap();
    let dir = Path::new(DIR);
    let witness = Witness::create(&files, world.as_ref(), dir, name);
    let witness = witness.map_err(|error| error.to_string())?;
    let known = witness.trust(&files, log_key().verifier());
    known.map_err(|error| error.to_string())?;
    Ok(witness)
}

/// Shows a history of this size to the witness in its directory; the status of its answer.
fn show(machine: &Machine, history: u8, size: u8, old: u64) -> Result<u16, String> {
    let (files, world) = (machine.process(), machine.world());
    let (tree, note) = note(history, size);
    let witness = Witness::open(&files, Path::new(DIR)).map_err(|error| error.to_string())?;
    let ask = Ask::new(&note, witness.verifier(), old).unwrap();
    let request = ask.request(&tree).unwrap().to_string();
    let reply = witness.answer(&files, request.as_bytes(), world.as_ref());
    reply.map(|reply| reply.status).map_err(|error| error.to_string())
}

fn witnesses_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    start(&machine);
    let vkey = witness(&machine)?.verifier().clone();
    machine.power_cut(Keep::Nothing);
    let again = Witness::open(&machine.process(), Path::new(DIR));
    let again = again.map_err(|error| error.to_string())?;
    ensure(*again.verifier() == vkey, "it is another witness")
}

fn known_logs_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    start(&machine);
    witness(&machine)?;
    machine.power_cut(Keep::Nothing);
    let status = show(&machine, 1, 3, 0)?;
    ensure(status == 200, format!("answered {status}"))
}

fn cosigned_heads_survive(scene: Scene) -> Told {
    let machine = scene.machine();
    start(&machine);
    witness(&machine)?;
    ensure(show(&machine, 1, 3, 0)? == 200, "the first was not cosigned")?;
    machine.power_cut(Keep::Nothing);
    let (forked, grown) = (show(&machine, 2, 4, 0)?, show(&machine, 1, 5, 3)?);
    ensure((forked, grown) == (409, 200), format!("answered {forked} and {grown}"))
}

/// Two histories are shown at once.
fn witnesses_never_fork(scene: Scene) -> Told {
    for at in 1.. {
        let machine = scene.machine();
        start(&machine);
        witness(&machine)?;
        let (machine_too, other) = (machine.clone(), Arc::new(std::sync::Mutex::new(0)));
        let tell = other.clone();
        let op = machine.ops() + at;
        machine.interrupt_at(op, move || {
            *tell.lock().unwrap() = show(&machine_too, 2, 4, 0).unwrap_or(0);
        });
        let ours = show(&machine, 1, 3, 0).unwrap_or(0);
        let theirs = *other.lock().unwrap();
        ensure((ours, theirs) != (200, 200), "both histories were cosigned")?;
        if machine.ops() <= op {
            break;
        }
    }
    Ok(())
}
