//! The file `pruned`: where a log begins that no longer has its first leaves.
//!
//! ```text
//! tenants/<tenant>/pruned   0 "TPR1" | 4 u64 the first leaf that is kept
//!                          12 u64 the leaf that says so, `tacho.prune` | 20 u32 crc32c(0..20)
//! ```
//!
//! It tells readers where to begin, and a check where to look; it is no evidence. That leaves may
//! be gone is said by the leaf it names, under a signed head. Where the file is lost, that leaf is
//! looked for, and whoever integrates writes the file again.

use std::io::ErrorKind;
use std::path::Path;

use super::certificate::Certificate;
use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::grow::list_if_there;
use crate::files::replace::{Steps, replace};
use crate::files::{Access, Files, Point, read_full_at, read_small};
use crate::limits::{LEAF_BYTES_MAX, LEAVES_PER_FILE, SCAN_BYTES, STATE_FILE_BYTES_MAX};
use crate::tenant::{TenantPlaces, leaf_file_first};
use crate::wal::field::{u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TPR1";
const CHECKED: usize = 20;

/// Where a log begins, and which leaf says why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The first leaf that is kept; a multiple of 65,536.
    pub minimum: u64,
    /// The index of the `tacho.prune` leaf.
    pub certificate: u64,
}

impl Pruned {
    fn encode(self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.minimum.to_be_bytes());
        bytes.extend_from_slice(&self.certificate.to_be_bytes());
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let whole = u32_at(bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
        let pruned = Self { minimum: u64_at(bytes, 4)?, certificate: u64_at(bytes, 12)? };
        let fits = pruned.minimum.is_multiple_of(LEAVES_PER_FILE)
            && pruned.certificate >= pruned.minimum
            && bytes.len() == CHECKED + 4;
        (whole && fits && bytes.starts_with(MAGIC)).then_some(pruned)
    }
}

/// Where a tenant's log begins; none if nothing was pruned.
///
/// # Errors
/// What reading said, or that the file is damaged.
pub fn read(files: &dyn Files, places: &TenantPlaces) -> Result<Option<Pruned>, Error> {
    let path = places.pruned();
    let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => return look_for(files, places),
        outcome => outcome.doing("read", &path)?,
    };
    let pruned = Pruned::decode(&bytes);
    pruned.map(Some).ok_or(Error::Damaged { path, what: "it does not tell where the log begins" })
}

/// Where a log begins that has no file to say so: with its first leaf, or where the last of its
/// leaves that certifies a prune says.
fn look_for(files: &dyn Files, places: &TenantPlaces) -> Result<Option<Pruned>, Error> {
    if files.stat(&places.leaf_file(0)).is_ok() {
        return Ok(None);
    }
    let names = list_if_there(files, &places.leaves())?;
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| leaf_file_first(name)).collect();
    firsts.sort_unstable();
    for first in firsts.into_iter().rev() {
        let found = last_certificate(files, &places.leaf_file(first), first)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// What the last leaf of a file says that certifies a prune.
fn last_certificate(files: &dyn Files, path: &Path, first: u64) -> Result<Option<Pruned>, Error> {
    let finder = memchr::memmem::Finder::new(super::certificate::NAME.as_bytes());
    let file = files.open(path, Access::Read).doing("open", path)?;
    let (mut found, mut index, mut at) = (None, first, 0);
    let mut rest: Vec<u8> = Vec::new();
    loop {
        let known = rest.len();
        rest.resize(known + SCAN_BYTES, 0);
        let room = rest.get_mut(known..).unwrap_or_default();
        let read = read_full_at(file.as_ref(), room, at).doing("read", path)?;
        rest.truncate(known + read);
        at += read as u64;
        let end = memchr::memrchr(b'\n', &rest).map_or(0, |end| end + 1);
        let lines = rest.get(..end).unwrap_or_default();
        for leaf in lines.split_inclusive(|byte| *byte == b'\n') {
            let says = finder.find(leaf).and_then(|_| Certificate::parse(leaf.trim_ascii_end()));
            let says = says.filter(|says| (1..=index).contains(&says.minimum));
            let pruned = says.map(|says| Pruned { minimum: says.minimum, certificate: index });
            found = pruned.or(found);
            index += 1;
        }
        rest.drain(..end);
        if read < SCAN_BYTES || rest.len() > LEAF_BYTES_MAX {
            return Ok(found);
        }
    }
}

/// Writes the file again if it is lost.
pub(crate) fn restore(files: &dyn Files, places: &TenantPlaces) -> Result<(), Error> {
    if files.stat(&places.pruned()).is_ok() {
        return Ok(());
    }
    match look_for(files, places)? {
        Some(pruned) => write(files, places, pruned),
        None => Ok(()),
    }
}

/// The first leaf that a tenant's log still has.
pub(crate) fn first(files: &dyn Files, places: &TenantPlaces) -> Result<u64, Error> {
    Ok(read(files, places)?.map_or(0, |pruned| pruned.minimum))
}

/// Lets the log begin there; when this returns, it does so after a power cut too.
pub(super) fn write(files: &dyn Files, places: &TenantPlaces, pruned: Pruned) -> Result<(), Error> {
    let steps = Steps {
        sync: Point::PrunedSync,
        rename: Point::PrunedRename,
        dir: Some(Point::PrunedDirSync),
    };
    replace(files, &places.pruned(), &pruned.encode(), steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_back_and_every_flipped_bit_is_noticed() {
        let pruned = Pruned { minimum: 3 * LEAVES_PER_FILE, certificate: 200_000 };
        let bytes = pruned.encode();
        assert_eq!(Pruned::decode(&bytes), Some(pruned));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Pruned::decode(&bytes), None, "bit {bit}");
        }
        let odd = Pruned { minimum: 7, certificate: 9 };
        assert_eq!(Pruned::decode(&odd.encode()), None);
    }
}
