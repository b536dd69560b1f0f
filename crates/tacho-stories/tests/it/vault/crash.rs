//! Whoever dies, wherever: an erasure, an expiry, a hold, a copy, a copy put back and the making of
//! keys are done in the end, or never were begun; nothing of the person or of old keys is on the
//! disk, nobody else is gone, and what the log says of it adds up.
//!
//! Each tale is prepared once; then its act runs on twins of that machine, once for every change
//! in which somebody may die.

use std::path::Path;

use tacho_event::Draft;
use tacho_event::privacy::{Class, Policy, Preset};
use tacho_testkit::sim::{Keep, Machine, Stop};
use tacho_tree::audit::Code;
use tachograph::backup::{backup, restore};
use tachograph::erase::{Hold, Keep as Days, Scope, Target};
use tachograph::files::Point;
use tachograph::store::Remote;
use tachograph::vault::{KeyRing, VaultError};
use tachograph::verify::{Options, verify};
use tachograph::{Log, Store};

use super::packing;
use super::resealed;
use super::restoring;
use super::safe::call;
use super::story::{KEYS, Process, STORE, start, start_restored, told};
use crate::guards::Told;

pub(super) const COPY: &str = "/data/copy";
pub(super) const DAY_MICROS: u64 = 86_400_000_000;
const KEEP: Days = Days { content_days: Some(5), identity_days: Some(5) };

/// Something that is done once, and may die.
#[derive(Clone, Copy)]
pub(crate) struct Tale {
    pub(crate) name: &'static str,
    pub(crate) preset: Preset,
    pub(super) prepare: fn(&Machine, &Scene) -> Told,
    pub(super) act: fn(&Machine, &Scene) -> Told,
    /// What must be so once somebody started again; the act was `done`, or died.
    pub(super) end: fn(&Machine, &Scene, bool) -> Told,
}

/// What a tale needs besides its machine.
pub(crate) struct Scene {
    pub(super) policy: Policy,
    pub(super) preset: Preset,
}

pub(crate) const TALES: [Tale; 17] = [
    Tale { name: "erase", preset: Preset::Production, prepare: two, act: erase, end: erased },
    Tale {
        name: "erase plain",
        preset: Preset::Development,
        prepare: two,
        act: erase,
        end: erased,
    },
    Tale { name: "order", preset: Preset::Production, prepare: two, act: order, end: erased },
    Tale { name: "session", preset: Preset::Production, prepare: two, act: session, end: erased },
    Tale { name: "match", preset: Preset::Production, prepare: two, act: matching, end: matched },
    Tale {
        name: "match plain",
        preset: Preset::Development,
        prepare: two,
        act: matching,
        end: matched,
    },
    Tale { name: "expire", preset: Preset::Production, prepare: days, act: expire, end: expired },
    Tale {
        name: "expire plain",
        preset: Preset::Development,
        prepare: days,
        act: expire,
        end: expired,
    },
    Tale { name: "hold", preset: Preset::Production, prepare: two, act: place_hold, end: held },
    Tale { name: "copy", preset: Preset::Production, prepare: two, act: copy, end: copied },
    Tale { name: "put back", preset: Preset::Production, prepare: lost, act: put_back, end: back },
    Tale { name: "keys", preset: Preset::Production, prepare: nothing, act: make_keys, end: keyed },
    restoring::TALE,
    packing::tale("pack", Preset::Production),
    packing::tale("pack plain", Preset::Development),
    Tale {
        name: "seal",
        preset: Preset::Development,
        prepare: two,
        act: resealed::act,
        end: resealed::end,
    },
    Tale {
        name: "open",
        preset: Preset::Production,
        prepare: two,
        act: resealed::act,
        end: resealed::end,
    },
];

impl Tale {
    fn scene(&self) -> Scene {
        Scene { policy: super::safe::policy(self.preset), preset: self.preset }
    }

    /// The machine before the act.
    pub(crate) fn prepared(&self, seed: u64) -> Result<Machine, String> {
        let machine = Machine::new(seed);
        machine.make_dir("/data");
        (self.prepare)(&machine, &self.scene())?;
        Ok(machine)
    }

