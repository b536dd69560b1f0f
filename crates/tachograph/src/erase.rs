//! Given whom or what, erases it and keeps every proof: journaled, and done again after a crash.
//!
//! ```text
//! 0 integrate; find the days that lose single records; write the journal; record
//!   `tacho.erase.begin`
//! 1 replace the master, the index keys and the keys of those days; drop the people's rows
//! 2 close the WAL's segment, drain the spool, integrate
//! 3 find what goes; list it beside the keys; plan what is written over, and write the plan down
//! 4 write over: parts become tombstones, grants get new keys or none; sweep quarantine, spool and
//!   the idempotency window; let the other rooms purge; write zeros over the integrated segments
//! 5 record `tacho.erase.done`, with count and root of what each class lost
//! 6 write zeros over the old keys, the plan and the journal
//! ```
//!
//! Leaves, tree, checkpoints and proofs stay as they are. A hold wins. What is erased is gone from
//! every copy of the store too, if it was sealed, for its keys are; a copy of the keys is not
//! reached, and a plain store's copies are not either.

mod apply;
mod build;
pub(crate) mod clock;
mod expire;
mod find;
pub(crate) mod hold;
pub(crate) mod journal;
pub(crate) mod list;
mod masters;
mod plan;
mod reach;
mod scope;
pub(crate) mod sums;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tacho_event::privacy::{Class, Policy};
use tacho_event::{Draft, TenantId};

use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::{Files, Point};
use crate::integrate::Integrator;
use crate::limits::VAULT_WAIT_MICROS;
use crate::log::Log;
use crate::record::{Ack, Numbering, Recorder, Settings};
use crate::store::Store;
use crate::telling::Telling;
use crate::vault::{Leaving, Sealer, SharedRing, VaultError, Writer, hold as held};
use crate::wal::{Options, Patience, Wal};
use crate::world::World;

use build::{Build, Built};
use find::{Found, find};
use journal::{Journal, Step};
use plan::Plan;

pub use expire::{Due, Keep};
pub use hold::Hold;
pub use reach::{Gone, Reach};
pub use scope::{Scope, Target};
pub use sums::{Lost, Sum};

/// Steps that are told of an erasure.
const STEPS: u64 = 6;

/// Erases in one store.
#[derive(Debug)]
pub struct Eraser {
    pub(crate) store: Store,
    pub(crate) world: Arc<dyn World>,
    pub(crate) ring: SharedRing,
    pub(crate) reaches: Vec<Box<dyn Reach>>,
    policy: Policy,
    pub(crate) telling: Telling,
}

/// What an erasure would take, and what would stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The tenant.
    pub tenant: String,
    /// Events that lose something.
    pub events: u64,
    /// Some of their ids.
    pub ids: Vec<String>,
    /// Parts that go, and their bytes, by class.
    pub parts: Vec<(Class, u64, u64)>,
    /// Leaves of the log: all of them stay, with their proofs.
    pub leaves: u64,
    /// Rooms of other crates that are purged.
    pub rooms: Vec<&'static str>,
    /// Holds that stand in the way: nothing is erased while they do.
    pub holds: Vec<String>,
}

/// What an erasure took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Its ticket: tombstones and events name it.
    pub ticket: [u8; 16],
    /// What each tenant lost, by class.
    pub sums: BTreeMap<String, Vec<(Class, Sum)>>,
}

impl Eraser {
    /// An eraser for whoever holds the keys.
    pub fn new(store: &Store, world: Arc<dyn World>, ring: SharedRing) -> Self {
        let policy = Policy::default();
        let telling = Telling::default();
        Self { store: store.clone(), world, ring, reaches: Vec::new(), policy, telling }
    }

    /// Tells which step it takes, and whoever works with it the same.
    #[must_use]
    pub fn telling(mut self, telling: Telling) -> Self {
        self.telling = telling;
        self
    }

    /// Reaches another room too.
    #[must_use]
    pub fn reaching(mut self, room: Box<dyn Reach>) -> Self {
        self.reaches.push(room);
        self
    }

