//! The one room of the tap that touches files outside the store: settings it fingerprints, and its
//! own state. What is in the store goes through the trunk.
#![expect(
    clippy::disallowed_methods,
    reason = "the tap's own state and the hosts' settings lie outside of every store"
)]

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// At most `max` bytes of a file, and whether there were more; none if there is no such file.
///
/// An agent can put a named pipe where its project's file is looked for: nobody waits for who would
/// write into it.
pub(crate) fn read(path: &Path, max: u64) -> Result<Option<(Vec<u8>, bool)>> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NO_WAITING);
    let file = match options.read(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome?,
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes)?;
    let more = bytes.len() as u64 > max;
    bytes.truncate(usize::try_from(max).unwrap_or(usize::MAX));
    Ok(Some((bytes, more)))
}

#[cfg(unix)]
const NO_WAITING: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// Replaces a file, whole or not at all; not synced: it is a memory, not a record.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = private().write(true).create(true).truncate(true).open(&draft)?;
    let written = file.write_all(bytes).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written
}

/// Makes an empty file that must not exist.
pub(crate) fn mark(path: &Path) -> Result<()> {
    private().write(true).create_new(true).open(path).map(drop)
}

/// Removes a file; true for the one process that did.
pub(crate) fn claim(path: &Path) -> bool {
    std::fs::remove_file(path).is_ok()
}

/// The names in a directory, sorted; none if there is none.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .take(NAMES_MAX)
        .collect();
    names.sort_unstable();
    names
}

/// Names of one directory that are looked at.
const NAMES_MAX: usize = 10_000;

/// Makes a directory for this user alone.
pub(crate) fn make_dir(dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Forgets a directory of ours and what is in it.
pub(crate) fn forget_dir(dir: &Path) {
    let _ = std::fs::remove_dir_all(dir);
}

/// Moves a file, also to another disk; what is there already stays.
pub(crate) fn carry(from: &Path, to: &Path) -> Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        outcome => return outcome,
    }
    let draft: PathBuf = to.with_extension("tmp");
    let copied = std::fs::copy(from, &draft).and_then(|_| File::open(&draft)?.sync_all());
    match copied.and_then(|()| std::fs::rename(&draft, to)) {
        Ok(()) => std::fs::remove_file(from),
        Err(error) => {
            let _ = std::fs::remove_file(&draft);
            Err(error)
        }
    }
}

/// A file that is written in place by whoever holds its lock.
pub(crate) fn in_place(path: &Path) -> Result<File> {
    private().read(true).write(true).create(true).truncate(false).open(path)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
