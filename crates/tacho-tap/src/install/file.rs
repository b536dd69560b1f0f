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

/// What changes files. Before each step it asks its gate, where a test lets the process die or
/// another one be quicker.
#[derive(Clone, Copy)]
pub(crate) struct Hand<'g>(pub(crate) &'g dyn Fn(Step) -> Result<()>);

/// A change of the disk, as small as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    MakeDirs,
    MakeDraft,
    FillDraft,
    SyncDraft,
    /// Reads the file again; then and there it must say what it did.
    Compare,
    Rename,
    Remove,
    RemoveDir,
    SyncDir,
}

impl Hand<'_> {
    /// The hand of a program that nobody stops.
    pub(crate) const FREE: Hand<'static> = Hand(&|_| Ok(()));

    /// Replaces the file, if it still says what was read from it. A new file is like the one
    /// before, or readable by its owner alone.
    pub(crate) fn replace(self, path: &Path, read_before: Option<&str>, text: &str) -> Result<()> {
        self.write(path, read_before, text, path)
    }

    /// Writes a file with the rights of another.
    pub(crate) fn write(
        self,
        path: &Path,
        read_before: Option<&str>,
        text: &str,
        like: &Path,
    ) -> Result<()> {
        let dir = parent(path);
        (self.0)(Step::MakeDirs)?;
        fs::create_dir_all(dir)?;
        self.sweep(path)?;
        let draft = dir.join(format!("{}{}.tmp", draft_start(path), std::process::id()));
        let written = self.write_draft(&draft, text, like).and_then(|held| {
            self.compare(path, read_before)?;
            (self.0)(Step::Rename)?;
            fs::rename(&draft, path)?;
            drop(held);
            Ok(())
        });
        if written.is_err() {
            let _ = self.remove_file(&draft);
            return written;
        }
        self.sync_dir(dir)
    }

    /// The draft, locked as long as it is held: one that nobody holds was left by a crash.
    fn write_draft(self, draft: &Path, text: &str, like: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        (self.0)(Step::MakeDraft)?;
        let mut file = options.open(draft)?;
        // Where there are no locks, a sweep takes the draft away, and the rename fails.
        let _ = file.try_lock();
        if let Ok(model) = fs::metadata(like) {
            #[cfg(unix)]
            keep_owner(&file, &model)?;
            file.set_permissions(model.permissions())?;
        }
        (self.0)(Step::FillDraft)?;
        file.write_all(text.as_bytes())?;
        (self.0)(Step::SyncDraft)?;
        file.sync_all()?;
        Ok(file)
    }

    /// Removes drafts of this file that crashes left.
    pub(crate) fn sweep(self, path: &Path) -> Result<()> {
        let start = draft_start(path);
        let Ok(entries) = fs::read_dir(parent(path)) else { return Ok(()) };
        for entry in entries {
            let (name, draft) = entry.map(|entry| (entry.file_name(), entry.path()))?;
            let name = name.to_string_lossy();
            let is_draft = name.starts_with(&start) && name.ends_with(".tmp");
            if is_draft && File::open(&draft).is_ok_and(|file| file.try_lock().is_ok()) {
                self.remove_file(&draft)?;
            }
        }
        Ok(())
    }

    fn compare(self, path: &Path, read_before: Option<&str>) -> Result<()> {
        (self.0)(Step::Compare)?;
        if read(path)?.as_deref() == read_before {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ResourceBusy, "it changed meanwhile; try again"))
    }

    /// Removes a file, if it still says what was read from it.
    pub(crate) fn remove(self, path: &Path, read_before: &str) -> Result<()> {
        self.compare(path, Some(read_before))?;
        self.remove_file(path)?;
        self.sync_dir(parent(path))
    }

    /// Forgets a backup that is no longer true.
    pub(crate) fn forget(self, path: &Path) -> Result<()> {
        if read(path)?.is_none() {
            return Ok(());
        }
        self.remove_file(path)
    }

    fn remove_file(self, path: &Path) -> Result<()> {
        (self.0)(Step::Remove)?;
        match fs::remove_file(path) {
            Err(error) if is_absent(&error) => Ok(()),
            outcome => outcome,
        }
    }

    /// Removes a directory, if it is empty.
    pub(crate) fn remove_empty_dir(self, dir: &Path) {
        let _ = (self.0)(Step::RemoveDir).and_then(|()| fs::remove_dir(dir));
    }

    fn sync_dir(self, dir: &Path) -> Result<()> {
        (self.0)(Step::SyncDir)?;
        #[cfg(unix)]
        File::open(dir)?.sync_all()?;
        #[cfg(not(unix))]
        let _ = dir;
        Ok(())
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `.settings.json.tacho-`, which a process id follows.
fn draft_start(path: &Path) -> String {
    format!(".{}.tacho-", path.file_name().unwrap_or_default().to_string_lossy())
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
