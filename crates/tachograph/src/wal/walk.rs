//! Given a position, gives every frame of the store behind it, across segments, and every damage.
//!
//! A walk never changes anything. At the end it can be asked again: it gives what was appended
//! since. Damage is a result, not an error: the walk goes on behind it.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::frame::Record;
use super::mark::BadMark;
use super::position::Position;
use super::scan::{End, Judge, Scan, Step};
use super::segment::FIRST_FRAME;
use crate::error::{Doing, Error};
use crate::files::{Access, File, Files, read_small};
use crate::limits::{SEGMENTS_MAX, STATE_FILE_BYTES_MAX};
use crate::places::{Places, segment_number};

/// What a walk met.
#[derive(Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole frame.
    Frame {
        /// Where it begins.
        at: Position,
        /// Where the walk goes on: keep this to go on later.
        next: Position,
        /// What it holds.
        record: Record<'a>,
    },
    /// Bytes that are neither frames nor an end; the walk went on behind them.
    Damage(Damage),
    /// What is not whole, and may be in the making: only [`Judge::Waiting`] meets it.
    Unclear(Position),
    /// The end, for now.
    End(Position),
}

/// Something in the WAL that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Damage {
    /// The segment.
    pub segment: u64,
    /// Where the bad bytes begin in it.
    pub from: u64,
    /// Where they end.
    pub to: u64,
    /// What is wrong with them.
    pub kind: DamageKind,
}

/// The kinds of damage, each with a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DamageKind {
    /// A frame at the tail is not whole: its writer died, or the power went.
    Torn,
    /// No frames, though whole ones follow.
    BadRange,
    /// A segment is followed by another and has no end mark: its tail is gone.
    Unclosed,
    /// The segment's file is gone, and later ones are there.
    MissingSegment,
    /// The segment's header is gone, and with it the salt that binds its frames.
    BadHeader,
    /// One bit of the segment's header was wrong; its checksum told which.
    MendedHeader,
    /// A sync of the segment failed; from here on its frames stand in the next segment.
    FailedSync {
        /// Ranges that could no longer be read as frames.
        lost: u32,
    },
    /// The mark of a failed sync cannot be read.
    BadMark,
}

impl DamageKind {
    /// The code of findings and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::Torn => "wal-torn",
            Self::BadRange => "wal-bad-range",
            Self::Unclosed => "wal-unclosed",
            Self::MissingSegment => "wal-missing-segment",
            Self::BadHeader => "wal-bad-header",
            Self::MendedHeader => "wal-mended-header",
            Self::FailedSync { .. } => "wal-failed-sync",
            Self::BadMark => "wal-bad-mark",
        }
    }
}

/// What the mark of a failed sync says of the segment that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    /// The rest of the segment stands in the next one.
    From(BadMark),
    /// Any part of the segment may stand in the next one again.
    Unreadable,
}

/// A walk through the whole WAL.
#[derive(Debug)]
pub struct Walk {
    files: Arc<dyn Files>,
    places: Places,
    judge: Judge,
    at: Position,
    until: Option<Position>,
    scan: Option<Scan>,
    mark: Mark,
    damages: VecDeque<Damage>,
    /// Frames that a failed sync copied to the next segment and that this walk already gave.
    given: HashSet<[u8; 16]>,
}

impl Walk {
    /// Begins at `from`; nothing is read yet.
    pub fn new(files: Arc<dyn Files>, places: Places, from: Position, judge: Judge) -> Self {
        Self {
            files,
            places,
            judge,
            at: from,
            until: None,
            scan: None,
            mark: Mark::None,
            damages: VecDeque::new(),
            given: HashSet::new(),
        }
    }

    /// The walk, ending at `tail`. What lies before a tail that [`super::Recovered`] gives was
    /// judged under the lock and does not change, so it may be read as a judge without it.
    pub fn until(self, tail: Position) -> Self {
        Self { until: Some(tail), ..self }
    }

    /// Where the walk stands.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The segment that the last frame stands in, open, and its salt: also when it is deleted.
    pub(crate) fn segment(&self) -> Option<(Arc<dyn File>, [u8; 16])> {
        self.scan.as_ref().map(|scan| (scan.shared_file(), scan.header().salt))
    }

