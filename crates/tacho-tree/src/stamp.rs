//! Given a signed note, gives the request for a time stamp over it, and reads what a time stamp
//! authority answers: RFC 3161.
//!
//! ```text
//! request    SEQUENCE { 1, { { sha256, NULL }, SHA-256 of the note }, nonce, certReq TRUE }
//! response   SEQUENCE { status { 0 or 1, .. }, token: CMS SignedData over TSTInfo }
//! TSTInfo    SEQUENCE { 1, policy, the same imprint, serial, genTime, .., the same nonce, .. }
//! ```
//! Read here: is it granted, is it over this note, is it the answer to this request, what time does
//! it name. Who signed it is not checked here: that takes the certificates of an authority and all
//! of X.509, which `openssl ts -verify` does. So a [`Stamp`] alone is a claim, and whoever speaks
//! of it says so.

mod der;
mod time;

use std::fmt;

use sha2::{Digest, Sha256};

use der::{BOOLEAN, Der, GENERALIZED_TIME, INTEGER, NULL, OBJECT, OCTETS, SEQUENCE, SET, tlv};

pub use time::rfc3339;

/// Bytes of a response: a token with its certificates has one and a half to eight thousand.
pub const STAMP_BYTES_MAX: usize = 64 * 1024;

/// 2.16.840.1.101.3.4.2.1
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// `[0] EXPLICIT`.
const CONTEXT_0: u8 = 0xa0;

/// What is stamped: SHA-256 of the bytes of a note, its signatures included.
pub fn imprint(note: &[u8]) -> [u8; 32] {
    Sha256::digest(note).into()
}

/// The request for a stamp over this imprint. The nonce is random, and ties the answer to it.
pub fn request(imprint: &[u8; 32], nonce: [u8; 8]) -> Vec<u8> {
    let algorithm = tlv(SEQUENCE, &[tlv(OBJECT, SHA256), tlv(NULL, &[])].concat());
    let imprint = tlv(SEQUENCE, &[algorithm, tlv(OCTETS, imprint)].concat());
    let version = tlv(INTEGER, &[1]);
    let certificates = tlv(BOOLEAN, &[0xff]);
    let body = [version, imprint, tlv(INTEGER, &positive(nonce)), certificates].concat();
    tlv(SEQUENCE, &body)
}

/// A nonce as the bytes of a DER integer: positive, and in its one spelling.
fn positive(mut nonce: [u8; 8]) -> [u8; 8] {
    if let Some(first) = nonce.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    nonce
}

/// What an authority says, as far as it is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What is stamped.
    pub imprint: [u8; 32],
    /// When, in seconds since 1970.
    pub time: u64,
    /// The authority's number for it, big-endian.
    pub serial: Vec<u8>,
    nonce: Option<Vec<u8>>,
}

impl Stamp {
    /// Reads a response that grants a stamp over SHA-256.
    ///
    /// # Errors
    /// That it was not granted, or is not what the format has.
    pub fn parse(response: &[u8]) -> Result<Stamp, StampError> {
        if response.len() > STAMP_BYTES_MAX {
            return Err(StampError::Malformed("it is too long"));
        }
        let malformed = |why| move || StampError::Malformed(why);
        let mut outer = Der::whole(response, SEQUENCE).ok_or_else(malformed("no response"))?;
        let mut status = outer.inside(SEQUENCE).ok_or_else(malformed("no status"))?;
        match status.take(INTEGER).ok_or_else(malformed("no status"))? {
            // Granted, and granted with modifications.
            [0 | 1] => {}
            [status] => return Err(StampError::NotGranted(*status)),
            _ => return Err(StampError::Malformed("no status")),
        }
        let token = outer.inside(SEQUENCE).ok_or_else(malformed("no token"))?;
        let end = outer.is_empty();
        let info = info(token).filter(|_| end).ok_or_else(malformed("no token"))?;
        read_info(info).ok_or_else(malformed("no time stamp"))
    }

    /// Whether it stamps these bytes.
    pub fn is_over(&self, note: &[u8]) -> bool {
        self.imprint == imprint(note)
    }

    /// Whether it answers the request with this nonce.
    pub fn answers(&self, nonce: [u8; 8]) -> bool {
        self.nonce.as_deref() == Some(positive(nonce).as_slice())
    }
}

/// The bytes of the TSTInfo within a token.
fn info(mut token: Der<'_>) -> Option<&[u8]> {
    if token.take(OBJECT)? != SIGNED_DATA {
        return None;
    }
    let mut signed = token.inside(CONTEXT_0)?.inside(SEQUENCE)?;
    signed.take(INTEGER)?;
    signed.take(SET)?;
    let mut content = signed.inside(SEQUENCE)?;
    if content.take(OBJECT)? != TST_INFO {
        return None;
    }
    content.inside(CONTEXT_0)?.take(OCTETS)
}

fn read_info(info: &[u8]) -> Option<Stamp> {
    let mut info = Der::whole(info, SEQUENCE)?;
    if info.take(INTEGER)? != [1] {
        return None;
    }
    info.take(OBJECT)?;
    let mut imprint = info.inside(SEQUENCE)?;
    if imprint.inside(SEQUENCE)?.take(OBJECT)? != SHA256 {
        return None;
    }
    let imprint = imprint.take(OCTETS)?.try_into().ok()?;
    let serial = info.take(INTEGER)?.to_vec();
    let time = time::generalized(info.take(GENERALIZED_TIME)?)?;
    // Accuracy and ordering come before the nonce, and are not asked about.
    info.take(SEQUENCE);
    info.take(BOOLEAN);
    let nonce = info.take(INTEGER).map(<[u8]>::to_vec);
    Some(Stamp { imprint, time, serial, nonce })
}

/// Why there is no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StampError {
    /// The authority did not grant it; its status.
    NotGranted(u8),
    /// The bytes are not what the format has.
    Malformed(&'static str),
}

impl fmt::Display for StampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StampError::NotGranted(status) => {
                write!(f, "the authority did not grant a time stamp: status {status}")
            }
            StampError::Malformed(why) => write!(f, "response is no time stamp: {why}"),
        }
    }
}

impl std::error::Error for StampError {}
