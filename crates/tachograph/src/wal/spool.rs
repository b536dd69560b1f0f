//! Given a record whose writer did not get the lock, keeps it as a file until somebody drains it.
//!
//! ```text
//! spool/<record id>.tws      0 salt 16 | 16 frame, bound to this salt and offset 16
//! spool/<record id>.tmp      the same, being written: it was never acknowledged
//! ```
//!
//! The spool is a fallback, never the norm: each file costs a name. Draining gives the frame a
//! place in the log; who dies in between leaves both, and the record id tells that they are one.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

use super::append::AppendError;
use super::batch::{Batch, Misfit};
use super::frame::{self, Record, Unfit};
use super::lock::Patience;
use super::position::Position;
use super::scan::Judge;
use super::walk::{Item, Walk};
use super::{Critical, Ground, Wal, quarantine};
use crate::error::{Doing, Error};
use crate::files::{Access, Kind, Point, read_full_at, write_all_at};
use crate::limits::{
    FRAME_BYTES_MAX, SPOOL_BYTES_MAX, SPOOL_FILES_MAX, SPOOL_UNFINISHED_MICROS_MAX,
};
use crate::places::uuid_text;

const SALT_BYTES: usize = 16;

/// What draining the spool did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drained {
    /// Records that have their place in the log now.
    pub moved: usize,
    /// Records that had one already.
    pub duplicates: usize,
    /// Files that were no records and lie in the quarantine.
    pub refused: usize,
}

/// How safe a spooled record is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpoolAck {
    /// It survives the death of its process.
    Os,
    /// It survives a power cut.
    Disk,
}

/// Why a record was not spooled.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpoolError {
    /// It has no frame.
    Unfit(Unfit),
    /// So many records lie there already that nobody seems to drain it.
    Full,
    /// The disk refused.
    Store(Error),
}

impl std::fmt::Display for SpoolError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unfit(unfit) => write!(f, "{unfit}"),
            Self::Full => write!(f, "spool is full"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SpoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unfit(_) | Self::Full => None,
            Self::Store(error) => error.source(),
        }
    }
}

