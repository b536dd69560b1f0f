//! Given how long parts are kept, lets whole days go: their key, then their file.
//!
//! ```text
//! 0 integrate; journal the days; record `tacho.expire` {class, day, from, until, count, root},
//!   durable
//! 1 drop the days' rows, replace the master: the keys of those days end, in copies too
//! 2 move the tombstones of those days, write zeros over the day files and remove them
//! 3 list the days beside the keys; write zeros over the old keys; let the other rooms purge
//! ```
//!
//! All days that are due go in one batch, with one rotation: every key that stays is sealed to the
//! new master. No file of another day is read, but where something waits for the master
//! (`masters`). Clocks cannot destroy: `clock` says when the time may be believed.

use std::collections::{BTreeMap, HashMap};

use tacho_event::Draft;
use tacho_event::json::{self, Value};
use tacho_event::privacy::{Class, Terms, digests, from_base64url};

use super::journal::{Journal, Step};
use super::plan::bury;
use super::reach::Gone;
use super::sums::{Lost, Sum, hex, state};
use super::{Erased, Eraser, held, list, reach};
use crate::error::Doing;
use crate::files::Point;
use crate::files::grow::remove_if_there;
use crate::files::shred::shred;
use crate::log::Log;
use crate::tenant::TenantPlaces;
use crate::vault::{Item, Leaving, VaultError};

/// How many days each class is kept; none for as long as the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Days of content.
    pub content_days: Option<u32>,
    /// Days of identity.
    pub identity_days: Option<u32>,
}

impl From<Terms> for Keep {
    fn from(terms: Terms) -> Self {
        Self { content_days: terms.content_days, identity_days: terms.identity_days }
    }
}

/// A day that is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The tenant.
    pub tenant: String,
    /// The class.
    pub class: Class,
    /// The day, days since 1970-01-01.
    pub day: u32,
}

impl Eraser {
    /// The days of a tenant that are due, as far as the clock may be believed: what a run of
    /// [`Eraser::expire`] would take.
    ///
    /// # Errors
    /// That the clock cannot be believed, that a hold stands in the way, or what the disk said.
    pub fn due(&mut self, tenant: &str, keep: Keep) -> Result<Vec<Due>, VaultError> {
        let today = self.may_expire(tenant)?;
        let log = Log::of(&self.store, tenant)?;
        let mut due = Vec::new();
        let kept = [(Class::Content, keep.content_days), (Class::Identity, keep.identity_days)];
        for (class, days) in kept {
            let Some(oldest) = days.and_then(|days| today.checked_sub(days)) else { continue };
            let over = log.part_files().days(class)?.into_iter().filter(|day| *day < oldest);
            due.extend(over.map(|day| Due { tenant: tenant.to_owned(), class, day }));
        }
        Ok(due)
    }

    /// The day, if neither the clock nor a hold forbids that anything of a tenant goes by itself.
    pub(crate) fn may_expire(&self, tenant: &str) -> Result<u32, VaultError> {
        let today = super::clock::today(&self.store, self.world.as_ref(), &self.keys_dir())?;
        let holds = self.holds()?;
        match holds.into_iter().find(|hold| hold.tenant == tenant) {
            Some(hold) => Err(VaultError::Held { hold: hold.id }),
            None => Ok(today),
        }
    }

    /// Lets these days go; when this returns, nothing of them is left.
    ///
    /// # Errors
    /// Why it is not done; [`Eraser::resume`] goes on.
    pub fn expire(&mut self, due: &[Due]) -> Result<Option<Erased>, VaultError> {
        if due.is_empty() {
            return Ok(None);
        }
        let lock = self.lock()?;
        let outcome = self.begin_expiry(due).and_then(|journal| self.go_expiry(journal));
        lock.give_back();
        outcome.map(Some)
    }

