//! Given a path, gives its bytes: the one door to the disk, so that a crash can be a struct.
//!
//! Everything the trunk does to a disk goes through [`Files`] and [`File`]. [`OsFiles`] is the
//! machine; the test kit has a simulated disk that forgets what was not synced. Every sync, rename
//! and lock names its [`Point`], so that a test can switch one off and must see something break.

pub(crate) mod above;
pub(crate) mod exclusive;
pub(crate) mod grow;
pub(crate) mod mending;
mod os;
mod point;
pub(crate) mod replace;
pub(crate) mod shred;

use std::fmt::Debug;
use std::io;
use std::path::Path;

pub use os::OsFiles;
pub use point::Point;

/// A directory tree and the few things the trunk asks of a machine.
///
/// Links are never followed at the last name of a path: what is opened, is a file of ours or an
/// error.
pub trait Files: Debug + Send + Sync {
    /// Opens a regular file that exists.
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>>;
    /// Creates a file for reading and writing, for this user alone; one that exists is an error.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Creates a directory for this user alone; one that exists is fine.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Renames a file, replacing what stands at `to`.
    fn rename(&self, from: &Path, to: &Path, point: Point) -> io::Result<()>;
    /// Gives a file another name; one that is taken is an error.
    fn link(&self, from: &Path, to: &Path, point: Point) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The names in a directory, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// What stands at a path.
    fn stat(&self, path: &Path) -> io::Result<Stat>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path, point: Point) -> io::Result<()>;
    /// Whether the path lies on a network file system, where locks and syncs may lie.
    fn is_remote(&self, path: &Path) -> io::Result<bool>;
    /// The user this process acts as.
    fn user(&self) -> u32;
    /// The number of this process.
    fn process(&self) -> u32;
    /// The name of the machine's current boot; none where the system does not tell.
    fn boot_id(&self) -> Option<[u8; 16]>;
    /// Whether a file is this user's, and nobody else may read or write it; where the system has no
    /// such modes, the directory guards it, and this is true.
    fn is_private(&self, _path: &Path) -> io::Result<bool> {
        Ok(true)
    }
    /// Waits a moment between two tries of a lock; nothing else waits.
    fn pause(&self, micros: u64);
}

/// An open file.
pub trait File: Debug + Send + Sync {
    /// Reads at an offset; fewer bytes than asked, down to none, only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at an offset; may write fewer bytes than given.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Says that these bytes will be synced soon: the system may begin to bring them to the disk.
    /// Nothing is durable by it, and what fails is told by the sync.
    fn begin_sync(&self, from: u64, to: u64) {
        let _ = (from, to);
    }
    /// Cuts or extends the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes the file's bytes and length durable.
    fn sync_data(&self, point: Point) -> io::Result<()>;
    /// Takes the file's lock, which ends with the handle or the process; false when another has it.
    fn try_lock(&self, point: Point) -> io::Result<bool>;
    /// Gives the file's lock back.
    fn unlock(&self) -> io::Result<()>;
    /// What this handle is open on.
    fn stat(&self) -> io::Result<Stat>;
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// For reading alone.
    Read,
    /// For reading and writing.
    Write,
}

/// What the system knows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Device and inode: two names with the same identity are one file.
    pub identity: (u64, u64),
    /// Length in bytes.
    pub len: u64,
    /// Names of the file; none when it was removed and is still open.
    pub links: u64,
    /// The user who owns it.
    pub user: u32,
    /// What kind of thing it is.
    pub kind: Kind,
}

/// The kind of a directory entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, pipe, socket or device: never one of ours.
    Other,
}

/// Writes all of `bytes`, however short the single writes are.
///
/// # Errors
/// The first error of a write; what was written before it stays written.
pub fn write_all_at(file: &dyn File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes zeros over `from..to`.
pub(crate) fn write_zeros(file: &dyn File, from: u64, to: u64) -> io::Result<()> {
    let some = |left: u64| usize::try_from(left.min(ZEROS_BYTES)).unwrap_or_default();
    let zeros = vec![0; some(to.saturating_sub(from))];
    let mut at = from;
    while at < to {
        let wanted = some(to - at);
        write_all_at(file, zeros.get(..wanted).unwrap_or_default(), at)?;
        at += wanted as u64;
    }
    Ok(())
}

/// How many zeros are written at once.
const ZEROS_BYTES: u64 = 1 << 20;

/// Reads until `buffer` is full or the file ends; gives the number of bytes read.
///
/// # Errors
/// The first error of a read.
pub fn read_full_at(file: &dyn File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads a small file whole; one longer than `max` is an error, not an allocation.
///
/// # Errors
/// What opening or reading said, or `InvalidData` for a file that is too long.
pub fn read_small(files: &dyn Files, path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let file = files.open(path, Access::Read)?;
    // Most have less than a line: no page of memory is filled with zeros for those.
    let mut line = [0; 128];
    let begin = read_full_at(file.as_ref(), &mut line, 0)?;
    if let Some(whole) = line.get(..begin).filter(|_| begin < line.len() && begin <= max) {
        return Ok(whole.to_vec());
    }
    let mut bytes = vec![0; max + 1];
    let len = read_full_at(file.as_ref(), &mut bytes, 0)?;
    if len > max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than it may be"));
    }
    bytes.truncate(len);
    Ok(bytes)
}
