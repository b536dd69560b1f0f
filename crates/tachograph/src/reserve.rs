//! The file `reserve`: room on the disk that is given back when the disk is full, so that the
//! store can still say that it is.

use std::io::ErrorKind;

use crate::error::{Doing, Error};
use crate::files::{Access, Files, write_all_at};
use crate::limits::RESERVE_BYTES;
use crate::places::Places;

const CHUNK_BYTES: u64 = 64 << 10;

/// Makes sure that the reserve is there, whole.
///
/// # Errors
/// What writing said: with a disk this full there is no reserve.
pub fn keep(files: &dyn Files, places: &Places) -> Result<(), Error> {
    let path = places.reserve();
    let file = match files.open(&path, Access::Write) {
        Err(error) if error.kind() == ErrorKind::NotFound => files.create_new(&path),
        outcome => outcome,
    }
    .doing("open", &path)?;
    let mut at = file.stat().doing("stat", &path)?.len;
    // Bytes that compress to nothing reserve nothing on some file systems.
    let chunk: Vec<u8> = (0..CHUNK_BYTES).map(|at| ((at * 0x9e37_79b9) >> 16) as u8).collect();
    while at < RESERVE_BYTES {
        let wanted = usize::try_from((RESERVE_BYTES - at).min(CHUNK_BYTES)).unwrap_or_default();
        let written = write_all_at(file.as_ref(), chunk.get(..wanted).unwrap_or_default(), at);
        written.doing("write", &path)?;
        at += wanted as u64;
    }
    Ok(())
}

/// Gives the reserve back to the disk; false when there was none.
///
/// # Errors
/// What removing said.
pub fn release(files: &dyn Files, places: &Places) -> Result<bool, Error> {
    let path = places.reserve();
    match files.remove(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        outcome => outcome.doing("remove", &path).map(|()| true),
    }
}
