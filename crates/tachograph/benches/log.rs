//! Measures the log: sustained ingest with integration, opening, finding, memory.
//!
//! ```text
//! cargo bench -p tachograph --bench log -- [--quick | --large]     100,000, 1 M or 10 M events
//! ```
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench looks at the clock and prints"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tacho_event::Timestamp;
use tacho_event::privacy::{Class, Policy, Salter, base64url, digest};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::log::{Order, Query};
use tachograph::record::Settings;
use tachograph::stop::{Asker, NewStop, Scope, Standing, Stops};
use tachograph::store::{Remote, Store};
use tachograph::vault::{FLAG_PLAIN, Grant, GrantKind, Part};
use tachograph::wal::{Batch, Options, Patience, Record, Wal};
use tachograph::world::OsWorld;
use tachograph::{Log, Recorder};

const SESSION_EVENTS: u64 = 200;
const BATCH: u64 = 1000;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let Some(at) = words.iter().position(|word| word == "--child") {
        return child(Path::new(&words[at + 1]), words[at + 2].parse().unwrap());
    }
    let is = |word: &str| words.iter().any(|given| given == word);
    let events = if is("--quick") {
        100_000
    } else if is("--large") {
        10_000_000
    } else {
        1_000_000
    };
    let dir = tempfile::tempdir_in(place()).unwrap();
    let path = dir.path().join("store");
    ingest(&path, events);
    reopen(&path, events);
    stop_checks(&dir.path().join("stopped"));
}

/// What asking the stops costs an intent: without any lease, and with ten for others.
fn stop_checks(path: &Path) {
    let settings = Settings { beat: false, ..Settings::default() };
    let recorder = Recorder::open_with(path, Policy::default(), settings).unwrap();
    let stops = Stops::new(recorder.store(), Arc::new(OsWorld));
    let (agent, session) = (Some("ops/release-manager"), Some("s-1"));
    let asker = Asker { tenant: "default", agent, parent: None, session };
    let ask = || {
        let asked = times(10_000, || assert!(matches!(stops.check(&asker), Standing::Free)));
        [asked[5_000], asked[9_900]].map(|time| time.as_secs_f64() * 1e6)
    };
    let [median, high] = ask();
    row("stop check without leases, median", median, "us", "<= 20");
    row("stop check without leases, 99th of 100", high, "us", "<= 50");
    for number in 0..10 {
        let session = format!("t-{number}");
        let scope = Scope::Session { tenant: "default".to_owned(), session };
        let (who, reason) = ("alice@example.com".to_owned(), "it runs away".to_owned());
        stops.engage(&recorder, NewStop { scope, who, reason, expires: None }).unwrap();
    }
    let [median, high] = ask();
    row("stop check beside ten leases, median", median, "us", "<= 20");
    row("stop check beside ten leases, 99th of 100", high, "us", "<= 50");
}

/// Where the build lies there is a disk, and not only memory.
fn place() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().to_owned()
}

/// An event that a gate lets through, whose id, session, time and record id can be put in.
struct Template {
    leaf: Vec<u8>,
    parts: Vec<u8>,
    holes: [usize; 3],
    records: Vec<usize>,
}

