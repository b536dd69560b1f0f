//! Pruned trees: what stays provable, for leaves and for old heads.

use tacho_tree::prune::{PrunedError, first_kept};
use tacho_tree::{
    FrontierError, Hash, Head, KeptFrontier, MissingNode, Nodes, Place, Pruned, check, prove,
};

use crate::sample::{Uniform, head, leaves, tree};

/// A node source that has lost all that pruning may delete; asking it for that is a test failure.
struct Stored<'n, N> {
    nodes: &'n N,
    minimum: u64,
}

impl<N: Nodes> Nodes for Stored<'_, N> {
    type Error = MissingNode;

    fn node(&self, place: Place) -> Result<Hash, MissingNode> {
        assert!(place.index >= first_kept(place.level, self.minimum), "{place} was pruned");
        self.nodes.node(place).map_err(|_| MissingNode(place))
    }
}

fn check_old<N: Nodes>(nodes: &N, old: Head, new: Head) {
    let proof = prove::consistency(nodes, old.size, new.size);
    let proof = proof.unwrap_or_else(|_| panic!("no proof from {} to {}", old.size, new.size));
    check::consistency(&old, &new, &proof).unwrap();
}

#[test]
fn what_is_kept_is_cut_at_tiles() {
    assert_eq!(first_kept(0, 65_535), 65_280);
    assert_eq!(first_kept(0, 65_536), 65_536);
    assert_eq!(first_kept(3, 65_536), 8_192);
    assert_eq!(first_kept(7, 65_536), 512);
    assert_eq!(first_kept(8, 65_536), 256);
    assert_eq!(first_kept(8, 65_535), 0);
    assert_eq!(first_kept(15, 65_536), 2);
    assert_eq!(first_kept(16, 65_536), 0);
    assert_eq!(first_kept(16, 1 << 24), 256);
    for level in 0..64 {
        assert_eq!(first_kept(level, 0), 0);
        assert!(u128::from(first_kept(level, 1 << 62)) << level <= 1 << 62);
    }
}

#[test]
fn leaves_from_the_minimum_on_and_heads_of_that_size_stay_provable() {
    let count = 3_000;
    let tree = tree(&leaves(count as usize));
    let now = head(&tree, count);
    for minimum in [0, 1, 255, 256, 257, 1_024, 2_048, 2_999, 3_000] {
        let stored = Stored { nodes: &tree, minimum };
        for index in minimum..count {
            let proof = prove::inclusion(&stored, index, count).unwrap();
            check::inclusion(&tree.level(0)[index as usize], index, &now, &proof).unwrap();
        }
        for old in (minimum..=count).step_by(7) {
            assert_eq!(prove::root(&stored, old).unwrap(), head(&tree, old).root);
            check_old(&stored, head(&tree, old), now);
        }
    }
}

#[test]
fn old_heads_stay_provable_by_what_was_kept_for_them() {
    let count = 2_600;
    let tree = tree(&leaves(count as usize));
    for minimum in [256, 512, 768, 2_048, 2_560] {
        let olds: Vec<u64> = (0..minimum).step_by(11).chain([1, 255, minimum - 1]).collect();
        let kept: Vec<_> =
            olds.iter().map(|old| KeptFrontier::take(&tree, *old, minimum).unwrap()).collect();
        let stored = Stored { nodes: &tree, minimum };
        for (old, kept) in olds.iter().zip(&kept) {
            let pruned = Pruned::new(&stored, minimum, std::slice::from_ref(kept));
            assert_eq!((kept.size(), kept.root()), (*old, head(&tree, *old).root));
            for new in (minimum..=count).step_by(97).chain([minimum + 1, count]) {
                check_old(&pruned, head(&tree, *old), head(&tree, new));
            }
        }
        // All of them together serve each as well.
        let pruned = Pruned::new(&stored, minimum, &kept);
        check_old(&pruned, head(&tree, olds[3]), head(&tree, count));
    }
}

#[test]
fn what_was_kept_is_extended_when_the_log_is_pruned_again() {
    let tree = tree(&leaves(2_600));
    let mut kept = KeptFrontier::take(&tree, 300, 512).unwrap();
    kept.extend(&Stored { nodes: &tree, minimum: 512 }, 2_304).unwrap();
    let stored = Stored { nodes: &tree, minimum: 2_304 };
    let slice = [kept.clone()];
    let pruned = Pruned::new(&stored, 2_304, &slice);
    check_old(&pruned, head(&tree, 300), head(&tree, 2_600));
    let at_once = KeptFrontier::take(&tree, 300, 2_304).unwrap();
    for new in [2_304, 2_305, 2_600] {
        let slice = [at_once.clone()];
        check_old(&Pruned::new(&stored, 2_304, &slice), head(&tree, 300), head(&tree, new));
    }
}

