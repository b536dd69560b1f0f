//! Given a state, gives the events behind it that only the WAL holds.
//!
//! Kept are places, not events: a leaf is read from its segment when it is asked for. The segment
//! is held open, so what was seen stays readable when somebody integrates and deletes it. The
//! same gate as in integration decides what will be a leaf, so an event has the index here that it
//! keeps.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Doing, Error};
use crate::files::{File, read_full_at};
use crate::index::{Facts, Kind};
use crate::integrate::{Duplicate, Recent, Repeats, check};
use crate::limits::{LIVE_FRAMES_MAX, LIVE_GRANTS_MAX};
use crate::store::Store;
use crate::vault;
use crate::wal::scan::Judge;
use crate::wal::{DamageKind, Item, Position, Record, Walk, frame, last_noted};

/// The events behind a state.
#[derive(Debug)]
pub(crate) struct Live {
    store: Store,
    tenant: String,
    walk: Walk,
    recent: Recent,
    repeats: Repeats,
    /// Where `recent` is to be filled up to, before the first frame is counted: opening a store
    /// whose frames are all integrated reads none of them.
    unfilled: Option<Position>,
    frames: Vec<Place>,
    /// Grants of those frames, and of some before them.
    grants: HashMap<[u8; 16], Vec<u8>>,
    /// Whether the walk is passing over zeros that a power cut left.
    in_hole: bool,
    /// The last frame that was noted when it did; looked for once.
    noted: Option<Position>,
    /// The segments they stand in, with their salts.
    segments: HashMap<u64, (Arc<dyn File>, [u8; 16])>,
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Position,
    bytes: usize,
    id: u64,
    session: Option<u64>,
    /// Its client submitted it before: what stands for it is told, and it has no parts.
    is_repeat: bool,
}

impl Live {
    pub(crate) fn new(store: &Store, tenant: &str) -> Self {
        Self {
            store: store.clone(),
            tenant: tenant.to_owned(),
            walk: walk(store, Position::START),
            recent: Recent::default(),
            repeats: Repeats::default(),
            unfilled: None,
            frames: Vec::new(),
            grants: HashMap::new(),
            in_hole: false,
            noted: None,
            segments: HashMap::new(),
        }
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Drops what stands before `from` and takes in what was appended since; false if segments
    /// vanished meanwhile, unless this is the `last` try: then they are gone for good.
    pub(crate) fn refresh(&mut self, from: Position, last: bool) -> Result<bool, Error> {
        if from > self.walk.position() {
            self.restart(from);
        } else {
            self.frames.retain(|place| place.at >= from);
            self.segments.retain(|number, _| *number >= from.segment);
        }
        self.read_on(from, last)
    }

    /// The leaf of the event `number`.
    pub(crate) fn leaf(&self, number: u64) -> Result<Option<Vec<u8>>, Error> {
        self.with(number, |record, is_repeat| {
            let duplicate = if is_repeat { Duplicate::of(record) } else { None };
            duplicate.map_or_else(|| record.leaf.to_vec(), |duplicate| duplicate.leaf)
        })
    }

    /// The grants and parts of the event `number`.
    pub(crate) fn parts(&self, number: u64) -> Result<Option<Vec<u8>>, Error> {
        let parts = |record: &Record<'_>, is_repeat| match is_repeat {
            true => Vec::new(),
            false => record.parts.to_vec(),
        };
        self.with(number, parts)
    }

    /// The bytes of a grant that stood in one of the frames.
    pub(crate) fn grant(&self, id: &[u8; 16]) -> Option<Vec<u8>> {
        self.grants.get(id).cloned()
    }

    /// The numbers of the events that bear a name.
    pub(crate) fn find(&self, kind: Kind, name: &str) -> Result<Vec<u64>, Error> {
        let key = Some(kind.key(name));
        let mut found = Vec::new();
        for (number, place) in (0..).zip(&self.frames) {
            let theirs = if kind == Kind::Id { Some(place.id) } else { place.session };
            if theirs == key && self.leaf(number)?.is_some_and(|leaf| kind.is_of(&leaf, name)) {
                found.push(number);
            }
        }
        Ok(found)
    }

    fn restart(&mut self, from: Position) {
        self.frames.clear();
        self.recent = Recent::default();
        self.repeats = Repeats::default();
        self.segments.clear();
        self.walk = walk(&self.store, from);
        self.in_hole = false;
        self.unfilled = Some(from);
    }

