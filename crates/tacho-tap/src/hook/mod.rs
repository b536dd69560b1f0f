//! Given what a host tells its hook, records it, and gives what the host is to read: nothing, or a
//! denial.
//!
//! 1. Read the payload, within bounds ([`crate::payload`]).
//! 2. Tell which host speaks; read its dialect (`tell`).
//! 3. Join the event to its session: ids, snapshot, changes, calls that nobody completed
//!    (`context`, `closing`). How much of it is captured, the project may raise (`keys`).
//! 4. Record: in the store, else in the overflow beside the tap's state; the recorder knows whether
//!    a stop forbids an intent (`deliver`).
//! 5. At the end of a turn or a session: integrate and sign, within a budget (`settle`). At the end
//!    of a session, start the store's upkeep, if it is time, and do not wait for it.
//!
//! Whatever fails leaves a trace in the ring and lets the agent go on; only in the mode `enforce`
//! an intent that could not be recorded is denied.

mod alias;
mod closing;
mod context;
mod deliver;
mod guard;
mod keys;
mod settle;
mod tell;

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use tacho_event::Draft;
use tacho_event::json::Value;
use tacho_event::privacy::Level;
use tachograph::world::World;

use crate::host::Host;
use crate::surroundings::Surroundings;
use crate::{deny, payload, ring};

pub use guard::{DEADLINE, Failure, within};

/// What happens to an intent that cannot be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The agent goes on.
    #[default]
    Observe,
    /// The host is told to refuse it.
    Enforce,
}

impl Mode {
    /// Its word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Observe => "observe",
            Mode::Enforce => "enforce",
        }
    }

    /// The mode of a word on the command line.
    pub fn parse(word: &str) -> Option<Self> {
        [Mode::Observe, Mode::Enforce].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The host, as it was typed.
    pub declared: String,
    /// What happens to an intent that cannot be recorded.
    pub mode: Mode,
    /// True for seed 002's own hook.
    pub is_alias: bool,
}

/// Records what is on `input`; gives what is to be written to standard output. Should the time run
/// out, `end` is given that instead, on another thread, and ends the process.
pub fn run(
    ask: Ask,
    around: Surroundings,
    input: impl Read,
    world: Arc<dyn World>,
    end: impl FnOnce(Option<String>) + Send + 'static,
) -> Option<String> {
    let desk = Arc::new(Desk { ask, around, world, if_late: Mutex::default() });
    let watcher = desk.clone();
    let late = move || {
        watcher.trace(Failure::Late.code(), "", Failure::Late.what());
        end(watcher.if_late());
    };
    match within(DEADLINE, || desk.work(input), late) {
        Ok(answer) => answer,
        Err(Failure::Late) => None,
        Err(failure) => {
            desk.trace(failure.code(), "", failure.what());
            desk.if_late()
        }
    }
}

/// One hook at work.
struct Desk {
    ask: Ask,
    around: Surroundings,
    world: Arc<dyn World>,
    /// What to say should the time run out.
    if_late: Mutex<Option<String>>,
}

/// What a payload told.
struct Told {
    /// The host that speaks.
    host: Host,
    /// The event, in its words.
    event: String,
    /// What happened; the event itself comes last.
    drafts: Vec<Draft>,
    /// The session, where there is one.
    session: Option<crate::session::Session>,
    /// True if it tells of the session's end.
    has_ended: bool,
    /// The level of capture that the project asks for, where that is more than the user's.
    raised: Option<Level>,
}

impl Told {
    fn event(&self) -> Option<&Draft> {
        self.drafts.last()
    }

    fn says(&self, pointer: &str) -> &str {
        self.event().and_then(|draft| draft.at(pointer)).and_then(Value::as_str).unwrap_or("")
    }

    fn is_intent(&self) -> bool {
        self.says("/action/phase") == "intent"
    }

    /// What happened to the session, if that is what it tells of.
    fn moment(&self) -> &str {
        self.says("/action/session/event")
    }
}

impl Desk {
    fn work(&self, input: impl Read) -> Option<String> {
        let payload = match payload::read(input) {
            Ok(payload) => payload,
            Err(error) => {
                self.trace("input_unreadable", "", &error.to_string());
                return None;
            }
        };
        let mut told = self.tell(payload);
        let refusal = |told: &Told, reason: &str| deny::denial(told.host, &told.event, reason);
        if told.is_intent() && self.ask.mode == Mode::Enforce {
            self.set_if_late(refusal(&told, "the action could not be recorded in time"));
        }
        told.raised = self.raised(&told);
        self.join(&mut told);
        let is_intent = told.is_intent();
        let delivered = self.deliver(&mut told);
        let answer = match delivered.stop {
            Some(reason) => refusal(&told, &reason),
            None if is_intent && !delivered.is_kept && self.ask.mode == Mode::Enforce => {
                refusal(&told, "the action could not be recorded")
            }
            None => None,
        };
        let (has_ended, host) = (told.has_ended, told.host);
        self.part(told);
        if has_ended {
            self.keep_up(host);
        }
        answer
    }

    fn trace(&self, code: &str, host: &str, what: &str) {
        let host = if host.is_empty() { self.ask.declared.as_str() } else { host };
        let _ = ring::leave(&self.around.state, self.world.now(), code, host, what);
    }

    fn set_if_late(&self, answer: Option<String>) {
        *self.if_late.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    fn if_late(&self) -> Option<String> {
        self.if_late.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
