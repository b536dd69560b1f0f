//! Many codes at once: HMAC-SHA256 (RFC 2104), each by a key of its own.
//!
//! ```text
//! key    (state after key ^ 0x36.., state after key ^ 0x5c..)        two blocks, hashed once
//! code   SHA-256(key ^ 0x5c.. || SHA-256(key ^ 0x36.. || message))
//! ```

use crate::Digest;
use crate::block::{BLOCK, Block, Message, START, State, digest};
use crate::many::{alone, states};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// A key, with its own two blocks hashed; wiped when it is dropped. Of one that codes single
/// messages, see `Mac`.
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
        let state = |fill| {
            let block = Zeroizing::new(padded(bytes, fill));
            let mut state = START;
            alone(&bare(&block), 0, &mut state);
            state
        };
        Self { inner: state(INNER), outer: state(OUTER) }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

fn padded(bytes: &Digest, fill: u8) -> Block {
    let mut block: Block = [fill; BLOCK];
    block.iter_mut().zip(bytes).for_each(|(place, byte)| *place ^= byte);
    block
}

fn bare(block: &Block) -> Message<'_> {
    Message { is_padded: false, ..Message::new(&[], block) }
}

/// The keys of these bytes.
pub fn keys(bytes: &[Digest]) -> Vec<Key> {
    let inner = bytes.iter().map(|bytes| padded(bytes, INNER));
    let outer = bytes.iter().map(|bytes| padded(bytes, OUTER));
    let blocks: Vec<Block> = inner.chain(outer).collect();
    let messages: Vec<_> = blocks.iter().map(bare).collect();
    let mut inner = states(&messages);
    let outer = inner.split_off(bytes.len());
    inner.into_iter().zip(outer).map(|(inner, outer)| Key { inner, outer }).collect()
}

/// The code of each message by its key.
pub fn codes<'m>(messages: impl IntoIterator<Item = (&'m Key, &'m [u8])>) -> Vec<Digest> {
    coded::<false>(messages)
}

/// The code of each message by its key, where the codes are keys themselves: they are wiped when
/// they are dropped, and what they were made of is wiped at once.
pub fn secrets<'m>(
    messages: impl IntoIterator<Item = (&'m Key, &'m [u8])>,
) -> Zeroizing<Vec<Digest>> {
    Zeroizing::new(coded::<true>(messages))
}

fn coded<'m, const WIPED: bool>(
    messages: impl IntoIterator<Item = (&'m Key, &'m [u8])>,
) -> Vec<Digest> {
    let after = |start: State, body| Message { start, blocks_before: 1, ..Message::new(&[], body) };
    let (keys, mut inner): (Vec<&Key>, Vec<_>) =
        messages.into_iter().map(|(key, body)| (key, after(key.inner, body))).unzip();
    let digests: Vec<Digest> = states(&inner).into_iter().map(digest).collect();
    let mut outer: Vec<_> =
        keys.into_iter().zip(&digests).map(|(key, inner)| after(key.outer, inner)).collect();
    let mut states = states(&outer);
    let codes = states.iter().copied().map(digest).collect();
    if WIPED {
        inner.iter_mut().chain(&mut outer).for_each(|message| message.start.zeroize());
        states.iter_mut().for_each(Zeroize::zeroize);
    }
    codes
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
            let messages = || keys.iter().zip(texts.iter().map(Vec::as_slice));
            let codes = codes(messages());
            assert_eq!(*secrets(messages()), codes);
            let alone = |(key, text): (&Digest, &Vec<u8>)| Mac::new(key).of([text.as_slice()]);
            let expected: Vec<Digest> = bytes.iter().zip(&texts).take(count).map(alone).collect();
            assert_eq!(codes, expected);
            let single: Vec<Key> = bytes[..count].iter().map(Key::new).collect();
            let messages = single.iter().zip(texts.iter().map(Vec::as_slice));
            assert_eq!(super::codes(messages), expected);
        }
    }
}
