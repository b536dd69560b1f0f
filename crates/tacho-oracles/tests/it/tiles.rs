//! `tlog_tiles`: roots, proofs, tiles and their paths, checkpoints.

use std::convert::Infallible;

use proptest::prelude::*;
use tacho_tree::tileset::{self, TileFinding};
use tacho_tree::{Checkpoint, Hash, Levels, Nodes, Place, Resource, Tile, leaf_hash, prove};
use tlog_tiles::{
    Error, HashReader, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree, split_stored_hash_index, stored_hash_index, tree_hash,
};

use crate::sample::{checkpoint, head, tree};

/// Our nodes, numbered as this crate numbers them.
struct OurNodes<'t>(&'t Levels);

impl HashReader for OurNodes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, Error> {
        let read = |number: &u64| {
            let (level, index) = split_stored_hash_index(*number);
            theirs(&self.0.node(Place { level, index }).unwrap())
        };
        Ok(indexes.iter().map(read).collect())
    }
}

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn all_theirs(proof: &[Hash]) -> Vec<tlog_tiles::Hash> {
    proof.iter().map(theirs).collect()
}

#[test]
fn it_has_the_same_roots_and_proofs_up_to_300_leaves() {
    let tree = tree(300);
    let nodes = OurNodes(&tree);
    for size in 1..=300 {
        assert_eq!(tree_hash(size, &nodes).unwrap(), theirs(&head(&tree, size).root));
        for m in 0..size {
            let inclusion = all_theirs(&prove::inclusion(&tree, m, size).unwrap());
            assert_eq!(prove_record(size, m, &nodes).unwrap(), inclusion, "{m} in {size}");
            let consistency = all_theirs(&prove::consistency(&tree, m + 1, size).unwrap());
            assert_eq!(prove_tree(size, m + 1, &nodes).unwrap(), consistency, "{m} to {size}");
        }
    }
}

#[test]
fn it_accepts_our_proofs_and_rejects_what_we_reject() {
    let tree = tree(300);
    for (size, step) in [(1, 1), (2, 1), (255, 7), (256, 7), (257, 7), (300, 1)] {
        let root = theirs(&head(&tree, size).root);
        for m in (0..size).step_by(step) {
            let leaf = tree.level(0)[m as usize];
            let proof = all_theirs(&prove::inclusion(&tree, m, size).unwrap());
            check_record(&proof, size, root, m, theirs(&leaf)).unwrap();
            let forged = theirs(&leaf_hash(b"forged"));
            assert!(check_record(&proof, size, root, m, forged).is_err());
            let old = theirs(&head(&tree, m + 1).root);
            let proof = all_theirs(&prove::consistency(&tree, m + 1, size).unwrap());
            check_tree(&proof, size, root, m + 1, old).unwrap();
            assert!(check_tree(&proof, size, root, m + 1, forged).is_err());
        }
    }
}

/// Our published tiles; one of them may be damaged.
struct OurTiles<'t> {
    tree: &'t Levels,
    damaged: Option<Tile>,
}

/// Its paths are Go's, with the height; C2SP's are without.
fn our_tile(tile: &tlog_tiles::Tile) -> Tile {
    match Resource::parse(&tile.path().replacen("tile/8/", "tile/", 1)) {
        Some(Resource::Tile(ours)) => ours,
        other => unreachable!("{} is {other:?}", tile.path()),
    }
}

impl TileReader for OurTiles<'_> {
    fn height(&self) -> u8 {
        Tile::HEIGHT
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &tlog_tiles::Tile| {
            let ours = our_tile(tile);
            let mut bytes = ours.read(self.tree).unwrap();
            if self.damaged == Some(ours) {
                bytes[40] ^= 1;
            }
            bytes
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn it_reads_leaf_hashes_from_our_tiles_and_notices_damage_of_those_that_give_the_root() {
    for size in [1, 3, 255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
        let tree = tree(size as usize);
        let root = theirs(&head(&tree, size).root);
        let leaves: Vec<u64> =
            (0..size).step_by(1 + size as usize / 50).chain([size - 1]).collect();
        let numbers: Vec<u64> = leaves.iter().map(|leaf| stored_hash_index(0, *leaf)).collect();
        let sound = OurTiles { tree: &tree, damaged: None };
        let read = TileHashReader::new(size, root, &sound).read_hashes(&numbers).unwrap();
        for (leaf, hash) in leaves.iter().zip(read) {
            assert_eq!(hash, theirs(&tree.level(0)[*leaf as usize]));
        }
        let partial = Tile::all(size, 0).filter(|tile| !tile.is_full() && tile.width() > 1);
        for damaged in partial {
            let tiles = OurTiles { tree: &tree, damaged: Some(damaged) };
            let read = TileHashReader::new(size, root, &tiles).read_hashes(&numbers);
            assert!(read.is_err(), "{size} {damaged}");
        }
    }
}

impl tileset::Tiles for OurTiles<'_> {
    type Error = Infallible;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        let mut bytes = tile.read(self.tree).unwrap();
        if self.damaged == Some(tile) {
            bytes[40] ^= 1;
        }
        Ok(bytes)
    }
}

#[test]
fn we_notice_a_damaged_full_tile_that_it_overlooks() {
    // It skips as many tiles as the tree has peaks before it compares full tiles with the tile
    // above, although several peaks share a tile. Go's package, from which it was ported, starts
    // at the right one. When this fails, the oracle was mended: ask it to notice, then.
    let size = 65_535;
    let tree = tree(size as usize);
    let damaged = OurTiles { tree: &tree, damaged: Tile::new(0, 0, 256) };
    let root = theirs(&head(&tree, size).root);
    let number = stored_hash_index(0, 1);
    let read = TileHashReader::new(size, root, &damaged).read_hashes(&[number]).unwrap();
    assert_ne!(read, [theirs(&tree.level(0)[1])]);
    let findings = tileset::check(&damaged, &head(&tree, size), 0);
    assert_eq!(findings, [TileFinding::Changed(Tile::new(0, 0, 256).unwrap())]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn tiles_have_the_same_paths(level in 0u8..6, index in 0u64..1 << 20, width in 1u16..=256) {
        let Some(ours) = Tile::new(level, index, width) else { return Ok(()) };
        let theirs = tlog_tiles::Tile::new(8, level, index, width.into(), false);
        prop_assert_eq!(our_tile(&theirs), ours);
        let path = ours.to_string().replacen("tile/", "tile/8/", 1);
        prop_assert_eq!(tlog_tiles::Tile::from_path(&path).unwrap(), theirs);
    }

    #[test]
    fn a_checkpoint_that_we_read_it_reads_alike(
        at in any::<prop::sample::Index>(),
        removed in 0usize..4,
        inserted in "[0-9A-Za-z+/=. \n-]{0,4}",
    ) {
        let mut text = checkpoint(5).to_string();
        let at = at.index(text.len());
        text.replace_range(at..(at + removed).min(text.len()), &inserted);
        let Ok(ours) = Checkpoint::parse(&text) else { return Ok(()) };
        let read = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
        prop_assert_eq!(read.origin(), ours.origin.as_str());
        prop_assert_eq!(read.size(), ours.head.size);
        prop_assert_eq!(*read.hash(), theirs(&ours.head.root));
        prop_assert_eq!(read.extension(), "");
        prop_assert_eq!(read.to_bytes(), text.into_bytes());
    }
}
