//! Many codes at once: HMAC-SHA256 (RFC 2104), each by a key of its own.
//!
//! ```text
//! key    (state after key ^ 0x36.., state after key ^ 0x5c..)        two blocks, hashed once
//! code   SHA-256(key ^ 0x5c.. || SHA-256(key ^ 0x36.. || message))
//! ```

use crate::Digest;
use crate::block::{BLOCK, Block, Message, START, State, digest};
use crate::many::states;
use std::fmt;

/// A key, with its own two blocks hashed. Of one that codes single messages, see `Mac`.
#[derive(Clone)]
pub struct Key {
    inner: State,
    outer: State,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// The key of these bytes.
    pub fn new(bytes: &Digest) -> Self {
        let [key] = keys(std::slice::from_ref(bytes))
            .try_into()
            .unwrap_or_else(|_| unreachable!("a key for each"));
        key
    }
}

/// The keys of these bytes.
pub fn keys(bytes: &[Digest]) -> Vec<Key> {
    let padded = |fill: u8| {
        move |bytes: &Digest| {
            let mut block: Block = [fill; BLOCK];
            block.iter_mut().zip(bytes).for_each(|(place, byte)| *place ^= byte);
            block
        }
    };
    let inner = bytes.iter().map(padded(0x36));
    let blocks: Vec<Block> = inner.chain(bytes.iter().map(padded(0x5c))).collect();
    let bare = |block| Message { is_padded: false, ..Message::new(&[], block) };
    let messages: Vec<_> = blocks.iter().map(|block| bare(block)).collect();
    let mut inner = states(&messages);
    let outer = inner.split_off(bytes.len());
    inner.into_iter().zip(outer).map(|(inner, outer)| Key { inner, outer }).collect()
}

/// The code of each message by its key.
pub fn codes<'m>(messages: impl IntoIterator<Item = (&'m Key, &'m [u8])>) -> Vec<Digest> {
    let after = |start: State, body| Message { start, blocks_before: 1, ..Message::new(&[], body) };
    let (outer, inner): (Vec<State>, Vec<_>) =
        messages.into_iter().map(|(key, body)| (key.outer, after(key.inner, body))).unzip();
    let inner: Vec<Digest> = states(&inner).into_iter().map(digest).collect();
    let outer: Vec<_> =
        outer.into_iter().zip(&inner).map(|(start, inner)| after(start, inner)).collect();
    states(&outer).into_iter().map(digest).collect()
}

const _: () = assert!(START.len() * 4 == size_of::<Digest>());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mac;

    #[test]
    fn many_codes_are_those_of_each_key_alone() {
        let bytes: Vec<Digest> = (0..40_u8).map(|nth| [nth.wrapping_mul(37); 32]).collect();
        let texts: Vec<Vec<u8>> = (0..40).map(|nth| vec![nth as u8; nth * 11]).collect();
        for count in [0, 1, 2, 17, 40] {
            let keys = keys(&bytes[..count]);
            let codes = codes(keys.iter().zip(texts.iter().map(Vec::as_slice)));
            let alone = |(key, text): (&Digest, &Vec<u8>)| Mac::new(key).of([text.as_slice()]);
            let expected: Vec<Digest> = bytes.iter().zip(&texts).take(count).map(alone).collect();
            assert_eq!(codes, expected);
        }
    }
}
