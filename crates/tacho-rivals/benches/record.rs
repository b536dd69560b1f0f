//! How fast events become safe: checked, redacted, made an entry, appended, synced.
//!
//! ```text
//! cargo bench -p tacho-rivals --bench record -- [--quick] [bytes bursts one few writers queue memory]
//! ```
//!
//! Without names all of it is measured; `--quick` records fewer events.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, touches the disk and prints"
)]

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use tacho_event::Draft;
use tacho_event::dialect::read_native;
use tacho_event::json::{Value, read};
use tacho_event::privacy::Policy;
use tacho_testkit::{Options, generate, scratch};
use tachograph::files::OsFiles;
use tachograph::integrate::Integrator;
use tachograph::limits::SEGMENT_BYTES;
use tachograph::record::{Ack, OnFull, Queue, QueueSettings, Recorder, Settings};
use tachograph::store::Remote;
use tachograph::wal::{self, Position, Wal};
use tachograph::world::OsWorld;
use tachograph::{Store, integrated};

/// As the program `tacho` has it.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs of each measurement of a rate; the median counts.
const RUNS: usize = 5;
/// Events that are recorded again and again.
const POOL: usize = 10_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_named = |name: &str| words.iter().any(|word| word == name);
    type Measure = fn(&[Draft], usize);
    // Which, how, with how many events or rounds when quick, and else.
    let all: [(&str, Measure, usize, usize); 7] = [
        ("bytes", bytes_of_events, POOL, POOL),
        ("bursts", bursts, 40_000, 200_000),
        ("one", one_event, 1_000, 10_000),
        ("few", few_writers, 3_200, 32_000),
        ("writers", many_writers, 6_400, 64_000),
        ("queue", handing_over, POOL, POOL),
        ("memory", memory, 50_000, 1_000_000),
    ];
    let any_named = all.iter().any(|(name, ..)| is_named(name));
    let pool = pool();
    for (name, measure, few, many) in all {
        if is_named(name) || !any_named {
            measure(&pool, if is_named("--quick") { few } else { many });
        }
    }
}

/// What agents did, as drafts without ids: each is another event when it is recorded.
fn pool() -> Vec<Draft> {
    let lines = generate(POOL, Options::default());
    let draft = |line: String| {
        let Value::Object(mut record) = read(line.as_bytes()).unwrap() else { unreachable!() };
        record.remove("id");
        read_native(record).unwrap()
    };
    lines.map(draft).collect()
}

struct Site {
    _scratch: tacho_testkit::Scratch,
    store: Store,
    world: Arc<OsWorld>,
}

impl Site {
    fn new() -> Self {
        let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
        let world = Arc::new(OsWorld);
        let path = scratch.join("store");
        let store =
            Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Forced).unwrap();
        Self { _scratch: scratch, store, world }
    }

    fn wal(&self) -> Wal {
        Wal::new(&self.store, self.world.clone(), wal::Options::default())
    }

    fn recorder(&self) -> Recorder {
        let wal = self.wal();
        let settings = Settings { beat: false, ..Settings::default() };
        let (store, world) = (self.store.clone(), self.world.clone());
        Recorder::new(store, wal, world, Policy::default(), settings).unwrap()
    }

    /// A site that is in use, after a moment of rest: what was recorded is integrated, and zeros
    /// stand ahead of what comes.
    fn rested(pool: &[Draft]) -> Self {
        let site = Self::new();
        let integrator = Integrator::new(&site.store, site.world.clone());
        let recorder = site.recorder().write_behind(integrator, None).unwrap();
        let next = || std::fs::metadata(site.store.places().next_segment());
        let reached = || integrated::read(&OsFiles, site.store.places()).unwrap();
        while reached().offset <= SEGMENT_BYTES / 2 {
            assert!(recorder.record_all(some(pool, 0, 4000), Ack::Os).iter().all(Result::is_ok));
            assert!(recorder.behind().unwrap().catch_up().is_none());
        }
        while next().map_or(0, |file| file.len()) < SEGMENT_BYTES {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(recorder);
        site
    }

    /// What whoever integrates does: segments that were read are deleted.
    fn clear(&self) {
        let wal = self.wal();
        let end = wal.rotate(wal::Patience::Server).unwrap();
        wal.commit(end).unwrap();
        integrated::write(&OsFiles, self.store.places(), end).unwrap();
        wal.retire().unwrap();
    }
}

