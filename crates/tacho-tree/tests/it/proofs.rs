//! Roots and proofs: every tree up to 300 leaves, trees around the tile sizes, and the largest.

use tacho_tree::check::{self, CheckError};
use tacho_tree::limits::{CONSISTENCY_HASHES_MAX, INCLUSION_HASHES_MAX, TREE_SIZE_MAX};
use tacho_tree::prove::{self, ProveError};
use tacho_tree::{Hash, Head, Levels, leaf_hash};

use crate::rfc;
use crate::sample::{Uniform, head, leaves, one_bit_off, tree};

const EXHAUSTIVE: usize = 300;

#[test]
fn every_root_up_to_300_leaves_is_the_one_the_rfc_defines() {
    let leaves = leaves(EXHAUSTIVE);
    let tree = tree(&leaves);
    for size in 0..=EXHAUSTIVE {
        assert_eq!(prove::root(&tree, size as u64).unwrap(), rfc::root(&leaves[..size]), "{size}");
    }
}

#[test]
fn every_inclusion_proof_up_to_300_leaves_checks_and_fits_no_other_leaf() {
    let leaves = leaves(EXHAUSTIVE);
    let tree = tree(&leaves);
    for size in (1..=EXHAUSTIVE as u64).step_by(tacho_testkit::stride()) {
        let head = head(&tree, size);
        for index in 0..size {
            let proof = prove::inclusion(&tree, index, size).unwrap();
            let leaf = tree.level(0)[index as usize];
            check::inclusion(&leaf, index, &head, &proof).unwrap();
            let other = leaf_hash(b"other");
            let mismatch = Err(CheckError::RootMismatch);
            assert_eq!(check::inclusion(&other, index, &head, &proof), mismatch);
            for neighbour in [index.wrapping_sub(1), index + 1] {
                assert!(check::inclusion(&leaf, neighbour, &head, &proof).is_err());
            }
        }
    }
}

#[test]
fn every_consistency_proof_up_to_300_leaves_checks_and_fits_no_other_root() {
    let tree = tree(&leaves(EXHAUSTIVE));
    let heads: Vec<Head> = (0..=EXHAUSTIVE as u64).map(|size| head(&tree, size)).collect();
    let forged = leaf_hash(b"forged");
    for new in heads.iter().step_by(tacho_testkit::stride()) {
        for old in heads.iter().take_while(|old| old.size <= new.size) {
            let proof = prove::consistency(&tree, old.size, new.size).unwrap();
            check::consistency(old, new, &proof).unwrap();
            let forged_old = Head { root: forged, ..*old };
            assert!(check::consistency(&forged_old, new, &proof).is_err());
            let forged_new = Head { root: forged, ..*new };
            // The empty tree is a prefix of every tree, whatever its root.
            let vouches_for_nothing = old.size == 0 && new.size > 0;
            let accepted = check::consistency(old, &forged_new, &proof).is_ok();
            assert_eq!(accepted, vouches_for_nothing, "{old:?} {new:?}");
        }
    }
}

#[test]
fn proofs_are_hash_by_hash_those_the_rfc_defines() {
    let leaves = leaves(70);
    let tree = tree(&leaves);
    for size in 1..=leaves.len() {
        let leaves = &leaves[..size];
        for m in 0..size {
            let inclusion = prove::inclusion(&tree, m as u64, size as u64).unwrap();
            assert_eq!(inclusion, rfc::path(m, leaves), "leaf {m} of {size}");
            if m > 0 {
                let consistency = prove::consistency(&tree, m as u64, size as u64).unwrap();
                assert_eq!(consistency, rfc::proof(m, leaves), "{m} to {size}");
            }
        }
    }
}

/// Everything a proof is checked with, as one row of bytes: inner hash, root, and the proof.
fn rows(inner: &Hash, root: &Hash, proof: &[Hash]) -> Vec<u8> {
    [inner, root].into_iter().chain(proof).flat_map(|hash| *hash.as_bytes()).collect()
}

fn unrows(bytes: &[u8]) -> (Hash, Hash, Vec<Hash>) {
    let hashes: Vec<Hash> = bytes.chunks(32).map(|hash| Hash::from_slice(hash).unwrap()).collect();
    (hashes[0], hashes[1], hashes[2..].to_vec())
}

#[test]
fn every_single_bit_change_of_a_proof_is_rejected() {
    let tree = tree(&leaves(21));
    for size in (1..=21).step_by(tacho_testkit::stride()) {
        let Head { root, .. } = head(&tree, size);
        for index in 0..size {
            let proof = prove::inclusion(&tree, index, size).unwrap();
            let row = rows(&tree.level(0)[index as usize], &root, &proof);
            for changed in one_bit_off(&row) {
                let (leaf, root, proof) = unrows(&changed);
                let verdict = check::inclusion(&leaf, index, &Head { size, root }, &proof);
                assert_eq!(verdict, Err(CheckError::RootMismatch));
            }
        }
    }
    for (old, new) in [(1, 21), (4, 21), (7, 21), (8, 13), (16, 21), (20, 21), (6, 8)] {
        let proof = prove::consistency(&tree, old, new).unwrap();
        let row = rows(&head(&tree, old).root, &head(&tree, new).root, &proof);
        for changed in one_bit_off(&row) {
            let (old_root, new_root, proof) = unrows(&changed);
            let (old, new) =
                (Head { size: old, root: old_root }, Head { size: new, root: new_root });
            assert!(check::consistency(&old, &new, &proof).is_err(), "{old:?} {new:?}");
        }
    }
}

