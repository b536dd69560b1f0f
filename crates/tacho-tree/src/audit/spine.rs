//! Given runs in order, gives the root at every size that was signed.

use super::finding::Report;
use super::heads::Heads;
use super::run::{PER_RUN, RUN_HEIGHT, RunEnd, compare};
use crate::check::Head;
use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::nodes::{Place, fold_peaks};

/// The part of a tree above its runs.
#[derive(Debug, Default)]
pub struct Spine {
    /// The runs' roots as a tree of their own.
    upper: Frontier,
    /// The peaks of the last run, which is not full.
    tail: Frontier,
    told: u32,
}

impl Spine {
    /// No run yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.upper.size() * PER_RUN + self.tail.size()
    }

    /// The tree so far.
    pub fn head(&self) -> Head {
        Head { size: self.size(), root: self.root_over(self.tail.peaks()) }
    }

    /// Goes on behind runs whose leaves were pruned: their roots stand for them. A root that was
    /// changed makes another root of every signed head behind it.
    ///
    /// # Panics
    /// If a run came that is not full.
    pub fn skip(
        &mut self,
        roots: impl IntoIterator<Item = Hash>,
        stored: impl Fn(Place) -> Option<Hash>,
        report: &mut Report,
    ) {
        assert!(self.tail.size() == 0, "nothing comes behind a run that is not full");
        roots.into_iter().for_each(|root| self.put(root, &stored, report));
    }

    /// Takes in the next run, checks the signed heads that lie in it, and compares the nodes above
    /// runs with what `stored` gives. A run that is not full is the last one.
    ///
    /// # Panics
    /// If the run is not the next one.
    pub fn push(
        &mut self,
        run: RunEnd,
        heads: &mut Heads,
        stored: impl Fn(Place) -> Option<Hash>,
        report: &mut Report,
    ) {
        assert!(run.first == self.size(), "runs come in order");
        report.absorb(run.report);
        for (size, peaks) in &run.heads {
            heads.pass(*size, &self.root_over(peaks), report);
        }
        let [root] = run.frontier.peaks() else {
            self.tail = run.frontier;
            return;
        };
        if run.frontier.size() < PER_RUN {
            self.tail = run.frontier;
            return;
        }
        self.put(*root, stored, report);
    }

    fn put(&mut self, root: Hash, stored: impl Fn(Place) -> Option<Hash>, report: &mut Report) {
        let Self { upper, told, .. } = self;
        upper.push(root, |place, hash| {
            // The root of the run itself was compared with the run.
            if place.level == 0 {
                return;
            }
            let place = Place { level: place.level + RUN_HEIGHT, index: place.index };
            if let Some(flaw) = compare(stored(place), hash, place, &stored) {
                flaw.tell(place, told, report);
            }
        });
    }

    fn root_over(&self, tail: &[Hash]) -> Hash {
        let upper = self.upper.peaks().iter();
        fold_peaks(upper.chain(tail).copied().collect::<Vec<_>>().into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Run, Source, StoredRun};
    use super::*;
    use crate::nodes::Levels;

    fn leaf(number: u64) -> Vec<u8> {
        number.to_string().into_bytes()
    }

    /// The nodes above `count` leaves, and the same cut into runs.
    fn stored(count: u64) -> (Levels, Frontier, Vec<StoredRun>) {
        let (mut levels, mut frontier) = (Levels::new(), Frontier::new());
        for number in 0..count {
            frontier.push_leaf(&leaf(number), |place, hash| levels.insert(place, hash));
        }
        let run = |first: u64| {
            let leaves = (count - first).min(PER_RUN);
            let bytes = |level: u8| {
                let from = (first >> level) as usize;
                let hashes = levels.level(level).get(from..).unwrap_or_default().iter();
                hashes.take((leaves >> level) as usize).flat_map(|hash| *hash.as_bytes()).collect()
            };
            StoredRun { levels: StoredRun::heights().map(bytes).collect() }
        };
        let runs = (0..count.div_ceil(PER_RUN)).map(|number| run(number * PER_RUN)).collect();
        (levels, frontier, runs)
    }

    fn check(count: u64, runs: &[StoredRun], heads: &mut Heads, levels: &Levels) -> Report {
        let (mut spine, mut report) = (Spine::new(), Report::default());
        for (number, stored) in (0..).zip(runs) {
            let first = number * PER_RUN;
            let sizes = heads.sizes(first + 1..=first + PER_RUN);
            let mut run = Run::new(first, stored, sizes);
            (first..count.min(first + PER_RUN)).for_each(|number| run.push(&leaf(number)));
            let node = |place: Place| levels.level(place.level).get(place.index as usize).copied();
            spine.push(run.end(), heads, node, &mut report);
        }
        assert_eq!(spine.size(), count);
        report
    }

    #[test]
    fn every_size_in_and_between_runs_has_the_root_of_the_whole_tree() {
        let count = 3 * PER_RUN + 77;
        let (levels, _, runs) = stored(count);
        let mut heads = Heads::new();
        for size in [1, 2, 255, PER_RUN - 1, PER_RUN, PER_RUN + 1, 2 * PER_RUN, count - 1, count] {
            let root = crate::prove::root(&levels, size).unwrap();
            heads.expect("here", Head { size, root }, Source::Kept);
        }
        let report = check(count, &runs, &mut heads, &levels);
        assert_eq!(report.findings, []);
        assert_eq!(heads.passed(), 9);
    }

    #[test]
    fn a_flipped_bit_of_any_node_is_told_once_at_its_place() {
        let count = PER_RUN + 300;
        let (levels, _, runs) = stored(count);
        for (run, level, node) in [(0, 0, 7), (0, 3, 90), (0, 16, 0), (1, 1, 100), (1, 8, 0)] {
            let mut changed = runs.clone();
            changed[run].levels[level][node * 32 + 5] ^= 1;
            let report = check(count, &changed, &mut Heads::new(), &levels);
            let found: Vec<Code> = report.findings.iter().map(|found| found.code).collect();
            let expected = if level == 0 { Code::LeafChanged } else { Code::NodeChanged };
            // A changed node above the leaves is blamed, and so is the one above it: its parent
            // was made of what stood there before.
            assert!(found.contains(&expected) && found.len() <= 2, "{found:?}");
        }
    }

    #[test]
    fn another_root_is_a_mismatch_and_a_fork_to_whoever_is_outside() {
        let (levels, _, runs) = stored(10);
        let mut heads = Heads::new();
        let lie = Head { size: 5, root: Hash::EMPTY_ROOT };
        heads.expect("beside", lie, Source::Kept);
        heads.expect("outside", lie, Source::Outside);
        let report = check(10, &runs, &mut heads, &levels);
        assert!(report.has(Code::RootMismatch) && report.has(Code::Forked));
    }
}
