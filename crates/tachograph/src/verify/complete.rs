//! Given leaves in order, says what should be there and is not: calls, numbers, ends, heartbeats.
//!
//! One pass; memory is bounded, and where a bound is met the answer says that it is not complete.
//! What a leaf does not show (what a heartbeat promised, how a session went on) is read from its
//! parts where they can be opened.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use tacho_event::json::Object;
use tacho_event::{Phase, Timestamp};
use tacho_tree::audit::{Code, FINDINGS_MAX, Report, Spot};

use super::sequence::Sequence;
use crate::limits::VERIFY_OPEN_MAX;
use crate::log::{Log, LogEntry};

/// How much later than promised a heartbeat may come before that is a finding: 60 s.
const BEAT_SLACK_MICROS: i64 = 60_000_000;

/// The check, while leaves come in.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// The first leaf that is stored: what stood before it was pruned.
    first: u64,
    hash: RandomState,
    emitters: HashMap<u64, Emitter>,
    /// Intents without a result, by session and call.
    calls: HashMap<u64, Call>,
    sessions: HashMap<u64, Session>,
    recorders: HashMap<String, Recorder>,
    latest: Option<Timestamp>,
    gaps: Vec<(u64, String)>,
    results_alone: Vec<u64>,
    clock_steps: Vec<(u64, String)>,
    more: [u64; 3],
    is_beyond: bool,
    events: u64,
    sealed: u64,
}

#[derive(Debug)]
struct Emitter {
    name: String,
    first_leaf: u64,
    sequence: Sequence,
}

#[derive(Debug)]
struct Call {
    leaf: u64,
    name: String,
}

#[derive(Debug)]
struct Session {
    name: String,
    last_leaf: u64,
    is_ended: bool,
    /// Whether anything says that it is a session with a beginning and an end.
    begins: bool,
}

#[derive(Debug)]
struct Recorder {
    leaf: u64,
    next_due: Option<Timestamp>,
    late: Vec<(u64, String)>,
    closed: bool,
}