fn some(pool: &[Draft], first: usize, count: usize) -> Vec<Draft> {
    (first..first + count).map(|at| pool[at % pool.len()].clone()).collect()
}

fn bytes_of_events(pool: &[Draft], events: usize) {
    let site = Site::new();
    let recorder = site.recorder();
    for at in (0..events).step_by(1000) {
        recorder
            .record_all(some(pool, at, 1000), Ack::Os)
            .into_iter()
            .for_each(|one| drop(one.unwrap()));
    }
    let mut walk = site.wal().follow(Position::START);
    let (mut leaves, mut events) = (0, 0_u64);
    let tail = loop {
        match walk.next_item().unwrap() {
            wal::Item::Frame { record, .. } => {
                leaves += record.leaf.len() as u64;
                events += 1;
            }
            wal::Item::End(tail) => break tail,
            other => unreachable!("{other:?}"),
        }
    };
    let (bytes, leaf) = (tail.offset / events, leaves / events);
    println!(
        r#"{{"bench":"record","metric":"bytes written for an event, in batches of 1000","value":{bytes},"unit":"B","rival":"bytes of its leaf alone","rival_value":{leaf},"ratio":{:.2}}}"#,
        bytes as f64 / leaf as f64
    );
}

/// Bursts of batches from two threads, acknowledged when they are durable.
fn bursts(pool: &[Draft], events: usize) {
    for (threads, batch) in [(1, 1000), (2, 100), (2, 1000)] {
        let rates = (0..RUNS).map(|_| {
            let site = Site::rested(pool);
            let recorder = site.recorder();
            // Each thread makes its own events, as an agent's does, before the watch starts.
            let ready = Barrier::new(threads + 1);
            let watch = std::thread::scope(|scope| {
                for thread in 0..threads {
                    let (ready, recorder) = (&ready, &recorder);
                    scope.spawn(move || {
                        let at = |nth| thread * 1_000_000 + nth * batch;
                        let batches: Vec<Vec<Draft>> = (0..events / threads / batch)
                            .map(|nth| some(pool, at(nth), batch))
                            .collect();
                        ready.wait();
                        for drafts in batches {
                            let outcomes = recorder.record_all(drafts, Ack::Disk);
                            assert!(outcomes.iter().all(Result::is_ok));
                        }
                    });
                }
                ready.wait();
                Watch::start()
            });
            watch.stop(events)
        });
        let what = format!("redacted events, ack disk, batches of {batch}, threads {threads}");
        tell_rate(&what, rates.collect(), Some(250_000));
    }
}

/// One event at a time, from draft to receipt.
fn one_event(pool: &[Draft], rounds: usize) {
    for (ack, p50, p99) in [(Ack::Disk, 250, 1_000), (Ack::Os, 60, 200)] {
        let site = Site::rested(pool);
        let recorder = site.recorder();
        let mut took: Vec<Duration> = some(pool, 0, rounds)
            .into_iter()
            .map(|draft| {
                let start = Instant::now();
                recorder.record_as(draft, ack).unwrap();
                start.elapsed()
            })
            .collect();
        percentile(&format!("one event, ack {ack}, p50"), &mut took, 50, p50);
        percentile(&format!("one event, ack {ack}, p99"), &mut took, 99, p99);
    }
}

/// More threads than processors, each with one event at a time.
fn few_writers(pool: &[Draft], events: usize) {
    writers(pool, 4, events);
}

/// Many threads, each with one event at a time, share the work and the commits.
fn many_writers(pool: &[Draft], events: usize) {
    writers(pool, 64, events);
}

