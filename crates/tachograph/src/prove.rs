//! Given an event, gives one text that proves it offline: C2SP `tlog-proof` under the latest
//! checkpoint.

use std::fmt;

use tacho_tree::prove::{self, ProveError as TreeError};
use tacho_tree::prune::WithKept;
use tacho_tree::{Checkpoint, Hash, Head, Note, TlogProof, VerifierKey, leaf_hash};

use crate::anchor;
use crate::error::Error;
use crate::limits::LEAVES_PER_FILE;
use crate::log::Log;
use crate::record::Receipt;

/// Which event.
#[derive(Debug, Clone, Copy)]
pub enum Which<'w> {
    /// The one with this index in the log.
    Index(u64),
    /// The one with this id; of several the first.
    Id(&'w str),
    /// The one that was acknowledged.
    Receipt(&'w Receipt),
}

impl From<u64> for Which<'_> {
    fn from(index: u64) -> Self {
        Self::Index(index)
    }
}

impl<'w> From<&'w str> for Which<'w> {
    fn from(id: &'w str) -> Self {
        Self::Id(id)
    }
}

impl<'w> From<&'w Receipt> for Which<'w> {
    fn from(receipt: &'w Receipt) -> Self {
        Self::Receipt(receipt)
    }
}

/// A leaf and the proof that the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The exact bytes of the leaf.
    pub leaf: Vec<u8>,
    /// The proof: what is displayed is what is given away.
    pub proof: TlogProof,
}

impl Proof {
    /// Whether the proof holds under a key that is trusted.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check(&self, keys: &[VerifierKey]) -> Result<Head, tacho_tree::TlogProofError> {
        Ok(self.proof.verify(&leaf_hash(&self.leaf), keys)?.checkpoint.head)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.proof.fmt(f)
    }
}

impl Log {
    /// The proof of an event, under the newest checkpoint that witnesses cosigned if it holds the
    /// event, else under the latest.
    ///
    /// # Errors
    /// That there is no such event, that it is not signed yet, or that the log is damaged.
    pub fn prove<'w>(&self, which: impl Into<Which<'w>>) -> Result<Proof, ProveError> {
        let (note, head) = self.signed_head()?;
        let index = self.index_of(which.into())?;
        if let Some((note, head)) = self.cosigned_over(index)
            && let Ok(proof) = self.prove_under(index, &note, &head)
        {
            return Ok(proof);
        }
        self.prove_under(index, &note, &head)
    }

    /// The newest note that witnesses cosigned, with their lines, if it holds this event. What is
    /// kept of anchors is never needed for a proof, so nothing that is wrong with it matters here.
    pub(crate) fn cosigned_over(&self, index: u64) -> Option<(Note, Head)> {
        let note = anchor::cosigned(self.store().files().as_ref(), self.places()).ok()??;
        let head = Checkpoint::parse(note.text()).ok()?.head;
        (index < head.size).then_some((note, head))
    }

    /// The latest note with the head it signs.
    ///
    /// # Errors
    /// That nothing was signed yet, or that the note is damaged.
    pub fn signed_head(&self) -> Result<(Note, Head), ProveError> {
        let note = self.checkpoint()?.ok_or(ProveError::NoCheckpoint)?;
        let path = || self.places().checkpoint();
        let checkpoint = Checkpoint::parse(note.text())
            .map_err(|_| Error::Damaged { path: path(), what: "it is no checkpoint" })?;
        Ok((note, checkpoint.head))
    }

    /// The proof that the log of `old` leaves is the beginning of the log of `new` leaves.
    ///
    /// # Errors
    /// That the log has fewer leaves, or that its tree is damaged.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, ProveError> {
        if new > self.integrated().size() {
            return Err(ProveError::NotSigned { index: new, signed: self.integrated().size() });
        }
        if old >= self.first() {
            return prove::consistency(self.nodes(), old, new).map_err(ProveError::of);
        }
        // Below what was pruned, only notes that the log kept can be proven.
        let kept = self.frontiers()?;
        if old > 0 && !old.is_multiple_of(LEAVES_PER_FILE) && !kept.iter().any(|f| f.size() == old)
        {
            return Err(ProveError::Pruned { index: old, first: self.first() });
        }
        prove::consistency(&WithKept::new(self.nodes(), &kept), old, new).map_err(ProveError::of)
    }

    pub(crate) fn prove_under(
        &self,
        index: u64,
        note: &Note,
        head: &Head,
    ) -> Result<Proof, ProveError> {
        if index >= head.size {
            return Err(ProveError::NotSigned { index, signed: head.size });
        }
        if index < self.first() {
            return Err(ProveError::Pruned { index, first: self.first() });
        }
        let path = prove::inclusion(self.nodes(), index, head.size).map_err(ProveError::of)?;
        let leaf = self.leaf(index)?.ok_or(ProveError::NoSuchEvent)?;
        // A proof that does not hold is worse than none: whoever gets it would suspect himself.
        let held = tacho_tree::check::inclusion(&leaf_hash(&leaf), index, head, &path);
        if held.is_err() {
            let path = self.places().leaf_file(index - index % crate::limits::LEAVES_PER_FILE);
            let what = "the leaf does not lead to the signed root: `verify` tells where";
            return Err(Error::Damaged { path, what }.into());
        }
        Ok(Proof { leaf, proof: TlogProof { index, path, note: note.clone() } })
    }

    fn index_of(&self, which: Which<'_>) -> Result<u64, ProveError> {
        let found = match which {
            Which::Index(index) => return Ok(index),
            Which::Id(id) => self.find(id)?.first().map(|entry| entry.index),
            Which::Receipt(receipt) => {
                let mut found = None;
                for entry in self.find(receipt.id.as_str())? {
                    let hash = self.leaf_hash(entry.index)?;
                    if receipt.leaf_hash.is_none() || hash == receipt.leaf_hash {
                        found = Some(entry.index);
                        break;
                    }
                }
                found
            }
        };
        found.ok_or(ProveError::NoSuchEvent)
    }
}

/// Why an event was not proven.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProveError {
    /// The log holds no such event.
    NoSuchEvent,
    /// Nothing was signed yet.
    NoCheckpoint,
    /// The event stands behind the latest checkpoint: it can be proven when the key has signed.
    NotSigned {
        /// Its index.
        index: u64,
        /// Leaves that are signed.
        signed: u64,
    },
    /// The event was pruned: who kept its leaf and an older proof can still show both.
    Pruned {
        /// Its index.
        index: u64,
        /// The first that is kept.
        first: u64,
    },
    /// The log could not be read.
    Store(Error),
}

impl ProveError {
    fn of(error: TreeError<Error>) -> Self {
        match error {
            TreeError::Nodes(error) => Self::Store(error),
            TreeError::NoSuchLeaf { index, size } => Self::NotSigned { index, signed: size },
            _ => Self::NoSuchEvent,
        }
    }
}

impl From<Error> for ProveError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for ProveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchEvent => f.write_str("the log holds no such event"),
            Self::NoCheckpoint => f.write_str("nothing was signed yet"),
            Self::NotSigned { index, signed } => {
                write!(f, "event {index} is not signed yet: the checkpoint has {signed} events")
            }
            Self::Pruned { index, first } => {
                write!(f, "event {index} was pruned: the log begins with event {first}")
            }
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ProveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
