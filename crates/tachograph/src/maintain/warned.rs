//! When it was said last that a log grows large: once a day is enough.
//!
//! ```text
//! tenants/<tenant>/warned   "TWN1" | u64 micros | u32 crc32c of all before
//! ```
//!
//! Derived, so nothing of it is synced: without it, or when it is half there, it is said again.

use tacho_event::Timestamp;

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::create_afresh;
use crate::files::{Files, read_small, write_all_at};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::tenant::TenantPlaces;
use crate::wal::field::{u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TWN1";
const CHECKED: usize = 12;
const DAY_MICROS: u64 = 86_400_000_000;

pub(super) fn is_due(
    files: &dyn Files,
    places: &TenantPlaces,
    now: Timestamp,
) -> Result<bool, Error> {
    let bytes = read_small(files, &places.warned(), STATE_FILE_BYTES_MAX).unwrap_or_default();
    let last = bytes.get(..CHECKED).filter(|checked| {
        checked.starts_with(MAGIC) && u32_at(&bytes, CHECKED) == Some(checksum::of(checked))
    });
    let last = last.and_then(|checked| u64_at(checked, 4)).unwrap_or(0);
    Ok(now.micros().max(0).unsigned_abs().abs_diff(last) >= DAY_MICROS)
}

pub(super) fn note(files: &dyn Files, places: &TenantPlaces, now: Timestamp) -> Result<(), Error> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&now.micros().max(0).to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    let path = places.warned();
    let file = create_afresh(files, &path)?;
    write_all_at(file.as_ref(), &bytes, 0).doing("write", &path)
}
