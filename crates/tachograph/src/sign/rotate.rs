//! Given an operator's word, goes on with another key, or under another name.
//!
//! To replace a key: record [`Rotated::draft`] by [`super::tell`], integrate, then
//! [`Signer::rotate`]. The leaf carries the old key's signature over the new one, and counts only
//! with it.

use tacho_event::json::Object;
use tacho_event::privacy::base64url;
use tacho_event::{Draft, Timestamp};
use tacho_tree::{Note, Policy, Rotation, VerifierKey};

use super::error::SignError;
use super::{Demand, Signer, publish};
use crate::state::{Found, State};
use crate::tenant::TenantPlaces;

/// The next key of a log, named by the one before.
#[derive(Debug)]
pub struct Rotated {
    /// The new key.
    pub successor: VerifierKey,
    /// The first size that it signs.
    pub from_size: u64,
    /// The `tacho.key` event to record.
    pub draft: Draft,
}

/// The log under which a log that could not go on starts anew.
#[derive(Debug)]
pub struct NewOrigin {
    /// Its tenant, as in `acme-2`.
    pub tenant: String,
    /// The `tacho.origin` event to record first: it carries the orphaned note.
    pub draft: Draft,
}

impl Signer {
    /// What to record before a log's key is replaced. Changes nothing, and says the same again
    /// until the log grows.
    ///
    /// # Errors
    /// What the disk said, or who holds the old key elsewhere.
    pub fn rotation(&self, tenant: &str) -> Result<Rotated, SignError> {
        let files = self.store.files().as_ref();
        let origin = self.origin(tenant)?;
        let places = TenantPlaces::new(self.store.places(), tenant);
        let from_size = match State::read(files, &places)? {
            Found::State(state) => state.size(),
            Found::Missing | Found::Damaged => 0,
        };
        let highwater = self.keys.highwater(files)?.unwrap_or_default();
        let epoch = highwater.get(&origin).unwrap_or_default().epoch;
        let old = self.keys.hand(&origin, epoch);
        let successor = self.keys.verifier(&origin, epoch + 1);
        let rotation = Rotation { origin: &origin, from_size, successor: &successor };
        let signature = base64url(&old.rotate(&rotation)?);
        let draft = Draft::system("tacho.key")
            .with("action.system.vkey", successor.to_string().as_str())
            .with("action.system.predecessor", old.verifier().to_string().as_str())
            .with("action.system.from_size", from_size)
            .with("action.system.signature", signature.as_str());
        Ok(Rotated { successor, from_size, draft })
    }

    /// Replaces a log's key, after its `tacho.key` leaf was integrated; for `overlap` more leaves
    /// the old key signs too. Gives the first note that the new key signed.
    ///
    /// # Errors
    /// Why nothing was signed; the key is replaced nevertheless, and signs next.
    pub fn rotate(
        &mut self,
        tenant: &str,
        overlap: u64,
        now: Timestamp,
    ) -> Result<Option<Note>, SignError> {
        // The old key must be sound, and sign what there is, before another takes its place.
        self.sign(tenant, Demand::Keep, now)?;
        let origin = self.origin(tenant)?;
        let files = self.store.files().clone();
        let lock = self.keys.lock(files.as_ref())?;
        let raised = || -> Result<(), SignError> {
            let mut highwater = self.keys.highwater(files.as_ref())?.unwrap_or_default();
            let mut mark = highwater.get(&origin).unwrap_or_default();
            mark.epoch += 1;
            mark.both_until = mark.head.size.saturating_add(overlap);
            highwater.set(&origin, mark);
            Ok(self.keys.write_highwater(files.as_ref(), &highwater)?)
        };
        let outcome = raised();
        lock.give_back();
        outcome?;
        self.sign(tenant, Demand::Keep, now)
    }

    /// The keys of these tenants' logs that sign now, as a C2SP `tlog-policy`.
    ///
    /// # Errors
    /// What the disk said, or that a tenant makes no origin.
    pub fn policy(&self, tenants: &[&str]) -> Result<Policy, SignError> {
        let highwater = self.keys.highwater(self.store.files().as_ref())?.unwrap_or_default();
        let mut keys = Vec::new();
        for tenant in tenants {
            let origin = self.origin(tenant)?;
            let epoch = highwater.get(&origin).unwrap_or_default().epoch;
            keys.push(self.keys.verifier(&origin, epoch));
        }
        let policy = Policy::of_logs(&keys);
        // One line a tenant, each with a key of its own.
        policy.map_err(|_| SignError::Name(tacho_tree::NameError::Empty))
    }

    /// The name under which a log that is refused may start anew: the operator's only way on.
    ///
    /// # Errors
    /// What the disk said, or that the name becomes too long.
    pub fn new_origin(&self, tenant: &str) -> Result<NewOrigin, SignError> {
        let files = self.store.files().as_ref();
        let name = self.origin(tenant)?.tenant();
        let mut number = 2;
        let successor = loop {
            let successor = name.successor(number).map_err(SignError::Name)?;
            if files.stat(&self.store.places().tenant(successor.as_str())).is_err() {
                break successor;
            }
            number += 1;
        };
        let places = TenantPlaces::new(self.store.places(), tenant);
        let orphan = publish::read(files, &places)?;
        let mut says = Object::from([("orphan", tenant)]);
        if let Some((note, _)) = orphan {
            says.insert("note", note.to_string());
        }
        let draft = Draft::system("tacho.origin").with("action.system", says);
        Ok(NewOrigin { tenant: successor.as_str().to_owned(), draft })
    }
}
