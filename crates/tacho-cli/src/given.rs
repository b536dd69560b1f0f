//! Files that a person names on the command line: read whole, within a bound, or made anew.

use crate::failure::{Exit, Failure};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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

/// What is being written and is not whole yet: it goes when the command is interrupted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Halves(Arc<Mutex<Vec<PathBuf>>>);

impl Halves {
    /// Removes all of it.
    pub(crate) fn forget(&self) {
        for path in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            remove(&path);
        }
    }

    /// The place beside `path` where it is written: `.log.ndjson.4711.half`.
    fn beside(&self, path: &Path) -> Result<Half, Failure> {
        let name = path.file_name().and_then(OsStr::to_str).ok_or_else(|| {
            Failure::usage(format!("{} is no name of a file", path.display()))
                .next("a name that ends in one, as in out/export.ndjson")
        })?;
        let beside = path.with_file_name(format!(".{name}.{}.half", std::process::id()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(beside.clone());
        Ok(Half { beside, path: path.to_owned(), halves: self.clone() })
    }
}

/// Something that appears at its place when it is whole, and not before.
#[derive(Debug)]
struct Half {
    beside: PathBuf,
    path: PathBuf,
    halves: Halves,
}

impl Half {
    /// Moves it to its place, where nothing may stand.
    #[expect(clippy::disallowed_methods, reason = "what the person asked for gets its name")]
    fn end(self) -> Result<(), Failure> {
        let (beside, path) = (&self.beside, &self.path);
        match std::fs::hard_link(beside, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(unmade(path, &error)),
            // A directory, or a file system without links.
            Err(_) if !path.is_file() => {
                std::fs::rename(beside, path).map_err(|error| unmade(path, &error))
            }
            outcome => outcome.map_err(|error| unmade(path, &error)),
        }
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        let mut halves = self.halves.0.lock().unwrap_or_else(PoisonError::into_inner);
        halves.retain(|path| *path != self.beside);
        remove(&self.beside);
    }
}

/// What cannot be removed, or is gone already, is left.
#[expect(clippy::disallowed_methods, reason = "what was half written goes")]
fn remove(path: &Path) {
    let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
}

/// A new file for what the person asked for; what stands there is never written over.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: std::fs::File,
    half: Half,
}

impl NewFile {
    #[expect(clippy::disallowed_methods, reason = "the person names a file to write")]
    pub(crate) fn begin(path: &Path, halves: &Halves) -> Result<Self, Failure> {
        if path.symlink_metadata().is_ok() {
            return Err(unmade(path, &ErrorKind::AlreadyExists.into()));
        }
        let half = halves.beside(path)?;
        let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(&half.beside);
        Ok(Self { file: opened.map_err(|error| unmade(path, &error))?, half })
    }

    /// It is whole.
    pub(crate) fn end(self) -> Result<(), Failure> {
        self.half.end()
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A new directory: `fill` gets the place beside it where it is made.
pub(crate) fn fill_dir<T>(
    path: &Path,
    halves: &Halves,
    fill: impl FnOnce(&Path) -> Result<T, Failure>,
) -> Result<T, Failure> {
    must_be_free(path)?;
    let half = halves.beside(path)?;
    let filled = fill(&half.beside)?;
    half.end()?;
    Ok(filled)
}

/// A directory that is new or empty.
#[expect(clippy::disallowed_methods, reason = "the person names a directory to write")]
pub(crate) fn must_be_free(dir: &Path) -> Result<(), Failure> {
    let is_free = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    if is_free {
        return Ok(());
    }
    Err(Failure::usage(format!("{} is not empty", dir.display()))
        .next("a directory that is new or empty"))
}

fn unmade(path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    let failure = |exit| Failure::new(exit, format!("cannot make {path}: {error}"));
    match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{path} is there already")).next("another name, or remove it")
        }
        ErrorKind::PermissionDenied => failure(Exit::NotAllowed),
        _ => failure(Exit::CannotTell),
    }
}

/// Writes a new file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_new(path, bytes, &Halves::default())
}

/// Writes a large new file.
pub(crate) fn write_new(path: &Path, bytes: &[u8], halves: &Halves) -> Result<(), Failure> {
    let mut file = NewFile::begin(path, halves)?;
    file.write_all(bytes).map_err(|error| unwritten(path, &error))?;
    file.end()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a directory, sorted.
    #[expect(clippy::disallowed_methods, reason = "a test looks what is there")]
    fn names(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "another program writes there")]
    fn a_file_appears_when_it_is_whole_and_what_stands_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.ndjson");
        let halves = Halves::default();
        let mut file = NewFile::begin(&path, &halves).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        assert_eq!(names(dir.path()).len(), 1);
        // Another came first.
        std::fs::write(&path, b"theirs").unwrap();
        assert!(file.end().is_err());
        assert_eq!(read(&path, 9).unwrap(), b"theirs");
        assert!(NewFile::begin(&path, &halves).is_err());
        assert_eq!(names(dir.path()), ["out.ndjson"]);
    }

    #[test]
    fn what_is_interrupted_or_fails_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let halves = Halves::default();
        let file = NewFile::begin(&path, &halves).unwrap();
        halves.forget();
        assert_eq!(names(dir.path()), [""; 0]);
        drop(file);
        drop(NewFile::begin(&path, &halves).unwrap());
        let failed = fill_dir(&path, &halves, |half| {
            make_dir(Some(&half.join("tile")))?;
            Err::<(), _>(Failure::usage("no"))
        });
        assert!(failed.is_err());
        assert_eq!(names(dir.path()), [""; 0]);
        fill_dir(&path, &halves, |half| make_dir(Some(&half.join("tile")))).unwrap();
        assert_eq!(names(&path), ["tile"]);
        assert!(fill_dir(&path, &halves, |_| Ok(())).is_err());
    }
}
