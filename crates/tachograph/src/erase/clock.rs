//! Given the clock, says what day it is, if it may be believed: clocks cannot destroy.
//!
//! ```text
//! <keys>/clock    "TVC1" | u64 micros seen last | u64 micros when a jump was met, or 0
//!                 | u64 micros it went on steadily since | u32 crc32c of all before
//! ```
//!
//! A clock that jumped more than 48 hours since it was looked at last, forward or back, arms a
//! hold: nothing expires until an operator says that the time is right ([`confirm`]), or it has
//! gone on for a day from there. So does a clock of which nothing is known.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::checksum;
use crate::error::Doing;
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::store::Store;
use crate::vault::VaultError;
use crate::wal::field::{u32_at, u64_at};
use crate::world::World;

const MAGIC: &[u8; 4] = b"TVC1";
const JUMP_MICROS: u64 = 48 * 3_600_000_000;
const CALM_MICROS: u64 = 24 * 3_600_000_000;
const DAY_MICROS: u64 = 86_400_000_000;

/// What is known of the clock.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    last: u64,
    jumped: u64,
    /// How long it went on steadily since the jump.
    calm: u64,
}

/// The day, or why it cannot be told.
pub(crate) fn today(store: &Store, world: &dyn World, keys: &Path) -> Result<u32, VaultError> {
    let files = store.files().as_ref();
    let now = world.now().micros().max(0).unsigned_abs();
    let mut seen = read(files, keys)?.unwrap_or(Seen { last: now, jumped: now.max(1), calm: 0 });
    let gap = now.abs_diff(seen.last);
    if gap > JUMP_MICROS {
        seen = Seen { last: now, jumped: now.max(1), calm: 0 };
    } else {
        seen.calm = seen.calm.saturating_add(now.saturating_sub(seen.last));
        seen.last = now;
        if seen.jumped > 0 && seen.calm >= CALM_MICROS {
            seen.jumped = 0;
        }
    }
    write(files, keys, seen)?;
    if seen.jumped > 0 {
        return Err(VaultError::Clock("it jumped more than 48 hours, and nobody confirmed it"));
    }
    Ok(u32::try_from(now / DAY_MICROS).unwrap_or(0))
}

/// Says that the clock is right as it stands: an operator's word.
pub(crate) fn confirm(store: &Store, world: &dyn World, keys: &Path) -> Result<(), VaultError> {
    let now = world.now().micros().max(0).unsigned_abs();
    write(store.files().as_ref(), keys, Seen { last: now, jumped: 0, calm: 0 })
}

fn path(keys: &Path) -> PathBuf {
    keys.join("clock")
}

fn read(files: &dyn Files, keys: &Path) -> Result<Option<Seen>, VaultError> {
    let path = path(keys);
    let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome.doing("read", &path)?,
    };
    let checked = bytes.get(..28).filter(|checked| {
        checked.starts_with(MAGIC) && u32_at(&bytes, 28) == Some(checksum::of(checked))
    });
    let damaged = || VaultError::Damaged { path: path.clone(), what: "it is no clock" };
    let checked = checked.ok_or_else(damaged)?;
    let at = |place| u64_at(checked, place).unwrap_or_default();
    Ok(Some(Seen { last: at(4), jumped: at(12), calm: at(20) }))
}

fn write(files: &dyn Files, keys: &Path, seen: Seen) -> Result<(), VaultError> {
    let mut bytes = MAGIC.to_vec();
    [seen.last, seen.jumped, seen.calm]
        .iter()
        .for_each(|micros| bytes.extend_from_slice(&micros.to_be_bytes()));
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    let steps = Steps { sync: Point::ClockSync, rename: Point::ClockRename, dir: None };
    Ok(replace(files, &path(keys), &bytes, steps)?)
}
