//! SHA-256 by `ring`: assembly, chosen at run time by what the processor has.

use ring::{digest, hmac};

pub(in crate::privacy) fn sha256(message: &[u8]) -> [u8; 32] {
    whole(digest::digest(&digest::SHA256, message).as_ref())
}

/// A key with which many messages are hashed: its own two blocks are hashed once.
#[derive(Clone)]
pub(in crate::privacy) struct Mac(hmac::Key);

impl Mac {
    pub(in crate::privacy) fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The code of a message in pieces.
    pub(in crate::privacy) fn of<const N: usize>(&self, pieces: [&[u8]; N]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        pieces.into_iter().for_each(|piece| context.update(piece));
        whole(context.sign().as_ref())
    }
}

fn whole(digest: &[u8]) -> [u8; 32] {
    let Ok(digest) = digest.try_into() else { unreachable!("SHA-256 has 32 bytes") };
    digest
}