    fn read_on(&mut self, from: Position, last: bool) -> Result<bool, Error> {
        loop {
            match self.walk.next_item()? {
                Item::Frame { at, next, record } => {
                    if let Some(until) = self.unfilled {
                        if let Err(error) = self.recent.fill(&self.store, until) {
                            // The frame is to be met again.
                            self.walk = walk(&self.store, at);
                            return Err(error);
                        }
                        self.unfilled = None;
                    }
                    let known = self.recent.is_known(at, &record.record_id);
                    if record.tenant != self.tenant || known {
                        continue;
                    }
                    let again = self.repeats.is_repeat(&self.store, at, &record);
                    let again = match again {
                        Err(error) => {
                            self.walk = walk(&self.store, at);
                            return Err(error);
                        }
                        Ok(again) => again,
                    };
                    if at < from {
                        continue;
                    }
                    let Ok(passed) = check(&record) else {
                        self.repeats.refused(&record);
                        continue;
                    };
                    let duplicate = if again { Duplicate::of(&record) } else { None };
                    if self.frames.len() >= LIVE_FRAMES_MAX {
                        let path = self.store.places().wal();
                        let what = "more frames wait to be integrated than a reader can hold";
                        return Err(Error::Damaged { path, what });
                    }
                    let bytes = usize::try_from(next.offset - at.offset).unwrap_or_default();
                    if self.grants.len() >= LIVE_GRANTS_MAX {
                        self.grants.clear();
                    }
                    for stored in &passed.items {
                        if let vault::Item::Grant(grant) = stored.item {
                            self.grants.insert(grant.id, stored.bytes.to_vec());
                        }
                    }
                    let is_repeat = duplicate.is_some();
                    let facts = duplicate.map_or(passed.facts, |duplicate| duplicate.facts);
                    let Facts { id, session, .. } = facts;
                    self.frames.push(Place { at, bytes, id, session, is_repeat });
                    if !self.segments.contains_key(&at.segment) {
                        self.segments.extend(self.walk.segment().map(|open| (at.segment, open)));
                    }
                }
                Item::Damage(damage) => {
                    let is_gone = damage.kind == DamageKind::MissingSegment;
                    // Most likely it was integrated and deleted while this reader was on its way.
                    if is_gone && damage.segment >= from.segment && !last {
                        return Ok(false);
                    }
                }
                Item::End(at) | Item::Unclear(at) => {
                    if !self.pass_hole(at) {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Goes on behind the zeros and torn frames that a power cut left, if a frame was appended
    /// behind them since, so that they are not in the making; false if there is none.
    fn pass_hole(&mut self, end: Position) -> bool {
        let (files, places) = (self.store.files(), self.store.places());
        let last = last_noted(files.as_ref(), &places.wal_lock());
        if std::mem::take(&mut self.in_hole) {
            // Read as far as was noted: from here on as before.
            self.walk = walk(&self.store, end);
            return true;
        }
        let Some(last) = last.filter(|last| *last >= end && self.noted != Some(*last)) else {
            return false;
        };
        let tail = Position { offset: last.offset + 1, ..last };
        let walk = Walk::new(files.clone(), places.clone(), end, Judge::Holding);
        self.walk = walk.until(tail);
        self.in_hole = true;
        self.noted = Some(last);
        true
    }

    fn with<T>(
        &self,
        number: u64,
        take: impl Fn(&Record<'_>, bool) -> T,
    ) -> Result<Option<T>, Error> {
        let place = usize::try_from(number).ok().and_then(|number| self.frames.get(number));
        let Some(place) = place else { return Ok(None) };
        let path = self.store.places().segment(place.at.segment);
        let Some((file, salt)) = self.segments.get(&place.at.segment) else { return Ok(None) };
        let mut bytes = vec![0; place.bytes];
        read_full_at(file.as_ref(), &mut bytes, place.at.offset).doing("read", &path)?;
        match frame::decode(&bytes, salt, place.at.offset) {
            Ok((record, _)) => Ok(Some(take(&record, place.is_repeat))),
            Err(_) => Err(Error::Damaged { path, what: "a frame changed after it was read" }),
        }
    }
}

fn walk(store: &Store, from: Position) -> Walk {
    Walk::new(store.files().clone(), store.places().clone(), from, Judge::Waiting)
}
