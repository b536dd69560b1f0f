//! Given the bytes of a file of anchors, gives the anchors in it; given those and the keys of
//! witnesses, says on whose word how much of the log rests.
//!
//! ```text
//! anchor 7 witness witness.example.com/w1 2026-11-20T10:00:00.000000Z 231 173 5d41402a
//! <the note, 231 bytes><the evidence, 173 bytes>
//! ```
//! Behind the bytes stands a newline. The words are: a running number, the kind, the name of who
//! was asked, when the answer was kept, the lengths, and the first 8 digits of SHA-256 over all of
//! the entry before that word and after its line. The evidence of a `witness` is its cosignature
//! lines, that of a `tsa` the RFC 3161 response in DER, that of an `exec` what the command said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};

use super::finding::{Code, Report};
use super::heads::{Heads, Source};
use crate::checkpoint::Checkpoint;
use crate::key::{Kind as KeyKind, VerifierKey};
use crate::limits::NOTE_BYTES_MAX;
use crate::line::decimal;
use crate::name::KeyName;
use crate::note::Note;
use crate::policy::Policy;
use crate::stamp::{Stamp, rfc3339};
use crate::witness::parse_cosignatures;

/// Bytes of the evidence of one anchor.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024;

/// Sizes at which cosignatures are put together to a quorum.
const TOGETHER_MAX: usize = 64;

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnchorKind {
    /// A witness cosigned.
    Witness,
    /// An authority stamped the time.
    Stamp,
    /// A command took the note away.
    Copy,
}

impl AnchorKind {
    /// The word in files and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            AnchorKind::Witness => "witness",
            AnchorKind::Stamp => "tsa",
            AnchorKind::Copy => "exec",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<AnchorKind> {
        let all = [AnchorKind::Witness, AnchorKind::Stamp, AnchorKind::Copy];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for AnchorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One anchor as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchorEntry<'b> {
    /// Its running number.
    pub number: u64,
    /// Who was asked: the kind,
    pub kind: AnchorKind,
    /// and the name.
    pub name: &'b str,
    /// When it was kept, by the log's own clock.
    pub time: &'b str,
    /// The note that was shown.
    pub note: &'b [u8],
    /// What came back.
    pub evidence: &'b [u8],
}

impl<'b> AnchorEntry<'b> {
    /// The bytes that [`AnchorEntry::parse`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let words = self.words();
        let sum = self.sum(&words);
        [format!("{words} {sum}\n").as_bytes(), self.note, self.evidence, b"\n"].concat()
    }

    /// The entry that the bytes begin with, and its length; none if there is no whole one.
    pub fn parse(bytes: &'b [u8]) -> Option<(AnchorEntry<'b>, usize)> {
        let end = bytes.iter().take(1024).position(|byte| *byte == b'\n')?;
        let (line, behind) = (bytes.get(..end)?, bytes.get(end + 1..)?);
        let words: Vec<&str> = str::from_utf8(line).ok()?.split(' ').collect();
        let ["anchor", number, kind, name, time, note, evidence, sum] = words.as_slice() else {
            return None;
        };
        let note = decimal(note, NOTE_BYTES_MAX as u64)? as usize;
        let evidence = decimal(evidence, EVIDENCE_BYTES_MAX as u64)? as usize;
        let entry = AnchorEntry {
            number: decimal(number, u64::MAX)?,
            kind: AnchorKind::parse(kind)?,
            name: KeyName::new(name).is_ok().then_some(*name)?,
            time,
            note: behind.get(..note)?,
            evidence: behind.get(note..note + evidence)?,
        };
        let is_whole = behind.get(note + evidence) == Some(&b'\n');
        (is_whole && entry.sum(&entry.words()) == *sum)
            .then_some((entry, end + 1 + note + evidence + 1))
    }

    fn words(&self) -> String {
        let Self { number, kind, name, time, .. } = self;
        format!("anchor {number} {kind} {name} {time} {} {}", self.note.len(), self.evidence.len())
    }

