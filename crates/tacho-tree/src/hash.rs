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
use tacho_hash::sha256;

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
    Hash(sha256([LEAF, leaf]))
}

/// The hashes of many leaves, made side by side: a fraction of the cost of one after the other.
pub fn leaf_hashes<'l>(leaves: impl IntoIterator<Item = &'l [u8]>) -> Vec<Hash> {
    tacho_hash::all(LEAF, leaves).into_iter().map(Hash).collect()
}

/// The hash of an inner node: SHA-256 of the byte 0x01 and the hashes of its two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(sha256([NODE, &left.0, &right.0]))
}

/// The hashes of the nodes above a row of siblings: of the first two, of the next two, and so on.
pub(crate) fn node_hashes(row: &[Hash]) -> Vec<Hash> {
    let (pairs, _) = row.as_chunks::<2>();
    let children: Vec<[u8; 2 * Hash::LEN]> =
        pairs.iter().map(|[left, right]| concat(left, right)).collect();
    tacho_hash::all(NODE, children.iter().map(<[u8; _]>::as_slice)).into_iter().map(Hash).collect()
}

fn concat(left: &Hash, right: &Hash) -> [u8; 2 * Hash::LEN] {
    let mut both = [0; 2 * Hash::LEN];
    let (first, second) = both.split_at_mut(Hash::LEN);
    first.copy_from_slice(&left.0);
    second.copy_from_slice(&right.0);
    both
}

/// What stands before a leaf when it is hashed, and before the children of a node.
const LEAF: &[u8] = &[0x00];
const NODE: &[u8] = &[0x01];

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
        let all = leaf_hashes((0..leaf.len()).map(|len| &leaf[..len]));
        assert_eq!(all, (0..leaf.len()).map(|len| leaf_hash(&leaf[..len])).collect::<Vec<_>>());
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