    fn begin_expiry(&mut self, due: &[Due]) -> Result<Journal, VaultError> {
        self.resume_locked()?;
        self.integrate()?;
        let mut journal = Journal::new(self.world.as_ref(), "expired");
        journal.generation = held(&self.ring).generation() + 1;
        journal.days = due.iter().map(|due| (due.tenant.clone(), due.class, due.day)).collect();
        journal.begin(self.files().as_ref(), &self.keys_dir())?;
        Ok(journal)
    }

    pub(super) fn go_expiry(&mut self, mut journal: Journal) -> Result<Erased, VaultError> {
        loop {
            journal.step = match journal.step {
                Step::Begun => {
                    self.announce(&mut journal)?;
                    Step::Rotated
                }
                Step::Rotated => {
                    self.drop_days(&journal)?;
                    Step::Planned
                }
                Step::Planned => {
                    self.unlink_days(&journal)?;
                    Step::Written
                }
                Step::Written | Step::Told => {
                    self.finish(&journal)?;
                    return Ok(Erased { ticket: journal.ticket, sums: journal.sums });
                }
            };
            journal.write(self.files().as_ref(), &self.keys_dir())?;
        }
    }

    /// Says what expires, durably, before any of it goes.
    fn announce(&mut self, journal: &mut Journal) -> Result<(), VaultError> {
        let mut days: BTreeMap<String, list::Erased> = BTreeMap::new();
        for (tenant, class, day) in &journal.days {
            let log = Log::of(&self.store, tenant)?;
            let said = Going::of(&log, *class, *day)?;
            self.say(&log, (*class, *day), journal.ticket, &said)?;
            let until = journal.until.entry(tenant.clone()).or_insert(said.until);
            *until = said.until.min(*until);
            let entry = days.entry(tenant.clone()).or_insert_with(|| list::Erased {
                ticket: journal.ticket,
                tenant: tenant.clone(),
                grants: Vec::new(),
                records: Vec::new(),
                days: Vec::new(),
            });
            entry.days.push((*class, *day));
        }
        for erased in days.values() {
            list::append(self.files().as_ref(), &self.keys_dir(), erased)?;
        }
        Ok(())
    }

    /// Records what goes.
    fn say(
        &self,
        log: &Log,
        (class, day): (Class, u32),
        ticket: [u8; 16],
        going: &Going,
    ) -> Result<(), VaultError> {
        let draft = Draft::system("tacho.expire")
            .with("action.system.ticket", hex(&ticket).as_str())
            .with("action.system.class", class.as_str())
            .with("action.system.day", u64::from(day))
            .with("action.system.from", going.from)
            .with("action.system.until", going.until);
        self.record(log.tenant(), state(draft, &[(class, going.sum)]))
    }

    /// Says again what goes, if parts came since `until`: whoever was late is named too.
    pub(super) fn say_late(
        &self,
        tenant: &str,
        (class, day): (Class, u32),
        ticket: [u8; 16],
        until: u64,
    ) -> Result<(), VaultError> {
        let log = Log::of(&self.store, tenant)?;
        let going = Going::of(&log, class, day)?;
        if going.last.is_none_or(|last| last < until) {
            return Ok(());
        }
        self.say(&log, (class, day), ticket, &going)
    }

    fn drop_days(&mut self, journal: &Journal) -> Result<(), VaultError> {
        let mut leaving: HashMap<String, Leaving> = HashMap::new();
        for (tenant, class, day) in &journal.days {
            leaving.entry(tenant.clone()).or_default().days.insert((*class, *day));
        }
        let wal = self.wal();
        held(&self.ring).rotate(&wal, journal.generation, &leaving)
    }