    fn sum(&self, words: &str) -> String {
        let hash = Sha256::new()
            .chain_update(words)
            .chain_update(self.note)
            .chain_update(self.evidence)
            .finalize();
        hash.iter().take(4).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// The entries of one file. What follows the last whole one does not count: a crash left it, or
/// somebody edited one.
pub fn anchor_entries<'b>(
    place: &str,
    bytes: &'b [u8],
    report: &mut Report,
) -> Vec<AnchorEntry<'b>> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while let Some((entry, length)) = AnchorEntry::parse(rest) {
        entries.push(entry);
        rest = rest.get(length..).unwrap_or_default();
    }
    if !rest.is_empty() {
        let spot = format!("{place} entry {}", entries.len() + 1);
        report.find(Code::AnchorUnfinished, spot, "is no whole entry");
    }
    entries
}

/// Who is believed.
#[derive(Clone, Debug, Default)]
pub struct AnchorTrust {
    /// Keys of the log.
    pub log_keys: Vec<VerifierKey>,
    /// Keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// Those without whose word there is no answer.
    pub demanded: Vec<VerifierKey>,
    /// How many of them have to agree.
    pub policy: Option<Policy>,
}

/// Says of a note and a response whether an authority that is trusted signed the latter; none where
/// that cannot be told.
pub type StampJudge<'j> = dyn FnMut(&[u8], &[u8]) -> Option<bool> + 'j;

/// What one anchor says of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// The kind of it.
    pub kind: AnchorKind,
    /// Who it is.
    pub name: String,
    /// How often it was asked.
    pub count: u64,
    /// The most leaves it was shown.
    pub size: u64,
    /// When, in its own words, in seconds since 1970; none if it says no time.
    pub time: Option<u64>,
    /// The most leaves for which its word was checked here.
    pub checked: Option<u64>,
}

/// What all the anchors of a log say.
#[derive(Debug)]
pub struct AnchorAccount<'t> {
    trust: &'t AnchorTrust,
    rows: BTreeMap<(AnchorKind, String), Anchored>,
    together: BTreeMap<u64, Note>,
    agreed: BTreeSet<Vec<u8>>,
    quorum: Option<u64>,
}

impl<'t> AnchorAccount<'t> {
    /// An account of anchors by whom we believe.
    pub fn new(trust: &'t AnchorTrust) -> Self {
        let (rows, together) = (BTreeMap::new(), BTreeMap::new());
        Self { trust, rows, together, agreed: BTreeSet::new(), quorum: None }
    }

    /// Takes in one anchor, the newest first: the head it was shown is one that the log must have.
    /// `stamps` is asked about stamps.
    pub fn entry(
        &mut self,
        place: &str,
        entry: &AnchorEntry<'_>,
        heads: &mut Heads,
        stamps: &mut StampJudge<'_>,
        report: &mut Report,
    ) {
        let spot = format!("{place} anchor {}", entry.number);
        let parsed = Note::parse(entry.note).and_then(|note| {
            let checkpoint = Checkpoint::parse(note.text())?;
            Ok((note, checkpoint))
        });
        let (note, checkpoint) = match parsed {
            Ok(parsed) => parsed,
            Err(error) => return report.find(Code::FileMalformed, spot, error),
        };
        let size = checkpoint.head.size;
        let (time, is_checked) = match entry.kind {
            AnchorKind::Witness => self.cosignature(&spot, entry, &note, size, report),
            AnchorKind::Stamp => stamp(&spot, entry, stamps, report),
            AnchorKind::Copy => (None, false),
        };
        // Whoever disagrees with a word that was checked shows another history than was seen.
        let source = if is_checked { Source::Outside } else { Source::Kept };
        if self.agreed.len() >= TOGETHER_MAX {
            self.agreed.clear();
        }
        if self.agreed.insert(entry.note.to_vec()) || is_checked {
            let from = (Source::Kept, source);
            heads.take(&spot, entry.note, from, &self.trust.log_keys, report);
        }
        let key = (entry.kind, entry.name.to_owned());
        let row = self.rows.entry(key).or_insert_with(|| Anchored {
            kind: entry.kind,
            name: entry.name.to_owned(),
            count: 0,
            size: 0,
            time: None,
            checked: None,
        });
        row.count += 1;
        if size >= row.size {
            (row.size, row.time) = (size, time);
        }
        row.checked = row.checked.max(is_checked.then_some(size));
    }

