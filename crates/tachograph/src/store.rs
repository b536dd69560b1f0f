//! Given a directory, gives a store: creates it once, whole or not at all, and knows its version.
//!
//! `FORMAT` is written last: a directory without it is no store yet, and creation goes on where a
//! crash left it. Many processes may create at once; `wal/lock` lets one do it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::backup::HALF;
use crate::error::{Doing, Error};
use crate::files::above::create_dir_below;
use crate::files::mending::Mending;
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::generation;
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::places::{Places, push_hex};
use crate::wal::NotHeld;
use crate::wal::lock::{LockFile, Patience};
use crate::world::World;

/// The version of the store that this program writes; it reads this one and every older one.
pub const FORMAT_VERSION: u32 = 1;

const FORMAT_NAME: &str = "tachograph-store ";
const INSTALLATION_BYTES: usize = 16;

/// Why a directory was not opened as a store.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no store at the path.
    Missing(PathBuf),
    /// What stands there is no store of ours.
    NotAStore(PathBuf),
    /// A store is being copied to there, or whoever did so died: it is not whole.
    HalfCopy(PathBuf),
    /// A newer program wrote the store: this one would misread it.
    Newer {
        /// The store.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The store lies on a network file system, where locks and syncs may lie.
    Remote(PathBuf),
    /// Another process is creating the store and does not finish.
    Busy(PathBuf),
    /// The disk refused.
    Store(Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "no store at {}", path.display()),
            Self::NotAStore(path) => write!(f, "{} is no tachograph store", path.display()),
            Self::HalfCopy(path) => write!(f, "{} is half a copy of a store", path.display()),
            Self::Newer { path, version } => write!(
                f,
                "{} has format {version}, this program knows {FORMAT_VERSION}",
                path.display()
            ),
            Self::Remote(path) => {
                write!(f, "{} lies on a network file system", path.display())
            }
            Self::Busy(path) => write!(f, "{} is being created elsewhere", path.display()),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Whether a store may lie on a network file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remote {
    /// No: its locks and syncs may lie.
    #[default]
    Refused,
    /// Yes, on the operator's word.
    Forced,
}

/// A store that was found whole; the proof that the rooms above may open it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) places: Places,
    version: u32,
    installation: [u8; INSTALLATION_BYTES],
}

impl Store {
    /// Opens the store at `path`; that changes nothing. Directories which a copy lost, because they
    /// were empty, are made when one is first missed, where this process may; all but the stops'.
    ///
    /// # Errors
    /// Why it is no store for this program.
    pub fn open(files: Arc<dyn Files>, path: &Path, remote: Remote) -> Result<Self, OpenError> {
        let places = Places::new(path);
        let version = read_format(files.as_ref(), &places)?
            .ok_or_else(|| OpenError::Missing(path.to_owned()))?;
        if remote == Remote::Refused && files.is_remote(path).doing("stat", path)? {
            return Err(OpenError::Remote(path.to_owned()));
        }
        let installation = read_installation(files.as_ref(), &places)?;
        let files = Arc::new(Mending::new(files, path, make_missing));
        Ok(Self { files, places, version, installation })
    }

    /// Opens the store at `path`, creating it if there is none.
    ///
    /// # Errors
    /// Why it is no store for this program, or could not be made one.
    pub fn create(
        files: Arc<dyn Files>,
        world: &dyn World,
        path: &Path,
        remote: Remote,
    ) -> Result<Self, OpenError> {
        match Self::open(files.clone(), path, remote) {
            Err(OpenError::Missing(_)) => {}
            outcome => return outcome,
        }
        let places = Places::new(path);
        create_dir_below(files.as_ref(), path, Point::StoreParentSync)?;
        if remote == Remote::Refused && files.is_remote(path).doing("stat", path)? {
            return Err(OpenError::Remote(path.to_owned()));
        }
        files.create_dir(&places.wal()).doing("create", &places.wal())?;
        let mut lock = LockFile::new(places.wal_lock());
        let held =
            lock.take(files.as_ref(), world, Patience::Server).map_err(|error| match error {
                NotHeld::Busy(_) | NotHeld::Refusing => OpenError::Busy(path.to_owned()),
                NotHeld::Failed(error) => OpenError::Store(error),
            })?;
        let made = make(files.as_ref(), world, &places);
        held.release(None);
        made?;
        Self::open(files, path, remote)
    }

    /// Makes the directories that a copy of the store lost because they were empty; for who puts
    /// files into them by another door than [`Store::files`], which makes them itself.
    ///
    /// # Errors
    /// What the disk said; not that this process may only read.
    pub fn mend(&self) -> Result<(), Error> {
        let root = self.places.store();
        make_missing(self.files.as_ref(), root).doing("mend", root).map(|_| ())
    }

    /// The paths in the store.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The door to its disk.
    pub fn files(&self) -> &Arc<dyn Files> {
        &self.files
    }

