//! Measures the vault: what sealing costs, how many sealed events a second, how long erasing takes.
//!
//! ```text
//! cargo bench -p tachograph --bench vault -- [--quick]      100,000 or 1 M events to erase from
//! ```
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench looks at the clock and prints"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tacho_event::privacy::{Policy, Preset, scan};
use tacho_event::{ActionType, Draft, TenantId};
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::Keys;
use tachograph::store::{Remote, Store};
use tachograph::vault::{KeyRing, SharedRing, Writer};
use tachograph::wal::{Options, Wal};
use tachograph::world::OsWorld;

const PEOPLE: u64 = 1_000;
const BATCH: u64 = 1_000;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let events = if quick { 100_000 } else { 1_000_000 };
    let own = std::env::current_exe().unwrap();
    let place = own.parent().unwrap();
    cost(place);
    durable(place);
    erase(place, events);
}

struct Yard {
    dir: tempfile::TempDir,
    store: Store,
    ring: SharedRing,
}

fn yard(place: &Path) -> Yard {
    let dir = tempfile::tempdir_in(place).unwrap();
    let path = dir.path().join("store");
    let store = Store::create(Arc::new(OsFiles), &OsWorld, &path, Remote::Refused).unwrap();
    let keys = Keys::create(&store, &OsWorld, &dir.path().join("keys")).unwrap();
    let ring = KeyRing::create(&store, Arc::new(OsWorld), keys, None).unwrap();
    Yard { dir, store, ring: Arc::new(Mutex::new(ring)) }
}

fn recorder(yard: &Yard, preset: Preset) -> Recorder {
    let settings = Settings {
        tenant: TenantId::new("acme").unwrap(),
        beat: false,
        ack: Ack::Os,
        ..Settings::default()
    };
    let policy = Policy::new(preset, scan::Scanner::builtin());
    let wal = Wal::new(&yard.store, Arc::new(OsWorld), Options::default());
    let writer = Writer::of(preset, yard.ring.clone(), "acme").unwrap();
    let world = Arc::new(OsWorld);
    Recorder::with_writer(yard.store.clone(), wal, world, policy, settings, writer).unwrap()
}

fn draft(number: u64) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("agent.id", "ops/release-manager")
        .with("agent.session_id", format!("s-{}", number / 200).as_str())
        .with("action.call_id", format!("c-{number}").as_str())
        .with("action.tool.parameters.command", "git log --oneline -10 ".repeat(8).as_str())
        .with("outcome.result.text", "0123456789abcdef ".repeat(16).as_str())
        .with("actor.type", "user")
        .with("actor.id", format!("user-{}@example.com", number % PEOPLE).as_str())
}

fn drafts(from: u64, count: u64) -> Vec<Draft> {
    (from..from + count).map(draft).collect()
}

/// Seconds for the appending of prepared batches; the people are known before.
fn fill(recorder: &Recorder, events: u64, ack: Ack) -> Duration {
    let mut spent = Duration::ZERO;
    for from in (0..events).step_by(usize::try_from(BATCH).unwrap()) {
        let batch = drafts(from, BATCH.min(events - from));
        let began = Instant::now();
        assert!(recorder.record_all(batch, ack).iter().all(Result::is_ok));
        spent += began.elapsed();
    }
    spent
}

fn cost(place: &Path) {
    let events = 50_000;
    let mut best = [Duration::MAX; 2];
    for _ in 0..3 {
        for (slot, preset) in best.iter_mut().zip([Preset::Development, Preset::Compliance]) {
            let yard = yard(place);
            let recorder = recorder(&yard, preset);
            // Grants for a thousand people are made once a day.
            fill(&recorder, PEOPLE, Ack::Os);
            *slot = (*slot).min(fill(&recorder, events, Ack::Os));
        }
    }
    let micros = best.map(|spent| spent.as_secs_f64() * 1e6 / events as f64);
    println!(
        "record plain {:.2} us, sealed {:.2} us an event: sealing costs {:.2} us",
        micros[0],
        micros[1],
        micros[1] - micros[0]
    );
}

fn durable(place: &Path) {
    let yard = yard(place);
    let recorder = recorder(&yard, Preset::Compliance);
    fill(&recorder, PEOPLE, Ack::Os);
    let events = 100_000;
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| fill(&recorder, events / 2, Ack::Disk));
        }
    });
    let rate = events as f64 / began.elapsed().as_secs_f64();
    println!("sealed, durable, two threads, batches of {BATCH}: {rate:.0} events/s");
}

fn erase(place: &Path, events: u64) {
    let yard = yard(place);
    let recorder = recorder(&yard, Preset::Compliance);
    let mut integrator =
        Integrator::new(&yard.store, Arc::new(OsWorld)).with_vault(yard.ring.clone());
    fill(&recorder, events, Ack::Os);
    let began = Instant::now();
    assert!(integrator.run(Budget::default()).unwrap().is_done);
    integrator.retire().unwrap();
    println!("integrated {events} sealed events in {:.1} s", began.elapsed().as_secs_f64());
    let bytes = |name: &str| du(&yard.dir.path().join("store/tenants/acme").join(name));
    for name in ["leaves", "parts", "tree", "index"] {
        println!("{name}: {:.1} bytes an event", bytes(name) as f64 / events as f64);
    }
    let mut eraser = Eraser::new(&yard.store, Arc::new(OsWorld), yard.ring.clone());
    let scope = Scope::Subject("user-7@example.com".to_owned());
    let target = Target { tenant: "acme".to_owned(), scope };
    let began = Instant::now();
    let erased = eraser.erase(&[target], "bench").unwrap();
    let count: u64 = erased.sums.values().flatten().map(|(_, sum)| sum.count).sum();
    let took = began.elapsed().as_secs_f64();
    println!("erased a person of {events} events ({count} digests) in {took:.2} s");
}

fn du(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap();
    let sizes = entries.map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { du(&path) } else { path.metadata().unwrap().len() }
    });
    sizes.sum()
}
