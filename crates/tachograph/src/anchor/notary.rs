//! Given a tenant, has everything recorded until now seen by witnesses, and waits for them: what an
//! ack `witnessed` takes.
//!
//! ```text
//! integrate -> sign -> show the note to every witness -> until the policy's quorum cosigned
//! ```
//! This is slow, tens of milliseconds on one machine and more over a network, and a batch costs no
//! more than one event. Whoever wants it gives a [`Notary`] to the recorder's settings.

use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError};

use tacho_event::Draft;
use tacho_tree::Checkpoint;

use super::run::{Outcome, Which, run};
use super::{Anchors, Asked};
use crate::integrate::{Budget, IntegrateError, Integrator};
use crate::limits::NOTARY_TRIES_MAX;
use crate::sign::{Demand, Signer, vkeys};
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::world::World;

/// Has events witnessed.
pub trait Witnessing: Debug + Send + Sync {
    /// Has all that is durable in a tenant's log seen by enough witnesses. Gives events to record
    /// about it besides, with either outcome.
    fn witness(&self, tenant: &str) -> (Result<Witnessed, Unwitnessed>, Vec<Draft>);
}

/// Who saw the log, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// Leaves that they saw.
    pub size: u64,
    /// The names of the witnesses' keys.
    pub names: Vec<String>,
}

/// Why too few witnesses saw an event that is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unwitnessed {
    /// There are no witnesses, or nothing says how many are enough.
    NoQuorum,
    /// The log could not be brought up to date or signed.
    NotSigned(String),
    /// Too few answered in time; each with why it did not.
    TooFew(Vec<String>),
}

impl fmt::Display for Unwitnessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuorum => {
                f.write_str("no policy names witnesses and how many of them are enough")
            }
            Self::NotSigned(why) => write!(f, "the log could not be signed: {why}"),
            Self::TooFew(why) => {
                f.write_str("too few witnesses cosigned in time")?;
                why.iter().try_for_each(|why| write!(f, "; {why}"))
            }
        }
    }
}

/// Integrates, signs and asks witnesses, for one store.
#[derive(Debug)]
pub struct Notary {
    store: Store,
    world: Arc<dyn World>,
    anchors: Anchors,
    tools: Mutex<Tools>,
}

#[derive(Debug)]
struct Tools {
    integrator: Integrator,
    signer: Signer,
}

impl Notary {
    /// A notary that signs with `signer` and asks the witnesses among these anchors, as long as
    /// their patience says, until their policy is content.
    pub fn new(store: &Store, world: Arc<dyn World>, signer: Signer, anchors: Anchors) -> Self {
        let integrator = Integrator::new(store, world.clone());
        let tools = Mutex::new(Tools { integrator, signer });
        Self { store: store.clone(), world, anchors, tools }
    }

    fn try_witness(&self, tenant: &str, drafts: &mut Vec<Draft>) -> Result<Witnessed, Unwitnessed> {
        let policy = self.anchors.policy.as_ref().filter(|policy| policy.needs_witnesses());
        let policy = policy.ok_or(Unwitnessed::NoQuorum)?;
        let not_signed = |why: String| Unwitnessed::NotSigned(why);
        // One at a time: who comes meanwhile is seen by the next note, with all that came by then.
        let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        tools.integrate().map_err(|error| not_signed(error.to_string()))?;
        let signed = tools.signer.sign(tenant, Demand::Now, self.world.now());
        let note = signed.map_err(|error| not_signed(error.to_string()))?;
        let note = note.ok_or_else(|| not_signed("it is empty".to_owned()))?;
        let places = TenantPlaces::new(self.store.places(), tenant);
        let keys = vkeys(self.store.files().as_ref(), &places);
        let keys = keys.map_err(|error| not_signed(error.to_string()))?;
        // Our own log's key need not stand in our own file of witnesses.
        let policy = policy.with_logs(&keys);
        let mut tell = |told: Vec<Draft>| {
            drafts.extend(told);
            true
        };
        let which = Which::Until(&policy);
        let world = self.world.as_ref();
        let asking = run(&self.store, tenant, &note, &self.anchors, which, world, &mut tell);
        let asking = asking.map_err(|error| not_signed(error.to_string()))?;
        let whole = asking.cosigned.unwrap_or(note);
        match policy.open(&whole) {
            Ok(Checkpoint { head, .. }) => {
                let names = asking.outcomes.iter().filter(|outcome| outcome.result.is_ok());
                let names = names.map(|outcome| outcome.name.clone()).collect();
                Ok(Witnessed { size: head.size, names })
            }
            Err(_) => Err(Unwitnessed::TooFew(asking.outcomes.iter().filter_map(why).collect())),
        }
    }
}

impl Witnessing for Notary {
    fn witness(&self, tenant: &str) -> (Result<Witnessed, Unwitnessed>, Vec<Draft>) {
        let mut drafts = Vec::new();
        let outcome =
            match self.anchors.all.iter().any(|one| matches!(one.asked, Asked::Witness(_))) {
                true => self.try_witness(tenant, &mut drafts),
                false => Err(Unwitnessed::NoQuorum),
            };
        (outcome, drafts)
    }
}

impl Tools {
    /// Integrates everything; another integrator is waited for.
    fn integrate(&mut self) -> Result<(), IntegrateError> {
        for _ in 1..NOTARY_TRIES_MAX {
            match self.integrator.run(Budget::default()) {
                Err(IntegrateError::Busy) => {}
                outcome => return outcome.map(drop),
            }
        }
        self.integrator.run(Budget::default()).map(drop)
    }
}

fn why(outcome: &Outcome) -> Option<String> {
    let trouble = outcome.result.as_ref().err()?;
    Some(format!("{}: {trouble}", outcome.name))
}
