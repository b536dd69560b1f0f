//! Given the leaves of one file and the nodes stored above them, says what of them was changed.
//!
//! A run is 65,536 leaves, a complete subtree of height 16: runs do not depend on each other, so as
//! many can be hashed at once as there are processors. A change is told at its place: where a
//! stored node disagrees with the leaves, but agrees with the nodes stored below it, the change
//! lies below and was told there.

use std::collections::VecDeque;

use super::finding::{Code, Report, Spot};
use crate::frontier::Frontier;
use crate::hash::{Hash, leaf_hashes, node_hash};
use crate::nodes::Place;

/// Leaves of one run: those of one file of a store.
pub const PER_RUN: u64 = 1 << RUN_HEIGHT;
/// So many leaves, or bytes of leaves, are hashed at once.
const TOGETHER: usize = 256;
const TOGETHER_BYTES: usize = 1 << 18;
/// The height of a run's root.
pub(super) const RUN_HEIGHT: u8 = 16;

/// The nodes that are stored above one run: for each height from 0 to 16 its hashes, 32 bytes each.
#[derive(Clone, Debug, Default)]
pub struct StoredRun {
    /// The bytes of each height.
    pub levels: Vec<Vec<u8>>,
}

impl StoredRun {
    /// How many bytes of height `level` belong to a run of `leaves` leaves.
    pub fn bytes(level: u8, leaves: u64) -> usize {
        usize::try_from(leaves >> level).unwrap_or(usize::MAX).saturating_mul(Hash::LEN)
    }

    /// The heights that a run has.
    pub fn heights() -> std::ops::RangeInclusive<u8> {
        0..=RUN_HEIGHT
    }

    /// Where the nodes of a height begin that belong to the run at `first`: the number of the file
    /// of 65,536 nodes, and the byte in it.
    pub fn place(level: u8, first: u64) -> (u64, u64) {
        let node = first >> level;
        (node / PER_RUN, node % PER_RUN * Hash::LEN as u64)
    }

    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let at = usize::try_from(index).ok()?.checked_mul(Hash::LEN)?;
        Hash::from_slice(self.levels.get(usize::from(level))?.get(at..at + Hash::LEN)?)
    }
}

/// One run, while its leaves come in.
#[derive(Debug)]
pub struct Run<'s> {
    first: u64,
    stored: &'s StoredRun,
    /// The run as a tree of its own.
    frontier: Frontier,
    /// Leaves that are not hashed yet, one after the other, and the end of each.
    waiting: Vec<u8>,
    ends: Vec<usize>,
    sizes: VecDeque<u64>,
    heads: Vec<(u64, Vec<Hash>)>,
    report: Report,
    /// Heights at which a missing node was told already.
    told: u32,
}

/// What a run came to.
#[derive(Debug)]
pub struct RunEnd {
    /// The index of its first leaf.
    pub first: u64,
    /// The peaks of its leaves.
    pub frontier: Frontier,
    /// The sizes that were asked for, and the peaks within the run at each.
    pub heads: Vec<(u64, Vec<Hash>)>,
    /// What was found.
    pub report: Report,
}

impl<'s> Run<'s> {
    /// The run that begins with leaf `first`, beside what is stored above it; at the `sizes` of the
    /// whole tree that lie in it, its peaks are kept.
    pub fn new(first: u64, stored: &'s StoredRun, sizes: Vec<u64>) -> Self {
        Self {
            first,
            stored,
            frontier: Frontier::new(),
            waiting: Vec::new(),
            ends: Vec::new(),
            sizes: sizes.into(),
            heads: Vec::new(),
            report: Report::default(),
            told: 0,
        }
    }

