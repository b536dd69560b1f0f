//! Given bytes that are not what was written, gives them a safe place before anything is zeroed.
//!
//! ```text
//! wal/quarantine/<segment>_<offset>_<code>[.<n>].bad    a finding that nobody was told of yet
//! wal/quarantine/spool_<file name>_<code>[.<n>].bad     the same for a file of the spool
//! wal/quarantine/...                            .kept   the same, once an event tells of it
//! ```
//!
//! The file holds the exact bytes of the range, or nothing where there are none to keep. The same
//! finding made twice is one file, so that recovery may run again and any process may repair.

use std::io;
use std::path::Path;

use super::walk::DamageKind;
use crate::error::{Doing, Error};
use crate::files::replace::create_afresh;
use crate::files::{Access, File, Files, Point, read_full_at, write_all_at};
use crate::limits::{QUARANTINE_COPIES_MAX, SCAN_BYTES};
use crate::places::Places;

/// Keeps a finding, with bytes `from..to` of `file` if one is given; when this returns, it
/// survives a power cut. The caller holds `wal/lock`.
pub(super) fn keep(
    files: &dyn Files,
    places: &Places,
    segment: u64,
    kind: DamageKind,
    file: Option<&dyn File>,
    (from, to): (u64, u64),
) -> Result<(), Error> {
    let dir = places.quarantine();
    let source = Source { file, from, to };
    for copy in 0..QUARANTINE_COPIES_MAX {
        let suffix = if copy == 0 { String::new() } else { format!(".{copy}") };
        let name = format!("{segment:08}_{from:010}_{}{suffix}", kind.code());
        let path = dir.join(format!("{name}.bad"));
        let old = match open_if_there(files, &path)? {
            Some(old) => Some(old),
            None => open_if_there(files, &dir.join(format!("{name}.kept")))?,
        };
        match old {
            Some(old) if source.is_copied_in(old.as_ref()).doing("compare", &path)? => {
                return Ok(());
            }
            Some(_) => {}
            None => {
                let draft = dir.join("copy.tmp");
                let new = create_afresh(files, &draft)?;
                source.copy_to(new.as_ref()).doing("copy to", &draft)?;
                new.sync_data(Point::QuarantineSync).doing("sync", &draft)?;
                files.rename(&draft, &path, Point::QuarantineRename).doing("rename", &draft)?;
                return files.sync_dir(&dir, Point::QuarantineDirSync).doing("sync", &dir);
            }
        }
    }
    Err(Error::Damaged { path: dir, what: "one range was quarantined too often" })
}

/// Moves a file of the spool in. The caller holds `wal/lock`.
pub(super) fn move_in(
    files: &dyn Files,
    places: &Places,
    path: &Path,
    name: &str,
    code: &str,
) -> Result<(), Error> {
    // A foreign name may hold anything; what it is called here is ours.
    let name: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).take(64).collect();
    let dir = places.quarantine();
    for copy in 0..QUARANTINE_COPIES_MAX {
        let suffix = if copy == 0 { String::new() } else { format!(".{copy}") };
        let stem = format!("spool_{name}_{code}{suffix}");
        let to = dir.join(format!("{stem}.bad"));
        if is_there(files, &to)? || is_there(files, &dir.join(format!("{stem}.kept")))? {
            continue;
        }
        files.rename(path, &to, Point::SpoolRefuseRename).doing("rename", path)?;
        return files.sync_dir(&dir, Point::QuarantineDirSync).doing("sync", &dir);
    }
    Err(Error::Damaged { path: dir, what: "one file was quarantined too often" })
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

fn is_there(files: &dyn Files, path: &Path) -> Result<bool, Error> {
    match files.stat(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        outcome => outcome.doing("stat", path).map(|_| true),
    }
}

fn open_if_there(files: &dyn Files, path: &Path) -> Result<Option<Box<dyn File>>, Error> {
    match files.open(path, Access::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        outcome => outcome.doing("open", path).map(Some),
    }
}

struct Source<'a> {
    file: Option<&'a dyn File>,
    from: u64,
    to: u64,
}

impl Source<'_> {
    fn copy_to(&self, copy: &dyn File) -> io::Result<()> {
        let mut at = self.from;
        loop {
            let chunk = self.chunk_at(at)?;
            if chunk.is_empty() {
                return Ok(());
            }
            write_all_at(copy, &chunk, at - self.from)?;
            at += chunk.len() as u64;
        }
    }

    fn is_copied_in(&self, copy: &dyn File) -> io::Result<bool> {
        let mut at = self.from;
        loop {
            let chunk = self.chunk_at(at)?;
            if chunk.is_empty() {
                return Ok(copy.stat()?.len == at - self.from);
            }
            let mut old = vec![0; chunk.len()];
            let read = read_full_at(copy, &mut old, at - self.from)?;
            if read < chunk.len() || old != chunk {
                return Ok(false);
            }
            at += chunk.len() as u64;
        }
    }

    fn chunk_at(&self, at: u64) -> io::Result<Vec<u8>> {
        let Some(file) = self.file else { return Ok(Vec::new()) };
        let wanted = usize::try_from(self.to.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut chunk = vec![0; wanted.min(SCAN_BYTES)];
        let read = read_full_at(file, &mut chunk, at)?;
        chunk.truncate(read);
        Ok(chunk)
    }
}
