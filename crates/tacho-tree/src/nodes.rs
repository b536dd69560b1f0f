//! Given a tree size, gives the complete subtrees it is made of; and the trait through which proofs
//! read their hashes, wherever they are stored.
//!
//! The node at height `level` with index `index` covers leaves `index << level` up to
//! `(index + 1) << level`. Only complete nodes have a hash for ever; a tree of 11 leaves has
//! eighteen of them, and three (marked `*`) that stand alone, its *peaks*:
//!
//! ```text
//! level 3                 0*
//! level 2         0               1
//! level 1     0       1       2       3       4*
//! level 0   0   1   2   3   4   5   6   7   8   9   10*
//! ```

use std::fmt;

use crate::hash::{Hash, node_hash};

/// The place of a complete node: the root of the `2^level` leaves from `index << level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Height above the leaves, at most 62; 0 is a leaf hash.
    pub level: u8,
    /// Index among the nodes of that height.
    pub index: u64,
}

impl Place {
    /// The first leaf below the node.
    pub fn first_leaf(self) -> u64 {
        self.index << self.level
    }

    /// One past the last leaf below the node.
    pub fn end_leaf(self) -> u64 {
        (self.index + 1) << self.level
    }

    /// The other child of the node's parent.
    pub fn sibling(self) -> Place {
        Place { level: self.level, index: self.index ^ 1 }
    }

    /// The node above.
    pub fn parent(self) -> Place {
        Place { level: self.level + 1, index: self.index >> 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of level {}", self.index, self.level)
    }
}

/// Where the hashes of complete nodes are read.
///
/// A store that keeps, for each level, the hashes of that level one after the other (the order in
/// which [`crate::Frontier::push`] reports them) answers `node(level, index)` with the 32 bytes at
/// `index * 32` of that level's stream. Proofs ask only for nodes inside the tree they are about.
pub trait Nodes {
    /// Why a hash could not be read: missing, or unreadable.
    type Error;

    /// The hash of a complete node.
    fn node(&self, place: Place) -> Result<Hash, Self::Error>;
}

impl<N: Nodes + ?Sized> Nodes for &N {
    type Error = N::Error;

    fn node(&self, place: Place) -> Result<Hash, N::Error> {
        (**self).node(place)
    }
}

/// The peaks of a tree: the fewest complete nodes that cover it, from left to right. There is one
/// for each 1 in the binary form of the size, so `peaks(11)` has the heights 3, 1, 0.
pub fn peaks(size: u64) -> impl DoubleEndedIterator<Item = Place> + Clone {
    (0..u64::BITS as u8).rev().filter(move |level| size >> level & 1 == 1).map(move |level| {
        // The peak of height h ends where the size, cut below bit h, ends.
        Place { level, index: (size >> level) - 1 }
    })
}

/// The root over the peaks of a tree, given from left to right: the smallest two are hashed first.
///
/// Peaks A (8 leaves), B (2), C (1) give `node_hash(A, node_hash(B, C))`; none give the empty root.
pub fn fold_peaks(peaks: impl DoubleEndedIterator<Item = Hash>) -> Hash {
    peaks.rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or(Hash::EMPTY_ROOT)
}

/// As [`fold_peaks`], over peaks that have to be read.
pub(crate) fn read_peaks<N: Nodes>(
    nodes: &N,
    peaks: impl DoubleEndedIterator<Item = Place>,
) -> Result<Hash, N::Error> {
    let mut root = None;
    for place in peaks.rev() {
        let left = nodes.node(place)?;
        root = Some(root.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(root.unwrap_or(Hash::EMPTY_ROOT))
}

/// All complete nodes of a tree, in memory: the reference [`Nodes`], for tests, witnesses and
/// exports of modest size (64 bytes a leaf).
#[derive(Clone, Debug, Default)]
pub struct Levels {
    levels: Vec<Vec<Hash>>,
}

/// A node asked for that is not complete, or not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingNode(pub Place);

impl fmt::Display for MissingNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is missing", self.0)
    }
}

impl std::error::Error for MissingNode {}

impl Levels {
    /// No leaves.
    pub fn new() -> Levels {
        Levels::default()
    }

    /// Takes in a node; nodes of one level come in order, as [`crate::Frontier::push`] gives them.
    ///
    /// # Panics
    /// If a node of the level was left out.
    pub fn insert(&mut self, place: Place, hash: Hash) {
        let level = usize::from(place.level);
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        if let Some(hashes) = self.levels.get_mut(level) {
            assert_eq!(hashes.len() as u64, place.index, "nodes of level {level} come in order");
            hashes.push(hash);
        }
    }

    /// The complete nodes of one level, from the left.
    pub fn level(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }
}

impl FromIterator<Hash> for Levels {
    /// The tree over these leaf hashes.
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Levels {
        let mut levels = Levels::new();
        let mut frontier = crate::Frontier::new();
        for leaf in leaves {
            frontier.push(leaf, |place, hash| levels.insert(place, hash));
        }
        levels
    }
}

impl Nodes for Levels {
    type Error = MissingNode;

    fn node(&self, place: Place) -> Result<Hash, MissingNode> {
        let index = usize::try_from(place.index).map_err(|_| MissingNode(place))?;
        self.level(place.level).get(index).copied().ok_or(MissingNode(place))
    }
}
