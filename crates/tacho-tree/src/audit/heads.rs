//! Given signed notes, gives the roots that a growing tree must pass through.

use std::collections::BTreeMap;

use super::finding::{Code, Report};
use crate::check::Head;
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::name::KeyName;
use crate::note::{Note, NoteError};

/// Where a signed head comes from: what a disagreement with it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The log's latest checkpoint: it says how long the log is at least.
    Latest,
    /// A note that lies beside the log.
    Kept,
    /// A note, or a mark, that was kept elsewhere: whoever disagrees with it shows another history.
    Outside,
}

/// The heads that a log must agree with.
#[derive(Debug, Default)]
pub struct Heads {
    expected: BTreeMap<u64, Vec<(Hash, String, Source)>>,
    origin: Option<KeyName>,
    latest: Option<(u64, String)>,
    passed: u64,
}

impl Heads {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the bytes of a note and checks who signed it; without keys nobody is asked.
    pub fn add(
        &mut self,
        place: &str,
        bytes: &[u8],
        source: Source,
        keys: &[VerifierKey],
        report: &mut Report,
    ) {
        self.take(place, bytes, (source, source), keys, report);
    }

    /// The same for a note that lies in one place and is vouched for by another: the first tells
    /// what a key means that is not known, the second what another root means.
    pub(super) fn take(
        &mut self,
        place: &str,
        bytes: &[u8],
        (source, vouched): (Source, Source),
        keys: &[VerifierKey],
        report: &mut Report,
    ) {
        let parsed = Note::parse(bytes).and_then(|note| {
            let checkpoint = Checkpoint::parse(note.text())?;
            Ok((note, checkpoint))
        });
        let (note, checkpoint) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => return report.find(Code::FileMalformed, place, error),
        };
        let own: Vec<VerifierKey> =
            keys.iter().filter(|key| *key.name() == checkpoint.origin).cloned().collect();
        if !keys.is_empty()
            && let Err(error) = note.verify(if own.is_empty() { keys } else { &own })
        {
            let code = match (error == NoteError::NoKnownSignature, source) {
                (true, Source::Kept) => Code::OlderKey,
                (true, _) => Code::UnknownKey,
                (false, _) => Code::BadSignature,
            };
            report.find(code, place, error);
        }
        let origin = self.origin.get_or_insert_with(|| checkpoint.origin.clone());
        if *origin != checkpoint.origin {
            let what = format!("names another log: {}", checkpoint.origin);
            return report.find(Code::Forked, place, what);
        }
        self.expect(place, checkpoint.head, vouched);
    }

    /// Takes in a head that needs no signature, because whoever gives it wrote it down himself.
    pub fn expect(&mut self, place: &str, head: Head, source: Source) {
        if source == Source::Latest {
            self.latest = Some((head.size, place.to_owned()));
        }
        let at = self.expected.entry(head.size).or_default();
        at.push((head.root, place.to_owned(), source));
    }

    /// The log that the notes name.
    pub fn origin(&self) -> Option<&KeyName> {
        self.origin.as_ref()
    }

    /// The size of the latest checkpoint.
    pub fn signed(&self) -> Option<u64> {
        self.latest.as_ref().map(|(size, _)| *size)
    }

    /// The sizes that are still expected within a range of sizes.
    pub fn sizes(&self, within: std::ops::RangeInclusive<u64>) -> Vec<u64> {
        self.expected.range(within).map(|(size, _)| *size).collect()
    }

    /// How many heads agreed so far.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Checks the heads of this size.
    pub fn pass(&mut self, size: u64, root: &Hash, report: &mut Report) {
        for (expected, place, source) in self.expected.remove(&size).unwrap_or_default() {
            if expected == *root {
                self.passed += 1;
                continue;
            }
            let outside = source == Source::Outside;
            let code = if outside { Code::Forked } else { Code::RootMismatch };
            let what = format!("signed root {expected}, the leaves make {root}");
            report.find(code, format!("{place}, size {size}"), what);
        }
    }

    /// The heads of this size cannot be checked: their leaves were pruned, and nothing was kept
    /// that could prove them.
    pub fn leave(&mut self, size: u64, report: &mut Report) {
        for (_, place, _) in self.expected.remove(&size).unwrap_or_default() {
            let what = "its leaves were pruned, and nothing was kept that proves it";
            report.find(Code::NoteUnproven, format!("{place}, size {size}"), what);
        }
    }

    /// The log ends with `size` leaves: whatever was signed beyond is gone.
    pub fn finish(self, size: u64, report: &mut Report) {
        for (expected, at) in self.expected {
            for (_, place, source) in at {
                let outside = source == Source::Outside;
                let code = if outside { Code::RolledBack } else { Code::Truncated };
                report.find(code, place, format!("signed {expected} leaves, there are {size}"));
            }
        }
        if let Some((signed, place)) = self.latest {
            report.fact(format!("{size} leaves, {} of them under {place}", signed.min(size)));
            report.fact(format!("{} signed heads agree with the leaves", self.passed));
        }
    }
}
