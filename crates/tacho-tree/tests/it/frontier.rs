//! The frontier: roots as it grows, the nodes it reports, its bytes.

use tacho_tree::limits::TREE_SIZE_MAX;
use tacho_tree::{Frontier, FrontierError, Hash, Levels, Place, leaf_hash, peaks, prove};

use crate::rfc;
use crate::sample::{Uniform, leaves, tree};

#[test]
fn its_root_is_the_root_of_the_leaves_so_far() {
    let leaves = leaves(300);
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), Hash::EMPTY_ROOT);
    for (i, leaf) in leaves.iter().enumerate() {
        assert_eq!(frontier.push_leaf(leaf, |_, _| ()), leaf_hash(leaf));
        assert_eq!(frontier.root(), rfc::root(&leaves[..=i]));
        assert_eq!(frontier.size(), i as u64 + 1);
    }
}

#[test]
fn it_reports_each_complete_node_once_and_each_level_in_order() {
    let leaves = leaves(300);
    let mut frontier = Frontier::new();
    let mut levels = vec![0u64; 9];
    for leaf in &leaves {
        let mut lowest_first = 0;
        frontier.push_leaf(leaf, |place, hash| {
            assert_eq!(place.level, lowest_first);
            lowest_first += 1;
            let next = &mut levels[usize::from(place.level)];
            assert_eq!(place.index, *next);
            *next += 1;
            let below = place.first_leaf() as usize..place.end_leaf() as usize;
            assert_eq!(hash, rfc::root(&leaves[below]));
        });
    }
    assert_eq!(levels, [300, 150, 75, 37, 18, 9, 4, 2, 1]);
}

#[test]
fn it_goes_on_from_its_bytes_as_if_never_stopped() {
    let leaves = leaves(130);
    let tree = tree(&leaves);
    for size in 0..=130 {
        let mut frontier = Frontier::read(&tree, size).unwrap();
        let bytes = frontier.to_bytes();
        assert_eq!(bytes.len(), 8 + 32 * size.count_ones() as usize);
        assert_eq!(Frontier::from_bytes(&bytes).unwrap(), frontier);
        frontier.extend(leaves[size as usize..].iter().map(|leaf| leaf_hash(leaf)));
        assert_eq!(frontier.root(), prove::root(&tree, 130).unwrap());
    }
}

#[test]
fn bytes_of_another_length_are_refused() {
    let bytes = Frontier::read(&tree(&leaves(7)), 7).unwrap().to_bytes();
    assert_eq!(Frontier::from_bytes(&bytes[..7]), Err(FrontierError::NoSize));
    for len in 8..bytes.len() {
        let refused = Frontier::from_bytes(&bytes[..len]).unwrap_err();
        let wrong = FrontierError::WrongLength { size: 7, expected: 96, found: len - 8 };
        assert_eq!(refused, wrong);
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(Frontier::from_bytes(&longer).is_err());
    let size = TREE_SIZE_MAX + 1;
    let too_large = [size.to_be_bytes().as_slice(), &[0; 64]].concat();
    assert_eq!(Frontier::from_bytes(&too_large), Err(FrontierError::TooLarge { size }));
}

#[test]
#[should_panic(expected = "at most 2^62 leaves")]
fn it_stops_at_the_largest_tree() {
    let mut frontier = Frontier::read(&Uniform::new(), TREE_SIZE_MAX).unwrap();
    frontier.push(leaf_hash(b""), |_, _| ());
}

#[test]
fn the_peaks_cover_the_tree_from_left_to_right() {
    let heights = |size| peaks(size).map(|place| place.level).collect::<Vec<_>>();
    assert!(heights(0).is_empty());
    assert_eq!(heights(11), [3, 1, 0]);
    assert_eq!(heights(TREE_SIZE_MAX), [62]);
    for size in 1..2000 {
        let mut end = 0;
        for place in peaks(size) {
            assert_eq!(place.first_leaf(), end);
            end = place.end_leaf();
        }
        assert_eq!(end, size);
    }
}

#[test]
#[should_panic(expected = "nodes of level 0 come in order")]
fn a_hole_in_a_level_is_a_bug() {
    Levels::new().insert(Place { level: 0, index: 1 }, leaf_hash(b""));
}
