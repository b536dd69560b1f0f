//! Given the complete nodes of a tree, gives its root at any size, and the inclusion and
//! consistency proofs of RFC 6962 section 2.1 (RFC 9162 sections 2.1.3 and 2.1.4).
//!
//! Both proofs are one walk: from a node up to the root of a tree of `size` leaves, taking the
//! sibling at each height. A sibling on the left is always complete. One on the right may lie
//! beyond the end (then there is nothing to take), be complete, or be cut by the end; the hash of a
//! cut one is folded from the peaks of the tree that lie inside it.

use std::fmt;

use crate::hash::Hash;
use crate::limits::TREE_SIZE_MAX;
use crate::nodes::{Nodes, Place, peaks, read_peaks};

/// The root of the first `size` leaves.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, ProveError<N::Error>> {
    in_bounds(size)?;
    read_peaks(nodes, peaks(size)).map_err(ProveError::Nodes)
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves: siblings from the leaf's up to
/// the root's child. Checked by [`crate::check::inclusion`].
pub fn inclusion<N: Nodes>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, ProveError<N::Error>> {
    in_bounds(size)?;
    if index >= size {
        return Err(ProveError::NoSuchLeaf { index, size });
    }
    siblings(nodes, Place { level: 0, index }, size).map_err(ProveError::Nodes)
}

/// The consistency proof from the tree of `old` leaves to that of `new` leaves. Checked by
/// [`crate::check::consistency`]. Empty if `old` is 0 or equals `new`.
pub fn consistency<N: Nodes>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, ProveError<N::Error>> {
    in_bounds(new)?;
    if old > new {
        return Err(ProveError::Backwards { old, new });
    }
    let Some(last_peak) = peaks(old).next_back() else { return Ok(Vec::new()) };
    if old == new {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    // Both roots can be rebuilt from the last peak of the old tree and the siblings above it. If
    // that peak is the whole old tree, the verifier has it already: it is the old root.
    if !old.is_power_of_two() {
        proof.push(nodes.node(last_peak).map_err(ProveError::Nodes)?);
    }
    proof.extend(siblings(nodes, last_peak, new).map_err(ProveError::Nodes)?);
    Ok(proof)
}

/// The siblings on the way from a node to the root of the tree of `size` leaves.
fn siblings<N: Nodes>(nodes: &N, from: Place, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    let mut place = from;
    while 1u64 << place.level < size {
        let sibling = place.sibling();
        if sibling.end_leaf() <= size {
            path.push(nodes.node(sibling)?);
        } else if sibling.first_leaf() < size {
            let inside = peaks(size).filter(|peak| peak.first_leaf() >= sibling.first_leaf());
            path.push(read_peaks(nodes, inside)?);
        }
        place = place.parent();
    }
    Ok(path)
}

fn in_bounds<E>(size: u64) -> Result<(), ProveError<E>> {
    if size > TREE_SIZE_MAX { Err(ProveError::TooLarge { size }) } else { Ok(()) }
}

/// Why a proof could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProveError<E> {
    /// The tree of that size has no such leaf.
    NoSuchLeaf {
        /// Index of the leaf.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The old tree is larger than the new one.
    Backwards {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new tree.
        new: u64,
    },
    /// No tree is that large.
    TooLarge {
        /// Leaves asked for.
        size: u64,
    },
    /// A node could not be read.
    Nodes(E),
}

impl<E: fmt::Display> fmt::Display for ProveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProveError::NoSuchLeaf { index, size } => {
                write!(f, "no leaf {index} in a tree of {size}")
            }
            ProveError::Backwards { old, new } => {
                write!(f, "no consistency from {old} leaves back to {new}")
            }
            ProveError::TooLarge { size } => write!(f, "no tree has {size} leaves"),
            ProveError::Nodes(error) => write!(f, "tree cannot be read: {error}"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for ProveError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ProveError::Nodes(error) => Some(error),
            _ => None,
        }
    }
}
