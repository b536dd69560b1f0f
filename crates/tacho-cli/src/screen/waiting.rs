//! How far long work has come, told at a terminal once it has lasted; nobody else is told. And what
//! happens when it is interrupted.

use super::Screen;
use crate::failure::Exit;
use crate::given::Halves;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tacho_event::{Span, Timestamp};
use tachograph::telling::{Step, Telling};
use tachograph::world::OsWorld;

/// Work that ends sooner needs no words.
const QUIET: Span = Span::from_micros(500_000);
/// A bar needs room.
const BAR_WIDTH_MIN: usize = 70;
/// A person reads no faster.
const EVERY: Span = Span::from_micros(100_000);

#[derive(Debug)]
pub(crate) struct Waiting {
    is_told: bool,
    width: usize,
    next: Mutex<Timestamp>,
    has_spoken: AtomicBool,
}

impl Waiting {
    pub(crate) fn new(screen: &Screen) -> Self {
        Self {
            is_told: std::io::stderr().is_terminal() && !screen.quiet,
            width: screen.width,
            next: Mutex::new(now().plus(QUIET)),
            has_spoken: AtomicBool::new(false),
        }
    }

    /// Says that work has begun of which nobody tells more.
    pub(crate) fn begin(&self, what: &str) {
        self.say(&format!("{what} ..."));
    }

    /// `erasing, step 4 of 6: writing over`
    pub(crate) fn step(&self, what: &str, step: Step) {
        let Step { name, number, of } = step;
        self.say(&format!("{what}, step {number} of {of}: {name} ..."));
    }

    /// Has long work of the trunk tell its steps here.
    pub(crate) fn telling(self: &Arc<Self>, what: &'static str) -> Telling {
        let waiting = self.clone();
        Telling::new(move |step| waiting.step(what, step))
    }

    /// `verifying  [########............]  41 %  412000 of 1000412`
    pub(crate) fn tell(&self, what: &str, done: u64, of: u64) {
        if !self.is_told {
            return;
        }
        let now = now();
        {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            if now < *next {
                return;
            }
            *next = now.plus(EVERY);
        }
        self.say(&told(what, done, of, self.width >= BAR_WIDTH_MIN));
    }

    fn say(&self, text: &str) {
        if self.is_told {
            self.has_spoken.store(true, Ordering::Relaxed);
            // What goes on in the next line could not be taken back.
            let text: String = text.chars().take(self.width.saturating_sub(1)).collect();
            // Who closed standard error does not want to hear it.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// The line is free again.
    pub(crate) fn end(&self) {
        if self.has_spoken.load(Ordering::Relaxed) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn told(what: &str, done: u64, of: u64, has_room: bool) -> String {
    let share = u128::from(done) * 100 / u128::from(of.max(1));
    let full = usize::try_from(share.min(100) / 5).unwrap_or(0);
    let bar = format!("[{}{}]  ", "#".repeat(full), ".".repeat(20 - full));
    let bar = if has_room { bar.as_str() } else { "" };
    format!("{what}  {bar}{share} %  {done} of {of}")
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

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn how_far_work_has_come_fits_its_line() {
        assert_eq!(
            told("copying", 41, 100, true),
            "copying  [########............]  41 %  41 of 100"
        );
        assert_eq!(told("copying", 41, 100, false), "copying  41 %  41 of 100");
        assert_eq!(told("copying", 0, 0, true), "copying  [....................]  0 %  0 of 0");
        assert!(
            told("copying", u64::MAX, u64::MAX, true).contains("[####################]  100 %")
        );
    }
}
