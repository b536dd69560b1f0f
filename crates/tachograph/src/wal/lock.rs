//! Given patience, gives the one lock of all appends, with a hint to where the log ends.
//!
//! Beyond the traps of every lock file, this one knows two: somebody may delete it while another
//! holds it, so the segment that is written to has a lock of its own; and a holder may be stopped
//! while it holds, so it leaves its number and the time for those who wonder.
//!
//! ```text
//!  0 "TWL1" | 4 u32 process | 8 u64 locked at, microseconds | 16 u32 crc32c(0..16) | 20 zeros 12
//! 32 boot id 16 | 48 u64 segment | 56 u64 offset of its last frame, or 0 | 64 u32 crc32c(32..64)
//! ```
//!
//! The file is never synced: after a power cut the boot id is another, and the hint does not count.

use std::path::{Path, PathBuf};

use super::field::{array_at, u32_at, u64_at};
use super::position::Position;
use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::{Access, File, Files, Point, read_full_at, write_all_at};
use crate::limits::{LOCK_HELD_MICROS_MAX, LOCK_WAIT_MICROS_HOOK, LOCK_WAIT_MICROS_SERVER};
use crate::world::{Timestamp, World};

const MAGIC: &[u8; 4] = b"TWL1";
const HOLDER_BYTES: usize = 20;
const HINT_AT: usize = 32;
const HINT_BYTES: usize = 36;
const FILE_BYTES: usize = HINT_AT + HINT_BYTES;

/// How long a writer waits for the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A short-lived writer, in an agent's path: then it writes to the spool.
    Hook,
    /// A long-lived writer.
    Server,
}

impl Patience {
    fn micros(self) -> u64 {
        match self {
            Self::Hook => LOCK_WAIT_MICROS_HOOK,
            Self::Server => LOCK_WAIT_MICROS_SERVER,
        }
    }
}

/// Who had the lock when somebody else did not get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holder {
    /// The number of the process, 0 when it left none.
    pub process: u32,
    /// How long it has held the lock.
    pub held_micros: u64,
}

impl Holder {
    /// Whether the lock has been held for so long that somebody should be told.
    pub fn is_stuck(&self) -> bool {
        self.held_micros > LOCK_HELD_MICROS_MAX
    }
}

/// Where the last whole frame stood when the lock was last given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) segment: u64,
    /// None when the segment has no frame yet.
    pub(crate) last_frame: Option<u64>,
}

/// The lock file, open or not yet.
#[derive(Debug)]
pub(crate) struct LockFile {
    lock: Exclusive,
    /// The machine's boot, which no process outlives.
    boot: Option<[u8; 16]>,
}

/// The lock, held; given back by [`Held::release`].
#[derive(Debug)]
pub(crate) struct Held<'a> {
    lock: &'a Exclusive,
    hint: Option<Hint>,
    boot: Option<[u8; 16]>,
    taken: Taken,
}

/// Why the lock was not given.
#[derive(Debug)]
pub(crate) enum NotHeld {
    Busy(Holder),
    /// This process does not trust the disk any more.
    Refusing,
    Failed(Error),
}

impl From<Error> for NotHeld {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl LockFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { lock: Exclusive::new(path, Point::WalLock), boot: None }
    }

    /// Takes the lock, waiting as long as `patience` has it.
    pub(crate) fn take(
        &mut self,
        files: &dyn Files,
        world: &dyn World,
        patience: Patience,
    ) -> Result<Held<'_>, NotHeld> {
        let taken = self.lock.take(files, patience.micros())?;
        if taken == Taken::Anew {
            self.boot = files.boot_id();
        }
        let (lock, boot) = (&self.lock, self.boot);
        let Some(file) = lock.file().filter(|_| taken != Taken::No) else {
            let holder = lock.file().map(|file| read_holder(file, world.now()));
            return Err(NotHeld::Busy(holder.unwrap_or_default()));
        };
        let mut bytes = [0; FILE_BYTES];
        read_full_at(file, &mut bytes, 0).doing("read", lock.path())?;
        let holder = encode_holder(files.process(), world.now());
        // Who cannot leave its name holds all the same: the name is for those who wonder.
        let _ = write_all_at(file, &holder, 0);
        Ok(Held { lock, hint: decode_hint(&bytes, boot), boot, taken })
    }
}

