//! Measures the vault: what sealing costs in time and room, how fast sealed events become durable,
//! and how long erasing a person and expiring a day take.
//!
//! ```text
//! cargo bench -p tacho-rivals --bench vault -- [--quick] [cost durable room expire erase]
//! ```
//!
//! Without names all of it is measured; `--quick` erases from 100,000 events in place of 1 M. Every
//! result is a line of JSON, as `cargo x bench` reads them.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench looks at the clock and prints"
)]

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use tacho_event::json::Value;
use tacho_event::privacy::{Class, Policy, Preset, scan};
use tacho_event::{ActionType, Draft, TenantId, Timestamp, World as _};
use tachograph::erase::{Due, Eraser, Scope, Target};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::pack;
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::sign::Keys;
use tachograph::store::{Remote, Store};
use tachograph::vault::{KeyRing, SharedRing, Writer};
use tachograph::wal::{Options, Wal};
use tachograph::world::{OsWorld, World};

/// As the program `tacho` has it.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PEOPLE: u64 = 1_000;
const BATCH: u64 = 1_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// Measures at this place, with so many events.
type Measure = fn(&Path, u64);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let quick = words.iter().any(|word| word == "--quick");
    let own = std::env::current_exe().unwrap();
    let place = own.parent().unwrap();
    let all: [(&str, Measure, u64, u64); 5] = [
        ("cost", cost, 20_000, 50_000),
        ("durable", durable, 50_000, 200_000),
        ("room", room, 20_000, 100_000),
        ("expire", expire, 200, 1_000),
        ("erase", erase, 100_000, 1_000_000),
    ];
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let any_named = all.iter().any(|(name, ..)| is_named(name));
    for (name, measure, few, many) in all {
        if is_named(name) || !any_named {
            measure(place, if quick { few } else { many });
        }
    }
}

/// A result that is held against an aim.
fn aimed(metric: &str, value: f64, unit: &str, aim: &str) {
    println!(
        r#"{{"bench":"vault","metric":"{metric}","value":{value:.3},"unit":"{unit}","aim":"{aim}"}}"#
    );
}

