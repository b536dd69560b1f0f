//! Given a log's old key, gives the statement by which it names its successor.
//!
//! It stands in a `tacho.key` leaf, and counts only with the old key's signature.
//! ```text
//! signed   tacho/v1/key-rotation 00 | u16 length of origin | origin | u64 from size | new vkey
//! ```
//! Numbers are big-endian. From `from size` on the new key signs; for an overlap both do.

use crate::key::{LogKey, VerifierKey, statement};
use crate::name::Origin;

const CONTEXT: &str = "tacho/v1/key-rotation";

/// From some size on, a log is signed by another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation<'k> {
    /// Which log.
    pub origin: &'k Origin,
    /// The first tree size whose checkpoint the new key signs.
    pub from_size: u64,
    /// The new key.
    pub successor: &'k VerifierKey,
}

impl Rotation<'_> {
    /// The bytes that the old key signs: for who holds it elsewhere.
    pub fn statement(&self) -> Vec<u8> {
        statement(CONTEXT, &self.body())
    }

    /// The old key's signature.
    pub fn sign(&self, old: &LogKey) -> [u8; 64] {
        old.sign_statement(CONTEXT, &self.body())
    }

    /// Whether the old key signed this, and both keys are keys of the log's name.
    pub fn verify(&self, old: &VerifierKey, signature: &[u8; 64]) -> bool {
        let named = |key: &VerifierKey| key.name().as_str() == self.origin.as_str();
        named(old)
            && named(self.successor)
            && old.kind() == self.successor.kind()
            && old.verify_statement(CONTEXT, &self.body(), signature)
    }

    fn body(&self) -> Vec<u8> {
        let origin = self.origin.as_str().as_bytes();
        // An origin has at most 255 bytes, so its length fits.
        let mut body = (origin.len() as u16).to_be_bytes().to_vec();
        body.extend(origin);
        body.extend(self.from_size.to_be_bytes());
        body.extend(self.successor.to_string().as_bytes());
        body
    }
}