    /// Does it.
    pub(crate) fn act(&self, machine: &Machine) -> Told {
        (self.act)(machine, &self.scene())
    }

    /// Whether all is well once somebody started again; the act was `done`, or died.
    pub(crate) fn end(&self, machine: &Machine, done: bool) -> Told {
        (self.end)(machine, &self.scene(), done)
    }

    /// How many changes the act makes when nobody dies; all must be well.
    pub(super) fn whole(&self, base: &Machine) -> Result<u64, String> {
        let machine = base.twin(1);
        let began = machine.changes();
        (self.act)(&machine, &self.scene())?;
        let took = machine.changes() - began;
        machine.power_cut(Keep::Nothing);
        (self.end)(&machine, &self.scene(), true)?;
        Ok(took)
    }

    /// Somebody dies in the act, in a change.
    fn dying(&self, base: &Machine, seed: u64, at: u64, how: (Stop, Keep)) -> Told {
        let machine = base.twin(seed);
        machine.stop_in_change(machine.changes().saturating_add(1 + at), how.0);
        let outcome = (self.act)(&machine, &self.scene());
        let is_dead = machine.is_stopped();
        machine.calm_down();
        if let (Err(what), false) = (&outcome, is_dead) {
            return Err(format!("without any fault: {what}"));
        }
        if how.0 == Stop::PowerCut {
            machine.power_cut(how.1);
        }
        (self.end)(&machine, &self.scene(), outcome.is_ok())
    }
}

fn nothing(_: &Machine, _: &Scene) -> Told {
    Ok(())
}

fn words(number: u64) -> (&'static str, String) {
    match number % 2 {
        0 => ("alice@example.com", format!("alices errand {number}")),
        _ => ("bob@example.com", format!("bobs errand {number}")),
    }
}

pub(super) fn drafts(numbers: std::ops::Range<u64>) -> Vec<Draft> {
    let draft = |number| {
        let (who, what) = words(number);
        let session = format!("s-{}", number % 2);
        call(number, who, &what).with("agent.session_id", session.as_str())
    };
    numbers.map(draft).collect()
}

/// Alice and Bob: integrated without the keys and with them, waiting, sealed by a hook, spooled.
pub(super) fn two(machine: &Machine, scene: &Scene) -> Told {
    let process = start(machine)?;
    process.record(scene.preset, &scene.policy, drafts(0..2))?;
    if scene.preset == Preset::Production {
        process.hook(&scene.policy, drafts(2..4))?;
    } else {
        process.record(scene.preset, &scene.policy, drafts(2..4))?;
    }
    process.integrate(false)?;
    process.record(scene.preset, &scene.policy, drafts(4..6))?;
    process.integrate(true)?;
    process.record(scene.preset, &scene.policy, drafts(6..8))?;
    backup(&process.store, process.world.clone(), Path::new(COPY)).map_err(told)?;
    machine.power_cut(Keep::Everything);
    Ok(())
}

pub(super) fn alice() -> [Target; 1] {
    let scope = Scope::Subject("Alice@example.com".to_owned());
    [Target { tenant: "acme".to_owned(), scope }]
}

fn her_events() -> [Target; 1] {
    let ids = [0, 2, 4, 6].map(|number| format!("e-{number}"));
    of(Scope::Events(ids.to_vec()))
}

fn of(scope: Scope) -> [Target; 1] {
    [Target { tenant: "acme".to_owned(), scope }]
}

fn erase(machine: &Machine, _: &Scene) -> Told {
    start(machine)?.eraser().erase(&alice(), "asked").map(|_| ()).map_err(told)
}

fn order(machine: &Machine, _: &Scene) -> Told {
    start(machine)?.eraser().erase(&her_events(), "asked").map(|_| ()).map_err(told)
}

fn session(machine: &Machine, _: &Scene) -> Told {
    let hers = of(Scope::Session("s-0".to_owned()));
    start(machine)?.eraser().erase(&hers, "asked").map(|_| ()).map_err(told)
}

