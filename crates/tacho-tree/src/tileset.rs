//! Given the published tiles of a log, gives its inner nodes; given its signed head too, says which
//! tiles were changed.
//!
//! Every hash of a tree stands under the root in exactly one way: the partial tiles fold to the
//! root, and each full tile hashes to one entry of the tile above. So a check from the top down
//! finds, for each tile, whether it is the one that was signed:
//! ```text
//! level 2                  000.p/1     } partial tiles: folded together they give the root
//! level 1         000      001.p/17    }
//! level 0   000 ... 255    x001/272.p/112
//! ```

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use crate::check::Head;
use crate::hash::{Hash, node_hash};
use crate::nodes::{Nodes, Place, peaks, read_peaks};
use crate::tile::Tile;

/// Where published tiles are read: a folder, a server, a tar file.
pub trait Tiles {
    /// Why a tile could not be read: missing, or unreadable.
    type Error;

    /// The bytes of a tile: 32 for each hash of its width.
    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

impl<T: Tiles + ?Sized> Tiles for &T {
    type Error = T::Error;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, T::Error> {
        (**self).tile(tile)
    }
}

/// The nodes of a tree of known size, worked out from its tiles.
///
/// A node inside a tile costs up to 127 hashes. The tile read last is kept, because the nodes of
/// one proof share few of them. Hashes are taken as they are read: a proof made from tiles of
/// strangers is worth what its check says.
#[derive(Debug)]
pub struct TileNodes<T> {
    tiles: T,
    size: u64,
    last: RefCell<Option<(Tile, Vec<Hash>)>>,
}

impl<T: Tiles> TileNodes<T> {
    /// The nodes of the tree of `size` leaves that these are the tiles of.
    pub fn new(tiles: T, size: u64) -> TileNodes<T> {
        TileNodes { tiles, size, last: RefCell::new(None) }
    }

    /// The hash over some hashes of a tile, which must be the leaves of a complete subtree.
    fn fold(&self, tile: Tile, from: usize, count: usize) -> Result<Hash, TileError<T::Error>> {
        let mut last = self.last.borrow_mut();
        let hashes = match last.take() {
            Some((same, hashes)) if same == tile => hashes,
            _ => read(&self.tiles, tile)?,
        };
        let (_, hashes) = last.insert((tile, hashes));
        let leaves = hashes.get(from..from + count).ok_or(TileError::WrongLength(tile))?;
        fold_complete(leaves).ok_or(TileError::WrongLength(tile))
    }
}

impl<T: Tiles> Nodes for TileNodes<T> {
    type Error = TileError<T::Error>;

    fn node(&self, place: Place) -> Result<Hash, Self::Error> {
        let level = place.level / Tile::HEIGHT;
        let below = place.level % Tile::HEIGHT;
        let first = place.index << below;
        let there = place.end_leaf() <= self.size;
        let tile = Tile::containing(level, first, self.size).filter(|_| there);
        let tile = tile.ok_or(TileError::NotInTree(place))?;
        let from = (first % u64::from(Tile::WIDTH)) as usize;
        self.fold(tile, from, 1 << below)
    }
}

/// Reads a tile and cuts it into its hashes.
fn read<T: Tiles>(tiles: &T, tile: Tile) -> Result<Vec<Hash>, TileError<T::Error>> {
    let bytes = tiles.tile(tile).map_err(|error| TileError::Unreadable(tile, error))?;
    tile.hashes(&bytes).ok_or(TileError::WrongLength(tile))
}

/// The root over 1, 2, 4, ... hashes.
fn fold_complete(hashes: &[Hash]) -> Option<Hash> {
    match hashes {
        [hash] => Some(*hash),
        [left, right] => Some(node_hash(left, right)),
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            Some(node_hash(&fold_complete(left)?, &fold_complete(right)?))
        }
    }
}

/// Why a node could not be worked out from tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError<E> {
    /// The tree has no such complete node.
    NotInTree(Place),
    /// The tile could not be read.
    Unreadable(Tile, E),
    /// The tile does not have the bytes its width needs.
    WrongLength(Tile),
}

impl<E: fmt::Display> fmt::Display for TileError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TileError::NotInTree(place) => write!(f, "{place} is not in the tree"),
            TileError::Unreadable(tile, error) => write!(f, "{tile} cannot be read: {error}"),
            TileError::WrongLength(tile) => write!(f, "{tile} has not the bytes its width needs"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for TileError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TileError::Unreadable(_, error) => Some(error),
            _ => None,
        }
    }
}

