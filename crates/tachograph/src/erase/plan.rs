//! What an erasure will write over in day files: written down whole before anything is touched.
//!
//! ```text
//! "TVW1" | u32 crc32c of all behind | entries:
//! u8 tenant bytes | tenant | class u8 | day u32 | u64 offset | u32 length | bytes
//! ```
//!
//! Everything is written where something as long stood, so that no record moves: a tombstone is
//! filled up with zeros. Writing a plan twice is writing it once, which is what a crash needs.

use std::collections::{BTreeMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;

use tacho_event::privacy::Class;

use crate::checksum;
use crate::error::Doing;
use crate::files::grow::open_or_create;
use crate::files::replace::{Steps, replace};
use crate::files::{Access, File, Files, Point, read_full_at, write_all_at};
use crate::limits::PLAN_BYTES_MAX;
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::vault::{Item, VaultError};
use crate::wal::field::{index, u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TVW1";
const HEAD_BYTES: usize = 8;

/// A plan in the making.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    bytes: Vec<u8>,
}

impl Plan {
    /// Notes that `bytes` are to stand at an offset of a day file.
    pub(crate) fn put(&mut self, tenant: &str, (class, day): (Class, u32), at: u64, bytes: &[u8]) {
        // A tenant has at most 63 bytes, a record at most 8 MiB.
        self.bytes.push(tenant.len() as u8);
        self.bytes.extend_from_slice(tenant.as_bytes());
        self.bytes.push(class.byte());
        self.bytes.extend_from_slice(&day.to_be_bytes());
        self.bytes.extend_from_slice(&at.to_be_bytes());
        self.bytes.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes it down.
    pub(crate) fn write(&self, files: &dyn Files, path: &Path) -> Result<(), VaultError> {
        if self.bytes.len() as u64 > PLAN_BYTES_MAX {
            let why = "so much at once: erase in several steps";
            return Err(VaultError::Scope(why.to_owned()));
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&checksum::of(&self.bytes).to_be_bytes());
        bytes.extend_from_slice(&self.bytes);
        let steps = Steps {
            sync: Point::PlanSync,
            rename: Point::PlanRename,
            dir: Some(Point::PlanDirSync),
        };
        Ok(replace(files, path, &bytes, steps)?)
    }

    /// Does once more what a plan says that an interrupted run may have left; none is fine.
    pub(crate) fn again(store: &Store, path: &Path) -> Result<(), VaultError> {
        match store.files().stat(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            _ => Self::apply(store, path).map(|_| ()),
        }
    }

    /// Does what the plan at `path` says, durably; gives the parts that are gone, by tenant.
    pub(crate) fn apply(store: &Store, path: &Path) -> Result<Parts, VaultError> {
        let files = store.files().as_ref();
        let file = files.open(path, Access::Read).doing("open", path)?;
        let bytes = all_of(file.as_ref(), path)?;
        let damaged = || VaultError::Damaged { path: path.to_owned(), what: "it is no plan" };
        let entries = entries(&bytes).ok_or_else(damaged)?;
        let mut by_file: BTreeMap<_, Vec<(u64, &[u8])>> = BTreeMap::new();
        let mut gone = Parts::new();
        for entry in entries {
            let file = (entry.tenant, entry.class, entry.day);
            by_file.entry(file).or_default().push((entry.at, entry.bytes));
            let is_tomb = entry.bytes.get(8..12) == Some(b"TVX1");
            if let Some(leaf) = u64_at(entry.bytes, 0).filter(|_| is_tomb) {
                gone.entry(entry.tenant.to_owned()).or_default().push((leaf, entry.class));
            }
        }
        for ((tenant, class, day), writes) in by_file {
            let places = TenantPlaces::new(store.places(), tenant);
            if day == NOWHERE {
                bury(files, &places, class, &writes)?;
                continue;
            }
            let path = places.day_file(class, day);
            let file = match files.open(&path, Access::Write) {
                // The day expired since.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                outcome => outcome.doing("open", &path)?,
            };
            for (at, bytes) in writes {
                write_all_at(file.as_ref(), bytes, at).doing("write", &path)?;
            }
            file.sync_data(Point::TombSync).doing("sync", &path)?;
        }
        for parts in gone.values_mut() {
            parts.sort_unstable();
            parts.dedup();
        }
        Ok(gone)
    }
}

/// The parts of tenants, by leaf and class.
pub(crate) type Parts = BTreeMap<String, Vec<(u64, Class)>>;

/// Appends tombstones to the file of those without a day file, durably, but for those it has.
pub(crate) fn bury(
    files: &dyn Files,
    places: &TenantPlaces,
    class: Class,
    records: &[(u64, &[u8])],
) -> Result<(), VaultError> {
    let path = places.tombstones(class);
    let file = open_or_create(files, &path)?;
    let bytes = all_of(file.as_ref(), &path)?;
    let whole = whole_tombs(&bytes);
    let mut known: HashSet<&[u8]> = HashSet::new();
    let mut rest = bytes.get(..whole).unwrap_or_default();
    while let Some(length) = u32_at(rest, 12).map(|total| index(total) + 8) {
        known.extend(rest.get(..length));
        rest = rest.get(length..).unwrap_or_default();
    }
    let mut at = whole as u64;
    // What an interrupted append left is cut off: the plan has it whole.
    file.set_len(at).doing("cut", &path)?;
    for (_, record) in records.iter().filter(|(_, record)| !known.contains(record)) {
        write_all_at(file.as_ref(), record, at).doing("write", &path)?;
        at += record.len() as u64;
    }
    file.sync_data(Point::TombstonesSync).doing("sync", &path)?;
    let dir = places.class(class);
    Ok(files.sync_dir(&dir, Point::TombstonesDirSync).doing("sync", &dir)?)
}

/// Cuts off what an interrupted append left: the day it came from stands, and is buried again.
pub(crate) fn mend_tombs(
    files: &dyn Files,
    places: &TenantPlaces,
    class: Class,
) -> Result<(), VaultError> {
    let path = places.tombstones(class);
    let file = match files.open(&path, Access::Write) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        outcome => outcome.doing("open", &path)?,
    };
    let bytes = all_of(file.as_ref(), &path)?;
    let whole = whole_tombs(&bytes);
    if whole < bytes.len() {
        file.set_len(whole as u64).doing("cut", &path)?;
    }
    Ok(())
}

fn all_of(file: &dyn File, path: &Path) -> Result<Vec<u8>, VaultError> {
    let len = usize::try_from(file.stat().doing("stat", path)?.len).unwrap_or_default();
    let mut bytes = vec![0; len];
    read_full_at(file, &mut bytes, 0).doing("read", path)?;
    Ok(bytes)
}

/// Bytes of the whole tombstones at the beginning.
fn whole_tombs(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(Ok((Item::Tomb(_), length))) = bytes.get(at + 8..).map(Item::decode) {
        at += 8 + length;
    }
    at
}

/// The day of tombstones that stand in no day file.
pub(crate) const NOWHERE: u32 = u32::MAX;

struct Entry<'a> {
    tenant: &'a str,
    class: Class,
    day: u32,
    at: u64,
    bytes: &'a [u8],
}

fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let rest = bytes.get(HEAD_BYTES..)?;
    if !bytes.starts_with(MAGIC) || u32_at(bytes, 4)? != checksum::of(rest) {
        return None;
    }
    let mut rest = rest;
    let mut entries = Vec::new();
    while let Some((tenant, behind)) = rest.split_first() {
        let (tenant, behind) = behind.split_at_checked(usize::from(*tenant))?;
        let length = index(u32_at(behind, 13)?);
        let (bytes, later) = behind.get(17..)?.split_at_checked(length)?;
        entries.push(Entry {
            tenant: str::from_utf8(tenant).ok()?,
            class: Class::from_byte(*behind.first()?)?,
            day: u32_at(behind, 1)?,
            at: u64_at(behind, 5)?,
            bytes,
        });
        rest = later;
    }
    Some(entries)
}
