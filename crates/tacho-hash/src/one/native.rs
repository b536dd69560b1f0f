//! SHA-256 by `ring`: assembly, chosen at run time by what the processor has.

use crate::Digest;
use ring::{digest, hmac};

/// SHA-256 of a message in pieces.
pub fn sha256<const N: usize>(pieces: [&[u8]; N]) -> Digest {
    let mut context = digest::Context::new(&digest::SHA256);
    pieces.into_iter().for_each(|piece| context.update(piece));
    whole(context.finish().as_ref())
}

/// A key with which many messages are hashed: its own two blocks are hashed once.
#[derive(Clone)]
pub struct Mac(hmac::Key);

impl Mac {
    /// The key of these bytes.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The code of a message in pieces.
    pub fn of<const N: usize>(&self, pieces: [&[u8]; N]) -> Digest {
        let mut context = hmac::Context::with_key(&self.0);
        pieces.into_iter().for_each(|piece| context.update(piece));
        whole(context.sign().as_ref())
    }
}

fn whole(digest: &[u8]) -> Digest {
    let Ok(digest) = digest.try_into() else { unreachable!("SHA-256 has 32 bytes") };
    digest
}
