//! Given the list of keys that other programs hold, has the right one sign: that key lies in no
//! file of ours.
//!
//! ```text
//! <keys>/signer   {"keys":[{"command":["openssl",..],"epoch":1,"origin":"..","vkey":".."}],"v":1}
//! ```
//!
//! A program gets exactly the bytes to sign on its standard input, a note's text or the statement
//! of a rotation, and answers with the 64 bytes of an Ed25519 signature, or with one line of base64
//! that stands for them. `{name}` in its words is the name of the key. It has some seconds; what it
//! says is checked with the public key before anything is done with it. Epochs that are not listed
//! have a key of our own (`keys`).
//!
//! The list names what is run: it is 0600, and one that others may write is refused.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tacho_event::json::{self, Object, Value};
use tacho_tree::{Kind, LogKey, Note, Origin, Rotation, VerifierKey, note};

use super::error::SignError;
use crate::anchor::{Carrier, Command, Speaks};
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{SIGNER_BYTES_MAX, SIGNER_WAIT_SECONDS};

/// A key that another program holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideKey {
    /// The public key; its name is the origin of the log.
    pub vkey: VerifierKey,
    /// Which of the log's keys it is.
    pub epoch: u32,
    /// The program and its arguments.
    pub command: Vec<String>,
}

/// Who signs for a log.
pub(super) enum Hand {
    /// We do.
    Own(LogKey),
    /// Another program does.
    Outside(OutsideKey),
}

impl Hand {
    pub(super) fn verifier(&self) -> &VerifierKey {
        match self {
            Self::Own(key) => key.verifier(),
            Self::Outside(key) => &key.vkey,
        }
    }

    /// Puts a signature below the others of a note.
    pub(super) fn sign(&self, note: &mut Note) -> Result<(), SignError> {
        match self {
            // Two epochs have two keys, so no signature repeats.
            Self::Own(key) => note.sign(key).map_err(|_| refused(key.verifier(), TOO_MANY)),
            Self::Outside(key) => key.sign(note),
        }
    }

    /// The signature under a rotation that this key, the old one, makes.
    pub(super) fn rotate(&self, rotation: &Rotation<'_>) -> Result<[u8; 64], SignError> {
        match self {
            Self::Own(key) => Ok(rotation.sign(key)),
            Self::Outside(key) => {
                let signature = key.ask(&rotation.statement())?;
                let holds = rotation.verify(&key.vkey, &signature);
                holds.then_some(signature).ok_or_else(|| refused(&key.vkey, NOT_ITS))
            }
        }
    }
}

const NOT_ITS: &str = "what it answered is no signature of that key";
const TOO_MANY: &str = "the note bears too many signatures";

impl OutsideKey {
    /// A key of a log, from its 32 public bytes.
    ///
    /// # Errors
    /// That they are no key, or that there is no program.
    pub fn new(
        origin: &Origin,
        epoch: u32,
        public: &[u8; 32],
        command: Vec<String>,
    ) -> Result<Self, SignError> {
        let name = origin.key_name();
        let key = VerifierKey::new(name, Kind::Log, public);
        let vkey = key.map_err(|error| SignError::NoSigner(error.to_string()))?;
        Command::new(&command, Speaks::ExitCode, "", None)
            .map_err(|error| SignError::NoSigner(error.to_string()))?;
        Ok(Self { vkey, epoch, command })
    }

    fn sign(&self, note: &mut Note) -> Result<(), SignError> {
        let bytes = self.ask(note.text().as_bytes())?.to_vec();
        let (name, id) = (self.vkey.name().clone(), self.vkey.id());
        let mut signed = note.clone();
        signed
            .add(note::Signature { name, id, bytes })
            .map_err(|_| refused(&self.vkey, TOO_MANY))?;
        let held = signed.verify(std::slice::from_ref(&self.vkey));
        held.map_err(|_| refused(&self.vkey, NOT_ITS))?;
        *note = signed;
        Ok(())
    }

    /// Has the program sign something that is signed for no other purpose: whether it can.
    pub(super) fn probe(&self) -> Result<(), SignError> {
        let mut note = Note::new(format!("{PROBE}\n{}\n", self.vkey.name()))
            .map_err(|_| refused(&self.vkey, TOO_MANY))?;
        self.sign(&mut note)
    }

    /// What the program answers to a message.
    fn ask(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let name = self.vkey.name().as_str();
        let command = Command::new(&self.command, Speaks::ExitCode, name, None);
        let command = command.map_err(|error| refused(&self.vkey, &error.to_string()))?;
        let answer = command.carry(message, Duration::from_secs(SIGNER_WAIT_SECONDS));
        let answer = answer.map_err(|error| refused(&self.vkey, &error.to_string()))?;
        signature(&answer.body).ok_or_else(|| {
            let bytes = answer.body.len();
            refused(&self.vkey, &format!("its answer of {bytes} bytes is no signature"))
        })
    }
}

const PROBE: &str = "tacho/v1/signer-probe";

fn refused(vkey: &VerifierKey, why: &str) -> SignError {
    let key = format!("{}+{}", vkey.name(), vkey.id());
    SignError::Outside { key, why: why.to_owned() }
}

