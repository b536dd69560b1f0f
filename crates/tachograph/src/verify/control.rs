//! Given the small files by which a store is run, says which of them are not as they were written.
//!
//! None of them is evidence: what they say is worked out again or made anew. A changed one is told
//! all the same, because programs act on it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tacho_tree::audit::{Code, Report};

use super::{told, unreadable};
use crate::checksum;
use crate::error::Error;
use crate::files::{Files, read_small};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::store::Store;
use crate::{generation, integrated};

pub(super) fn check(store: &Store, report: &mut Report) {
    let (files, places) = (store.files().as_ref(), store.places());
    for outcome in
        [generation::read(files, places).map(|_| ()), integrated::read(files, places).map(|_| ())]
    {
        match outcome {
            Ok(()) => {}
            Err(Error::Damaged { path, what }) => {
                report.find(Code::ControlDamaged, path.display().to_string(), what);
            }
            Err(error) => unreadable(&error, report),
        }
    }
    directory(files, &places.emitters(), b"TWQ1", 32, report);
    directory(files, &places.cursors(), b"TCU1", 16, report);
}

/// Files of one kind: a magic, and in the last four bytes the checksum of all before.
fn directory(files: &dyn Files, dir: &Path, magic: &[u8], length: usize, report: &mut Report) {
    let names = match files.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) => return report.find(Code::Unreadable, dir.display().to_string(), error),
    };
    // Names that end so are files that are being replaced.
    for name in names.iter().filter(|name| !name.contains(".tmp") && !name.contains(".lock")) {
        file(files, dir.join(name), magic, length, report);
    }
}

fn file(files: &dyn Files, path: PathBuf, magic: &[u8], length: usize, report: &mut Report) {
    let place = path.display().to_string();
    let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(source) => {
            let error = Error::Io { doing: "read", path, source };
            return report.find(Code::Unreadable, place, told(&error));
        }
    };
    // One whose maker was stopped before it wrote is empty, and counts as such.
    let whole = bytes.split_last_chunk::<4>().is_some_and(|(checked, crc)| {
        bytes.len() == length
            && checked.starts_with(magic)
            && *crc == checksum::of(checked).to_be_bytes()
    });
    if !whole && !bytes.is_empty() {
        report.find(Code::ControlDamaged, place, "its checksum does not fit");
    }
}
