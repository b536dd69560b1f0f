//! Leaves, a tree and a key.

use tacho_tree::{Checkpoint, Head, Levels, LogKey, Note, Origin, leaf_hash, prove};

pub(crate) fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| format!("leaf {i}").repeat(i % 7).into_bytes()).collect()
}

pub(crate) fn tree(count: usize) -> Levels {
    leaves(count).iter().map(|leaf| leaf_hash(leaf)).collect()
}

pub(crate) fn head(tree: &Levels, size: u64) -> Head {
    Head { size, root: prove::root(tree, size).unwrap() }
}

pub(crate) fn log_key() -> LogKey {
    LogKey::derive(&[7; 32], &Origin::parse("tacho.example.com/acme").unwrap(), 0)
}

pub(crate) fn checkpoint(size: u64) -> Checkpoint {
    let head = head(&tree(size as usize), size);
    Checkpoint { origin: log_key().verifier().name().clone(), head }
}

pub(crate) fn note(size: u64) -> Note {
    checkpoint(size).sign(&log_key())
}
