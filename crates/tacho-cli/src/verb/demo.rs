//! `tacho demo`: a log full of stories in a directory of its own, for who has no agent at hand.
//!
//! The same number of events gives the same log, byte for byte, keys and all: what is signed here
//! shows how signing looks and proves nothing to anybody.

mod cast;
mod stories;

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::screen::{Screen, Waiting};
use cast::Script;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tacho_event::TenantId;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::{Policy, Preset};
use tachograph::Ack;
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Recorder, Settings};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::{Remote, Store};
use tachograph::tenant::TenantPlaces;
use tachograph::wal::{Options, Wal};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It never touches your own store. The key of the demo is known to everybody."
)]
pub(crate) struct Ask {
    /// The new directory
    #[arg(long, value_name = "DIR", default_value = "tacho-demo")]
    dir: PathBuf,
    /// About so many events; no story breaks off
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    events: u64,
    /// Change one bit of the log afterwards, so that `tacho verify` has something to find
    #[arg(long)]
    tamper: bool,
}

/// Events that are recorded with one write.
const BATCH: usize = 256;

pub(crate) fn run(screen: &mut Screen, ask: Ask) -> Outcome {
    if ask.dir.exists() {
        return Err(Failure::usage(format!("{} is there already", ask.dir.display()))
            .next("another name with --dir DIR, or remove it"));
    }
    let script = Arc::new(Script::default());
    let (store_dir, keys_dir) = (ask.dir.join("store"), ask.dir.join("keys"));
    let files = Arc::new(OsFiles);
    let store = Store::create(files, script.as_ref(), &store_dir, Remote::Refused)?;
    let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::CannotTell, error.to_string());
    let keys = Keys::create(&store, script.as_ref(), &keys_dir).map_err(|error| failed(&error))?;
    let waiting = Waiting::new(screen);
    let count = tell(&store, &script, ask.events, &waiting)?;
    let mut integrator = Integrator::new(&store, script.clone());
    let outcome = integrator.run(Budget::default()).map_err(|error| failed(&error))?;
    let mut signer = Signer::new(&store, keys, None);
    for tenant in &outcome.tenants {
        let signed = signer.sign(tenant, Demand::Keep, script.when());
        signed.map_err(|error| failed(&error))?;
    }
    integrator.retire().map_err(|error| failed(&error))?;
    waiting.end();
    let place = if ask.tamper { Some(tamper(&store)?) } else { None };
    show(screen, (&store_dir, &keys_dir), count, place)
}

/// Tells stories until there are enough events; gives how many there are.
fn tell(
    store: &Store,
    script: &Arc<Script>,
    enough: u64,
    waiting: &Waiting,
) -> Result<u64, Failure> {
    let recorders: Vec<Recorder> = cast::TENANTS
        .iter()
        .map(|tenant| recorder(store, script, tenant))
        .collect::<Result<_, _>>()?;
    let mut count = 0;
    for round in 0.. {
        let (tenant, drafts) = stories::story(script, round);
        for batch in drafts.chunks(BATCH) {
            let Some(recorder) = recorders.get(tenant) else {
                return Err(Failure::new(Exit::Bug, "a story of nobody was told"));
            };
            for receipt in recorder.record_all(batch.to_vec(), Ack::Os) {
                receipt?;
                count += 1;
            }
        }
        waiting.tell("telling stories", count.min(enough), enough);
        if count >= enough {
            return Ok(count);
        }
    }
    Ok(count)
}

fn recorder(store: &Store, script: &Arc<Script>, tenant: &str) -> Result<Recorder, Failure> {
    let wal = Wal::new(store, script.clone(), Options::default());
    let settings = Settings {
        tenant: TenantId::new(tenant).unwrap_or_else(TenantId::default_tenant),
        source: "demo".to_owned(),
        beat: false,
        ..Settings::default()
    };
    let policy = Policy::preset(Preset::Development);
    Ok(Recorder::new(store.clone(), wal, script.clone(), policy, settings)?)
}

/// What the demo changes: the name of a decision, `rollback` to `rollbacj`.
const BEFORE: &[u8] = b"\"name\":\"rollback\"";
const FLIPPED: usize = BEFORE.len() - 2;

/// Flips the lowest bit of one letter of a leaf; gives where.
#[expect(clippy::disallowed_methods, reason = "it does what a tamperer does, past every door")]
fn tamper(store: &Store) -> Result<(PathBuf, u64), Failure> {
    let path = TenantPlaces::new(store.places(), "default").leaf_file(0);
    let mut bytes = given::read(&path, u64::MAX - 1)?;
    let found = bytes.windows(BEFORE.len()).position(|window| window == BEFORE);
    let at = found.map(|at| at + FLIPPED);
    let Some(letter) = at.and_then(|at| bytes.get_mut(at)) else {
        return Err(Failure::new(Exit::Bug, "the story of the rollback was not told"));
    };
    *letter ^= 1;
    std::fs::write(&path, bytes).map_err(|error| given::unwritten(&path, &error))?;
    Ok((path, at.unwrap_or(0) as u64))
}

fn show(
    screen: &mut Screen,
    (store, keys): (&Path, &Path),
    count: u64,
    place: Option<(PathBuf, u64)>,
) -> Outcome {
    let (store, keys) = (store.display().to_string(), keys.display().to_string());
    if screen.is_json() {
        let mut object = Object::from([
            ("v", Value::from(1)),
            ("store", Value::from(store)),
            ("keys", Value::from(keys)),
            ("events", Value::from(count)),
        ]);
        if let Some((path, byte)) = place {
            object.insert("changed_file", path.display().to_string());
            object.insert("changed_byte", byte);
        }
        screen.json(object)?;
        return Ok(Exit::Yes);
    }
    screen.line(&format!("{count} events of {} agents in {store}", cast::AGENTS.len()))?;
    if let Some((path, byte)) = place {
        let text = format!("one bit was changed: byte {byte} of {}", path.display());
        let text = screen.paint.odd(&text);
        screen.line(&text)?;
    }
    screen.line(&format!("\n  export TACHO_STORE={store} TACHO_KEYS={keys}"))?;
    screen.line("  tacho verify\n  tacho events status:failure\n  tacho session ls")?;
    screen.line("  tacho stats\n  tacho events --tenant acme type:change")?;
    Ok(Exit::Yes)
}
