//! Given a log and its key, gives a checkpoint over what is durable; never two that disagree.
//!
//! 1. Read the tenant's state: all it counts is durable.
//! 2. Read the last checkpoint and the highwater mark, which lies with the keys, outside the store.
//! 3. Work out the roots at both sizes from the stored tree; if one differs, or the log is shorter,
//!    refuse: somebody put an old store back, or changed it.
//! 4. Raise the highwater mark, durably. 5. Sign. 6. Publish.
//!
//! The only way on after a refusal is [`Signer::new_origin`], an operator's decision. A snapshot
//! that puts store and keys back together is told only by an anchor outside. Who only records never
//! comes here, and never opens a key.

mod error;
mod highwater;
mod keys;
mod origin;
mod outside;
mod publish;
mod rotate;
mod tell;

use std::collections::HashMap;

use tacho_event::Timestamp;
use tacho_tree::{Checkpoint, Head, Note, Origin, Tenant, VerifierKey, prove};

use crate::error::Error;
use crate::state::{Found, State};
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::tree::NodeFiles;

pub use error::{Refusal, SignError};
pub use highwater::{Highwater, Mark};
pub use keys::Keys;
pub use origin::{default_base, origin};
use outside::Hand;
pub use outside::OutsideKey;
pub use publish::{Kept, kept, vkeys};
pub use rotate::{NewOrigin, Rotated};
pub(crate) use tell::is_of_keys;
pub use tell::tell;

/// At most one checkpoint a second is made unasked.
const DUE_MICROS: i64 = 1_000_000;

/// How much a checkpoint is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// If one is due: the last was made a second ago.
    Due,
    /// Now: a turn or a session ends, or the program does.
    Now,
    /// Now, and keep it in `checkpoints.log`: it goes to an anchor.
    Keep,
}

/// Signs the logs of one store.
#[derive(Debug)]
pub struct Signer {
    store: Store,
    keys: Keys,
    base: String,
    /// When each tenant's log was last signed by this signer.
    signed: HashMap<String, Timestamp>,
}

impl Signer {
    /// A signer with these keys. Origins are `<base>/<tenant>`; without a base, that of the store's
    /// installation.
    pub fn new(store: &Store, keys: Keys, base: Option<&str>) -> Self {
        let base = base.map_or_else(|| default_base(store), str::to_owned);
        Self { store: store.clone(), keys, base, signed: HashMap::new() }
    }

    /// Signs a tenant's log if that is wanted and there is something new; gives the note that is
    /// published then.
    ///
    /// # Errors
    /// Why it was not signed. A [`SignError::Refused`] needs somebody to look.
    pub fn sign(
        &mut self,
        tenant: &str,
        demand: Demand,
        now: Timestamp,
    ) -> Result<Option<Note>, SignError> {
        let last = self.signed.get(tenant).copied();
        let is_due =
            last.is_none_or(|last| now.micros().abs_diff(last.micros()) >= DUE_MICROS as u64);
        if demand == Demand::Due && !is_due {
            return Ok(None);
        }
        let origin = self.origin(tenant)?;
        let files = self.store.files().clone();
        let places = TenantPlaces::new(self.store.places(), tenant);
        let lock = self.keys.lock(files.as_ref())?;
        let outcome = self.sign_locked(&origin, &places, demand, now);
        lock.give_back();
        if outcome.is_ok() {
            self.signed.insert(tenant.to_owned(), now);
        }
        outcome
    }

    /// The origin of a tenant's log.
    ///
    /// # Errors
    /// Why base and tenant make no name.
    pub fn origin(&self, tenant: &str) -> Result<Origin, SignError> {
        let tenant = Tenant::new(tenant).map_err(SignError::Name)?;
        Origin::new(&self.base, &tenant).map_err(SignError::Name)
    }

