//! The file `integrated`: below this WAL position everything stands in leaves and parts.
//!
//! ```text
//! 0 "TWI1" | 4 u64 segment | 12 u64 offset | 20 u32 crc32c(bytes 0..20)
//! ```

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::places::Places;
use crate::wal::Position;
use crate::wal::field::{u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TWI1";
const CHECKED: usize = 20;

/// The integrated position; [`Position::START`] when nothing was integrated yet.
///
/// # Errors
/// What reading said, or that the file is not one of ours.
pub fn read(files: &dyn Files, places: &Places) -> Result<Position, Error> {
    let path = places.integrated();
    let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Position::START),
        outcome => outcome.doing("read", &path)?,
    };
    let decode = || {
        let whole = u32_at(&bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
        let known = whole && bytes.starts_with(MAGIC) && bytes.len() == CHECKED + 4;
        known.then_some(Position { segment: u64_at(&bytes, 4)?, offset: u64_at(&bytes, 12)? })
    };
    decode().ok_or(Error::Damaged { path, what: "it is no WAL position" })
}

/// Moves the integrated position; when this returns, it survives a power cut.
///
/// The caller holds `integrate.lock`, and what lies below the position is durable elsewhere.
///
/// # Errors
/// What writing said.
pub fn write(files: &dyn Files, places: &Places, position: Position) -> Result<(), Error> {
    let mut bytes = Vec::with_capacity(CHECKED + 4);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&position.segment.to_be_bytes());
    bytes.extend_from_slice(&position.offset.to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    let steps = Steps {
        sync: Point::IntegratedSync,
        rename: Point::IntegratedRename,
        dir: Some(Point::IntegratedDirSync),
    };
    replace(files, &places.integrated(), &bytes, steps)
}