impl From<Error> for SpoolError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Wal {
    /// Leaves a record in the spool.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn spool(&self, record: &Record<'_>, ack: SpoolAck) -> Result<(), SpoolError> {
        let Ground { files, places, world, .. } = &self.ground;
        self.check_spool_has_room(record.frame_bytes())?;
        let mut salt = [0; SALT_BYTES];
        world.fill(&mut salt);
        let mut bytes = salt.to_vec();
        frame::encode(record, &mut bytes).map_err(SpoolError::Unfit)?;
        let bound = bytes.get_mut(SALT_BYTES..).unwrap_or_default();
        frame::bind(bound, &salt, SALT_BYTES as u64);
        let draft = places.spool_unfinished(&record.record_id);
        let (path, dir) = (places.spool_file(&record.record_id), places.spool());
        let file = files.create_new(&draft).doing("create", &draft)?;
        let write = || -> Result<(), Error> {
            write_all_at(file.as_ref(), &bytes, 0).doing("write", &draft)?;
            if ack == SpoolAck::Disk {
                file.sync_data(Point::SpoolSync).doing("sync", &draft)?;
            }
            files.rename(&draft, &path, Point::SpoolRename).doing("rename", &draft)
        };
        if let Err(error) = write() {
            // Nobody was told that it is safe; a full disk needs the room.
            let _ = files.remove(&draft);
            return Err(error.into());
        }
        if ack == SpoolAck::Disk {
            files.sync_dir(&dir, Point::SpoolDirSync).doing("sync", &dir)?;
        }
        Ok(())
    }

    /// Two who look at once may both find the last room: the bound is one of order, not of bytes.
    fn check_spool_has_room(&self, wanted: usize) -> Result<(), SpoolError> {
        let Ground { files, places, .. } = &self.ground;
        let dir = places.spool();
        let names = files.list(&dir).doing("list", &dir)?;
        let mut bytes = wanted as u64;
        // So few cannot be too many, however large they are.
        let few = names.len() as u64 <= SPOOL_BYTES_MAX / FRAME_BYTES_MAX as u64 / 2;
        for name in names.iter().filter(|_| !few) {
            // A file that somebody drained meanwhile takes no room.
            bytes += files.stat(&dir.join(name)).map_or(0, |stat| stat.len);
        }
        let is_full = names.len() >= SPOOL_FILES_MAX || bytes > SPOOL_BYTES_MAX;
        if is_full { Err(SpoolError::Full) } else { Ok(()) }
    }

    /// Moves what lies in the spool to the log, durably. The caller holds `integrate.lock`, and
    /// everything before `since` was integrated.
    ///
    /// # Errors
    /// What the disk said; running it again goes on where it stopped.
    pub fn drain(&self, since: Position) -> Result<Drained, AppendError> {
        let Ground { files, places, .. } = &self.ground;
        let dir = places.spool();
        let names = files.list(&dir).doing("list", &dir)?;
        let mut drained = Drained::default();
        if names.is_empty() {
            return Ok(drained);
        }
        let (known, tail) = self.record_ids(since)?;
        let mut done = Vec::new();
        let mut batch = Batch::new();
        for name in names {
            match self.look_at(&name)? {
                Look::Record(spooled) => {
                    let record = spooled.record();
                    if record.is_some_and(|record| known.contains(&record.record_id)) {
                        drained.duplicates += 1;
                    } else if let Some(record) = record {
                        if batch.push(&record) == Err(Misfit::Full) {
                            self.append_drained(&mut batch)?;
                            let _ = batch.push(&record);
                        }
                        drained.moved += 1;
                    }
                    done.push(dir.join(name));
                }
                Look::Refused(code) => {
                    self.refuse(&name, code)?;
                    drained.refused += 1;
                }
                Look::Unfinished => {}
            }
        }
        self.append_drained(&mut batch)?;
        if drained.duplicates > 0 {
            // Who appended them may have died before they were durable.
            self.commit(tail).map_err(AppendError::Commit)?;
        }
        for path in done {
            files.remove(&path).doing("remove", &path)?;
        }
        // Were a file to come back after its frame was integrated away, nobody would know it.
        files.sync_dir(&dir, Point::SpoolDrainDirSync).doing("sync", &dir)?;
        Ok(drained)
    }

    /// The ids of all records from `since` on, and where they end.
    fn record_ids(&self, since: Position) -> Result<(HashSet<[u8; 16]>, Position), AppendError> {
        let Ground { files, places, .. } = &self.ground;
        let tail = self.recover(since)?.tail;
        let walk = Walk::new(files.clone(), places.clone(), since, Judge::Holding);
        let mut walk = walk.until(tail);
        let mut ids = HashSet::new();
        loop {
            match walk.next_item()? {
                Item::Frame { record, .. } => {
                    ids.insert(record.record_id);
                }
                Item::Damage(_) => {}
                Item::End(_) | Item::Unclear(_) => return Ok((ids, tail)),
            }
        }
    }

    fn append_drained(&self, batch: &mut Batch) -> Result<(), AppendError> {
        if batch.is_empty() {
            return Ok(());
        }
        // A late spool may hold parts of an older key generation: their leaf counts all the same.
        let appended = self.locked(Patience::Server, |critical| critical.append_any(batch))?;
        batch.clear();
        self.commit(appended.end).map_err(AppendError::Commit)
    }

    fn look_at(&self, name: &str) -> Result<Look, Error> {
        let Ground { files, places, world, .. } = &self.ground;
        let path = places.spool().join(name);
        let stat = match files.stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Look::Unfinished),
            outcome => outcome.doing("stat", &path)?,
        };
        let ours = stat.kind == Kind::File && stat.links == 1 && stat.user == files.user();
        let Some((id, finished)) = spool_name(name).filter(|_| ours) else {
            return Ok(Look::Refused("spool-foreign"));
        };
        if !finished {
            let age = world.now().micros().cast_unsigned().saturating_sub(uuid_micros(&id));
            let left = age > SPOOL_UNFINISHED_MICROS_MAX;
            return Ok(if left { Look::Refused("spool-unfinished") } else { Look::Unfinished });
        }
        let len = usize::try_from(stat.len).unwrap_or(usize::MAX);
        if len > SALT_BYTES + FRAME_BYTES_MAX {
            return Ok(Look::Refused("spool-torn"));
        }
        let file = files.open(&path, Access::Read).doing("open", &path)?;
        let mut bytes = vec![0; len];
        let read = read_full_at(file.as_ref(), &mut bytes, 0).doing("read", &path)?;
        bytes.truncate(read);
        let spooled = Spooled { bytes };
        let whole = spooled.record().is_some_and(|record| record.record_id == id);
        Ok(if whole { Look::Record(spooled) } else { Look::Refused("spool-torn") })
    }

    fn refuse(&self, name: &str, code: &'static str) -> Result<(), AppendError> {
        self.locked(Patience::Server, |critical: &mut Critical<'_>| {
            let Ground { files, places, .. } = critical.ground;
            let path = places.spool().join(name);
            quarantine::move_in(files.as_ref(), places, &path, name, code).map_err(Into::into)
        })
    }
}

