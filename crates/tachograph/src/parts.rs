//! Given a leaf's index, class and day, gives the parts and tombstones stored for it.
//!
//! ```text
//! parts/content/2026-11-20.tv   GRANT | u64 leaf index, PART | u64 leaf index, TOMB | ..
//! index/parts/content-2026-11-20.marks   u64 leaf index | u64 offset, of every 64th part
//! index/parts/content-2026-11-20.grants  grant id 16 | u64 offset
//! ```
//!
//! A day file holds what was sealed on one day, in the order of the leaves; a grant stands before
//! the first part that needs it. A leaf's index is below 2^62, so its first byte is never the `T`
//! of a grant. The marks are derived: without them the file is read from its beginning. When the
//! day is over, blocks take the place of parts, each led by the index of its first leaf
//! (`crate::pack`).

mod grants;
mod spans;
mod write;

use std::sync::Arc;

use tacho_event::privacy::Class;

use crate::error::{Doing, Error};
use crate::files::grow::{list_if_there, open_if_there};
use crate::files::{File, Files, read_full_at};
use crate::limits::{FRAME_BYTES_MAX, SCAN_BYTES};
use crate::tenant::{TenantPlaces, date};
use crate::vault::Item;
use crate::wal::field::{index as as_index, u32_at, u64_at};

pub(crate) use grants::LISTED_BYTES;
pub(crate) use spans::{BEGINNING_BYTES, Span, Spans};
pub(crate) use write::{PartWriter, Placed};

/// How many parts lie between two marks.
pub(crate) const STRIDE: u64 = 64;
/// Bytes of one mark.
pub(crate) const MARK_BYTES: usize = 16;
/// Bytes of the leaf index before a part.
const INDEX_BYTES: usize = 8;
/// Bytes that tell the length of whatever stands at an offset.
const HEAD_BYTES: usize = 16;

/// The stored parts of one tenant.
#[derive(Debug)]
pub struct PartFiles {
    files: Arc<dyn Files>,
    places: TenantPlaces,
}

impl PartFiles {
    /// The parts of the tenant at `places`; opens nothing yet.
    pub fn new(files: Arc<dyn Files>, places: TenantPlaces) -> Self {
        Self { files, places }
    }

    /// The days for which a class has a file, in order.
    ///
    /// # Errors
    /// What listing said.
    pub fn days(&self, class: Class) -> Result<Vec<u32>, Error> {
        let names = list_if_there(self.files.as_ref(), &self.places.class(class))?;
        Ok(names.iter().filter_map(|name| day_of(name)).collect())
    }

    /// What stands in the file of a class and day, from its beginning; none without a file.
    ///
    /// # Errors
    /// What opening said.
    pub fn day(&self, class: Class, day: u32) -> Result<Option<Records>, Error> {
        let path = self.places.day_file(class, day);
        let file = open_if_there(self.files.as_ref(), &path)?;
        Ok(file.map(|file| Records::new(file.into(), path, 0)))
    }

    /// The tombstones of a class whose day files are gone; none without a file.
    ///
    /// # Errors
    /// What opening said.
    pub fn tombstones(&self, class: Class) -> Result<Option<Records>, Error> {
        let path = self.places.tombstones(class);
        let file = open_if_there(self.files.as_ref(), &path)?;
        Ok(file.map(|file| Records::new(file.into(), path, 0)))
    }

    /// The parts and tombstones of one leaf, one after the other as [`crate::vault::items`] reads
    /// them; empty when there are none. `length` is how much of the file a state counts, where it
    /// tells: what is behind may be in the making.
    ///
    /// # Errors
    /// What reading said, or that the file is damaged before that place.
    pub fn of_leaf(
        &self,
        class: Class,
        day: u32,
        leaf: u64,
        length: Option<u64>,
    ) -> Result<Vec<u8>, Error> {
        let Some(mut records) = self.day(class, day)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let packed = self.spans(class, day)?;
        if let Some(Spans { spans, .. }) = &packed {
            let may = spans.iter().filter(|span| (span.first..=span.last).contains(&leaf));
            for span in may {
                records.seek(span.offset);
                if let Some(record) = records.next_record()? {
                    record.of(leaf).iter().for_each(|bytes| found.extend_from_slice(bytes));
                }
            }
        }
        records.end = length.unwrap_or(u64::MAX);
        let mark = self.mark_before(class, day, leaf, &records)?;
        records.seek(packed.map_or(mark, |packed| mark.max(packed.end)));
        while let Some(record) = records.next_record()? {
            if record.leaf.is_some_and(|index| index > leaf) {
                break;
            }
            record.of(leaf).iter().for_each(|bytes| found.extend_from_slice(bytes));
        }
        Ok(found)
    }

