//! Given a signed note and, one after another, what a witness answers, gives the next request, a
//! cosignature to keep, or an alarm: the log's half of C2SP `tlog-witness`.
//!
//! ```text
//! 200  its cosignature holds            Cosigned
//! 409  a size we have passed, not ours  Again: prove from there
//! 409  a larger size than ours          Alarm::Rollback: it has seen leaves that this log lacks
//! 409  our own size, asked from there   Alarm::Fork: it has seen another tree of that size
//! 422  our proof from its size          Alarm::Fork: its tree is no beginning of this one
//! else, or no word that can be read     Refused: nothing is known, ask another time
//! ```
//! An alarm is the witness's word and no proof: somebody who answers in its place can raise one. It
//! can never be made to look as if a fork was cosigned, since a cosignature covers the whole text
//! of the checkpoint.

use std::fmt;

use super::{Submission, parse_cosignatures, parse_size};
use crate::check::{self, Head};
use crate::checkpoint::Checkpoint;
use crate::key::VerifierKey;
use crate::line::Malformed;
use crate::nodes::Nodes;
use crate::note::{Note, Signature};
use crate::prove::{self, ProveError};

/// Requests made for one checkpoint before the witness is left alone: a first one from a size that
/// is no longer right, one from the size it named, and two more for others that ask at once.
pub const ASKED_MAX: u32 = 4;

/// One checkpoint on its way to a witness.
#[derive(Clone, Debug)]
pub struct Ask {
    note: Note,
    head: Head,
    witness: VerifierKey,
    old: u64,
    asked: u32,
}

impl Ask {
    /// Will show this note to the witness, which is believed to have cosigned `known` leaves last;
    /// 0 if nothing is known.
    ///
    /// # Errors
    /// The note is no checkpoint.
    pub fn new(note: &Note, witness: &VerifierKey, known: u64) -> Result<Ask, Malformed> {
        let head = Checkpoint::parse(note.text())?.head;
        // Nothing that lies beside the log says that it was rolled back; the witness does.
        let old = known.min(head.size);
        Ok(Ask { note: note.clone(), head, witness: witness.clone(), old, asked: 0 })
    }

    /// The head that is to be cosigned.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The request to send. What the tree does not prove to ourselves is not sent.
    ///
    /// # Errors
    /// The tree cannot be read, or does not make the head that the note signs.
    pub fn request<N: Nodes>(&self, nodes: &N) -> Result<Submission, AskError<N::Error>> {
        let root = prove::root(nodes, self.old).map_err(AskError::Tree)?;
        let proof = prove::consistency(nodes, self.old, self.head.size).map_err(AskError::Tree)?;
        check::consistency(&Head { size: self.old, root }, &self.head, &proof)
            .map_err(|_| AskError::OtherTree { size: self.head.size })?;
        Ok(Submission { old: self.old, proof, note: self.note.clone() })
    }

    /// Hears the answer to the request that was just made.
    pub fn hear(mut self, status: u16, body: &[u8]) -> Heard {
        self.asked += 1;
        match status {
            200 => self.cosigned(body),
            409 => self.conflict(body),
            // The proof was right when it left: the witness started from another tree.
            422 => Heard::Alarm(Alarm::Fork { size: self.old }),
            400 => Heard::Refused(Refused::BadRequest),
            403 => Heard::Refused(Refused::UnknownKey),
            404 => Heard::Refused(Refused::UnknownLog),
            status => Heard::Refused(Refused::Status(status)),
        }
    }

    fn cosigned(self, body: &[u8]) -> Heard {
        let garbage = |why| Heard::Refused(Refused::Garbage(why));
        let Ok(signatures) = parse_cosignatures(body) else {
            return garbage("no cosignature lines");
        };
        let is_its = |signature: &&Signature| {
            signature.name == *self.witness.name() && signature.id == self.witness.id()
        };
        let Some(signature) = signatures.iter().find(is_its) else {
            return garbage("no cosignature of this witness");
        };
        // Alone under the text: what the note has already is not this witness's business.
        let Ok(mut bare) = Note::new(self.note.text().to_owned()) else {
            return garbage("a checkpoint that is no note");
        };
        let added = bare.add(signature.clone()).is_ok();
        let verified = bare.verify(std::slice::from_ref(&self.witness));
        match verified.ok().and_then(|signers| signers.first()?.time) {
            Some(time) if added => {
                Heard::Cosigned(Cosigned { signature: signature.clone(), time, head: self.head })
            }
            _ => garbage("a cosignature that does not hold"),
        }
    }

