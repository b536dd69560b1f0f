//! Given parts in the order of their leaves, appends them to the files of their class and day.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tacho_event::privacy::Class;

use super::{LISTED_BYTES as LISTED, MARK_BYTES, PartFiles, STRIDE};
use crate::error::{Doing, Error};
use crate::files::grow::open_or_create;
use crate::files::{File, Files, Point, write_all_at};
use crate::limits::{MASTER_DAYS_MAX, PART_FILES_OPEN_MAX, RECENT_GRANTS_MAX};
use crate::state::{DayLength, Masters, State};
use crate::tenant::TenantPlaces;
use crate::vault::{GrantKind, Item};

const LISTED_BYTES: u64 = LISTED as u64;

/// The part or tombstone to be stored, and what it needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) leaf: u64,
    pub(crate) class: Class,
    pub(crate) day: u32,
    /// The part's bytes.
    pub(crate) bytes: &'a [u8],
    pub(crate) grant_id: [u8; 16],
    /// The bytes of its grant, where they are known.
    pub(crate) grant: Option<&'a [u8]>,
}

/// The parts that came since the last flush.
#[derive(Debug)]
pub(crate) struct PartWriter {
    /// The leaves that a state counted when this writer began, and the day files it knew.
    size: u64,
    known: HashMap<(Class, u32), u64>,
    masters: Masters,
    days: HashMap<(Class, u32), Day>,
}

#[derive(Debug)]
struct Day {
    file: Arc<dyn File>,
    len: u64,
    pending: Vec<u8>,
    marks: Vec<u8>,
    marks_len: u64,
    listed: Vec<u8>,
    parts: u64,
    grants: HashSet<[u8; 16]>,
    /// Whether the file's name may not be durable yet.
    is_new: bool,
}

impl PartWriter {
    /// Goes on behind what a state counts.
    pub(crate) fn new(state: &State) -> Self {
        let known = state.days.iter().map(|file| ((file.class, file.day), file.bytes)).collect();
        let masters = state.masters.clone();
        Self { size: state.size(), known, masters, days: HashMap::new() }
    }

    /// The day files that may hold grants of the master, for the next state.
    pub(crate) fn masters(&self) -> &Masters {
        &self.masters
    }

    /// The day files written last, for the next state.
    pub(crate) fn lengths(&self) -> Vec<DayLength> {
        let of = |((class, day), file): (&(Class, u32), &Day)| DayLength {
            class: *class,
            day: *day,
            bytes: file.len,
        };
        let mut lengths: Vec<DayLength> = self.days.iter().map(of).collect();
        let closed = self.known.iter().filter(|(key, _)| !self.days.contains_key(key));
        let closed = closed.map(|((class, day), bytes)| (*class, *day, *bytes));
        let room = PART_FILES_OPEN_MAX.saturating_sub(lengths.len());
        lengths.extend(closed.take(room).map(|(class, day, bytes)| DayLength {
            class,
            day,
            bytes,
        }));
        lengths.sort_unstable_by_key(|length| (length.class, length.day));
        lengths
    }

    /// Whether the files that are open are those that have the names: an erasure replaces them.
    pub(crate) fn is_current(&self, files: &dyn Files, places: &TenantPlaces) -> bool {
        self.days.iter().all(|((class, number), day)| {
            let ours = day.file.stat().map(|stat| stat.identity).ok();
            let path = places.day_file(*class, *number);
            ours.is_some() && files.stat(&path).map(|stat| stat.identity).ok() == ours
        })
    }

    /// Takes in a part of a leaf that no state counts yet.
    pub(crate) fn push(
        &mut self,
        files: &Arc<dyn Files>,
        places: &TenantPlaces,
        part: Placed<'_>,
    ) -> Result<(), Error> {
        let key = (part.class, part.day);
        if !self.days.contains_key(&key) {
            if self.days.len() >= PART_FILES_OPEN_MAX {
                self.flush(files.as_ref(), places)?;
                let lengths = self.days.drain().map(|(key, day)| (key, day.len));
                self.known.extend(lengths);
            }
            let known = self.known.remove(&key);
            self.days.insert(key, Day::open(files, places, key, self.size, known)?);
        }
        let Some(day) = self.days.get_mut(&key) else { return Ok(()) };
        if let Some(grant) = part.grant
            && !day.grants.contains(&part.grant_id)
        {
            if day.grants.len() >= RECENT_GRANTS_MAX {
                day.grants.clear();
            }
            day.grants.insert(part.grant_id);
            let is_masters = matches!(
                Item::decode(grant),
                Ok((Item::Grant(grant), _)) if grant.kind == GrantKind::Master
            );
            if let Some(masters) = self.masters.as_mut().filter(|_| is_masters) {
                masters.insert(key);
                if masters.len() > MASTER_DAYS_MAX {
                    self.masters = None;
                }
            }
            day.listed.extend_from_slice(&part.grant_id);
            let offset = day.len + day.pending.len() as u64;
            day.listed.extend_from_slice(&offset.to_be_bytes());
            day.pending.extend_from_slice(grant);
        }
        if day.parts.is_multiple_of(STRIDE) {
            let offset = day.len + day.pending.len() as u64;
            day.marks.extend_from_slice(&part.leaf.to_be_bytes());
            day.marks.extend_from_slice(&offset.to_be_bytes());
        }
        day.parts += 1;
        day.pending.extend_from_slice(&part.leaf.to_be_bytes());
        day.pending.extend_from_slice(part.bytes);
        Ok(())
    }

