//! Given a store, copies it whole while others write; given a copy, puts it back.
//!
//! The keys are never copied: a copy that lay beside them would open what was erased since. A store
//! that was put back knows less than its keys: the signer refuses it where it is shorter than what
//! was signed, and the vault until what was erased since is erased again
//! ([`crate::erase::Eraser::apply`]).

use std::path::Path;
use std::sync::Arc;

use crate::error::{Doing, Error};
use crate::files::replace::create_afresh;
use crate::files::shred::DOOMED;
use crate::files::{Access, Files, Kind, Point, read_full_at, write_all_at};
use crate::integrate::Integrator;
use crate::limits::{COPY_DEPTH_MAX, SCAN_BYTES};
use crate::store::Store;
use crate::vault::VaultError;
use crate::world::World;

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Copies the store to the directory `to`, which must be empty or not exist. Nobody integrates
/// meanwhile, and everybody may append: what is half there is recovered like after a crash.
///
/// # Errors
/// What the disk said; a copy that is not whole is no store.
pub fn backup(store: &Store, world: Arc<dyn World>, to: &Path) -> Result<Copied, VaultError> {
    backup_telling(store, world, to, &mut |_, _| ())
}

/// The same, telling how many bytes are copied of how many that were there at the beginning.
///
/// # Errors
/// As [`backup`].
pub fn backup_telling(
    store: &Store,
    world: Arc<dyn World>,
    to: &Path,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Copied, VaultError> {
    let mut integrator = Integrator::new(store, world);
    let (files, from) = (store.files().as_ref(), store.places().store());
    integrator.exclusively(|_| Ok(copy(files, from, to, tell)?))
}

/// Puts a copy in the place `to`, which must be empty or not exist.
///
/// # Errors
/// What the disk said; what is not whole is no store.
pub fn restore(files: &dyn Files, from: &Path, to: &Path) -> Result<Copied, VaultError> {
    restore_telling(files, from, to, &mut |_, _| ())
}

/// The same, telling as [`backup_telling`] does.
///
/// # Errors
/// As [`restore`].
pub fn restore_telling(
    files: &dyn Files,
    from: &Path,
    to: &Path,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Copied, VaultError> {
    Ok(copy(files, from, to, tell)?)
}

/// Copies everything. Until all of it is there, `FORMAT` says so: where there is none, a hook may
/// make a store in the middle of the copy.
fn copy(
    files: &dyn Files,
    from: &Path,
    to: &Path,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Copied, Error> {
    files.create_dir(to).doing("create", to)?;
    refuse_beyond(files, to, &[])?;
    begin(files, to)?;
    // Who makes a store there makes a directory before looking for `FORMAT` again.
    refuse_beyond(files, to, &[FORMAT])?;
    let of = bytes_below(files, from, COPY_DEPTH_MAX);
    let mut copying = Copying { files, copied: Copied::default(), of, tell };
    copying.dir(from, to, COPY_DEPTH_MAX)?;
    copying.end(from, to)?;
    Ok(copying.copied)
}

/// Refuses a directory in which there is more than this.
fn refuse_beyond(files: &dyn Files, to: &Path, own: &[&str]) -> Result<(), Error> {
    if files.list(to).doing("list", to)?.iter().all(|name| own.contains(&name.as_str())) {
        return Ok(());
    }
    Err(Error::Damaged { path: to.to_owned(), what: "a store is put where nothing is" })
}

/// Says that what stands there is half a copy, before there is anything of it.
fn begin(files: &dyn Files, to: &Path) -> Result<(), Error> {
    let path = to.join(FORMAT);
    let file = files.create_new(&path).doing("create", &path)?;
    write_all_at(file.as_ref(), HALF.as_bytes(), 0).doing("write", &path)?;
    file.sync_data(Point::CopySync).doing("sync", &path)?;
    files.sync_dir(to, Point::CopyDirSync).doing("sync", to)?;
    // Who finds a store there relies on its name, too.
    let around = to.parent().filter(|dir| !dir.as_os_str().is_empty());
    let around = around.unwrap_or(Path::new("."));
    files.sync_dir(around, Point::CopyDirSync).doing("sync", around)
}

/// The bytes of all files below, as far as they can be seen.
fn bytes_below(files: &dyn Files, dir: &Path, depth: u32) -> u64 {
    let names = files.list(dir).unwrap_or_default();
    let bytes = names.iter().map(|name| {
        let path = dir.join(name);
        match files.stat(&path) {
            Ok(stat) if stat.kind == Kind::File => stat.len,
            Ok(stat) if stat.kind == Kind::Directory && depth > 0 => {
                bytes_below(files, &path, depth - 1)
            }
            _ => 0,
        }
    });
    bytes.sum()
}

const FORMAT: &str = "FORMAT";
/// Not the name that who makes a store gives to an unfinished one.
const NEXT_FORMAT: &str = "FORMAT.copy.tmp";
/// What stands in `FORMAT` while a copy is made.
pub(crate) const HALF: &str = "half a copy of a tachograph store\n";

/// A copy that is being made.
struct Copying<'c> {
    files: &'c dyn Files,
    copied: Copied,
    of: u64,
    tell: &'c mut dyn FnMut(u64, u64),
}

impl Copying<'_> {
    fn dir(&mut self, from: &Path, to: &Path, depth: u32) -> Result<(), Error> {
        let files = self.files;
        for name in files.list(from).doing("list", from)? {
            let (path, target) = (from.join(&name), to.join(&name));
            // Locks and unfinished files are this machine's; `FORMAT` comes last.
            let is_half = name.ends_with(".tmp") || name.ends_with(DOOMED);
            if name == FORMAT || name == "lock" || name.ends_with(".lock") || is_half {
                continue;
            }
            let stat = match files.stat(&path) {
                // A file of the spool, or of a writer, that went meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                outcome => outcome.doing("stat", &path)?,
            };
            match stat.kind {
                Kind::Directory if depth > 0 => {
                    files.create_dir(&target).doing("create", &target)?;
                    self.dir(&path, &target, depth - 1)?;
                }
                Kind::File => self.file(&path, &target)?,
                // A socket is none of a store.
                Kind::Directory | Kind::Other => {}
            }
        }
        files.sync_dir(to, Point::CopyDirSync).doing("sync", to)
    }

    /// Everything is there: now it is a store. Whoever sees `FORMAT`, or sees that the other one is
    /// gone, relies on it, whether or not its maker lives on: without any it is a store in the
    /// making, and whoever comes makes it one.
    fn end(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        let (files, format, new) = (self.files, to.join(FORMAT), to.join(NEXT_FORMAT));
        self.file(&from.join(FORMAT), &new)?;
        files.remove(&format).doing("remove", &format)?;
        files.sync_dir(to, Point::CopyDirSync).doing("sync", to)?;
        files.rename(&new, &format, Point::FormatRename).doing("rename", &new)?;
        files.sync_dir(to, Point::CopyDirSync).doing("sync", to)
    }

    fn file(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        let source = self.files.open(from, Access::Read).doing("open", from)?;
        let target = create_afresh(self.files, to)?;
        let mut chunk = vec![0; SCAN_BYTES];
        let mut at = 0;
        loop {
            let read = read_full_at(source.as_ref(), &mut chunk, at).doing("read", from)?;
            let bytes = chunk.get(..read).unwrap_or_default();
            write_all_at(target.as_ref(), bytes, at).doing("write", to)?;
            at += read as u64;
            let done = self.copied.bytes + at;
            // Who appended meanwhile made it more.
            (self.tell)(done, self.of.max(done));
            if read < chunk.len() {
                break;
            }
        }
        target.sync_data(Point::CopySync).doing("sync", to)?;
        self.copied.files += 1;
        self.copied.bytes += at;
        Ok(())
    }
}