    /// Takes in the next leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        self.waiting.extend_from_slice(leaf);
        self.ends.push(self.waiting.len());
        if self.ends.len() >= TOGETHER || self.waiting.len() >= TOGETHER_BYTES {
            self.hash();
        }
    }

    /// Hashes the leaves that wait.
    fn hash(&mut self) {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let leaves = starts.zip(&self.ends);
        let leaves = leaves.map(|(start, end)| self.waiting.get(start..*end).unwrap_or_default());
        let hashes = leaf_hashes(leaves);
        self.waiting.clear();
        self.ends.clear();
        let mut rest = hashes.as_slice();
        while !rest.is_empty() {
            let size = self.first + self.frontier.size();
            let until = |wanted: &u64| index(wanted.saturating_sub(size)).clamp(1, rest.len());
            let count = self.sizes.front().map_or(rest.len(), until);
            let (now, later) = rest.split_at(count);
            self.grow(now);
            self.keep_head();
            rest = later;
        }
    }

    /// Keeps the peaks, if this is a size at which they were asked for.
    fn keep_head(&mut self) {
        let size = self.first + self.frontier.size();
        while self.sizes.front().is_some_and(|wanted| *wanted <= size) {
            if self.sizes.pop_front() == Some(size) {
                self.heads.push((size, self.frontier.peaks().to_vec()));
            }
        }
    }

    fn grow(&mut self, hashes: &[Hash]) {
        let Self { first, stored, frontier, report, told, .. } = self;
        frontier.push_all(hashes, |place, hash| {
            let found = compare(stored.node(place.level, place.index), hash, place, |child| {
                stored.node(child.level, child.index)
            });
            let Some(flaw) = found else { return };
            let index = place.index + (*first >> place.level);
            flaw.tell(Place { level: place.level, index }, told, report);
        });
    }

    /// The index of its first leaf.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Leaves so far.
    pub fn len(&self) -> u64 {
        self.frontier.size() + self.ends.len() as u64
    }

    /// Whether no leaf came yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a finding of whoever reads the leaves, behind those of the leaves so far.
    pub fn report(&mut self) -> &mut Report {
        self.hash();
        &mut self.report
    }

    /// No more leaves.
    pub fn end(mut self) -> RunEnd {
        self.hash();
        let Self { first, frontier, heads, report, .. } = self;
        RunEnd { first, frontier, heads, report }
    }
}

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// What is wrong with a stored node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Changed,
    Missing,
}

/// Compares a stored node with what it should be; none if it is not the one to blame.
pub(super) fn compare(
    stored: Option<Hash>,
    computed: Hash,
    place: Place,
    child: impl Fn(Place) -> Option<Hash>,
) -> Option<Flaw> {
    let Some(stored) = stored else { return Some(Flaw::Missing) };
    if stored == computed {
        return None;
    }
    let Some(level) = place.level.checked_sub(1) else { return Some(Flaw::Changed) };
    let left = child(Place { level, index: place.index * 2 });
    let right = child(Place { level, index: place.index * 2 + 1 });
    match (left, right) {
        (Some(left), Some(right)) if node_hash(&left, &right) == stored => None,
        _ => Some(Flaw::Changed),
    }
}

impl Flaw {
    /// Reports the flaw of a node; missing ones once for each height.
    pub(super) fn tell(self, place: Place, told: &mut u32, report: &mut Report) {
        match self {
            Flaw::Changed if place.level == 0 => {
                let what = "does not hash to the node that is stored for it";
                report.find(Code::LeafChanged, Spot::leaf(place.index), what);
            }
            Flaw::Changed => {
                let what = "is not the hash of what stands below it";
                report.find(Code::NodeChanged, spot(place), what);
            }
            Flaw::Missing => {
                let mark = 1 << (place.level % 32);
                if *told & mark == 0 {
                    *told |= mark;
                    report.find(
                        Code::NodeMissing,
                        spot(place),
                        "and what follows it is not stored",
                    );
                }
            }
        }
    }
}

/// The file and the byte where a node is stored.
fn spot(place: Place) -> Spot {
    let file = format!("tree/{}/{:08}.hashes", place.level, place.index / PER_RUN);
    Spot::file(file).at(place.index % PER_RUN * Hash::LEN as u64)
}
