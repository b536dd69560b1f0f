//! Given the keys, does everything that is due in a store, in one call that may be made at any time
//! and killed at any point: the next one goes on.
//!
//! ```text
//! 1 go on with erasures, expiries and prunes that were interrupted
//! 2 integrate, sealing again what hooks could seal to the master alone; make keys ahead
//! 3 a heartbeat for each log that got events and none for an hour
//! 4 what is past its time goes, by each tenant's terms (`crate::retain`)
//! 5 other rooms: packing, anchors
//! 6 sign; delete integrated segments; say that a log grows large
//! ```
//!
//! A server does this by itself, a timer or the end of a session for those without one. Two at once
//! do no harm: the second finds the lock taken and leaves. What fails is told, and the rest goes
//! on.

mod warned;

use std::fmt;
use std::sync::Arc;

use tacho_event::{ActionType, Draft, Severity, Timestamp};

use crate::erase::Eraser;
use crate::error::Error;
use crate::files::Point;
use crate::files::exclusive::{Exclusive, Taken};
use crate::integrate::Budget;
use crate::limits::MAINTAIN_WAIT_MICROS;
use crate::log::{Log, Order, Query};
use crate::record::beat::{BEAT_EVERY, Beat, Counts, beat};
use crate::retain::plan::tenants;
use crate::retain::{Applied, Keeper, Notice, OnSize, Plan, Terms};
use crate::sign::{Demand, Keys, Signer};
use crate::store::Store;
use crate::vault::{SharedRing, VaultError, hold as held};
use crate::world::World;

/// Entries at the end of a log among which the last heartbeat is looked for.
const BEAT_SEARCHED: usize = 4_096;

/// A room with upkeep of its own: packing, anchors.
pub trait Upkeep: fmt::Debug + Send {
    /// The room's name, for the report: `anchors`.
    fn name(&self) -> &'static str;

    /// Does what is due for one tenant. Doing it twice is doing it once.
    ///
    /// # Errors
    /// Why it is not done; the next run tries again.
    fn run(&mut self, store: &Store, tenant: &str, now: Timestamp) -> Result<Kept, VaultError>;
}

/// What a room did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// What, in a few words; none if nothing was due.
    pub did: Option<String>,
    /// When something is due next; none if that cannot be told.
    pub next: Option<Timestamp>,
}

/// Does what is due in one store.
#[derive(Debug)]
pub struct Maintainer {
    keeper: Keeper,
    lock: Exclusive,
    rooms: Vec<Box<dyn Upkeep>>,
}

/// What was done, and what was not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Somebody else does what is due: nothing was done here.
    pub is_busy: bool,
    /// Events that had waited and became leaves.
    pub integrated: u64,
    /// Tenants for which a heartbeat was recorded.
    pub beats: Vec<String>,
    /// What expired and was pruned.
    pub applied: Applied,
    /// What stands in the way, or should be known, by tenant.
    pub notices: Vec<(String, Notice)>,
    /// Tenants of whose size a warning was recorded.
    pub warned: Vec<String>,
    /// What other rooms did: room, tenant, what.
    pub rooms: Vec<(&'static str, String, String)>,
    /// Tenants whose log is signed up to its end.
    pub signed: Vec<String>,
    /// Segments of the write-ahead log that were deleted.
    pub retired: usize,
    /// What could not be done: the task, and why.
    pub problems: Vec<Problem>,
    /// When something is due next; none if nothing is foreseen.
    pub next: Option<Timestamp>,
}

/// Something that could not be done; the next run tries again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The task: `integrate`, `retain`, a room.
    pub task: &'static str,
    /// The tenant, where it is of one.
    pub tenant: Option<String>,
    /// Why.
    pub why: String,
}

impl Maintainer {
    /// Whoever holds the keys, with the terms of every tenant.
    pub fn new(store: &Store, world: Arc<dyn World>, ring: SharedRing, terms: Terms) -> Self {
        Self::with_keeper(Keeper::new(Eraser::new(store, world, ring), terms))
    }

