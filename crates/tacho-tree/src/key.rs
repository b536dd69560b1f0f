//! Given the master seed, gives the key of each log; given a `vkey` text, checks signatures.
//!
//! Ed25519 (RFC 8032), names and key ids of C2SP `signed-note`:
//! ```text
//! seed      HKDF-SHA256(ikm = master.seed 32, salt = "tacho/v1/log-key",
//!                       info = u16 length of origin || origin || u32 epoch, 32), big-endian
//! key id    SHA-256(name || 0x0A || kind || public key 32)[..4]
//! kind      0x01 signs a note's text; 0x04 cosigns a checkpoint with a time
//! public    tacho.example.com/acme+e99b1a4a+ASBYulQ/OMuk4akSbunMAe5zNBA2FQnhNWhyg0JaxLIR
//!           name + id in hex + base64(kind || public key)
//! private   PRIVATE+KEY+tacho.example.com/acme+e99b1a4a+AWlNCU2It5QmOUY5Bgy72aTQrwyvyGw6tp5w..
//!           PRIVATE+KEY + name + id in hex + base64(kind || seed), Go's `note` text
//! ```
//! Every log has its own key, because C2SP `tlog-policy` forbids one public key in two logs.

use std::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature as Ed25519, Signer};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::limits::NAME_BYTES_MAX;
use crate::name::{KeyName, Origin};

const DERIVATION_SALT: &[u8] = b"tacho/v1/log-key";
const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

/// What a key signs, and so what its signatures mean. The byte stands in key texts and key ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// `0x01`: the text of a note. A log's own signature.
    Log = 0x01,
    /// `0x04`: a checkpoint and the time it was seen. A witness's cosignature.
    Witness = 0x04,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        [Kind::Log, Kind::Witness].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The first four bytes of a hash over name, kind and public key; written as 8 hex digits.
