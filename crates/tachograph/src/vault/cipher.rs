//! Given keys and bytes, gives sealed bytes, and back: AES-256-GCM for parts, HPKE for keys.
//!
//! ```text
//! HPKE    RFC 9180: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, AES-256-GCM 0x0002,
//!         base mode, single shot, empty aad; written as enc 32 || ciphertext || tag 16
//! AEAD    AES-256-GCM(HKDF-Expand(K, info, 32), nonce 12, aad); the tag behind the ciphertext
//! ```
//!
//! A secret is wiped when it is dropped. An error says nothing of why: whoever guesses learns
//! nothing from it.

use std::fmt;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit, Nonce};
use aes_gcm::aes::Aes256Enc;
use aes_gcm::{AesGcm, Tag};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, Serializable};
use tacho_hash::Mac;
use zeroize::Zeroizing;

use tacho_event::World;

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::AesGcm256;
/// AES-256-GCM. It encrypts in both directions: the keys for decrypting are neither made nor wiped.
type Cipher = AesGcm<Aes256Enc, U12>;

/// Bytes that HPKE adds: the encapsulated key, and the tag.
pub(super) const HPKE_BYTES: usize = 32 + TAG_BYTES;
/// Bytes of an AES-GCM tag.
pub(super) const TAG_BYTES: usize = 16;

/// 32 secret bytes.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// What was sealed does not open with this key, in this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed;

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("does not open with this key")
    }
}

impl std::error::Error for Sealed {}

/// 32 random bytes.
pub(crate) fn random_key(world: &dyn World) -> Key {
    let mut key = Key::default();
    world.fill(key.as_mut_slice());
    key
}

/// The X25519 public key of a secret; none for bytes that are no secret key.
pub(crate) fn public_of(secret: &Key) -> Option<[u8; 32]> {
    let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(secret.as_slice()).ok()?;
    Kem::sk_to_pk(&secret).to_bytes().as_slice().try_into().ok()
}

/// Seals to a public key; none if that is no key.
pub(crate) fn hpke_seal(
    public: &[u8; 32],
    info: &[u8],
    plaintext: &[u8],
    world: &dyn World,
) -> Option<Vec<u8>> {
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(public).ok()?;
    let mode = OpModeS::Base;
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
        &mode,
        &public,
        info,
        plaintext,
        b"",
        &mut Dice(world),
    )
    .ok()?;
    let mut sealed = enc.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Some(sealed)
}

/// Opens what [`hpke_seal`] sealed.
pub(crate) fn hpke_open(
    secret: &Key,
    info: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Sealed> {
    let (enc, ciphertext) = sealed.split_at_checked(32).ok_or(Sealed)?;
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).map_err(|_| Sealed)?;
    let secret =
        <Kem as hpke::Kem>::PrivateKey::from_bytes(secret.as_slice()).map_err(|_| Sealed)?;
    let mode = OpModeR::Base;
    hpke::single_shot_open::<Aead, Kdf, Kem>(&mode, &secret, &enc, info, ciphertext, b"")
        .map(Zeroizing::new)
        .map_err(|_| Sealed)
}

/// Half of an expansion: the key is worked in, so that many expansions cost one key each.
#[derive(Clone)]
pub(crate) struct Expander(Mac);

impl fmt::Debug for Expander {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expander")
    }
}

impl Expander {
    pub(crate) fn new(key: &Key) -> Self {
        Self(Mac::new(key.as_slice()))
    }

    /// HKDF-Expand(K, info, 32): one block, RFC 5869.
    pub(crate) fn expand(&self, [label, id, class]: [&[u8]; 3]) -> Key {
        Zeroizing::new(self.0.of([label, id, class, &[1]]))
    }
}

/// HKDF-Expand(K, info, 32) for each key and its info, which ends with the number of the block, 1:
/// side by side.
pub(crate) fn expand_all<'i, const N: usize>(
    infos: impl Iterator<Item = (&'i tacho_hash::Key, &'i [u8; N])>,
) -> Zeroizing<Vec<[u8; 32]>> {
    tacho_hash::secrets(infos.map(|(key, info)| (key, info.as_slice())))
}

/// HMAC-SHA256.
pub(crate) fn mac(key: &Key, message: &[u8]) -> [u8; 32] {
    Mac::new(key.as_slice()).of([message])
}

/// Seals `bytes[from..]` where it stands and appends the tag. `aad` is the header and the origin.
pub(super) fn aead_seal(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    out: &mut Vec<u8>,
    from: usize,
) {
    let cipher = Cipher::new(key.into());
    let body = out.get_mut(from..).unwrap_or_default();
    let nonce = Nonce::<Cipher>::from(*nonce);
    // AES-GCM refuses only what is longer than 64 GiB.
    let tag = cipher.encrypt_inout_detached(&nonce, aad, InOutBuf::from(body)).unwrap_or_default();
    out.extend_from_slice(&tag);
}

/// Opens what [`aead_seal`] sealed.
pub(super) fn aead_open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Sealed> {
    let split = sealed.len().checked_sub(TAG_BYTES).ok_or(Sealed)?;
    let (body, tag) = sealed.split_at_checked(split).ok_or(Sealed)?;
    let tag = Tag::try_from(tag).map_err(|_| Sealed)?;
    let mut plaintext = Zeroizing::new(body.to_vec());
    let cipher = Cipher::new(key.into());
    let nonce = Nonce::<Cipher>::from(*nonce);
    let buffer = InOutBuf::from(plaintext.as_mut_slice());
    cipher.decrypt_inout_detached(&nonce, aad, buffer, &tag).map_err(|_| Sealed)?;
    Ok(plaintext)
}

/// The world's dice, as HPKE wants them.
struct Dice<'w>(&'w dyn World);

impl TryRng for Dice<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Dice<'_> {}
