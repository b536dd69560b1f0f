//! Processes on the simulated machine that have store and keys open; and the points that keep two of
//! them apart.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tacho_event::privacy::{Policy, Preset};
use tacho_event::{Draft, TenantId};
use tacho_testkit::sim::Machine;
use tachograph::erase::Eraser;
use tachograph::files::{Files, Point};
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::Keys;
use tachograph::store::Remote;
use tachograph::vault::{Asker, KeyRing, Reveal, Sealer, SharedRing, VaultError, Writer};
use tachograph::wal::{Options, Patience, Wal};
use tachograph::{Log, Store};

use super::crash::TALES;
use super::safe::BASE;
use crate::guards::Told;

pub(super) const STORE: &str = "/data/store";
pub(super) const KEYS: &str = "/data/keys";

pub(super) fn told<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

/// A process that has store and keys open.
pub(super) struct Process {
    pub(super) store: Store,
    pub(super) ring: SharedRing,
    pub(super) world: Arc<dyn tachograph::world::World>,
}

pub(super) fn start(machine: &Machine) -> Result<Process, String> {
    start_in(machine, STORE)
}

/// A process that has a store and the same keys open.
pub(super) fn start_in(machine: &Machine, store: &str) -> Result<Process, String> {
    open(machine, store, KeyRing::create)
}

/// A process that is to apply what a copy was not told of.
pub(super) fn start_restored(machine: &Machine) -> Result<Process, String> {
    open(machine, STORE, KeyRing::open_restored)
}

type Opens = fn(
    &Store,
    Arc<dyn tachograph::world::World>,
    Keys,
    Option<&str>,
) -> Result<KeyRing, VaultError>;

fn open(machine: &Machine, store: &str, opens: Opens) -> Result<Process, String> {
    let files: Arc<dyn Files> = Arc::new(machine.process());
    let world = machine.world();
    let path = Path::new(store);
    let store =
        Store::create(files.clone(), world.as_ref(), path, Remote::Refused).map_err(told)?;
    let keys = match Keys::open(files.as_ref(), Path::new(KEYS)) {
        Ok(keys) => keys,
        Err(_) => Keys::create(&store, world.as_ref(), Path::new(KEYS)).map_err(told)?,
    };
    let ring = opens(&store, world.clone(), keys, Some(BASE)).map_err(told)?;
    // A death costs what its rotations cost: every key is sealed again.
    let ring = ring.with_days_ahead(1);
    Ok(Process { store, ring: Arc::new(Mutex::new(ring)), world })
}

impl Process {
    /// Records durably, with the keys at hand.
    pub(super) fn record(&self, preset: Preset, policy: &Policy, drafts: Vec<Draft>) -> Told {
        let writer = Writer::of(preset, self.ring.clone(), "acme").map_err(told)?;
        self.write(policy, writer, drafts)
    }

    /// Records durably as a hook does, which reads public keys alone.
    pub(super) fn hook(&self, policy: &Policy, drafts: Vec<Draft>) -> Told {
        let files = self.store.files().clone();
        let sealer = Sealer::with_public(files, Path::new(KEYS), "acme").map_err(told)?;
        self.write(policy, sealer.into(), drafts)
    }

    fn write(&self, policy: &Policy, writer: Writer, drafts: Vec<Draft>) -> Told {
        let settings = Settings {
            tenant: TenantId::new("acme").unwrap(),
            beat: false,
            ack: Ack::Disk,
            patience: Patience::Server,
            ..Settings::default()
        };
        let (store, wal) = (self.store.clone(), self.wal());
        let recorder =
            Recorder::with_writer(store, wal, self.world.clone(), policy.clone(), settings, writer);
        let recorder = recorder.map_err(told)?;
        drafts.into_iter().try_for_each(|draft| recorder.record(draft).map(|_| ()).map_err(told))
    }

    fn wal(&self) -> Wal {
        Wal::new(&self.store, self.world.clone(), Options::default())
    }

