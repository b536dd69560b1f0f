//! Tiles and entry bundles: which there are, their paths and bytes, and what a change of one shows.

use std::cell::Cell;
use std::collections::BTreeMap;

use tacho_tree::limits::{LEAF_BYTES_MAX, TREE_SIZE_MAX};
use tacho_tree::tileset::{self, TileFinding, TileNodes, Tiles};
use tacho_tree::{Bundle, Head, Levels, Place, Resource, Tile, check, leaf_hash, prove};

use crate::sample::{Uniform, head, leaves, one_bit_off, tree};

/// Published tiles in memory; counts how often one is read.
#[derive(Clone, Default)]
struct Published {
    tiles: BTreeMap<String, Vec<u8>>,
    reads: Cell<usize>,
}

impl Published {
    fn new(count: usize) -> (Published, Head) {
        let tree = tree(&leaves(count));
        let size = count as u64;
        let tiles = Tile::all(size, 0).map(|tile| (tile.to_string(), tile.read(&tree).unwrap()));
        (Published { tiles: tiles.collect(), reads: Cell::new(0) }, head(&tree, size))
    }

    fn flip(&mut self, path: &str, bit: usize) {
        self.tiles.get_mut(path).unwrap()[bit / 8] ^= 1 << (bit % 8);
    }
}

impl Tiles for Published {
    type Error = String;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, String> {
        self.reads.set(self.reads.get() + 1);
        self.tiles.get(&tile.to_string()).cloned().ok_or_else(|| "not published".to_owned())
    }
}

fn tile(path: &str) -> Tile {
    match Resource::parse(path) {
        Some(Resource::Tile(tile)) => tile,
        other => panic!("{path} is {other:?}"),
    }
}

fn paths(size: u64, minimum: u64) -> Vec<String> {
    Tile::all(size, minimum).map(|tile| tile.to_string()).collect()
}

#[test]
fn a_tree_of_70000_has_the_tiles_its_specification_names() {
    let paths = paths(70_000, 0);
    let full = |level: &str| {
        paths.iter().filter(|path| path.starts_with(level) && !path.contains(".p/")).count()
    };
    assert_eq!((full("tile/0/"), full("tile/1/"), full("tile/2/")), (273, 1, 0));
    let partial: Vec<_> = paths.iter().filter(|path| path.contains(".p/")).collect();
    assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(paths.len(), 273 + 1 + 3);
}