    fn unlink_days(&mut self, journal: &Journal) -> Result<(), VaultError> {
        let mut integrator = self.integrator();
        integrator.exclusively(|integrator| {
            let path = journal.plan_path(&self.keys_dir());
            // What an interrupted run wrote over is whole before it is read.
            super::Plan::again(&self.store, &path)?;
            integrator.run_whole()?;
            let mut plan = super::Plan::default();
            // Grants of the master are wrapped to the new one before the old one goes.
            for tenant in self.all_tenants()? {
                self.wrap_masters(&tenant, journal, &mut plan)?;
            }
            plan.write(self.files().as_ref(), &path)?;
            super::Plan::apply(&self.store, &path)?;
            for (tenant, class, day) in &journal.days {
                let until = journal.until.get(tenant).copied().unwrap_or(0);
                self.say_late(tenant, (*class, *day), journal.ticket, until)?;
                self.unlink_day(tenant, *class, *day)?;
            }
            let integrated = crate::integrated::read(self.files().as_ref(), self.store.places())?;
            reach::sweep(&self.store, &self.world, integrated)?;
            integrator.wal().retire_shredding()?;
            Ok::<(), VaultError>(())
        })
    }

    pub(super) fn unlink_day(
        &self,
        tenant: &str,
        class: Class,
        day: u32,
    ) -> Result<(), VaultError> {
        let files = self.files().as_ref();
        let places = TenantPlaces::new(self.store.places(), tenant);
        let log = Log::of(&self.store, tenant)?;
        let mut tombs = Vec::new();
        if let Some(mut records) = log.part_files().day(class, day)? {
            while let Some(record) = records.next_record()? {
                if let (Item::Tomb(_), Some(leaf)) = (record.item, record.leaf) {
                    tombs.push((leaf, [&leaf.to_be_bytes()[..], record.bytes].concat()));
                }
            }
        }
        let tombs: Vec<(u64, &[u8])> =
            tombs.iter().map(|(leaf, bytes)| (*leaf, bytes.as_slice())).collect();
        if !tombs.is_empty() {
            bury(files, &places, class, &tombs)?;
        }
        shred(files, &places.day_file(class, day))?;
        remove_if_there(files, &places.part_marks(class, day))?;
        remove_if_there(files, &places.part_grants(class, day))?;
        remove_if_there(files, &places.part_blocks(class, day))?;
        let dir = places.class(class);
        files.sync_dir(&dir, Point::ExpireDirSync).doing("sync", &dir)?;
        let gone = Gone { tenant, parts: &[], days: &[(class, day)] };
        self.reaches.iter().try_for_each(|room| room.purge(&gone))
    }
}

/// What goes with a day: the digests of the leaves in a range whose parts its file holds.
struct Going {
    from: u64,
    until: u64,
    /// The last leaf that loses a part.
    last: Option<u64>,
    sum: Sum,
}

impl Going {
    fn of(log: &Log, class: Class, day: u32) -> Result<Self, VaultError> {
        let mut leaves: Vec<u64> = Vec::new();
        if let Some(mut records) = log.part_files().day(class, day)? {
            while let Some(record) = records.next_record()? {
                if let Item::Part(_) | Item::Block(_) = record.item {
                    leaves.extend(record.leaves());
                }
            }
        }
        leaves.sort_unstable();
        leaves.dedup();
        let (first, last) = (leaves.first().copied(), leaves.last().copied());
        let until = log.integrated().size();
        leaves.retain(|leaf| *leaf >= log.first());
        let (stored, behind) = leaves.split_at(leaves.partition_point(|leaf| *leaf < until));
        let mut lost = Lost::default();
        log.leaf_files().each(stored, |leaf, bytes| {
            lost.put(leaf, &digests_in(bytes, class));
            Ok::<(), VaultError>(())
        })?;
        for leaf in behind {
            lost.put(*leaf, &leaf_digests(log, *leaf, class)?);
        }
        Ok(Self { from: first.unwrap_or(until), until, last, sum: lost.sum() })
    }
}

/// The digests that a leaf holds of a class.
pub(super) fn leaf_digests(log: &Log, leaf: u64, class: Class) -> Result<Vec<u8>, VaultError> {
    Ok(log.leaf(leaf)?.map(|leaf| digests_in(&leaf, class)).unwrap_or_default())
}

fn digests_in(leaf: &[u8], class: Class) -> Vec<u8> {
    let Ok(Value::Object(leaf)) = json::read(leaf) else { return Vec::new() };
    digests(&leaf, class).filter_map(from_base64url).flatten().collect()
}
