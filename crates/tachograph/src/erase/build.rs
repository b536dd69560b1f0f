//! Given what is to go from one tenant, plans what is written over in its day files.
//!
//! - A part that goes becomes a tombstone; where that has no room, one without digests, and a whole
//!   one in `tombstones.tv`.
//! - A block that loses parts is packed again where it stands; their tombstones stand in
//!   `tombstones.tv`.
//! - A grant none of whose parts stay loses its wrap. One that loses some parts gets another key,
//!   and its other parts are sealed again: the old key opens what an old copy of the store holds.
//! - Grants of a day whose key was replaced are wrapped to the new one, those of the master to the
//!   new master.

use std::collections::{HashMap, HashSet};

use tacho_event::privacy::Class;

use super::expire::leaf_digests;
use super::find::Found;
use super::plan::{self, Plan};
use super::sums::Lost;
use crate::log::Log;
use crate::parts::Records;
use crate::vault::cipher::{Expander, Key, random_key};
use crate::vault::grant::{To, open_outer, wrap, wrap_day_again};
use crate::vault::open::open_grant;
use crate::vault::part;
use crate::vault::rows::Name;
use crate::vault::{
    Block, Entry, Grant, GrantKind, Item, Packing, Part, SharedRing, Tomb, VaultError, emptied,
    hold, pack_block,
};
use crate::world::World;

/// What is done to one tenant.
pub(crate) struct Build<'a> {
    pub(crate) ring: &'a SharedRing,
    pub(crate) log: &'a Log,
    pub(crate) world: &'a dyn World,
    pub(crate) ticket: [u8; 16],
    pub(crate) reason: u8,
    pub(crate) found: &'a Found,
    /// Days whose keys were replaced.
    pub(crate) fresh: &'a HashSet<(Class, u32)>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// What each class lost under this ticket, now and before.
    pub(crate) lost: HashMap<Class, Lost>,
    /// Grants and records that are gone, for the list beside the keys.
    pub(crate) grants: HashSet<[u8; 16]>,
    pub(crate) records: Vec<[u8; 16]>,
    /// Days of which parts go whose keys were not replaced, and should have been.
    pub(crate) uncovered: HashSet<(Class, u32)>,
}

/// Whole tombstones that stand elsewhere, by leaf.
type Tombs = Vec<(u64, Vec<u8>)>;

/// What one day file holds of what goes.
#[derive(Default)]
pub(super) struct Survey {
    /// Grants of parts that go, and whether others of their parts stay.
    losing: HashMap<[u8; 16], bool>,
    pub(super) has_master: bool,
    /// Where grants stand, and what holds something that goes.
    places: Vec<u64>,
}

impl Survey {
    /// Where something may have to be written over; none for anywhere: what stays of a grant that
    /// loses some of its parts is sealed again.
    fn places(&self) -> Option<&[u64]> {
        (!self.losing.values().any(|stays| *stays)).then_some(&self.places)
    }
}

