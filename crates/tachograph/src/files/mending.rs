//! Given files in which empty directories may be missing, makes those when one is first missed.
//!
//! Many ways to copy a tree leave out what is empty: archives of files, version control, object
//! stores. To look for that whenever a store is opened costs more than to record an event, and
//! hardly ever finds anything; so it is looked for where something does not work without.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Access, File, Files, Point, Stat};

/// Makes the directories that are missing; whether there were any.
pub(crate) type Mend = fn(&dyn Files, &Path) -> io::Result<bool>;

/// Files below `root`, and what mends that.
#[derive(Debug)]
pub(crate) struct Mending {
    files: Arc<dyn Files>,
    root: PathBuf,
    mend: Mend,
    boot_id: Lazy<Option<[u8; 16]>>,
}

#[expect(clippy::disallowed_types, reason = "a field of a struct, not a global")]
type Lazy<T> = std::sync::OnceLock<T>;

impl Mending {
    pub(crate) fn new(files: Arc<dyn Files>, root: &Path, mend: Mend) -> Self {
        Self { files, root: root.to_owned(), mend, boot_id: Lazy::new() }
    }

    /// Does what needs a directory; if that is not there, makes it and tries once more.
    fn try_in<T>(&self, path: &Path, work: impl Fn(&dyn Files) -> io::Result<T>) -> io::Result<T> {
        let files = self.files.as_ref();
        match work(files) {
            Err(error) if error.kind() == ErrorKind::NotFound && path.starts_with(&self.root) => {
                if (self.mend)(files, &self.root)? {
                    work(files)
                } else {
                    Err(error)
                }
            }
            outcome => outcome,
        }
    }
}

impl Files for Mending {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>> {
        self.files.open(path, access)
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.try_in(path, |files| files.create_new(path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.try_in(path, |files| files.create_dir(path))
    }

    fn rename(&self, from: &Path, to: &Path, point: Point) -> io::Result<()> {
        self.try_in(to, |files| files.rename(from, to, point))
    }

    fn link(&self, from: &Path, to: &Path, point: Point) -> io::Result<()> {
        self.try_in(to, |files| files.link(from, to, point))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.try_in(dir, |files| files.list(dir))
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.files.stat(path)
    }

    fn sync_dir(&self, dir: &Path, point: Point) -> io::Result<()> {
        self.try_in(dir, |files| files.sync_dir(dir, point))
    }

    fn is_remote(&self, path: &Path) -> io::Result<bool> {
        self.files.is_remote(path)
    }

    fn user(&self) -> u32 {
        self.files.user()
    }

    fn process(&self) -> u32 {
        self.files.process()
    }

    /// Asked once: no process outlives the boot it was started in.
    fn boot_id(&self) -> Option<[u8; 16]> {
        *self.boot_id.get_or_init(|| self.files.boot_id())
    }

    fn is_private(&self, path: &Path) -> io::Result<bool> {
        self.files.is_private(path)
    }

    fn pause(&self, micros: u64) {
        self.files.pause(micros);
    }
}
