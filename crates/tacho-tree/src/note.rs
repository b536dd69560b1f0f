//! Given signed text, gives who signed it: C2SP `signed-note`.
//!
//! ```text
//! text, one or more lines                                        signed, final newline included
//! <empty line>
//! \u{2014} <key name> <base64(key id 4 || signature)>     one line for each signature (em dash)
//!
//! tacho.example.com/acme
//! 3
//! FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=
//!
//! \u{2014} tacho.example.com/acme 6ZsaSua4Yv2SdZj5ktbGXuvQq4nXcuz0shhc1wax1Miaur9D..
//! ```
//! Signatures of unknown keys are ignored; one of a known key that does not verify rejects the
//! note; so does the lack of any that verifies.

use std::fmt;

use base64ct::{Base64, Encoding};

use crate::cosign;
use crate::key::{KeyId, Kind, LogKey, VerifierKey};
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use crate::line::Malformed;
use crate::name::KeyName;

/// An em dash (U+2014) and a space open a signature line.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// A text and the signatures under it. Nothing of it is true before [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: KeyName,
    /// The id of the key.
    pub id: KeyId,
    /// What the key made; its form depends on the key's kind.
    pub bytes: Vec<u8>,
}

/// A signature that held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key it verified under.
    pub key: &'k VerifierKey,
    /// When a witness says it saw the checkpoint, in seconds since 1970; `None` for a log's own.
    pub time: Option<u64>,
}

impl Note {
    /// A text of which nobody has signed anything yet.
    pub fn new(text: String) -> Result<Note, Malformed> {
        if !text.ends_with('\n') {
            return Err(malformed(0, "text does not end with a newline"));
        }
        if has_control(&text) {
            return Err(malformed(0, "has a control character"));
        }
        Ok(Note { text, signatures: Vec::new() })
    }

    /// Reads a note in the one spelling it is displayed in; it has at least one signature.
    pub fn parse(bytes: &[u8]) -> Result<Note, Malformed> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(malformed(0, "is too long"));
        }
        let note = str::from_utf8(bytes).map_err(|_| malformed(0, "is not UTF-8"))?;
        // The text may have empty lines itself: the last one ends it.
        let end = note.rfind("\n\n").ok_or(malformed(0, "has no signatures"))?;
        let (text, lines) = note.split_at(end + 1);
        let mut note = Note::new(text.to_owned())?;
        let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(malformed(0, "does not end with a signature line"))?;
        for (number, line) in (text.lines().count() + 2..).zip(lines.split('\n')) {
            let added = Signature::parse(line).and_then(|signature| note.add(signature));
            added.map_err(|refused| malformed(number, refused.why))?;
        }
        Ok(note)
    }

    /// The signed text, final newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Puts a signature below the others. A key signs a note once, so a second line of the same
    /// name and id is refused.
    pub fn add(&mut self, signature: Signature) -> Result<(), Malformed> {
        let same = |s: &Signature| s.name == signature.name && s.id == signature.id;
        if self.signatures.iter().any(same) {
            return Err(malformed(0, "repeats a signature"));
        }
        if self.signatures.len() >= NOTE_SIGNATURES_MAX {
            return Err(malformed(0, "has too many signatures"));
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Signs the text with a log's key and puts the signature below the others.
    pub fn sign(&mut self, key: &LogKey) -> Result<(), Malformed> {
        let bytes = key.sign_message(self.text.as_bytes()).to_vec();
        let verifier = key.verifier();
        self.add(Signature { name: verifier.name().clone(), id: verifier.id(), bytes })
    }

    /// Which of these keys signed the text. At least one did, and none of them signed badly;
    /// signatures of other keys are not looked at.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<Verified<'k>>, NoteError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let made_it =
                |key: &&VerifierKey| *key.name() == signature.name && key.id() == signature.id;
            let mut known = keys.iter().filter(made_it);
            let Some(key) = known.next() else { continue };
            if known.any(|other| other != key) {
                return Err(NoteError::AmbiguousKey { name: key.name().clone(), id: key.id() });
            }
            let time = verify_one(key, &self.text, &signature.bytes).ok_or_else(|| {
                NoteError::BadSignature { name: key.name().clone(), id: key.id() }
            })?;
            verified.push(Verified { key, time });
        }
        if verified.is_empty() { Err(NoteError::NoKnownSignature) } else { Ok(verified) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    /// Reads a signature line without its newline, in the one spelling it is displayed in.
    pub fn parse(line: &str) -> Result<Signature, Malformed> {
        let why = |why| Malformed { what: "signature line", line: 0, why };
        let rest = line.strip_prefix(SIGNATURE_PREFIX).ok_or(why("does not begin as one"))?;
        let (name, base64) = rest.split_once(' ').ok_or(why("has no signature"))?;
        let name = KeyName::new(name).map_err(|_| why("has a bad key name"))?;
        let bytes = Base64::decode_vec(base64).map_err(|_| why("is not base64"))?;
        match bytes.split_first_chunk() {
            Some((id, bytes)) if !bytes.is_empty() => {
                Ok(Signature { name, id: KeyId(*id), bytes: bytes.to_vec() })
            }
            _ => Err(why("has a signature that is too short")),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.0.as_slice(), &self.bytes].concat();
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, Base64::encode_string(&bytes))
    }
}

/// `Some` if the signature holds, and within it the time that a witness adds.
fn verify_one(key: &VerifierKey, text: &str, signature: &[u8]) -> Option<Option<u64>> {
    match key.kind() {
        Kind::Log => {
            let signature = signature.try_into().ok()?;
            key.verify_message(text.as_bytes(), signature).then_some(None)
        }
        Kind::Witness => cosign::verify(key, text, signature).map(Some),
    }
}

/// Control characters other than newline: below U+0020, and DEL, which no text of ours has.
fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte != b'\n' && byte.is_ascii_control())
}

fn malformed(line: usize, why: &'static str) -> Malformed {
    Malformed { what: "note", line, why }
}

/// Why a note is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteError {
    /// None of the known keys signed it.
    NoKnownSignature,
    /// A known key's signature does not fit the text.
    BadSignature {
        /// The key's name.
        name: KeyName,
        /// The key's id.
        id: KeyId,
    },
    /// Two known keys share name and id, so it is unclear which should have signed.
    AmbiguousKey {
        /// Their name.
        name: KeyName,
        /// Their id.
        id: KeyId,
    },
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoteError::NoKnownSignature => f.write_str("note is not signed by any known key"),
            NoteError::BadSignature { name, id } => {
                write!(f, "signature of {name}+{id} does not fit the note")
            }
            NoteError::AmbiguousKey { name, id } => {
                write!(f, "two known keys are called {name}+{id}")
            }
        }
    }
}

impl std::error::Error for NoteError {}