    fn sign_locked(
        &self,
        origin: &Origin,
        places: &TenantPlaces,
        demand: Demand,
        now: Timestamp,
    ) -> Result<Option<Note>, SignError> {
        let files = self.store.files().as_ref();
        let state = match State::read(files, places)? {
            Found::State(state) => state,
            Found::Missing => State::default(),
            Found::Damaged => {
                let path = places.state();
                return Err(Error::Damaged { path, what: "it is no state" }.into());
            }
        };
        let mut highwater = self.keys.highwater(files)?;
        let published = publish::read(files, places)?;
        let mark = self.agree(origin, places, &state, highwater.as_ref(), published.as_ref())?;
        if state.size() == 0 {
            return Ok(None);
        }
        let head = Head { size: state.size(), root: state.frontier.root() };
        if let Some((note, checkpoint)) = published
            && checkpoint.head == head
            && publish::is_signed_by(&note, &verifiers(&self.hands(origin, &mark, head.size)))
        {
            if demand == Demand::Keep {
                publish::keep(files, places, &note, now)?;
            }
            return Ok(Some(note));
        }
        let mark = Mark { head, ..mark };
        let mut all = highwater.take().unwrap_or_default();
        all.set(origin, mark);
        self.keys.write_highwater(files, &all)?;
        let hands = self.hands(origin, &mark, head.size);
        let note = make(origin, &mark, &hands)?;
        publish::write(files, places, &note, &verifiers(&hands))?;
        if demand == Demand::Keep || publish::is_hour_over(files, places, now)? {
            publish::keep(files, places, &note, now)?;
        }
        Ok(Some(note))
    }

    /// Checks that the log still holds what was signed; gives its mark.
    fn agree(
        &self,
        origin: &Origin,
        places: &TenantPlaces,
        state: &State,
        highwater: Option<&Highwater>,
        published: Option<&(Note, Checkpoint)>,
    ) -> Result<Mark, SignError> {
        let refused = |why| Err(SignError::Refused { origin: origin.to_string(), why });
        let mark = highwater.and_then(|highwater| highwater.get(origin));
        let is_used = state.size() > 0 || published.is_some();
        let mark = match (highwater, mark, published) {
            (_, Some(mark), _) => mark,
            // The keys are new, and so is every mark: this log was never signed.
            (Some(_), None, None) => Mark::default(),
            (None, None, _) if !is_used => Mark::default(),
            _ => return refused(Refusal::NoHighwater),
        };
        let nodes = NodeFiles::new(self.store.files().clone(), places.clone());
        let holds = |head: &Head| -> Result<bool, Error> {
            // What cannot be read, was not checked, and is an error of its own.
            match prove::root(&nodes, head.size) {
                Ok(root) => Ok(root == head.root),
                Err(prove::ProveError::Nodes(error)) => Err(error),
                Err(_) => Ok(false),
            }
        };
        if let Some((note, checkpoint)) = published {
            let (size, had) = (state.size(), checkpoint.head.size);
            if checkpoint.origin != origin.key_name() || !self.knows(origin, &mark, note) {
                return refused(Refusal::ForeignCheckpoint);
            }
            if had > size {
                return refused(Refusal::Shorter { size, had });
            }
            if had > mark.head.size {
                return refused(Refusal::OldHighwater { mark: mark.head.size, had });
            }
            if !holds(&checkpoint.head)? {
                return refused(Refusal::Forked { size: had });
            }
        }
        if mark.head.size > state.size() {
            let (size, had) = (state.size(), mark.head.size);
            return refused(Refusal::Shorter { size, had });
        }
        let now = Head { size: state.size(), root: state.frontier.root() };
        for head in [&mark.head, &now] {
            if !holds(head)? {
                return refused(Refusal::Forked { size: head.size });
            }
        }
        Ok(mark)
    }

    /// Whether a key of this log, old or new, signed the note.
    fn knows(&self, origin: &Origin, mark: &Mark, note: &Note) -> bool {
        (0..=mark.epoch).rev().any(|epoch| {
            let key = self.keys.verifier(origin, epoch);
            note.verify(std::slice::from_ref(&key)).is_ok()
        })
    }

    /// Who signs at a size: the newest key, and the one before during an overlap.
    fn hands(&self, origin: &Origin, mark: &Mark, size: u64) -> Vec<Hand> {
        let before = mark.epoch.checked_sub(1).filter(|_| size < mark.both_until);
        let epochs = before.into_iter().chain([mark.epoch]);
        epochs.map(|epoch| self.keys.hand(origin, epoch)).collect()
    }
}

fn verifiers(hands: &[Hand]) -> Vec<VerifierKey> {
    hands.iter().map(|hand| hand.verifier().clone()).collect()
}

fn make(origin: &Origin, mark: &Mark, hands: &[Hand]) -> Result<Note, SignError> {
    let mut note = Checkpoint { origin: origin.key_name(), head: mark.head }.unsigned();
    hands.iter().try_for_each(|hand| hand.sign(&mut note))?;
    Ok(note)
}
