//! What redaction costs for each event of the generator, 2 % of which hold a secret.
//!
//! Rival: what the default patterns suggest, four `replace_all` over every string value. Both sides
//! get the strings of an event as they lie in memory after parsing; parsing itself is not measured.
//! One JSON object per line; `--quick` takes fewer events.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use regex::Regex;
use serde_json::Value;
use tacho_event::privacy::scan::{PatternSpec, REPLACEMENT, Scanner};
use tacho_testkit::{Options, generate};

/// One event: its line, and what parsing it gives.
struct Event {
    line: String,
    names: Vec<String>,
    values: Vec<String>,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let count = if quick { 2_000 } else { 20_000 };
    let rounds = if quick { 3 } else { 15 };
    let dirty = events(count, 0.02);
    let clean = events(count, 0.0);
    let scanner = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap();
    let small = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, false).unwrap();
    let four: Vec<Regex> =
        PatternSpec::defaults().iter().map(|spec| Regex::new(&spec.pattern).unwrap()).collect();

    let prefilter = |event: &Event| usize::from(scanner.may_hit(event.line.as_bytes()));
    let rival = |event: &Event| replace_all(&four, event);
    let full = |event: &Event| redact(&scanner, event);
    let default_only = |event: &Event| redact(&small, event);
    let no_line = |event: &Event| redact_values(&scanner, event);
    let [on_clean] = ns(&clean, rounds, [&prefilter]);
    let [on_dirty, rival, full, default_only, no_line] =
        ns(&dirty, rounds, [&prefilter, &rival, &full, &default_only, &no_line]);
    report("prefilter, clean events", on_clean, None, "below 1000 ns");
    report("prefilter, 2 % dirty events", on_dirty, None, "below 1000 ns");
    report("redact, 2 % dirty events", full, Some(rival), "ratio at least 4");
    report("redact, default patterns only", default_only, Some(rival), "ratio at least 4");
    report("redact without the raw line", no_line, Some(rival), "none");
    let pass =
        |events: &[Event]| events.iter().map(prefilter).sum::<usize>() as f64 / events.len() as f64;
    share("events the prefilter lets pass, clean", pass(&clean));
    share("events the prefilter lets pass, 2 % dirty", pass(&dirty));

    let mut new = f64::INFINITY;
    for _ in 0..10 * rounds {
        let start = Instant::now();
        black_box(Scanner::builtin());
        new = new.min(start.elapsed().as_nanos() as f64);
    }
    report("make a scanner", new, None, "below 50000 ns");
}

fn events(count: usize, secrets: f64) -> Vec<Event> {
    let options = Options { secrets, ..Options::default() };
    generate(count, options)
        .map(|line| {
            let (mut names, mut values) = (Vec::new(), Vec::new());
            strings(&serde_json::from_str(&line).unwrap(), &mut names, &mut values);
            Event { line, names, values }
        })
        .collect()
}

fn strings(value: &Value, names: &mut Vec<String>, values: &mut Vec<String>) {
    match value {
        Value::String(text) => values.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, names, values)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            names.push(name.clone());
            strings(member, names, values);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Four passes over every value, as the patterns stand in a configuration.
fn replace_all(four: &[Regex], event: &Event) -> usize {
    let redacted = event.values.iter().map(|value| {
        let mut text = std::borrow::Cow::Borrowed(value.as_str());
        for pattern in four {
            if let std::borrow::Cow::Owned(next) = pattern.replace_all(&text, REPLACEMENT) {
                text = std::borrow::Cow::Owned(next);
            }
        }
        black_box(text).len()
    });
    redacted.sum()
}

fn redact(scanner: &Scanner, event: &Event) -> usize {
    if scanner.may_hit(event.line.as_bytes()) { redact_values(scanner, event) } else { 0 }
}

fn redact_values(scanner: &Scanner, event: &Event) -> usize {
    let sensitive = event.names.iter().filter(|name| Scanner::sensitive_key(name)).count();
    let redacted = event.values.iter().map(|value| black_box(scanner.redact(value)).len());
    sensitive + redacted.sum::<usize>()
}

/// Nanoseconds per event. The works take turns on a few events at a time, and of each turn the
/// best round counts: what else the machine does can only add.
fn ns<const N: usize>(
    events: &[Event],
    rounds: usize,
    works: [&dyn Fn(&Event) -> usize; N],
) -> [f64; N] {
    let mut sums = [0.0; N];
    for few in events.chunks(500) {
        let mut best = [f64::INFINITY; N];
        for _ in 0..rounds {
            for (work, best) in works.iter().zip(&mut best) {
                let start = Instant::now();
                black_box(few.iter().map(work).sum::<usize>());
                *best = best.min(start.elapsed().as_nanos() as f64);
            }
        }
        for (sum, best) in sums.iter_mut().zip(best) {
            *sum += best;
        }
    }
    sums.map(|sum| sum / events.len() as f64)
}

fn report(metric: &str, value: f64, rival: Option<f64>, aim: &str) {
    let (rival_value, ratio) = match rival {
        Some(rival) => (format!("{rival:.0}"), format!("{:.2}", rival / value)),
        None => ("null".to_owned(), "null".to_owned()),
    };
    let name = if rival.is_some() { "\"four replace_all over all values\"" } else { "null" };
    println!(
        "{{\"bench\":\"redact\",\"metric\":\"{metric}\",\"value\":{value:.0},\"unit\":\"ns\",\
         \"rival\":{name},\"rival_value\":{rival_value},\"ratio\":{ratio},\"aim\":\"{aim}\"}}"
    );
}

fn share(metric: &str, value: f64) {
    println!(
        "{{\"bench\":\"redact\",\"metric\":\"{metric}\",\"value\":{value:.4},\"unit\":\"share\",\
         \"rival\":null,\"rival_value\":null,\"ratio\":null,\"aim\":\"none\"}}"
    );
}
