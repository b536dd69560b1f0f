//! SHA-256 in plain Rust, for WebAssembly; and a second opinion for the tests.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest, Sha256};

pub(in crate::privacy) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// A key with which many messages are hashed: its own two blocks are hashed once.
#[derive(Clone)]
pub(in crate::privacy) struct Mac(Hmac<Sha256>);

impl Mac {
    pub(in crate::privacy) fn new(key: &[u8]) -> Self {
        let Ok(mac) = Hmac::new_from_slice(key) else { unreachable!("HMAC takes every key") };
        Self(mac)
    }

    /// The code of a message in pieces.
    pub(in crate::privacy) fn of<const N: usize>(&self, pieces: [&[u8]; N]) -> [u8; 32] {
        let mut mac = self.0.clone();
        pieces.into_iter().for_each(|piece| mac.update(piece));
        mac.finalize().into_bytes().into()
    }
}