    /// An offset at or before the first record of `leaf`.
    fn mark_before(
        &self,
        class: Class,
        day: u32,
        leaf: u64,
        records: &Records,
    ) -> Result<u64, Error> {
        let path = self.places.part_marks(class, day);
        let Some(marks) = open_if_there(self.files.as_ref(), &path)? else { return Ok(0) };
        let read = |number: u64| -> Option<(u64, u64)> {
            let mut bytes = [0; MARK_BYTES];
            let at = number * MARK_BYTES as u64;
            let whole = read_full_at(marks.as_ref(), &mut bytes, at).ok()? == MARK_BYTES;
            whole.then_some((u64_at(&bytes, 0)?, u64_at(&bytes, 8)?))
        };
        let (mut low, mut high) = (0, marks.stat().doing("stat", &path)?.len / MARK_BYTES as u64);
        while low < high {
            let middle = low + (high - low) / 2;
            if read(middle).is_some_and(|(index, _)| index < leaf) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mark = low.checked_sub(1).and_then(read);
        // A mark is derived, and counts only if the part it names stands there.
        let fits = |(index, offset): &(u64, u64)| records.leaf_at(*offset) == Some(*index);
        Ok(mark.filter(fits).map_or(0, |(_, offset)| offset))
    }
}

/// What stands at one place of a day file.
#[derive(Debug, Clone, Copy)]
pub struct DayRecord<'a> {
    /// Where it begins.
    pub offset: u64,
    /// The leaf it belongs to, of a block the first; none for a grant.
    pub leaf: Option<u64>,
    /// The grant, part or tombstone.
    pub item: Item<'a>,
    /// Its bytes, without the leaf index.
    pub bytes: &'a [u8],
}

impl<'a> DayRecord<'a> {
    /// Its bytes, if it is a leaf's, or a block in which the leaf has a part.
    fn of(&self, leaf: u64) -> Option<&'a [u8]> {
        let is_of = match self.item {
            Item::Block(block) => block.has(leaf),
            _ => self.leaf == Some(leaf),
        };
        is_of.then_some(self.bytes)
    }

    /// The leaves whose parts or tombstones stand here.
    pub fn leaves(&self) -> Vec<u64> {
        match self.item {
            Item::Block(block) => block.entries().map(|entry| entry.leaf).collect(),
            _ => self.leaf.into_iter().collect(),
        }
    }
}

/// A walk through a day file.
#[derive(Debug)]
pub struct Records {
    file: Arc<dyn File>,
    path: std::path::PathBuf,
    at: u64,
    end: u64,
    /// As long as the longest read so far; its first `held` bytes are the file's.
    window: Vec<u8>,
    held: usize,
    window_at: u64,
}

impl Records {
    fn new(file: Arc<dyn File>, path: std::path::PathBuf, at: u64) -> Self {
        Self { file, path, at, end: u64::MAX, window: Vec::new(), held: 0, window_at: 0 }
    }

    /// Goes on at `offset`.
    pub fn seek(&mut self, offset: u64) {
        let end = self.window_at + self.window.len() as u64;
        if !(self.window_at..end).contains(&offset) {
            // A jump: little is read first.
            self.window.clear();
        }
        self.at = offset;
    }

    /// Ends at `offset`: what is behind may be in the making.
    pub(crate) fn end_at(&mut self, offset: u64) {
        self.end = offset;
    }

