//! Given a part's plaintext and the key of its grant, gives the sealed part, and back.
//!
//! ```text
//! plaintext  seed 16 || JCS of [[name, value], ..], zstd if flagged 1, then zeros if flagged 2
//! AEAD       AES-256-GCM(HKDF-Expand(K, "tacho/v1/part\0" || record id || class, 32), nonce,
//!                        aad = the 56 header bytes || origin)
//! ```
//!
//! The header names record, grant and class, and the origin its log: a part that is moved to
//! another place, class or tenant does not open there.

use tacho_event::privacy::Class;
use zeroize::Zeroizing;

use super::cipher::{Expander, Sealed, TAG_BYTES, aead_open, aead_seal};
use super::codec::{FLAG_PADDED, FLAG_ZSTD, PART_HEADER_BYTES, Part};
use crate::limits::{FRAME_BYTES_MAX, ZSTD_PART_BYTES_MIN};

const PART: &[u8; 14] = b"tacho/v1/part\0";
/// What sealing adds to a plaintext that is neither padded nor packed.
pub(super) const ADDED_BYTES: usize = PART_HEADER_BYTES + TAG_BYTES;
/// Quick: a part is sealed while its writer waits.
const ZSTD_LEVEL: i32 = 1;

/// Where a part belongs, and how it is sealed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) record_id: [u8; 16],
    pub(crate) grant_id: [u8; 16],
    pub(crate) class: Class,
    pub(crate) pairs: u16,
    pub(crate) nonce: [u8; 12],
    pub(crate) origin: &'a str,
    /// Hides the length of the content.
    pub(crate) padded: bool,
}

/// What a part's key is expanded from: its label, record and class, and the number of the block.
pub(crate) type Info = [u8; PART.len() + 16 + 2];

pub(crate) fn info(record_id: &[u8; 16], class: Class) -> Info {
    let mut info = [1; size_of::<Info>()];
    if let Some((label, rest)) = info.split_first_chunk_mut()
        && let Some((id, [byte, _number])) = rest.split_first_chunk_mut()
    {
        (*label, *id, *byte) = (*PART, *record_id, class.byte());
    }
    info
}

/// Appends the part, sealed under the key of its grant.
pub(crate) fn seal(key: &Expander, envelope: &Envelope<'_>, plaintext: &[u8], out: &mut Vec<u8>) {
    let key = key.expand([PART, &envelope.record_id, &[envelope.class.byte()]]);
    seal_with(&key, envelope, plaintext, &mut Vec::new(), out);
}

/// Appends the part, sealed with its own key; `aad` is room to work in, kept from part to part.
pub(crate) fn seal_with(
    key: &[u8; 32],
    envelope: &Envelope<'_>,
    plaintext: &[u8],
    aad: &mut Vec<u8>,
    out: &mut Vec<u8>,
) {
    let mut flags = 0;
    let packed = packed(plaintext);
    let plaintext = packed.as_deref().map_or(plaintext, Vec::as_slice);
    if packed.is_some() {
        flags |= FLAG_ZSTD;
    }
    let padding = if envelope.padded { padme(plaintext.len()) - plaintext.len() } else { 0 };
    if envelope.padded {
        flags |= FLAG_PADDED;
    }
    let Envelope { record_id, grant_id, class, pairs, nonce, .. } = *envelope;
    let part = Part { record_id, grant_id, class, flags, pairs, nonce, body: b"" };
    // At once: what grows is moved, and would leave a copy of the plaintext behind.
    out.reserve(plaintext.len() + padding + ADDED_BYTES);
    aad.clear();
    part.put_header(plaintext.len() + padding + TAG_BYTES, aad);
    out.extend_from_slice(aad);
    aad.extend_from_slice(envelope.origin.as_bytes());
    let from = out.len();
    out.extend_from_slice(plaintext);
    out.resize(out.len() + padding, 0);
    aead_seal(key, &nonce, aad, out, from);
}

/// A sealed part under another key of its grant, as long as it was; its bytes.
pub(crate) fn seal_again(
    (old, new): (&Expander, &Expander),
    part: &Part<'_>,
    nonce: [u8; 12],
    origin: &str,
) -> Result<Vec<u8>, Sealed> {
    let key = old.expand([PART, &part.record_id, &[part.class.byte()]]);
    let aad = [&part.header()[..], origin.as_bytes()].concat();
    let raw = aead_open(&key, &part.nonce, &aad, part.body)?;
    let mut out = Part { nonce, ..*part }.header();
    let aad = [&out[..], origin.as_bytes()].concat();
    let key = new.expand([PART, &part.record_id, &[part.class.byte()]]);
    out.extend_from_slice(&raw);
    aead_seal(&key, &nonce, &aad, &mut out, PART_HEADER_BYTES);
    Ok(out)
}

