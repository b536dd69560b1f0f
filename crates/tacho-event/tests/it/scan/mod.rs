//! Secrets: what is found, what is left alone, and what holds for any text.

mod cases;
mod generated;
mod lines;
mod values;

use tacho_event::privacy::scan::{PatternSpec, REPLACEMENT, Scanner};

/// Table and default patterns, as most installations have it.
fn full() -> Scanner {
    Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap()
}

fn table_only() -> Scanner {
    Scanner::new(&[], REPLACEMENT, true).unwrap()
}

fn patterns_only() -> Scanner {
    Scanner::new(&PatternSpec::defaults(), REPLACEMENT, false).unwrap()
}