/// A result beside another of the same run.
fn beside(metric: &str, value: f64, unit: &str, (rival, theirs): (&str, f64), aim: Option<&str>) {
    let aim = aim.map_or_else(String::new, |aim| format!(r#","aim":"{aim}""#));
    println!(
        r#"{{"bench":"vault","metric":"{metric}","value":{value:.3},"unit":"{unit}","rival":"{rival}","rival_value":{theirs:.3},"ratio":{:.3}{aim}}}"#,
        value / theirs
    );
}

/// The system's clock, moved on.
#[derive(Debug, Default)]
struct Moved(AtomicI64);

impl tacho_event::World for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(OsWorld.now().micros() + self.0.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        OsWorld.fill(bytes);
    }
}

struct Yard {
    dir: tempfile::TempDir,
    world: Arc<Moved>,
    store: Store,
    ring: SharedRing,
}

impl Yard {
    fn new(place: &Path) -> Self {
        let dir = tempfile::tempdir_in(place).unwrap();
        let world = Arc::new(Moved::default());
        let path = dir.path().join("store");
        let store =
            Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Refused).unwrap();
        let keys = Keys::create(&store, world.as_ref(), &dir.path().join("keys")).unwrap();
        let ring = KeyRing::create(&store, world.clone(), keys, None).unwrap();
        Self { dir, world, store, ring: Arc::new(Mutex::new(ring)) }
    }

    fn recorder(&self, preset: Preset) -> Recorder {
        let settings = Settings {
            tenant: TenantId::new("acme").unwrap(),
            beat: false,
            ack: Ack::Os,
            ..Settings::default()
        };
        let policy = Policy::new(preset, scan::Scanner::builtin());
        let wal = Wal::new(&self.store, self.world.clone(), Options::default());
        let writer = Writer::of(preset, self.ring.clone(), "acme").unwrap();
        let (store, world) = (self.store.clone(), self.world.clone());
        Recorder::with_writer(store, wal, world, policy, settings, writer).unwrap()
    }

    /// Events become leaves and parts; gives how long that took.
    fn integrate(&self) -> Duration {
        let integrator = Integrator::new(&self.store, self.world.clone());
        let mut integrator = integrator.with_vault(self.ring.clone());
        let began = Instant::now();
        assert!(integrator.run(Budget::default()).unwrap().is_done);
        integrator.retire().unwrap();
        began.elapsed()
    }

    fn eraser(&self) -> Eraser {
        Eraser::new(&self.store, self.world.clone(), self.ring.clone())
    }

    fn pass_a_day(&self) {
        self.world.0.fetch_add(DAY_MICROS, Ordering::Relaxed);
    }

    /// Bytes of a room of the tenant.
    fn bytes(&self, name: &str) -> f64 {
        du(&self.dir.path().join("store/tenants/acme").join(name)) as f64
    }
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

/// The time that appending prepared batches takes.
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

/// What sealing costs a process that lives long. Rounds alternate: other work disturbs both alike.
fn cost(place: &Path, events: u64) {
    let mut best = [Duration::MAX; 2];
    for _ in 0..3 {
        for (slot, preset) in best.iter_mut().zip([Preset::Development, Preset::Compliance]) {
            let yard = Yard::new(place);
            let recorder = yard.recorder(preset);
            // Grants for a thousand people are made once a day.
            fill(&recorder, PEOPLE, Ack::Os);
            *slot = (*slot).min(fill(&recorder, events, Ack::Os));
        }
    }
    let [plain, sealed] = best.map(|spent| spent.as_secs_f64() * 1e6 / events as f64);
    beside("an event recorded, sealed", sealed, "us", ("not sealed", plain), None);
    aimed("sealing an event, beyond the plain path", sealed - plain, "us", "<= 4");
}

/// Sealed events of two threads, made before the watch starts; the median of some runs.
fn durable(place: &Path, events: u64) {
    let mut rates: Vec<f64> = (0..5).map(|_| sealed_burst(place, events)).collect();
    rates.sort_by(f64::total_cmp);
    let metric = "sealed durable events, two threads, batches of 1000";
    aimed(metric, rates.get(2).copied().unwrap_or_default(), "1/s", ">= 150000");
}

fn sealed_burst(place: &Path, events: u64) -> f64 {
    let yard = Yard::new(place);
    let recorder = yard.recorder(Preset::Compliance);
    fill(&recorder, PEOPLE, Ack::Os);
    let ready = Barrier::new(3);
    let began = std::thread::scope(|scope| {
        for half in 0..2 {
            let (recorder, ready) = (&recorder, &ready);
            scope.spawn(move || {
                let firsts = (0..events / 2).step_by(usize::try_from(BATCH).unwrap());
                let batches: Vec<_> =
                    firsts.map(|first| drafts(half * events / 2 + first, BATCH)).collect();
                ready.wait();
                for batch in batches {
                    assert!(recorder.record_all(batch, Ack::Disk).iter().all(Result::is_ok));
                }
            });
        }
        ready.wait();
        Instant::now()
    });
    events as f64 / began.elapsed().as_secs_f64()
}

/// Bytes of an event by room: plain and sealed, hot and packed.
fn room(place: &Path, events: u64) {
    const ROOMS: [&str; 4] = ["leaves", "parts", "tree", "index"];
    let each = |yard: &Yard| ROOMS.map(|name| yard.bytes(name) / events as f64);
    let event = draft(7).check(&OsWorld).unwrap();
    let text = Value::Object(event.object().clone()).to_json().len() as f64;
    let mut hot_before = None;
    for (preset, kind) in [(Preset::Development, "plain"), (Preset::Compliance, "sealed")] {
        let yard = Yard::new(place);
        fill(&yard.recorder(preset), events, Ack::Os);
        yard.integrate();
        let hot = each(&yard);
        yard.pass_a_day();
        let world: Arc<dyn World> = yard.world.clone();
        let due = pack::plan(&yard.store, world.as_ref(), "acme").unwrap();
        pack::apply(&yard.store, &world, Some(&yard.ring), &due).unwrap();
        let packed = each(&yard);
        for (at, name) in ROOMS.iter().enumerate() {
            let (of_hot, of_packed) = (pick(&hot, at), pick(&packed, at));
            let metric = format!("{name} of an event, {kind}, hot");
            match &hot_before {
                None => beside(&metric, of_hot, "B", ("its native JSON", text), None),
                Some(plain) => beside(&metric, of_hot, "B", ("plain", pick(plain, at)), None),
            }
            let metric = format!("{name} of an event, {kind}, packed");
            beside(&metric, of_packed, "B", ("hot", of_hot), None);
        }
        hot_before = Some(hot);
    }
}

fn pick(figures: &[f64; 4], at: usize) -> f64 {
    figures.get(at).copied().unwrap_or_default()
}

/// How long the oldest of some days takes to go; the best of three.
fn expire(place: &Path, events_a_day: u64) {
    let alone = (0..3).map(|_| oldest(place, events_a_day, 1, 1)).fold(f64::MAX, f64::min);
    let among = oldest(place, events_a_day, 102, 3);
    let aim = Some("ratio <= 1.5");
    beside("expiring a day beside 99 others", among, "s", ("a day alone", alone), aim);
}

/// Lets the oldest of so many days go, one after the other; gives the least time that took.
fn oldest(place: &Path, events_a_day: u64, days: u32, times: u32) -> f64 {
    let yard = Yard::new(place);
    let first = u32::try_from(yard.world.now().day()).unwrap();
    let recorder = yard.recorder(Preset::Production);
    for _ in 0..days {
        fill(&recorder, events_a_day, Ack::Os);
        yard.integrate();
        yard.pass_a_day();
    }
    let mut best = f64::MAX;
    for day in first..first + times {
        let due = |class| Due { tenant: "acme".to_owned(), class, day };
        let due = [Class::Content, Class::Identity].map(due);
        let began = Instant::now();
        yard.eraser().expire(&due).unwrap().unwrap();
        best = best.min(began.elapsed().as_secs_f64());
    }
    best
}

fn erase(place: &Path, events: u64) {
    let [few, many] = [events / 10, events].map(|events| {
        let yard = Yard::new(place);
        fill(&yard.recorder(Preset::Compliance), events, Ack::Os);
        let micros = yard.integrate().as_secs_f64() * 1e6 / events as f64;
        aimed(&format!("a sealed event of {events} integrated"), micros, "us", "<= 20");
        let scope = Scope::Subject("user-7@example.com".to_owned());
        let target = Target { tenant: "acme".to_owned(), scope };
        let began = Instant::now();
        let erased = yard.eraser().erase(&[target], "bench").unwrap();
        let took = began.elapsed().as_secs_f64();
        let count: u64 = erased.sums.values().flatten().map(|(_, sum)| sum.count).sum();
        assert!(count >= events / PEOPLE, "{count} digests went");
        took
    });
    let metric = format!("erasing one of {PEOPLE} people from {events} events");
    beside(&metric, many, "s", ("a tenth of the events", few), Some("<= 5 s"));
}

fn du(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap();
    let sizes = entries.map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { du(&path) } else { path.metadata().unwrap().len() }
    });
    sizes.sum()
}
