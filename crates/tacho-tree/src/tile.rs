//! Given a tree size, gives the tiles and entry bundles it is published as; given a path, the tile
//! it names: C2SP `tlog-tiles`.
//!
//! A tile is up to 256 hashes of one height, one after the other; the tile of level L holds nodes
//! of height 8 L, so each is the root of a full tile below. Only the last tile of a level is
//! partial.
//! ```text
//! tile/0/x001/x234/067             level 0, index 1234067: 8,192 bytes
//! tile/1/000.p/17                  level 1, index 0, the 17 hashes there are so far: 544 bytes
//! tile/entries/000.p/3             the leaves themselves, each behind its u16 big-endian length:
//!                                  02 45 7b 22 ..  00 06 6c 65 61 66 2d 31  00 06 6c 65 61 66
//!                                  2d 32
//! ```
//! A store that keeps one stream of 32-byte hashes for each height serves tile n of level L as
//! bytes `n * 8192` to `n * 8192 + 32 * width` of the stream of height 8 L.

use std::fmt;

use crate::hash::Hash;
use crate::limits::{LEAF_BYTES_MAX, TREE_SIZE_MAX};
use crate::line::{Malformed, decimal};
use crate::nodes::{Nodes, Place};

/// A run of up to 256 hashes of height `8 * level`, starting at `index * 256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// Height of a tile: each level stands 8 above the one below.
    pub const HEIGHT: u8 = 8;

    /// Hashes of a full tile.
    pub const WIDTH: u16 = 1 << Tile::HEIGHT;

    /// The tile of this place, if it has 1 to 256 hashes and some tree is large enough for it.
    pub fn new(level: u8, index: u64, width: u16) -> Option<Tile> {
        let height = level.checked_mul(Tile::HEIGHT).filter(|height| *height < 64)?;
        let end = index.checked_mul(Tile::WIDTH.into())?.checked_add(width.into())?;
        let fits = (1..=Tile::WIDTH).contains(&width) && end <= TREE_SIZE_MAX >> height;
        fits.then_some(Tile { level, index, width })
    }

    /// All tiles of a tree of `size` leaves that can hold a leaf from `minimum` on: from the lowest
    /// level up, from left to right. With `minimum` 0, all there are.
    pub fn all(size: u64, minimum: u64) -> impl Iterator<Item = Tile> {
        let levels = (0u8..8).take_while(move |level| size >> (level * Tile::HEIGHT) > 0);
        levels.flat_map(move |level| Tile::of_level(level, size, minimum))
    }

    /// The tiles of one level, as [`Tile::all`].
    pub fn of_level(level: u8, size: u64, minimum: u64) -> impl Iterator<Item = Tile> {
        let hashes = hashes_of_level(level, size);
        let first = match level.checked_add(1).and_then(|above| above.checked_mul(Tile::HEIGHT)) {
            Some(bits) if bits < 64 => minimum >> bits,
            _ => 0,
        };
        (first..hashes.div_ceil(Tile::WIDTH.into()))
            .filter_map(move |index| Tile::containing(level, index * 256, size))
    }

    /// The tile of a tree of `size` leaves in which the `n`th hash of a level stands.
    pub fn containing(level: u8, n: u64, size: u64) -> Option<Tile> {
        let index = n / u64::from(Tile::WIDTH);
        let from = index * u64::from(Tile::WIDTH);
        let there = hashes_of_level(level, size).checked_sub(from)?;
        Tile::new(level, index, there.min(Tile::WIDTH.into()) as u16)
    }

    /// The level: its hashes are of height `8 * level`.
    pub fn level(self) -> u8 {
        self.level
    }

    /// The index among the tiles of its level.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes it has.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it has all 256 hashes.
    pub fn is_full(self) -> bool {
        self.width == Tile::WIDTH
    }

    /// The places of its hashes, from the left.
    pub fn places(self) -> impl Iterator<Item = Place> {
        let first = self.index * u64::from(Tile::WIDTH);
        let level = self.level * Tile::HEIGHT;
        (first..first + u64::from(self.width)).map(move |index| Place { level, index })
    }

    /// Where the root of a full tile stands: in the tile above. A partial tile has no such place.
    pub fn root_place(self) -> Option<Place> {
        let level = self.level + 1;
        self.is_full().then_some(Place { level: level * Tile::HEIGHT, index: self.index })
    }

    /// The bundle with the leaves whose hashes a tile of level 0 has.
    pub fn bundle(self) -> Option<Bundle> {
        (self.level == 0).then_some(Bundle { index: self.index, width: self.width })
    }

    /// The bytes of the tile, from a node source.
    pub fn read<N: Nodes>(self, nodes: &N) -> Result<Vec<u8>, N::Error> {
        let mut bytes = Vec::with_capacity(usize::from(self.width) * Hash::LEN);
        for place in self.places() {
            bytes.extend(nodes.node(place)?.as_bytes());
        }
        Ok(bytes)
    }

    /// The hashes in the bytes of the tile, if there are as many as its width says.
    pub fn hashes(self, bytes: &[u8]) -> Option<Vec<Hash>> {
        let (hashes, rest) = bytes.as_chunks();
        let fits = rest.is_empty() && hashes.len() == usize::from(self.width);
        fits.then(|| hashes.iter().copied().map(Hash::from_bytes).collect())
    }
}

