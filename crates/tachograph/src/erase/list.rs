//! The list of erasures beside the keys, and how much of it a store was told.
//!
//! ```text
//! <keys>/erased    entries: "TVE1" | u32 total | ticket 16 | u8 tenant bytes | tenant
//!                  | u32 n | n x (u8 kind | id 16) | u32 crc32c of all before
//!                  kind 1 a grant, 2 a record, 3 a day: class u8 | day u32 | zeros
//! <store>/erased   "TVE2" | u64 bytes of the list that were applied | u32 crc32c
//! ```
//!
//! A store that was put back from a copy knows less of the list than there is: nothing opens it
//! until the rest was applied.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tacho_event::privacy::Class;

use crate::checksum;
use crate::error::Doing;
use crate::files::grow::{open_if_there, open_or_create};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_full_at, read_small, write_all_at};
use crate::limits::{ERASED_BYTES_MAX, STATE_FILE_BYTES_MAX};
use crate::store::Store;
use crate::vault::VaultError;
use crate::wal::field::{array_at, index, u32_at, u64_at};

const ENTRY: &[u8; 4] = b"TVE1";
const TOLD: &[u8; 4] = b"TVE2";

/// What one erasure took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) ticket: [u8; 16],
    pub(crate) tenant: String,
    pub(crate) grants: Vec<[u8; 16]>,
    pub(crate) records: Vec<[u8; 16]>,
    pub(crate) days: Vec<(Class, u32)>,
}

impl Erased {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = ENTRY.to_vec();
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&self.ticket);
        bytes.push(self.tenant.len() as u8);
        bytes.extend_from_slice(self.tenant.as_bytes());
        let count = self.grants.len() + self.records.len() + self.days.len();
        bytes.extend_from_slice(&(count as u32).to_be_bytes());
        let named = |kind: u8, ids: &[[u8; 16]], bytes: &mut Vec<u8>| {
            for id in ids {
                bytes.push(kind);
                bytes.extend_from_slice(id);
            }
        };
        named(1, &self.grants, &mut bytes);
        named(2, &self.records, &mut bytes);
        for (class, day) in &self.days {
            bytes.extend_from_slice(&[3, class.byte()]);
            bytes.extend_from_slice(&day.to_be_bytes());
            bytes.extend_from_slice(&[0; 11]);
        }
        let total = (bytes.len() + 4) as u32;
        bytes.iter_mut().skip(4).zip(total.to_be_bytes()).for_each(|(to, from)| *to = from);
        let crc = checksum::of(&bytes);
        bytes.extend_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let total = index(u32_at(bytes, 4)?);
        let (checked, crc) = bytes.get(..total)?.split_last_chunk::<4>()?;
        if !checked.starts_with(ENTRY) || u32_at(crc, 0)? != checksum::of(checked) {
            return None;
        }
        let name = usize::from(*checked.get(24)?);
        let tenant = str::from_utf8(checked.get(25..25 + name)?).ok()?.to_owned();
        let ids = checked.get(29 + name..)?;
        let ticket = array_at(checked, 8)?;
        let mut erased =
            Self { ticket, tenant, grants: Vec::new(), records: Vec::new(), days: Vec::new() };
        for id in ids.chunks(17) {
            match id.first()? {
                1 => erased.grants.push(array_at(id, 1)?),
                2 => erased.records.push(array_at(id, 1)?),
                3 => erased.days.push((Class::from_byte(*id.get(1)?)?, u32_at(id, 2)?)),
                _ => return None,
            }
        }
        Some((erased, total))
    }
}

fn list_path(keys: &Path) -> PathBuf {
    keys.join("erased")
}

/// Every erasure from a place of the list on, and where the list ends.
pub(crate) fn read(
    files: &dyn Files,
    keys: &Path,
    from: u64,
) -> Result<(Vec<Erased>, u64), VaultError> {
    let path = list_path(keys);
    let Some(file) = open_if_there(files, &path)? else { return Ok((Vec::new(), 0)) };
    let len = file.stat().doing("stat", &path)?.len;
    if len > ERASED_BYTES_MAX {
        return Err(VaultError::Damaged { path, what: "it is longer than a list may be" });
    }
    let mut bytes = vec![0; usize::try_from(len.saturating_sub(from)).unwrap_or_default()];
    read_full_at(file.as_ref(), &mut bytes, from).doing("read", &path)?;
    let mut rest = bytes.as_slice();
    let (mut erased, mut end) = (Vec::new(), from.min(len));
    // What an interrupted append left at the end is none.
    while let Some((one, total)) = Erased::decode(rest) {
        erased.push(one);
        end += total as u64;
        rest = rest.get(total..).unwrap_or_default();
    }
    Ok((erased, end))
}

/// Appends an erasure, unless it is there; it is durable then. Gives where the list ends.
pub(crate) fn append(files: &dyn Files, keys: &Path, erased: &Erased) -> Result<u64, VaultError> {
    let path = list_path(keys);
    let (known, mut end) = read(files, keys, 0)?;
    let file = open_or_create(files, &path)?;
    if !known.contains(erased) {
        let bytes = erased.encode();
        file.set_len(end).doing("cut", &path)?;
        write_all_at(file.as_ref(), &bytes, end).doing("write", &path)?;
        end += bytes.len() as u64;
    }
    // One that is there already may be what a killed process wrote and did not sync.
    file.sync_data(Point::ErasedSync).doing("sync", &path)?;
    files.sync_dir(keys, Point::ErasedDirSync).doing("sync", keys)?;
    Ok(end)
}

/// How much of the list the store was told.
pub(crate) fn told(store: &Store) -> Result<u64, VaultError> {
    let path = store.places().erased();
    let bytes = match read_small(store.files().as_ref(), &path, STATE_FILE_BYTES_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        outcome => outcome.doing("read", &path)?,
    };
    let whole = bytes.get(..12).filter(|checked| {
        checked.starts_with(TOLD) && u32_at(&bytes, 12) == Some(checksum::of(checked))
    });
    // One that cannot be read tells nothing: all is applied again.
    Ok(whole.and_then(|bytes| u64_at(bytes, 4)).unwrap_or(0))
}

/// Notes that the store was told of the list up to `end`.
pub(crate) fn tell(store: &Store, end: u64) -> Result<(), VaultError> {
    let mut bytes = TOLD.to_vec();
    bytes.extend_from_slice(&end.to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    let steps =
        Steps { sync: Point::ToldSync, rename: Point::ToldRename, dir: Some(Point::ToldDirSync) };
    Ok(replace(store.files().as_ref(), &store.places().erased(), &bytes, steps)?)
}

/// Erasures that the store was not told of.
pub(crate) fn untold(store: &Store, keys: &Path) -> Result<(Vec<Erased>, u64), VaultError> {
    read(store.files().as_ref(), keys, told(store)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_back_and_every_flipped_bit_is_noticed() {
        let erased = Erased {
            ticket: [1; 16],
            tenant: "acme".to_owned(),
            grants: vec![[2; 16]],
            records: vec![[3; 16], [4; 16]],
            days: vec![(Class::Identity, 20_777)],
        };
        let bytes = erased.encode();
        assert_eq!(Erased::decode(&bytes), Some((erased, bytes.len())));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Erased::decode(&bytes), None, "bit {bit}");
        }
    }
}
