//! What a check found: stable codes, places, and the verdict that follows from them.

use std::fmt;

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
    ($($(#[doc = $doc:literal])* $code:ident = $word:literal, $verdict:ident, $hint:literal;)*) => {
        /// What can be found; the words are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])* $code,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$code => $word,)* }
            }

            /// What it means for the answer to "unchanged?"; a gap leaves that answer alone.
            pub fn verdict(self) -> Verdict {
                match self { $(Code::$code => Verdict::$verdict,)* }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$code => concat!($($doc),*),)* }
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
    /// A node that the leaves complete is not stored.
    NodeMissing = "node_missing", No, "a file of the tree was cut or removed; find a copy";
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
    /// A note that was kept is signed by none of the keys that are known.
    OlderKey = "older_key", CannotTell, "give the log's key of that time as well";
    /// Behind the notes that were kept stands what is no whole note.
    NoteUnfinished = "note_unfinished", CannotTell, "sign again: what a crash left is written over";
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
    /// A published tile is not the one whose hashes were signed.
    TileChanged = "tile_changed", No, "the tile was edited; find it in a copy";
    /// A published tile or entry bundle is not there.
    TileMissing = "tile_missing", No, "a published log has all its tiles: export it again";
    /// The state of a log is damaged.
    StateDamaged = "state_damaged", No, "integrate: a state is worked out again from the leaves";
    /// The state of a log does not agree with its leaves.
    StateDiffers = "state_differs", No, "an old state was put back, or the state was edited";
    /// A part is not what the leaf commits to.
    PartChanged = "part_changed", No, "what it discloses was edited; the leaf still proves itself";
    /// A disclosure that the leaf commits to is neither there nor recorded as erased.
    PartMissing = "part_missing", No, "it was removed without an erasure: find a copy of the part";
    /// A part belongs to no leaf, or not to the leaf it names.
    PartUnclaimed = "part_unclaimed", No, "a part was added, moved or written twice";
    /// What an erasure or expiry took is not what its event says.
    ErasureDiffers = "erasure_differs", No, "somebody removed more, or put some back: find a copy";
    /// An erasure or expiry was begun, and nothing says that it is done.
    ErasureUnfinished = "erasure_unfinished", CannotTell, "let who holds the keys go on with it";
    /// Bytes of the write-ahead log are not as they were written.
    WalDamaged = "wal_damaged", No, "events that nobody integrated yet may be lost: see the place";
    /// The write-ahead log ends as a crash leaves it.
    WalTorn = "wal_torn", Yes, "nothing acknowledged is missing; the next append mends it";
    /// A small file by which the store is run is not as it was written.
    ControlDamaged = "control_damaged", No, "no evidence is lost: its program mends it";
    /// The index does not say what the leaves say.
    IndexDamaged = "index_damaged", No, "delete `index/`: the next integration makes it again";
    /// There is no checkpoint: nothing was signed yet.
    NoCheckpoint = "no_checkpoint", CannotTell, "let the owner of the key sign, then ask again";
    /// There is no key to check with.
    NoKey = "no_key", CannotTell, "give the log's vkey with --vkey";
    /// A file cannot be read.
    Unreadable = "unreadable", CannotTell, "mend the permissions or the disk, then ask again";
    /// Leaves are packed or pruned, and this program cannot look inside.
    NotSupported = "not_supported", CannotTell, "ask `tacho verify`, which can";
    /// More is open at once than is followed, so this check is not complete.
    BeyondBounds = "beyond_bounds", CannotTell, "check a shorter part of the log";
    /// A bundle is no plain archive of the members that a bundle has.
    ArchiveMalformed = "archive_malformed", No, "do not unpack it; ask for the bundle again";
    /// A member of a bundle has a name that leads elsewhere, stands twice, or is a link.
    ArchiveUnsafe = "archive_unsafe", No, "do not unpack it: whoever made it means harm";
    /// A member that a bundle needs, or that its manifest names, is not there.
    MemberMissing = "member_missing", No, "the bundle was cut: ask for it again";
    /// A member of a bundle is not what its manifest says.
    MemberChanged = "member_changed", No, "the bundle was edited after it was made";
    /// A statement of a bundle is not what its leaves say.
    StatementFalse = "statement_false", No, "whoever made the bundle states a falsehood";
    /// A disclosure is not one that a leaf commits to, or stands twice.
    DisclosureInvalid = "disclosure_invalid", No, "do not believe this text: no log vouches for it";
    /// An intent has no result.
    IntentOpen = "intent_open", Gap, "ask the agent's host what became of the call";
    /// A result has no intent.
    ResultAlone = "result_alone", Gap, "the source was on for the end of the call only";
    /// Numbers of an emitter's sequence are missing.
    SequenceHole = "sequence_hole", Gap, "events were made and never recorded, or were removed";
    /// A number of an emitter's sequence was given twice.
    SequenceRepeated = "sequence_repeated", Gap, "two programs share an emitter, or one copied";
    /// A session has no end.
    SessionOpen = "session_open", Gap, "it runs on, its agent died, or its hook was removed";
    /// A recorder fell silent without closing.
    RecorderSilent = "recorder_silent", Gap, "its process died: what it had queued is lost";
    /// A heartbeat came later than the one before had promised.
    HeartbeatLate = "heartbeat_late", Gap, "nothing was watched meanwhile: ask why";
    /// A loss that the recorder itself recorded.
    GapRecorded = "gap_recorded", Gap, "read the event: it says what was lost and why";
    /// A clock stepped back.
    ClockBack = "clock_back", Gap, "times around it are not in order; the order of leaves is";
}