    /// Goes on at `position`.
    pub fn seek(&mut self, position: Position) {
        self.at = position;
        self.scan = None;
        self.damages.clear();
        self.given.clear();
    }

    /// The next thing in the log.
    ///
    /// # Errors
    /// What the disk said; damage is no error.
    pub fn next_item(&mut self) -> Result<Item<'_>, Error> {
        loop {
            if let Some(damage) = self.damages.pop_front() {
                return Ok(Item::Damage(damage));
            }
            if self.until.is_some_and(|tail| self.at >= tail) {
                return Ok(Item::End(self.at));
            }
            let Some(scan) = &mut self.scan else {
                if !self.enter()? {
                    return Ok(Item::End(self.at));
                }
                continue;
            };
            if let Mark::From(mark) = self.mark
                && scan.offset() >= mark.from
            {
                self.damage(mark.from, mark.to, DamageKind::FailedSync { lost: mark.lost });
                self.go_to_next_segment();
                continue;
            }
            let step = scan.step()?;
            let next = scan.offset();
            match step {
                Step::Frame { offset, .. } => {
                    let at = Position { offset, ..self.at };
                    self.at.offset = next;
                    if self.was_given() {
                        continue;
                    }
                    return self.frame(at);
                }
                Step::Unclear => return Ok(Item::Unclear(self.at)),
                Step::Bad(range) => {
                    self.at.offset = next;
                    let torn = range.at_tail && self.later()?.is_none();
                    let kind = if torn { DamageKind::Torn } else { DamageKind::BadRange };
                    self.damage(range.from, range.to, kind);
                }
                Step::End(end) => {
                    if !self.pass(end)? {
                        return Ok(Item::End(self.at));
                    }
                }
            }
        }
    }

    fn frame(&self, at: Position) -> Result<Item<'_>, Error> {
        let record = self.scan.as_ref().and_then(Scan::record);
        let path = || self.places.segment(at.segment);
        let gone = || Error::Damaged { path: path(), what: "a frame changed while it was read" };
        Ok(Item::Frame { at, next: self.at, record: record.ok_or_else(gone)? })
    }

    fn was_given(&mut self) -> bool {
        if self.given.is_empty() && self.mark != Mark::Unreadable {
            return false;
        }
        let record = self.scan.as_ref().and_then(Scan::record);
        let Some(id) = record.map(|record| record.record_id) else { return false };
        let given = self.given.remove(&id);
        if self.mark == Mark::Unreadable {
            self.given.insert(id);
        }
        given
    }

    /// Opens the segment at the walk's place, or the next one there is; false at the end.
    fn enter(&mut self) -> Result<bool, Error> {
        let mut tries = 0..SEGMENTS_MAX;
        let (number, file) = loop {
            let numbers = segments(self.files.as_ref(), &self.places)?;
            let Some(number) = numbers.into_iter().find(|number| *number >= self.at.segment) else {
                return Ok(false);
            };
            let path = self.places.segment(number);
            match self.files.open(&path, Access::Read) {
                // It was integrated and deleted since it was listed: look again.
                Err(error)
                    if error.kind() == std::io::ErrorKind::NotFound && tries.next().is_some() => {}
                outcome => break (number, outcome.doing("open", &path)?),
            }
        };
        if self.at.segment != 0 {
            for segment in self.at.segment..number {
                let kind = DamageKind::MissingSegment;
                self.damages.push_back(Damage { segment, from: 0, to: 0, kind });
            }
        }
        if number != self.at.segment {
            self.at = Position { segment: number, offset: FIRST_FRAME };
        }
        self.at.offset = self.at.offset.max(FIRST_FRAME);
        let path = self.places.segment(number);
        let len = file.stat().doing("stat", &path)?.len;
        self.mark = self.read_mark()?;
        // What is wrong with a segment as a whole is said to those who read it from its beginning.
        let begins = self.at.offset == FIRST_FRAME;
        if begins && self.mark == Mark::Unreadable {
            self.damage(0, 0, DamageKind::BadMark);
        }
        match Scan::new(file.into(), &path, number, self.judge) {
            Ok(mut scan) => {
                if begins && scan.is_mended() {
                    self.damage(0, FIRST_FRAME, DamageKind::MendedHeader);
                }
                self.skip_what_was_copied(&mut scan)?;
                scan.seek(self.at.offset);
                self.scan = Some(scan);
                Ok(true)
            }
            Err(Error::Damaged { .. }) if self.judge == Judge::Waiting => Ok(false),
            Err(Error::Damaged { .. }) => {
                self.damage(0, len, DamageKind::BadHeader);
                self.at = Position { segment: number + 1, offset: FIRST_FRAME };
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// The mark on the segment here; it counts once the segment that replaces its rest is there.
    fn read_mark(&self) -> Result<Mark, Error> {
        let (files, path) = (self.files.as_ref(), self.places.bad_mark(self.at.segment));
        let bytes = match read_small(files, &path, STATE_FILE_BYTES_MAX) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Mark::None),
            outcome => outcome.doing("read", &path)?,
        };
        if self.later()?.is_none() {
            return Ok(Mark::None);
        }
        Ok(BadMark::decode(&bytes, self.at.segment).map_or(Mark::Unreadable, Mark::From))
    }

    /// Behind a mark, what this walk's owner already had will come again: remembers it.
    fn skip_what_was_copied(&mut self, scan: &mut Scan) -> Result<(), Error> {
        let from = match self.mark {
            Mark::From(mark) => mark.from,
            Mark::Unreadable => FIRST_FRAME,
            Mark::None => return Ok(()),
        };
        scan.seek(from);
        while scan.offset() < self.at.offset
            && let Step::Frame { next, .. } = scan.step()?
            && next <= self.at.offset
        {
            self.given.extend(scan.record().map(|record| record.record_id));
        }
        Ok(())
    }

    /// Goes on in the next segment if there is one; false at the end of the log.
    fn pass(&mut self, end: End) -> Result<bool, Error> {
        if self.later()?.is_none() {
            return Ok(false);
        }
        if end == End::Mark {
            self.go_to_next_segment();
            return Ok(true);
        }
        // The segment may have been filled and closed since the step: a mark is written before
        // the next segment has its name, so a second look tells.
        let Some(scan) = &mut self.scan else { return Ok(true) };
        let (step, file) = (scan.step()?, scan.shared_file());
        let from = self.at.offset;
        scan.seek(from);
        match step {
            Step::End(End::Mark) => self.go_to_next_segment(),
            // A failed sync moved the rest of the segment while this walk was in it.
            Step::End(_) if matches!(self.read_mark()?, Mark::From(_)) => self.scan = None,
            Step::End(_) => {
                let path = self.places.segment(self.at.segment);
                let to = file.stat().doing("stat", &path)?.len.max(from);
                self.damage(from, to, DamageKind::Unclosed);
                self.go_to_next_segment();
            }
            Step::Frame { .. } | Step::Unclear | Step::Bad(_) => {}
        }
        Ok(true)
    }

    fn go_to_next_segment(&mut self) {
        if self.mark == Mark::None {
            self.given.clear();
        }
        self.at = Position { segment: self.at.segment + 1, offset: FIRST_FRAME };
        self.scan = None;
    }

    fn damage(&mut self, from: u64, to: u64, kind: DamageKind) {
        self.damages.push_back(Damage { segment: self.at.segment, from, to, kind });
    }

    fn later(&self) -> Result<Option<u64>, Error> {
        let numbers = segments(self.files.as_ref(), &self.places)?;
        Ok(numbers.into_iter().find(|number| *number > self.at.segment))
    }
}

/// The numbers of the segments there are, in order.
pub(super) fn segments(files: &dyn Files, places: &Places) -> Result<Vec<u64>, Error> {
    let dir = places.wal();
    let names = files.list(&dir).doing("list", &dir)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment_number(name)).collect();
    numbers.sort_unstable();
    if numbers.len() > SEGMENTS_MAX {
        return Err(Error::Damaged { path: dir, what: "it holds too many segments" });
    }
    Ok(numbers)
}
