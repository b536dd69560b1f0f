//! Given the keys and each tenant's terms, plans what is due, and does exactly what a plan says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tacho_event::privacy::Class;

use super::plan::{Expiry, Plan, Planner, Pruning, Step, TenantPlan, expiry, pruning, tenants};
use super::prune::{self, Journal};
use super::terms::Terms;
use crate::erase::{Due, Eraser};
use crate::log::Log;
use crate::sign::{Demand, Keys, Signer};
use crate::store::Store;
use crate::vault::{VaultError, hold as held};
use crate::world::World;

/// Keeps one store within its terms.
#[derive(Debug)]
pub struct Keeper {
    pub(crate) eraser: Eraser,
    terms: Terms,
    own: BTreeMap<String, Terms>,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Parts that expired, by tenant.
    pub expired: Vec<(String, Expiry)>,
    /// Leaves that were pruned, by tenant.
    pub pruned: Vec<(String, Pruning)>,
}

impl Keeper {
    /// A keeper by whose hand, keys and rooms the eraser goes; `terms` hold for every tenant that
    /// has none of its own.
    pub fn new(eraser: Eraser, terms: Terms) -> Self {
        Self { eraser, terms, own: BTreeMap::new() }
    }

    /// Other terms for one tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: &str, terms: Terms) -> Self {
        self.own.insert(tenant.to_owned(), terms);
        self
    }

    /// The terms of a tenant.
    pub fn terms(&self, tenant: &str) -> &Terms {
        self.own.get(tenant).unwrap_or(&self.terms)
    }

    /// What erases for it.
    pub fn eraser(&mut self) -> &mut Eraser {
        &mut self.eraser
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.eraser.store
    }

    pub(crate) fn world(&self) -> &Arc<dyn World> {
        &self.eraser.world
    }

    /// What is due; nothing is changed, but for what waits in the WAL, which is integrated.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn plan(&mut self) -> Result<Plan, KeepError> {
        self.eraser.integrate()?;
        let mut plan = Plan::default();
        for tenant in tenants(self.store())? {
            let terms = self.terms(&tenant).clone();
            plan.tenants.push(Planner::plan(self, &tenant, &terms)?);
        }
        Ok(plan)
    }

    /// What is due for one tenant.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn plan_tenant(&mut self, tenant: &str) -> Result<TenantPlan, KeepError> {
        self.eraser.integrate()?;
        let terms = self.terms(tenant).clone();
        Ok(Planner::plan(self, tenant, &terms)?)
    }

    /// Does what the plan says, and nothing else. All expiries go in one batch, with one rotation
    /// of the keys; then each tenant is pruned.
    ///
    /// # Errors
    /// That the store moved underneath: then nothing was done, and a new plan says what is due now.
    /// Or why it is not done: [`Keeper::resume`] goes on.
    pub fn apply(&mut self, plan: &Plan) -> Result<Applied, KeepError> {
        self.resume()?;
        self.eraser.integrate()?;
        for tenant in &plan.tenants {
            self.check(tenant)?;
        }
        let mut applied = Applied::default();
        for (tenant, step) in steps(plan) {
            if let Step::Expire(expiry) = step {
                applied.expired.push((tenant.to_owned(), expiry.clone()));
            }
        }
        let due = applied.expired.iter().map(|(tenant, expiry)| due(tenant, expiry));
        self.eraser.expire(&due.collect::<Vec<_>>())?;
        for (tenant, step) in steps(plan) {
            let Step::Prune(pruning) = step else { continue };
            let policy = self.terms(tenant).name.clone();
            let journal = Journal::new(tenant, pruning, &policy);
            self.prune(journal)?;
            applied.pruned.push((tenant.to_owned(), pruning.clone()));
        }
        Ok(applied)
    }

    /// Goes on with what was interrupted; whoever opens the keys to change the store calls this
    /// first.
    ///
    /// # Errors
    /// Why it is not done.
    pub fn resume(&mut self) -> Result<(), KeepError> {
        self.eraser.resume()?;
        let files = self.store().files().clone();
        for journal in prune::Journal::all(files.as_ref(), &self.eraser.keys_dir())? {
            // A hold that came meanwhile wins, as long as nothing is gone.
            let held = self.eraser.may_expire(journal.tenant());
            if let (false, Err(VaultError::Held { .. })) = (journal.is_certified(), held) {
                journal.forget(files.as_ref(), &self.eraser.keys_dir())?;
                continue;
            }
            self.prune(journal)?;
        }
        Ok(())
    }

    /// Whether everything of the plan stands as it was planned.
    fn check(&mut self, planned: &TenantPlan) -> Result<(), KeepError> {
        let tenant = &planned.tenant;
        if planned.steps.is_empty() {
            return Ok(());
        }
        self.eraser.may_expire(tenant)?;
        let moved = |what: String| KeepError::Moved { tenant: tenant.clone(), what };
        if *self.terms(tenant) != planned.terms {
            return Err(moved("its terms are others".to_owned()));
        }
        let log = Log::of(self.store(), tenant)?;
        for step in &planned.steps {
            match step {
                Step::Expire(one) => {
                    let now = expiry(&log, one.class, one.day, one.why)?;
                    if now != *one {
                        let day = crate::tenant::date(one.day);
                        let what = format!(
                            "{} of {day} has {} parts, and had {}",
                            one.class, now.parts, one.parts
                        );
                        return Err(moved(what));
                    }
                }
                Step::Prune(one) => {
                    if log.first() != planned.first {
                        return Err(moved("it was pruned meanwhile".to_owned()));
                    }
                    let now = pruning(&log, one.minimum, one.files.clone())?;
                    if now != *one {
                        return Err(moved("its leaves are not those that were planned".to_owned()));
                    }
                }
            }
        }
        Ok(())
    }

    fn prune(&mut self, journal: Journal) -> Result<(), KeepError> {
        let lock = self.eraser.lock()?;
        let outcome = journal.go(self);
        lock.give_back();
        outcome
    }

    /// Signs a log, and keeps the note.
    pub(super) fn sign(&self, tenant: &str) -> Result<(), KeepError> {
        let (dir, base) = {
            let ring = held(&self.eraser.ring);
            (ring.dir().to_owned(), ring.base().to_owned())
        };
        let keys = Keys::open(self.store().files().as_ref(), &dir)?;
        let mut signer = Signer::new(self.store(), keys, Some(&base));
        signer.sign(tenant, Demand::Keep, self.world().now())?;
        Ok(())
    }
}