    /// Writes all parts and makes them durable; then their marks, which are derived.
    pub(crate) fn flush(&mut self, files: &dyn Files, places: &TenantPlaces) -> Result<(), Error> {
        let mut new = HashSet::new();
        for ((class, number), day) in &mut self.days {
            if day.pending.is_empty() {
                continue;
            }
            let path = places.day_file(*class, *number);
            // Another integrator may have died here meanwhile, leaving more than is written now.
            if day.file.stat().doing("stat", &path)?.len > day.len {
                day.file.set_len(day.len).doing("cut", &path)?;
            }
            write_all_at(day.file.as_ref(), &day.pending, day.len).doing("write", &path)?;
            day.file.sync_data(Point::PartSync).doing("sync", &path)?;
            day.len += day.pending.len() as u64;
            day.pending.clear();
            if std::mem::take(&mut day.is_new) {
                new.insert(*class);
            }
            let path = places.part_marks(*class, *number);
            let file = open_or_create(files, &path)?;
            write_all_at(file.as_ref(), &day.marks, day.marks_len).doing("write", &path)?;
            day.marks_len += day.marks.len() as u64;
            day.marks.clear();
            let path = places.part_grants(*class, *number);
            let file = open_or_create(files, &path)?;
            // Lines of grants that a crash took are passed over: they lead to no such grant.
            let end = file.stat().doing("stat", &path)?.len / LISTED_BYTES * LISTED_BYTES;
            write_all_at(file.as_ref(), &day.listed, end).doing("write", &path)?;
            day.listed.clear();
        }
        for class in new {
            let dir = places.class(class);
            files.sync_dir(&dir, Point::PartDirSync).doing("sync", &dir)?;
        }
        Ok(())
    }
}

impl Day {
    /// Opens a day file and cuts off what no state counts.
    fn open(
        files: &Arc<dyn Files>,
        places: &TenantPlaces,
        (class, day): (Class, u32),
        size: u64,
        known: Option<u64>,
    ) -> Result<Self, Error> {
        let path = places.day_file(class, day);
        let file: Arc<dyn File> = open_or_create(files.as_ref(), &path)?.into();
        let there = file.stat().doing("stat", &path)?.len;
        let len = match known {
            // Shorter than a state knew it: somebody cut it, and what is left stays.
            Some(bytes) => bytes.min(there),
            None if there == 0 || size == 0 => 0,
            None => counted(files, places, (class, day), size)?.unwrap_or(there),
        };
        if len < there {
            file.set_len(len).doing("cut", &path)?;
        }
        let marks = places.part_marks(class, day);
        let marks_len = counted_marks(files.as_ref(), &marks, len)?;
        Ok(Self {
            file,
            len,
            pending: Vec::new(),
            marks: Vec::new(),
            marks_len,
            listed: Vec::new(),
            parts: 0,
            grants: HashSet::new(),
            is_new: true,
        })
    }
}

/// Where the records of the first `size` leaves end; none where the file is damaged before that:
/// then nothing of it may be cut off. What is no record, and has none of those leaves behind it, is
/// what a power cut left of an interrupted chunk.
///
/// A grant in front of the first part beyond belongs to that part.
fn counted(
    files: &Arc<dyn Files>,
    places: &TenantPlaces,
    (class, day): (Class, u32),
    size: u64,
) -> Result<Option<u64>, Error> {
    let reader = PartFiles::new(files.clone(), places.clone());
    let Some(mut records) = reader.day(class, day)? else { return Ok(Some(0)) };
    // Marks of parts beyond the state may be left from the same batch: they are passed over.
    let start = reader.mark_before(class, day, size, &records)?;
    records.seek(start);
    let mut end = start;
    loop {
        match records.next_record() {
            Ok(Some(record)) => match record.leaf {
                Some(leaf) if leaf >= size => return Ok(Some(end)),
                Some(_) => end = records.offset(),
                None => {}
            },
            Ok(None) => return Ok(Some(end)),
            Err(Error::Damaged { .. }) => {
                let counts = records.is_any_before(size)?;
                return Ok(Some(end).filter(|_| !counts));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Bytes of the marks that point below `len`.
fn counted_marks(files: &dyn Files, path: &std::path::Path, len: u64) -> Result<u64, Error> {
    use crate::files::grow::open_if_there;
    use crate::files::read_full_at;
    use crate::wal::field::u64_at;
    let Some(file) = open_if_there(files, path)? else {
        if let Some(dir) = path.parent() {
            files.create_dir(dir).doing("create", dir)?;
        }
        return Ok(0);
    };
    let mut end = file.stat().doing("stat", path)?.len / MARK_BYTES as u64 * MARK_BYTES as u64;
    let mut mark = [0; MARK_BYTES];
    while end > 0 {
        let at = end - MARK_BYTES as u64;
        read_full_at(file.as_ref(), &mut mark, at).doing("read", path)?;
        if u64_at(&mark, 8).is_some_and(|offset| offset < len) {
            break;
        }
        end = at;
    }
    Ok(end)
}
