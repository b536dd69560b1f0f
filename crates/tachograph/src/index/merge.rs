//! Given runs, gives the entries of all of them in the order of their keys.

use super::run::{Pair, RunFile};

/// The entries of some runs: key and leaf. Holds one block of each run.
#[derive(Debug)]
pub(crate) struct Merged {
    heads: Vec<Head>,
    /// A block was not as it was written: told once, then there is no more.
    damaged: bool,
}

/// A block of a run could not be read, or is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BrokenRun;

impl Merged {
    pub(crate) fn new(runs: Vec<RunFile>) -> Self {
        let mut heads: Vec<Head> = runs.into_iter().map(Head::new).collect();
        let damaged = heads.iter_mut().any(|head| head.advance().is_err());
        Self { heads, damaged }
    }
}

impl Iterator for Merged {
    type Item = Result<(u64, u64), BrokenRun>;

    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::take(&mut self.damaged) {
            self.heads.clear();
            return Some(Err(BrokenRun));
        }
        // Few runs are merged at a time: looking at each is as fast as a heap.
        let heads = self.heads.iter_mut().filter_map(|head| Some((head.next?, head)));
        let (entry, head) = heads.min_by_key(|(entry, _)| *entry)?;
        self.damaged = head.advance().is_err();
        Some(Ok(entry))
    }
}

/// A run that is being read from its beginning.
#[derive(Debug)]
struct Head {
    run: RunFile,
    block: u32,
    entries: std::vec::IntoIter<Pair>,
    next: Option<(u64, u64)>,
}

impl Head {
    fn new(run: RunFile) -> Self {
        Self { run, block: 0, entries: Vec::new().into_iter(), next: None }
    }

    /// Goes to the next entry; none at the end.
    fn advance(&mut self) -> Result<(), BrokenRun> {
        loop {
            if let Some((key, value)) = self.entries.next() {
                self.next = Some((key, self.run.first() + u64::from(value)));
                return Ok(());
            }
            self.next = None;
            match self.run.entries(self.block) {
                Ok(Some(entries)) => {
                    self.block += 1;
                    self.entries = entries.into_iter();
                }
                Ok(None) => return Ok(()),
                Err(()) => return Err(BrokenRun),
            }
        }
    }
}