/// What a name in the spool stands for.
enum Look {
    Record(Spooled),
    Refused(&'static str),
    /// It is being written, or gone.
    Unfinished,
}

struct Spooled {
    bytes: Vec<u8>,
}

impl Spooled {
    /// The record, if the file is exactly one.
    fn record(&self) -> Option<Record<'_>> {
        let (salt, frame) = self.bytes.split_first_chunk::<SALT_BYTES>()?;
        let (record, total) = frame::decode(frame, salt, SALT_BYTES as u64).ok()?;
        (total == frame.len()).then_some(record)
    }
}

/// The record id in the name of a spool file, and whether the file is finished.
fn spool_name(name: &str) -> Option<([u8; 16], bool)> {
    let path = Path::new(name);
    let finished = match path.extension()?.to_str()? {
        "tws" => true,
        "tmp" => false,
        _ => return None,
    };
    let stem = path.file_stem()?.to_str()?;
    let digits: String = stem.chars().filter(|c| *c != '-').collect();
    let number = u128::from_str_radix(&digits, 16).ok()?;
    let id = number.to_be_bytes();
    (uuid_text(&id) == stem).then_some((id, finished))
}

/// When a `UUIDv7` was made: its first 48 bits are milliseconds.
fn uuid_micros(id: &[u8; 16]) -> u64 {
    let millis = id.iter().take(6).fold(0_u64, |millis, byte| millis << 8 | u64::from(*byte));
    millis * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_spool_are_record_ids_and_nothing_else() {
        let id = [0xab; 16];
        let text = uuid_text(&id);
        assert_eq!(spool_name(&format!("{text}.tws")), Some((id, true)));
        assert_eq!(spool_name(&format!("{text}.tmp")), Some((id, false)));
        for bad in [
            text.to_uppercase() + ".tws",
            text.replace('-', "") + ".tws",
            text.clone(),
            format!("{text}.wal"),
            "x.tws".to_owned(),
            ".tws".to_owned(),
        ] {
            assert_eq!(spool_name(&bad), None, "{bad}");
        }
    }

    #[test]
    fn the_age_of_a_record_is_in_its_id() {
        let mut id = [0xff; 16];
        id[..6].copy_from_slice(&[0, 0, 0, 0, 0x30, 0x39]);
        assert_eq!(uuid_micros(&id), 12_345_000);
    }
}