#[test]
fn small_and_whole_trees_have_their_tiles() {
    assert!(paths(0, 0).is_empty());
    assert_eq!(paths(1, 0), ["tile/0/000.p/1"]);
    assert_eq!(paths(255, 0), ["tile/0/000.p/255"]);
    assert_eq!(paths(256, 0), ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(paths(257, 0), ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    let last = paths(65_536, 0).split_off(256);
    assert_eq!(last, ["tile/1/000", "tile/2/000.p/1"]);
}

#[test]
fn paths_are_written_and_read_in_one_spelling() {
    for path in [
        "checkpoint",
        "tile/0/000",
        "tile/0/999",
        "tile/0/x001/000",
        "tile/0/x001/x234/067",
        "tile/7/000.p/64",
        "tile/1/x123/456.p/255",
        "tile/entries/000.p/1",
        "tile/entries/x001/000",
    ] {
        assert_eq!(Resource::parse(path).unwrap().to_string(), path);
    }
    assert_eq!(tile("tile/3/x001/x234/067.p/8"), Tile::new(3, 1_234_067, 8).unwrap());
    for path in [
        "",
        "/checkpoint",
        "checkpoint/",
        "Checkpoint",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/64/000",
        "tile/8/000.p/1",
        "tile/7/000.p/65",
        "tile/7/000",
        "tile/+1/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x000/x001/000",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/X001/002",
        "tile/0/00a",
        "tile/0/000/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/1.p/1",
        "tile/entries/000.p/0",
        "tile/entries/",
        "tile/0/../0/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Resource::parse(path), None, "{path:?}");
    }
}

#[test]
fn no_tile_lies_beyond_the_largest_tree() {
    let last = TREE_SIZE_MAX / 256 - 1;
    assert!(Tile::new(0, last, 256).is_some());
    assert!(Tile::new(0, last + 1, 1).is_none());
    assert!(Tile::new(0, u64::MAX, 256).is_none());
    assert!(Tile::new(7, 0, 64).is_some());
    assert!(Tile::new(7, 0, 65).is_none());
    assert!(Tile::new(8, 0, 1).is_none() && Tile::new(255, 0, 1).is_none());
    assert!(Tile::new(0, 0, 0).is_none() && Tile::new(0, 0, 257).is_none());
    assert_eq!(Tile::containing(7, 63, TREE_SIZE_MAX), Tile::new(7, 0, 64));
    let most = Tile::all(TREE_SIZE_MAX, TREE_SIZE_MAX - 1).map(|tile| tile.to_string());
    assert_eq!(most.last().unwrap(), "tile/7/000.p/64");
}

#[test]
fn a_tile_is_the_slice_of_its_levels_stream() {
    let tree = tree(&leaves(700));
    for tile in Tile::all(700, 0) {
        let stream: Vec<u8> =
            tree.level(tile.level() * 8).iter().flat_map(|hash| *hash.as_bytes()).collect();
        let from = tile.index() as usize * 8192;
        let slice = &stream[from..from + 32 * usize::from(tile.width())];
        assert_eq!(tile.read(&tree).unwrap(), slice, "{tile}");
        let hashes = tile.hashes(slice).unwrap();
        assert_eq!(hashes.len(), usize::from(tile.width()));
        assert_eq!(tile.hashes(&slice[1..]), None);
        assert_eq!(tile.hashes(&slice[32..]), None);
    }
}

#[test]
fn every_node_and_proof_can_be_worked_out_from_tiles() {
    for size in [1, 2, 3, 255, 256, 257, 600] {
        let tree = tree(&leaves(size));
        let (published, head) = Published::new(size);
        let nodes = TileNodes::new(&published, head.size);
        assert_eq!(prove::root(&nodes, head.size).unwrap(), head.root);
        for index in (0..head.size).step_by(1 + size / 97) {
            let proof = prove::inclusion(&nodes, index, head.size).unwrap();
            assert_eq!(proof, prove::inclusion(&tree, index, head.size).unwrap());
            check::inclusion(&tree.level(0)[index as usize], index, &head, &proof).unwrap();
            let consistency = prove::consistency(&nodes, index, head.size).unwrap();
            assert_eq!(consistency, prove::consistency(&tree, index, head.size).unwrap());
        }
    }
}

#[test]
fn one_proof_reads_few_tiles() {
    let (published, head) = Published::new(70_000);
    let nodes = TileNodes::new(&published, head.size);
    prove::inclusion(&nodes, 12_345, head.size).unwrap();
    // One tile of each level for the path, three partial ones for the right edge.
    assert!(published.reads.get() <= 6, "{}", published.reads.get());
}

#[test]
fn a_tile_that_is_not_there_or_cut_is_named() {
    let (mut published, head) = Published::new(300);
    published.tiles.remove("tile/0/000");
    let nodes = TileNodes::new(&published, head.size);
    let missing = prove::inclusion(&nodes, 3, head.size).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "tree cannot be read: tile/0/000 cannot be read: not published"
    );
    published.tiles.insert("tile/0/000".to_owned(), vec![0; 8191]);
    let nodes = TileNodes::new(&published, head.size);
    let cut = prove::inclusion(&nodes, 3, head.size).unwrap_err();
    assert_eq!(
        cut.to_string(),
        "tree cannot be read: tile/0/000 has not the bytes its width needs"
    );
    let beyond = tacho_tree::Nodes::node(&nodes, Place { level: 0, index: 300 }).unwrap_err();
    assert_eq!(beyond.to_string(), "node 300 of level 0 is not in the tree");
}

#[test]
fn sound_tiles_have_no_findings() {
    for size in [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 66_000] {
        let (published, head) = Published::new(size);
        assert_eq!(tileset::check(&published, &head, 0), []);
    }
}

#[test]
fn every_single_bit_change_of_a_tile_is_found() {
    for size in [1, 2, 3, 7, 20] {
        let (published, head) = Published::new(size);
        let path = format!("tile/0/000.p/{size}");
        for changed in one_bit_off(&published.tiles[&path]) {
            let mut published = published.clone();
            published.tiles.insert(path.clone(), changed);
            assert_eq!(tileset::check(&published, &head, 0), [TileFinding::WrongRoot]);
        }
    }
}

#[test]
fn a_change_of_any_byte_of_any_tile_is_found_and_blamed_on_that_tile() {
    let (sound, head) = Published::new(258);
    for (path, bytes) in &sound.tiles {
        for byte in (0..bytes.len()).step_by(tacho_testkit::stride()) {
            let mut published = sound.clone();
            published.flip(path, byte * 8 + byte % 8);
            let expected = match path.as_str() {
                "tile/0/000" => vec![TileFinding::Changed(tile(path))],
                // The entry for the full tile below is wrong too, and cannot be told from it.
                "tile/1/000.p/1" => {
                    vec![TileFinding::WrongRoot, TileFinding::Unproven(tile("tile/0/000"))]
                }
                _ => vec![TileFinding::WrongRoot],
            };
            assert_eq!(tileset::check(&published, &head, 0), expected, "{path} {byte}");
        }
    }
}

#[test]
fn all_damage_is_reported_at_once() {
    let (mut published, head) = Published::new(66_000);
    published.flip("tile/0/007", 9);
    published.flip("tile/0/200", 9);
    published.flip("tile/1/000", 8 * 32 * 99);
    published.tiles.remove("tile/0/150");
    published.tiles.insert("tile/0/151".to_owned(), Vec::new());
    let findings = tileset::check(&published, &head, 0);
    assert_eq!(
        findings,
        [
            TileFinding::Changed(tile("tile/1/000")),
            // Judged by a damaged tile: the first three are damaged, the entry of 099 is.
            TileFinding::Unproven(tile("tile/0/007")),
            TileFinding::Unproven(tile("tile/0/099")),
            TileFinding::Unreadable(tile("tile/0/150"), "not published".to_owned()),
            TileFinding::WrongLength(tile("tile/0/151")),
            TileFinding::Unproven(tile("tile/0/200")),
        ]
    );
}

#[test]
fn below_a_rewritten_tile_nothing_is_called_changed_that_fits_it() {
    // A tile of level 1 and all it covers come from another log; inside that, one tile is damaged.
    let (mut published, head) = Published::new(66_000);
    let other: Levels = (0..66_000u64).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    for tile in Tile::all(65_536, 0).filter(|tile| tile.is_full()) {
        published.tiles.insert(tile.to_string(), tile.read(&other).unwrap());
    }
    published.flip("tile/0/007", 9);
    let findings = tileset::check(&published, &head, 0);
    let (rewritten, damaged) = (tile("tile/1/000"), tile("tile/0/007"));
    assert_eq!(findings, [TileFinding::Changed(rewritten), TileFinding::Unproven(damaged)]);

    // The same below a partial tile: only the root can tell.
    for tile in Tile::all(66_000, 0) {
        published.tiles.insert(tile.to_string(), tile.read(&other).unwrap());
    }
    published.flip("tile/0/007", 9);
    let findings = tileset::check(&published, &head, 0);
    assert_eq!(findings, [TileFinding::WrongRoot, TileFinding::Unproven(damaged)]);
}

#[test]
fn a_partial_tile_that_is_missing_is_named_before_the_root_is_doubted() {
    let (mut published, head) = Published::new(300);
    published.tiles.remove("tile/1/000.p/1");
    let missing = TileFinding::Unreadable(tile("tile/1/000.p/1"), "not published".to_owned());
    let findings = tileset::check(&published, &head, 0);
    assert_eq!(findings, [missing, TileFinding::Unproven(tile("tile/0/000"))]);
}

#[test]
fn another_head_is_not_that_of_these_tiles() {
    let (published, head) = Published::new(300);
    let forged = Head { root: leaf_hash(b"forged"), ..head };
    assert!(tileset::check(&published, &forged, 0).contains(&TileFinding::WrongRoot));
    let shorter = Head { size: 299, ..head };
    assert!(!tileset::check(&published, &shorter, 0).is_empty());
}

#[test]
fn a_pruned_tree_needs_no_tile_below_its_minimum() {
    let (sound, head) = Published::new(66_000);
    let mut pruned = sound.clone();
    let minimum = 40_000;
    let kept = paths(head.size, minimum);
    pruned.tiles.retain(|path, _| kept.contains(path));
    assert_eq!(pruned.tiles.len(), sound.tiles.len() - 156);
    assert_eq!(tileset::check(&pruned, &head, minimum), []);
    assert_eq!(tileset::check(&pruned, &head, 0).len(), 156);
    let nodes = TileNodes::new(&pruned, head.size);
    for index in (minimum..head.size).step_by(997) {
        prove::inclusion(&nodes, index, head.size).unwrap();
    }
}

#[test]
fn bundles_give_back_the_leaves_they_were_made_of() {
    let leaves = leaves(256);
    for width in [1, 2, 255, 256] {
        let bundle = Bundle::new(7, width as u16).unwrap();
        let some = &leaves[..width];
        let bytes = Bundle::encode(some.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(bundle.leaves(&bytes).unwrap(), some);
        assert_eq!(bundle.first_leaf(), 7 * 256);
        assert_eq!(bundle.tile().bundle(), Some(bundle));
        for cut in [0, 1, bytes.len() - 1] {
            assert!(bundle.leaves(&bytes[..cut]).is_err(), "{width} {cut}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(bundle.leaves(&longer).is_err());
        let one_more = [bytes.as_slice(), &[0, 0]].concat();
        assert!(bundle.leaves(&one_more).is_err());
    }
    assert!(Bundle::new(0, 0).is_none() && Bundle::new(0, 257).is_none());
}

#[test]
fn a_leaf_as_long_as_its_length_field_allows_fits_a_bundle() {
    let longest = vec![b'a'; LEAF_BYTES_MAX];
    let bytes = Bundle::encode([longest.as_slice()]).unwrap();
    assert_eq!(&bytes[..3], [0xff, 0xff, b'a']);
    assert_eq!(Bundle::new(0, 1).unwrap().leaves(&bytes).unwrap(), [longest.as_slice()]);
    let longer = vec![b'a'; LEAF_BYTES_MAX + 1];
    let refused = Bundle::encode([longer.as_slice()]).unwrap_err();
    assert_eq!(refused.to_string(), "entry bundle has a leaf too long for its length field");
}

#[test]
fn the_largest_tree_has_tiles_that_lead_to_its_root() {
    let uniform = Uniform::new();
    struct All<'u>(&'u Uniform);
    impl Tiles for All<'_> {
        type Error = std::convert::Infallible;

        fn tile(&self, tile: Tile) -> Result<Vec<u8>, Self::Error> {
            tile.read(self.0)
        }
    }
    for size in [TREE_SIZE_MAX, TREE_SIZE_MAX - 1, (1 << 40) + 12_345] {
        let head = head(&uniform, size);
        assert_eq!(tileset::check(&All(&uniform), &head, size - 1), []);
    }
}
