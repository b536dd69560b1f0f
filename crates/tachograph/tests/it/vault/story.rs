//! Erasures on the simulated machine: somebody dies or the power goes, at any operation; it is done
//! in the end, nothing of the person or of the old keys is on the disk, and nobody else is gone.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tacho_event::privacy::{Policy, Preset};
use tacho_event::{Draft, TenantId};
use tacho_testkit::rng::Rng;
use tacho_testkit::sim::{Keep, Machine, Stop};
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::files::{Files, Point};
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::Keys;
use tachograph::store::Remote;
use tachograph::vault::{Asker, KeyRing, Reveal, SharedRing, Writer};
use tachograph::wal::{Options, Wal};
use tachograph::{Log, Store};

use super::safe::{BASE, call};
use crate::guards::Told;

const STORE: &str = "/data/store";
const KEYS: &str = "/data/keys";
const STORIES: u64 = 6;

fn told<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

/// A process that has store and keys open.
struct Process {
    store: Store,
    ring: SharedRing,
    world: Arc<dyn tachograph::world::World>,
}

fn start(machine: &Machine) -> Result<Process, String> {
    let files: Arc<dyn Files> = Arc::new(machine.process());
    machine.make_dir("/data");
    let world = machine.world();
    let path = Path::new(STORE);
    let store =
        Store::create(files.clone(), world.as_ref(), path, Remote::Refused).map_err(told)?;
    let keys = match Keys::open(files.as_ref(), Path::new(KEYS)) {
        Ok(keys) => keys,
        Err(_) => Keys::create(&store, world.as_ref(), Path::new(KEYS)).map_err(told)?,
    };
    let ring = KeyRing::create(&store, world.clone(), keys, Some(BASE)).map_err(told)?;
    Ok(Process { store, ring: Arc::new(Mutex::new(ring)), world })
}

impl Process {
    fn record(&self, policy: &Policy, drafts: Vec<Draft>) -> Told {
        let settings = Settings {
            tenant: TenantId::new("acme").unwrap(),
            beat: false,
            ack: Ack::Disk,
            ..Settings::default()
        };
        let wal = Wal::new(&self.store, self.world.clone(), Options::default());
        let writer = Writer::of(Preset::Production, self.ring.clone(), "acme").map_err(told)?;
        let (store, world) = (self.store.clone(), self.world.clone());
        let recorder = Recorder::with_writer(store, wal, world, policy.clone(), settings, writer)
            .map_err(told)?;
        drafts.into_iter().try_for_each(|draft| recorder.record(draft).map(|_| ()).map_err(told))
    }

    fn integrate(&self) -> Told {
        let mut integrator =
            Integrator::new(&self.store, self.world.clone()).with_vault(self.ring.clone());
        integrator.run(Budget::default()).map(|_| ()).map_err(told)
    }

    fn eraser(&self) -> Eraser {
        Eraser::new(&self.store, self.world.clone(), self.ring.clone())
    }

    fn says(&self, policy: &Policy) -> Result<Vec<String>, String> {
        let wal = Wal::new(&self.store, self.world.clone(), Options::default());
        let settings = Settings { beat: false, ..Settings::default() };
        let (store, world) = (self.store.clone(), self.world.clone());
        let recorder = Recorder::with_writer(
            store,
            wal,
            world,
            policy.clone(),
            settings,
            Writer::of(Preset::Production, self.ring.clone(), "default").map_err(told)?,
        )
        .map_err(told)?;
        let mut reveal =
            Reveal::new(self.ring.clone(), Arc::new(recorder), "acme").map_err(told)?;
        let log = Log::of(&self.store, "acme").map_err(told)?;
        let entries: Result<Vec<_>, _> = (0..log.size()).map(|at| log.get(at)).collect();
        let entries: Vec<_> = entries.map_err(told)?.into_iter().flatten().collect();
        let asker = Asker { id: "eve".into(), role: "auditor".into(), reason: "test".into() };
        let revealed = reveal.reveal(&log, &entries, &asker).map_err(told)?;
        Ok(revealed
            .iter()
            .map(|one| {
                one.event
                    .at("/action/tool/parameters/command")
                    .and_then(|value| value.as_str())
                    .unwrap_or("?")
                    .to_owned()
            })
            .collect())
    }
}

fn scope(seed: u64) -> Scope {
    match seed % 3 {
        0 => Scope::Events(vec!["e-0".to_owned(), "e-2".to_owned(), "e-4".to_owned()]),
        1 => Scope::Matching("alices errand".to_owned()),
        _ => Scope::Subject("alice@example.com".to_owned()),
    }
}

