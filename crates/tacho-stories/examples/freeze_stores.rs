//! Given a directory that is not there yet, makes the stores that tests keep for ever: what this
//! version writes, so that every later one is held to reading it.
//!
//! ```text
//! cargo run -p tacho-stories --example freeze_stores -- fixtures/stores/v2
//!
//! DIR/SUMS                  sha256 of every file below, as `sha256sum` writes it
//! DIR/plain/{store,keys}    development: nothing is sealed
//! DIR/sealed/{store,keys}   production: a person erased, a day expired, a day packed, a person held
//! ```
//!
//! Clock and dice are its own; rotations seal rows on several threads, so of those and of grants
//! the bytes differ from run to run. It never writes over what is there; another format is another
//! directory.
#![expect(clippy::disallowed_methods, reason = "an example lists and copies files by itself")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tacho_event::privacy::{Level, Policy, Preset, scan};
use tacho_event::{ActionType, Draft, TenantId, Timestamp, World};
use tachograph::erase::{Eraser, Hold, Keep, Scope, Target};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::{Remote, Store};
use tachograph::vault::{KeyRing, Sealer, SharedRing, Writer};
use tachograph::wal::{Options, Patience, Wal};
use tachograph::{pack, world};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const TENANT: &str = "acme";
const BASE: &str = "tacho.example.com";
const DAY_MICROS: i64 = 86_400_000_000;
/// A week of files, and not 64 MiB of zeros.
const SEGMENT_BYTES: u64 = 64 << 10;
const KEEP: Keep = Keep { content_days: Some(5), identity_days: Some(5) };

fn main() -> Outcome {
    let dir = std::env::args().nth(1).ok_or("name a directory that is not there yet")?;
    let dir = Path::new(&dir);
    if dir.exists() {
        return Err("it is there: what was frozen is never written over".into());
    }
    fs::create_dir_all(dir)?;
    plain(&dir.join("plain"))?;
    sealed(&dir.join("sealed"))?;
    without_empty_folders(dir)?;
    let mut sums = Vec::new();
    sum(dir, dir, &mut sums)?;
    sums.sort_by(|one, other| one.1.cmp(&other.1));
    let text: String = sums.iter().map(|(sum, path)| format!("{sum}  {path}\n")).collect();
    fs::write(dir.join("SUMS"), text)?;
    Ok(())
}

/// Four events integrated and signed, and one that waits in the write-ahead log.
fn plain(dir: &Path) -> Outcome {
    let stage = Stage::new(dir, Preset::Development, 1)?;
    for number in 0..4 {
        stage.record(&stage.server()?, number, if number % 2 == 0 { "alice" } else { "bob" })?;
    }
    stage.integrate()?;
    stage.sign()?;
    stage.record(&stage.server()?, 4, "bob")
}

/// A day that expired, a day that was packed and of which a person was erased, an event that was
/// sealed after that, and one that a hook left in the write-ahead log. The second person is held.
fn sealed(dir: &Path) -> Outcome {
    let stage = Stage::new(dir, Preset::Production, 2)?;
    stage.record(&stage.server()?, 0, "dave")?;
    stage.integrate()?;
    let mut eraser = stage.eraser()?;
    for _ in 0..8 {
        stage.pass(DAY_MICROS);
        eraser.due(TENANT, KEEP)?;
    }
    let due = eraser.due(TENANT, KEEP)?;
    eraser.expire(&due)?.ok_or("nothing was due")?;

    let server = stage.server()?;
    for (number, who) in (1..).zip(["alice", "bob", "carol", "alice", ""]) {
        stage.record(&server, number, who)?;
    }
    drop(server);
    stage.integrate()?;
    stage.pass(DAY_MICROS);
    let due = pack::plan(&stage.store, stage.world.as_ref(), TENANT)?;
    let world: Arc<dyn world::World> = stage.world.clone();
    pack::apply(&stage.store, &world, Some(&stage.ring()?), &due)?;

    let mut eraser = stage.eraser()?;
    eraser.place_hold(Hold {
        id: "case-7".to_owned(),
        tenant: TENANT.to_owned(),
        scope: Some(Scope::Subject("carol@example.com".to_owned())),
        why: "a case".to_owned(),
    })?;
    let scope = Scope::Subject("alice@example.com".to_owned());
    eraser.erase(&[Target { tenant: TENANT.to_owned(), scope }], "asked")?;
    stage.record(&stage.server()?, 6, "bob")?;
    stage.integrate()?;
    stage.sign()?;
    stage.record(&stage.hook()?, 7, "bob")
}

/// A store with its keys, and whoever works on it.
struct Stage {
    store: Store,
    keys: PathBuf,
    preset: Preset,
    world: Arc<Clockwork>,
}