impl Code {
    /// Whether it speaks of what is missing, and not of what was changed.
    pub fn is_gap(self) -> bool {
        self as usize >= Code::IntentOpen as usize
    }
}

#[expect(non_upper_case_globals, reason = "a word of the table above")]
impl Verdict {
    /// What is missing was never in the tree: the rest is unchanged.
    const Gap: Verdict = Verdict::Yes;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// The file, or what stands for one.
    pub file: Option<String>,
    /// The byte in it.
    pub offset: Option<u64>,
    /// The leaf.
    pub leaf: Option<u64>,
}

impl Spot {
    /// A file.
    pub fn file(file: impl fmt::Display) -> Self {
        Self { file: Some(file.to_string()), ..Self::default() }
    }

    /// A leaf, by its index.
    pub fn leaf(leaf: u64) -> Self {
        Self { leaf: Some(leaf), ..Self::default() }
    }

    /// A byte of the file.
    #[must_use]
    pub fn at(self, offset: u64) -> Self {
        Self { offset: Some(offset), ..self }
    }

    /// The file in which the leaf stands, or that speaks of it.
    #[must_use]
    pub fn within(self, file: impl fmt::Display) -> Self {
        Self { file: Some(file.to_string()), ..self }
    }
}

impl From<&str> for Spot {
    fn from(file: &str) -> Self {
        Self::file(file)
    }
}

impl From<String> for Spot {
    fn from(file: String) -> Self {
        Self::file(file)
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        if let Some(leaf) = self.leaf {
            write!(f, "leaf {leaf}")?;
            between = " of ";
        }
        if let Some(file) = &self.file {
            write!(f, "{between}{file}")?;
        }
        match self.offset {
            Some(offset) => write!(f, " byte {offset}"),
            None => Ok(()),
        }
    }
}

/// One finding: what, where, and in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// Where.
    pub spot: Spot,
    /// What exactly.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {} ({})", self.code, self.spot, self.what, self.code.hint())
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
    /// The worst of those beyond.
    more_verdict: Option<Verdict>,
    /// What was established, in sentences.
    pub facts: Vec<String>,
    /// What this check cannot show, in sentences.
    pub limits: Vec<String>,
}

impl Report {
    /// Adds a finding.
    pub fn find(&mut self, code: Code, spot: impl Into<Spot>, what: impl fmt::Display) {
        self.push(Finding { code, spot: spot.into(), what: what.to_string() });
    }

    /// Adds a finding that was made elsewhere.
    pub fn push(&mut self, finding: Finding) {
        if self.findings.len() >= FINDINGS_MAX {
            self.more += 1;
            self.more_verdict = self.more_verdict.max(Some(finding.code.verdict()));
            return;
        }
        self.findings.push(finding);
    }

    /// Takes over what another check found.
    pub fn absorb(&mut self, other: Report) {
        other.findings.into_iter().for_each(|finding| self.push(finding));
        self.more += other.more;
        self.more_verdict = self.more_verdict.max(other.more_verdict);
        self.facts.extend(other.facts);
        self.limits.extend(other.limits);
    }

    /// Adds a fact.
    pub fn fact(&mut self, fact: impl Into<String>) {
        self.facts.push(fact.into());
    }

    /// Adds a limit.
    pub fn limit(&mut self, limit: impl Into<String>) {
        self.limits.push(limit.into());
    }

    /// Whether a code was found.
    pub fn has(&self, code: Code) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// The answer to "unchanged?": the worst of the findings.
    pub fn verdict(&self) -> Verdict {
        let listed = self.findings.iter().map(|finding| finding.code.verdict());
        listed.chain(self.more_verdict).max().unwrap_or(Verdict::Yes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_worst_finding_decides_and_codes_are_distinct() {
        let mut report = Report::default();
        assert_eq!(report.verdict().exit_code(), 0);
        report.find(Code::SequenceHole, "emitter", "a gap is no change");
        assert_eq!(report.verdict().exit_code(), 0);
        report.find(Code::NoCheckpoint, "checkpoint", "is missing");
        assert_eq!(report.verdict().exit_code(), 3);
        report.find(Code::LeafChanged, Spot::leaf(7), "hashes to another value");
        assert_eq!(report.verdict().exit_code(), 1);
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn findings_are_bounded_counted_and_the_worst_beyond_the_bound_still_decides() {
        let mut report = Report::default();
        for _ in 0..FINDINGS_MAX + 4 {
            report.find(Code::SequenceHole, "x", "x");
        }
        assert_eq!(report.verdict(), Verdict::Yes);
        report.find(Code::LeafChanged, "x", "x");
        assert_eq!((report.findings.len(), report.more), (FINDINGS_MAX, 5));
        assert_eq!(report.verdict(), Verdict::No);
    }

    #[test]
    fn a_place_reads_as_a_sentence() {
        assert_eq!(Spot::leaf(3).to_string(), "leaf 3");
        assert_eq!(Spot::leaf(3).within("a.jsonl").to_string(), "leaf 3 of a.jsonl");
        assert_eq!(Spot::file("1.wal").at(32).to_string(), "1.wal byte 32");
    }
}