#[test]
fn a_proof_with_a_hash_too_many_or_too_few_is_refused_by_its_length() {
    let tree = tree(&leaves(21));
    let new = head(&tree, 21);
    for index in 0..21 {
        let leaf = tree.level(0)[index as usize];
        let proof = prove::inclusion(&tree, index, 21).unwrap();
        let expected = proof.len();
        let longer = [proof.as_slice(), &[leaf]].concat();
        for (other, found) in [(&proof[1..], expected - 1), (&longer, expected + 1)] {
            let verdict = check::inclusion(&leaf, index, &new, other);
            assert_eq!(verdict, Err(CheckError::WrongLength { expected, found }));
        }
    }
    for old in 1..21 {
        let proof = prove::consistency(&tree, old, 21).unwrap();
        let old = head(&tree, old);
        let longer = [proof.as_slice(), &[old.root]].concat();
        for other in [&proof[1..], &proof[..0], &longer] {
            let verdict = check::consistency(&old, &new, other);
            assert!(matches!(verdict, Err(CheckError::WrongLength { .. })), "{old:?}");
        }
    }
    let empty = head(&tree, 0);
    let wrong = Err(CheckError::WrongLength { expected: 0, found: 1 });
    assert_eq!(check::consistency(&empty, &new, &[new.root]), wrong);
    assert_eq!(check::consistency(&new, &new, &[new.root]), wrong);
}

#[test]
fn sizes_around_whole_tiles_prove_every_leaf_they_have() {
    let all = leaves(70_000);
    let tree = tree(&all);
    for size in [255, 256, 257, 65_535, 65_536, 65_537, 70_000] {
        let head = head(&tree, size);
        let ends = [0, 1, 254, 255, 256, 257, 65_534, 65_535, 65_536, size / 2, size - 2, size - 1];
        let many = (0..size).step_by(769);
        for index in ends.into_iter().chain(many).filter(|index| *index < size) {
            let proof = prove::inclusion(&tree, index, size).unwrap();
            check::inclusion(&tree.level(0)[index as usize], index, &head, &proof).unwrap();
        }
        for old in ends.into_iter().filter(|old| *old <= size) {
            let proof = prove::consistency(&tree, old, size).unwrap();
            check::consistency(&crate::sample::head(&tree, old), &head, &proof).unwrap();
        }
    }
    assert_eq!(head(&tree, 70_000).root, rfc::root(&all));
}

#[test]
fn the_largest_tree_is_proved_within_its_limits_and_a_larger_one_refused() {
    let uniform = Uniform::new();
    let sizes = [TREE_SIZE_MAX, TREE_SIZE_MAX - 1, (1 << 61) + 1, 0x2aaa_aaaa_aaaa_aaaa, 1 << 40];
    for size in sizes {
        let head = head(&uniform, size);
        for index in [0, 1, size / 3, size - 2, size - 1] {
            let proof = prove::inclusion(&uniform, index, size).unwrap();
            assert!(proof.len() <= INCLUSION_HASHES_MAX);
            check::inclusion(&uniform.leaf(), index, &head, &proof).unwrap();
        }
        for old in [1, 2, 3, (1 << 39) + 1, size / 3, size - 1, size] {
            let proof = prove::consistency(&uniform, old, size).unwrap();
            assert!(proof.len() <= CONSISTENCY_HASHES_MAX);
            check::consistency(&crate::sample::head(&uniform, old), &head, &proof).unwrap();
        }
    }
    let larger = TREE_SIZE_MAX + 1;
    assert_eq!(prove::root(&uniform, larger), Err(ProveError::TooLarge { size: larger }));
    assert!(prove::inclusion(&uniform, 0, larger).is_err());
    assert!(prove::consistency(&uniform, 1, larger).is_err());
    let head = Head { size: larger, root: uniform.leaf() };
    for size in [larger, 1 << 63, u64::MAX] {
        let head = Head { size, ..head };
        let verdict = check::inclusion(&uniform.leaf(), 0, &head, &[uniform.leaf(); 62]);
        assert_eq!(verdict, Err(CheckError::NoSuchLeaf { index: 0, size }));
        let verdict = check::consistency(&Head { size: 1, ..head }, &head, &[uniform.leaf()]);
        assert_eq!(verdict, Err(CheckError::Backwards { old: 1, new: size }));
    }
}

#[test]
fn what_is_not_in_the_tree_is_not_proved() {
    let tree = tree(&leaves(5));
    let (index, size) = (5, 5);
    assert_eq!(prove::inclusion(&tree, 5, 5), Err(ProveError::NoSuchLeaf { index, size }));
    assert_eq!(prove::consistency(&tree, 5, 4), Err(ProveError::Backwards { old: 5, new: 4 }));
    assert!(matches!(prove::inclusion(&tree, 0, 6), Err(ProveError::Nodes(_))));
    assert!(matches!(prove::root(&Levels::new(), 1), Err(ProveError::Nodes(_))));
    let head = head(&tree, 5);
    let verdict = check::inclusion(&tree.level(0)[4], 5, &head, &[]);
    assert_eq!(verdict, Err(CheckError::NoSuchLeaf { index, size }));
    let older = Head { size: 4, ..head };
    assert_eq!(
        check::consistency(&head, &older, &[]),
        Err(CheckError::Backwards { old: 5, new: 4 })
    );
    let false_empty = Head { size: 0, root: head.root };
    assert_eq!(check::consistency(&false_empty, &head, &[]), Err(CheckError::OldRootMismatch));
}
