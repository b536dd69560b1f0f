//! What an erasure or an expiry took, as its event states it: so that what is missing adds up.
//!
//! ```text
//! root    RFC 6962 over the leaves u64 index || digest 32, sorted: what a class lost
//! count   how many those are
//! ```

use std::collections::BTreeSet;

use tacho_event::Draft;
use tacho_event::privacy::Class;
use tacho_tree::{Frontier, Hash, leaf_hash};

/// The digests of one class that are no longer backed by a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost(BTreeSet<(u64, [u8; 32])>);

impl Lost {
    /// Takes in the digests of a leaf's part.
    pub fn put(&mut self, leaf: u64, digests: &[u8]) {
        for digest in digests.chunks_exact(32) {
            self.0.extend(<[u8; 32]>::try_from(digest).ok().map(|digest| (leaf, digest)));
        }
    }

    /// Its count and root.
    pub fn sum(&self) -> Sum {
        let mut frontier = Frontier::new();
        let leaf = |(index, digest): &(u64, [u8; 32])| {
            leaf_hash(&[&index.to_be_bytes()[..], digest].concat())
        };
        frontier.extend(self.0.iter().map(leaf));
        Sum { count: self.0.len() as u64, root: frontier.root() }
    }
}

/// As [`Lost`], of leaves that come in order: only the edge of the tree is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    count: u64,
    frontier: Frontier,
}

impl Tally {
    /// Takes in digests of a leaf; leaves come in order, and each once.
    pub(crate) fn put(&mut self, leaf: u64, digests: &BTreeSet<[u8; 32]>) {
        self.count += digests.len() as u64;
        let hash = |digest| leaf_hash(&[&leaf.to_be_bytes()[..], digest].concat());
        self.frontier.extend(digests.iter().map(|digest: &[u8; 32]| hash(digest)));
    }

    /// Its count and root.
    pub(crate) fn sum(&self) -> Sum {
        Sum { count: self.count, root: self.frontier.root() }
    }
}

/// How much a class lost, and the root over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Digests.
    pub count: u64,
    /// The root.
    pub root: Hash,
}

/// The names of the members of an event that state a class's sum.
pub(crate) fn members(class: Class) -> (&'static str, &'static str) {
    match class {
        Class::Content => ("content_count", "content_root"),
        Class::Identity => ("identity_count", "identity_root"),
        Class::Evidence => ("evidence_count", "evidence_root"),
    }
}

/// States the sums of the classes that lost something.
pub(crate) fn state(mut draft: Draft, sums: &[(Class, Sum)]) -> Draft {
    for (class, sum) in sums {
        let (count, root) = members(*class);
        draft.set(&format!("action.system.{count}"), sum.count);
        draft.set(&format!("action.system.{root}"), hex(sum.root.as_bytes()).as_str());
    }
    draft
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that [`hex`] wrote.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = (0..text.len() / 2).map(|at| text.get(2 * at..2 * at + 2));
    let bytes =
        digits.map(|digits| u8::from_str_radix(digits?, 16).ok()).collect::<Option<Vec<_>>>();
    bytes.filter(|bytes| hex(bytes) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_order_adds_up_to_the_same() {
        let mut lost = Lost::default();
        let mut tally = Tally::default();
        for leaf in 0..5_u64 {
            let digests: BTreeSet<[u8; 32]> = (0..=leaf as u8).map(|n| [9 - n; 32]).collect();
            tally.put(leaf, &digests);
        }
        for leaf in (0..5_u64).rev() {
            let digests: Vec<u8> = (0..=leaf as u8).flat_map(|n| [9 - n; 32]).collect();
            lost.put(leaf, &digests);
        }
        assert_eq!((lost.sum(), lost.sum().count), (tally.sum(), 15));
        assert_eq!(Lost::default().sum(), Tally::default().sum());
    }
}
