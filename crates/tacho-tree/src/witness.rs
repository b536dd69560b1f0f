//! Given what a log sends to a witness, gives the witness's answer: the texts of C2SP
//! `tlog-witness`, and the rule by which a witness cosigns.
//!
//! ```text
//! request    old 2                                              size the witness saw last
//!            /KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=       consistency proof from there
//!            <empty line>
//!            tacho.example.com/acme                             the signed note, as it stands
//!            ...
//! answer     200  \u{2014} witness.example.com/w1 base64(..)           cosignature lines
//!            409  4                                             the size it saw last
//! ```
//! Whoever runs a witness writes down the new head before answering, and does both in one step, so
//! that two requests at once cannot roll it back: `answer` has the types for it. `ask` is the log's
//! side of the same conversation.

mod answer;
mod ask;

use std::fmt;

use crate::check::{self, Head};
use crate::checkpoint::{self, Checkpoint, OpenError};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::limits::{CONSISTENCY_HASHES_MAX, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, TREE_SIZE_MAX};
use crate::line::{Malformed, decimal};
use crate::note::{Note, Signature};

pub use answer::{Promise, Reply, consider};
pub use ask::{ASKED_MAX, Alarm, Ask, AskError, Cosigned, Heard, Refused};

/// `old`, a size of up to 19 digits, the hashes of 45 bytes and the empty line.
const HEAD_BYTES_MAX: usize = 25 + CONSISTENCY_HASHES_MAX * 45;

/// The body of an `add-checkpoint` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The size of the checkpoint the witness is believed to have cosigned last; 0 for none.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by its log.
    pub note: Note,
}

impl Submission {
    /// Reads a request body in the one spelling it is displayed in.
    pub fn parse(bytes: &[u8]) -> Result<Submission, Malformed> {
        if bytes.len() > HEAD_BYTES_MAX + NOTE_BYTES_MAX {
            return Err(malformed(0, "is too long"));
        }
        let text = str::from_utf8(bytes).map_err(|_| malformed(0, "is not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or(malformed(0, "has no checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.and_then(|old| decimal(old, TREE_SIZE_MAX));
        let old = old.ok_or(malformed(1, "is not the old size"))?;
        let mut proof = Vec::new();
        for (number, line) in (2..).zip(lines) {
            proof.push(Hash::from_base64(line).ok_or(malformed(number, "is not a hash"))?);
        }
        if proof.len() > CONSISTENCY_HASHES_MAX {
            return Err(malformed(0, "has too many hashes"));
        }
        let note = Note::parse(note.as_bytes())?;
        Checkpoint::parse(note.text())?;
        Ok(Submission { old, proof, note })
    }

    /// Whether a witness that knows these log keys and cosigned `last` for this origin before may
    /// cosign. `last` is asked for with the checkpoint once the log's signature holds.
    pub fn judge(
        &self,
        log_keys: &[VerifierKey],
        last: impl FnOnce(&Checkpoint) -> Option<Head>,
    ) -> Result<Checkpoint, Refusal> {
        let claimed = Checkpoint::parse(self.note.text()).map_err(Refusal::Malformed)?;
        if !log_keys.iter().any(|key| *key.name() == claimed.origin) {
            return Err(Refusal::UnknownLog);
        }
        let opened = checkpoint::open(&self.note, log_keys).map_err(Refusal::NotSigned)?;
        let (checkpoint, new) = (opened.checkpoint, claimed.head);
        if self.old > new.size {
            return Err(Refusal::Backwards);
        }
        let last = last(&checkpoint).unwrap_or(Head { size: 0, root: Hash::EMPTY_ROOT });
        if self.old != last.size {
            return Err(Refusal::OtherSize { last: last.size });
        }
        if last.size == new.size && last.root != new.root {
            return Err(Refusal::Fork { last: last.size });
        }
        check::consistency(&last, &new, &self.proof).map_err(|_| Refusal::Inconsistent)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// Reads a witness's answer: one or more cosignature lines. What they are worth shows when they are
/// added to the note and it is verified.
pub fn parse_cosignatures(bytes: &[u8]) -> Result<Vec<Signature>, Malformed> {
    if bytes.len() > NOTE_BYTES_MAX {
        return Err(malformed_answer(0, "is too long"));
    }
    let text = str::from_utf8(bytes).map_err(|_| malformed_answer(0, "is not UTF-8"))?;
    let lines =
        text.strip_suffix('\n').ok_or(malformed_answer(0, "does not end with a newline"))?;
    let mut signatures = Vec::new();
    for (number, line) in (1..).zip(lines.split('\n')).take(NOTE_SIGNATURES_MAX + 1) {
        signatures
            .push(Signature::parse(line).map_err(|refused| malformed_answer(number, refused.why))?);
    }
    if signatures.len() > NOTE_SIGNATURES_MAX {
        return Err(malformed_answer(0, "has too many signatures"));
    }
    Ok(signatures)
}

/// Reads the size in the body of a 409 answer: decimal and a newline.
pub fn parse_size(bytes: &[u8]) -> Result<u64, Malformed> {
    let text = str::from_utf8(bytes).ok().and_then(|text| text.strip_suffix('\n'));
    let size = text.and_then(|text| decimal(text, TREE_SIZE_MAX));
    size.ok_or(malformed_answer(1, "is not a tree size"))
}

fn malformed(line: usize, why: &'static str) -> Malformed {
    Malformed { what: "witness request", line, why }
}

fn malformed_answer(line: usize, why: &'static str) -> Malformed {
    Malformed { what: "witness answer", line, why }
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The note's text is no checkpoint. Answered with 400.
    Malformed(Malformed),
    /// No known key bears the name of the origin. Answered with 404.
    UnknownLog,
    /// No known key of the log signed it, or one did badly. Answered with 403.
    NotSigned(OpenError),
    /// The old size is larger than the new one. Answered with 400.
    Backwards,
    /// The witness saw another size last. Answered with 409 and that size.
    OtherSize {
        /// The size it saw last.
        last: u64,
    },
    /// The witness saw the same size with another root: the log forked. Answered with 409.
    Fork {
        /// The size it saw last.
        last: u64,
    },
    /// The proof does not lead from the last root to the new one. Answered with 422.
    Inconsistent,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Malformed(malformed) => malformed.fmt(f),
            Refusal::UnknownLog => f.write_str("log is not known here"),
            Refusal::NotSigned(error) => error.fmt(f),
            Refusal::Backwards => f.write_str("old size is larger than the checkpoint's"),
            Refusal::OtherSize { last } => write!(f, "the size seen last is {last}"),
            Refusal::Fork { last } => write!(f, "another root was seen at size {last}"),
            Refusal::Inconsistent => f.write_str("proof does not lead to the new root"),
        }
    }
}

impl std::error::Error for Refusal {}
