//! Given leaf hashes one after the other, gives the root at every size and the nodes each leaf
//! completes, from a few hundred bytes of state.
//!
//! The state is the *compact range* of the tree: the hashes of its peaks (see [`crate::peaks`]),
//! largest first. Adding a leaf is binary addition: a carry is a node hash.
//!
//! Bytes, as stored in a state file or beside an anchor:
//! ```text
//! size u64 big-endian | one hash of 32 bytes for each 1 bit of the size, most significant first
//!
//! size 3:  00 00 00 00 00 00 00 03 | node 0 of level 1 | node 2 of level 0      72 bytes
//! ```

use std::fmt;

use crate::hash::{Hash, leaf_hash, node_hash, node_hashes};
use crate::limits::TREE_SIZE_MAX;
use crate::nodes::{Nodes, Place, fold_peaks, peaks};

/// The right edge of a growing tree: its size and the hashes of its peaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Frontier {
    size: u64,
    /// One hash for each 1 bit of `size`, most significant first.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The frontier that a tree of this size has, read from its nodes.
    pub fn read<N: Nodes>(nodes: &N, size: u64) -> Result<Frontier, N::Error> {
        let peaks = peaks(size).map(|place| nodes.node(place)).collect::<Result<_, _>>()?;
        Ok(Frontier { size, peaks })
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the peaks, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        fold_peaks(self.peaks.iter().copied())
    }

    /// Adds one leaf hash and reports every node it completes, lowest first: the leaf itself, then
    /// one node for each trailing 1 bit of the old size. Written to one stream per level in this
    /// order, nodes of a level come without holes.
    ///
    /// # Panics
    /// At [`TREE_SIZE_MAX`] leaves.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(Place, Hash)) {
        assert!(self.size < TREE_SIZE_MAX, "a tree has at most 2^62 leaves");
        let mut place = Place { level: 0, index: self.size };
        let mut hash = leaf;
        completed(place, hash);
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            place = place.parent();
            completed(place, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Adds many leaf hashes and reports every node they complete, level by level, each level in
    /// order. The nodes of a level are hashed side by side.
    ///
    /// # Panics
    /// At [`TREE_SIZE_MAX`] leaves.
    pub fn push_all(&mut self, leaves: &[Hash], mut completed: impl FnMut(Place, Hash)) {
        let mut row = leaves.to_vec();
        let mut first = self.size;
        self.size += row.len() as u64;
        assert!(self.size <= TREE_SIZE_MAX, "a tree has at most 2^62 leaves");
        let mut edge = Vec::new();
        for level in 0.. {
            if row.is_empty() {
                break;
            }
            for (index, hash) in (first..).zip(&row) {
                completed(Place { level, index }, *hash);
            }
            // A right child comes first: its sibling was a peak.
            if first % 2 == 1 {
                row.splice(0..0, self.peaks.pop());
            }
            if row.len() % 2 == 1 {
                edge.extend(row.pop());
            }
            row = node_hashes(&row);
            first /= 2;
        }
        self.peaks.extend(edge.into_iter().rev());
    }

    /// Adds many leaf hashes, when only the root is wanted.
    pub fn extend(&mut self, leaves: impl IntoIterator<Item = Hash>) {
        let leaves: Vec<Hash> = leaves.into_iter().collect();
        self.push_all(&leaves, |_, _| ());
    }

    /// Hashes a leaf and adds it; gives its hash.
    pub fn push_leaf(&mut self, leaf: &[u8], completed: impl FnMut(Place, Hash)) -> Hash {
        let hash = leaf_hash(leaf);
        self.push(hash, completed);
        hash
    }

    /// The bytes drawn at the top of this file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.peaks.iter().flat_map(Hash::as_bytes));
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote; anything of another length is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Frontier, FrontierError> {
        let (size, hashes) = bytes.split_first_chunk().ok_or(FrontierError::NoSize)?;
        let size = u64::from_be_bytes(*size);
        if size > TREE_SIZE_MAX {
            return Err(FrontierError::TooLarge { size });
        }
        let expected = size.count_ones() as usize * Hash::LEN;
        if hashes.len() != expected {
            return Err(FrontierError::WrongLength { size, expected, found: hashes.len() });
        }
        let peaks = hashes.chunks_exact(Hash::LEN).filter_map(Hash::from_slice).collect();
        Ok(Frontier { size, peaks })
    }
}

/// Why bytes are not a frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrontierError {
    /// Fewer bytes than the numbers at the start take.
    NoSize,
    /// More leaves than a tree may have.
    TooLarge {
        /// The size that stands there.
        size: u64,
    },
    /// No complete nodes lead from the size to where the kept ones are said to end.
    NoSuchReach {
        /// The size that stands there.
        size: u64,
        /// The end that stands there.
        reach: u64,
    },
    /// The hashes do not fit the size.
    WrongLength {
        /// The size that stands there.
        size: u64,
        /// Bytes of hashes that size needs.
        expected: usize,
        /// Bytes of hashes that are there.
        found: usize,
    },
}

impl fmt::Display for FrontierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrontierError::NoSize => f.write_str("frontier is shorter than its numbers"),
            FrontierError::TooLarge { size } => {
                write!(f, "frontier of {size} leaves is larger than a tree may be")
            }
            FrontierError::NoSuchReach { size, reach } => {
                write!(f, "no complete nodes lead from {size} leaves to {reach}")
            }
            FrontierError::WrongLength { size, expected, found } => write!(
                f,
                "frontier of {size} leaves needs {expected} bytes of hashes and has {found}"
            ),
        }
    }
}

impl std::error::Error for FrontierError {}
