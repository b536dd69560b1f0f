//! Settings files on disk: given a path, gives its text; given a text, leaves either the old file
//! or the new one, whatever happens in between.
//!
//! ```text
//! settings.json                       what the host reads; a link to it stays a link
//! settings.json.before-tachograph     what it would be without our entries
//! .settings.json.tacho-1234.tmp       being written; synced, then renamed over the first
//! ```
#![expect(clippy::disallowed_methods, reason = "hosts' settings lie outside of every store")]

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

/// No settings are larger.
const BYTES_MAX: u64 = 16 << 20;

/// The file that a path means: where its links lead.
pub(crate) fn real(path: &Path) -> Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => fs::canonicalize(path),
        Ok(_) => Ok(path.to_owned()),
        Err(error) if is_absent(&error) => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Where what was there before is kept.
pub(crate) fn backup_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".before-tachograph");
    file.with_file_name(name)
}

/// The text of a file; none if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>> {
    let file = match File::open(path) {
        Err(error) if is_absent(&error) => return Ok(None),
        outcome => outcome?,
    };
    if !file.metadata()?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Error::new(ErrorKind::FileTooLarge, "larger than 16 MiB"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Error::new(ErrorKind::InvalidData, "not UTF-8")),
    }
}

/// Whether a program can be run there.
pub(crate) fn is_program(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return false };
    #[cfg(unix)]
    let can_run = std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let can_run = true;
    found.is_file() && can_run
}

/// Replaces the file, if it still says what was read from it. A new file is like `model`, or
/// readable by its owner alone.
pub(crate) fn replace(path: &Path, read_before: Option<&str>, text: &str) -> Result<()> {
    write(path, read_before, text, path)
}

/// Writes a file with the rights of another.
pub(crate) fn write(path: &Path, read_before: Option<&str>, text: &str, like: &Path) -> Result<()> {
    let dir = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(dir)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".tacho-{}.tmp", std::process::id()));
    let draft = dir.join(name);
    let written = write_draft(&draft, text, like).and_then(|()| {
        if read(path)?.as_deref() != read_before {
            return Err(Error::new(ErrorKind::ResourceBusy, "it changed meanwhile; try again"));
        }
        fs::rename(&draft, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
        return written;
    }
    sync_dir(dir)
}

fn write_draft(draft: &Path, text: &str, like: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    if let Ok(model) = fs::metadata(like) {
        #[cfg(unix)]
        keep_owner(&file, &model)?;
        file.set_permissions(model.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// An administrator who edits a person's settings does not take them away.
#[cfg(unix)]
fn keep_owner(file: &File, model: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let mine = file.metadata()?;
    if (mine.uid(), mine.gid()) == (model.uid(), model.gid()) {
        return Ok(());
    }
    std::os::unix::fs::fchown(file, Some(model.uid()), Some(model.gid()))
}

/// Removes a file, if it still says what was read from it.
pub(crate) fn remove(path: &Path, read_before: &str) -> Result<()> {
    if read(path)?.as_deref() != Some(read_before) {
        return Err(Error::new(ErrorKind::ResourceBusy, "it changed meanwhile; try again"));
    }
    fs::remove_file(path)?;
    sync_dir(path.parent().unwrap_or(Path::new("")))
}

/// Forgets a backup that is no longer true.
pub(crate) fn forget(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if is_absent(&error) => Ok(()),
        outcome => outcome,
    }
}

/// Removes a directory that is empty.
pub(crate) fn remove_empty_dir(dir: &Path) {
    let _ = fs::remove_dir(dir);
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> Result<()> {
    File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> Result<()> {
    Ok(())
}
