//! How far long work has come, told at a terminal once it has lasted; nobody else is told. And what
//! happens when it is interrupted.

use super::Screen;
use crate::failure::Exit;
use crate::given::Halves;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tacho_event::{Span, Timestamp};
use tachograph::world::OsWorld;

/// Work that ends sooner needs no words.
const QUIET: Span = Span::from_micros(500_000);
/// A person reads no faster.
const EVERY: Span = Span::from_micros(100_000);

pub(crate) struct Waiting {
    is_told: bool,
    next: Cell<Timestamp>,
    has_spoken: Cell<bool>,
}

impl Waiting {
    pub(crate) fn new(screen: &Screen) -> Self {
        Self {
            is_told: std::io::stderr().is_terminal() && !screen.quiet,
            next: Cell::new(now().plus(QUIET)),
            has_spoken: Cell::new(false),
        }
    }

    /// Says that work has begun whose end nobody knows.
    pub(crate) fn begin(&self, what: &str) {
        if self.is_told {
            self.has_spoken.set(true);
            // Who closed standard error does not want to hear it.
            let _ = write!(std::io::stderr(), "\r\x1b[K{what} ...");
        }
    }

    /// `verifying  41 %  412,000 of 1,000,412`
    pub(crate) fn tell(&self, what: &str, done: u64, of: u64) {
        if !self.is_told {
            return;
        }
        let now = now();
        if now < self.next.get() {
            return;
        }
        self.next.set(now.plus(EVERY));
        self.has_spoken.set(true);
        let share = done * 100 / of.max(1);
        // Who closed standard error does not want to hear it.
        let _ = write!(std::io::stderr(), "\r\x1b[K{what}  {share} %  {done} of {of}");
    }

    /// The line is free again.
    pub(crate) fn end(&self) {
        if self.has_spoken.get() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// From here on Ctrl-C leaves the line free and nothing half written, and ends with 130. While a
/// pager has the terminal, Ctrl-C is the pager's.
#[expect(clippy::exit, reason = "what was interrupted ends; what is on the disk is whole")]
#[expect(clippy::disallowed_methods, reason = "it waits as long as the process lives")]
pub(super) fn heed_interruption(is_paging: Arc<AtomicBool>, halves: Halves) {
    // Who cannot be told of it is ended by it.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        for signal in &mut signals {
            if signal == SIGINT && is_paging.load(Ordering::Relaxed) {
                continue;
            }
            halves.forget();
            let mut err = std::io::stderr();
            if err.is_terminal() {
                let _ = write!(err, "\r\x1b[K");
            }
            // As a shell says it of whom a signal ended: 130, 143.
            let code = Exit::Interrupted as i32;
            std::process::exit(if signal == SIGINT { code } else { 128 + signal });
        }
    });
}

fn now() -> Timestamp {
    tacho_event::World::now(&OsWorld)
}
