//! Given a path, keeps one secret there, and for a while the one before it.
//!
//! ```text
//! two slots of 512 bytes, each its own sector, written in place:
//! 0 "TVS1" | 4 u32 generation | 8 secret 32 | 40 u32 crc32c(bytes 0..40) | zeros
//! 0 "TVS2" | 4 u32 generation | 8 nonce 12 | 20 AES-256-GCM of the secret under a lock 48
//!          | 68 u32 crc32c(bytes 0..68) | zeros; aad = bytes 0..8
//! ```
//!
//! A lock is a key from elsewhere (`unlock`): without it, a locked slot is an error and no empty
//! one, or it would be written over.
//!
//! A secret is destroyed by zeros over its slot: a file that is replaced would leave its old bytes
//! on the disk. What is no slot, is empty.

use std::io::ErrorKind;
use std::path::Path;

use zeroize::Zeroizing;

use super::cipher::{Key, aead_open, aead_seal, mac};
use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Access, File, Files, Point, read_full_at, write_all_at};
use crate::wal::field::{array_at, u32_at};

const MAGIC: &[u8; 4] = b"TVS1";
const SLOT_BYTES: usize = 512;
const CHECKED: usize = 40;
const LOCKED: &[u8; 4] = b"TVS2";
const LOCKED_CHECKED: usize = 68;

/// Why secrets are not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// One stands behind a lock that is not opened by what was given.
    Shut,
    /// The disk refused.
    Store(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// The secrets that stand in a file.
#[derive(Clone, Default)]
pub(crate) struct Slots {
    slots: [Option<(u32, Key)>; 2],
    /// Which of them stand there without a lock.
    bare: [bool; 2],
    lock: Option<Key>,
}

impl Slots {
    /// Reads a file of secrets that nobody locks; none if there is none. A file that others may
    /// read is refused by the caller.
    pub(crate) fn read(files: &dyn Files, path: &Path) -> Result<Option<Self>, Error> {
        Self::read_with(files, path, None).map_err(|unread| match unread {
            Unread::Shut => Error::Damaged { path: path.to_owned(), what: "it is locked" },
            Unread::Store(error) => error,
        })
    }

    /// The same, of a file whose slots may be locked; what is added will be.
    pub(crate) fn read_with(
        files: &dyn Files,
        path: &Path,
        lock: Option<&Key>,
    ) -> Result<Option<Self>, Unread> {
        let file = match files.open(path, Access::Read) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("open", path)?,
        };
        let mut bytes = Zeroizing::new([0; 2 * SLOT_BYTES]);
        read_full_at(file.as_ref(), bytes.as_mut_slice(), 0).doing("read", path)?;
        let (first, second) = bytes.split_at(SLOT_BYTES);
        let read = |bytes| slot(bytes, lock).map_err(|()| Unread::Shut);
        let bare = [first, second].map(|slot| slot.starts_with(MAGIC));
        Ok(Some(Self { slots: [read(first)?, read(second)?], bare, lock: lock.cloned() }))
    }

    /// Puts every secret that stands there without a lock behind this one; doing it again goes on.
    /// There is one secret, or the same one twice.
    pub(crate) fn lock(&mut self, files: &dyn Files, path: &Path, lock: &Key) -> Result<(), Error> {
        self.lock = Some(lock.clone());
        let Some((generation, secret)) = self.newest().cloned() else { return Ok(()) };
        let file = files.open(path, Access::Write).doing("open", path)?;
        for at in 0..2 {
            if !self.bare.get(at).copied().unwrap_or_default() {
                continue;
            }
            // First behind the lock, then gone from before it.
            let bytes = self.encode(generation, &secret);
            write(file.as_ref(), path, 1 - at, bytes.as_slice(), Point::SlotSync)?;
            write(file.as_ref(), path, at, &[0; SLOT_BYTES], Point::SlotWipeSync)?;
            self.slots = [const { None }; 2];
            self.slots.iter_mut().skip(1 - at).take(1).for_each(|slot| {
                *slot = Some((generation, secret.clone()));
            });
            self.bare = [false; 2];
            break;
        }
        Ok(())
    }

    /// Whether two secrets stand there, in the middle of a rotation.
    pub(crate) fn is_of_two(&self) -> bool {
        let mut all = self.all();
        all.next().zip(all.next()).is_some_and(|(one, other)| one != other)
    }

    /// Whether some secret stands there without a lock.
    pub(crate) fn is_bare(&self) -> bool {
        self.bare.contains(&true)
    }

    fn encode(&self, generation: u32, secret: &Key) -> Zeroizing<[u8; SLOT_BYTES]> {
        match &self.lock {
            Some(lock) => encode_locked(generation, secret, lock),
            None => encode(generation, secret),
        }
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
        let bytes = self.encode(generation, secret);
        write(file.as_ref(), path, at, bytes.as_slice(), Point::SlotSync)?;
        if let Some(bare) = self.bare.get_mut(at) {
            *bare = self.lock.is_none();
        }
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
    let crc = checksum::of(&checked);
    let mut slot = Zeroizing::new([0; SLOT_BYTES]);
    let bytes = checked.iter().copied().chain(crc.to_be_bytes());
    slot.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    slot
}

/// A slot behind a lock. The nonce is made of what is locked: the same never stands for another.
fn encode_locked(generation: u32, secret: &Key, lock: &Key) -> Zeroizing<[u8; SLOT_BYTES]> {
    let mut checked = Zeroizing::new(LOCKED.to_vec());
    checked.extend_from_slice(&generation.to_be_bytes());
    let aad = checked.to_vec();
    let named = [NONCE, aad.as_slice(), secret.as_slice()].concat();
    let nonce: [u8; 12] = *mac(lock, &Zeroizing::new(named)).first_chunk().unwrap_or(&[0; 12]);
    checked.extend_from_slice(&nonce);
    let from = checked.len();
    checked.extend_from_slice(secret.as_slice());
    aead_seal(lock, &nonce, &aad, &mut checked, from);
    let crc = checksum::of(&checked);
    let mut slot = Zeroizing::new([0; SLOT_BYTES]);
    let bytes = checked.iter().copied().chain(crc.to_be_bytes());
    slot.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    slot
}

const NONCE: &[u8] = b"tacho/v1/slot-nonce\0";

/// What stands in a slot; none in an empty one. A locked one that does not open is an error.
fn slot(bytes: &[u8], lock: Option<&Key>) -> Result<Option<(u32, Key)>, ()> {
    let whole = |checked: usize| {
        let crc = bytes.get(..checked).map(checksum::of);
        crc.is_some() && u32_at(bytes, checked) == crc
    };
    if bytes.starts_with(MAGIC) && whole(CHECKED) {
        return Ok(u32_at(bytes, 4).zip(array_at(bytes, 8).map(Zeroizing::new)));
    }
    if !bytes.starts_with(LOCKED) || !whole(LOCKED_CHECKED) {
        return Ok(None);
    }
    let open = || {
        let (aad, nonce) = (bytes.get(..8)?, array_at(bytes, 8)?);
        let plain = aead_open(lock?, &nonce, aad, bytes.get(20..LOCKED_CHECKED)?).ok()?;
        Some((u32_at(bytes, 4)?, Zeroizing::new(array_at(&plain, 0)?)))
    };
    open().map(Some).ok_or(())
}