/// How many complete nodes of height `8 * level` a tree has.
fn hashes_of_level(level: u8, size: u64) -> u64 {
    match level.checked_mul(Tile::HEIGHT) {
        Some(height) if height < 64 => size >> height,
        _ => 0,
    }
}

/// The leaves `index * 256` up to `index * 256 + width`, as one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bundle {
    index: u64,
    width: u16,
}

impl Bundle {
    /// The bundle of this place, if it has 1 to 256 leaves and some tree is large enough for it.
    pub fn new(index: u64, width: u16) -> Option<Bundle> {
        Tile::new(0, index, width).and_then(Tile::bundle)
    }

    /// The index among the bundles.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many leaves it has.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Its first leaf.
    pub fn first_leaf(self) -> u64 {
        self.index * u64::from(Tile::WIDTH)
    }

    /// The tile with the hashes of its leaves.
    pub fn tile(self) -> Tile {
        Tile { level: 0, index: self.index, width: self.width }
    }

    /// Writes leaves as an entry bundle: each behind its length, u16 big-endian.
    pub fn encode<'l>(leaves: impl IntoIterator<Item = &'l [u8]>) -> Result<Vec<u8>, Malformed> {
        let mut bytes = Vec::new();
        for leaf in leaves {
            if leaf.len() > LEAF_BYTES_MAX {
                return Err(malformed_bundle("has a leaf too long for its length field"));
            }
            bytes.extend((leaf.len() as u16).to_be_bytes());
            bytes.extend(leaf);
        }
        Ok(bytes)
    }

    /// Reads the leaves of an entry bundle; there must be exactly as many as its width says.
    pub fn leaves(self, bytes: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
        let mut leaves = Vec::with_capacity(self.width.into());
        let mut rest = bytes;
        while let Some((len, behind)) = rest.split_first_chunk() {
            let len = usize::from(u16::from_be_bytes(*len));
            let (leaf, behind) =
                behind.split_at_checked(len).ok_or(malformed_bundle("ends inside a leaf"))?;
            leaves.push(leaf);
            rest = behind;
            if leaves.len() > usize::from(self.width) {
                return Err(malformed_bundle("has too many leaves"));
            }
        }
        if !rest.is_empty() {
            return Err(malformed_bundle("ends inside a length"));
        }
        if leaves.len() < usize::from(self.width) {
            return Err(malformed_bundle("has too few leaves"));
        }
        Ok(leaves)
    }
}

/// What a log publishes, by its path below the log's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// `checkpoint`: the latest signed note.
    Checkpoint,
    /// `tile/<L>/<N>[.p/<W>]`: hashes.
    Tile(Tile),
    /// `tile/entries/<N>[.p/<W>]`: leaves.
    Entries(Bundle),
}

impl Resource {
    /// Reads a path in the one spelling it is displayed in: `tile/0/x001/x234/067.p/8`.
    pub fn parse(path: &str) -> Option<Resource> {
        if path == "checkpoint" {
            return Some(Resource::Checkpoint);
        }
        let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
        let (index, width) = match place.split_once(".p/") {
            Some((index, width)) => (index, decimal(width, 255)? as u16),
            None => (place, Tile::WIDTH),
        };
        let index = parse_index(index)?;
        match level {
            "entries" => Bundle::new(index, width).map(Resource::Entries),
            _ => Tile::new(decimal(level, 63)? as u8, index, width).map(Resource::Tile),
        }
    }
}

/// Reads `x001/x234/067`: groups of three digits, `x` before all but the last, no zero group ahead.
fn parse_index(text: &str) -> Option<u64> {
    let (front, last) = text.rsplit_once('/').map_or((None, text), |(f, l)| (Some(f), l));
    let group = |digits: &str| {
        let three = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if three { digits.parse::<u64>().ok() } else { None }
    };
    let mut index = 0u64;
    for part in front.iter().flat_map(|front| front.split('/')) {
        let part = group(part.strip_prefix('x')?)?;
        if index == 0 && part == 0 {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(part)?;
    }
    index.checked_mul(1000)?.checked_add(group(last)?)
}

fn write_place(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let (mut groups, mut left) = (vec![index % 1000], index / 1000);
    while left > 0 {
        groups.push(left % 1000);
        left /= 1000;
    }
    for (i, group) in groups.iter().enumerate().rev() {
        f.write_str(if i > 0 { "/x" } else { "/" })?;
        write!(f, "{group:03}")?;
    }
    if width < Tile::WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}", self.level)?;
        write_place(f, self.index, self.width)
    }
}

impl fmt::Display for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries")?;
        write_place(f, self.index, self.width)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Checkpoint => f.write_str("checkpoint"),
            Resource::Tile(tile) => tile.fmt(f),
            Resource::Entries(bundle) => bundle.fmt(f),
        }
    }
}

fn malformed_bundle(why: &'static str) -> Malformed {
    Malformed { what: "entry bundle", line: 0, why }
}
