//! Given parts and the keys, gives what they say: the side of a reader that may.

use std::collections::HashMap;

use tacho_event::privacy::{Class, Disclosure};
use zeroize::Zeroizing;

use super::block::{Block, Entry, Unpacked};
use super::cipher::{Expander, Key, Sealed};
use super::codec::{Grant, GrantKind, Item, Part, items};
use super::grant::{open_day, open_inner, open_master, open_outer};
use super::plain::Opened;
use super::ring::KeyRing;
use super::rows::Name;
use super::seal::{SharedRing, hold};
use super::{part, plain};
use crate::limits::OPENER_GRANTS_MAX;

/// Opens the parts of one tenant.
#[derive(Debug)]
pub struct Opener {
    ring: SharedRing,
    tenant: String,
    origin: String,
    /// Keys of grants that were opened; none for one that does not open.
    grants: HashMap<[u8; 16], Option<Expander>>,
    /// The last block that was opened: events that are read together often stand in one.
    last: Option<([u8; 16], Unpacked)>,
}

/// What became of an attempt to open a part.
pub(crate) enum Opening {
    /// It opened.
    Open(Zeroizing<Vec<u8>>),
    /// The key of its grant is not at hand, or no more.
    NoKey,
    /// It does not open with the key of its grant.
    Broken,
}

/// Finds the bytes of a grant that does not stand beside its part.
pub type FindGrant<'f> = &'f mut dyn FnMut(&Part<'_>) -> Option<Vec<u8>>;

impl Opener {
    /// A reader with these keys.
    ///
    /// # Errors
    /// Why the tenant's keys could not be read.
    pub fn new(ring: SharedRing, tenant: &str) -> Result<Self, super::VaultError> {
        let mut held = hold(&ring);
        held.reload(tenant)?;
        let origin = held.origin(tenant)?.as_str().to_owned();
        drop(held);
        Ok(Self { ring, tenant: tenant.to_owned(), origin, grants: HashMap::new(), last: None })
    }

    /// Opens the parts of one event. Those that do not open are named in `sealed`.
    pub fn open(&mut self, parts: &[u8], find: FindGrant<'_>) -> Opened {
        self.open_of(None, parts, find)
    }

    /// Opens what is stored for a leaf; of blocks, the parts of the leaf.
    pub(crate) fn open_of(
        &mut self,
        leaf: Option<u64>,
        parts: &[u8],
        find: FindGrant<'_>,
    ) -> Opened {
        let mut opened = plain::open_of(leaf, parts);
        opened.sealed.clear();
        for item in items(parts).flatten() {
            match item {
                Item::Grant(grant) => self.learn(&grant),
                Item::Part(part) if !part.is_plain() => match self.plaintext(&part, find) {
                    Some(plaintext) => opened.take(&part, &plaintext),
                    None => opened.sealed.push(part.class),
                },
                Item::Block(block) if !block.is_plain() => {
                    if leaf.is_some() && self.unpack(&block, find).is_some() {
                        let parts = self.last.as_ref().map_or(&[][..], |(_, parts)| parts);
                        opened.take_block(&block, leaf, parts);
                    } else {
                        opened.sealed.push(block.class);
                    }
                }
                Item::Part(_) | Item::Block(_) | Item::Tomb(_) => {}
            }
        }
        opened
    }

    /// The plaintext of a part, sealed or not; none if it does not open.
    pub(crate) fn plaintext(
        &mut self,
        part: &Part<'_>,
        find: FindGrant<'_>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        match self.look(part, find) {
            Opening::Open(plaintext) => Some(plaintext),
            Opening::NoKey | Opening::Broken => None,
        }
    }

    /// What a part says, or why it does not open.
    pub(crate) fn look(&mut self, part: &Part<'_>, find: FindGrant<'_>) -> Opening {
        if part.is_plain() {
            return Opening::Open(Zeroizing::new(part.body.to_vec()));
        }
        self.meet(part, find);
        let Some(Some(key)) = self.grants.get(&part.grant_id) else { return Opening::NoKey };
        part::open(key, part, &self.origin).map_or(Opening::Broken, Opening::Open)
    }

    /// What a sealed block holds; none without its key.
    pub(crate) fn look_block(
        &mut self,
        block: &Block<'_>,
        find: FindGrant<'_>,
    ) -> Result<Option<Unpacked>, Sealed> {
        let Some(first) = block.entries().next() else { return Ok(None) };
        self.meet(&block.part(&first), find);
        let Some(Some(key)) = self.grants.get(&block.grant_id) else { return Ok(None) };
        block.open(Some(key), &self.origin).map(Some)
    }

    /// The plaintexts of a block's parts; none if it does not open.
    pub(crate) fn block(&mut self, block: &Block<'_>, find: FindGrant<'_>) -> Option<Unpacked> {
        self.unpack(block, find)?;
        self.last.take().map(|(_, parts)| parts)
    }

    fn unpack(&mut self, block: &Block<'_>, find: FindGrant<'_>) -> Option<()> {
        if self.last.as_ref().is_some_and(|(id, _)| *id == block.id) {
            return Some(());
        }
        let first = block.entries().next()?;
        self.meet(&block.part(&first), find);
        let key = self.grants.get(&block.grant_id).and_then(Option::as_ref);
        let parts = block.open(key, &self.origin).ok()?;
        self.last = Some((block.id, parts));
        Some(())
    }

    /// Opens the grant of a part that stands elsewhere.
    fn meet(&mut self, part: &Part<'_>, find: FindGrant<'_>) {
        if !self.grants.contains_key(&part.grant_id)
            && let Some(bytes) = find(part)
            && let Ok((Item::Grant(grant), _)) = Item::decode(&bytes)
            && grant.id == part.grant_id
        {
            self.learn(&grant);
        }
    }

    /// Whether a grant opens with the key of its day; none where that is not at hand, is not what
    /// the grant is wrapped to, or took the place of one that it may be wrapped to.
    pub(crate) fn is_of_day(&self, grant: &Grant<'_>) -> Option<bool> {
        let is_erased = grant.wrap.iter().all(|byte| *byte == 0);
        if is_erased || !matches!(grant.kind, GrantKind::Day | GrantKind::DaySubject) {
            return None;
        }
        let mut ring = hold(&self.ring);
        let days = ring.secrets(&self.tenant, Name::Day(grant.class, grant.day));
        let is_second = ring.is_second(&self.tenant, grant.class, grant.day);
        let opens = |day: &Key| match grant.kind {
            GrantKind::Day => open_day(grant, &self.origin, day).is_ok(),
            _ => open_outer(grant, &self.origin, day).is_ok(),
        };
        let is_open = days.iter().any(opens);
        (is_open || !days.is_empty() && !is_second).then_some(is_open)
    }

    /// Opens a grant, once.
    pub(crate) fn learn(&mut self, grant: &Grant<'_>) {
        if self.grants.contains_key(&grant.id) || grant.kind == GrantKind::Open {
            return;
        }
        if self.grants.len() >= OPENER_GRANTS_MAX {
            self.grants.clear();
        }
        let key = open_grant(&mut hold(&self.ring), &self.tenant, &self.origin, grant);
        self.grants.insert(grant.id, key.as_ref().map(Expander::new));
    }
}

