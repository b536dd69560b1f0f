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
    sha256([&[0x00], leaf])
}

/// The hash of an inner node: SHA-256 of the byte 0x01 and the hashes of its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256([&[0x01], &left.0, &right.0])
}

/// SHA-256 of a message in pieces, in the fastest way that the processor has; `docs/decisions`
/// tells why it is not `sha2`, which signs and derives keys, for all.
#[cfg(not(target_arch = "wasm32"))]
fn sha256<const N: usize>(pieces: [&[u8]; N]) -> Hash {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    pieces.into_iter().for_each(|piece| context.update(piece));
    let Some(hash) = Hash::from_slice(context.finish().as_ref()) else {
        unreachable!("SHA-256 has 32 bytes")
    };
    hash
}

/// The same without a compiler for C, which `ring` wants there.
#[cfg(target_arch = "wasm32")]
fn sha256<const N: usize>(pieces: [&[u8]; N]) -> Hash {
    use sha2::{Digest, Sha256};
    let mut context = Sha256::new();
    pieces.into_iter().for_each(|piece| context.update(piece));
    Hash(context.finalize().into())
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