    /// What erasing this would take: nothing is changed, but for what waits in the WAL, which is
    /// integrated to be seen.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn preview(&mut self, target: &Target) -> Result<Preview, VaultError> {
        target.scope.check()?;
        self.integrate()?;
        let log = Log::of(&self.store, &target.tenant)?;
        let found = self.find(&log, std::slice::from_ref(target), None)?;
        let parts = self.named(&log, &found)?;
        let leaves: BTreeSet<u64> = parts.iter().map(|(leaf, ..)| *leaf).collect();
        let mut classes: BTreeMap<Class, (u64, u64)> = BTreeMap::new();
        for (_, class, bytes) in &parts {
            let sum = classes.entry(*class).or_default();
            *sum = (sum.0 + 1, sum.1 + bytes);
        }
        let mut ids = Vec::new();
        for leaf in leaves.iter().take(IDS_SHOWN) {
            let entry = log.get(*leaf)?;
            ids.extend(entry.and_then(|entry| entry.leaf.str("id").map(str::to_owned)));
        }
        Ok(Preview {
            tenant: target.tenant.clone(),
            events: leaves.len() as u64,
            ids,
            parts: classes
                .into_iter()
                .map(|(class, (count, bytes))| (class, count, bytes))
                .collect(),
            leaves: log.size(),
            rooms: self.reaches.iter().map(|room| room.name()).collect(),
            holds: self.holds_over(&log, &found)?,
        })
    }

    /// Erases all of this, with one rotation of the keys. When this returns, nothing of it is left.
    ///
    /// # Errors
    /// That a hold stands in the way, or why it is not done: what was begun is gone on with by
    /// [`Eraser::resume`], or by the next erasure.
    pub fn erase(&mut self, targets: &[Target], reason: &str) -> Result<Erased, VaultError> {
        let lock = self.lock()?;
        self.telling.tell("finding what goes", 1, STEPS);
        let outcome = self.begin(targets, reason).and_then(|journal| self.go(journal));
        lock.give_back();
        outcome
    }

    /// Replaces the master secret, and erases nothing; gives the new key generation. Escrows of
    /// before open nothing any more.
    ///
    /// # Errors
    /// Why it is not done; [`Eraser::resume`] goes on.
    pub fn rotate_master(&mut self) -> Result<u32, VaultError> {
        self.erase(&[], "the master secret is replaced")?;
        Ok(held(&self.ring).generation())
    }

    /// Goes on with every erasure that was interrupted; whoever opens the keys calls this first.
    ///
    /// # Errors
    /// Why one is not done.
    pub fn resume(&mut self) -> Result<Vec<Erased>, VaultError> {
        let lock = self.lock()?;
        let outcome = self.resume_locked();
        lock.give_back();
        outcome
    }

    /// The holds that stand.
    ///
    /// # Errors
    /// What reading said.
    pub fn holds(&self) -> Result<Vec<Hold>, VaultError> {
        hold::all(self.files().as_ref(), &self.keys_dir())
    }

    /// Places a hold; one of the same id is replaced.
    ///
    /// # Errors
    /// Why it does not stand.
    pub fn place_hold(&self, one: Hold) -> Result<(), VaultError> {
        let mut holds = self.holds()?;
        holds.retain(|hold| hold.id != one.id);
        holds.push(one);
        hold::write(self.files().as_ref(), &self.keys_dir(), &holds)
    }

    /// Lifts a hold; gives whether it stood.
    ///
    /// # Errors
    /// Why it still stands.
    pub fn lift_hold(&self, id: &str) -> Result<bool, VaultError> {
        let mut holds = self.holds()?;
        let before = holds.len();
        holds.retain(|hold| hold.id != id);
        hold::write(self.files().as_ref(), &self.keys_dir(), &holds)?;
        Ok(holds.len() < before)
    }

    /// Says that the clock is right as it stands: an operator's word, after a jump.
    ///
    /// # Errors
    /// Why it could not be noted.
    pub fn confirm_clock(&self) -> Result<(), VaultError> {
        clock::confirm(&self.store, self.world.as_ref(), &self.keys_dir())
    }

    fn files(&self) -> &Arc<dyn Files> {
        self.store.files()
    }

    pub(crate) fn keys_dir(&self) -> std::path::PathBuf {
        held(&self.ring).dir().to_owned()
    }

    /// One erases at a time, and one expires.
    pub(crate) fn lock(&self) -> Result<Exclusive, VaultError> {
        let dir = journal::dir(&self.keys_dir());
        self.files().create_dir(&dir).doing("create", &dir)?;
        self.files().sync_dir(&self.keys_dir(), Point::JournalDirSync).doing("sync", &dir)?;
        let path = dir.join("lock");
        let mut lock = Exclusive::new(path.clone(), Point::EraseLock);
        match lock.take(self.files().as_ref(), VAULT_WAIT_MICROS)? {
            Taken::No => Err(VaultError::Busy(path)),
            Taken::Again | Taken::Anew => Ok(lock),
        }
    }

    pub(crate) fn resume_locked(&mut self) -> Result<Vec<Erased>, VaultError> {
        journal::tidy(self.files().as_ref(), &self.keys_dir())?;
        let journals = Journal::all(self.files().as_ref(), &self.keys_dir())?;
        let go = |journal: Journal| match journal.days.is_empty() {
            true => self.go(journal),
            false => self.go_expiry(journal),
        };
        journals.into_iter().map(go).collect()
    }

    fn begin(&mut self, targets: &[Target], reason: &str) -> Result<Journal, VaultError> {
        targets.iter().try_for_each(|target| target.scope.check())?;
        self.resume_locked()?;
        self.integrate()?;
        let mut journal = Journal::new(self.world.as_ref(), reason);
        journal.targets = targets.to_vec();
        for tenant in tenants(targets) {
            let log = Log::of(&self.store, &tenant)?;
            let mut ring = held(&self.ring);
            ring.prepare(&tenant)?;
            for target in targets.iter().filter(|target| target.tenant == tenant) {
                if let Scope::Subject(id) = &target.scope {
                    let name = ring.find_subject(&tenant, id);
                    journal.names.extend(name.map(|name| (tenant.clone(), name)));
                }
            }
            drop(ring);
            let of_tenant = |target: &&Target| target.tenant == tenant;
            let is_person = |target: &Target| matches!(target.scope, Scope::Subject(_));
            let is_held = self.holds()?.iter().any(|hold| hold.tenant == tenant);
            if !is_held && targets.iter().filter(of_tenant).all(is_person) {
                // Their own keys go, and no day's: what they are is found when it is planned.
                continue;
            }
            let found = self.find(&log, targets, Some(&journal))?;
            let holds = self.holds_over(&log, &found)?;
            if !holds.is_empty() {
                return Err(VaultError::Held { hold: holds.join(", ") });
            }
            journal.fresh.extend(self.days_of(&log, &found)?);
        }
        journal.generation = held(&self.ring).generation() + 1;
        journal.begin(self.files().as_ref(), &self.keys_dir())?;
        Ok(journal)
    }

    /// Takes every step that is left.
    fn go(&mut self, mut journal: Journal) -> Result<Erased, VaultError> {
        loop {
            let (name, number) = match journal.step {
                Step::Begun => ("replacing keys", 2),
                Step::Rotated => ("planning", 3),
                Step::Planned => ("writing over", 4),
                Step::Written => ("recording", 5),
                Step::Told => ("forgetting the old keys", STEPS),
            };
            self.telling.tell(name, number, STEPS);
            journal.step = match journal.step {
                Step::Begun => self.rotate(&journal)?,
                Step::Rotated => self.plan(&mut journal)?,
                Step::Planned => self.write_over(&journal)?,
                Step::Written => self.tell(&journal)?,
                Step::Told if journal.later.is_empty() => {
                    self.finish(&journal)?;
                    return Ok(Erased { ticket: journal.ticket, sums: journal.sums });
                }
                Step::Told => {
                    // Parts came on other days while the keys were replaced: those keys go too.
                    held(&self.ring).finish(journal.generation)?;
                    journal.generation += 1;
                    journal.fresh = std::mem::take(&mut journal.later);
                    Step::Begun
                }
            };
            journal.write(self.files().as_ref(), &self.keys_dir())?;
        }
    }

    fn rotate(&mut self, journal: &Journal) -> Result<Step, VaultError> {
        if journal.sums.is_empty() {
            for tenant in tenants(&journal.targets) {
                self.record(&tenant, draft("tacho.erase.begin", journal))?;
            }
        }
        let mut leaving: HashMap<String, Leaving> = HashMap::new();
        for (tenant, name) in &journal.names {
            leaving.entry(tenant.clone()).or_default().subjects.insert(*name);
        }
        for (tenant, class, day) in &journal.fresh {
            leaving.entry(tenant.clone()).or_default().fresh.insert((*class, *day));
        }
        let wal = self.wal();
        held(&self.ring).rotate(&wal, journal.generation, &leaving)?;
        Ok(Step::Rotated)
    }

    fn plan(&mut self, journal: &mut Journal) -> Result<Step, VaultError> {
        let mut integrator = self.integrator();
        integrator.exclusively(|integrator| {
            integrator.run_whole()?;
            let mut plan = Plan::default();
            for tenant in self.all_tenants()? {
                let built = self.build(&tenant, journal, &mut plan)?;
                let of = |(class, day): &(Class, u32)| (tenant.clone(), *class, *day);
                journal.later.extend(built.uncovered.iter().map(of));
                if !journal.targets.iter().any(|target| target.tenant == tenant) {
                    continue;
                }
                let mut sums: Vec<_> =
                    built.lost.iter().map(|(class, lost)| (*class, lost.sum())).collect();
                sums.sort_by_key(|(class, _)| *class);
                journal.sums.insert(tenant.clone(), sums);
                let mut grants: Vec<_> = built.grants.into_iter().collect();
                grants.sort_unstable();
                let (ticket, records) = (journal.ticket, built.records);
                if !grants.is_empty() || !records.is_empty() {
                    let erased = list::Erased { ticket, tenant, grants, records, days: Vec::new() };
                    list::append(self.files().as_ref(), &self.keys_dir(), &erased)?;
                }
            }
            let path = journal.plan_path(&self.keys_dir());
            plan.write(self.files().as_ref(), &path)?;
            Ok(Step::Planned)
        })
    }

    /// Plans one tenant.
    fn build(&self, tenant: &str, journal: &Journal, plan: &mut Plan) -> Result<Built, VaultError> {
        let log = Log::of(&self.store, tenant)?;
        held(&self.ring).reload(tenant)?;
        let targets: Vec<Target> =
            journal.targets.iter().filter(|target| target.tenant == tenant).cloned().collect();
        let found = self.find(&log, &targets, Some(journal))?;
        let fresh = journal.fresh.iter().filter(|(of, ..)| of == tenant);
        let fresh: HashSet<_> = fresh.map(|(_, class, day)| (*class, *day)).collect();
        let reasons = targets.iter().map(|target| target.scope.reason());
        let build = Build {
            ring: &self.ring,
            log: &log,
            world: self.world.as_ref(),
            ticket: journal.ticket,
            reason: reasons.max().unwrap_or(3),
            found: &found,
            fresh: &fresh,
        };
        build.all(plan)
    }

    fn write_over(&mut self, journal: &Journal) -> Result<Step, VaultError> {
        let path = journal.plan_path(&self.keys_dir());
        let mut integrator = self.integrator();
        integrator.exclusively(|integrator| {
            let gone = Plan::apply(&self.store, &path)?;
            for (tenant, parts) in &gone {
                let gone = Gone { tenant, parts, days: &[] };
                self.reaches.iter().try_for_each(|room| room.purge(&gone))?;
            }
            let integrated = crate::integrated::read(self.files().as_ref(), self.store.places())?;
            reach::sweep(&self.store, &self.world, integrated)?;
            integrator.wal().retire_shredding()?;
            Ok(Step::Written)
        })
    }

    fn tell(&mut self, journal: &Journal) -> Result<Step, VaultError> {
        for (tenant, sums) in &journal.sums {
            self.record(tenant, sums::state(draft("tacho.erase.done", journal), sums))?;
        }
        Ok(Step::Told)
    }

    fn finish(&mut self, journal: &Journal) -> Result<(), VaultError> {
        let (files, keys) = (self.files().clone(), self.keys_dir());
        let (_, end) = list::read(files.as_ref(), &keys, 0)?;
        list::tell(&self.store, end)?;
        held(&self.ring).finish(journal.generation)?;
        journal.end(files.as_ref(), &keys)
    }

    /// What the targets of a log's tenant name.
    fn find(
        &self,
        log: &Log,
        targets: &[Target],
        journal: Option<&Journal>,
    ) -> Result<Found, VaultError> {
        let mut found = Found::default();
        for target in targets.iter().filter(|target| target.tenant == log.tenant()) {
            let mut names: HashSet<[u8; 16]> = HashSet::new();
            if let Scope::Subject(id) = &target.scope {
                let mut ring = held(&self.ring);
                ring.reload(log.tenant())?;
                names.extend(ring.find_subject(log.tenant(), id).filter(|_| journal.is_none()));
                let known = journal.iter().flat_map(|journal| &journal.names);
                let known = known.filter(|(tenant, _)| tenant == log.tenant());
                names.extend(known.map(|(_, name)| *name));
            }
            found.merge(find(&self.ring, log, &target.scope, &names)?);
        }
        Ok(found)
    }

    /// The parts that are named: leaf, class and bytes of each.
    fn named(&self, log: &Log, found: &Found) -> Result<Vec<(u64, Class, u64)>, VaultError> {
        let mut named = Vec::new();
        build::each_named(log, found, &mut |leaf, class, _, bytes| {
            named.push((leaf, class, bytes))
        })?;
        Ok(named)
    }

    /// The days whose keys open copies of what goes: all of them but where a person's own key does.
    fn days_of(
        &self,
        log: &Log,
        found: &Found,
    ) -> Result<BTreeSet<(String, Class, u32)>, VaultError> {
        let mut days = BTreeSet::new();
        let tenant = log.tenant().to_owned();
        let only = Found { leaves: found.leaves.clone(), ..Found::default() };
        build::each_named(log, &only, &mut |_, class, day, _| {
            days.insert((tenant.clone(), class, day));
        })?;
        if !only.is_empty() {
            // What arrives while keys are replaced is of today or yesterday.
            let today = held(&self.ring).today();
            for class in Class::ALL {
                days.extend(
                    [today, today.saturating_sub(1)].map(|day| (tenant.clone(), class, day)),
                );
            }
        }
        Ok(days)
    }

    /// The names of holds over anything that is found.
    fn holds_over(&self, log: &Log, found: &Found) -> Result<Vec<String>, VaultError> {
        let mut over = Vec::new();
        let mut going: Option<HashSet<u64>> = None;
        for one in self.holds()?.into_iter().filter(|hold| hold.tenant == log.tenant()) {
            let Some(scope) = one.scope else {
                over.push(one.id);
                continue;
            };
            let target = [Target { tenant: one.tenant, scope }];
            let kept = self.named(log, &self.find(log, &target, None)?)?;
            let going = match &mut going {
                Some(going) => going,
                None => going.insert(self.named(log, found)?.iter().map(|one| one.0).collect()),
            };
            if kept.iter().any(|(leaf, ..)| going.contains(leaf)) {
                over.push(one.id);
            }
        }
        Ok(over)
    }

    pub(crate) fn integrate(&mut self) -> Result<(), VaultError> {
        let mut integrator = self.integrator();
        integrator
            .exclusively(|integrator| integrator.run_whole().map(|_| ()).map_err(VaultError::from))
    }

    pub(crate) fn integrator(&self) -> Integrator {
        Integrator::new(&self.store, self.world.clone()).with_vault(self.ring.clone())
    }

    fn wal(&self) -> Wal {
        Wal::new(&self.store, self.world.clone(), Options::default())
    }

    fn all_tenants(&self) -> Result<Vec<String>, Error> {
        let dir = self.store.places().tenants();
        self.files().list(&dir).doing("list", &dir)
    }

    /// Records an event of the vault's own, durably.
    pub(crate) fn record(&self, tenant: &str, draft: Draft) -> Result<(), VaultError> {
        self.record_by(tenant, draft, Sealer::with_ring(self.ring.clone(), tenant)?.into())
    }

    /// The same, kept as this writer keeps it.
    pub(crate) fn record_by(
        &self,
        tenant: &str,
        draft: Draft,
        writer: Writer,
    ) -> Result<(), VaultError> {
        let name = TenantId::new(tenant).ok_or_else(|| VaultError::Scope(NO_TENANT.to_owned()))?;
        let settings = Settings {
            tenant: name,
            ack: Ack::Disk,
            patience: Patience::Server,
            source: "vault".to_owned(),
            numbering: Numbering::Off,
            beat: false,
            ..Settings::default()
        };
        let (store, wal, world) = (self.store.clone(), self.wal(), self.world.clone());
        let policy = self.policy.clone();
        let recorder = Recorder::with_writer(store, wal, world, policy, settings, writer)?;
        recorder.record(draft)?;
        Ok(())
    }
}

const NO_TENANT: &str = "the tenant has no name of a tenant";
/// Ids that a preview shows.
const IDS_SHOWN: usize = 20;

fn tenants(targets: &[Target]) -> BTreeSet<String> {
    targets.iter().map(|target| target.tenant.clone()).collect()
}

fn draft(name: &str, journal: &Journal) -> Draft {
    let ticket = sums::hex(&journal.ticket);
    Draft::system(name)
        .with("action.system.ticket", ticket.as_str())
        .with("action.system.reason", journal.reason.as_str())
}
