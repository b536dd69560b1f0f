//! Given a store that was put back from a copy, erases again what was erased since the copy.
//!
//! The list beside the keys names grants, records and days of every erasure. Until all of it was
//! applied, [`crate::vault::KeyRing::open`] refuses the store.

use std::collections::HashSet;

use super::build::Build;
use super::find::Found;
use super::journal::{Journal, dir};
use super::plan::Plan;
use super::sums::{hex, state};
use super::{Eraser, held, list, reach};
use crate::error::Doing;
use crate::files::Point;
use crate::files::shred::shred;
use crate::log::Log;
use crate::vault::VaultError;
use crate::wal::Patience;
use tacho_event::Draft;

impl Eraser {
    /// Applies every erasure that the store was not told of; gives how many. The keys were opened
    /// by [`crate::vault::KeyRing::open_restored`].
    ///
    /// # Errors
    /// Why one is not applied; applying again goes on.
    pub fn apply(&mut self) -> Result<usize, VaultError> {
        let lock = self.lock()?;
        let outcome = self.apply_locked();
        lock.give_back();
        outcome
    }

    fn apply_locked(&mut self) -> Result<usize, VaultError> {
        let (untold, end) = list::untold(&self.store, &self.keys_dir())?;
        let generation = held(&self.ring).generation();
        // The copy may be older than the keys: writers seal under the keys of now.
        let raise = || Ok::<(), VaultError>(());
        self.wal().raise_generation_to(Patience::Server, generation, raise)?;
        for erased in &untold {
            self.apply_one(erased)?;
        }
        list::tell(&self.store, end)?;
        Ok(untold.len())
    }

    fn apply_one(&mut self, erased: &list::Erased) -> Result<(), VaultError> {
        let mut integrator = self.integrator();
        let mut sums = Vec::new();
        integrator.exclusively(|integrator| {
            integrator.run_whole()?;
            let log = Log::of(&self.store, &erased.tenant)?;
            let mut found = Found::default();
            found.grants.extend(&erased.grants);
            found.records.extend(&erased.records);
            let build = Build {
                ring: &self.ring,
                log: &log,
                world: self.world.as_ref(),
                ticket: erased.ticket,
                reason: 3,
                found: &found,
                fresh: &HashSet::new(),
            };
            let mut plan = Plan::default();
            let built = build.all(&mut plan)?;
            sums.extend(built.lost.iter().map(|(class, lost)| (*class, lost.sum())));
            sums.sort_by_key(|(class, _)| *class);
            let mut journal = Journal::new(self.world.as_ref(), "applied");
            journal.ticket = erased.ticket;
            let (keys, files) = (self.keys_dir(), self.files().as_ref());
            let path = journal.plan_path(&keys);
            plan.write(files, &path)?;
            Plan::apply(&self.store, &path)?;
            for (class, day) in &erased.days {
                // The copy may not hold what was said then.
                self.say_late(&erased.tenant, (*class, *day), erased.ticket, 0)?;
                self.unlink_day(&erased.tenant, *class, *day)?;
            }
            let integrated = crate::integrated::read(files, self.store.places())?;
            reach::sweep(&self.store, &self.world, integrated)?;
            integrator.wal().retire_shredding()?;
            shred(files, &path)?;
            let dir = dir(&keys);
            files.sync_dir(&dir, Point::JournalGoneDirSync).doing("sync", &dir)?;
            Ok::<(), VaultError>(())
        })?;
        if sums.is_empty() {
            return Ok(());
        }
        let ticket = hex(&erased.ticket);
        let draft = Draft::system("tacho.erase.done").with("action.system.ticket", ticket.as_str());
        self.record(&erased.tenant, state(draft, &sums))
    }
}
