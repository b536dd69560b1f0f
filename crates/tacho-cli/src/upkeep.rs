//! Given a place, gives the rooms that `tacho maintain` looks after beside the trunk's own: closed
//! days that are packed, and anchors that are asked.

use crate::anchoring;
use crate::failure::Failure;
use crate::place::Place;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tacho_event::{Span, Timestamp};
use tachograph::anchor::{self, Anchors, Trouble, Which};
use tachograph::maintain::{Kept, Upkeep};
use tachograph::retain::{Terms, Tier};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::Store;
use tachograph::vault::{SharedRing, VaultError};
use tachograph::{Ack, Log, pack};

const DAY_MICROS: i64 = 86_400_000_000;

/// Packs the days that are older than `retention.warm`.
#[derive(Debug)]
pub(crate) struct Packing {
    ring: SharedRing,
    terms: Terms,
}

impl Packing {
    pub(crate) fn new(ring: SharedRing, terms: Terms) -> Self {
        Self { ring, terms }
    }
}

impl Upkeep for Packing {
    fn name(&self) -> &'static str {
        "pack"
    }

    fn run(&mut self, store: &Store, tenant: &str, now: Timestamp) -> Result<Kept, VaultError> {
        let world = Place::world();
        let is_over = |day: u32| {
            let age = now.day().saturating_sub(i64::from(day));
            self.terms.tier(u32::try_from(age).unwrap_or(0)) >= Tier::Cold
        };
        let closed = pack::plan(store, world.as_ref(), tenant)?;
        let (due, later): (Vec<_>, Vec<_>) = closed.into_iter().partition(|one| is_over(one.day));
        // A day that is packed is behind `warm` whole days.
        let next = self.terms.warm.days().and_then(|warm| {
            let first = later.iter().map(|one| one.day).min()?;
            let micros = (i64::from(first) + i64::from(warm) + 1).saturating_mul(DAY_MICROS);
            Some(Timestamp::from_micros(micros))
        });
        let packed = pack::apply(store, &world, Some(&self.ring), &due)?;
        let before: u64 = packed.iter().map(|one| one.due.bytes).sum();
        let after: u64 = packed.iter().map(|one| one.bytes).sum();
        let did = (!packed.is_empty())
            .then(|| format!("{} days packed, {before} bytes are {after}", packed.len()));
        Ok(Kept { did, next })
    }
}

/// What somebody outside did not do, or had to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unanswered {
    pub(crate) tenant: String,
    pub(crate) why: String,
    /// A witness saw what this log does not hold.
    pub(crate) is_alarm: bool,
}

/// Where the room leaves what went wrong.
pub(crate) type Told = Arc<Mutex<Vec<Unanswered>>>;

/// Asks the anchors whose time it is, for a note that is signed when one is due.
pub(crate) struct Anchoring {
    place: Place,
    anchors: Anchors,
    told: Told,
}

impl fmt::Debug for Anchoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anchoring").field("anchors", &self.anchors).finish_non_exhaustive()
    }
}

impl Anchoring {
    pub(crate) fn new(place: &Place, told: Told) -> Result<Self, Failure> {
        Ok(Self { place: place.clone(), anchors: anchoring::anchors(place)?, told })
    }

    /// The earliest time at which an anchor may want to see more.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let every = self.anchors.all.iter().map(|anchor| anchor.cadence.every.micros()).min();
        every.map(|every| now.plus(Span::from_micros(every)))
    }
}

impl Upkeep for Anchoring {
    fn name(&self) -> &'static str {
        "anchors"
    }

    fn run(&mut self, store: &Store, tenant: &str, now: Timestamp) -> Result<Kept, VaultError> {
        let world = Place::world();
        let next = self.next(now);
        let size = Log::of(store, tenant)?.integrated().size();
        if !anchor::due(store, tenant, size, &self.anchors, world.as_ref())? {
            return Ok(Kept { did: None, next });
        }
        let keys = Keys::open(store.files().as_ref(), &self.place.keys_dir(store))?;
        Signer::new(store, keys, None).sign(tenant, Demand::Keep, now)?;
        let Some(note) = Log::of(store, tenant)?.checkpoint()? else {
            return Ok(Kept { did: None, next });
        };
        let recorder = self.place.recorder_for(store, tenant)?;
        let mut tell = |drafts| recorder.record_all(drafts, Ack::Disk).iter().all(Result::is_ok);
        let (anchors, which) = (&self.anchors, Which::Due);
        let asked = anchor::run(store, tenant, &note, anchors, which, world.as_ref(), &mut tell)?;
        let mut did = Vec::new();
        for one in asked.outcomes {
            let who = format!("{} {}", one.kind, one.name);
            match one.result {
                Ok(done) => did.push(format!("{who} has {} leaves", done.size)),
                Err(trouble) => {
                    let is_alarm = matches!(trouble, Trouble::Alarm(_));
                    let (tenant, why) = (tenant.to_owned(), format!("{who}: {trouble}"));
                    let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                    told.push(Unanswered { tenant, why, is_alarm });
                }
            }
        }
        did.sort();
        Ok(Kept { did: (!did.is_empty()).then(|| did.join(", ")), next })
    }
}
