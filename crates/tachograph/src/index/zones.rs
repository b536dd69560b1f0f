//! Given a span of time, tells which blocks of 256 leaves may lie in it.
//!
//! ```text
//! index/zones   one record for each 256 leaves: 0 i64 earliest | 8 i64 latest | 16 u64 first leaf
//!               24 u32 crc32c(bytes 0..24); microseconds since 1970, big-endian
//! ```

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::grow::{open_if_there, open_or_create};
use crate::files::{Files, read_full_at, write_all_at};
use crate::limits::{SCAN_BYTES, ZONES_MAX};
use crate::tenant::TenantPlaces;
use crate::wal::field::{u32_at, u64_at};
use tacho_event::Timestamp;

/// Leaves of one zone.
pub(crate) const ZONE_LEAVES: u64 = 256;
pub(crate) const ZONE_BYTES: usize = 28;

/// The earliest and the latest time of some leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone {
    earliest: i64,
    latest: i64,
}

impl Zone {
    pub(super) fn of(time: Timestamp) -> Self {
        Self { earliest: time.micros(), latest: time.micros() }
    }

    pub(super) fn with(self, time: Timestamp) -> Self {
        let Self { earliest, latest } = self;
        Self { earliest: earliest.min(time.micros()), latest: latest.max(time.micros()) }
    }

    fn encode(self, first: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.earliest.to_be_bytes());
        out.extend_from_slice(&self.latest.to_be_bytes());
        out.extend_from_slice(&first.to_be_bytes());
        let crc = checksum::of(out.get(start..).unwrap_or_default());
        out.extend_from_slice(&crc.to_be_bytes());
    }

    fn decode(bytes: &[u8], first: u64) -> Option<Self> {
        let whole = u32_at(bytes, 24)? == checksum::of(bytes.get(..24)?);
        let zone = Self {
            earliest: u64_at(bytes, 0)?.cast_signed(),
            latest: u64_at(bytes, 8)?.cast_signed(),
        };
        (whole && u64_at(bytes, 16)? == first).then_some(zone)
    }
}

/// The zones of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    zones: Vec<Option<Zone>>,
}

impl Zones {
    /// Reads the zones of the first `covered` leaves.
    pub(crate) fn read(
        files: &dyn Files,
        places: &TenantPlaces,
        covered: u64,
    ) -> Result<Self, Error> {
        let path = places.zones();
        let Some(file) = open_if_there(files, &path)? else { return Ok(Self::default()) };
        let count = usize::try_from(covered / ZONE_LEAVES).unwrap_or(ZONES_MAX).min(ZONES_MAX);
        let mut zones = Vec::with_capacity(count);
        let per_read = SCAN_BYTES / ZONE_BYTES;
        let mut bytes = vec![0; per_read * ZONE_BYTES];
        while zones.len() < count {
            let at = (zones.len() * ZONE_BYTES) as u64;
            let read = read_full_at(file.as_ref(), &mut bytes, at).doing("read", &path)?;
            let there = bytes.get(..read / ZONE_BYTES * ZONE_BYTES).unwrap_or_default();
            if there.is_empty() {
                break;
            }
            for record in there.chunks_exact(ZONE_BYTES).take(count - zones.len()) {
                let first = zones.len() as u64 * ZONE_LEAVES;
                zones.push(Zone::decode(record, first));
            }
        }
        Ok(Self { zones })
    }

    /// The earliest and latest time of a zone, in microseconds: none behind the last, and none
    /// inside where the record is not as it was written.
    pub(crate) fn times(&self, number: usize) -> Option<Option<(i64, i64)>> {
        let zone = self.zones.get(number)?;
        Some(zone.map(|zone| (zone.earliest, zone.latest)))
    }

    /// Whether a leaf of the zone of `leaf` may lie in `from..until`.
    pub(crate) fn may_hold(&self, leaf: u64, from: Timestamp, until: Timestamp) -> bool {
        let number = usize::try_from(leaf / ZONE_LEAVES).unwrap_or(usize::MAX);
        // What is not known may be anything.
        self.zones
            .get(number)
            .copied()
            .flatten()
            .is_none_or(|zone| zone.latest >= from.micros() && zone.earliest < until.micros())
    }
}

/// Writes the zones of the leaves from `first` on.
pub(super) fn write(
    files: &dyn Files,
    places: &TenantPlaces,
    first: u64,
    zones: &[Zone],
) -> Result<(), Error> {
    let path = places.zones();
    let file = open_or_create(files, &path)?;
    let mut bytes = Vec::with_capacity(zones.len() * ZONE_BYTES);
    for (number, zone) in (0..).zip(zones) {
        zone.encode(first + number * ZONE_LEAVES, &mut bytes);
    }
    let at = first / ZONE_LEAVES * ZONE_BYTES as u64;
    write_all_at(file.as_ref(), &bytes, at).doing("write", &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_zone_is_noticed() {
        let zone = Zone::of(Timestamp::from_micros(-7)).with(Timestamp::from_micros(1 << 50));
        let mut bytes = Vec::new();
        zone.encode(512, &mut bytes);
        assert_eq!(Zone::decode(&bytes, 512), Some(zone));
        assert_eq!(Zone::decode(&bytes, 256), None, "it is of other leaves");
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Zone::decode(&bytes, 512), None, "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
