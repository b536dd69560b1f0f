//! How long a filter takes to read and to be asked, beside what one would write by hand.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;
use tacho_event::json::{self, Object, Value};
use tacho_event::{Filter, Timestamp};

/// The leaf of a tool call and what its disclosures hold.
const LEAF: &str = r#"{"action":{"call_id":"toolu_01","name":"Bash","phase":"whole","type":"tool"},
    "actor":{"type":"user"},"agent":{"id":"ops/release-manager","session_id":"abc123"},
    "content":{"_sd":["OQl6w5pP1DRHeZsumTVSS9xoKky1_ztGZnRuYzwvXtI"],"day":20777},
    "id":"0199a000-0000-70ed-804b-c452969c3d73","origin":{"emitter":"e1","seq":7,
    "source":"hook:claude_code"},"outcome":{"status":"failure"},
    "resources":{"cost_usd":0.6,"duration_ms":12.5},"timestamp":"2026-11-20T10:00:00.000000Z",
    "v":1}"#;

const PARSE_NS_MAX: f64 = 20_000.0;
const ASK_NS_MAX: f64 = 1_000.0;

fn main() {
    let rounds = if std::env::args().any(|word| word == "--quick") { 20_000 } else { 1_000_000 };
    let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    let wireframe = "agent:ops/* status:failure -tool:Read \"deploy\"";
    for (metric, text) in [
        ("read: status:failure", "status:failure"),
        ("read: four conditions", wireframe),
        ("read: name by its last step", "cost_source:x since:24h"),
    ] {
        let ns = nanoseconds(rounds / 20, || Filter::parse(black_box(text), now).is_ok());
        aimed(metric, ns, PARSE_NS_MAX);
    }
    ask(rounds, now);
    search(rounds / 20, now);
}

/// Filters that the leaf answers, and the same asked of a parsed document by hand.
fn ask(rounds: u32, now: Timestamp) {
    let leaf = object(LEAF);
    let theirs: serde_json::Value = serde_json::from_str(LEAF).unwrap();
    let filter = Filter::parse("status:failure", now).unwrap();
    let ours = nanoseconds(rounds, || filter.matches(black_box(&leaf)));
    let by_hand = nanoseconds(rounds, || {
        black_box(&theirs).pointer("/outcome/status").is_some_and(|status| status == "failure")
    });
    beside("ask a leaf: status:failure", ours, "serde_json pointer", by_hand);
    for (metric, text) in [
        ("ask a leaf: agent:ops/*", "agent:ops/*"),
        ("ask a leaf: cost:>0.5", "cost:>0.5"),
        ("ask a leaf: since:24h", "since:24h"),
        (
            "ask a leaf: five conditions",
            "agent:ops/* status:(failure OR denied) -tool:Read cost:>0.5 since:24h",
        ),
    ] {
        let filter = Filter::parse(text, now).unwrap();
        assert!(filter.matches(&leaf), "{text}");
        aimed(metric, nanoseconds(rounds, || filter.matches(black_box(&leaf))), ASK_NS_MAX);
    }
}

/// Free text in 4 KiB that do not have it.
fn search(rounds: u32, now: Timestamp) {
    let text = "Fetching origin and then checking out the deploy branch again. ".repeat(65);
    let event = Object::from([("outcome", Object::from([("result", Value::from(text.as_str()))]))]);
    let filter = Filter::parse("\"deploy now\"", now).unwrap();
    let ours = nanoseconds(rounds, || filter.matches(black_box(&event)));
    let by_hand = nanoseconds(rounds, || black_box(&text).to_lowercase().contains("deploy now"));
    beside("search 4 KiB, any case", ours, "to_lowercase, contains", by_hand);
}

fn object(text: &str) -> Object {
    match json::read(text.as_bytes()).unwrap() {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// The best of five runs, each over `rounds` calls.
fn nanoseconds(rounds: u32, mut call: impl FnMut() -> bool) -> f64 {
    let run = |_| {
        let start = Instant::now();
        for _ in 0..rounds {
            black_box(call());
        }
        start.elapsed().as_nanos() as f64 / f64::from(rounds)
    };
    (0..5).map(run).fold(f64::INFINITY, f64::min)
}

fn aimed(metric: &str, ns: f64, aim: f64) {
    println!(
        r#"{{"bench":"filter","metric":"{metric}","value":{ns:.0},"unit":"ns","aim":"<= {aim}"}}"#
    );
}

fn beside(metric: &str, ns: f64, rival: &str, rival_ns: f64) {
    let ratio = ns / rival_ns;
    let rival = format!(r#""rival":"{rival}","rival_value":{rival_ns:.1},"ratio":{ratio:.2}"#);
    println!(r#"{{"bench":"filter","metric":"{metric}","value":{ns:.1},"unit":"ns",{rival}}}"#);
}
