//! Given a store and a tenant, answers three questions, each apart from the others.
//!
//! 1. *Unchanged?* Every stored leaf, node, part, note, frame and index entry, against what was
//!    signed and against notes that were kept elsewhere ([`Verified::report`]).
//! 2. *Nothing missing?* Calls, numbers, sessions and heartbeats that should be there and are not
//!    ([`Verified::gaps`]).
//! 3. *What could this recorder not see?* Which sources were on, when, for which agents
//!    ([`Verified::coverage`]).
//!
//! Reads only, takes no lock, and goes on while others write: what it checks is the log as it stood
//! when the check began. Hashing runs on every processor; memory does not grow with the log. The
//! check of leaves, nodes and signed heads is `tacho_tree::audit`, which the offline verifier
//! stands on too.

mod anchors;
mod complete;
mod control;
mod coverage;
mod index;
mod leaves;
mod notes;
mod parts;
mod pruned;
mod repeated;
mod rotations;
mod said;
mod sequence;
mod wal;

use std::num::NonZeroUsize;

use tacho_event::json::Object;
use tacho_tree::audit::{Anchored, Code, Report, Spot, Verdict};
use tacho_tree::{Head, VerifierKey};

use crate::erase::sums::hex;
use crate::error::Error;
use crate::limits::VERIFY_THREADS_MAX;
use crate::log::Log;
use crate::state::{Found, State};
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::{Opener, SharedRing};

pub use anchors::Trusted;
pub use coverage::{Coverage, Seen};
pub use parts::Disclosures;

/// What to check, and against what.
pub struct Options<'o> {
    /// Keys that are trusted; without any, those that lie beside the log, which show that it agrees
    /// with itself and no more.
    pub keys: Vec<VerifierKey>,
    /// Notes that were kept elsewhere, each with its name: the log must have them as prefixes.
    pub against: Vec<(String, Vec<u8>)>,
    /// Heads that whoever asks wrote down himself, as the highwater mark is.
    pub marks: Vec<(String, Head)>,
    /// Whose word counts of those who were asked to vouch for the log.
    pub anchors: Trusted,
    /// Threads that hash; none for as many as there are processors.
    pub threads: Option<NonZeroUsize>,
    /// Whether each leaf is read as the document that a recorder writes, and not only hashed.
    pub leaves: bool,
    /// Whether the parts are checked against what the leaves commit to.
    pub parts: bool,
    /// The keys, if sealed parts are to be opened and checked too; nothing of them is shown.
    pub ring: Option<SharedRing>,
    /// Whether the index is compared with the leaves.
    pub index: bool,
    /// Whether the second and third question are answered.
    pub complete: bool,
    /// Told how far the check has come, from the thread that asked.
    pub progress: &'o dyn Fn(Progress),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            against: Vec::new(),
            marks: Vec::new(),
            anchors: Trusted::default(),
            threads: None,
            leaves: true,
            parts: true,
            ring: None,
            index: true,
            complete: true,
            progress: &|_| (),
        }
    }
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("keys", &self.keys)
            .field("against", &self.against.len())
            .field("marks", &self.marks)
            .field("anchors", &self.anchors)
            .field("threads", &self.threads)
            .field("leaves", &self.leaves)
            .field("parts", &self.parts)
            .field("ring", &self.ring.is_some())
            .field("index", &self.index)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// Leaves that it is done with.
    pub done: u64,
    /// Leaves there are.
    pub of: u64,
}

/// One pass of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Leaves and nodes are hashed.
    Hashing,
    /// Leaves are read and compared with parts, and with each other.
    Reading,
}

/// How much of the log is under what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first leaf that is stored: those before it were pruned.
    pub first: u64,
    /// Leaves of the tree, the pruned ones included.
    pub stored: u64,
    /// Leaves under the latest checkpoint.
    pub signed: u64,
    /// Events that only the write-ahead log holds.
    pub unintegrated: u64,
}

impl Extent {
    /// Stored leaves that no checkpoint covers: the open tail, with what is not integrated.
    pub fn unsigned(&self) -> u64 {
        self.stored.saturating_sub(self.signed)
    }
}

/// The three answers.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The first: everything that was changed, and what cannot be told.
    pub report: Report,
    /// How far the log reaches.
    pub extent: Extent,
    /// On whose word how much of the log rests.
    pub anchors: Vec<Anchored>,
    /// What became of the disclosures that the leaves commit to; none if it was not asked.
    pub disclosures: Option<Disclosures>,
    /// The second: everything that is missing; none if it was not asked.
    pub gaps: Option<Report>,
    /// The third; none if it was not asked.
    pub coverage: Option<Coverage>,
}