impl Build<'_> {
    /// Plans every day file.
    pub(crate) fn all(&self, plan: &mut Plan) -> Result<Built, VaultError> {
        let mut built = Built::default();
        for class in Class::ALL {
            plan::mend_tombs(self.log.store().files().as_ref(), self.log.places(), class)?;
            if let Some(mut tombs) = self.log.part_files().tombstones(class)? {
                while let Some(record) = tombs.next_record()? {
                    if let (Item::Tomb(tomb), Some(leaf)) = (record.item, record.leaf)
                        && tomb.ticket == self.ticket
                    {
                        built.lost.entry(class).or_default().put(leaf, tomb.digests);
                    }
                }
            }
            for day in self.log.part_files().days(class)? {
                let survey = self.survey(class, day, &mut built)?;
                let is_fresh = self.fresh.contains(&(class, day));
                if survey.losing.is_empty() && !survey.has_master && !is_fresh {
                    continue;
                }
                self.day(class, day, &survey, plan, &mut built)?;
            }
        }
        Ok(built)
    }

    fn records(&self, class: Class, day: u32) -> Result<Option<Records>, VaultError> {
        Ok(self.log.part_files().day(class, day)?)
    }

    pub(super) fn survey(
        &self,
        class: Class,
        day: u32,
        built: &mut Built,
    ) -> Result<Survey, VaultError> {
        let mut survey = Survey::default();
        let Some(mut records) = self.records(class, day)? else { return Ok(survey) };
        let mut staying = HashSet::new();
        while let Some(record) = records.next_record()? {
            match (record.item, record.leaf) {
                (Item::Grant(grant), _) => {
                    survey.has_master |= grant.kind == GrantKind::Master;
                    survey.places.push(record.offset);
                }
                (Item::Part(part), Some(leaf)) if self.found.is_named(leaf, &part) => {
                    survey.losing.entry(part.grant_id).or_insert(false);
                    survey.places.push(record.offset);
                }
                (Item::Part(part), _) => {
                    staying.insert(part.grant_id);
                }
                (Item::Block(block), _) => {
                    let mut goes = false;
                    for entry in block.entries() {
                        if self.found.is_named(entry.leaf, &block.part(&entry)) {
                            survey.losing.entry(block.grant_id).or_insert(false);
                            goes = true;
                        } else {
                            staying.insert(block.grant_id);
                        }
                    }
                    survey.places.extend(goes.then_some(record.offset));
                }
                // What went under this ticket before it was interrupted, or called done.
                (Item::Tomb(tomb), Some(leaf)) if tomb.ticket == self.ticket => {
                    let digests = leaf_digests(self.log, leaf, class)?;
                    built.lost.entry(class).or_default().put(leaf, &digests);
                }
                (Item::Tomb(_), _) => {}
            }
        }
        survey.losing.iter_mut().for_each(|(grant, stays)| *stays = staying.contains(grant));
        Ok(survey)
    }

    pub(super) fn day(
        &self,
        class: Class,
        day: u32,
        survey: &Survey,
        plan: &mut Plan,
        built: &mut Built,
    ) -> Result<(), VaultError> {
        let Some(mut records) = self.records(class, day)? else { return Ok(()) };
        let tenant = self.log.tenant();
        let mut again = HashMap::new();
        let mut places = survey.places().map(<[u64]>::iter);
        loop {
            if let Some(places) = &mut places {
                let Some(place) = places.next() else { break };
                records.seek(*place);
            }
            let Some(record) = records.next_record()? else { break };
            match (record.item, record.leaf) {
                (Item::Grant(grant), _) => {
                    if let Some(bytes) = self.grant(&grant, survey, built, &mut again) {
                        plan.put(tenant, (class, day), record.offset, &bytes);
                    }
                }
                (Item::Part(part), Some(leaf)) if self.found.is_named(leaf, &part) => {
                    let (tomb, homeless) = self.tomb(&part, leaf, record.bytes.len(), built)?;
                    plan.put(tenant, (class, day), record.offset, &led(leaf, &tomb));
                    if let Some(whole) = homeless {
                        plan.put(tenant, (class, plan::NOWHERE), 0, &led(leaf, &whole));
                    }
                }
                (Item::Part(part), Some(leaf)) => {
                    if let Some(keys) = again.get(&part.grant_id)
                        && let Some(bytes) = self.seal_again(&part, keys)
                    {
                        plan.put(tenant, (class, day), record.offset, &led(leaf, &bytes));
                    }
                }
                (Item::Block(block), Some(first)) => {
                    let again = again.get(&block.grant_id);
                    let room = record.bytes.len();
                    let (bytes, tombs) = self.block(&block, room, again, built)?;
                    if let Some(bytes) = bytes {
                        // Led as it was: the order of the file stays.
                        plan.put(tenant, (class, day), record.offset, &led(first, &bytes));
                    }
                    for (leaf, tomb) in tombs {
                        plan.put(tenant, (class, plan::NOWHERE), 0, &led(leaf, &tomb));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What is to stand where a block stands, if anything else, and the tombstones of what goes.
    fn block(
        &self,
        block: &Block<'_>,
        room: usize,
        again: Option<&(Expander, Expander)>,
        built: &mut Built,
    ) -> Result<(Option<Vec<u8>>, Tombs), VaultError> {
        let is_named = |entry: &Entry| self.found.is_named(entry.leaf, &block.part(entry));
        let (going, staying): (Vec<Entry>, Vec<Entry>) = block.entries().partition(is_named);
        let mut tombs = Vec::new();
        for entry in &going {
            let (_, whole) = self.tomb(&block.part(entry), entry.leaf, 0, built)?;
            tombs.extend(whole.map(|whole| (entry.leaf, whole)));
            if self.found.grants.contains(&block.grant_id) {
                // In a copy of before it was packed, it stands under another grant.
                built.records.push(entry.record_id);
            }
        }
        if going.is_empty() && again.is_none() {
            return Ok((None, tombs));
        }
        if staying.is_empty() {
            return Ok((Some(emptied(block, room)), tombs));
        }
        let path = self.log.places().class(block.class);
        let origin = hold(self.ring).origin(self.log.tenant())?;
        let opened = block.open(again.map(|keys| &keys.0), origin.as_str());
        let damaged = |what| VaultError::Damaged { path: path.clone(), what };
        let mut parts = opened.map_err(|_| damaged("a block that is to lose parts stays shut"))?;
        parts.retain(|(entry, _)| !is_named(entry));
        let packing = Packing {
            grant_id: block.grant_id,
            class: block.class,
            origin: origin.as_str(),
            key: again.map(|keys| &keys.1),
            world: self.world,
        };
        let packed = pack_block(&packing, &parts, Some(room));
        Ok((Some(packed.ok_or_else(|| damaged("what is left of a block has no room"))?), tombs))
    }

    /// What is to stand where a grant stands; none if it may stay.
    fn grant(
        &self,
        grant: &Grant<'_>,
        survey: &Survey,
        built: &mut Built,
        again: &mut HashMap<[u8; 16], (Expander, Expander)>,
    ) -> Option<Vec<u8>> {
        let place = (grant.class, grant.day);
        if grant.kind == GrantKind::Open {
            return None;
        }
        let is_persons = self.found.grants.contains(&grant.id);
        match survey.losing.get(&grant.id) {
            Some(false) => {
                built.grants.insert(grant.id);
                if !is_persons && grant.kind != GrantKind::Master && !self.fresh.contains(&place) {
                    built.uncovered.insert(place);
                }
                let zeros = vec![0; grant.wrap.len()];
                Some(encoded(grant, &zeros))
            }
            None if is_persons => Some(encoded(grant, &vec![0; grant.wrap.len()])),
            Some(true) => {
                if grant.kind != GrantKind::Master && !self.fresh.contains(&place) {
                    built.uncovered.insert(place);
                }
                let old = self.open(grant)?;
                let new = random_key(self.world);
                let wrap = self.wrap(grant, &new)?;
                again.insert(grant.id, (Expander::new(&old), Expander::new(&new)));
                Some(encoded(grant, &wrap))
            }
            None if grant.kind == GrantKind::Master => {
                let wrap = self.wrap(grant, &self.open(grant)?)?;
                Some(encoded(grant, &wrap))
            }
            None if self.fresh.contains(&place) => {
                let wrap = self.wrap_outer(grant)?;
                Some(encoded(grant, &wrap))
            }
            None => None,
        }
    }

    fn open(&self, grant: &Grant<'_>) -> Option<Key> {
        let mut ring = hold(self.ring);
        let origin = ring.origin(self.log.tenant()).ok()?;
        open_grant(&mut ring, self.log.tenant(), origin.as_str(), grant)
    }

    /// Wraps a key as its grant was, to the keys of now.
    fn wrap(&self, grant: &Grant<'_>, key: &Key) -> Option<Vec<u8>> {
        let mut ring = hold(self.ring);
        let tenant = self.log.tenant();
        let origin = ring.origin(tenant).ok()?;
        let header = grant.header();
        let master = ring.master_public().ok()?;
        if grant.kind == GrantKind::Master {
            return wrap(&header, origin.as_str(), key, To::Master(&master), self.world);
        }
        let day = ring.day(tenant, grant.class, grant.day)?;
        if grant.kind == GrantKind::Day {
            return wrap(&header, origin.as_str(), key, To::Day(&day), self.world);
        }
        let days = ring.secrets(tenant, Name::Day(grant.class, grant.day));
        let mut days = days.iter();
        let inner = days.find_map(|day| open_outer(grant, origin.as_str(), day).ok())?;
        let subject = ring.subject_key(tenant, &inner.name)?;
        let to = To::DaySubject(&day, &inner.name, &subject);
        wrap(&header, origin.as_str(), key, to, self.world)
    }

    /// Wraps what a grant holds to the day's new key.
    fn wrap_outer(&self, grant: &Grant<'_>) -> Option<Vec<u8>> {
        if grant.kind == GrantKind::Day {
            return self.wrap(grant, &self.open(grant)?);
        }
        let mut ring = hold(self.ring);
        let tenant = self.log.tenant();
        let origin = ring.origin(tenant).ok()?;
        let day = ring.day(tenant, grant.class, grant.day)?;
        let days = ring.secrets(tenant, Name::Day(grant.class, grant.day));
        let mut days = days.iter();
        let inner = days.find_map(|day| open_outer(grant, origin.as_str(), day).ok())?;
        wrap_day_again(&grant.header(), origin.as_str(), &inner, &day, self.world)
    }

    /// A part under its grant's new key, as long as it was.
    fn seal_again(&self, part: &Part<'_>, keys: &(Expander, Expander)) -> Option<Vec<u8>> {
        let origin = hold(self.ring).origin(self.log.tenant()).ok()?;
        let mut nonce = [0; 12];
        self.world.fill(&mut nonce);
        part::seal_again((&keys.0, &keys.1), part, nonce, origin.as_str()).ok()
    }

    /// The tombstone of a part, as long as the part; and the whole one if that has no room.
    fn tomb(
        &self,
        part: &Part<'_>,
        leaf: u64,
        room: usize,
        built: &mut Built,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), VaultError> {
        let digests = leaf_digests(self.log, leaf, part.class)?;
        built.lost.entry(part.class).or_default().put(leaf, &digests);
        built.records.push(part.record_id);
        let tomb = Tomb {
            record_id: part.record_id,
            grant_id: part.grant_id,
            class: part.class,
            reason: self.reason,
            ticket: self.ticket,
            digests: &digests,
        };
        let mut bytes = Vec::new();
        tomb.encode(&mut bytes);
        let mut homeless = None;
        if bytes.len() > room {
            homeless = Some(std::mem::take(&mut bytes));
            Tomb { digests: b"", ..tomb }.encode(&mut bytes);
        }
        Tomb::fill_up(&mut bytes, room);
        Ok((bytes, homeless))
    }
}

/// A record of a day file: the leaf's index, and what stands for it.
fn led(leaf: u64, bytes: &[u8]) -> Vec<u8> {
    [&leaf.to_be_bytes()[..], bytes].concat()
}

/// Calls `each` with leaf, class, day and bytes of every part that is named.
pub(crate) fn each_named(
    log: &Log,
    found: &Found,
    each: &mut dyn FnMut(u64, Class, u32, u64),
) -> Result<(), VaultError> {
    if found.is_empty() {
        return Ok(());
    }
    for class in Class::ALL {
        for day in log.part_files().days(class)? {
            let Some(mut records) = log.part_files().day(class, day)? else { continue };
            while let Some(record) = records.next_record()? {
                match (record.item, record.leaf) {
                    (Item::Part(part), Some(leaf)) if found.is_named(leaf, &part) => {
                        each(leaf, class, day, record.bytes.len() as u64);
                    }
                    (Item::Block(block), _) => {
                        let share = record.bytes.len() / block.entries().count().max(1);
                        for entry in block.entries() {
                            if found.is_named(entry.leaf, &block.part(&entry)) {
                                each(entry.leaf, class, day, share as u64);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn encoded(grant: &Grant<'_>, wrap: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Grant { wrap, ..*grant }.encode(&mut bytes);
    bytes
}
