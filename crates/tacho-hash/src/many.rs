//! Given many messages, gives their hashes.
//!
//! On a processor with vectors of sixteen lanes, messages are hashed side by side (`lanes`); with
//! eight lanes too, if it has no instructions for SHA-256; elsewhere one after the other by `sha2`,
//! which uses those instructions.

#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod vector;

use crate::block::{Message, State, digest};
use crate::{Digest, sha256};

/// Fewer messages than this are hashed one after the other: to wake the widest vectors for a few
/// costs a processor more than it saves.
pub const MANY: usize = 16;

/// The SHA-256 of each message, with the bytes of `head` before it.
pub fn all<'m>(head: &'m [u8], messages: impl IntoIterator<Item = &'m [u8]>) -> Vec<Digest> {
    let messages: Vec<_> = messages.into_iter().map(|body| Message::new(head, body)).collect();
    if messages.len() < MANY {
        return messages.iter().map(|message| sha256([message.head, message.body])).collect();
    }
    states(&messages).into_iter().map(digest).collect()
}

/// The state after each message.
pub(crate) fn states(messages: &[Message<'_>]) -> Vec<State> {
    let mut states: Vec<State> = messages.iter().map(|message| message.start).collect();
    #[cfg(target_arch = "x86_64")]
    if messages.len() >= MANY && vector::hash(messages, &mut states) {
        return states;
    }
    for (message, state) in messages.iter().zip(&mut states) {
        alone(message, 0, state);
    }
    states
}

/// Hashes a message to its end, from a block of it on.
pub(crate) fn alone(message: &Message<'_>, from: usize, state: &mut State) {
    let mut space = [0; 64];
    for nth in from..message.blocks() {
        let block = message.block(nth, &mut space);
        sha2::block_api::compress256(state, std::slice::from_ref(block));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's own examples.
    #[test]
    fn hashes_are_the_published_vectors() {
        let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let hashes = all(b"", [b"abc".as_slice(), two.as_bytes(), b""]);
        let hex = |hash: &Digest| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hashes.iter().map(hex).collect::<Vec<_>>(),
            [
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ]
        );
    }

    #[test]
    fn many_messages_hash_as_each_alone() {
        let bytes: Vec<u8> = (0..400_u32).map(|i| (i * 7) as u8).collect();
        for head in [&b""[..], b"\0", b"head"] {
            let messages = || (0..bytes.len()).map(|len| &bytes[..len]);
            let alone: Vec<Digest> = messages().map(|message| sha256([head, message])).collect();
            assert_eq!(all(head, messages()), alone);
            assert_eq!(all(head, [&bytes[..99]]), alone[99..100]);
        }
    }
}