impl Verified {
    /// The answer to the first question alone.
    pub fn verdict(&self) -> Verdict {
        self.report.verdict()
    }

    /// Whether nothing is missing, as far as can be told: an answer to the second question.
    pub fn complete(&self) -> Verdict {
        let Some(gaps) = &self.gaps else { return Verdict::CannotTell };
        let any = gaps.more > 0 || gaps.findings.iter().any(|finding| finding.code.is_gap());
        if any { Verdict::No } else { gaps.verdict() }
    }
}

/// Verifies one tenant's log. A finding is a result: nothing that is found stops the check.
pub fn verify(store: &Store, tenant: &str, options: &Options<'_>) -> Verified {
    let places = TenantPlaces::new(store.places(), tenant);
    let mut verified = Verified::default();
    let report = &mut verified.report;
    // The notes first: a state that is read later counts at least what they sign.
    let (mut heads, keys) = notes::read(store, tenant, options, report);
    verified.anchors = anchors::read(store, &places, &options.anchors, &keys, &mut heads, report);
    let state = read_state(store, &places, report);
    let signed = heads.signed().unwrap_or(0);
    if let Some(state) = &state
        && state.size() < signed
    {
        let what = format!("it counts {} leaves, and {signed} were signed", state.size());
        report.find(Code::StateDiffers, places.state().display().to_string(), what);
    }
    let known = state.as_ref().map_or(0, State::size).max(signed);
    let hashed = leaves::check(store, &places, known, state.is_some(), options, &mut heads, report);
    if let Some(state) = &state {
        compare_state(state, &hashed.head, &places, report);
    }
    verified.extent.stored = hashed.head.size;
    verified.extent.signed = signed.min(hashed.head.size);
    heads.finish(hashed.head.size, report);
    if options.index {
        index::check(store, &places, &hashed.zones, report);
    }
    control::check(store, report);
    wal::check(store, report);
    match Log::of(store, tenant) {
        Ok(log) => {
            verified.extent.first = log.first();
            verified.extent.unintegrated = log.size() - log.integrated().size();
            read_leaves(&log, hashed, options, &mut verified);
        }
        Err(error) => unreadable(&error, report),
    }
    conclude(options, &mut verified);
    verified
}

impl Log {
    /// Verifies this log as it stands now; see [`verify`].
    pub fn verify(&self, options: &Options<'_>) -> Verified {
        verify(self.store(), self.tenant(), options)
    }
}

fn read_state(store: &Store, places: &TenantPlaces, report: &mut Report) -> Option<State> {
    let path = places.state().display().to_string();
    // In this order: whoever begins a log writes its state before its first leaf.
    let any = store.files().list(&places.leaves()).is_ok_and(|names| !names.is_empty());
    match State::read(store.files().as_ref(), places) {
        Ok(Found::State(state)) => return Some(state),
        Ok(Found::Missing) if any => {
            report.find(Code::StateDamaged, path, "is missing, and there are leaves");
        }
        Ok(Found::Missing) => {}
        Ok(Found::Damaged) => report.find(Code::StateDamaged, path, "its checksum does not fit"),
        Err(error) => report.find(Code::Unreadable, path, told(&error)),
    }
    None
}

fn compare_state(state: &State, head: &Head, places: &TenantPlaces, report: &mut Report) {
    let path = places.state().display().to_string();
    if state.size() > head.size {
        let what = format!("it counts {} leaves, there are {}", state.size(), head.size);
        report.find(Code::Truncated, path, what);
    } else if state.size() == head.size && state.frontier.root() != head.root {
        report.find(Code::StateDiffers, path, "its tree is not the one the leaves make");
    }
}