fn matching(machine: &Machine, _: &Scene) -> Told {
    let leaked = of(Scope::Matching("alices errand".to_owned()));
    start(machine)?.eraser().erase(&leaked, "leaked").map(|_| ()).map_err(told)
}

/// Files that only somebody who died leaves.
pub(super) fn litter(machine: &Machine) -> Told {
    let is_litter = |path: &std::path::PathBuf| {
        let path = path.to_string_lossy();
        let under_way = path.contains("/erase/") && !path.ends_with("lock");
        under_way || path.ends_with(".before") || path.ends_with(".gone")
    };
    let left: Vec<_> = machine.paths().into_iter().filter(is_litter).collect();
    if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}")) }
}

/// What no file and no freed block may hold; a copy that somebody made keeps what it kept.
pub(super) fn is_gone(machine: &Machine, texts: &[&[u8]]) -> Told {
    let copied: Vec<Vec<u8>> = machine
        .paths()
        .into_iter()
        .filter(|path| path.starts_with(COPY))
        .filter_map(|path| machine.read(path))
        .collect();
    for bytes in machine.image().iter().filter(|bytes| !copied.contains(bytes)) {
        for text in texts {
            if memchr::memmem::find(bytes, text).is_some() {
                return Err(format!("still on the disk: {}", String::from_utf8_lossy(text)));
            }
        }
    }
    Ok(())
}

/// The secrets that stand in the slots of a machine.
fn secrets(machine: &Machine) -> Vec<Vec<u8>> {
    let slots = ["vault.msk", "acme/index.key"];
    let slots = slots.iter().filter_map(|name| machine.read(format!("{KEYS}/{name}")));
    let both = slots.flat_map(|bytes| [bytes[8..40].to_vec(), bytes[520..552].to_vec()]);
    both.filter(|secret| secret.iter().any(|byte| *byte != 0)).collect()
}

/// Whether the log agrees with itself on what became of every digest.
pub(super) fn adds_up(store: &Store, process: &Process) -> Told {
    let ring = Some(process.ring.clone());
    let verified = verify(store, "acme", &Options { ring, index: false, ..Options::default() });
    let of_parts = [
        Code::PartChanged,
        Code::PartMissing,
        Code::PartUnclaimed,
        Code::ErasureDiffers,
        Code::ErasureUnfinished,
        Code::FileMalformed,
        Code::Unreadable,
        Code::LeafChanged,
        Code::Truncated,
    ];
    let found = verified.report.findings.into_iter().find(|one| of_parts.contains(&one.code));
    found.map_or(Ok(()), |found| Err(found.to_string()))
}

