//! Given what the leaves say, tells where the index says something else.
//!
//! The index is derived, and no signature covers it; a reader looks at the leaf before it believes.
//! But an entry that was taken out would hide an event from whoever asks for it, so the entries are
//! compared: for each 256 leaves the keys that must stand in the index are added up as 128-bit
//! sums, and so are the entries of each run, in whatever order they come.

use tacho_tree::audit::{Code, PER_RUN, Report, Spot};

use super::unreadable;
use crate::error::Error;
use crate::index::{Facts, RunFile, ZONE_BYTES, ZONE_LEAVES, Zones, list_runs};
use crate::limits::ZONES_MAX;
use crate::store::Store;
use crate::tenant::TenantPlaces;

/// What the index must say of 256 leaves.
#[derive(Debug, Clone, Copy, Default)]
struct ZoneSum {
    keys: u128,
    times: Option<(i64, i64)>,
    leaves: u64,
    /// Leaves that no index can hold.
    strange: u64,
}

/// What the index must say of the leaves of one run.
#[derive(Debug, Default)]
pub(super) struct RunZones {
    next: u64,
    wanted: bool,
    zones: Vec<ZoneSum>,
}

impl RunZones {
    pub(super) fn new(first: u64, wanted: bool) -> Self {
        Self { next: first, wanted, zones: Vec::new() }
    }

    /// Takes in what the next leaf says; none for one that no index can hold.
    pub(super) fn push(&mut self, facts: impl FnOnce() -> Option<Facts>) {
        if !self.wanted {
            return;
        }
        let index = self.next;
        self.next += 1;
        if index.is_multiple_of(ZONE_LEAVES) {
            self.zones.push(ZoneSum::default());
        }
        let Some(zone) = self.zones.last_mut() else { return };
        zone.leaves += 1;
        let Some(facts) = facts() else {
            zone.strange += 1;
            return;
        };
        for key in [Some(facts.id), facts.session].into_iter().flatten() {
            zone.keys = zone.keys.wrapping_add(mix(key, index));
        }
        let time = facts.time.micros();
        let (earliest, latest) = zone.times.unwrap_or((time, time));
        zone.times = Some((earliest.min(time), latest.max(time)));
    }
}

/// What the index must say of the whole log.
#[derive(Debug, Default)]
pub(super) struct ZoneSums {
    zones: Vec<ZoneSum>,
}

impl ZoneSums {
    /// Takes in the next run; beyond what an index covers nothing is compared.
    pub(super) fn push(&mut self, run: RunZones) {
        assert!(PER_RUN.is_multiple_of(ZONE_LEAVES), "a run is whole zones");
        if self.zones.len() < ZONES_MAX {
            self.zones.extend(run.zones);
        }
    }

    /// The sum over the leaves of a range, if the range is whole zones that are all known.
    fn keys(&self, first: u64, end: u64) -> Option<u128> {
        let aligned = first.is_multiple_of(ZONE_LEAVES);
        let from = usize::try_from(first / ZONE_LEAVES).ok().filter(|_| aligned)?;
        let to = usize::try_from(end.div_ceil(ZONE_LEAVES)).ok()?;
        let zones = self.zones.get(from..to)?;
        let leaves: u64 = zones.iter().map(|zone| zone.leaves).sum();
        let known = leaves == end - first && zones.iter().all(|zone| zone.strange == 0);
        known.then(|| zones.iter().fold(0, |sum: u128, zone| sum.wrapping_add(zone.keys)))
    }
}

/// Spreads a key and its leaf over 128 bits.
fn mix(key: u64, leaf: u64) -> u128 {
    let spread = |mut x: u64| {
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let low = spread(key ^ spread(leaf.wrapping_add(0x9e37_79b9_7f4a_7c15)));
    let high = spread(low ^ key.rotate_left(32) ^ leaf.wrapping_mul(0xd6e8_feb8_6659_fd93));
    u128::from(high) << 64 | u128::from(low)
}

pub(super) fn check(store: &Store, places: &TenantPlaces, sums: &ZoneSums, report: &mut Report) {
    let files = store.files().as_ref();
    match list_runs(files, places) {
        Ok(runs) => {
            for (first, end) in runs {
                check_run(store, places, (first, end), sums, report);
            }
        }
        Err(error) => unreadable(&error, report),
    }
    if let Err(error) = check_zones(store, places, sums, report) {
        unreadable(&error, report);
    }
}

fn check_run(
    store: &Store,
    places: &TenantPlaces,
    (first, end): (u64, u64),
    sums: &ZoneSums,
    report: &mut Report,
) {
    let name = format!("{first:020}-{end:020}.run");
    let path = places.keys().join(name).display().to_string();
    let run = match RunFile::open(store.files().as_ref(), places, first, end) {
        Ok(Some(run)) => run,
        Ok(None) => {
            return report.find(Code::IndexDamaged, path, "its footer is not as it was written");
        }
        // Eight runs are made one while others read.
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return unreadable(&error, report),
    };
    let (entry_blocks, blocks) = run.block_counts();
    let (mut sum, mut last) = (0u128, 0u64);
    for number in 0..blocks {
        let spot = Spot::file(&path).at(u64::from(number) * 4096);
        let Some(pairs) = run.pairs(number) else {
            return report.find(Code::IndexDamaged, spot, "a block is not as it was written");
        };
        for (key, value) in pairs {
            if number >= entry_blocks {
                let below = run.pairs(value).and_then(|pairs| pairs.first().copied());
                if value >= number || below.is_none_or(|(first, _)| first != key) {
                    return report.find(Code::IndexDamaged, spot, "it leads to the wrong block");
                }
                continue;
            }
            if key < last {
                return report.find(Code::IndexDamaged, spot, "its entries are not in order");
            }
            last = key;
            sum = sum.wrapping_add(mix(key, first + u64::from(value)));
        }
    }
    if sums.keys(first, end).is_some_and(|expected| expected != sum) {
        report.find(Code::IndexDamaged, path, "its entries are not those of the leaves");
    }
}

fn check_zones(
    store: &Store,
    places: &TenantPlaces,
    sums: &ZoneSums,
    report: &mut Report,
) -> Result<(), Error> {
    let covered = sums.zones.len() as u64 * ZONE_LEAVES;
    let zones = Zones::read(store.files().as_ref(), places, covered)?;
    let path = places.zones().display().to_string();
    for (number, sum) in sums.zones.iter().enumerate() {
        if sum.leaves < ZONE_LEAVES || sum.strange > 0 {
            continue;
        }
        let Some(stored) = zones.times(number) else { break };
        if stored != sum.times {
            let spot = Spot::file(&path).at((number * ZONE_BYTES) as u64);
            report.find(Code::IndexDamaged, spot, "its times are not those of the leaves");
        }
    }
    Ok(())
}
