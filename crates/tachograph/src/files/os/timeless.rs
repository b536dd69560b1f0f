//! Given a file, gives what the system knows of it, without its times.
//!
//! A kernel that told the times of a file (Linux since 6.13) notes the next write with a finer one,
//! and writing that down takes a third of the time of a sync. `std` always asks for them.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, makedev, statx};
use rustix::io::Errno;

use crate::files::{Kind, Stat};

const WANTED: StatxFlags = StatxFlags::TYPE
    .union(StatxFlags::NLINK)
    .union(StatxFlags::UID)
    .union(StatxFlags::INO)
    .union(StatxFlags::SIZE);

/// What is open; none where nobody can ask so.
pub(super) fn stat(file: &fs::File) -> Option<io::Result<Stat>> {
    told(statx(file, "", AtFlags::EMPTY_PATH, WANTED))
}

/// What stands at a path; none where nobody can ask so.
pub(super) fn stat_at(path: &Path) -> Option<io::Result<Stat>> {
    told(statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, WANTED))
}

fn told(outcome: Result<Statx, Errno>) -> Option<io::Result<Stat>> {
    let told = match outcome {
        Err(Errno::NOSYS) => return None,
        Err(error) => return Some(Err(error.into())),
        Ok(told) => told,
    };
    let kind = match FileType::from_raw_mode(told.stx_mode.into()) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        _ => Kind::Other,
    };
    Some(Ok(Stat {
        identity: (makedev(told.stx_dev_major, told.stx_dev_minor), told.stx_ino),
        len: told.stx_size,
        links: told.stx_nlink.into(),
        user: told.stx_uid,
        kind,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    /// What stands there, by `std`.
    fn expected(path: &Path) -> Stat {
        let told = fs::symlink_metadata(path).expect("it is there");
        let kind = match told.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::Other,
        };
        let identity = (told.dev(), told.ino());
        Stat { identity, len: told.len(), links: told.nlink(), user: told.uid(), kind }
    }

    #[test]
    fn a_file_asked_for_without_its_times_is_the_same_file() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let [file, link, twin] = ["file", "link", "twin"].map(|name| dir.path().join(name));
        fs::write(&file, "twelve bytes")?;
        fs::hard_link(&file, &twin)?;
        symlink(&file, &link)?;
        for path in [dir.path(), &file, &link, &twin, Path::new("/dev/null")] {
            let told = stat_at(path).transpose()?;
            assert_eq!(told, Some(expected(path)), "{path:?}");
        }
        let open = fs::File::open(&file)?;
        fs::remove_file(&file)?;
        assert_eq!(stat(&open).transpose()?, Some(Stat { links: 1, ..expected(&twin) }));
        let gone = stat_at(&file).transpose().map_err(|error| error.kind());
        assert_eq!(gone, Err(io::ErrorKind::NotFound));
        Ok(())
    }
}