/// The pass over the leaves as documents: parts, completeness, coverage.
fn read_leaves(log: &Log, hashed: leaves::Hashed, options: &Options<'_>, verified: &mut Verified) {
    if !options.parts && !options.complete {
        return;
    }
    let mut said = hashed.said;
    for index in hashed.head.size..log.size() {
        if let Ok(Some(leaf)) = log.leaf(index)
            && said::is_statement(&leaf)
        {
            said.take(index, &leaf);
        }
    }
    let opener = opener(log, options, &mut verified.report);
    let mut parts = options.parts.then(|| parts::Check::new(log, said, opener));
    let mut complete = options.complete.then(|| complete::Check::behind(log.first()));
    let mut coverage = options.complete.then(Coverage::default);
    let of = log.size();
    let stored = log.integrated().size();
    let mut read = |index: u64, leaf: Option<Object>, report: &mut Report| {
        let Some(leaf) = leaf else {
            // Where leaves are checked as documents, that was told already.
            if !options.leaves {
                let what = "it is no JSON object";
                report.find(Code::LeafMalformed, Spot::leaf(index), what);
            }
            return;
        };
        if let Some(parts) = &mut parts
            && index < stored
        {
            parts.leaf(index, &leaf, report);
        }
        if let Some(complete) = &mut complete {
            complete.leaf(log, index, &leaf);
        }
        if let Some(coverage) = &mut coverage {
            coverage.leaf(&leaf);
        }
    };
    let mut at = log.first();
    while at < of {
        let block = if at < stored { leaves::block(log, at, stored) } else { live(log, at) };
        match block {
            Ok(leaves) => {
                for leaf in leaves::documents(&leaves, threads(options)) {
                    read(at, leaf, &mut verified.report);
                    at += 1;
                }
            }
            Err(error) => {
                unreadable(&error, &mut verified.report);
                break;
            }
        }
        (options.progress)(Progress { step: Step::Reading, done: at, of });
    }
    verified.disclosures = parts.map(|parts| parts.end(&mut verified.report));
    verified.gaps = complete.map(complete::Check::end);
    if let Some(gaps) = &mut verified.gaps {
        repeated::check(log, gaps);
    }
    verified.coverage = coverage;
}

/// Opens sealed parts, where the keys were given and are any.
fn opener(log: &Log, options: &Options<'_>, report: &mut Report) -> Option<Opener> {
    let opened = Opener::new(options.ring.clone()?, log.tenant());
    opened.inspect_err(|error| report.limit(format!("what is sealed: {error}"))).ok()
}

/// One leaf that only the write-ahead log holds.
fn live(log: &Log, index: u64) -> Result<Vec<Vec<u8>>, Error> {
    let leaf = log.leaf(index)?;
    let gone = || Error::Damaged { path: log.store().places().wal(), what: "an event vanished" };
    leaf.map(|leaf| vec![leaf]).ok_or_else(gone)
}

/// Tickets that are told one by one.
const TICKETS_TOLD: usize = 20;

fn conclude(options: &Options<'_>, verified: &mut Verified) {
    let Extent { unintegrated, .. } = verified.extent;
    let unsigned = verified.extent.unsigned();
    let report = &mut verified.report;
    if unsigned + unintegrated > 0 {
        report.fact(format!(
            "open tail: {unsigned} leaves are stored and not signed, {unintegrated} events are \
             acknowledged and not integrated"
        ));
    }
    if verified.extent.first > 0 {
        let first = verified.extent.first;
        report
            .fact(format!("pruned: {first} leaves at the beginning are gone, and it is certified"));
        report.limit("what the leaves said that were pruned, beyond their totals");
    }
    if let Some(disclosures) = &verified.disclosures {
        report.fact(disclosures.to_string());
        for (ticket, count) in disclosures.tickets.iter().take(TICKETS_TOLD) {
            report.fact(format!("erased under ticket {}: {count}", hex(ticket)));
        }
    }
    report.limit("what was never recorded, and what came after the latest checkpoint");
    report.limit("whether the recorder was told the truth");
    let checked = verified.anchors.iter().filter_map(|anchored| anchored.checked).max();
    match checked {
        Some(checked) if checked < verified.extent.stored => report.limit(format!(
            "whether the owner of the key rewrote leaves from {checked} on: no anchor that was \
             checked has seen them"
        )),
        None if options.against.is_empty() && options.marks.is_empty() => {
            report.limit("whether the owner of the key rewrote all of it: give a note you kept");
        }
        _ => {}
    }
}

fn unreadable(error: &Error, report: &mut Report) {
    let (path, code) = match error {
        Error::Io { path, .. } => (path, Code::Unreadable),
        Error::Damaged { path, .. } => (path, Code::FileMalformed),
        Error::Shortened { path, .. } => (path, Code::Truncated),
    };
    report.find(code, path.display().to_string(), told(error));
}

/// An error with what the system said.
fn told(error: &Error) -> String {
    match error {
        Error::Io { source, .. } => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

fn threads(options: &Options<'_>) -> usize {
    let there = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    options.threads.map_or_else(there, NonZeroUsize::get).min(VERIFY_THREADS_MAX)
}
