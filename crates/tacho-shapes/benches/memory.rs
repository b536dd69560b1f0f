//! Measures the memory's audit in memory beside the same thing made of a list and dicts in Python:
//! time and room for an event, and what a query costs.
//!
//! ```text
//! cargo bench -p tacho-shapes --bench memory -- [--quick]
//! ```
//!
//! Python's events are plain: nothing is checked, classified, redacted or salted there. It runs
//! `benches/memory.py` with the interpreter on the path, and is left out where there is none.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench looks at the clock and prints"
)]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use tacho_event::json::Object;
use tacho_shapes::memory::{AuditLogger, EventQuery, EventStatus, NewEvent, OperationType};

/// Events that are there when the queries are asked.
const EVENTS: usize = 10_000;

fn main() {
    let is_quick = std::env::args().any(|word| word == "--quick");
    let rounds = if is_quick { 2 } else { 10 };
    let rival = python(rounds);
    row("bytes", bytes_per_event(), "B/event", rival.get("bytes"), "<= 1024");
    let logger = AuditLogger::new(EVENTS);
    fill(&logger, EVENTS);
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let logger = AuditLogger::new(EVENTS);
        let began = Instant::now();
        fill(&logger, EVENTS);
        best = best.min(began.elapsed().as_secs_f64() * 1e6 / EVENTS as f64);
    }
    row("log_event", best, "us", rival.get("log_event"), "<= 5");
    for (name, query) in queries(&logger) {
        let mut best = f64::MAX;
        let mut found = 0;
        for _ in 0..rounds * 20 {
            let began = Instant::now();
            found = logger.query_events(&query).unwrap().len();
            best = best.min(began.elapsed().as_secs_f64() * 1e6);
        }
        assert!(found > 0, "{name} finds nothing");
        row(name, best, "us", rival.get(name), "below the rival");
    }
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let began = Instant::now();
        let statistics = logger.get_statistics().unwrap();
        best = best.min(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(statistics.total_events, EVENTS as u64);
    }
    row("statistics", best, "ms", rival.get("statistics"), "<= 100");
}

/// By what the machine holds for this process, of so many events that what else the process keeps
/// does not show.
fn bytes_per_event() -> f64 {
    let logger = AuditLogger::new(EVENTS * 10);
    fill(&logger, 10);
    let before = resident_bytes();
    fill(&logger, EVENTS * 10 - 10);
    (resident_bytes() - before) / (EVENTS * 10) as f64
}

fn fill(logger: &AuditLogger, events: usize) {
    for n in 0..events {
        let (user, entry) = (format!("user_{}", n % 500), format!("entry_{n}"));
        let event = NewEvent {
            operation: OperationType::ALL[n % 6],
            user_id: Some(&user),
            session_id: Some("session_abc"),
            entry_ids: &[&entry],
            metadata: Object::from([("source", "api")]),
            status: if n % 50 == 0 { EventStatus::Failure } else { EventStatus::Success },
            duration_ms: Some(45.2),
            error_message: None,
        };
        logger.log_event_now(event).unwrap();
    }
}

fn queries(logger: &AuditLogger) -> [(&'static str, EventQuery<'static>); 5] {
    let any = EventQuery::default();
    let all = logger.query_events(&any).unwrap();
    let late = all.get(EVENTS * 99 / 100).map(tacho_shapes::memory::AuditEvent::timestamp);
    [
        ("by_user", EventQuery { user_id: Some("user_7"), ..any }),
        ("by_status", EventQuery { status: Some(EventStatus::Failure), ..any }),
        ("by_operation", EventQuery { operation: Some(OperationType::Forget), ..any }),
        ("by_time", EventQuery { start_time: late, ..any }),
        ("by_entry", EventQuery { entry_ids: &["entry_77"], ..any }),
    ]
}

/// What Python measured, by metric; nothing where there is no Python.
fn python(rounds: usize) -> BTreeMap<String, f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/memory.py");
    let run = Command::new("python3").arg(script).arg(rounds.to_string()).output();
    let Ok(output) = run else {
        println!("no python3: measured alone");
        return BTreeMap::new();
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pair = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

/// What the machine holds for this process.
fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0
}

fn row(metric: &str, value: f64, unit: &str, rival: Option<&f64>, aim: &str) {
    let head = format!(
        r#"{{"bench":"memory","metric":"{metric}","value":{value},"unit":"{unit}","aim":"{aim}""#
    );
    match rival {
        Some(rival) => {
            let ratio = rival / value;
            println!(r#"{head},"rival":"python","rival_value":{rival},"ratio":{ratio}}}"#);
        }
        None => println!("{head}}}"),
    }
}