impl Template {
    fn new() -> Self {
        let (mut parts, mut leaf_classes) = (Vec::new(), Vec::new());
        let mut records = Vec::new();
        for (class, names) in
            [(Class::Content, &["input", "output"][..]), (Class::Identity, &["who"][..])]
        {
            let seed = [class.byte(); 16];
            let mut salter = Salter::new(&seed, class);
            let (mut pairs, mut digests) = (Vec::new(), Vec::new());
            for name in names {
                let value = format!(
                    r#"{{"action":{{"tool":{{"parameters":{{"command":"{}"}}}}}}}}"#,
                    "git log --oneline ".repeat(6)
                );
                let text = salter.disclosure(name, value.as_bytes());
                digests.push(format!("\"{}\"", base64url(&digest(text))));
                pairs.push(format!(r#"["{name}",{value}]"#));
            }
            digests.sort();
            let class_text = format!(r#""{class}":{{"_sd":[{}],"day":20777}}"#, digests.join(","));
            leaf_classes.push(class_text);
            let id = [class.byte(); 16];
            let kind = GrantKind::Open;
            Grant { id, class, day: 20_777, kind, wrap: b"" }.encode(&mut parts);
            let mut body = seed.to_vec();
            body.extend_from_slice(format!("[{}]", pairs.join(",")).as_bytes());
            records.push(parts.len() + 8);
            let pairs = names.len() as u16;
            let (record_id, nonce) = ([0; 16], [0; 12]);
            let flags = FLAG_PLAIN;
            Part { record_id, grant_id: id, class, flags, pairs, nonce, body: &body }
                .encode(&mut parts);
        }
        let leaf = format!(
            r#"{{"action":{{"call_id":"toolu_01","name":"Bash","phase":"whole","type":"tool"}},"actor":{{"type":"user"}},"agent":{{"id":"ops/release-manager","session_id":"s-0000000000"}},{},"id":"0199a000-0000-70ed-804b-0000000000","{}","origin":{{"emitter":"e1","seq":7,"source":"hook:claude_code"}},"outcome":{{"status":"success"}},"resources":{{"duration_ms":12.5}},"timestamp":"2026-11-20T10:00:00.000000Z","v":1}}"#,
            leaf_classes[0], "@"
        )
        .replace(r#","@","#, &format!(",{},", leaf_classes[1]))
        .into_bytes();
        let hole = |needle: &str| {
            let found = leaf.windows(needle.len()).position(|window| window == needle.as_bytes());
            found.unwrap() + needle.len()
        };
        let holes = [hole("s-"), hole("70ed-804b-"), hole("\"timestamp\":\"")];
        Self { leaf, parts, holes, records }
    }

    /// The event `number`, 10 ms after the one before.
    fn fill(&mut self, number: u64) -> [u8; 16] {
        let [session, id, time] = self.holes;
        self.leaf[session..session + 10]
            .copy_from_slice(format!("{:010}", number / SESSION_EVENTS).as_bytes());
        self.leaf[id..id + 10].copy_from_slice(format!("{number:010}").as_bytes());
        self.leaf[time..time + 27].copy_from_slice(&at(number).to_text());
        let millis = 1_800_000_000_000u64 + number;
        let record = (u128::from(millis) << 80) | (7 << 76) | (2 << 62) | u128::from(number);
        let record = record.to_be_bytes();
        for place in &self.records {
            self.parts[*place..*place + 16].copy_from_slice(&record);
        }
        record
    }
}

fn at(number: u64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + number as i64 * 10_000)
}

fn id(number: u64) -> String {
    format!("0199a000-0000-70ed-804b-{number:010}")
}

/// One thread appends durable batches, another integrates behind it.
fn ingest(path: &Path, events: u64) {
    let world = Arc::new(OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), path, Remote::Forced).unwrap();
    let appended = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let (start, before) = (Instant::now(), processor_seconds());
    let mut appending = Duration::ZERO;
    std::thread::scope(|scope| {
        let integrating = scope.spawn(|| {
            let mut integrator = Integrator::new(&store, Arc::new(OsWorld));
            let mut leaves = 0;
            loop {
                let is_last = done.load(Ordering::Acquire);
                let outcome = integrator.run(Budget::default()).unwrap();
                assert_eq!((outcome.refused, outcome.duplicates), (0, 0));
                leaves += outcome.leaves;
                integrator.retire().unwrap();
                if is_last && outcome.is_done {
                    return leaves;
                }
            }
        });
        let wal = Wal::new(&store, world.clone(), Options::default());
        let mut template = Template::new();
        let mut batch = Batch::new();
        for first in (0..events).step_by(BATCH as usize) {
            for number in first..first + BATCH {
                let record_id = template.fill(number);
                let record = Record {
                    tenant: "default",
                    record_id,
                    idem: [0; 16],
                    leaf: &template.leaf,
                    parts: &template.parts,
                    parts_count: 4,
                    system: false,
                    generation: 0,
                };
                batch.push(&record).unwrap();
            }
            let end = wal.append(&mut batch, Patience::Server).unwrap().end;
            wal.commit(end).unwrap();
            batch.clear();
            appended.fetch_add(BATCH, Ordering::Relaxed);
        }
        appending = start.elapsed();
        done.store(true, Ordering::Release);
        assert_eq!(integrating.join().unwrap(), events);
    });
    let rate = events as f64 / start.elapsed().as_secs_f64();
    row("sustained ingest with integration", rate, "1/s", ">= 100000");
    let micros = (processor_seconds() - before) * 1e6 / events as f64;
    // What else runs on the machine changes the rate, and this hardly.
    row("processor time of an event, appended and integrated", micros, "us", "<= 20");
    let rate = events as f64 / appending.as_secs_f64();
    println!("appended and committed alone beside it: {rate:.0} 1/s");
    let own = Template::new();
    println!("a leaf has {} bytes, its grants and parts {}", own.leaf.len(), own.parts.len());
    println!("peak memory of this process {} MiB", peak_kib() / 1024);
}

/// Another process opens the store and looks around.
fn reopen(path: &Path, events: u64) {
    let own = std::env::current_exe().unwrap();
    let status =
        std::process::Command::new(own).arg("--child").arg(path).arg(events.to_string()).status();
    assert!(status.unwrap().success());
}

fn child(path: &Path, events: u64) {
    let start = Instant::now();
    let log = Log::open(path).unwrap();
    assert_eq!(log.size(), events);
    row("open", millis(start.elapsed()), "ms", "<= 50 at 10 M");
    let mut seed = 7u64;
    let mut any = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let start = Instant::now();
    assert_eq!(log.find(&id(any(events))).unwrap().len(), 1);
    row("first get by id", millis(start.elapsed()), "ms", "<= 50 at 10 M");
    let gets = times(1000, || {
        assert_eq!(log.find(&id(any(events))).unwrap().len(), 1);
    });
    row("get by id, median", millis(gets[500]), "ms", "<= 1 at 10 M");
    row("get by id, 99th of 100", millis(gets[990]), "ms", "<= 1 at 10 M");
    let sessions = times(200, || {
        let session = format!("s-{:010}", any(events / SESSION_EVENTS));
        assert_eq!(log.session_entries(&session).unwrap().len() as u64, SESSION_EVENTS);
    });
    row("session of 200 events, median", millis(sessions[100]), "ms", "<= 5 at 10 M");
    row("session of 200 events, 99th of 100", millis(sessions[198]), "ms", "<= 5 at 10 M");
    let spans = times(50, || {
        let from = any(events - 1000);
        let query = Query {
            from: Some(at(from)),
            until: Some(at(from + 100)),
            order: Order::Oldest,
            ..Query::default()
        };
        assert_eq!(log.query(query).unwrap().count(), 100);
    });
    row("100 events by time, median", millis(spans[25]), "ms", "<= 5 at 10 M");
    let reveals = times(200, || {
        let entry = log.get(any(events)).unwrap().unwrap();
        assert_eq!(log.reveal(&entry).unwrap().opened.disclosures.len(), 3);
    });
    row("reveal by index, median", millis(reveals[100]), "ms", "<= 1 at 10 M");
    row("peak memory of a reader", peak_kib() as f64 / 1024.0, "MiB", "<= 64");
}

fn times(rounds: usize, mut call: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort();
    times
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Processor time of this process, in seconds; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace();
    // User and system time stand at 14 and 15, in hundredths; the name ended the second field.
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The most memory this process ever held; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let digits: String = line.unwrap_or("").chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

fn row(metric: &str, value: f64, unit: &str, aim: &str) {
    println!(
        r#"{{"bench":"log","metric":"{metric}","value":{value:.3},"unit":"{unit}","aim":"{aim}"}}"#
    );
}