/// The key of a grant, by whatever opens it.
pub(crate) fn open_grant(
    ring: &mut KeyRing,
    tenant: &str,
    origin: &str,
    grant: &Grant<'_>,
) -> Option<Key> {
    let day = Name::Day(grant.class, grant.day);
    match grant.kind {
        GrantKind::Master => {
            let mut masters = ring.master.all();
            masters.find_map(|master| open_master(grant, origin, master).ok())
        }
        GrantKind::Day => {
            let mut days = ring.secrets(tenant, day).into_iter();
            days.find_map(|day| open_day(grant, origin, &day).ok())
        }
        GrantKind::DaySubject => {
            let mut days = ring.secrets(tenant, day).into_iter();
            let inner = days.find_map(|day| open_outer(grant, origin, &day).ok())?;
            let mut subjects = ring.secrets(tenant, Name::Subject(inner.name)).into_iter();
            subjects.find_map(|subject| open_inner(grant, origin, &inner, &subject).ok())
        }
        GrantKind::Open => None,
    }
}

impl Opened {
    /// Takes in what a part says.
    pub(super) fn take(&mut self, part: &Part<'_>, plaintext: &[u8]) {
        match Disclosure::of_part(part.class, plaintext) {
            Ok(disclosures) if disclosures.len() == usize::from(part.pairs) => {
                self.disclosures.extend(disclosures);
            }
            Ok(_) => self.problems.push(plain::broken("a part does not hold its pairs")),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// Takes in the parts of a leaf that stand in a block.
    pub(super) fn take_block(
        &mut self,
        block: &Block<'_>,
        leaf: Option<u64>,
        parts: &[(Entry, Zeroizing<Vec<u8>>)],
    ) {
        for (entry, plaintext) in parts.iter().filter(|(entry, _)| Some(entry.leaf) == leaf) {
            self.take(&block.part(entry), plaintext);
        }
    }

    /// The classes that are there and do not open, each once.
    pub fn sealed_classes(&self) -> Vec<Class> {
        let mut classes = self.sealed.clone();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}

/// No grant stands elsewhere.
pub fn nowhere(_: &Part<'_>) -> Option<Vec<u8>> {
    None
}
