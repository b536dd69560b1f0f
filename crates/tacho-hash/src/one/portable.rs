//! SHA-256 in plain Rust, for WebAssembly; and a second opinion for the tests.

#![cfg_attr(not(target_arch = "wasm32"), expect(unreachable_pub, reason = "asked by tests only"))]

use crate::Digest;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a message in pieces.
pub fn sha256<const N: usize>(pieces: [&[u8]; N]) -> Digest {
    let mut context = Sha256::new();
    pieces.into_iter().for_each(|piece| context.update(piece));
    context.finalize().into()
}

/// A key with which many messages are hashed: its own two blocks are hashed once.
#[derive(Clone)]
pub struct Mac(Hmac<Sha256>);

impl Mac {
    /// The key of these bytes.
    pub fn new(key: &[u8]) -> Self {
        let Ok(mac) = Hmac::new_from_slice(key) else { unreachable!("HMAC takes every key") };
        Self(mac)
    }

    /// The code of a message in pieces.
    pub fn of<const N: usize>(&self, pieces: [&[u8]; N]) -> Digest {
        let mut mac = self.0.clone();
        pieces.into_iter().for_each(|piece| mac.update(piece));
        mac.finalize().into_bytes().into()
    }
}