    pub(super) fn integrate(&self, with_keys: bool) -> Told {
        let mut integrator = Integrator::new(&self.store, self.world.clone());
        if with_keys {
            integrator = integrator.with_vault(self.ring.clone());
        }
        integrator.run(Budget::default()).map(|_| ()).map_err(told)
    }

    pub(super) fn eraser(&self) -> Eraser {
        Eraser::new(&self.store, self.world.clone(), self.ring.clone())
    }

    /// Opens the vault of another store with these keys.
    pub(super) fn open_with_keys(&self, store: &Store) -> Result<KeyRing, VaultError> {
        let keys = Keys::open(store.files().as_ref(), Path::new(KEYS)).unwrap();
        let ring = KeyRing::open(store, self.world.clone(), keys, Some(BASE))?;
        Ok(ring.with_days_ahead(1))
    }

    /// What every event says to who may look; `?` where it stays sealed.
    pub(super) fn says(&self, policy: &Policy) -> Result<Vec<String>, String> {
        self.says_of(&self.store, policy)
    }

    /// What the events of another store say.
    pub(super) fn says_of(&self, store: &Store, policy: &Policy) -> Result<Vec<String>, String> {
        let settings = Settings { beat: false, ..Settings::default() };
        let (own, wal, world) = (self.store.clone(), self.wal(), self.world.clone());
        let recorder =
            Recorder::with_writer(own, wal, world, policy.clone(), settings, Writer::default());
        let recorder = Arc::new(recorder.map_err(told)?);
        let mut reveal = Reveal::new(self.ring.clone(), recorder, "acme").map_err(told)?;
        let log = Log::of(store, "acme").map_err(told)?;
        let entries: Result<Vec<_>, _> = (0..log.size()).map(|at| log.get(at)).collect();
        let entries: Vec<_> = entries.map_err(told)?.into_iter().flatten().collect();
        let asker = Asker { id: "eve".into(), role: "auditor".into(), reason: "test".into() };
        let revealed = reveal.reveal(&log, &entries, &asker).map_err(told)?;
        let said = revealed.iter().map(|one| {
            let command = one.event.at("/action/tool/parameters/command");
            command.and_then(|value| value.as_str()).unwrap_or("?").to_owned()
        });
        Ok(said.collect())
    }
}

/// Points that keep two processes apart.
const APART: &[Point] = &[Point::VaultLock, Point::EraseLock];

/// Points whose absence is seen here.
pub(crate) fn guarded() -> impl Iterator<Item = Point> {
    APART.iter().copied()
}

/// How often somebody who comes in the middle of an erasure is told to wait.
fn turned_away(point: Point, off: bool) -> usize {
    let tale = TALES.iter().find(|one| one.name == "erase").unwrap();
    let base = tale.prepared(3).unwrap();
    let mut refused = 0;
    for at in (50..500).step_by(50) {
        let machine = base.twin(3);
        if off {
            machine.switch_off(point);
        }
        let other = machine.clone();
        let (give, take) = std::sync::mpsc::channel();
        machine.interrupt_at(machine.ops() + at, move || {
            let outcome = start(&other).and_then(|process| match point {
                Point::EraseLock => process.eraser().resume().map(|_| ()).map_err(told),
                _ => process.ring.lock().unwrap().prepare(&format!("new-{at}")).map_err(told),
            });
            let name = if point == Point::EraseLock { "erase/lock" } else { "vault.lock" };
            give.send(outcome.is_err_and(|what| what.ends_with(name))).unwrap();
        });
        let _ = start(&machine).unwrap().eraser().erase(&super::crash::alice(), "asked");
        // Where it was done before that moment, nobody came.
        machine.interrupt_at(u64::MAX, || {});
        refused += usize::from(take.recv().unwrap_or_default());
    }
    refused
}

#[test]
fn who_erases_or_changes_keys_does_it_alone() {
    if tacho_testkit::spares("who comes in the middle of an erasure") {
        return;
    }
    for point in APART {
        assert!(turned_away(*point, false) > 0, "{}", point.name());
        assert_eq!(turned_away(*point, true), 0, "{}", point.name());
    }
}
