//! Given neighbouring runs, gives one: eight of a size become one of the next.

use std::sync::Arc;

use super::build::RunBuilder;
use super::merge::Merged;
use super::run::RunFile;
use super::{chain, list_runs, run_name};
use crate::error::Error;
use crate::files::Files;
use crate::files::grow::remove_if_there;
use crate::tenant::TenantPlaces;

/// Runs of one size before they are merged.
const FAN_IN: usize = 8;
/// Leaves of the smallest runs.
pub(super) const RUN_LEAVES_MIN: u64 = 1024;

/// Merges runs until no eight of a size stand at the end; at most `leaves_max` leaves in one merge.
/// False if a run was damaged: then some are gone, to be made again.
pub(super) fn merge_due(
    files: &Arc<dyn Files>,
    places: &TenantPlaces,
    leaves_max: u64,
) -> Result<bool, Error> {
    loop {
        let runs = chain(list_runs(files.as_ref(), places)?);
        let Some(due) = due(&runs) else { return Ok(true) };
        let (Some((first, _)), Some((_, end))) = (due.first(), due.last()) else {
            return Ok(true);
        };
        if end - first > leaves_max.min(u32::MAX.into()) {
            return Ok(true);
        }
        if !merge(files, places, due, (*first, *end))? {
            return Ok(false);
        }
        for (first, end) in due {
            let path = places.keys().join(run_name(*first, *end));
            remove_if_there(files.as_ref(), &path)?;
        }
    }
}

/// Removes runs that reach behind the log's end, and those that a larger run covers.
pub(super) fn tidy(
    files: &Arc<dyn Files>,
    places: &TenantPlaces,
    size: u64,
) -> Result<Vec<(u64, u64)>, Error> {
    let all = list_runs(files.as_ref(), places)?;
    let kept = all.iter().filter(|(_, end)| *end <= size).copied().collect();
    let kept = chain(kept);
    for (first, end) in all.iter().filter(|range| !kept.contains(range)) {
        let path = places.keys().join(run_name(*first, *end));
        remove_if_there(files.as_ref(), &path)?;
    }
    Ok(kept)
}

/// The runs at the end that are of the last one's size or smaller, if they are eight or more.
fn due(runs: &[(u64, u64)]) -> Option<&[(u64, u64)]> {
    let (first, end) = runs.last()?;
    let last = size_class(end - first);
    let same = runs.iter().rev().take_while(|(first, end)| size_class(end - first) <= last);
    let count = same.count();
    runs.get(runs.len() - count..).filter(|due| due.len() >= FAN_IN)
}

/// 0 below 8,192 leaves, 1 below 65,536, and so on.
fn size_class(leaves: u64) -> u32 {
    (leaves / RUN_LEAVES_MIN).max(1).ilog2() / FAN_IN.ilog2()
}

/// Writes the merged run; false if one of them is damaged: then all of them go, to be made again.
fn merge(
    files: &Arc<dyn Files>,
    places: &TenantPlaces,
    due: &[(u64, u64)],
    range: (u64, u64),
) -> Result<bool, Error> {
    let mut runs = Vec::with_capacity(due.len());
    for (first, end) in due {
        match RunFile::open(files.as_ref(), places, *first, *end)? {
            Some(run) => runs.push(run),
            None => return drop_all(files, places, due),
        }
    }
    let mut builder = RunBuilder::begin(files.as_ref(), places)?;
    for entry in Merged::new(runs) {
        let Ok((key, leaf)) = entry else { return drop_all(files, places, due) };
        // A merge covers fewer than 2^32 leaves.
        builder.push((key, u32::try_from(leaf - range.0).unwrap_or(u32::MAX)))?;
    }
    builder.finish(files.as_ref(), places, range)?;
    Ok(true)
}

fn drop_all(
    files: &Arc<dyn Files>,
    places: &TenantPlaces,
    due: &[(u64, u64)],
) -> Result<bool, Error> {
    for (first, end) in due {
        remove_if_there(files.as_ref(), &places.keys().join(run_name(*first, *end)))?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_runs_of_a_size_are_due_and_take_smaller_ones_behind_them_along() {
        let small = |count: u64, from: u64| -> Vec<(u64, u64)> {
            (0..count).map(|n| (from + n * 1024, from + (n + 1) * 1024)).collect()
        };
        assert_eq!(due(&small(7, 0)), None);
        assert_eq!(due(&small(8, 0)).map(<[_]>::len), Some(8));
        let mut runs = vec![(0, 8192)];
        runs.extend(small(7, 8192));
        assert_eq!(due(&runs), None);
        runs.extend(small(1, 8192 + 7 * 1024));
        assert_eq!(due(&runs).map(<[_]>::len), Some(8));
    }
}