    /// The version it was written in.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The random name of this store.
    pub fn installation(&self) -> &[u8; INSTALLATION_BYTES] {
        &self.installation
    }
}

/// Makes the directory a store; under the lock, so whoever comes second finds it made.
fn make(files: &dyn Files, world: &dyn World, places: &Places) -> Result<(), OpenError> {
    if read_format(files, places)?.is_some() {
        return Ok(());
    }
    for dir in dirs(places) {
        files.create_dir(&dir).doing("create", &dir)?;
    }
    if matches!(read_installation(files, places), Err(OpenError::Store(_))) {
        let mut name = [0; INSTALLATION_BYTES];
        world.fill(&mut name);
        let (sync, rename) = (Point::InstallationSync, Point::InstallationRename);
        let steps = Steps { sync, rename, dir: None };
        replace(files, &places.installation(), hex_line(&name).as_bytes(), steps)?;
    }
    if generation::read(files, places).is_err() {
        generation::begin(files, places)?;
    }
    // Once `FORMAT` is seen, others rely on all of this, whether or not its maker lives on.
    for dir in [places.wal(), places.store().to_owned()] {
        files.sync_dir(&dir, Point::StoreDirSync).doing("sync", &dir)?;
    }
    let around = places.store().parent().filter(|dir| !dir.as_os_str().is_empty());
    let around = around.unwrap_or(Path::new("."));
    files.sync_dir(around, Point::StoreParentSync).doing("sync", around)?;
    let (sync, rename) = (Point::FormatSync, Point::FormatRename);
    let steps = Steps { sync, rename, dir: Some(Point::FormatDirSync) };
    let format = format!("{FORMAT_NAME}{FORMAT_VERSION}\n");
    Ok(replace(files, &places.format(), format.as_bytes(), steps)?)
}

/// The directories in a store that is empty.
fn dirs(places: &Places) -> [PathBuf; 9] {
    [
        places.wal(),
        places.quarantine(),
        places.spool(),
        places.idempotency(),
        places.emitters(),
        places.cursors(),
        places.stops(),
        places.run(),
        places.tenants(),
    ]
}

/// Makes the directories that are not there; who only reads does without them.
fn make_missing(files: &dyn Files, root: &Path) -> io::Result<bool> {
    let places = Places::new(root);
    // Where the stops are gone, nobody knows whether one is in force: that is not to be hidden.
    let own = dirs(&places).into_iter().filter(|dir| *dir != places.stops());
    let missing: Vec<PathBuf> = own.filter(|dir| files.stat(dir).is_err()).collect();
    for dir in &missing {
        match files.create_dir(dir) {
            Err(error) if is_read_only(&error) => return Ok(false),
            outcome => outcome?,
        }
    }
    // What is put there is durable only if they are. Who dies before this leaves that to the
    // system's writeback: once in the life of a copy.
    for dir in [places.wal().as_path(), root].iter().filter(|_| !missing.is_empty()) {
        files.sync_dir(dir, Point::StoreDirSync)?;
    }
    Ok(!missing.is_empty())
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// The store's version; none when there is no store yet.
fn read_format(files: &dyn Files, places: &Places) -> Result<Option<u32>, OpenError> {
    let path = places.format();
    let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(OpenError::NotAStore(places.store().to_owned()));
        }
        outcome => outcome.doing("read", &path)?,
    };
    let text = str::from_utf8(&bytes).unwrap_or_default();
    if text == HALF {
        return Err(OpenError::HalfCopy(places.store().to_owned()));
    }
    let rest = text.strip_prefix(FORMAT_NAME).unwrap_or_default();
    // A newer program may say more behind its version.
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let version = digits.parse::<u32>().ok();
    let is_spelled = !digits.starts_with('0') && rest.strip_prefix(digits) == Some("\n");
    match version {
        Some(version) if version > FORMAT_VERSION => {
            Err(OpenError::Newer { path: places.store().to_owned(), version })
        }
        Some(version) if version > 0 && is_spelled => Ok(Some(version)),
        _ => Err(OpenError::NotAStore(places.store().to_owned())),
    }
}

fn read_installation(
    files: &dyn Files,
    places: &Places,
) -> Result<[u8; INSTALLATION_BYTES], OpenError> {
    let path = places.installation();
    let bytes = read_small(files, &path, STATE_FILE_BYTES_MAX).doing("read", &path)?;
    let text = str::from_utf8(&bytes).unwrap_or_default();
    let mut name = [0; INSTALLATION_BYTES];
    for (at, byte) in name.iter_mut().enumerate() {
        let digits = text.get(at * 2..at * 2 + 2).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
    }
    // Accept only what we would write.
    if hex_line(&name) == text {
        Ok(name)
    } else {
        Err(Error::Damaged { path, what: "it is no installation name" }.into())
    }
}

fn hex_line(bytes: &[u8]) -> String {
    let mut line = String::with_capacity(2 * bytes.len() + 1);
    bytes.iter().for_each(|byte| push_hex(&mut line, *byte));
    line.push('\n');
    line
}
