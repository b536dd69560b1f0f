//! Given a proof and the roots it is about, says whether it holds: the verifier's half of RFC 6962
//! section 2.1 (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
//!
//! The length of a proof follows from the sizes alone, so a proof with a hash too many or too few
//! is refused before anything is hashed. The walk of a leaf up to the root has two parts:
//!
//! ```text
//! inner    up to where the leaf's path leaves the right edge of the tree: a sibling at each
//!          height, on the left where the bit of the index is 1, on the right where it is 0
//! border   along the right edge: siblings on the left only, where the bit of the index is 1
//! ```

use std::fmt;

use crate::hash::{Hash, node_hash};
use crate::limits::TREE_SIZE_MAX;

/// The size and root of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// Leaves of the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Whether `leaf` is the hash of leaf `index` in the tree `head`.
pub fn inclusion(leaf: &Hash, index: u64, head: &Head, proof: &[Hash]) -> Result<(), CheckError> {
    if root_from_inclusion(leaf, index, head.size, proof)? == head.root {
        Ok(())
    } else {
        Err(CheckError::RootMismatch)
    }
}

/// The root that the tree of `size` leaves must have if `leaf` stands at `index`.
pub fn root_from_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
) -> Result<Hash, CheckError> {
    if index >= size || size > TREE_SIZE_MAX {
        return Err(CheckError::NoSuchLeaf { index, size });
    }
    let (inner, border) = split(index, size, proof)?;
    let at_edge = climb(leaf, index, inner);
    Ok(along_edge(&at_edge, border))
}

/// Whether the tree `new` begins with all leaves of the tree `old`.
pub fn consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), CheckError> {
    if old.size > new.size || new.size > TREE_SIZE_MAX {
        return Err(CheckError::Backwards { old: old.size, new: new.size });
    }
    if old.size == 0 || old.size == new.size {
        return consistency_without_proof(old, new, proof);
    }
    // The walk starts at the last peak of the old tree; if that is the whole old tree, the proof
    // leaves it out, for it is the old root.
    let (start, path) = if old.size.is_power_of_two() {
        (&old.root, proof)
    } else {
        proof.split_first().ok_or(CheckError::WrongLength { expected: 1, found: 0 })?
    };
    let height = old.size.trailing_zeros();
    let index = (old.size >> height) - 1;
    let (inner, border) = split(index, ((new.size - 1) >> height) + 1, path)?;
    let old_at_edge = climb_left(start, index, inner);
    if along_edge(&old_at_edge, border) != old.root {
        return Err(CheckError::OldRootMismatch);
    }
    let new_at_edge = climb(start, index, inner);
    if along_edge(&new_at_edge, border) != new.root {
        return Err(CheckError::RootMismatch);
    }
    Ok(())
}

/// The two cases that need no hash: nothing is a prefix of everything, and a tree of itself.
fn consistency_without_proof(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), CheckError> {
    if !proof.is_empty() {
        return Err(CheckError::WrongLength { expected: 0, found: proof.len() });
    }
    if old.size == 0 && old.root != Hash::EMPTY_ROOT {
        return Err(CheckError::OldRootMismatch);
    }
    if old.size == new.size && old.root != new.root {
        return Err(CheckError::RootMismatch);
    }
    Ok(())
}

/// Divides a proof into its inner and border part, and refuses any other length.
fn split(index: u64, size: u64, proof: &[Hash]) -> Result<(&[Hash], &[Hash]), CheckError> {
    let inner = (u64::BITS - (index ^ (size - 1)).leading_zeros()) as usize;
    let border = (index >> inner).count_ones() as usize;
    if proof.len() != inner + border {
        return Err(CheckError::WrongLength { expected: inner + border, found: proof.len() });
    }
    Ok(proof.split_at(inner))
}

/// From a node up to the right edge: its siblings stand left where the bit of the index is 1.
fn climb(start: &Hash, index: u64, siblings: &[Hash]) -> Hash {
    siblings.iter().enumerate().fold(*start, |hash, (height, sibling)| {
        if index >> height & 1 == 1 { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) }
    })
}

/// As [`climb`], but taking only the siblings on the left: what the old tree had.
fn climb_left(start: &Hash, index: u64, siblings: &[Hash]) -> Hash {
    let left = siblings.iter().enumerate().filter(|(height, _)| index >> height & 1 == 1);
    left.fold(*start, |hash, (_, sibling)| node_hash(sibling, &hash))
}

/// Along the right edge, where every sibling stands on the left.
fn along_edge(start: &Hash, siblings: &[Hash]) -> Hash {
    siblings.iter().fold(*start, |hash, sibling| node_hash(sibling, &hash))
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// The tree of that size has no such leaf.
    NoSuchLeaf {
        /// Index of the leaf.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The old tree is larger than the new one, or the new one larger than trees are.
    Backwards {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new tree.
        new: u64,
    },
    /// The proof has too many or too few hashes for these sizes.
    WrongLength {
        /// Hashes these sizes need.
        expected: usize,
        /// Hashes that are there.
        found: usize,
    },
    /// The proof does not lead to the old root.
    OldRootMismatch,
    /// The proof does not lead to the root.
    RootMismatch,
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckError::NoSuchLeaf { index, size } => {
                write!(f, "no leaf {index} in a tree of {size}")
            }
            CheckError::Backwards { old, new } => {
                write!(f, "no consistency from {old} leaves to {new}")
            }
            CheckError::WrongLength { expected, found } => {
                write!(f, "proof has {found} hashes where these sizes need {expected}")
            }
            CheckError::OldRootMismatch => f.write_str("proof does not lead to the old root"),
            CheckError::RootMismatch => f.write_str("proof does not lead to the root"),
        }
    }
}

impl std::error::Error for CheckError {}