fn steps(plan: &Plan) -> impl Iterator<Item = (&str, &Step)> {
    plan.tenants
        .iter()
        .flat_map(|tenant| tenant.steps.iter().map(|step| (tenant.tenant.as_str(), step)))
}

fn due(tenant: &str, expiry: &Expiry) -> Due {
    let (class, day): (Class, u32) = (expiry.class, expiry.day);
    Due { tenant: tenant.to_owned(), class, day }
}

/// Why a store is not within its terms.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeepError {
    /// The store is not as it was planned: nothing was done.
    Moved {
        /// The tenant.
        tenant: String,
        /// What is different.
        what: String,
    },
    /// The leaf that says what goes is not below a signed head: nothing goes before it is.
    NotSigned {
        /// The tenant.
        tenant: String,
    },
    /// The vault refused: a hold, the clock, the keys, the disk.
    Vault(VaultError),
}

impl<E: Into<VaultError>> From<E> for KeepError {
    fn from(error: E) -> Self {
        Self::Vault(error.into())
    }
}

impl fmt::Display for KeepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { tenant, what } => {
                write!(f, "the log of {tenant} is not as it was planned: {what}; plan again")
            }
            Self::NotSigned { tenant } => {
                write!(f, "the log of {tenant} could not be signed, so nothing of it was pruned")
            }
            Self::Vault(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for KeepError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Vault(error) => Some(error),
            _ => None,
        }
    }
}