/// 64 bytes, or a line of base64 that stands for them.
fn signature(answer: &[u8]) -> Option<[u8; 64]> {
    if let Ok(raw) = answer.try_into() {
        return Some(raw);
    }
    let line = str::from_utf8(answer).ok()?.trim();
    let line = line.trim_end_matches('=').replace('+', "-").replace('/', "_");
    tacho_event::privacy::from_base64url(&line)?.try_into().ok()
}

/// The keys of a store's logs that other programs hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside(Vec<OutsideKey>);

impl Outside {
    /// Reads the list; none is an empty one.
    pub(super) fn read(files: &dyn Files, dir: &Path) -> Result<Self, SignError> {
        let path = path(dir);
        let bytes = match read_small(files, &path, SIGNER_BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            outcome => outcome.doing("read", &path)?,
        };
        if !files.is_private(&path).doing("stat", &path)? {
            return Err(SignError::Exposed(path));
        }
        let keys = decode(&bytes);
        let damaged = || Error::Damaged { path, what: "it lists no keys of other programs" };
        Ok(Self(keys.ok_or_else(damaged)?))
    }

    /// The key of a log and epoch, if another program holds it.
    pub(super) fn key(&self, origin: &Origin, epoch: u32) -> Option<&OutsideKey> {
        let is_it = |key: &&OutsideKey| key.vkey.name().as_str() == origin.as_str();
        self.0.iter().filter(is_it).find(|key| key.epoch == epoch)
    }

    pub(super) fn keys(&self) -> &[OutsideKey] {
        &self.0
    }

    /// Takes in a key, in the place of another of that log and epoch.
    pub(super) fn put(&mut self, key: OutsideKey) {
        let (name, epoch) = (key.vkey.name().clone(), key.epoch);
        self.0.retain(|one| (one.vkey.name(), one.epoch) != (&name, epoch));
        self.0.push(key);
    }

    pub(super) fn write(&self, files: &dyn Files, dir: &Path) -> Result<(), Error> {
        let steps =
            Steps { sync: Point::KeySync, rename: Point::KeyRename, dir: Some(Point::KeyDirSync) };
        let keys: Vec<Value> = self.0.iter().map(encode).collect();
        let list = Object::from([("v", Value::from(1)), ("keys", Value::from(keys))]);
        replace(files, &path(dir), Value::Object(list).to_json().as_bytes(), steps)
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("signer")
}

fn encode(key: &OutsideKey) -> Value {
    let words: Vec<&str> = key.command.iter().map(String::as_str).collect();
    Value::Object(Object::from([
        ("origin", Value::from(key.vkey.name().as_str())),
        ("epoch", Value::from(u64::from(key.epoch))),
        ("vkey", Value::from(key.vkey.to_string().as_str())),
        ("command", Value::from(words)),
    ]))
}

fn decode(bytes: &[u8]) -> Option<Vec<OutsideKey>> {
    let list = json::read(bytes).ok()?;
    let list = list.as_object()?;
    if list.get("v")?.as_i64()? != 1 {
        return None;
    }
    let key = |value: &Value| {
        let object = value.as_object()?;
        let vkey = VerifierKey::parse(object.str("vkey")?).ok()?;
        let epoch = u32::try_from(object.get("epoch")?.as_i64()?).ok()?;
        let words = object.get("command")?.as_list()?.iter();
        let command: Vec<String> =
            words.map(|word| word.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        let agrees = object.str("origin")? == vkey.name().as_str() && vkey.kind() == Kind::Log;
        (agrees && !command.is_empty()).then_some(OutsideKey { vkey, epoch, command })
    };
    list.get("keys")?.as_list()?.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_64_bytes_or_their_base64_and_nothing_else() {
        let raw: Vec<u8> = (0..64).collect();
        let text = tacho_event::privacy::base64url(&raw);
        let standard = text.replace('-', "+").replace('_', "/") + "==\n";
        for answer in [raw.as_slice(), text.as_bytes(), standard.as_bytes()] {
            assert_eq!(signature(answer).unwrap().as_slice(), raw);
        }
        for answer in [
            &raw[..63],
            b"",
            b"no",
            &standard.as_bytes()[..80],
            &[raw.clone(), raw.clone()].concat(),
        ] {
            assert_eq!(signature(answer), None, "{answer:?}");
        }
    }

    #[test]
    fn the_list_is_read_back_and_a_foreign_one_is_none() {
        let origin = Origin::parse("tacho.example.com/acme").unwrap();
        let public = *LogKey::from_seed(origin.key_name(), &[3; 32]).verifier().public_bytes();
        let words = vec!["sign".to_owned(), "with \"it\"".to_owned()];
        let key = OutsideKey::new(&origin, 2, &public, words).unwrap();
        let list = Object::from([("v", Value::from(1)), ("keys", Value::from(vec![encode(&key)]))]);
        let text = Value::Object(list).to_json();
        assert_eq!(decode(text.as_bytes()), Some(vec![key]));
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("com/acme\"", "com/other\""),
            ("[\"sign\",\"with \\\"it\\\"\"]", "[]"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            assert_eq!(decode(text.replacen(from, to, 1).as_bytes()), None, "{from}");
        }
        assert!(OutsideKey::new(&origin, 0, &[0; 32], vec!["x".to_owned()]).is_err());
        assert!(OutsideKey::new(&origin, 0, &public, Vec::new()).is_err());
    }
}
