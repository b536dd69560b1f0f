//! Given the minimum index of a pruned tree, gives what must stay; given an old head, keeps what
//! its consistency proofs will need: C2SP `tlog-tiles`, section "Pruning".
//!
//! Pruning removes leaves and low nodes below a minimum index and changes neither root nor proofs
//! of the rest. A tile stays while it can hold a leaf from the minimum index on; with those tiles,
//! every tree of at least that size, and every leaf from it on, stays provable.
//!
//! A head signed *before* the minimum index needs more: its own peaks, and the complete nodes
//! between its end and the minimum index. That is at most one hash for each height and one more:
//! ```text
//! size u64 | reach u64 | its peaks, 32 each | nodes that climb from `size` to `reach`, 32 each
//!
//! size 5, minimum 16:  05 | 16 | 0..4, 4..5 | 5..6, 6..8, 8..16          16 + 5 * 32 bytes
//! ```
//! `reach` is where the last of those nodes ends. All numbers are big-endian.

use std::fmt;

use crate::frontier::{Frontier, FrontierError};
use crate::hash::Hash;
use crate::limits::TREE_SIZE_MAX;
use crate::nodes::{Nodes, Place, peaks};
use crate::tile::Tile;

/// Index of the first node of a height that a tree pruned to `minimum` keeps.
///
/// A node stays as long as the tile it stands in, or for a height that is no multiple of 8, the
/// tile from which it is worked out.
pub fn first_kept(level: u8, minimum: u64) -> u64 {
    let span_bits = (u32::from(level) / u32::from(Tile::HEIGHT) + 1) * u32::from(Tile::HEIGHT);
    match minimum.checked_shr(span_bits) {
        Some(tile) => (tile << span_bits).checked_shr(level.into()).unwrap_or(0),
        None => 0,
    }
}

/// What an old head needs, so that it can be proved consistent with every tree of at least the size
/// its log was pruned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFrontier {
    frontier: Frontier,
    /// The hashes at `climb(size, reach)`.
    climb: Vec<Hash>,
    reach: u64,
}

impl KeptFrontier {
    /// Takes the nodes of an old tree of `size` leaves before the log is pruned to `minimum`.
    pub fn take<N: Nodes>(nodes: &N, size: u64, minimum: u64) -> Result<KeptFrontier, N::Error> {
        let frontier = Frontier::read(nodes, size)?;
        let mut kept = KeptFrontier { frontier, climb: Vec::new(), reach: size };
        kept.extend(nodes, minimum)?;
        Ok(kept)
    }

    /// Takes in the further nodes needed before the log is pruned again, to a larger minimum.
    pub fn extend<N: Nodes>(&mut self, nodes: &N, minimum: u64) -> Result<(), N::Error> {
        let further: Vec<Place> = climb(self.reach, minimum).collect();
        for place in further {
            self.climb.push(nodes.node(place)?);
            self.reach = place.end_leaf();
        }
        Ok(())
    }

    /// Leaves of the old tree.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of the old tree.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The hash of a node, if it is among those kept.
    pub fn node(&self, place: Place) -> Option<Hash> {
        let peaks = peaks(self.size()).zip(self.frontier.peaks());
        let climb = climb(self.size(), self.reach).zip(&self.climb);
        peaks.chain(climb).find(|(kept, _)| *kept == place).map(|(_, hash)| *hash)
    }

