//! What a check found: stable codes, places, and the verdict that follows from them.

use std::fmt;
use tacho_event::json::{Object, Value};

/// The answer to "is it unchanged?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Yes.
    Yes,
    /// It cannot be told from what is there.
    CannotTell,
    /// No.
    No,
}

impl Verdict {
    /// The exit code of a program that gives this answer.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Yes => 0,
            Verdict::No => 1,
            Verdict::CannotTell => 3,
        }
    }

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Yes => "yes",
            Verdict::No => "no",
            Verdict::CannotTell => "cannot tell",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $word:literal, $verdict:ident, $hint:literal;)*) => {
        /// What can be found; the words are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$code => $word,)* }
            }

            /// What it means for the answer.
            pub fn verdict(self) -> Verdict {
                match self { $(Code::$code => Verdict::$verdict,)* }
            }

            /// What to do about it.
            pub fn hint(self) -> &'static str {
                match self { $(Code::$code => $hint,)* }
            }
        }
    };
}

codes! {
    /// A leaf does not hash to the node that the tree has stored for it.
    LeafChanged = "leaf_changed", No, "compare with a copy: this event was edited";
    /// A stored node is not the hash of what stands below it.
    NodeChanged = "node_changed", No, "the tree was edited; its leaves still prove themselves";
    /// The leaves do not make the root that was signed.
    RootMismatch = "root_mismatch", No, "leaves were changed, moved, added or removed";
    /// There are fewer leaves than were signed.
    Truncated = "truncated", No, "the end of the log was cut off; find a copy";
    /// A file of leaves is missing between others.
    LeavesMissing = "leaves_missing", No, "find the file in a copy of the log";
    /// A signature does not hold.
    BadSignature = "bad_signature", No, "the checkpoint was edited, or signed with another key";
    /// The log's key did not sign.
    UnknownKey = "unknown_key", No, "the key you gave never signed this log: compare vkeys";
    /// An older note is not a prefix of this log.
    Forked = "forked", No, "somebody was shown another history: keep both notes";
    /// A note that was handed out is larger than this log.
    RolledBack = "rolled_back", No, "an older state of the log was put back";
    /// A leaf is no leaf of this format.
    LeafMalformed = "leaf_malformed", No, "it was not written by a recorder";
    /// A proof does not lead from the leaf to the signed root.
    ProofInvalid = "proof_invalid", No, "proof, leaf or checkpoint do not belong together";
    /// A file is not what its name says.
    FileMalformed = "file_malformed", No, "the file was damaged or edited";
    /// There is no checkpoint: nothing was signed yet.
    NoCheckpoint = "no_checkpoint", CannotTell, "let the owner of the key sign, then ask again";
    /// There is no key to check with.
    NoKey = "no_key", CannotTell, "give the log's vkey with --vkey";
    /// A file cannot be read.
    Unreadable = "unreadable", CannotTell, "mend the permissions or the disk, then ask again";
    /// Leaves are packed or pruned, and this program cannot look inside.
    NotSupported = "not_supported", CannotTell, "ask `tacho verify`, which can";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding: what, where, and in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// Where: a file, a leaf's index, a node.
    pub place: String,
    /// What exactly.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {} ({})", self.code, self.place, self.what, self.code.hint())
    }
}

/// How many findings one report lists; beyond them it only counts.
pub const FINDINGS_MAX: usize = 1000;

/// Everything a check found, good and bad.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was found wrong.
    pub findings: Vec<Finding>,
    /// Findings beyond [`FINDINGS_MAX`].
    pub more: u64,
    /// What was established, in sentences.
    pub facts: Vec<String>,
    /// What this check cannot show, in sentences.
    pub limits: Vec<String>,
}

impl Report {
    /// Adds a finding.
    pub fn find(&mut self, code: Code, place: impl fmt::Display, what: impl fmt::Display) {
        if self.findings.len() >= FINDINGS_MAX {
            self.more += 1;
            return;
        }
        self.findings.push(Finding { code, place: place.to_string(), what: what.to_string() });
    }

    /// Adds a fact.
    pub fn fact(&mut self, fact: impl Into<String>) {
        self.facts.push(fact.into());
    }

    /// Adds a limit.
    pub fn limit(&mut self, limit: impl Into<String>) {
        self.limits.push(limit.into());
    }

    /// The answer: the worst of the findings.
    pub fn verdict(&self) -> Verdict {
        let worst = self.findings.iter().map(|finding| finding.code.verdict()).max();
        worst.unwrap_or(Verdict::Yes)
    }

    /// The report as `{"v":1,"verdict":..,"findings":[..],"facts":[..],"limits":[..]}`.
    pub fn to_json(&self) -> Object {
        let finding = |one: &Finding| {
            Object::from([
                ("code", Value::from(one.code.as_str())),
                ("place", Value::from(one.place.as_str())),
                ("what", Value::from(one.what.as_str())),
                ("hint", Value::from(one.code.hint())),
            ])
        };
        Object::from([
            ("v", Value::from(1)),
            ("verdict", Value::from(self.verdict().as_str())),
            (
                "findings",
                Value::List(self.findings.iter().map(|one| finding(one).into()).collect()),
            ),
            ("more_findings", Value::from(self.more)),
            ("facts", Value::from(self.facts.clone())),
            ("limits", Value::from(self.limits.clone())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_and_codes_are_distinct() {
        let mut report = Report::default();
        assert_eq!(report.verdict().exit_code(), 0);
        report.find(Code::NoCheckpoint, "checkpoint", "is missing");
        assert_eq!(report.verdict().exit_code(), 3);
        report.find(Code::LeafChanged, "leaf 7", "hashes to another value");
        assert_eq!(report.verdict().exit_code(), 1);
        let words: std::collections::BTreeSet<_> =
            Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn findings_are_bounded_and_counted() {
        let mut report = Report::default();
        for i in 0..FINDINGS_MAX + 5 {
            report.find(Code::LeafChanged, i, "x");
        }
        assert_eq!((report.findings.len(), report.more), (FINDINGS_MAX, 5));
    }
}
