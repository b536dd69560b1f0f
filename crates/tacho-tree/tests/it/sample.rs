//! Leaves, trees and keys that several tests share.

use std::convert::Infallible;

use tacho_tree::{
    Checkpoint, Hash, Head, KeyName, Levels, LogKey, Nodes, Note, Origin, Place, VerifierKey,
    WitnessKey, leaf_hash, node_hash, prove,
};

/// Leaves of different lengths and bytes.
pub(crate) fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| format!("leaf {i}").repeat(i % 7).into_bytes()).collect()
}

pub(crate) fn tree(leaves: &[Vec<u8>]) -> Levels {
    leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
}

pub(crate) fn head(nodes: &impl Nodes, size: u64) -> Head {
    let root = prove::root(nodes, size).unwrap_or_else(|_| panic!("no root at {size}"));
    Head { size, root }
}

pub(crate) fn log_key() -> LogKey {
    LogKey::derive(&[7; 32], &Origin::parse("tacho.example.com/acme").unwrap(), 0)
}

pub(crate) fn witness_key(number: u8) -> WitnessKey {
    let name = KeyName::new(&format!("witness.example.com/w{number}")).unwrap();
    WitnessKey::from_seed(name, &[number; 32])
}

pub(crate) fn checkpoint(head: Head) -> Checkpoint {
    Checkpoint { origin: log_key().verifier().name().clone(), head }
}

pub(crate) fn note(head: Head) -> Note {
    checkpoint(head).sign(&log_key())
}

pub(crate) fn log_keys() -> Vec<VerifierKey> {
    vec![log_key().verifier().clone()]
}

/// A tree whose leaves are all the same: its nodes are known at any size, up to the largest.
pub(crate) struct Uniform {
    levels: Vec<Hash>,
}

impl Uniform {
    pub(crate) fn new() -> Uniform {
        let above = |hash: &Hash| Some(node_hash(hash, hash));
        Uniform { levels: std::iter::successors(Some(leaf_hash(b"")), above).take(64).collect() }
    }

    pub(crate) fn leaf(&self) -> Hash {
        self.levels[0]
    }
}

impl Nodes for Uniform {
    type Error = Infallible;

    fn node(&self, place: Place) -> Result<Hash, Infallible> {
        Ok(self.levels[usize::from(place.level)])
    }
}

/// Every copy of `bytes` with one bit changed.
pub(crate) fn one_bit_off(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}
