//! Given an emitter that lives for one event, gives the next number of its sequence.
//!
//! ```text
//! emitters/<16 hex>   0 "TWQ1" | 4 u64 next | 12 boot id 16 | 28 u32 crc32c(bytes 0..28)
//! name                first 16 hex of SHA-256(u16 length | tenant | u16 length | source |
//!                     u16 length | emitter)
//! ```
//!
//! Numbers are taken under the file's own lock and never given twice. The file is not synced with
//! each number: when the machine was started since, nobody knows how far it had come, so the
//! sequence goes on at the time in microseconds, far above any count, and says so.

use std::io::ErrorKind;

use tacho_hash::sha256;

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::{File, Files, Point, read_full_at, write_all_at};
use crate::limits::EMITTER_WAIT_MICROS;
use crate::places::Places;
use crate::wal::field::{array_at, u32_at, u64_at};
use crate::world::World;

const MAGIC: &[u8; 4] = b"TWQ1";
const CHECKED: usize = 28;
const FILE_BYTES: usize = CHECKED + 4;

/// Numbers taken from an emitter's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The first one.
    pub first: u64,
    /// Where the sequence stood, when it goes on elsewhere because nobody knows what was taken
    /// since: record a gap from here to `first`.
    pub resumed_from: Option<u64>,
}

/// The name of an emitter's file.
pub fn file_name(tenant: &str, source: &str, emitter: &str) -> String {
    let len = |part: &str| u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes();
    let [tenant, source, emitter] = [tenant, source, emitter].map(|part| (len(part), part));
    let hash = sha256([
        &tenant.0,
        tenant.1.as_bytes(),
        &source.0,
        source.1.as_bytes(),
        &emitter.0,
        emitter.1.as_bytes(),
    ]);
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Takes `count` numbers of the sequence in the file `name`; none when others hold it too long.
///
/// # Errors
/// What the disk said.
pub fn take(
    files: &dyn Files,
    places: &Places,
    world: &dyn World,
    name: &str,
    count: u64,
) -> Result<Option<Numbers>, Error> {
    let path = places.emitters().join(name);
    let is_new = match files.stat(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        outcome => outcome.doing("stat", &path).map(|_| false)?,
    };
    let mut sequence = Exclusive::new(path, Point::EmitterLock);
    if sequence.take(files, EMITTER_WAIT_MICROS)? == Taken::No {
        return Ok(None);
    }
    let Some(file) = sequence.file() else { return Ok(None) };
    let path = sequence.path();
    let boot = files.boot_id().unwrap_or_default();
    let mut bytes = [0; FILE_BYTES];
    let read = read_full_at(file, &mut bytes, 0).doing("read", path)?;
    let numbers = match decode(&bytes) {
        // Only a file that nobody has seen yet begins a sequence; an empty one lost its numbers.
        None if is_new && read == 0 => Numbers { first: 0, resumed_from: None },
        None => Numbers { first: later(world), resumed_from: Some(0) },
        Some((next, of)) if of == boot => Numbers { first: next, resumed_from: None },
        Some((next, _)) => Numbers { first: later(world).max(next), resumed_from: Some(next) },
    };
    write(file, numbers.first.saturating_add(count), &boot).doing("write", path)?;
    if is_new {
        // Were the file to vanish, the sequence would begin anew; were only its bytes to, not.
        let dir = places.emitters();
        files.sync_dir(&dir, Point::EmitterDirSync).doing("sync", &dir)?;
    }
    sequence.give_back();
    Ok(Some(numbers))
}

/// A number above any count: the time in microseconds.
fn later(world: &dyn World) -> u64 {
    u64::try_from(world.now().micros()).unwrap_or(0)
}

fn write(file: &dyn File, next: u64, boot: &[u8; 16]) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(FILE_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&next.to_be_bytes());
    bytes.extend_from_slice(boot);
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    write_all_at(file, &bytes, 0)
}

fn decode(bytes: &[u8]) -> Option<(u64, [u8; 16])> {
    let whole = u32_at(bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
    let known = whole && bytes.starts_with(MAGIC);
    known.then_some((u64_at(bytes, 4)?, array_at(bytes, 12)?))
}