/// The plaintext of a sealed part.
pub(crate) fn open(
    key: &Expander,
    part: &Part<'_>,
    origin: &str,
) -> Result<Zeroizing<Vec<u8>>, Sealed> {
    let key = key.expand([PART, &part.record_id, &[part.class.byte()]]);
    let aad = [&part.header()[..], origin.as_bytes()].concat();
    let mut plaintext = aead_open(&key, &part.nonce, &aad, part.body)?;
    if part.flags & FLAG_PADDED != 0 {
        let end = plaintext.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        plaintext.truncate(end);
    }
    if part.flags & FLAG_ZSTD != 0 {
        let unpacked = zstd::bulk::decompress(&plaintext, FRAME_BYTES_MAX);
        return unpacked.map(Zeroizing::new).map_err(|_| Sealed);
    }
    Ok(plaintext)
}

/// The zstd frame of a long plaintext, if it is shorter.
fn packed(plaintext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if plaintext.len() < ZSTD_PART_BYTES_MIN {
        return None;
    }
    let mut packed = Zeroizing::new(zstd::bulk::compress(plaintext, ZSTD_LEVEL).ok()?);
    // Padding is cut off where the last byte that is no zero stands.
    let fits = packed.len() < plaintext.len() && packed.last() != Some(&0);
    fits.then(|| std::mem::take(&mut packed))
}

/// The length to which Padme pads `len`: at most 12 % more, and little is told by it.
fn padme(len: usize) -> usize {
    let exponent = len.max(2).ilog2();
    let bits = exponent.ilog2() + 1;
    let mask = (1_usize << exponent.saturating_sub(bits)) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::cipher::{Key, expand_all};

    fn envelope(padded: bool) -> Envelope<'static> {
        Envelope {
            record_id: [1; 16],
            grant_id: [2; 16],
            class: Class::Content,
            pairs: 1,
            nonce: [3; 12],
            origin: "example.com/acme",
            padded,
        }
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let key = Expander::new(&Key::new([5; 32]));
        for (len, padded) in [(20, false), (20, true), (9_000, false), (70_000, true)] {
            let plaintext: Vec<u8> = (0..len).map(|n| b"abcdefg{}"[n % 9]).collect();
            let mut bytes = Vec::new();
            seal(&key, &envelope(padded), &plaintext, &mut bytes);
            let (crate::vault::Item::Part(part), total) =
                crate::vault::Item::decode(&bytes).unwrap()
            else {
                panic!("no part")
            };
            assert_eq!(total, bytes.len());
            assert_eq!(**open(&key, &part, "example.com/acme").unwrap(), plaintext);
            assert!(open(&key, &part, "example.com/other").is_err());
            for moved in [
                Part { record_id: [9; 16], ..part },
                Part { grant_id: [9; 16], ..part },
                Part { class: Class::Identity, ..part },
                Part { pairs: 2, ..part },
                Part { nonce: [9; 12], ..part },
                Part { flags: part.flags ^ FLAG_PADDED, ..part },
            ] {
                assert!(open(&key, &moved, "example.com/acme").is_err(), "{moved:?}");
            }
            assert!(open(&Expander::new(&Key::new([6; 32])), &part, "example.com/acme").is_err());
        }
    }

    /// The published part, byte for byte.
    #[test]
    fn a_sealed_part_is_the_published_vector() {
        let vectors = include_str!("../../../../fixtures/vectors/vectors.json");
        let hex = |name: &str| {
            let from = vectors.find(&format!("\"{name}\": \"")).unwrap() + name.len() + 5;
            let text = vectors[from..].split('"').next().unwrap();
            let bytes = (0..text.len() / 2).map(|at| &text[2 * at..2 * at + 2]);
            bytes.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect::<Vec<u8>>()
        };
        let record_id = hex("header_hex")[8..24].try_into().unwrap();
        let envelope = Envelope {
            record_id,
            grant_id: [9; 16],
            nonce: [1; 12],
            pairs: 2,
            origin: "tacho.example.com/acme",
            ..envelope(false)
        };
        let mut bytes = Vec::new();
        seal(&Expander::new(&Key::new([5; 32])), &envelope, &hex("plaintext_hex"), &mut bytes);
        assert_eq!(bytes, [hex("header_hex"), hex("aead_hex")].concat());
    }

    #[test]
    fn keys_of_parts_side_by_side_are_those_of_each_alone() {
        let secrets: Vec<[u8; 32]> = (0..40).map(|nth| [nth; 32]).collect();
        let keys: Vec<_> = secrets.iter().map(tacho_hash::Key::new).collect();
        let infos: Vec<Info> = (0..40)
            .map(|nth| info(&[nth * 3; 16], Class::ALL[usize::from(nth) % Class::ALL.len()]))
            .collect();
        for count in [1, 40] {
            let many = expand_all(keys.iter().zip(&infos).take(count));
            assert_eq!(many.len(), count);
            for (nth, key) in many.iter().enumerate() {
                let class = [Class::ALL[nth % Class::ALL.len()].byte()];
                let alone = Expander::new(&Key::new(secrets[nth]));
                assert_eq!(*key, *alone.expand([PART, &[nth as u8 * 3; 16], &class]));
            }
        }
    }

    #[test]
    fn padded_lengths_are_few_and_near() {
        let lengths: std::collections::BTreeSet<usize> = (1..=4096).map(padme).collect();
        assert!(lengths.len() < 150, "{}", lengths.len());
        for len in 2..70_000 {
            let padded = padme(len);
            assert!(padded >= len && (padded - len) * 8 <= len, "{len} to {padded}");
        }
    }
}
