//! Given an id or a session, gives the leaves that bear it; given a span of time, gives the blocks
//! of leaves that may lie in it.
//!
//! ```text
//! index/keys/<first leaf, 20 digits>-<end, 20 digits>.run   sorted keys of those leaves
//! index/zones                                               earliest and latest time per 256 leaves
//! ```
//!
//! A key is 64 bits of a hash of an id or a session, so whoever asks looks at the leaf too. Runs
//! are immutable, cover the log without a gap, and are merged eight to one, so there are few of
//! them and none is held in memory. All of this is derived: it is never synced, every block bears
//! a checksum, and what is missing or damaged is worked out from the leaves.

mod build;
mod fold;
mod merge;
mod run;
mod skim;
mod write;
mod zones;

use std::io::ErrorKind;
use std::sync::Arc;

use tacho_tree::leaf_hash;

use crate::error::Error;
use crate::files::Files;
use crate::files::grow::list_if_there;
use crate::leaves::LeafFiles;
use crate::tenant::TenantPlaces;
use crate::wal::field::u64_at;

pub(crate) use merge::Merged;
pub(crate) use run::RunFile;
pub(crate) use skim::{Facts, facts, skim};
pub(crate) use write::{Effort, IndexWriter};
pub(crate) use zones::{ZONE_BYTES, ZONE_LEAVES, Zones};

/// Leaves read at a time where there is no index.
const SCAN_LEAVES: usize = 1024;

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The id of an event.
    Id,
    /// A session.
    Session,
}

impl Kind {
    /// Whether a key is the one of this leaf's id.
    pub(crate) fn is_id(key: u64, leaf: &[u8]) -> bool {
        skim(leaf).is_some_and(|found| Kind::Id.key(found.id) == key)
    }

    /// The key of a name: the first 8 bytes of SHA-256(0x00 || `i` or `s` || name).
    pub(crate) fn key(self, name: &str) -> u64 {
        let mut bytes = Vec::with_capacity(name.len() + 1);
        bytes.push(if self == Kind::Id { b'i' } else { b's' });
        bytes.extend_from_slice(name.as_bytes());
        u64_at(leaf_hash(&bytes).as_bytes(), 0).unwrap_or(0)
    }

    /// Whether a leaf bears the name.
    pub(crate) fn is_of(self, leaf: &[u8], name: &str) -> bool {
        skim(leaf).is_some_and(|found| match self {
            Kind::Id => found.id == name,
            Kind::Session => found.session == Some(name),
        })
    }
}

/// The index of one tenant, as it stood when it was opened.
#[derive(Debug)]
pub(crate) struct Index {
    runs: Vec<RunFile>,
}

/// How often a reader lists again when runs are merged under its eyes.
const OPEN_TRIES_MAX: u32 = 8;

impl Index {
    /// Opens the runs that cover the log from its first leaf on.
    pub(crate) fn open(files: &Arc<dyn Files>, places: &TenantPlaces) -> Result<Self, Error> {
        for _ in 0..OPEN_TRIES_MAX {
            let mut runs = Vec::new();
            let mut vanished = false;
            for (first, end) in chain(list_runs(files.as_ref(), places)?) {
                match RunFile::open(files.as_ref(), places, first, end) {
                    Ok(Some(run)) => runs.push(run),
                    // Damaged: what follows it would leave a gap.
                    Ok(None) => break,
                    Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                        vanished = true;
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            if !vanished {
                return Ok(Self { runs });
            }
        }
        Ok(Self { runs: Vec::new() })
    }

    /// The entries of all runs, sorted.
    pub(crate) fn into_entries(self) -> Merged {
        Merged::new(self.runs)
    }

    /// The end of the leaves that are covered.
    pub(crate) fn covered(&self) -> u64 {
        self.runs.last().map_or(0, RunFile::end)
    }

    /// Tells the covered leaves that bear a name, in order.
    pub(crate) fn find(
        &self,
        leaves: &LeafFiles,
        kind: Kind,
        name: &str,
        tell: &mut Tell<'_>,
    ) -> Result<(), Error> {
        let key = kind.key(name);
        for run in &self.runs {
            match run.find(key) {
                Some(candidates) => check(leaves, &candidates, kind, name, tell)?,
                // The run is damaged: the leaves tell.
                None => scan(leaves, (run.first(), run.end()), kind, name, tell)?,
            }
        }
        Ok(())
    }
}

/// Is told an index and the leaf that stands there.
pub(crate) type Tell<'t> = dyn FnMut(u64, &[u8]) -> Result<(), Error> + 't;

/// Tells those of some leaves that bear a name.
pub(crate) fn check(
    leaves: &LeafFiles,
    candidates: &[u64],
    kind: Kind,
    name: &str,
    tell: &mut Tell<'_>,
) -> Result<(), Error> {
    leaves.each(
        candidates,
        |index, leaf| {
            if kind.is_of(leaf, name) { tell(index, leaf) } else { Ok(()) }
        },
    )
}

/// Tells the leaves of a range that bear a name, found by reading them all.
pub(crate) fn scan(
    leaves: &LeafFiles,
    (from, to): (u64, u64),
    kind: Kind,
    name: &str,
    tell: &mut Tell<'_>,
) -> Result<(), Error> {
    let mut at = from;
    while at < to {
        let count = usize::try_from(to - at).unwrap_or(SCAN_LEAVES).min(SCAN_LEAVES);
        let block = leaves.block(at, count)?;
        for (index, leaf) in (at..).zip(block.iter()).filter(|(_, leaf)| kind.is_of(leaf, name)) {
            tell(index, leaf)?;
        }
        at += block.len() as u64;
    }
    Ok(())
}

/// The ranges of the runs there are.
pub(crate) fn list_runs(
    files: &dyn Files,
    places: &TenantPlaces,
) -> Result<Vec<(u64, u64)>, Error> {
    let names = list_if_there(files, &places.keys())?;
    Ok(names.iter().filter_map(|name| run_range(name)).collect())
}

/// The fewest ranges that cover the log from its first leaf on without a gap.
fn chain(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable_by_key(|(first, end)| (*first, u64::MAX - end));
    let mut covered = 0;
    ranges.retain(|(first, end)| {
        let fits = *first == covered && *end > covered;
        if fits {
            covered = *end;
        }
        fits
    });
    ranges
}

/// The leaves of a run from its name; every other spelling is none.
fn run_range(name: &str) -> Option<(u64, u64)> {
    let (first, end) = name.strip_suffix(".run")?.split_once('-')?;
    let range = (first.parse().ok()?, end.parse().ok()?);
    (run_name(range.0, range.1) == name && range.0 < range.1).then_some(range)
}

/// `00000000000000000000-00000000000000065536.run`.
fn run_name(first: u64, end: u64) -> String {
    format!("{first:020}-{end:020}.run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_takes_the_largest_runs_and_ends_at_a_gap() {
        let runs = vec![(0, 256), (256, 512), (0, 512), (512, 768), (1024, 1280)];
        assert_eq!(chain(runs), [(0, 512), (512, 768)]);
        assert_eq!(chain(vec![(256, 512)]), []);
    }

    #[test]
    fn only_our_own_spelling_is_a_run() {
        assert_eq!(run_range(&run_name(0, 256)), Some((0, 256)));
        assert_eq!(run_range("0-256.run"), None);
        assert_eq!(run_range(&run_name(256, 256)), None);
    }
}
