//! Given a number of events, gives a real store on a real disk: recorded, integrated, signed.
#![expect(clippy::unwrap_used, reason = "test equipment")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tacho_event::privacy::{Class, Policy};
use tacho_event::{ActionType, Draft, Timestamp, World};
use tacho_tree::{LogKey, TlogProof, VerifierKey, prove};
use tachograph::Log;
use tachograph::bundle::Choice;
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::log::Query;
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::{Remote, Store};
use tachograph::wal::{Options, Wal};

/// A clock that moves by a millisecond an event, and dice that never fall twice alike.
#[derive(Debug, Default)]
struct StoreWorld {
    millis: AtomicI64,
    dice: AtomicU64,
}

impl World for StoreWorld {
    fn now(&self) -> Timestamp {
        let millis = self.millis.load(Ordering::Relaxed);
        Timestamp::from_micros(1_795_168_800_000_000 + millis * 1000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut rng = crate::rng::Rng::new(self.dice.fetch_add(1, Ordering::Relaxed));
        rng.fill(bytes);
    }
}

/// A store in a directory, and the keys that sign its log.
#[derive(Debug)]
pub struct SignedStore {
    store: Store,
    keys: PathBuf,
    world: Arc<StoreWorld>,
    recorded: u64,
    /// Below which name its logs are signed; none for what the store is called by itself.
    base: Option<&'static str>,
}

impl SignedStore {
    /// An empty store below `dir`.
    pub fn new(dir: &Path) -> Self {
        Self::named(dir, Some("tacho.example.com"))
    }

    /// The same as the command keeps one: under the store's own name.
    pub fn unnamed(dir: &Path) -> Self {
        Self::named(dir, None)
    }

    fn named(dir: &Path, base: Option<&'static str>) -> Self {
        let world = Arc::new(StoreWorld::default());
        let files = Arc::new(OsFiles);
        let path = dir.join("store");
        let store = Store::create(files, world.as_ref(), &path, Remote::Forced).unwrap();
        Self { store, keys: dir.join("keys"), world, recorded: 0, base }
    }

    /// Records `count` more tool calls, integrates and signs them.
    pub fn grow(&mut self, count: u64) {
        let wal = Wal::new(&self.store, self.world.clone(), Options::default());
        let settings = Settings { beat: false, ack: Ack::Os, ..Settings::default() };
        let recorder =
            Recorder::new(self.store.clone(), wal, self.world.clone(), Policy::default(), settings)
                .unwrap();
        let drafts = (self.recorded..self.recorded + count).map(call).collect();
        for outcome in recorder.record_all(drafts, Ack::Os) {
            outcome.unwrap();
        }
        self.recorded += count;
        self.world.millis.fetch_add(2000, Ordering::Relaxed);
        let mut integrator = Integrator::new(&self.store, self.world.clone());
        assert!(integrator.run(Budget::default()).unwrap().is_done);
        self.signer().sign("default", Demand::Keep, self.world.now()).unwrap();
    }

    /// The directory of its one tenant's log.
    pub fn log(&self) -> PathBuf {
        self.store.places().store().join("tenants/default")
    }

    /// The `tlog-proof` of a leaf under the latest checkpoint, and the leaf.
    pub fn prove(&self, index: u64) -> (String, Vec<u8>) {
        let log = Log::of(&self.store, "default").unwrap();
        let note = log.checkpoint().unwrap().unwrap();
        let path = prove::inclusion(log.nodes(), index, log.size()).unwrap();
        let leaf = log.leaf(index).unwrap().unwrap();
        (TlogProof { index, path, note }.to_string(), leaf)
    }

    /// Publishes the signed part of its log as a directory of C2SP `tlog-tiles`.
    pub fn export(&self, dir: &Path) {
        Log::of(&self.store, "default").unwrap().export_tlog(dir).unwrap();
    }

    /// A bundle of the first `count` events with the disclosures of these classes.
    pub fn bundle(&self, count: u64, classes: &[Class]) -> Vec<u8> {
        let log = Log::of(&self.store, "default").unwrap();
        let query = Query { end: Some(count), ..Query::default() };
        let choice = Choice { query, classes, title: "a test", coverage: None };
        log.bundle(&choice).unwrap().bytes
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The key that its log is signed with.
    pub fn vkey(&self) -> VerifierKey {
        let signer = self.signer();
        let keys = Keys::open(self.store.files().as_ref(), &self.keys).unwrap();
        let key: LogKey = keys.log_key(&signer.origin("default").unwrap(), 0);
        key.verifier().clone()
    }

    fn signer(&self) -> Signer {
        let files = self.store.files().as_ref();
        let keys = Keys::open(files, &self.keys)
            .or_else(|_| Keys::create(&self.store, self.world.as_ref(), &self.keys))
            .unwrap();
        Signer::new(&self.store, keys, self.base)
    }
}

fn call(number: u64) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("id", format!("e-{number}"))
        .with("agent.id", "ops/release-manager")
        .with("agent.session_id", format!("s-{}", number / 10))
        .with("action.tool.parameters.command", format!("echo {number}"))
        .with("outcome.status", "success")
}