    /// By this keeper's hand: with terms of single tenants, or rooms that erasures reach.
    pub fn with_keeper(keeper: Keeper) -> Self {
        let lock = Exclusive::new(keeper.store().places().maintain_lock(), Point::MaintainLock);
        Self { keeper, lock, rooms: Vec::new() }
    }

    /// Looks after another room too.
    #[must_use]
    pub fn with_room(mut self, room: Box<dyn Upkeep>) -> Self {
        self.rooms.push(room);
        self
    }

    /// Who plans and applies.
    pub fn keeper(&mut self) -> &mut Keeper {
        &mut self.keeper
    }

    /// Does everything that is due.
    ///
    /// # Errors
    /// That the lock could not be asked for; all else is told in the report.
    pub fn run(&mut self) -> Result<Report, Error> {
        let files = self.keeper.store().files().clone();
        let mut report = Report::default();
        match self.lock.take(files.as_ref(), MAINTAIN_WAIT_MICROS)? {
            Taken::No => {
                report.is_busy = true;
                return Ok(report);
            }
            Taken::Again | Taken::Anew => {}
        }
        self.run_locked(&mut report);
        self.lock.give_back();
        Ok(report)
    }

    fn run_locked(&mut self, report: &mut Report) {
        let telling = self.keeper.eraser.telling.clone();
        let of = 4 + self.rooms.len() as u64;
        telling.tell("going on with what was interrupted", 1, of);
        let resumed = self.keeper.resume();
        telling.tell("integrating", 2, of);
        // What was begun and cannot be ended comes before all that would change keys or leaves.
        let is_clear = report.take("resume", None, resumed).is_some();
        let integrated = self.integrate();
        report.integrated = report.take("integrate", None, integrated).unwrap_or(0);
        let tenants = tenants(self.keeper.store());
        let tenants = report.take("list", None, tenants).unwrap_or_default();
        for tenant in &tenants {
            let prepared = held(&self.keeper.eraser.ring).prepare(tenant);
            report.take("keys", Some(tenant), prepared);
            let beaten = self.beat(tenant);
            if report.take("heartbeat", Some(tenant), beaten) == Some(true) {
                report.beats.push(tenant.clone());
            }
        }
        if is_clear {
            telling.tell("letting go", 3, of);
            self.retain(report);
        }
        let now = self.keeper.world().now();
        let store = self.keeper.store().clone();
        for (number, room) in (4..).zip(&mut self.rooms) {
            telling.tell(room.name(), number, of);
            for tenant in &tenants {
                let kept = room.run(&store, tenant, now);
                let Some(kept) = report.take(room.name(), Some(tenant), kept) else { continue };
                report.rooms.extend(kept.did.map(|did| (room.name(), tenant.clone(), did)));
                report.due(kept.next);
            }
        }
        telling.tell("signing", of, of);
        let integrated = self.integrate();
        report.integrated += report.take("integrate", None, integrated).unwrap_or(0);
        self.sign(&tenants, report);
        let retired = self.keeper.eraser.integrator().retire();
        report.retired = report.take("retire", None, retired).unwrap_or(0);
    }

    fn integrate(&mut self) -> Result<u64, VaultError> {
        let mut integrator = self.keeper.eraser.integrator();
        Ok(integrator.run(Budget::default())?.leaves)
    }

    /// A heartbeat, if events came since the last one and that is an hour ago.
    fn beat(&mut self, tenant: &str) -> Result<bool, VaultError> {
        let now = self.keeper.world().now();
        let log = Log::of(self.keeper.store(), tenant)?;
        let mut is_any = false;
        for entry in
            log.query(Query { order: Order::Newest, ..Query::default() })?.take(BEAT_SEARCHED)
        {
            let leaf = entry?.leaf;
            let action = leaf.object("action");
            let name = action.and_then(|action| action.str("name")).unwrap_or_default();
            if name == "tacho.heartbeat" {
                let last = leaf.str("timestamp").and_then(Timestamp::parse);
                let late = last.is_none_or(|last| last.plus(BEAT_EVERY) <= now);
                if !is_any || !late {
                    return Ok(false);
                }
                break;
            }
            is_any |= action.and_then(|action| action.str("type")) != Some("system");
        }
        if !is_any {
            return Ok(false);
        }
        self.keeper.eraser.record(tenant, beat("maintain", Beat::Close, Counts::default(), now))?;
        Ok(true)
    }

