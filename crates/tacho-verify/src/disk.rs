//! The one room that reads the disk; nothing here writes.
#![expect(clippy::disallowed_methods, reason = "an offline verifier reads files, and only that")]

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

/// A small file, whole; none if there is none. One beyond `max` bytes is an error.
pub(crate) fn small(path: &Path, max: u64) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome?,
    };
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "longer than it may be"));
    }
    Ok(Some(bytes))
}

/// The names in a directory, sorted; none if there is none.
pub(crate) fn names(dir: &Path) -> Result<Option<Vec<String>>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(Some(names))
}

/// Up to `length` bytes of a file from `offset` on; fewer where it ends.
pub(crate) fn range(path: &Path, offset: u64, length: usize) -> Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file, from its beginning.
pub(crate) fn stream(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 20, File::open(path)?))
}

/// The next line without its end, into `line`; false at the end of the file. A line beyond `max`
/// bytes, or one that the file ends within, is an error.
pub(crate) fn line(from: &mut impl BufRead, line: &mut Vec<u8>, max: u64) -> Result<bool> {
    line.clear();
    let read = from.take(max + 1).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(false);
    }
    if line.pop() != Some(b'\n') {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "a line without an end"));
    }
    Ok(true)
}
