//! Files that a person names on the command line: read whole, within a bound, or made anew.

use crate::failure::{Exit, Failure};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// The bytes of a file, or of standard input for `-`; at most `max` of them.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(Exit::CannotTell, format!("cannot read {}: {error}", path.display()))
    };
    let mut bytes = Vec::new();
    let mut input = open(path).map_err(unreadable)?.take(max.saturating_add(1));
    input.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max {
        let what = format!("{} is larger than {max} bytes", path.display());
        return Err(Failure::new(Exit::CannotTell, what));
    }
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "the person names a file to read")]
fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    Ok(Box::new(std::fs::File::open(path)?))
}

/// A new file for what the person asked for; what stands there is never written over.
#[expect(clippy::disallowed_methods, reason = "the person names a file to write")]
pub(crate) fn create(path: &Path) -> Result<std::fs::File, Failure> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    opened.map_err(|error| {
        let failure = |exit| Failure::new(exit, format!("cannot make {}: {error}", path.display()));
        match error.kind() {
            ErrorKind::AlreadyExists => failure(Exit::Usage).next("another name, or remove it"),
            ErrorKind::PermissionDenied => failure(Exit::NotAllowed),
            _ => failure(Exit::CannotTell),
        }
    })
}

/// Writes a new file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    create(path)?.write_all(bytes).map_err(|error| unwritten(path, &error))
}

pub(crate) fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("cannot write {}: {error}", path.display()))
}

/// Replaces a file whole: whoever reads it meanwhile sees the old one or the new one.
#[expect(clippy::disallowed_methods, reason = "the person's own configuration is replaced")]
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    write(&beside, bytes)?;
    std::fs::rename(&beside, path).map_err(|error| unwritten(path, &error))
}

/// A directory and those around it.
#[expect(clippy::disallowed_methods, reason = "what the person named gets its directory")]
pub(crate) fn make_dir(dir: Option<&Path>) -> Result<(), Failure> {
    let Some(dir) = dir else { return Ok(()) };
    std::fs::create_dir_all(dir).map_err(|error| unwritten(dir, &error))
}