impl Held<'_> {
    /// Where the log ended, if that was noted since the machine started.
    pub(crate) fn hint(&self) -> Option<Hint> {
        self.hint
    }

    /// Whether the lock file was just opened: it is the first time, or it was replaced, or this is
    /// a child of the process that had it open.
    pub(crate) fn is_new(&self) -> bool {
        self.taken == Taken::Anew
    }

    /// Notes where the log ends now and gives the lock back.
    pub(crate) fn release(self, hint: Option<Hint>) {
        let mut bytes = [0; FILE_BYTES];
        let nobody = encode_holder(0, Timestamp::default());
        let hint = hint.or(self.hint).zip(self.boot);
        let hint = hint.map_or([0; HINT_BYTES], |(hint, boot)| encode_hint(hint, &boot));
        let gap = [0; HINT_AT - HOLDER_BYTES];
        for (to, from) in bytes.iter_mut().zip(nobody.iter().chain(&gap).chain(&hint)) {
            *to = *from;
        }
        // A hint that cannot be written is no failure: the old one leads to the tail as well.
        let _ = self.lock.file().map(|file| write_all_at(file, &bytes, 0));
        self.lock.give_back();
    }
}

fn read_holder(file: &dyn File, now: Timestamp) -> Holder {
    let mut bytes = [0; HOLDER_BYTES];
    let read = read_full_at(file, &mut bytes, 0);
    let decode = || {
        let process = u32_at(&bytes, 4)?;
        let since = u64_at(&bytes, 8)?.cast_signed();
        let whole = u32_at(&bytes, 16)? == checksum::of(bytes.get(..16)?);
        let known = read.is_ok() && bytes.starts_with(MAGIC) && whole && process != 0;
        let held = now.micros().saturating_sub(since);
        known.then(|| Holder { process, held_micros: u64::try_from(held).unwrap_or(0) })
    };
    decode().unwrap_or_default()
}

fn encode_holder(process: u32, since: Timestamp) -> [u8; HOLDER_BYTES] {
    let mut bytes = Vec::with_capacity(HOLDER_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&process.to_be_bytes());
    bytes.extend_from_slice(&since.micros().to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    array_at(&bytes, 0).unwrap_or([0; HOLDER_BYTES])
}

fn encode_hint(hint: Hint, boot: &[u8; 16]) -> [u8; HINT_BYTES] {
    let mut bytes = Vec::with_capacity(HINT_BYTES);
    bytes.extend_from_slice(boot);
    bytes.extend_from_slice(&hint.segment.to_be_bytes());
    bytes.extend_from_slice(&hint.last_frame.unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    array_at(&bytes, 0).unwrap_or([0; HINT_BYTES])
}

/// The place of the last frame that was noted since the machine started, for whoever does not hold
/// the lock: what stands there was appended, whatever lies before it.
pub(crate) fn last_noted(files: &dyn Files, path: &Path) -> Option<Position> {
    let mut bytes = [0; FILE_BYTES];
    let file = files.open(path, Access::Read).ok()?;
    read_full_at(file.as_ref(), &mut bytes, 0).ok()?;
    let hint = decode_hint(&bytes, files.boot_id())?;
    Some(Position { segment: hint.segment, offset: hint.last_frame? })
}

fn decode_hint(file: &[u8], boot: Option<[u8; 16]>) -> Option<Hint> {
    let bytes = file.get(HINT_AT..)?;
    let whole = u32_at(bytes, 32)? == checksum::of(bytes.get(..32)?);
    if !whole || Some(array_at(bytes, 0)?) != boot {
        return None;
    }
    let last_frame = Some(u64_at(bytes, 24)?).filter(|offset| *offset != 0);
    Some(Hint { segment: u64_at(bytes, 16)?, last_frame })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINT: Hint = Hint { segment: 3, last_frame: Some(4096) };

    fn file(boot: &[u8; 16]) -> Vec<u8> {
        let mut bytes = vec![0; HINT_AT];
        bytes.extend(encode_hint(HINT, boot));
        bytes
    }

    #[test]
    fn a_hint_counts_only_in_the_boot_it_was_written_in() {
        assert_eq!(decode_hint(&file(&[1; 16]), Some([1; 16])), Some(HINT));
        assert_eq!(decode_hint(&file(&[1; 16]), Some([2; 16])), None);
        assert_eq!(decode_hint(&file(&[1; 16]), None), None);
    }

    #[test]
    fn every_flipped_bit_of_a_hint_makes_it_void() {
        for bit in HINT_AT * 8..FILE_BYTES * 8 {
            let mut bytes = file(&[1; 16]);
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_hint(&bytes, Some([1; 16])), None, "bit {bit}");
        }
    }
}