///
/// An aid for finding the key, no proof of it: the signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    fn of(name: &KeyName, kind: Kind, public: &[u8; 32]) -> KeyId {
        let hash = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', kind as u8])
            .chain_update(public)
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        KeyId([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// A public key with its name: what a verifier is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    kind: Kind,
    public: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// Reads a `vkey` text, in the one spelling it is displayed in.
    pub fn parse(vkey: &str) -> Result<VerifierKey, KeyError> {
        let (name, id, material) = split_key_text(vkey)?;
        let (kind, public) = decode_material(material)?;
        VerifierKey::new(name, kind, &public)?.with_id(id)
    }

    /// Names a public key. Weak keys, under which anything verifies, and second spellings of a key
    /// are refused.
    pub fn new(name: KeyName, kind: Kind, public: &[u8; 32]) -> Result<VerifierKey, KeyError> {
        if !is_canonical(public) {
            return Err(KeyError::WeakKey);
        }
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(public).map_err(|_| KeyError::NotAPoint)?;
        if key.is_weak() {
            return Err(KeyError::WeakKey);
        }
        let id = KeyId::of(&name, kind, public);
        Ok(VerifierKey { name, id, kind, public: key })
    }

    /// The key if its id is the one written beside it.
    fn with_id(self, written: &str) -> Result<VerifierKey, KeyError> {
        if self.id.to_string() == written { Ok(self) } else { Err(KeyError::WrongId) }
    }

    /// The name that stands in its signature lines.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id that stands in its signature lines.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The 32 bytes of the public key.
    pub fn public_bytes(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// Checks 64 bytes of Ed25519 over exactly this message, strictly: no small-order points, no
    /// second spelling of a signature.
    pub(crate) fn verify_message(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.public.verify_strict(message, &Ed25519::from_bytes(signature)).is_ok()
    }

    /// Checks a signature made by [`LogKey::sign_statement`].
    pub fn verify_statement(&self, context: &str, body: &[u8], signature: &[u8; 64]) -> bool {
        self.kind == Kind::Log && self.verify_message(&statement(context, body), signature)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = encode_material(self.kind, self.public.as_bytes());
        write!(f, "{}+{}+{}", self.name, self.id, *material)
    }
}

/// A private key with its name. It is wiped when dropped, and never displayed.
struct Secret {
    key: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl Secret {
    fn new(name: KeyName, kind: Kind, seed: &[u8; 32]) -> Secret {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = key.verifying_key();
        let id = KeyId::of(&name, kind, public.as_bytes());
        Secret { key, verifier: VerifierKey { name, id, kind, public } }
    }

    fn parse(text: &str, kind: Kind) -> Result<Secret, KeyError> {
        let rest = text.strip_prefix(PRIVATE_PREFIX).ok_or(KeyError::NotAKeyText)?;
        let (name, id, material) = split_key_text(rest)?;
        let (found, seed) = decode_material(material)?;
        if found != kind {
            return Err(KeyError::OtherKind { found, expected: kind });
        }
        let secret = Secret::new(name, kind, &seed);
        secret.verifier.clone().with_id(id)?;
        Ok(secret)
    }

    fn to_text(&self) -> Zeroizing<String> {
        let VerifierKey { name, id, kind, .. } = &self.verifier;
        let material = encode_material(*kind, self.key.as_bytes());
        // Sized beforehand, so that no half-written copy is left behind by growth.
        let mut text = Zeroizing::new(String::with_capacity(NAME_BYTES_MAX + 80));
        for piece in [PRIVATE_PREFIX, name.as_str(), "+", &id.to_string(), "+", &material] {
            text.push_str(piece);
        }
        text
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

/// The key that signs one log's checkpoints. Wiped when dropped.
pub struct LogKey(Secret);

impl LogKey {
    /// The key of this origin and epoch. Epochs count rotations: they give a fresh key, but none
    /// that survives the loss of the master seed.
    pub fn derive(master_seed: &[u8; 32], origin: &Origin, epoch: u32) -> LogKey {
        let name = origin.as_str().as_bytes();
        // An origin has at most 255 bytes, so its length fits.
        let length = (name.len() as u16).to_be_bytes();
        let mut seed = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(Some(DERIVATION_SALT), master_seed)
            .expand_multi_info(&[&length, name, &epoch.to_be_bytes()], seed.as_mut_slice());
        assert!(derived.is_ok(), "HKDF-SHA256 gives up to 8,160 bytes");
        LogKey::from_seed(origin.key_name(), &seed)
    }

    /// The key with this Ed25519 seed.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> LogKey {
        LogKey(Secret::new(name, Kind::Log, seed))
    }

    /// Reads Go's `PRIVATE+KEY+..` text.
    pub fn parse(text: &str) -> Result<LogKey, KeyError> {
        Secret::parse(text, Kind::Log).map(LogKey)
    }

    /// Go's `PRIVATE+KEY+..` text. Whoever has it can sign: keep it in a file of mode 0600.
    pub fn to_private_text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// The public half, with the same name.
    pub fn verifier(&self) -> &VerifierKey {
        &self.0.verifier
    }

    pub(crate) fn sign_message(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }

    /// Signs something that is no note: `context || 0x00 || body`. The zero byte cannot occur in a
    /// note, so no statement can ever be shown as a checkpoint or the other way round.
    ///
    /// # Panics
    /// If the context contains a zero byte.
    pub fn sign_statement(&self, context: &str, body: &[u8]) -> [u8; 64] {
        self.0.sign(&statement(context, body))
    }
}

/// The key of a witness: cosigns checkpoints with the time it saw them. Wiped when dropped.
pub struct WitnessKey(Secret);

impl WitnessKey {
    /// The key with this Ed25519 seed. Use no seed for two names: a cosignature does not cover the
    /// name (C2SP `tlog-cosignature`).
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> WitnessKey {
        WitnessKey(Secret::new(name, Kind::Witness, seed))
    }

    /// Reads a `PRIVATE+KEY+..` text of kind `0x04`.
    pub fn parse(text: &str) -> Result<WitnessKey, KeyError> {
        Secret::parse(text, Kind::Witness).map(WitnessKey)
    }

    /// The text that [`WitnessKey::parse`] reads. Keep it in a file of mode 0600.
    pub fn to_private_text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// The public half, with the same name.
    pub fn verifier(&self) -> &VerifierKey {
        &self.0.verifier
    }

    pub(crate) fn sign_message(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({})", self.0.verifier)
    }
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessKey({})", self.0.verifier)
    }
}

pub(crate) fn statement(context: &str, body: &[u8]) -> Vec<u8> {
    assert!(!context.contains('\0'), "a context is text without zero bytes");
    [context.as_bytes(), &[0], body].concat()
}

/// Divides `name+id+material`. Neither name nor id has a `+`; base64 may.
fn split_key_text(text: &str) -> Result<(KeyName, &str, &str), KeyError> {
    let mut pieces = text.splitn(3, '+');
    let (Some(name), Some(id), Some(material)) = (pieces.next(), pieces.next(), pieces.next())
    else {
        return Err(KeyError::NotAKeyText);
    };
    let name = KeyName::new(name).map_err(|_| KeyError::NotAKeyText)?;
    Ok((name, id, material))
}

/// base64(kind || 32 bytes): 44 characters, no padding needed.
fn encode_material(kind: Kind, key: &[u8; 32]) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([kind as u8; 33]);
    bytes.iter_mut().skip(1).zip(key).for_each(|(to, from)| *to = *from);
    Zeroizing::new(Base64::encode_string(bytes.as_slice()))
}

fn decode_material(material: &str) -> Result<(Kind, Zeroizing<[u8; 32]>), KeyError> {
    let mut bytes = Base64::decode_vec(material).map_err(|_| KeyError::NotAKeyText)?;
    let split = bytes.split_first().and_then(|(kind, key)| {
        let key: [u8; 32] = key.try_into().ok()?;
        Some((*kind, Zeroizing::new(key)))
    });
    bytes.zeroize();
    let (kind, key) = split.ok_or(KeyError::NotAKeyText)?;
    let kind = Kind::from_byte(kind).ok_or(KeyError::UnknownKind { byte: kind })?;
    Ok((kind, key))
}

/// Whether the y coordinate is below p = 2^255 - 19. A larger one is a second spelling of a point.
fn is_canonical(public: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = public;
    !(*low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && high & 0x7f == 0x7f)
}

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not `name+id+base64` (with `PRIVATE+KEY+` before it, if private).
    NotAKeyText,
    /// A signature algorithm this program does not know.
    UnknownKind {
        /// Its byte in the list of C2SP `signed-note`.
        byte: u8,
    },
    /// A key for another use.
    OtherKind {
        /// What it is.
        found: Kind,
        /// What was asked for.
        expected: Kind,
    },
    /// The id does not belong to name and key.
    WrongId,
    /// The bytes are no point of the curve.
    NotAPoint,
    /// A key under which forged signatures verify, or a second spelling of a key.
    WeakKey,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::NotAKeyText => f.write_str("key text is not name+id+base64"),
            KeyError::UnknownKind { byte } => write!(f, "key kind 0x{byte:02x} is not known"),
            KeyError::OtherKind { found, expected } => {
                write!(f, "key is of kind {found:?}, not {expected:?}")
            }
            KeyError::WrongId => f.write_str("key id does not belong to this name and key"),
            KeyError::NotAPoint => f.write_str("key is no Ed25519 point"),
            KeyError::WeakKey => f.write_str("key is weak or not in its one spelling"),
        }
    }
}

impl std::error::Error for KeyError {}
