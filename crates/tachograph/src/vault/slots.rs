//! Given a path, keeps one secret there, and for a while the one before it.
//!
//! ```text
//! two slots of 512 bytes, each its own sector, written in place:
//! 0 "TVS1" | 4 u32 generation | 8 secret 32 | 40 u32 crc32c(bytes 0..40) | zeros
//! ```
//!
//! A secret is destroyed by zeros over its slot: a file that is replaced would leave its old bytes
//! on the disk. What is no slot, is empty.

use std::io::ErrorKind;
use std::path::Path;

use zeroize::Zeroizing;

use super::cipher::Key;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Access, File, Files, Point, read_full_at, write_all_at};
use crate::wal::field::{array_at, u32_at};

const MAGIC: &[u8; 4] = b"TVS1";
const SLOT_BYTES: usize = 512;
const CHECKED: usize = 40;

/// The secrets that stand in a file.
#[derive(Clone, Default)]
pub(crate) struct Slots {
    slots: [Option<(u32, Key)>; 2],
}

impl Slots {
    /// Reads a file of secrets; none if there is none. A file that others may read is refused by
    /// the caller.
    pub(crate) fn read(files: &dyn Files, path: &Path) -> Result<Option<Self>, Error> {
        let file = match files.open(path, Access::Read) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("open", path)?,
        };
        let mut bytes = Zeroizing::new([0; 2 * SLOT_BYTES]);
        read_full_at(file.as_ref(), bytes.as_mut_slice(), 0).doing("read", path)?;
        let (first, second) = bytes.split_at(SLOT_BYTES);
        Ok(Some(Self { slots: [slot(first), slot(second)] }))
    }

    /// Makes a file with one secret; the caller holds the lock of the keys.
    pub(crate) fn create(
        files: &dyn Files,
        path: &Path,
        generation: u32,
        secret: &Key,
    ) -> Result<(), Error> {
        let mut bytes = Zeroizing::new([0; 2 * SLOT_BYTES].to_vec());
        let slot = encode(generation, secret);
        bytes.iter_mut().zip(slot.iter()).for_each(|(to, from)| *to = *from);
        let steps = Steps {
            sync: Point::SecretSync,
            rename: Point::SecretRename,
            dir: Some(Point::SecretDirSync),
        };
        replace(files, path, &bytes, steps)
    }

    /// Puts a secret beside the newest one, durably; the one before that is lost.
    pub(crate) fn add(
        &mut self,
        files: &dyn Files,
        path: &Path,
        generation: u32,
        secret: &Key,
    ) -> Result<(), Error> {
        let newest = self.newest().map(|(generation, _)| *generation);
        let of = |slot: &Option<(u32, Key)>| slot.as_ref().map(|(generation, _)| *generation);
        let at = usize::from(self.slots.first().and_then(of) == newest);
        let file = files.open(path, Access::Write).doing("open", path)?;
        write(file.as_ref(), path, at, encode(generation, secret).as_slice(), Point::SlotSync)?;
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some((generation, secret.clone()));
        }
        Ok(())
    }

    /// Writes zeros over every secret older than `generation`, durably.
    pub(crate) fn wipe_before(
        &mut self,
        files: &dyn Files,
        path: &Path,
        generation: u32,
    ) -> Result<(), Error> {
        let file = files.open(path, Access::Write).doing("open", path)?;
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if slot.as_ref().is_none_or(|(theirs, _)| *theirs < generation) {
                *slot = None;
                // Also where no slot is seen: a torn one may be half there.
                write(file.as_ref(), path, at, &[0; SLOT_BYTES], Point::SlotWipeSync)?;
            }
        }
        Ok(())
    }

    /// The secret of a generation.
    pub(crate) fn of(&self, generation: u32) -> Option<&Key> {
        let mut slots = self.slots.iter().flatten();
        slots.find(|(theirs, _)| *theirs == generation).map(|(_, key)| key)
    }

    /// The newest secret and its generation.
    pub(crate) fn newest(&self) -> Option<&(u32, Key)> {
        self.slots.iter().flatten().max_by_key(|(generation, _)| *generation)
    }

    /// Every secret, the newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Key> {
        let newest = self.newest();
        let others = self.slots.iter().flatten();
        let others = others.filter(move |slot| newest.is_none_or(|newest| newest.0 != slot.0));
        newest.into_iter().chain(others).map(|(_, key)| key)
    }
}

fn write(file: &dyn File, path: &Path, at: usize, bytes: &[u8], point: Point) -> Result<(), Error> {
    write_all_at(file, bytes, (at * SLOT_BYTES) as u64).doing("write", path)?;
    file.sync_data(point).doing("sync", path)
}

fn encode(generation: u32, secret: &Key) -> Zeroizing<[u8; SLOT_BYTES]> {
    let mut checked = Zeroizing::new(MAGIC.to_vec());
    checked.extend_from_slice(&generation.to_be_bytes());
    checked.extend_from_slice(secret.as_slice());
    let crc = crc32c::crc32c(&checked);
    let mut slot = Zeroizing::new([0; SLOT_BYTES]);
    let bytes = checked.iter().copied().chain(crc.to_be_bytes());
    slot.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    slot
}

fn slot(bytes: &[u8]) -> Option<(u32, Key)> {
    let whole = u32_at(bytes, CHECKED)? == crc32c::crc32c(bytes.get(..CHECKED)?);
    let known = whole && bytes.starts_with(MAGIC);
    known.then_some((u32_at(bytes, 4)?, Zeroizing::new(array_at(bytes, 8)?)))
}