    fn conflict(mut self, body: &[u8]) -> Heard {
        let is_ours = self.old == self.head.size;
        let Ok(seen) = parse_size(body) else {
            // Of two roots at one size the specification asks for the status alone.
            return match is_ours && body.is_empty() {
                true => Heard::Alarm(Alarm::Fork { size: self.old }),
                false => Heard::Refused(Refused::Garbage("a conflict without a size")),
            };
        };
        if seen > self.head.size {
            return Heard::Alarm(Alarm::Rollback { seen, ours: self.head.size });
        }
        if seen == self.old {
            return match is_ours {
                true => Heard::Alarm(Alarm::Fork { size: seen }),
                false => Heard::Refused(Refused::Garbage("a conflict with the size it has seen")),
            };
        }
        if self.asked >= ASKED_MAX {
            return Heard::Refused(Refused::Restless);
        }
        self.old = seen;
        Heard::Again(Box::new(self))
    }
}

/// What an answer came to.
#[derive(Clone, Debug)]
pub enum Heard {
    /// The witness cosigned.
    Cosigned(Cosigned),
    /// It saw another size last: make another request.
    Again(Box<Ask>),
    /// It saw what this log does not hold.
    Alarm(Alarm),
    /// It did not cosign, and that says nothing about the log.
    Refused(Refused),
}

/// A cosignature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The line to put under the note.
    pub signature: Signature,
    /// When the witness says it saw the checkpoint, in seconds since 1970.
    pub time: u64,
    /// What it saw.
    pub head: Head,
}

/// What a witness knows of a log and the log does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The witness cosigned more leaves than there are now: an older state was put back.
    Rollback {
        /// Leaves it cosigned.
        seen: u64,
        /// Leaves it was shown now.
        ours: u64,
    },
    /// The witness cosigned a tree of this size that is no beginning of the one it was shown.
    Fork {
        /// Leaves it cosigned.
        size: u64,
    },
}

impl Alarm {
    /// The stable code of events.
    pub fn code(self) -> &'static str {
        match self {
            Alarm::Rollback { .. } => "anchor-rollback",
            Alarm::Fork { .. } => "anchor-fork",
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alarm::Rollback { seen, ours } => {
                write!(f, "it cosigned {seen} leaves, and this log shows {ours}")
            }
            Alarm::Fork { size } => {
                write!(f, "it cosigned another tree of {size} leaves than this log has")
            }
        }
    }
}

/// Why there is no cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// 404: the witness does not know the log.
    UnknownLog,
    /// 403: it knows the log by another key.
    UnknownKey,
    /// 400: it does not understand the request.
    BadRequest,
    /// Another status.
    Status(u16),
    /// The answer is not what the protocol has.
    Garbage(&'static str),
    /// It names another size each time: others ask at once, or it makes game of us.
    Restless,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::UnknownLog => f.write_str("the witness does not know this log"),
            Refused::UnknownKey => f.write_str("the witness knows this log by another key"),
            Refused::BadRequest => f.write_str("the witness does not understand the request"),
            Refused::Status(status) => write!(f, "the witness answered with status {status}"),
            Refused::Garbage(what) => write!(f, "the witness answered with {what}"),
            Refused::Restless => write!(f, "the witness named {ASKED_MAX} sizes in a row"),
        }
    }
}

/// Why no request could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskError<E> {
    /// The tree cannot be read.
    Tree(ProveError<E>),
    /// The stored tree is not the one that was signed.
    OtherTree {
        /// Leaves of the signed one.
        size: u64,
    },
}

impl<E: fmt::Display> fmt::Display for AskError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskError::Tree(error) => error.fmt(f),
            AskError::OtherTree { size } => {
                write!(f, "stored tree of {size} leaves is not the one that was signed")
            }
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for AskError<E> {}