/// Tells one story; gives how many operations the erasure took.
pub(crate) fn tell(
    policy: &Policy,
    seed: u64,
    off: Option<Point>,
    dies_at: Option<u64>,
) -> Result<u64, String> {
    let machine = Machine::new(seed);
    off.into_iter().for_each(|point| machine.switch_off(point));
    let mut rng = Rng::new(seed ^ 0x7a5e);
    let process = start(&machine)?;
    let drafts = (0..6).map(|number| {
        let (who, what) =
            [("alice@example.com", "alices errand"), ("bob@example.com", "bobs errand")]
                [number as usize % 2];
        call(number, who, &format!("{what} {number}"))
    });
    let mut drafts: Vec<Draft> = drafts.collect();
    let late = drafts.split_off(4);
    process.record(policy, drafts)?;
    process.integrate()?;
    process.record(policy, late)?;
    let secrets: Vec<Vec<u8>> = ["vault.msk", "acme/index.key"]
        .iter()
        .filter_map(|name| machine.read(format!("{KEYS}/{name}")))
        .map(|bytes| bytes[8..40].to_vec())
        .collect();
    let target = [Target { tenant: "acme".to_owned(), scope: scope(seed) }];
    let began = machine.ops();
    let stop = if rng.chance(60) { Stop::PowerCut } else { Stop::Kill };
    if let Some(at) = dies_at {
        machine.stop_at(began + 1 + at, stop);
    }
    let outcome = process.eraser().erase(&target, "asked");
    let took = machine.ops() - began;
    let stopped = machine.is_stopped();
    machine.calm_down();
    if let (Err(error), false) = (&outcome, stopped) {
        return Err(format!("without any fault: {error}"));
    }
    if (stopped && stop == Stop::PowerCut) || rng.chance(30) {
        machine.power_cut([Keep::Nothing, Keep::Some, Keep::Everything][rng.index(3)]);
    }
    let process = start(&machine)?;
    process.eraser().resume().map_err(told)?;
    if outcome.is_err() {
        // Nobody was told that it was done, so it is asked again.
        process.eraser().erase(&target, "asked").map_err(told)?;
    }
    machine.power_cut(Keep::Nothing);
    let process = start(&machine)?;
    let says = process.says(policy)?;
    if says.iter().any(|said| said.contains("alice")) {
        return Err(format!("she is still there: {says:?}"));
    }
    let bobs = says.iter().filter(|said| said.contains("bobs errand")).count();
    if bobs != 3 {
        return Err(format!("bob lost something: {says:?}"));
    }
    let image = machine.image();
    for secret in &secrets {
        let has = |bytes: &Vec<u8>| bytes.windows(32).any(|window| window == secret.as_slice());
        if image.iter().any(has) {
            return Err("an old secret is on the disk".to_owned());
        }
    }
    let left: Vec<_> = machine
        .paths()
        .into_iter()
        .filter(|path| {
            let path = path.to_string_lossy();
            (path.contains("/erase/") && !path.ends_with("lock")) || path.ends_with(".before")
        })
        .collect();
    if !left.is_empty() {
        return Err(format!("left behind: {left:?}"));
    }
    process.record(policy, vec![call(9, "alice@example.com", "back again")])?;
    let says = process.says(policy)?;
    if !says.contains(&"back again".to_owned()) {
        return Err(format!("nothing is recorded any more: {says:?}"));
    }
    Ok(took)
}

#[test]
fn an_erasure_is_done_whatever_dies() {
    let policy = super::safe::policy(Preset::Production);
    for seed in 0..STORIES {
        let took = tell(&policy, seed, None, None).unwrap_or_else(|what| panic!("{seed}: {what}"));
        // A few places of each story; together the stories cover them all.
        for part in 0..5 {
            let at = (seed * 7919 + part * took / 5) % took.max(1);
            let told = tell(&policy, seed, None, Some(at));
            if let Err(what) = told {
                panic!("story {seed}, dying at {at} of {took}: {what}");
            }
        }
    }
}

/// Points whose absence a story sees.
pub(crate) const GUARDED: &[Point] = &[
    Point::SecretSync,
    Point::SecretRename,
    Point::SlotSync,
    Point::SlotWipeSync,
    Point::RowAppendSync,
    Point::RowsSync,
    Point::RowsRename,
];

#[test]
fn every_point_of_the_vault_that_is_switched_off_is_noticed() {
    let policy = super::safe::policy(Preset::Production);
    let unnoticed: Vec<&str> = GUARDED
        .iter()
        .filter(|point| {
            let found = (0..30).find(|seed| {
                let took = 600;
                let at = Some((seed * 7919) % took).filter(|_| seed % 3 > 0);
                let told = std::panic::catch_unwind(|| tell(&policy, *seed, Some(**point), at));
                !matches!(told, Ok(Ok(_)))
            });
            found.is_none()
        })
        .map(|point| point.name())
        .collect();
    assert_eq!(unnoticed, [""; 0]);
}
