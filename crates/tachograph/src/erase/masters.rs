//! Given a tenant whose master is replaced, plans that the grants of the old one get the new one.
//!
//! Who holds public keys alone wraps to the master, and whoever integrates with the keys seals that
//! to days and people: few day files hold such grants, or none. The state names them, and no other
//! day file is read. Only where it does not know are all of them, once: then it learns it.

use std::collections::{BTreeSet, HashSet};

use tacho_event::privacy::Class;

use super::build::{Build, Built};
use super::find::Found;
use super::journal::Journal;
use super::plan::Plan;
use super::{Eraser, held};
use crate::limits::MASTER_DAYS_MAX;
use crate::log::Log;
use crate::state::{self, Masters, State};
use crate::vault::VaultError;

impl Eraser {
    /// Plans it for one tenant; the days that expire go whole, and are left out.
    pub(super) fn wrap_masters(
        &self,
        tenant: &str,
        journal: &Journal,
        plan: &mut Plan,
    ) -> Result<(), VaultError> {
        let log = Log::of(&self.store, tenant)?;
        held(&self.ring).reload(tenant)?;
        let build = Build {
            ring: &self.ring,
            log: &log,
            world: self.world.as_ref(),
            ticket: journal.ticket,
            reason: 1,
            found: &Found::default(),
            fresh: &HashSet::new(),
        };
        let files = self.store.files().as_ref();
        let state = match State::read(files, log.places())? {
            state::Found::State(state) => Some(state),
            // Whoever integrates next works it out again.
            state::Found::Missing | state::Found::Damaged => None,
        };
        let known = state.as_ref().and_then(|state| state.masters.clone());
        let going = journal.days.iter().filter(|(of, ..)| of == tenant);
        let going = going.map(|(_, class, day)| (*class, *day)).collect();
        let holding = Some(build.masters(&known, &going, plan)?);
        let holding = holding.filter(|days| days.len() <= MASTER_DAYS_MAX);
        match state {
            Some(mut state) if known != holding => {
                state.masters = holding;
                Ok(state.write(files, log.places())?)
            }
            _ => Ok(()),
        }
    }
}

impl Build<'_> {
    /// Plans it for the day files that are known to hold such grants, or for all of them; gives
    /// those that do hold some.
    fn masters(
        &self,
        known: &Masters,
        going: &BTreeSet<(Class, u32)>,
        plan: &mut Plan,
    ) -> Result<BTreeSet<(Class, u32)>, VaultError> {
        let days = match known {
            Some(days) => days.clone(),
            None => {
                let mut all = BTreeSet::new();
                for class in Class::ALL {
                    let days = self.log.part_files().days(class)?;
                    all.extend(days.into_iter().map(|day| (class, day)));
                }
                all
            }
        };
        let (mut holding, mut built) = (BTreeSet::new(), Built::default());
        for (class, day) in days.difference(going).copied() {
            let survey = self.survey(class, day, &mut built)?;
            if survey.has_master {
                self.day(class, day, &survey, plan, &mut built)?;
                holding.insert((class, day));
            }
        }
        Ok(holding)
    }
}