fn writers(pool: &[Draft], writers: usize, events: usize) {
    let rounds = events / writers;
    let rates = (0..RUNS).map(|_| {
        let site = Site::rested(pool);
        let recorder = site.recorder();
        let ready = Barrier::new(writers + 1);
        let watch = std::thread::scope(|scope| {
            for writer in 0..writers {
                let (ready, recorder) = (&ready, &recorder);
                scope.spawn(move || {
                    let drafts = some(pool, writer * rounds, rounds);
                    ready.wait();
                    drafts.into_iter().for_each(|one| drop(recorder.record(one).unwrap()));
                });
            }
            ready.wait();
            Watch::start()
        });
        watch.stop(writers * rounds)
    });
    let what = format!("redacted events of {writers} threads, ack disk, one at a time");
    tell_rate(&what, rates.collect(), (writers == 64).then_some(60_000));
}

/// Measures a rate, and beside it the processor time, which other programs hardly change.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), processor_seconds())
    }

    /// Events a second, and microseconds of processor time for each.
    fn stop(self, events: usize) -> (f64, f64) {
        let seconds = self.0.elapsed().as_secs_f64();
        (events as f64 / seconds, (processor_seconds() - self.1) * 1e6 / events as f64)
    }
}

fn tell_rate(what: &str, runs: Vec<(f64, f64)>, aim: Option<u32>) {
    let (rates, micros) = runs.into_iter().unzip();
    let (rate, micros): (f64, f64) = (median(rates), median(micros));
    let aim = aim.map(|aim| format!(r#","aim":">= {aim}""#)).unwrap_or_default();
    println!(r#"{{"bench":"record","metric":"{what}","value":{rate:.0},"unit":"1/s"{aim}}}"#);
    println!(
        r#"{{"bench":"record","metric":"{what}: processor time of each","value":{micros:.1},"unit":"us"}}"#
    );
}

/// Processor time of this process, in seconds.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // User and system time stand at 14 and 15, in hundredths; the name ended the second field.
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// What handing an event to the queue costs its caller.
fn handing_over(pool: &[Draft], events: usize) {
    let site = Site::new();
    let settings =
        QueueSettings { capacity: events, on_full: OnFull::Block, ..QueueSettings::default() };
    let queue = Queue::start(site.recorder(), settings).unwrap();
    let mut took: Vec<Duration> = some(pool, 0, events)
        .into_iter()
        .map(|draft| {
            let start = Instant::now();
            queue.send(draft);
            start.elapsed()
        })
        .collect();
    queue.flush();
    percentile("handing an event to the queue, p50", &mut took, 50, 3);
    percentile("handing an event to the queue, p99", &mut took, 99, 30);
}

/// Memory in use after a number of events, and after ten times as many.
fn memory(pool: &[Draft], first: usize) {
    let site = Site::new();
    let recorder = site.recorder();
    let mut after_first = 0.0;
    for thousand in 1..=first / 100 {
        let outcomes = recorder.record_all(some(pool, thousand * 1000, 1000), Ack::Os);
        assert!(outcomes.iter().all(Result::is_ok));
        if thousand % 50 == 0 {
            site.clear();
        }
        if thousand == first / 1000 {
            after_first = resident_mib();
        }
    }
    let after_ten = resident_mib();
    println!(
        r#"{{"bench":"record","metric":"memory after {} events","value":{after_ten:.1},"unit":"MiB","rival":"after {first} events","rival_value":{after_first:.1},"ratio":{:.2},"aim":"ratio <= 1.05"}}"#,
        first * 10,
        after_ten / after_first
    );
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}

fn percentile(metric: &str, took: &mut [Duration], percent: usize, aim_us: u32) {
    took.sort_unstable();
    let us = took[took.len() * percent / 100].as_secs_f64() * 1e6;
    println!(
        r#"{{"bench":"record","metric":"{metric}","value":{us:.1},"unit":"us","aim":"<= {aim_us}"}}"#
    );
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