#[test]
fn the_store_files_of_65536_leaves_may_go_one_by_one() {
    let count = 200_000;
    let tree = tree(&leaves(count as usize));
    let now = head(&tree, count);
    let mut kept = vec![KeptFrontier::take(&tree, 70_001, 70_001).unwrap()];
    for minimum in [65_536, 131_072, 196_608] {
        for frontier in &mut kept {
            frontier.extend(&tree, minimum).unwrap();
        }
        kept.push(KeptFrontier::take(&tree, minimum - 12_345, minimum).unwrap());
        let stored = Stored { nodes: &tree, minimum };
        let pruned = Pruned::new(&stored, minimum, &kept);
        for old in &kept {
            check_old(&pruned, head(&tree, old.size()), now);
            assert!(old.to_bytes().len() < 2_048);
        }
        for index in (minimum..count).step_by(4_999) {
            prove::inclusion(&pruned, index, count).unwrap();
        }
    }
}

#[test]
fn trees_too_large_to_build_are_pruned_by_the_same_rule() {
    let uniform = Uniform::new();
    let count = (1 << 41) + 987_654_321;
    let now = head(&uniform, count);
    for minimum in [1 << 24, (1 << 33) + (5 << 16), 1 << 40, count & !0xffff] {
        for old in [1, 65_535, 1 << 16, (1 << 24) - 1, minimum / 3, minimum - 1] {
            let kept = [KeptFrontier::take(&uniform, old, minimum).unwrap()];
            let stored = Stored { nodes: &uniform, minimum };
            check_old(&Pruned::new(&stored, minimum, &kept), head(&uniform, old), now);
            assert!(kept[0].to_bytes().len() < 2_048);
        }
        let stored = Stored { nodes: &uniform, minimum };
        for index in [minimum, minimum + 1, count - 1] {
            let proof = prove::inclusion(&stored, index, count).unwrap();
            check::inclusion(&uniform.leaf(), index, &now, &proof).unwrap();
        }
    }
}

#[test]
fn a_pruned_leaf_is_said_to_be_pruned() {
    let tree = tree(&leaves(600));
    let stored = Stored { nodes: &tree, minimum: 512 };
    let pruned = Pruned::new(&stored, 512, &[]);
    let refused = prove::inclusion(&pruned, 3, 600).unwrap_err();
    assert_eq!(refused.to_string(), "tree cannot be read: node 2 of level 0 was pruned");
    let error = pruned.node(Place { level: 0, index: 600 });
    assert_eq!(error, Err(PrunedError::Nodes(MissingNode(Place { level: 0, index: 600 }))));
}

#[test]
fn kept_frontiers_are_read_as_they_were_written() {
    let tree = tree(&leaves(700));
    for (size, minimum) in [(0, 512), (1, 512), (5, 16), (255, 256), (256, 256), (300, 512)] {
        let kept = KeptFrontier::take(&tree, size, minimum).unwrap();
        let bytes = kept.to_bytes();
        assert_eq!(KeptFrontier::from_bytes(&bytes).unwrap(), kept);
        for cut in 0..bytes.len() {
            assert!(KeptFrontier::from_bytes(&bytes[..cut]).is_err());
        }
        let longer = [bytes.as_slice(), &[0; 32]].concat();
        assert!(KeptFrontier::from_bytes(&longer).is_err());
    }
    let drawn = KeptFrontier::take(&tree, 5, 16).unwrap().to_bytes();
    assert_eq!(drawn.len(), 16 + 5 * 32);
    assert_eq!(drawn[..16], [0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 16]);

    let mut elsewhere = drawn;
    elsewhere[15] = 15;
    let refused = KeptFrontier::from_bytes(&elsewhere);
    assert_eq!(refused, Err(FrontierError::NoSuchReach { size: 5, reach: 15 }));
    elsewhere[15] = 4;
    assert!(KeptFrontier::from_bytes(&elsewhere).is_err());
    let too_large = [u64::MAX.to_be_bytes(), u64::MAX.to_be_bytes()].concat();
    assert!(matches!(KeptFrontier::from_bytes(&too_large), Err(FrontierError::TooLarge { .. })));
}
