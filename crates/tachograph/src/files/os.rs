//! Given the operating system, gives [`Files`]: the only room of the trunk that touches `std::fs`.
#![expect(clippy::disallowed_methods, reason = "the one room that touches the machine")]

#[cfg(target_os = "linux")]
mod early;
#[cfg(target_os = "linux")]
mod timeless;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Access, File, Files, Kind, Point, Stat};

/// The machine's own file systems.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsFiles;

#[derive(Debug)]
struct OsFile(fs::File);

impl Files for OsFiles {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(access == Access::Write);
        system::never_follow(&mut options);
        let file = OsFile(options.open(path)?);
        if file.stat()?.kind != Kind::File {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Box::new(file))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create_new(true);
        system::for_this_user(&mut options);
        Ok(Box::new(OsFile(options.open(path)?)))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match system::create_private_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            outcome => outcome,
        }
    }

    fn rename(&self, from: &Path, to: &Path, _point: Point) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path, _point: Point) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            // A name that is no UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        system::stat_at(path)
    }

    fn sync_dir(&self, dir: &Path, _point: Point) -> io::Result<()> {
        system::sync_dir(dir)
    }

    fn is_remote(&self, path: &Path) -> io::Result<bool> {
        system::is_remote(path)
    }

    fn user(&self) -> u32 {
        system::user()
    }

    fn process(&self) -> u32 {
        std::process::id()
    }

    fn boot_id(&self) -> Option<[u8; 16]> {
        system::boot_id()
    }

    fn is_private(&self, path: &Path) -> io::Result<bool> {
        fs::symlink_metadata(path).map(|metadata| system::is_private(&metadata))
    }

    fn pause(&self, micros: u64) {
        std::thread::sleep(Duration::from_micros(micros));
    }
}

impl File for OsFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        system::read_at(&self.0, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        system::write_at(&self.0, bytes, offset)
    }

    #[cfg(target_os = "linux")]
    fn begin_sync(&self, from: u64, to: u64) {
        early::begin_sync(&self.0, from, to);
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    // On macOS this is F_FULLFSYNC: `fsync` there does not reach the platter.
    fn sync_data(&self, _point: Point) -> io::Result<()> {
        self.0.sync_data()
    }

    fn try_lock(&self, _point: Point) -> io::Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(fs::TryLockError::WouldBlock) => Ok(false),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn unlock(&self) -> io::Result<()> {
        self.0.unlock()
    }

    fn stat(&self) -> io::Result<Stat> {
        system::stat(&self.0)
    }
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
    use std::path::Path;

    #[cfg(target_os = "linux")]
    use super::timeless;
    use crate::files::{Kind, Stat};

    // A pipe opened for reading waits for a writer unless told not to; regular files ignore it.
    const FOLLOW_NOTHING: rustix::fs::OFlags =
        rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK);

    pub(super) fn never_follow(options: &mut fs::OpenOptions) {
        options.custom_flags(FOLLOW_NOTHING.bits().cast_signed());
    }

    pub(super) fn for_this_user(options: &mut fs::OpenOptions) {
        options.mode(0o600);
    }

    pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(path)
    }

    pub(super) fn read_at(file: &fs::File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.read_at(buffer, offset)
    }

    pub(super) fn write_at(file: &fs::File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(bytes, offset)
    }

    pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
        fs::File::open(dir)?.sync_all()
    }

    pub(super) fn stat(file: &fs::File) -> io::Result<Stat> {
        #[cfg(target_os = "linux")]
        if let Some(told) = timeless::stat(file) {
            return told;
        }
        file.metadata().map(|metadata| stat_of(&metadata))
    }

    pub(super) fn stat_at(path: &Path) -> io::Result<Stat> {
        #[cfg(target_os = "linux")]
        if let Some(told) = timeless::stat_at(path) {
            return told;
        }
        fs::symlink_metadata(path).map(|metadata| stat_of(&metadata))
    }

    fn stat_of(metadata: &fs::Metadata) -> Stat {
        let kind = match metadata.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::Other,
        };
        Stat {
            identity: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
            links: metadata.nlink(),
            user: metadata.uid(),
            kind,
        }
    }

    pub(super) fn is_private(metadata: &fs::Metadata) -> bool {
        metadata.uid() == user() && metadata.mode() & 0o077 == 0
    }

    pub(super) fn user() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    #[cfg(target_os = "linux")]
    pub(super) fn is_remote(path: &Path) -> io::Result<bool> {
        // NFS, SMB, SMB2, CIFS, Coda, AFS, Ceph, 9p, Lustre: <linux/magic.h> and their sources.
        // FUSE is not among them: most of what it carries is local, and sshfs cannot be told apart.
        const REMOTE: [u32; 9] = [
            0x6969,
            0x517b,
            0xfe53_4d42,
            0xff53_4d42,
            0x7375_7245,
            0x5346_414f,
            0x00c3_6400,
            0x0102_1997,
            0x0bd0_0bd0,
        ];
        let kind = rustix::fs::statfs(path)?.f_type;
        Ok(u32::try_from(kind & 0xffff_ffff).is_ok_and(|kind| REMOTE.contains(&kind)))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_remote(_path: &Path) -> io::Result<bool> {
        Ok(false)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn boot_id() -> Option<[u8; 16]> {
        use std::io::Read as _;
        // Thirty-two digits and four dashes: one read, and no second one to find the end.
        let mut text = [0; 36];
        fs::File::open("/proc/sys/kernel/random/boot_id").ok()?.read_exact(&mut text).ok()?;
        let mut id = [0; 16];
        let mut digits = text.iter().filter_map(|byte| char::from(*byte).to_digit(16));
        for byte in &mut id {
            let (high, low) = (digits.next()?, digits.next()?);
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        Some(id)
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn boot_id() -> Option<[u8; 16]> {
        None
    }
}

#[cfg(windows)]
mod system {
    use std::fs;
    use std::io;
    use std::os::windows::fs::{FileExt, OpenOptionsExt};
    use std::path::Path;

    use crate::files::{Kind, Stat};

    // FILE_FLAG_OPEN_REPARSE_POINT: open the link, not what it points to.
    const FOLLOW_NOTHING: u32 = 0x0020_0000;

    pub(super) fn never_follow(options: &mut fs::OpenOptions) {
        options.custom_flags(FOLLOW_NOTHING);
    }

    pub(super) fn for_this_user(_options: &mut fs::OpenOptions) {}

    pub(super) fn create_private_dir(path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    pub(super) fn read_at(file: &fs::File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.seek_read(buffer, offset)
    }

    pub(super) fn write_at(file: &fs::File, bytes: &[u8], offset: u64) -> io::Result<usize> {
        file.seek_write(bytes, offset)
    }

    // NTFS journals names, and a directory handle cannot be flushed.
    pub(super) fn sync_dir(_dir: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn stat(file: &fs::File) -> io::Result<Stat> {
        file.metadata().map(|metadata| stat_of(&metadata))
    }

    pub(super) fn stat_at(path: &Path) -> io::Result<Stat> {
        fs::symlink_metadata(path).map(|metadata| stat_of(&metadata))
    }

    fn stat_of(metadata: &fs::Metadata) -> Stat {
        let kind = match metadata.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::Other,
        };
        Stat { identity: (0, 0), len: metadata.len(), links: 1, user: 0, kind }
    }

    pub(super) fn is_private(_metadata: &fs::Metadata) -> bool {
        true
    }

    pub(super) fn user() -> u32 {
        0
    }

    pub(super) fn is_remote(_path: &Path) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn boot_id() -> Option<[u8; 16]> {
        None
    }
}
