//! The file `generation`: how often the keys that seal parts were replaced.
//!
//! ```text
//! 0 "TWG1" | 4 u32 generation | 8 u32 crc32c(bytes 0..8)
//! ```
//!
//! An erasure raises it under `wal/lock`. Every append reads it under that lock, so a writer with
//! cached keys is refused and loads the new ones.

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::places::Places;
use crate::wal::field::u32_at;

const MAGIC: &[u8; 4] = b"TWG1";
const CHECKED: usize = 8;

/// The store's key generation.
///
/// # Errors
/// What reading said, or that the file is not one of ours: a writer that cannot know the
/// generation must not write.
pub fn read(files: &dyn Files, places: &Places) -> Result<u32, Error> {
    let path = places.generation();
    let bytes = read_small(files, &path, STATE_FILE_BYTES_MAX).doing("read", &path)?;
    let decode = || {
        let whole = u32_at(&bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
        let known = whole && bytes.starts_with(MAGIC) && bytes.len() == CHECKED + 4;
        known.then_some(u32_at(&bytes, 4)?)
    };
    decode().ok_or(Error::Damaged { path, what: "it is no key generation" })
}

/// Writes the generation of a new store; the caller syncs the directory.
pub(crate) fn begin(files: &dyn Files, places: &Places) -> Result<(), Error> {
    write(files, places, 0, None)
}

/// Replaces the generation; the caller holds `wal/lock`.
pub(crate) fn raise(files: &dyn Files, places: &Places) -> Result<u32, Error> {
    let exhausted = || Error::Damaged { path: places.generation(), what: "it cannot be raised" };
    let generation = read(files, places)?.checked_add(1).ok_or_else(exhausted)?;
    write(files, places, generation, Some(Point::GenerationDirSync))?;
    Ok(generation)
}

/// Raises the generation to `wanted`, if it is lower; the caller holds `wal/lock`.
pub(crate) fn raise_to(files: &dyn Files, places: &Places, wanted: u32) -> Result<(), Error> {
    if read(files, places)? < wanted {
        write(files, places, wanted, Some(Point::GenerationDirSync))?;
    }
    Ok(())
}

fn write(
    files: &dyn Files,
    places: &Places,
    generation: u32,
    dir: Option<Point>,
) -> Result<(), Error> {
    let mut bytes = Vec::with_capacity(CHECKED + 4);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    let steps = Steps { sync: Point::GenerationSync, rename: Point::GenerationRename, dir };
    replace(files, &places.generation(), &bytes, steps)
}
