//! Given a signed note, gives the tree head it vouches for: C2SP `tlog-checkpoint`.
//!
//! ```text
//! tacho.example.com/acme                             origin: which log
//! 3                                                  leaves, decimal
//! FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=       root, base64
//! ```
//! Three lines, each ended by a newline. The format allows extension lines; these logs never write
//! any, since nobody could audit them, and a text that has them is refused.

use std::fmt;

use crate::check::Head;
use crate::hash::Hash;
use crate::key::{Kind, LogKey, VerifierKey};
use crate::limits::TREE_SIZE_MAX;
use crate::line::{Malformed, decimal};
use crate::name::KeyName;
use crate::note::{Note, NoteError, Verified};

/// The head of one log's tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// Which log.
    pub origin: KeyName,
    /// Size and root of its tree.
    pub head: Head,
}

impl Checkpoint {
    /// Reads the text of a checkpoint, in the one spelling it is displayed in.
    pub fn parse(text: &str) -> Result<Checkpoint, Malformed> {
        let mut lines = text.split('\n');
        let mut next = |line, why| lines.next().ok_or(malformed(line, why));
        let origin = next(1, "is missing")?;
        let origin = KeyName::new(origin).map_err(|_| malformed(1, "is not an origin"))?;
        let size = decimal(next(2, "is missing")?, TREE_SIZE_MAX);
        let size = size.ok_or(malformed(2, "is not a tree size"))?;
        let root = Hash::from_base64(next(3, "is missing")?);
        let root = root.ok_or(malformed(3, "is not a root hash"))?;
        if !next(4, "is missing")?.is_empty() || lines.next().is_some() {
            return Err(malformed(4, "is an extension line, which these logs do not write"));
        }
        if size == 0 && root != Hash::EMPTY_ROOT {
            return Err(malformed(3, "is not the root of an empty tree"));
        }
        Ok(Checkpoint { origin, head: Head { size, root } })
    }

    /// The note over this checkpoint, which nobody signed yet: for who signs it elsewhere, with the
    /// same duties as [`Checkpoint::sign`].
    pub fn unsigned(&self) -> Note {
        match Note::new(self.to_string()) {
            Ok(note) => note,
            Err(malformed) => unreachable!("a checkpoint is the text of a note: {malformed}"),
        }
    }

    /// The note over this checkpoint, signed with the log's key.
    ///
    /// Whoever calls this has made the leaves durable and checked that the tree contains the one
    /// signed before: a log never forks.
    ///
    /// # Panics
    /// If the key bears another name than the origin.
    pub fn sign(&self, key: &LogKey) -> Note {
        assert_eq!(*key.verifier().name(), self.origin, "a log's key bears its name");
        let mut note = self.unsigned();
        match note.sign(key) {
            Ok(()) => note,
            Err(malformed) => unreachable!("it has no signature yet: {malformed}"),
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.head.size, self.head.root)
    }
}

/// A checkpoint whose log signed it, and who else did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'k> {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// Every known key that signed it: the log's, in the order of the note, and witnesses'.
    pub signers: Vec<Verified<'k>>,
}

/// Opens a checkpoint: it is well-formed, every signature of a known key holds, and one of them is
/// a log's key that bears the name of the origin. Witnesses alone do not make a checkpoint.
pub fn open<'k>(note: &Note, keys: &'k [VerifierKey]) -> Result<Opened<'k>, OpenError> {
    let signers = note.verify(keys).map_err(OpenError::Note)?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(OpenError::Malformed)?;
    let is_log = |signer: &Verified<'_>| {
        signer.key.kind() == Kind::Log && *signer.key.name() == checkpoint.origin
    };
    if !signers.iter().any(is_log) {
        return Err(OpenError::NotByItsLog { origin: checkpoint.origin });
    }
    Ok(Opened { checkpoint, signers })
}

fn malformed(line: usize, why: &'static str) -> Malformed {
    Malformed { what: "checkpoint", line, why }
}

/// Why a note is not a checkpoint to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes are no note, or its text no checkpoint.
    Malformed(Malformed),
    /// The signatures do not hold.
    Note(NoteError),
    /// Known keys signed it, but not the key of the log it names.
    NotByItsLog {
        /// The log it names.
        origin: KeyName,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Malformed(malformed) => malformed.fmt(f),
            OpenError::Note(error) => error.fmt(f),
            OpenError::NotByItsLog { origin } => {
                write!(f, "checkpoint of {origin} is not signed by that log's key")
            }
        }
    }
}

impl std::error::Error for OpenError {}