    /// The file that is walked.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Where the next record begins.
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// The next record; none at the end of the file.
    ///
    /// # Errors
    /// What reading said, or that what stands there is no record: it does not go on behind that.
    pub fn next_record(&mut self) -> Result<Option<DayRecord<'_>>, Error> {
        let offset = self.at;
        if offset >= self.end {
            return Ok(None);
        }
        let head = self.bytes_here(HEAD_BYTES)?;
        if head.is_empty() {
            return Ok(None);
        }
        let lead = if head.starts_with(b"TVG1") { 0 } else { INDEX_BYTES };
        let leaf = u64_at(head, 0).filter(|_| lead > 0);
        let total = u32_at(head, lead + 4).map(as_index);
        let total = total.filter(|total| *total <= FRAME_BYTES_MAX);
        let Some(total) = total else { return Err(self.damaged()) };
        if self.bytes_here(lead + total)?.len() < lead + total {
            return Err(self.damaged());
        }
        let skip = usize::try_from(offset - self.window_at).unwrap_or(usize::MAX);
        let bytes = self.window.get(skip + lead..skip + lead + total).unwrap_or_default();
        match Item::decode(bytes) {
            Ok((item, _)) if matches!(item, Item::Grant(_)) == leaf.is_none() => {
                self.at = offset + (lead + total) as u64;
                Ok(Some(DayRecord { offset, leaf, item, bytes }))
            }
            _ => Err(Error::Damaged { path: self.path.clone(), what: NO_RECORD }),
        }
    }

    /// The leaf whose part stands at `offset`, if one does.
    fn leaf_at(&self, offset: u64) -> Option<u64> {
        let mut head = [0; HEAD_BYTES];
        let read = read_full_at(self.file.as_ref(), &mut head, offset).ok()?;
        let magic = head.get(INDEX_BYTES..INDEX_BYTES + 4)?;
        let known = read == HEAD_BYTES && (magic == b"TVP1" || magic == b"TVX1");
        u64_at(&head, 0).filter(|_| known)
    }

    /// Whether a part or tombstone of a leaf below `size` seems to stand somewhere behind here.
    pub(crate) fn is_any_before(&self, size: u64) -> Result<bool, Error> {
        let mut window = vec![0; SCAN_BYTES];
        let mut at = self.at;
        loop {
            let read = read_full_at(self.file.as_ref(), &mut window, at);
            let read = read.doing("read", &self.path)?;
            let bytes = window.get(..read).unwrap_or_default();
            let is_one = |place: usize| {
                let head = bytes.get(place..place + INDEX_BYTES + 4).unwrap_or_default();
                let magic = head.get(INDEX_BYTES..).unwrap_or_default();
                let known = [b"TVP1", b"TVX1", b"TVB1"]
                    .contains(&magic.first_chunk().unwrap_or(b"\0\0\0\0"));
                known && u64_at(head, 0).is_some_and(|leaf| leaf < size)
            };
            let mut letters = memchr::memchr_iter(b'T', bytes);
            if letters.any(|letter| letter.checked_sub(INDEX_BYTES).is_some_and(is_one)) {
                return Ok(true);
            }
            if read < window.len() {
                return Ok(false);
            }
            // A record's head may lie across two windows.
            at += (read - HEAD_BYTES) as u64;
        }
    }

    fn damaged(&self) -> Error {
        Error::Damaged { path: self.path.clone(), what: NO_RECORD }
    }

    /// At least `wanted` bytes from here on, fewer only at the end of the file.
    fn bytes_here(&mut self, wanted: usize) -> Result<&[u8], Error> {
        let skip = self.at.checked_sub(self.window_at).and_then(|skip| usize::try_from(skip).ok());
        let there = skip.and_then(|skip| self.held.checked_sub(skip)).unwrap_or(0);
        if there < wanted {
            let first = if self.window.is_empty() { SCAN_BYTES / 16 } else { SCAN_BYTES };
            let reach = wanted.max(first);
            if self.window.len() < reach {
                self.window = vec![0; reach];
            }
            let window = self.window.get_mut(..reach).unwrap_or_default();
            let read = read_full_at(self.file.as_ref(), window, self.at);
            self.held = *read.as_ref().unwrap_or(&0);
            self.window_at = self.at;
            read.doing("read", &self.path)?;
        }
        let skip = usize::try_from(self.at - self.window_at).unwrap_or(usize::MAX);
        Ok(self.window.get(skip..self.held).unwrap_or_default())
    }
}

const NO_RECORD: &str = "no grant, part or tombstone stands where one should";

/// The day of `2026-11-20.tv`; none for every other spelling.
fn day_of(name: &str) -> Option<u32> {
    let text = name.strip_suffix(".tv")?;
    let midnight = tacho_event::Timestamp::parse(&format!("{text}T00:00:00Z"))?;
    let day = u32::try_from(midnight.day()).ok()?;
    (date(day) == text).then_some(day)
}