    /// The bytes drawn at the top of this file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size().to_be_bytes().to_vec();
        bytes.extend(self.reach.to_be_bytes());
        let hashes = self.frontier.peaks().iter().chain(&self.climb);
        bytes.extend(hashes.flat_map(Hash::as_bytes));
        bytes
    }

    /// Reads what [`KeptFrontier::to_bytes`] wrote; anything else is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<KeptFrontier, FrontierError> {
        let (size, rest) = bytes.split_first_chunk().ok_or(FrontierError::NoSize)?;
        let (reach, hashes) = rest.split_first_chunk().ok_or(FrontierError::NoSize)?;
        let (size, reach) = (u64::from_be_bytes(*size), u64::from_be_bytes(*reach));
        if size > TREE_SIZE_MAX || reach > TREE_SIZE_MAX {
            return Err(FrontierError::TooLarge { size: size.max(reach) });
        }
        if climb(size, reach).last().map_or(size, Place::end_leaf) != reach {
            return Err(FrontierError::NoSuchReach { size, reach });
        }
        let own = size.count_ones() as usize * Hash::LEN;
        let expected = own + climb(size, reach).count() * Hash::LEN;
        let wrong = FrontierError::WrongLength { size, expected, found: hashes.len() };
        let (peaks, above) = hashes.split_at_checked(own).ok_or(wrong)?;
        if hashes.len() != expected {
            return Err(wrong);
        }
        let frontier = Frontier::from_bytes(&[&size.to_be_bytes(), peaks].concat())?;
        let climb = above.as_chunks().0.iter().copied().map(Hash::from_bytes).collect();
        Ok(KeptFrontier { frontier, climb, reach })
    }
}

/// The largest complete nodes that start at `from`, then where that one ends, and so on, as long as
/// they end at or before `to`. These are the siblings on the right that a walk from the end of a
/// tree of `from` leaves up to the root meets. None for the empty tree, which needs no proof.
fn climb(from: u64, to: u64) -> impl Iterator<Item = Place> {
    let from = Some(from).filter(|from| *from > 0);
    let starting_at = |leaf: u64| {
        let level = leaf.trailing_zeros() as u8;
        Place { level, index: leaf >> level }
    };
    std::iter::successors(from.map(starting_at), move |place| Some(starting_at(place.end_leaf())))
        .take_while(move |place| place.end_leaf() <= to)
}

/// The nodes of a tree that keeps all nodes from some height on for ever, with what was kept for
/// old heads: a frontier then has to reach that height and no further.
#[derive(Clone, Debug)]
pub struct WithKept<'k, N> {
    nodes: N,
    kept: &'k [KeptFrontier],
}

impl<'k, N: Nodes> WithKept<'k, N> {
    /// A node that is among those kept is taken from there, every other one from `nodes`.
    pub fn new(nodes: N, kept: &'k [KeptFrontier]) -> WithKept<'k, N> {
        WithKept { nodes, kept }
    }
}

impl<N: Nodes> Nodes for WithKept<'_, N> {
    type Error = N::Error;

    fn node(&self, place: Place) -> Result<Hash, N::Error> {
        let kept = self.kept.iter().find_map(|frontier| frontier.node(place));
        kept.map_or_else(|| self.nodes.node(place), Ok)
    }
}

/// The nodes of a pruned tree: those still stored, and those kept for old heads.
#[derive(Clone, Debug)]
pub struct Pruned<'k, N> {
    nodes: N,
    minimum: u64,
    kept: &'k [KeptFrontier],
}

impl<'k, N: Nodes> Pruned<'k, N> {
    /// `nodes` has all nodes from [`first_kept`] on; `kept` has what older heads need.
    pub fn new(nodes: N, minimum: u64, kept: &'k [KeptFrontier]) -> Pruned<'k, N> {
        Pruned { nodes, minimum, kept }
    }
}

impl<N: Nodes> Nodes for Pruned<'_, N> {
    type Error = PrunedError<N::Error>;

    fn node(&self, place: Place) -> Result<Hash, Self::Error> {
        if place.index >= first_kept(place.level, self.minimum) {
            return self.nodes.node(place).map_err(PrunedError::Nodes);
        }
        let kept = self.kept.iter().find_map(|frontier| frontier.node(place));
        kept.ok_or(PrunedError::Pruned(place))
    }
}

/// Why a node of a pruned tree could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrunedError<E> {
    /// It lies below the minimum index, and no old head needed it.
    Pruned(Place),
    /// It should be there and could not be read.
    Nodes(E),
}

impl<E: fmt::Display> fmt::Display for PrunedError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PrunedError::Pruned(place) => write!(f, "{place} was pruned"),
            PrunedError::Nodes(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for PrunedError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            PrunedError::Pruned(_) => None,
            PrunedError::Nodes(error) => Some(error),
        }
    }
}