pub(super) fn is_begun(process: &Process) -> Result<bool, String> {
    let log = Log::of(&process.store, "acme").map_err(told)?;
    for at in 0..log.size() {
        let leaf = log.leaf(at).map_err(told)?.unwrap_or_default();
        if memchr::memmem::find(&leaf, b"tacho.erase.begin").is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn alice_is_out(says: &[String]) -> Told {
    match says.iter().find(|said| said.contains("alices errand")) {
        Some(said) => Err(format!("she is still there: {said}")),
        None => Ok(()),
    }
}

fn erased(machine: &Machine, scene: &Scene, done: bool) -> Told {
    gone(machine, scene, done, &[b"alices errand", b"alice@example.com", b"Alice@example.com"])
}

/// What leaked is gone; who said it stays, until she is erased.
fn matched(machine: &Machine, scene: &Scene, done: bool) -> Told {
    gone(machine, scene, done, &[b"alices errand"])
}

fn gone(machine: &Machine, scene: &Scene, done: bool, texts: &[&[u8]]) -> Told {
    if !done {
        let process = start(machine)?;
        process.eraser().resume().map_err(|error| format!("to go on: {error}"))?;
        if is_begun(&process)? {
            alice_is_out(&process.says(&scene.policy)?)?;
        }
        // Nobody was told that it was done, so it is asked again.
        process.eraser().erase(&her_events(), "asked").map_err(told)?;
        process.eraser().erase(&alice(), "asked").map_err(told)?;
        machine.power_cut(Keep::Nothing);
    }
    litter(machine)?;
    is_gone(machine, texts)?;
    let kept = secrets(machine).len();
    let process = start(machine)?;
    if scene.preset == Preset::Production {
        // Before anybody who holds the keys mends what hooks read.
        process.hook(&scene.policy, vec![call(20, "bob@example.com", "a hook goes on")])?;
    }
    process.record(scene.preset, &scene.policy, vec![call(21, "alice@example.com", "is back")])?;
    adds_up(&process.store, &process)?;
    process.integrate(true)?;
    adds_up(&process.store, &process)?;
    let says = process.says(&scene.policy)?;
    alice_is_out(&says)?;
    let count = |what: &str| says.iter().filter(|said| said.contains(what)).count();
    let hooks = usize::from(scene.preset == Preset::Production);
    if (count("bobs errand"), count("a hook goes on"), count("is back")) != (4, hooks, 1) {
        return Err(format!("somebody else lost something: {says:?}"));
    }
    if kept != 2 {
        return Err(format!("{kept} secrets are kept"));
    }
    // The copy made before is not opened before it was told.
    let files = process.store.files();
    restore(files.as_ref(), Path::new(COPY), Path::new("/data/other")).map_err(told)?;
    let other =
        Store::open(files.clone(), Path::new("/data/other"), Remote::Refused).map_err(told)?;
    match process.open_with_keys(&other) {
        Err(VaultError::NotApplied { .. }) => Ok(()),
        Ok(_) => Err("an old copy is opened as if nothing had been erased".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Three days of events; of the first, one was erased; grants of the others wait for the keys.
fn days(machine: &Machine, scene: &Scene) -> Told {
    three_days(machine, scene, |day| day == 0)
}

fn three_days(machine: &Machine, scene: &Scene, with_keys: fn(u64) -> bool) -> Told {
    let process = start(machine)?;
    for day in 0..3 {
        process.record(scene.preset, &scene.policy, drafts(4 * day..4 * day + 2))?;
        if scene.preset == Preset::Production {
            process.hook(&scene.policy, drafts(4 * day + 2..4 * day + 4))?;
        } else {
            process.record(scene.preset, &scene.policy, drafts(4 * day + 2..4 * day + 4))?;
        }
        process.integrate(with_keys(day))?;
        for _ in 0..4 {
            machine.pass(DAY_MICROS);
            process.eraser().due("acme", KEEP).map_err(told)?;
        }
    }
    let ids = ["e-1".to_owned()];
    let target = Target { tenant: "acme".to_owned(), scope: Scope::Events(ids.to_vec()) };
    process.eraser().erase(&[target], "asked").map_err(told)?;
    machine.power_cut(Keep::Everything);
    Ok(())
}

fn expire(machine: &Machine, _: &Scene) -> Told {
    let process = start(machine)?;
    let mut eraser = process.eraser();
    let due = eraser.due("acme", KEEP).map_err(told)?;
    if due.len() != 4 {
        return Err(format!("due: {due:?}"));
    }
    eraser.expire(&due).map(|_| ()).map_err(told)
}

fn expired(machine: &Machine, scene: &Scene, done: bool) -> Told {
    if !done {
        let process = start(machine)?;
        process.eraser().resume().map_err(|error| format!("to go on: {error}"))?;
        let due = match process.eraser().due("acme", KEEP) {
            // Whoever lost what it knew of the clock destroys nothing, until somebody looked at it.
            Err(VaultError::Clock(_)) => {
                process.eraser().confirm_clock().map_err(told)?;
                process.eraser().due("acme", KEEP).map_err(told)?
            }
            due => due.map_err(told)?,
        };
        process.eraser().expire(&due).map_err(told)?;
        machine.power_cut(Keep::Nothing);
    }
    litter(machine)?;
    is_gone(machine, &[b"alices errand 0", b"bobs errand 3", b"alices errand 4", b"errand 7"])?;
    let process = start(machine)?;
    let process_says = process.says(&scene.policy)?;
    let said: Vec<_> = process_says.iter().filter(|said| said.contains("errand")).collect();
    if said.len() != 4 || !said.iter().all(|said| said.ends_with(['8', '9', '0', '1'])) {
        return Err(format!("others than the days that were due are gone: {said:?}"));
    }
    process.record(scene.preset, &scene.policy, vec![call(30, "bob@example.com", "goes on")])?;
    process.integrate(true)?;
    adds_up(&process.store, &process)?;
    let places = tachograph::tenant::TenantPlaces::new(process.store.places(), "acme");
    match machine.read(places.tombstones(Class::Content)) {
        Some(bytes) if !bytes.is_empty() => Ok(()),
        _ => Err("the tombstones of a day that expired are gone".to_owned()),
    }
}

fn a_hold() -> Hold {
    let scope = Some(Scope::Session("s-0".to_owned()));
    let (id, tenant) = ("case-7".to_owned(), "acme".to_owned());
    Hold { id, tenant, scope, why: "a case".to_owned() }
}

fn place_hold(machine: &Machine, _: &Scene) -> Told {
    let process = start(machine)?;
    let eraser = process.eraser();
    eraser.place_hold(a_hold()).map_err(told)?;
    machine.pass(10 * DAY_MICROS);
    eraser.confirm_clock().map_err(told)?;
    match process.eraser().due("acme", KEEP) {
        Err(VaultError::Held { .. }) => Ok(()),
        due => Err(format!("it is held: {due:?}")),
    }
}

fn held(machine: &Machine, scene: &Scene, done: bool) -> Told {
    let process = start(machine)?;
    let mut eraser = process.eraser();
    let holds = eraser.holds().map_err(told)?;
    if done && holds != [a_hold()] {
        return Err(format!("the hold is gone: {holds:?}"));
    }
    if let Err(error) = eraser.due("acme", KEEP)
        && !matches!(error, VaultError::Clock(_) | VaultError::Held { .. })
    {
        return Err(error.to_string());
    }
    match (holds.is_empty(), eraser.erase(&alice(), "asked")) {
        (false, Err(VaultError::Held { .. })) | (true, Ok(_)) => {}
        (_, outcome) => return Err(format!("{holds:?} {:?}", outcome.err())),
    }
    let says = process.says(&scene.policy)?;
    let kept = says.iter().filter(|said| said.contains("alices errand")).count();
    if kept == if holds.is_empty() { 0 } else { 4 } { Ok(()) } else { Err(format!("{says:?}")) }
}

fn copy(machine: &Machine, _: &Scene) -> Told {
    let process = start(machine)?;
    let to = Path::new("/data/second");
    backup(&process.store, process.world.clone(), to).map(|_| ()).map_err(told)
}

fn copied(machine: &Machine, scene: &Scene, done: bool) -> Told {
    let process = start(machine)?;
    let files = process.store.files();
    let second = match Store::open(files.clone(), Path::new("/data/second"), Remote::Refused) {
        Ok(store) => store,
        Err(_) if !done => return Ok(()),
        Err(error) => return Err(format!("a copy that was made is none: {error}")),
    };
    // Who calls itself a store is whole.
    let log = |store: &Store| Log::of(store, "acme").map_err(told);
    if log(&second)?.size() != 8 {
        return Err(format!("the copy has {} events", log(&second)?.size()));
    }
    adds_up(&second, &process)?;
    let says = process.says_of(&second, &scene.policy)?;
    let errands = says.iter().filter(|said| said.contains("errand")).count();
    if errands == 8 { Ok(()) } else { Err(format!("the copy says {says:?}")) }
}

/// A store of which a copy was put back, after Alice was erased and two days went. What was sealed
/// to the master of the copy's time alone would not open any more.
fn lost(machine: &Machine, scene: &Scene) -> Told {
    three_days(machine, scene, |_| true)?;
    let process = start(machine)?;
    backup(&process.store, process.world.clone(), Path::new(COPY)).map_err(told)?;
    process.eraser().erase(&alice(), "asked").map_err(told)?;
    let mut eraser = process.eraser();
    let due = eraser.due("acme", KEEP).map_err(told)?;
    eraser.expire(&due).map_err(told)?;
    let inside: Vec<_> =
        machine.paths().into_iter().filter(|path| path.starts_with(STORE)).collect();
    inside.iter().for_each(|path| machine.unlink(path));
    for path in machine.paths().into_iter().filter(|path| path.starts_with(COPY)) {
        let bytes = machine.read(&path).unwrap_or_default();
        let to = Path::new(STORE).join(path.strip_prefix(COPY).map_err(told)?);
        machine.tamper(to, &bytes);
    }
    machine.power_cut(Keep::Everything);
    Ok(())
}

fn put_back(machine: &Machine, _: &Scene) -> Told {
    let process = start_restored(machine)?;
    process.eraser().apply().map(|_| ()).map_err(told)
}

fn back(machine: &Machine, scene: &Scene, done: bool) -> Told {
    if !done {
        if start(machine).is_ok() {
            // It was told of everything: then everything was done.
            adds_up(&start(machine)?.store, &start(machine)?)?;
        }
        put_back(machine, scene).map_err(|error| format!("to go on: {error}"))?;
        machine.power_cut(Keep::Nothing);
    }
    litter(machine)?;
    let process = start(machine)?;
    let says = process.says(&scene.policy)?;
    alice_is_out(&says)?;
    let said: Vec<_> = says.iter().filter(|said| said.contains("errand")).collect();
    if said.len() != 2 || !said.iter().all(|said| said.ends_with(['9', '1'])) {
        return Err(format!("others than were erased are gone: {said:?}"));
    }
    process.record(scene.preset, &scene.policy, vec![call(30, "bob@example.com", "goes on")])?;
    process.integrate(true)?;
    adds_up(&process.store, &process)
}

fn make_keys(machine: &Machine, scene: &Scene) -> Told {
    let process = start(machine)?;
    process.record(scene.preset, &scene.policy, vec![call(1, "bob@example.com", "first")])?;
    let (secret, public) = tachograph::vault::escrow_keys(process.world.as_ref());
    let escrow = process.ring.lock().map_err(told)?.escrow(&public).map_err(told)?;
    let msk = Path::new(KEYS).join("vault.msk");
    process.store.files().remove(&msk).map_err(told)?;
    KeyRing::recover(&process.store, Path::new(KEYS), &escrow, &secret).map_err(told)
}

fn keyed(machine: &Machine, scene: &Scene, done: bool) -> Told {
    let process = match start(machine) {
        Ok(process) => process,
        // Its master was taken away, and not put back yet.
        Err(error) if !done && error.contains("no master secret") => return Ok(()),
        Err(error) => return Err(error),
    };
    // Every event that is there was sealed under keys that are there.
    let says = process.says(&scene.policy)?;
    if says.iter().any(|said| said != "first") || (done && says.len() != 1) {
        return Err(format!("what was sealed does not open: {says:?}"));
    }
    if done {
        process.hook(&scene.policy, vec![call(3, "bob@example.com", "third")])?;
    }
    process.record(scene.preset, &scene.policy, vec![call(2, "bob@example.com", "second")])?;
    process.integrate(true)?;
    let says = process.says(&scene.policy)?;
    if says.iter().any(|said| said == "?") { Err(format!("{says:?}")) } else { Ok(()) }
}

/// The ways to die.
const WAYS: [(Stop, Keep); 4] = [
    (Stop::PowerCut, Keep::Some),
    (Stop::Kill, Keep::Everything),
    (Stop::PowerCut, Keep::Nothing),
    (Stop::PowerCut, Keep::Some),
];

/// Dies in every `step`-th change, in turn in each of the ways; another run begins elsewhere.
fn everywhere(tale: &Tale, seed: u64, step: u64) {
    let shift = tacho_testkit::shift();
    let base = tale.prepared(seed).unwrap_or_else(|what| panic!("{}: {what}", tale.name));
    let took = tale.whole(&base).unwrap_or_else(|what| panic!("{}: {what}", tale.name));
    // Where the act outlives the moment, it was done and nobody heard of it.
    for at in (shift % step..=took).step_by(usize::try_from(step).unwrap()) {
        let way = WAYS[usize::try_from(at + shift).unwrap() % WAYS.len()];
        if let Err(what) = tale.dying(&base, at + shift, at, way) {
            let place = format!("dying {way:?} in change {at} of {took}");
            panic!("{}, {place} (TACHO_SHIFT={shift}): {what}", tale.name);
        }
    }
}

/// Dies in every change where everything is tried, else in every `coarse`-th. Odd, so that each way
/// to die comes in turn.
fn tell(name: &str, coarse: u64) {
    tell_some(name, 1, coarse);
}

/// Dies in every `fine`-th change where everything is tried; the shift chooses which.
fn tell_some(name: &str, fine: u64, coarse: u64) {
    let tale = TALES.iter().find(|tale| tale.name == name).unwrap();
    everywhere(tale, 7, if tacho_testkit::stride() == 1 { fine } else { coarse });
}

#[test]
fn whoever_dies_erasing_a_person_it_is_done_in_the_end() {
    tell("erase", 61);
}

#[test]
fn whoever_dies_erasing_a_person_from_plain_parts_it_is_done_in_the_end() {
    tell("erase plain", 61);
}

#[test]
fn whoever_dies_erasing_events_it_is_done_in_the_end() {
    tell("order", 61);
}

#[test]
fn whoever_dies_erasing_a_session_it_is_done_in_the_end() {
    // What is found is written over as events are, in whose tale every change is tried.
    tell_some("session", 3, 61);
}

#[test]
fn whoever_dies_erasing_what_leaked_it_is_done_in_the_end() {
    tell_some("match", 3, 61);
    tell("match plain", 61);
}

#[test]
fn whoever_dies_while_days_expire_it_is_done_in_the_end() {
    tell("expire", 61);
    tell("expire plain", 61);
}

#[test]
fn whoever_dies_placing_a_hold_it_stands_or_never_did() {
    tell("hold", 5);
}

#[test]
fn whoever_dies_making_a_copy_it_is_whole_or_no_store() {
    tell("copy", 33);
}

#[test]
fn whoever_dies_putting_a_copy_back_it_is_whole_or_no_store() {
    tell("restore", 33);
}

#[test]
fn whoever_dies_while_erasures_are_applied_to_a_copy_they_are_applied_in_the_end() {
    tell("put back", 61);
}

#[test]
fn whoever_dies_packing_a_day_it_is_all_there() {
    tell("pack", 15);
    tell("pack plain", 15);
}

#[test]
fn whoever_dies_making_keys_what_was_sealed_opens() {
    tell("keys", 25);
}

#[test]
fn whoever_dies_while_parts_are_sealed_or_opened_it_is_done_in_the_end() {
    tell("seal", 61);
    tell("open", 61);
}

/// Where it was removed and the directory was not synced, whoever goes on finds nothing to do.
#[test]
fn what_a_killed_run_took_away_does_not_come_back_with_the_power() {
    let killed = |name: &str, seed: u64, plan: &dyn Fn(&Machine, u64)| {
        let tale = TALES.iter().find(|tale| tale.name == name).unwrap();
        let base = tale.prepared(7).unwrap();
        let took = tale.whole(&base).unwrap();
        let machine = base.twin(seed);
        plan(&machine, took);
        assert!(tale.act(&machine).is_err(), "{name}: nobody died");
        machine.calm_down();
        tale.end(&machine, false).unwrap_or_else(|what| panic!("{name}: {what}"));
    };
    // The journal of an expiry.
    killed("expire plain", 1, &|machine, took| {
        machine.stop_in_change(machine.changes() + took, Stop::Kill);
    });
    // What stood in the place of the second day file: nobody writes beside that one any more. Each
    // file's directory is synced behind the rename, before the zeros and behind the removal.
    for seed in 0..24 {
        killed("seal", seed, &|machine, _| {
            machine.stop_past(Point::PackDirSync, 5, 5 + seed % 4, Stop::Kill);
        });
    }
}
