//! Given frames of writers that hold public keys alone, gives their parts sealed to day and person.
//!
//! Such a writer makes a grant for each part and wraps it to the master, which whoever holds the
//! master opens for as long as that lives. Here the part is sealed again, under the one grant that
//! the integrator has for its class, day and person: erasing the person then ends it, and a store
//! holds few grants.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tacho_event::json::Object;
use tacho_event::privacy::{Class, reveal};

use super::codec::{GrantKind, Item, Part};
use super::open::{Opener, Opening};
use super::seal::{Sealer, SharedRing, hold};
use super::subject::subject_of;
use crate::world::World;

/// Opens and seals again; for one integrator.
pub(crate) struct Rewrapper {
    ring: SharedRing,
    world: Arc<dyn World>,
    tenants: HashMap<String, (Opener, Sealer)>,
    /// Parts that no key opened; they stay as they are.
    pub(crate) unopened: u64,
}

/// A part under its new grant.
#[derive(Debug)]
pub(crate) struct Rewrapped {
    pub(crate) grant_id: [u8; 16],
    pub(crate) grant: Vec<u8>,
    pub(crate) part: Vec<u8>,
}

/// Tells the bytes of a grant.
pub(crate) type Lookup<'f> = &'f dyn Fn(&Part<'_>) -> Option<Vec<u8>>;

impl fmt::Debug for Rewrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rewrapper")
    }
}

impl Rewrapper {
    pub(crate) fn new(ring: SharedRing, world: Arc<dyn World>) -> Self {
        Self { ring, world, tenants: HashMap::new(), unopened: 0 }
    }

    /// Forgets what it knows of the keys: another process may have rotated them.
    pub(crate) fn forget(&mut self) {
        self.tenants.clear();
    }

    /// Whether a frame was sealed under keys of before: some of them may be destroyed.
    pub(crate) fn is_late(&self, generation: u32) -> bool {
        generation < hold(&self.ring).generation()
    }

    /// How many of these parts no key opens.
    pub(crate) fn count_unopened(
        &mut self,
        tenant: &str,
        parts: &[Part<'_>],
        find: Lookup<'_>,
    ) -> usize {
        let Some((opener, _)) = self.of(tenant) else { return 0 };
        let mut find = |part: &Part<'_>| find(part);
        let is_shut = |part: &&Part<'_>| matches!(opener.look(part, &mut find), Opening::NoKey);
        parts.iter().filter(is_shut).count()
    }

    fn of(&mut self, tenant: &str) -> Option<&mut (Opener, Sealer)> {
        if !self.tenants.contains_key(tenant) {
            let opener = Opener::new(self.ring.clone(), tenant).ok()?;
            let sealer = Sealer::with_ring(self.ring.clone(), tenant).ok()?;
            self.tenants.insert(tenant.to_owned(), (opener, sealer));
        }
        self.tenants.get_mut(tenant)
    }

    /// The parts of one event that a master grant holds, sealed again, each with its place among
    /// `parts`. None of them if their person cannot be told.
    pub(crate) fn rewrap(
        &mut self,
        tenant: &str,
        leaf: &Object,
        day: u32,
        parts: &[Part<'_>],
        find: Lookup<'_>,
    ) -> Vec<(usize, Rewrapped)> {
        let masters: Vec<usize> = (0..)
            .zip(parts)
            .filter(|(_, part)| kind_of(part, find) == Some(GrantKind::Master))
            .map(|(at, _)| at)
            .collect();
        if masters.is_empty() {
            return Vec::new();
        }
        let outcome = self.open(tenant, leaf, day, parts, &masters, find);
        if outcome.is_none() {
            self.unopened += masters.len() as u64;
        }
        outcome.unwrap_or_default()
    }

    fn open(
        &mut self,
        tenant: &str,
        leaf: &Object,
        day: u32,
        parts: &[Part<'_>],
        masters: &[usize],
        find: Lookup<'_>,
    ) -> Option<Vec<(usize, Rewrapped)>> {
        let world = self.world.clone();
        let (opener, sealer) = self.of(tenant)?;
        let mut find = |part: &Part<'_>| find(part);
        let plaintexts: Option<Vec<_>> =
            parts.iter().map(|part| opener.plaintext(part, &mut find)).collect();
        let plaintexts = plaintexts?;
        let mut opened = super::Opened::default();
        for (part, plaintext) in parts.iter().zip(&plaintexts) {
            opened.take(part, plaintext);
        }
        // What the leaf does not commit to is nobody's, and stays as it is.
        let event = reveal(leaf, &opened.disclosures).ok()?;
        let subject = subject_of(&event);
        let mut rewrapped = Vec::new();
        for at in masters {
            let (part, plaintext) = (parts.get(*at)?, plaintexts.get(*at)?);
            let sealed = sealer.reseal(part, day, subject, plaintext, world.as_ref())?;
            rewrapped.push((*at, sealed));
        }
        Some(rewrapped)
    }
}

/// The class and kind of the grant that a part stands under.
fn kind_of(part: &Part<'_>, find: Lookup<'_>) -> Option<GrantKind> {
    if part.is_plain() {
        return Some(GrantKind::Open);
    }
    match Item::decode(&find(part)?) {
        Ok((Item::Grant(grant), _)) => Some(grant.kind),
        _ => None,
    }
}

/// A leaf has the same day for all its classes.
pub(crate) fn leaf_day(leaf: &Object) -> Option<u32> {
    let of = |class: Class| leaf.object(class.as_str())?.get("day")?.as_i64();
    Class::ALL.into_iter().find_map(of).and_then(|day| u32::try_from(day).ok())
}
