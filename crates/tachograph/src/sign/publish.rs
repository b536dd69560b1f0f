//! Given a signed note, publishes it: `checkpoint`, `checkpoints.log`, `keys.vkey`.
//!
//! ```text
//! checkpoint        the latest note
//! checkpoints.log   2026-11-20T10:00:00.000000Z     when it was kept: one an hour, and the anchored
//!                   <note>
//!                   <empty line>
//! keys.vkey         a line for each key that signs now; a copy, never a root of trust
//! ```

use std::io::ErrorKind;

use tacho_event::Timestamp;
use tacho_tree::limits::NOTE_BYTES_MAX;
use tacho_tree::{Checkpoint, Note, VerifierKey};

use crate::error::{Doing, Error};
use crate::files::grow::{open_if_there, open_or_create};
use crate::files::replace::{Steps, replace};
use crate::files::{File, Files, Point, read_full_at, read_small, write_all_at};
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::tenant::TenantPlaces;

const HOUR_MICROS: u64 = 3_600_000_000;

/// A note that was kept, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// When it was kept, by the signer's clock.
    pub time: Timestamp,
    /// The note.
    pub note: Note,
}

/// The latest note and what it says; none before the first.
pub(super) fn read(
    files: &dyn Files,
    places: &TenantPlaces,
) -> Result<Option<(Note, Checkpoint)>, Error> {
    let path = places.checkpoint();
    let bytes = match read_small(files, &path, NOTE_BYTES_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome.doing("read", &path)?,
    };
    let parsed = Note::parse(&bytes).and_then(|note| {
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok((note, checkpoint))
    });
    parsed.map(Some).map_err(|_| Error::Damaged { path, what: "it is no checkpoint" })
}

/// Whether each of these keys signed the note.
pub(super) fn is_signed_by(note: &Note, keys: &[VerifierKey]) -> bool {
    keys.iter().all(|key| note.verify(std::slice::from_ref(key)).is_ok())
}

/// Publishes a note and the keys that signed it.
pub(super) fn write(
    files: &dyn Files,
    places: &TenantPlaces,
    note: &Note,
    keys: &[VerifierKey],
) -> Result<(), Error> {
    let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
    let path = places.vkeys();
    if read_small(files, &path, STATE_FILE_BYTES_MAX).ok().as_deref() != Some(lines.as_bytes()) {
        let steps = Steps {
            sync: Point::VkeySync,
            rename: Point::VkeyRename,
            dir: Some(Point::VkeyDirSync),
        };
        replace(files, &path, lines.as_bytes(), steps)?;
    }
    let steps = Steps {
        sync: Point::CheckpointSync,
        rename: Point::CheckpointRename,
        dir: Some(Point::CheckpointDirSync),
    };
    replace(files, &places.checkpoint(), note.to_string().as_bytes(), steps)
}

/// Whether an hour went by since a note was kept; true before the first.
pub(super) fn is_hour_over(
    files: &dyn Files,
    places: &TenantPlaces,
    now: Timestamp,
) -> Result<bool, Error> {
    let path = places.checkpoints_log();
    let Some(file) = open_if_there(files, &path)? else { return Ok(true) };
    let last = tail(file.as_ref()).doing("read", &path)?.1.pop();
    Ok(last.is_none_or(|last| now.micros().abs_diff(last.time.micros()) >= HOUR_MICROS))
}

/// Appends a note to those that are kept.
pub(super) fn keep(
    files: &dyn Files,
    places: &TenantPlaces,
    note: &Note,
    now: Timestamp,
) -> Result<(), Error> {
    let path = places.checkpoints_log();
    let file = open_or_create(files, &path)?;
    // What a crash left of an entry is no entry, and is written over.
    let (end, last) = tail(file.as_ref()).doing("read", &path)?;
    if last.last().is_some_and(|last| last.note == *note) {
        return Ok(());
    }
    file.set_len(end).doing("cut", &path)?;
    let entry = format!("{now}\n{note}\n");
    write_all_at(file.as_ref(), entry.as_bytes(), end).doing("write", &path)?;
    file.sync_data(Point::KeptSync).doing("sync", &path)?;
    files.sync_dir(places.dir(), Point::KeptDirSync).doing("sync", places.dir())
}

/// The notes that were kept, oldest first.
///
/// # Errors
/// What reading said.
pub fn kept(files: &dyn Files, places: &TenantPlaces) -> Result<Vec<Kept>, Error> {
    let path = places.checkpoints_log();
    let Some(file) = open_if_there(files, &path)? else { return Ok(Vec::new()) };
    let len = file.stat().doing("stat", &path)?.len;
    let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
    read_full_at(file.as_ref(), &mut bytes, 0).doing("read", &path)?;
    Ok(entries(&bytes).1)
}

/// The public keys that lie beside the log: what its owner says, not what an auditor knows.
///
/// # Errors
/// What reading said, or that a line is no key.
pub fn vkeys(files: &dyn Files, places: &TenantPlaces) -> Result<Vec<VerifierKey>, Error> {
    let path = places.vkeys();
    let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome.doing("read", &path)?,
    };
    let text = str::from_utf8(&bytes).unwrap_or("?");
    let keys = text.lines().map(|line| VerifierKey::parse(line).ok()).collect::<Option<_>>();
    keys.ok_or(Error::Damaged { path, what: "it holds what is no key" })
}

/// The end of the last whole entry, and the entries in the last part of the file.
fn tail(file: &dyn File) -> std::io::Result<(u64, Vec<Kept>)> {
    let len = file.stat()?.len;
    let mut from = len.saturating_sub(2 * NOTE_BYTES_MAX as u64);
    let mut bytes = vec![0; usize::try_from(len - from).unwrap_or_default()];
    read_full_at(file, &mut bytes, from)?;
    // An entry begins behind an empty line that follows a signature.
    if from > 0 {
        let begins = "\n\n2";
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let skip = text.find(begins).map_or(0, |at| at + 2);
        from += skip as u64;
        bytes.drain(..skip.min(bytes.len()));
    }
    let (end, kept) = entries(&bytes);
    Ok((from + end as u64, kept))
}

/// The entries at the beginning, and where the last whole one ends.
fn entries(bytes: &[u8]) -> (usize, Vec<Kept>) {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
    };
    let (mut end, mut kept) = (0, Vec::new());
    while let Some((entry, length)) = entry(text.get(end..).unwrap_or_default()) {
        kept.push(entry);
        end += length;
    }
    (end, kept)
}

fn entry(text: &str) -> Option<(Kept, usize)> {
    let (time, rest) = text.split_once('\n')?;
    // A note has one empty line inside; the one behind it ends the entry.
    let inside = rest.find("\n\n")? + 2;
    let length = inside + rest.get(inside..)?.find("\n\n")? + 1;
    let kept = Kept {
        time: Timestamp::parse(time)?,
        note: Note::parse(rest.get(..length)?.as_bytes()).ok()?,
    };
    Some((kept, time.len() + 1 + length + 1))
}
