//! A store in a temporary directory, with a clock and dice of the test's own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tacho_event::privacy::Policy;
use tacho_event::{ActionType, Draft, TenantId, Timestamp, World};
use tacho_tree::{Frontier, leaf_hash, prove};
use tachograph::Log;
use tachograph::files::OsFiles;
use tachograph::generation;
use tachograph::integrate::{Budget, Integrator, Outcome};
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::store::{Remote, Store};
use tachograph::tenant::TenantPlaces;
use tachograph::wal::{Batch, Options, Patience, Record, Wal};
use tempfile::TempDir;

/// A clock that stands where the test puts it, and dice that never fall twice alike.
#[derive(Debug, Default)]
pub(crate) struct YardWorld {
    pub(crate) micros: AtomicI64,
    dice: AtomicU64,
}

impl World for YardWorld {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_763_632_800_000_000 + self.micros.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut x = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (x >> 56) as u8;
        }
    }
}

pub(crate) struct Yard {
    dir: TempDir,
    pub(crate) world: Arc<YardWorld>,
    pub(crate) segment_bytes: u64,
}

impl Yard {
    pub(crate) fn new() -> Self {
        let world = Arc::new(YardWorld::default());
        Self { dir: tempfile::tempdir().unwrap(), world, segment_bytes: 64 << 20 }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    pub(crate) fn store(&self) -> Store {
        Store::create(Arc::new(OsFiles), self.world.as_ref(), &self.path(), Remote::Forced).unwrap()
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.dir.path().join("keys")
    }

    pub(crate) fn places(&self, tenant: &str) -> TenantPlaces {
        TenantPlaces::new(self.store().places(), tenant)
    }

    pub(crate) fn wal(&self) -> Wal {
        let options = Options { segment_bytes: self.segment_bytes };
        Wal::new(&self.store(), self.world.clone(), options)
    }

    pub(crate) fn recorder(&self, tenant: &str) -> Recorder {
        let tenant = TenantId::new(tenant).unwrap();
        let settings = Settings { tenant, beat: false, ack: Ack::Os, ..Settings::default() };
        let policy = Policy::default();
        Recorder::new(self.store(), self.wal(), self.world.clone(), policy, settings).unwrap()
    }

    pub(crate) fn integrator(&self) -> Integrator {
        Integrator::new(&self.store(), self.world.clone())
    }

    pub(crate) fn integrate(&self) -> Outcome {
        let outcome = self.integrator().run(Budget::default()).unwrap();
        assert!(outcome.is_done);
        outcome
    }

    pub(crate) fn log(&self, tenant: &str) -> Log {
        Log::of(&self.store(), tenant).unwrap()
    }

    /// Records `count` tool calls numbered from `first`, a millisecond apart.
    pub(crate) fn record(&self, tenant: &str, first: u64, count: u64) {
        let recorder = self.recorder(tenant);
        for number in first..first + count {
            recorder.record(call(number)).unwrap();
            self.world.micros.fetch_add(1000, Ordering::Relaxed);
        }
    }
}

/// The call `number`: its id, its session of ten calls, and what it says.
pub(crate) fn call(number: u64) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("id", format!("e-{number}").as_str())
        .with("agent.id", "ops/release-manager")
        .with("agent.session_id", format!("s-{}", number / 10).as_str())
        .with("action.call_id", format!("c-{number}").as_str())
        .with("action.phase", "whole")
        .with("action.tool.parameters.command", format!("echo {number}").as_str())
        .with("actor.type", "user")
        .with("actor.id", "alice@example.com")
        .with("outcome.status", if number % 4 == 3 { "failure" } else { "success" })
        .with("resources.duration_ms", 10 + number % 5)
}

/// The leaf of a call without parts.
pub(crate) fn bare_leaf(number: u64) -> String {
    format!(
        r#"{{"action":{{"type":"tool"}},"agent":{{"session_id":"s-{}"}},"id":"e-{number}","timestamp":"2026-11-20T10:00:00.{:06}Z","v":1}}"#,
        number / 10,
        number % 1_000_000
    )
}

/// Appends events without parts past the recorder: many, quickly.
pub(crate) fn append_bare(yard: &Yard, first: u64, count: u64) {
    append_as(yard, first..first + count, |number| number);
}

/// Appends the event `number` once more, as the record `record`.
pub(crate) fn append_bare_again(yard: &Yard, number: u64, record: u64) {
    append_as(yard, number..number + 1, |_| record);
}

fn append_as(yard: &Yard, numbers: std::ops::Range<u64>, record: impl Fn(u64) -> u64) {
    let wal = yard.wal();
    let store = yard.store();
    let generation = generation::read(store.files().as_ref(), store.places()).unwrap();
    let mut batch = Batch::new();
    for number in numbers {
        let leaf = bare_leaf(number);
        let record = Record {
            tenant: "default",
            record_id: (u128::from(record(number)) | (7 << 76)).to_be_bytes(),
            idem: [0; 16],
            leaf: leaf.as_bytes(),
            parts: b"",
            parts_count: 0,
            system: false,
            generation,
        };
        if batch.push(&record).is_err() {
            wal.append(&mut batch, Patience::Server).unwrap();
            batch.clear();
            batch.push(&record).unwrap();
        }
    }
    wal.append(&mut batch, Patience::Server).unwrap();
}

/// Every leaf is there and hashes to the tree; every event can be revealed; in order.
pub(crate) fn assert_whole(log: &Log, from: u64, count: u64) {
    assert_eq!(log.size(), count);
    let mut frontier = Frontier::new();
    for index in 0..count {
        let leaf = log.leaf(index).unwrap().unwrap();
        frontier.push(leaf_hash(&leaf), |_, _| ());
        let entry = log.get(index).unwrap().unwrap();
        let id = format!("e-{}", from + index);
        assert_eq!(entry.leaf.str("id"), Some(id.as_str()), "leaf {index}");
        let revealed = log.reveal(&entry).unwrap();
        assert!(revealed.opened.problems.is_empty(), "{:?}", revealed.opened.problems);
        let command = revealed.event.at("/action/tool/parameters/command").unwrap();
        assert_eq!(command.as_str().unwrap(), format!("echo {}", from + index));
        let actor = revealed.event.at("/actor/id").unwrap();
        assert_eq!(actor.as_str().unwrap(), "alice@example.com");
        if index + 1 == log.integrated().size() {
            assert_eq!(frontier.root(), log.integrated().root());
        }
    }
    let stored = log.integrated().size();
    assert_eq!(prove::root(log.nodes(), stored).unwrap(), log.integrated().root());
}