/// Something wrong with a published tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileFinding<E> {
    /// The partial tiles do not fold to the signed root. Which of them was changed, if not the
    /// root, cannot be told.
    WrongRoot,
    /// A full tile does not hash to what the tile above says, and that one is sound.
    Changed(Tile),
    /// A full tile does not hash to what the tile above says, but that one is not sound itself.
    Unproven(Tile),
    /// The tile could not be read.
    Unreadable(Tile, E),
    /// The tile does not have the bytes its width needs.
    WrongLength(Tile),
}

impl<E: fmt::Display> fmt::Display for TileFinding<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TileFinding::WrongRoot => f.write_str("partial tiles do not lead to the signed root"),
            TileFinding::Changed(tile) => write!(f, "{tile} is not the one that was signed"),
            TileFinding::Unproven(tile) => {
                write!(f, "{tile} cannot be judged, for the tile above is damaged")
            }
            TileFinding::Unreadable(tile, error) => write!(f, "{tile} cannot be read: {error}"),
            TileFinding::WrongLength(tile) => write!(f, "{tile} has not the bytes it should have"),
        }
    }
}

/// Checks every tile of a tree that can hold a leaf from `minimum` on (0 for all), each read once
/// or twice, and gives all findings. None means: these are the hashes the head was signed over.
pub fn check<T: Tiles>(tiles: &T, head: &Head, minimum: u64) -> Vec<TileFinding<T::Error>> {
    let mut findings = Vec::new();
    let mut unsound = BTreeSet::new();
    let partial = || Tile::all(head.size, minimum).filter(|tile| !tile.is_full());
    for tile in partial() {
        if let Err(error) = read(tiles, tile) {
            unsound.insert(tile);
            findings.push(error.into_finding(tile));
        }
    }
    if unsound.is_empty() {
        let nodes = TileNodes::new(tiles, head.size);
        if read_peaks(&nodes, peaks(head.size)).ok() != Some(head.root) {
            unsound.extend(partial());
            findings.push(TileFinding::WrongRoot);
        }
    }
    let mut above = None;
    for level in (0..8).rev() {
        for tile in Tile::of_level(level, head.size, minimum).filter(|tile| tile.is_full()) {
            let verdict = check_full(tiles, head.size, tile, &mut above, &unsound);
            if !matches!(verdict, Ok(Sound(true))) {
                unsound.insert(tile);
            }
            findings.extend(verdict.err());
        }
    }
    findings
}

/// Whether a tile that hashes to what the tile above says leads all the way to the signed root.
struct Sound(bool);

/// Checks a full tile against the tile above, of which the last one read is kept in `above`.
fn check_full<T: Tiles>(
    tiles: &T,
    size: u64,
    tile: Tile,
    above: &mut Option<(Tile, Option<Vec<Hash>>)>,
    unsound: &BTreeSet<Tile>,
) -> Result<Sound, TileFinding<T::Error>> {
    let hashes = read(tiles, tile).map_err(|error| error.into_finding(tile))?;
    let parent = Tile::containing(tile.level() + 1, tile.index(), size);
    let parent = parent.ok_or(TileFinding::Unproven(tile))?;
    if above.as_ref().is_none_or(|(last, _)| *last != parent) {
        *above = Some((parent, read(tiles, parent).ok()));
    }
    let entry = (tile.index() % u64::from(Tile::WIDTH)) as usize;
    let claimed = above.as_ref().and_then(|(_, hashes)| hashes.as_ref()?.get(entry).copied());
    match (claimed == fold_complete(&hashes), Sound(!unsound.contains(&parent))) {
        (true, sound) => Ok(sound),
        (false, Sound(true)) => Err(TileFinding::Changed(tile)),
        (false, Sound(false)) => Err(TileFinding::Unproven(tile)),
    }
}

impl<E> TileError<E> {
    fn into_finding(self, tile: Tile) -> TileFinding<E> {
        match self {
            TileError::Unreadable(tile, error) => TileFinding::Unreadable(tile, error),
            TileError::NotInTree(_) | TileError::WrongLength(_) => TileFinding::WrongLength(tile),
        }
    }
}