impl Stage {
    fn new(dir: &Path, preset: Preset, seed: u64) -> Outcome<Self> {
        let world = Arc::new(Clockwork { micros: AtomicI64::new(0), dice: AtomicU64::new(seed) });
        let path = dir.join("store");
        let store = Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Refused)?;
        let keys = dir.join("keys");
        Keys::create(&store, world.as_ref(), &keys)?;
        Ok(Self { store, keys, preset, world })
    }

    fn pass(&self, micros: i64) {
        self.world.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn log_keys(&self) -> Outcome<Keys> {
        Ok(Keys::open(self.store.files().as_ref(), &self.keys)?)
    }

    fn ring(&self) -> Outcome<SharedRing> {
        let world = self.world.clone();
        let ring = KeyRing::create(&self.store, world, self.log_keys()?, Some(BASE))?;
        Ok(Arc::new(Mutex::new(ring)))
    }

    fn eraser(&self) -> Outcome<Eraser> {
        Ok(Eraser::new(&self.store, self.world.clone(), self.ring()?))
    }

    fn server(&self) -> Outcome<Recorder> {
        self.recorder(Writer::of(self.preset, self.ring()?, TENANT)?)
    }

    fn hook(&self) -> Outcome<Recorder> {
        let files = self.store.files().clone();
        self.recorder(Sealer::with_public(files, &self.keys, TENANT)?.into())
    }

    fn recorder(&self, writer: Writer) -> Outcome<Recorder> {
        let tenant = TenantId::new(TENANT).ok_or("that is no tenant")?;
        let settings = Settings { tenant, beat: false, ack: Ack::Disk, ..Settings::default() };
        let settings = Settings { patience: Patience::Server, ..settings };
        let options = Options { segment_bytes: SEGMENT_BYTES };
        let wal = Wal::new(&self.store, self.world.clone(), options);
        let policy = Policy::new(self.preset, scan::Scanner::builtin()).with_level(Level::Full);
        let (store, world) = (self.store.clone(), self.world.clone());
        Ok(Recorder::with_writer(store, wal, world, policy, settings, writer)?)
    }

    /// The errand `number` of somebody, or of nobody.
    fn record(&self, recorder: &Recorder, number: u64, who: &str) -> Outcome {
        let draft = Draft::new(ActionType::Tool, "Bash")
            .with("id", format!("e-{number}").as_str())
            .with("agent.id", "ops/release-manager")
            .with("agent.session_id", "s-1")
            .with("action.call_id", format!("c-{number}").as_str())
            .with("action.phase", "whole")
            .with("action.tool.parameters.command", format!("errand {number}").as_str())
            .with("outcome.status", "success")
            .with("resources.duration_ms", 12);
        let draft = match who {
            "" => draft.with("actor.type", "agent").with("actor.id", "robot"),
            who => draft
                .with("actor.type", "user")
                .with("actor.id", format!("{who}@example.com").as_str()),
        };
        recorder.record(draft)?;
        self.pass(1_000);
        Ok(())
    }

    fn integrate(&self) -> Outcome {
        let integrator = Integrator::new(&self.store, self.world.clone());
        let mut integrator = match self.preset.terms().sealed {
            true => integrator.with_vault(self.ring()?),
            false => integrator,
        };
        let outcome = integrator.run(Budget::default())?;
        outcome.is_done.then_some(()).ok_or_else(|| "something is left to integrate".into())
    }

    fn sign(&self) -> Outcome {
        self.pass(2_000_000);
        let mut signer = Signer::new(&self.store, self.log_keys()?, Some(BASE));
        signer.sign(TENANT, Demand::Keep, self.world.now())?.ok_or("there is nothing to sign")?;
        Ok(())
    }
}

/// A clock that stands where it is put, and dice that fall alike in every run.
#[derive(Debug)]
struct Clockwork {
    micros: AtomicI64,
    dice: AtomicU64,
}

impl World for Clockwork {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_763_632_800_000_000 + self.micros.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            // SplitMix64, a step for each byte.
            let mut x = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            [*byte, ..] = x.to_be_bytes();
        }
    }
}

/// Removes folders that hold nothing: git would not keep them.
fn without_empty_folders(dir: &Path) -> Outcome {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            without_empty_folders(&path)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path)?;
            }
        }
    }
    Ok(())
}

/// The sums of all files below `dir`, with their paths from `top`.
fn sum(top: &Path, dir: &Path, sums: &mut Vec<(String, String)>) -> Outcome {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            sum(top, &path, sums)?;
            continue;
        }
        let name = path.strip_prefix(top)?.to_str().ok_or("a name is no text")?.to_owned();
        sums.push((tacho_testkit::sha256_hex(&fs::read(&path)?), name));
    }
    Ok(())
}