    fn retain(&mut self, report: &mut Report) {
        let planned = self.keeper.plan();
        let Some(plan) = report.take("plan", None, planned) else { return };
        for tenant in &plan.tenants {
            let warned = self.warn(&tenant.tenant, &tenant.notices);
            if report.take("warn", Some(&tenant.tenant), warned) == Some(true) {
                report.warned.push(tenant.tenant.clone());
            }
            let notices = tenant.notices.iter().cloned();
            report.notices.extend(notices.map(|notice| (tenant.tenant.clone(), notice)));
        }
        let applied = self.keeper.apply(&plan);
        report.applied = report.take("retain", None, applied).unwrap_or_default();
        report.due(next_day_due(&plan));
    }

    /// Says that a log grows large, once a day; whether it was said now.
    fn warn(&mut self, tenant: &str, notices: &[Notice]) -> Result<bool, VaultError> {
        let large = notices.iter().find_map(|notice| match notice {
            Notice::Large { bytes, max, on_size } => Some((*bytes, *max, *on_size)),
            _ => None,
        });
        let Some((bytes, max, on_size)) = large else { return Ok(false) };
        let now = self.keeper.world().now();
        let places = crate::tenant::TenantPlaces::new(self.keeper.store().places(), tenant);
        let files = self.keeper.store().files().clone();
        if !warned::is_due(files.as_ref(), &places, now)? {
            return Ok(false);
        }
        let is_over = bytes >= max;
        let goes = on_size == OnSize::Prune;
        let what = match (is_over, goes) {
            (true, true) => "the log is as large as it may be: the oldest goes",
            (true, false) => "the log is larger than it should be, and nothing goes by itself",
            (false, _) => "the log grows large",
        };
        let severity = if is_over && !goes { Severity::Error } else { Severity::Warning };
        let draft = Draft::own(ActionType::Admin, "tacho.size")
            .with("severity", severity)
            .with("action.admin.setting", "retention.size_max")
            .with("action.admin.reason", what)
            .with("action.admin.before", bytes)
            .with("action.admin.after", max);
        self.keeper.eraser.record(tenant, draft)?;
        warned::note(files.as_ref(), &places, now)?;
        Ok(true)
    }

    fn sign(&mut self, tenants: &[String], report: &mut Report) {
        let now = self.keeper.world().now();
        let (dir, base) = {
            let ring = held(&self.keeper.eraser.ring);
            (ring.dir().to_owned(), ring.base().to_owned())
        };
        let store = self.keeper.store().clone();
        let Some(keys) = report.take("sign", None, Keys::open(store.files().as_ref(), &dir)) else {
            return;
        };
        let mut signer = Signer::new(&store, keys, Some(&base));
        for tenant in tenants {
            let signed = signer.sign(tenant, Demand::Now, now);
            if report.take("sign", Some(tenant), signed).flatten().is_some() {
                report.signed.push(tenant.clone());
            }
        }
    }
}

/// When the next day of parts is over, as the plan saw the store.
fn next_day_due(plan: &Plan) -> Option<Timestamp> {
    let next = plan.tenants.iter().filter_map(|tenant| tenant.next);
    next.min()
}

impl Report {
    /// Whether nothing was left undone.
    pub fn is_done(&self) -> bool {
        !self.is_busy && self.problems.is_empty()
    }

    fn take<T, E: fmt::Display>(
        &mut self,
        task: &'static str,
        tenant: Option<&str>,
        outcome: Result<T, E>,
    ) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                let (tenant, why) = (tenant.map(str::to_owned), error.to_string());
                self.problems.push(Problem { task, tenant, why });
                None
            }
        }
    }

    fn due(&mut self, next: Option<Timestamp>) {
        self.next = match (self.next, next) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
    }
}
