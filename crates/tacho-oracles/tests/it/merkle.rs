//! `ct-merkle`: every root and proof up to 300 leaves.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use tacho_tree::{Hash, prove};

use crate::sample::{head, leaves, tree};

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn it_has_the_same_roots_and_proofs_and_accepts_ours() {
    let (ours, leaves) = (tree(300), leaves(300));
    let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut roots: Vec<RootHash<Sha256>> = Vec::new();
    for (leaf, size) in leaves.iter().zip(1u64..) {
        theirs.push(leaf.clone());
        let root = theirs.root();
        assert_eq!(root.as_bytes().as_slice(), head(&ours, size).root.as_bytes());
        for (index, leaf) in (0..size).zip(&leaves) {
            let proof = bytes(&prove::inclusion(&ours, index, size).unwrap());
            assert_eq!(theirs.prove_inclusion(index as usize).as_bytes(), proof);
            // Verifying hashes the whole path again; every third size shows the same.
            if size % 3 == 0 {
                root.verify_inclusion(leaf, index, &InclusionProof::from_bytes(proof)).unwrap();
            }
        }
        for (old, old_root) in (1..size).zip(&roots) {
            let proof = bytes(&prove::consistency(&ours, old, size).unwrap());
            assert_eq!(theirs.prove_consistency((size - old) as usize).as_bytes(), proof);
            if size % 3 == 0 {
                let proof = ConsistencyProof::try_from_bytes(proof).unwrap();
                root.verify_consistency(old_root, &proof).unwrap();
            }
        }
        roots.push(root);
    }
}