    fn cosignature(
        &mut self,
        spot: &str,
        entry: &AnchorEntry<'_>,
        note: &Note,
        size: u64,
        report: &mut Report,
    ) -> (Option<u64>, bool) {
        let Ok(signatures) = parse_cosignatures(entry.evidence) else {
            report.find(Code::AnchorFalse, spot, "holds no cosignature lines");
            return (None, false);
        };
        let claimed = signatures.first().and_then(|first| first.bytes.first_chunk());
        let claimed = claimed.map(|time| u64::from_be_bytes(*time));
        let is_its = |key: &&VerifierKey| {
            key.kind() == KeyKind::Witness && key.name().as_str() == entry.name
        };
        let keys: Vec<VerifierKey> = self.trust.witnesses.iter().filter(is_its).cloned().collect();
        if keys.is_empty() {
            return (claimed, false);
        }
        let Ok(mut bare) = Note::new(note.text().to_owned()) else { return (claimed, false) };
        for signature in &signatures {
            // One that stands twice counts once.
            let _ = bare.add(signature.clone());
        }
        let time = bare.verify(&keys).map(|signers| signers.first().and_then(|one| one.time));
        let time = match time {
            Ok(time) => time,
            Err(error) => {
                report.find(Code::AnchorFalse, spot, error);
                return (claimed, false);
            }
        };
        if let Some(policy) = &self.trust.policy {
            let whole = self.together.entry(size).or_insert_with(|| note.clone());
            for signature in signatures {
                let _ = whole.add(signature);
            }
            if policy.open(whole).is_ok() {
                self.quorum = self.quorum.max(Some(size));
            }
            if self.together.len() > TOGETHER_MAX {
                self.together.pop_last();
            }
        }
        (time, true)
    }

    /// No more anchors. Says on whose word how much rests, and who is missing.
    pub fn finish(self, report: &mut Report) -> Vec<Anchored> {
        for key in &self.trust.demanded {
            let row = self.rows.get(&(AnchorKind::Witness, key.name().as_str().to_owned()));
            if row.is_none_or(|row| row.checked.is_none()) {
                let what = format!("{} cosigned nothing that is kept here", key.name());
                report.find(Code::WitnessMissing, "anchors", what);
            }
        }
        match (&self.trust.policy, self.quorum) {
            (None, _) => {}
            (Some(_), Some(size)) => {
                report.fact(format!("a quorum of witnesses saw the first {size} leaves"));
            }
            (Some(policy), None) if policy.needs_witnesses() => {
                let what = "no note that is kept here has a quorum of witnesses";
                report.find(Code::WitnessMissing, "anchors", what);
            }
            (Some(_), None) => {}
        }
        let rows: Vec<Anchored> = self.rows.into_values().collect();
        rows.iter().for_each(|row| report.fact(row.to_string()));
        rows
    }
}

/// What a stamp says: when, and whether the authority's signature was checked.
fn stamp(
    spot: &str,
    entry: &AnchorEntry<'_>,
    stamps: &mut StampJudge<'_>,
    report: &mut Report,
) -> (Option<u64>, bool) {
    let stamp = match Stamp::parse(entry.evidence) {
        Ok(stamp) => stamp,
        Err(error) => {
            report.find(Code::AnchorFalse, spot, error);
            return (None, false);
        }
    };
    if !stamp.is_over(entry.note) {
        report.find(Code::AnchorFalse, spot, "stamps other bytes than the note beside it");
        return (None, false);
    }
    let judged = stamps(entry.note, entry.evidence);
    if judged == Some(false) {
        report.find(Code::AnchorFalse, spot, "is not signed by the authority that is trusted");
    }
    (Some(stamp.time), judged == Some(true))
}

impl fmt::Display for Anchored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, size, count, .. } = self;
        let time = self.time.map(rfc3339);
        let at = time.as_deref().unwrap_or("a time of this machine's saying");
        match kind {
            AnchorKind::Witness => write!(f, "witness {name} saw {size} leaves at {at}")?,
            AnchorKind::Stamp => write!(f, "authority {name} stamped {size} leaves at {at}")?,
            AnchorKind::Copy => write!(f, "command {name} took the note of {size} leaves away")?,
        }
        let rests = match (kind, self.checked) {
            (AnchorKind::Copy, _) => "on this machine's word alone: compare the copy, --against",
            (_, Some(checked)) if checked == *size => "checked",
            (_, Some(checked)) => return write!(f, "; checked up to {checked}; {count} in all"),
            (AnchorKind::Witness, None) => "not checked: its key was not given",
            (AnchorKind::Stamp, None) => "not checked: no certificates were given",
        };
        write!(f, "; {rests}; {count} in all")
    }
}
