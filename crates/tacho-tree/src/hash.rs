//! Given bytes, gives the hashes of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1.1).
//!
//! ```text
//! empty tree   SHA-256()
//! leaf hash    SHA-256(0x00 || leaf)
//! node hash    SHA-256(0x01 || left 32 || right 32)
//! ```
//! The first byte keeps a leaf from ever passing for a node, and a node for a leaf.

use std::fmt;

use base64ct::{Base64, Encoding};
use sha2::block_api::compress256;

/// A SHA-256 hash of the tree: of a leaf, of a node, or the root.
///
/// In texts it is written in standard base64, always 44 characters:
/// `FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; Hash::LEN]);

impl Hash {
    /// Bytes of a hash.
    pub const LEN: usize = 32;

    /// The root of the tree without leaves: SHA-256 of nothing.
    pub const EMPTY_ROOT: Hash = Hash([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; Hash::LEN]) -> Hash {
        Hash(bytes)
    }

    /// The hash with the bytes of this slice, if there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; Hash::LEN] {
        &self.0
    }

    /// Reads the base64 form, in the one spelling a hash is displayed in.
    pub fn from_base64(text: &str) -> Option<Hash> {
        let mut bytes = [0; Hash::LEN];
        match Base64::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == Hash::LEN => Some(Hash(bytes)),
            _ => None,
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; 44];
        f.write_str(Base64::encode(&self.0, &mut buffer).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl fmt::LowerHex for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The hash of a leaf: SHA-256 of the byte 0x00 and the leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let len = 1 + leaf.len() as u64;
    let Some((head, rest)) = leaf.split_first_chunk::<63>() else {
        return finish(INITIAL_STATE, [&[0x00], leaf], len);
    };
    let mut state = INITIAL_STATE;
    compress256(&mut state, &[block([&[0x00], head])]);
    let (blocks, tail) = rest.as_chunks();
    compress256(&mut state, blocks);
    finish(state, [tail, &[]], len)
}

/// The hash of an inner node: SHA-256 of the byte 0x01 and the hashes of its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let [head @ .., last] = &right.0;
    let mut state = INITIAL_STATE;
    compress256(&mut state, &[block([&[0x01], &left.0, head])]);
    finish(state, [&[*last], &[]], 65)
}

// Blocks are laid out here, and not by the buffered hasher of `sha2`: the prefix byte shifts every
// leaf by one, and its buffer then costs 2 to 3 % of a 600-byte leaf, hashed in software; the
// faster a processor hashes, the larger that share. A leaf and its share of the nodes are 12 blocks
// to the leaf's own 10, so 83 % of the bare hash is the most there is.

/// The state before the first block: FIPS 180-4 section 5.3.3.
const INITIAL_STATE: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// One block from pieces of at most 64 bytes together, zeros behind them.
fn block<const N: usize>(pieces: [&[u8]; N]) -> [u8; 64] {
    let mut block = [0; 64];
    let mut free = block.as_mut_slice();
    for piece in pieces {
        let (here, behind) = free.split_at_mut(piece.len());
        here.copy_from_slice(piece);
        free = behind;
    }
    block
}

/// The padding of FIPS 180-4 section 5.1.1: what is left of a message of `len` bytes, the byte
/// 0x80, zeros, and the length in bits as the last 8 bytes of the last block.
fn finish(mut state: [u32; 8], [first, second]: [&[u8]; 2], len: u64) -> Hash {
    let mut last = block([first, second, &[0x80]]);
    if len % 64 > 64 - 9 {
        compress256(&mut state, &[last]);
        last = [0; 64];
    }
    if let Some(length) = last.last_chunk_mut() {
        *length = (len * 8).to_be_bytes();
    }
    compress256(&mut state, &[last]);
    let mut hash = [0; Hash::LEN];
    let (words, _) = hash.as_chunks_mut();
    words.iter_mut().zip(state).for_each(|(word, of_state)| *word = of_state.to_be_bytes());
    Hash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(Hash::EMPTY_ROOT, Hash(Sha256::digest([]).into()));
    }

    #[test]
    fn leaf_and_node_are_told_apart_by_their_first_byte() {
        let children = [[7; 32], [9; 32]].concat();
        let (left, right) = (Hash([7; 32]), Hash([9; 32]));
        assert_ne!(leaf_hash(&children), node_hash(&left, &right));
        assert_eq!(
            node_hash(&left, &right),
            Hash(Sha256::digest([&[1], children.as_slice()].concat()).into())
        );
    }

    #[test]
    fn leaves_of_every_length_around_the_block_hash_as_the_whole_message_does() {
        let leaf: Vec<u8> = (0..400u32).map(|i| (i * 7) as u8).collect();
        for len in 0..leaf.len() {
            let whole = [&[0], &leaf[..len]].concat();
            assert_eq!(leaf_hash(&leaf[..len]), Hash(Sha256::digest(whole).into()), "{len}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        let text = "FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=";
        let hash = Hash::from_base64(text).unwrap();
        assert_eq!(hash.to_string(), text);
        assert_eq!(
            format!("{hash:x}"),
            "16c56d1b213c2730fd6416cea880ae23ee69fee24506a50c6faaa63766b5a285"
        );
        for other in [
            "FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooV=", // stray bits after the last byte
            "FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU",  // no padding
            "FsVtGyE8JzD9ZBbOqICuI-5p_uJFBqUMb6qmN2a1ooU=", // URL alphabet
            "FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=\n",
            " FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1ooU=",
            "FsVtGyE8JzD9ZBbOqICuI+5p/uJFBqUMb6qmN2a1og==", // 31 bytes
            "",
        ] {
            assert_eq!(Hash::from_base64(other), None, "{other:?}");
        }
    }
}