impl Check {
    /// A check of a log that begins with this leaf.
    pub(super) fn behind(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// Takes in the next leaf.
    pub(super) fn leaf(&mut self, log: &Log, index: u64, leaf: &Object) {
        self.events += 1;
        self.latest = self.latest.max(leaf.str("timestamp").and_then(Timestamp::parse));
        self.number(index, leaf);
        self.call(index, leaf);
        let action = |name| leaf.object("action").and_then(|action| action.str(name));
        let name = action("name").unwrap_or("");
        let event = || log.reveal(&LogEntry { index, leaf: leaf.clone() }).ok();
        match action("type") {
            Some("session") => self.session_event(index, leaf, name, event),
            Some("gap") => {
                let event = event().map(|revealed| revealed.event);
                let told = |name| {
                    event.as_ref().and_then(|e| e.at(name)).map(tacho_event::json::Value::to_json)
                };
                let what = told("/action/gap/count").unwrap_or("something".into());
                let why = told("/action/gap/reason").unwrap_or("the reason is not open".into());
                note(&mut self.gaps, &mut self.more[0], (index, format!("{what} lost: {why}")));
            }
            Some("system") if name == "tacho.heartbeat" => self.beat(index, leaf, event),
            Some("system") if name == "tacho.clock" => {
                let what = "the recorder's clock stepped back".to_owned();
                note(&mut self.clock_steps, &mut self.more[1], (index, what));
            }
            _ => self.session(index, leaf, |_| ()),
        }
    }

    fn number(&mut self, index: u64, leaf: &Object) {
        let Some(origin) = leaf.object("origin") else { return };
        let Some(emitter) = origin.str("emitter") else { return };
        let Some(seq) = origin.get("seq").and_then(tacho_event::json::Value::as_i64) else {
            return;
        };
        let Ok(seq) = u64::try_from(seq) else { return };
        let source = origin.str("source").unwrap_or("");
        let key = self.hash.hash_one((source, emitter));
        if self.emitters.len() >= VERIFY_OPEN_MAX && !self.emitters.contains_key(&key) {
            self.is_beyond = true;
            return;
        }
        let known = self.emitters.entry(key).or_insert_with(|| Emitter {
            name: if source.is_empty() { emitter.into() } else { format!("{source} {emitter}") },
            first_leaf: index,
            // Of a log that was pruned nobody can tell which numbers stood before.
            sequence: if self.first > 0 { Sequence::from(seq) } else { Sequence::default() },
        });
        known.sequence.push(seq);
    }

    fn call(&mut self, index: u64, leaf: &Object) {
        let Some(action) = leaf.object("action") else { return };
        let (Some(phase), Some(call_id)) = (action.str("phase"), action.str("call_id")) else {
            return;
        };
        let session = leaf.object("agent").and_then(|agent| agent.str("session_id"));
        let key = self.hash.hash_one((session, call_id));
        match Phase::parse(phase) {
            Some(Phase::Intent) if self.calls.len() >= VERIFY_OPEN_MAX => self.is_beyond = true,
            Some(Phase::Intent) => {
                let name = format!("{} {call_id}", action.str("name").unwrap_or("call"));
                self.calls.entry(key).or_insert(Call { leaf: index, name });
            }
            Some(Phase::Result) => {
                let is_alone = self.calls.remove(&key).is_none();
                if is_alone && !self.is_beyond {
                    note(&mut self.results_alone, &mut self.more[2], index);
                }
            }
            _ => {}
        }
    }

    fn session(&mut self, index: u64, leaf: &Object, tell: impl FnOnce(&mut Session)) {
        let Some(name) = leaf.object("agent").and_then(|agent| agent.str("session_id")) else {
            return;
        };
        let key = self.hash.hash_one(name);
        if self.sessions.len() >= VERIFY_OPEN_MAX && !self.sessions.contains_key(&key) {
            // Those that ended are remembered only as long as there is room.
            self.sessions.retain(|_, session| !session.is_ended);
            if self.sessions.len() >= VERIFY_OPEN_MAX {
                self.is_beyond = true;
                return;
            }
        }
        let known = self.sessions.entry(key).or_insert_with(|| Session {
            name: name.to_owned(),
            last_leaf: index,
            is_ended: false,
            begins: false,
        });
        known.last_leaf = index;
        tell(known);
    }

    fn session_event(
        &mut self,
        index: u64,
        leaf: &Object,
        name: &str,
        event: impl FnOnce() -> Option<crate::log::Revealed>,
    ) {
        let said = event().and_then(|revealed| {
            let event = revealed.event.at("/action/session/event");
            event.and_then(tacho_event::json::Value::as_str).map(str::to_ascii_lowercase)
        });
        let said = said.unwrap_or_else(|| name.to_ascii_lowercase());
        let said = said.replace(['_', '-', '.', ' '], "");
        let is_sub = said.contains("subagent");
        let is_end = !is_sub
            && ["end", "ended", "sessionend", "close", "closed"]
                .iter()
                .any(|end| said.ends_with(end));
        self.session(index, leaf, |session| {
            session.begins |= !is_sub;
            // A session that is resumed runs on.
            session.is_ended = is_end || (session.is_ended && is_sub);
        });
    }

    fn beat(
        &mut self,
        index: u64,
        leaf: &Object,
        event: impl FnOnce() -> Option<crate::log::Revealed>,
    ) {
        let event = event().map(|revealed| revealed.event);
        let said = |name: &str| {
            let value = event.as_ref().and_then(|event| event.at(name));
            value.and_then(tacho_event::json::Value::as_str).map(str::to_owned)
        };
        let Some(kind) = said("/action/system/beat") else {
            self.sealed += 1;
            return;
        };
        let time = |name| said(name).as_deref().and_then(Timestamp::parse);
        let clock = time("/action/system/clock")
            .or_else(|| leaf.str("timestamp").and_then(Timestamp::parse));
        let next_due = time("/action/system/next_due");
        let name = said("/action/system/recorder").unwrap_or_default();
        if self.recorders.len() >= VERIFY_OPEN_MAX && !self.recorders.contains_key(&name) {
            self.recorders.retain(|_, recorder| !recorder.closed || !recorder.late.is_empty());
            if self.recorders.len() >= VERIFY_OPEN_MAX {
                self.is_beyond = true;
                return;
            }
        }
        let known = self.recorders.entry(name).or_insert(Recorder {
            leaf: index,
            next_due: None,
            late: Vec::new(),
            closed: false,
        });
        if let (Some(due), Some(clock)) = (known.next_due, clock)
            && clock.micros() > due.micros() + BEAT_SLACK_MICROS
            && known.late.len() < FINDINGS_MAX
        {
            known.late.push((index, format!("a heartbeat was due at {due} and came at {clock}")));
        }
        known.leaf = index;
        known.next_due = next_due;
        known.closed = kind == "close";
    }

    /// No more leaves.
    pub(super) fn end(self) -> Report {
        let mut report = Report::default();
        if self.is_beyond {
            let what = "more is open at once than is followed: what is told is not all";
            report.find(Code::BeyondBounds, "the log", what);
        }
        self.tell_sequences(&mut report);
        self.tell_calls(&mut report);
        self.tell_sessions(&mut report);
        self.tell_recorders(&mut report);
        for (index, what) in &self.gaps {
            report.find(Code::GapRecorded, Spot::leaf(*index), what);
        }
        for (index, what) in &self.clock_steps {
            report.find(Code::ClockBack, Spot::leaf(*index), what);
        }
        report.more += self.more.iter().sum::<u64>();
        report.fact(format!(
            "{} events of {} emitters, {} sessions and {} recorders were looked at",
            self.events,
            self.emitters.len(),
            self.sessions.len(),
            self.recorders.len()
        ));
        if self.sealed > 0 {
            report.limit(format!("{} heartbeats are sealed and were not opened", self.sealed));
        }
        report.limit("events that never reached the recorder, and whose number nobody took");
        report
    }

    fn tell_sequences(&self, report: &mut Report) {
        for emitter in in_order(self.emitters.values(), |one| one.first_leaf) {
            let Emitter { name, first_leaf, sequence } = emitter;
            let spot = || Spot::leaf(*first_leaf).within(format!("emitter {name}"));
            for (from, to) in sequence.holes() {
                let what = match to - from {
                    1 => format!("number {from} never came"),
                    _ => format!("numbers {from} to {} never came", to - 1),
                };
                report.find(Code::SequenceHole, spot(), what);
            }
            let listed: u64 = sequence.holes().iter().map(|(from, to)| to - from).sum();
            let beyond = sequence.missing() - listed;
            if beyond > 0 {
                report.find(Code::SequenceHole, spot(), format!("{beyond} more never came"));
            }
            if sequence.restarts > 0 {
                let what = format!("it lost count {} times, and went on", sequence.restarts);
                report.find(Code::SequenceHole, spot(), what);
            }
            if sequence.repeated > 0 {
                let what = format!("{} numbers came twice", sequence.repeated);
                report.find(Code::SequenceRepeated, spot(), what);
            }
        }
    }

    fn tell_calls(&self, report: &mut Report) {
        for call in in_order(self.calls.values(), |call| call.leaf) {
            let what = format!("{} has no result", call.name);
            report.find(Code::IntentOpen, Spot::leaf(call.leaf), what);
        }
        if self.first > 0 && !self.results_alone.is_empty() {
            // Their intents may be among what was pruned.
            let alone = self.results_alone.len() as u64 + self.more[2];
            return report.limit(format!("{alone} results, whose intents may have been pruned"));
        }
        for index in &self.results_alone {
            report.find(Code::ResultAlone, Spot::leaf(*index), "no intent stands before it");
        }
    }

    fn tell_sessions(&self, report: &mut Report) {
        let open = self.sessions.values().filter(|session| session.begins && !session.is_ended);
        for session in in_order(open, |session| session.last_leaf) {
            let spot = Spot::leaf(session.last_leaf).within(format!("session {}", session.name));
            report.find(Code::SessionOpen, spot, "this is its last event, and no end");
        }
    }

    fn tell_recorders(&self, report: &mut Report) {
        let mut recorders: Vec<_> = self.recorders.iter().collect();
        recorders.sort_by_key(|(_, recorder)| recorder.leaf);
        for (name, recorder) in recorders {
            let within = || format!("recorder {name}");
            for (index, what) in &recorder.late {
                report.find(Code::HeartbeatLate, Spot::leaf(*index).within(within()), what);
            }
            let due = recorder.next_due.filter(|_| !recorder.closed);
            if let (Some(due), Some(latest)) = (due, self.latest)
                && latest.micros() > due.micros() + BEAT_SLACK_MICROS
            {
                let spot = Spot::leaf(recorder.leaf).within(within());
                let what = format!("a heartbeat was due at {due}; the log goes on to {latest}");
                report.find(Code::RecorderSilent, spot, what);
            }
        }
    }
}

/// What is found, in the order of the log.
fn in_order<'a, T>(all: impl Iterator<Item = &'a T>, leaf: impl Fn(&T) -> u64) -> Vec<&'a T> {
    let mut all: Vec<&T> = all.collect();
    all.sort_by_key(|one| leaf(one));
    all
}

/// Keeps what a report can list, and counts the rest.
fn note<T>(list: &mut Vec<T>, more: &mut u64, one: T) {
    if list.len() < FINDINGS_MAX {
        list.push(one);
    } else {
        *more += 1;
    }
}
