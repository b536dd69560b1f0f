//! Given a leaf's place and path and the signed checkpoint, gives one text that proves it offline:
//! C2SP `tlog-proof`.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 1
//! fkWDAugpcuK2W7RCpn+oQNnvONgFn0yPSrlEQPMNXBU=            siblings, from the leaf's up
//! /KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc=
//!
//! tacho.example.com/acme                                  the signed note, as it stands
//! 3
//! FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=
//!
//! \u{2014} tacho.example.com/acme 6ZsaSua4Yv2SdZj5ktbGXuvQq4nXcuz0shhc1wax1Miaur9D..
//! ```
//! The format allows a line of `extra` data that nothing vouches for; none is written and a proof
//! that has one is refused.

use std::fmt;

use crate::check::{self, CheckError};
use crate::checkpoint::{self, Checkpoint, OpenError, Opened};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::limits::{INCLUSION_HASHES_MAX, NOTE_BYTES_MAX, TREE_SIZE_MAX};
use crate::line::{Malformed, decimal};
use crate::note::Note;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The first line, the index line, the hashes of 45 bytes and the empty line.
const HEAD_BYTES_MAX: usize = 64 + INCLUSION_HASHES_MAX * 45;

/// A leaf's index, its inclusion proof, and the note the proof leads to. It does not hold the leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Which leaf.
    pub index: u64,
    /// Siblings from the leaf's up to the root's child.
    pub path: Vec<Hash>,
    /// The signed checkpoint.
    pub note: Note,
}

impl TlogProof {
    /// Reads a proof in the one spelling it is displayed in.
    pub fn parse(bytes: &[u8]) -> Result<TlogProof, Malformed> {
        if bytes.len() > HEAD_BYTES_MAX + NOTE_BYTES_MAX {
            return Err(malformed(0, "is too long"));
        }
        let text = str::from_utf8(bytes).map_err(|_| malformed(0, "is not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or(malformed(0, "has no checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed(1, "is not `c2sp.org/tlog-proof@v1`"));
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(|index| decimal(index, TREE_SIZE_MAX - 1));
        let index = index.ok_or(malformed(2, "is not the index of a leaf"))?;
        let mut path = Vec::new();
        for (number, line) in (3..).zip(lines) {
            path.push(Hash::from_base64(line).ok_or(malformed(number, "is not a hash"))?);
        }
        if path.len() > INCLUSION_HASHES_MAX {
            return Err(malformed(0, "has too many hashes"));
        }
        let note = Note::parse(note.as_bytes())?;
        Checkpoint::parse(note.text())?;
        Ok(TlogProof { index, path, note })
    }

    /// Whether a leaf with this hash stands at the index, in a tree whose log, named in the
    /// checkpoint and known by one of these keys, signed it. Gives the checkpoint and its signers.
    pub fn verify<'k>(
        &self,
        leaf: &Hash,
        keys: &'k [VerifierKey],
    ) -> Result<Opened<'k>, TlogProofError> {
        let opened = checkpoint::open(&self.note, keys).map_err(TlogProofError::Checkpoint)?;
        check::inclusion(leaf, self.index, &opened.checkpoint.head, &self.path)
            .map_err(TlogProofError::Inclusion)?;
        Ok(opened)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\nindex {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

fn malformed(line: usize, why: &'static str) -> Malformed {
    Malformed { what: "tlog-proof", line, why }
}

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlogProofError {
    /// The checkpoint is not to be believed.
    Checkpoint(OpenError),
    /// The leaf is not shown to be in its tree.
    Inclusion(CheckError),
}

impl fmt::Display for TlogProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlogProofError::Checkpoint(error) => error.fmt(f),
            TlogProofError::Inclusion(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TlogProofError {}
