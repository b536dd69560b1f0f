//! Given an operator's word, engages a stop or lifts one; each is an event.
//!
//! Engaging stops first and tells then: a full disk or a broken log must not keep a stop from
//! working. Lifting tells first. Who dies in between leaves a lease that says that it was not told,
//! and whoever engages, lifts or calls [`Stops::tell`] next makes up for it.

use tacho_event::{ActionType, ActorType, Draft, Severity, Timestamp, random, uuid_text, uuid_v7};

use super::lease::encode;
use super::{Found, Lease, LeaseId, Scope, StopError, Stops, read};
use crate::files::Point;
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::replace::{Steps, replace};
use crate::limits::{STOP_FILE_BYTES_MAX, STOP_LEASES_MAX, STOP_TEXT_BYTES_MAX, STOP_WAIT_MICROS};
use crate::record::{Ack, Receipt, Recorder};

/// A stop that is wanted.
#[derive(Debug, Clone)]
pub struct NewStop {
    /// Whom it stops.
    pub scope: Scope,
    /// Who wants it.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When it ends by itself; none if only somebody lifts it.
    pub expires: Option<Timestamp>,
}

/// A stop that was engaged.
#[derive(Debug)]
pub struct Engaged {
    /// The lease, in force.
    pub lease: Lease,
    /// The receipt of the event that says so.
    pub receipt: Receipt,
}

/// A stop that was lifted.
#[derive(Debug)]
pub struct Lifted {
    /// The lease that was in force.
    pub lease: Lease,
    /// The receipt of the event that says so.
    pub receipt: Receipt,
}

impl Stops {
    /// Engages a stop. When this returns it survives a power cut and every recorder honours it.
    ///
    /// # Errors
    /// Why it is not in force; [`StopError::NotTold`] alone means that it is.
    pub fn engage(&self, recorder: &Recorder, wish: NewStop) -> Result<Engaged, StopError> {
        let now = self.world.now();
        let lease = Lease {
            id: uuid_v7(now, random(&self.world.as_ref())),
            scope: wish.scope,
            who: wish.who,
            reason: wish.reason,
            engaged: now,
            expires: wish.expires,
            told: false,
        };
        fits(&lease)?;
        let id = lease.id;
        self.locked(|leases| {
            if leases.len() >= STOP_LEASES_MAX {
                return Err(StopError::TooMany);
            }
            leases.push(lease);
            self.write(leases)?;
            let told = self.tell_all(recorder, leases)?;
            let ours = told.into_iter().find(|(lease, _)| lease.id == id);
            // It was not told before, so it was told now.
            let (lease, receipt) = ours.ok_or(StopError::NoLease(id))?;
            Ok(Engaged { lease, receipt })
        })
    }

    /// Lifts a stop.
    ///
    /// # Errors
    /// Why it is still in force, or that it is not.
    pub fn lift(
        &self,
        recorder: &Recorder,
        id: LeaseId,
        who: &str,
        reason: &str,
    ) -> Result<Lifted, StopError> {
        self.locked(|leases| {
            self.tell_all(recorder, leases)?;
            let now = self.world.now();
            let known = |lease: &&Lease| lease.id == id && lease.is_in_force(now);
            let lease = leases.iter().find(known).ok_or(StopError::NoLease(id))?.clone();
            let receipt = recorder.record_as(event(&lease, false, who, reason), Ack::Disk);
            let receipt = receipt.map_err(|why| StopError::NotLifted(Box::new(why)))?;
            leases.retain(|lease| lease.id != id);
            self.write(leases)?;
            Ok(Lifted { lease, receipt })
        })
    }

    /// Replaces damaged leases by none: from now on only what is engaged anew stops anybody. An
    /// operator's decision, and an event.
    ///
    /// # Errors
    /// Why everybody is still stopped.
    pub fn reset(&self, recorder: &Recorder, who: &str, reason: &str) -> Result<(), StopError> {
        let lock = self.lock()?;
        let reset = || -> Result<(), StopError> {
            let (files, places) = (self.store.files().as_ref(), self.store.places());
            if matches!(read(files, places)?, Found::Leases(_)) {
                return Ok(());
            }
            let draft = Draft::own(ActionType::Stop, "tacho.stop.reset")
                .with("severity", Severity::Critical)
                .with("actor.type", ActorType::User)
                .with("actor.id", who)
                .with("action.stop.engaged", false)
                .with("action.stop.reason", reason);
            let receipt = recorder.record_as(draft, Ack::Disk);
            receipt.map_err(|why| StopError::NotLifted(Box::new(why)))?;
            self.write(&[])
        };
        let outcome = reset();
        lock.give_back();
        outcome
    }

    /// Records the leases of which no event tells yet; gives them with their receipts.
    ///
    /// # Errors
    /// Why the first of them could not be told; it is in force nevertheless.
    pub fn tell(&self, recorder: &Recorder) -> Result<Vec<(Lease, Receipt)>, StopError> {
        self.locked(|leases| self.tell_all(recorder, leases))
    }

    fn tell_all(
        &self,
        recorder: &Recorder,
        leases: &mut [Lease],
    ) -> Result<Vec<(Lease, Receipt)>, StopError> {
        let mut told = Vec::new();
        for lease in leases.iter_mut().filter(|lease| !lease.told) {
            // Told again after a crash, the event bears the same id: that of the lease.
            let draft = event(lease, true, &lease.who, &lease.reason);
            let draft = draft.with("id", uuid_text(lease.id).as_str());
            let receipt = recorder.record_as(draft, Ack::Disk).map_err(|why| {
                StopError::NotTold { lease: Box::new(lease.clone()), why: Box::new(why) }
            })?;
            lease.told = true;
            told.push((lease.clone(), receipt));
        }
        if !told.is_empty() {
            self.write(leases)?;
        }
        Ok(told)
    }

    /// Lends the leases under their lock, without those that are told and past.
    fn locked<T>(
        &self,
        work: impl FnOnce(&mut Vec<Lease>) -> Result<T, StopError>,
    ) -> Result<T, StopError> {
        let lock = self.lock()?;
        let now = self.world.now();
        let outcome = match read(self.store.files().as_ref(), self.store.places()) {
            Err(error) => Err(error.into()),
            Ok(Found::Damaged) => Err(StopError::Damaged),
            Ok(Found::Leases(mut leases)) => {
                leases.retain(|lease| !lease.told || lease.is_in_force(now));
                work(&mut leases)
            }
        };
        lock.give_back();
        outcome
    }

    fn lock(&self) -> Result<Exclusive, StopError> {
        let files = self.store.files().as_ref();
        let mut lock = Exclusive::new(self.store.places().stop_lock(), Point::StopLock);
        match lock.take(files, STOP_WAIT_MICROS)? {
            Taken::No => Err(StopError::Busy),
            Taken::Again | Taken::Anew => Ok(lock),
        }
    }

    fn write(&self, leases: &[Lease]) -> Result<(), StopError> {
        let bytes = encode(leases).filter(|bytes| bytes.len() <= STOP_FILE_BYTES_MAX);
        let bytes = bytes.ok_or(StopError::TooMany)?;
        let steps = Steps {
            sync: Point::StopSync,
            rename: Point::StopRename,
            dir: Some(Point::StopDirSync),
        };
        let (files, path) = (self.store.files().as_ref(), self.store.places().stop_leases());
        Ok(replace(files, &path, &bytes, steps)?)
    }
}

fn fits(lease: &Lease) -> Result<(), StopError> {
    let scope = [lease.scope.tenant(), lease.scope.target()].into_iter().flatten();
    if scope.chain([lease.who.as_str(), &lease.reason]).any(str::is_empty) {
        return Err(StopError::Unfit("a stop names its scope, who engages it, and why"));
    }
    let scope = [lease.scope.tenant(), lease.scope.target()].into_iter().flatten();
    let mut texts = scope.chain([lease.who.as_str(), &lease.reason]);
    if texts.any(|text| text.len() > STOP_TEXT_BYTES_MAX) {
        return Err(StopError::Unfit("a text of the stop is too long"));
    }
    Ok(())
}

/// The event that a stop was engaged or lifted.
fn event(lease: &Lease, engaged: bool, who: &str, reason: &str) -> Draft {
    let severity = if engaged { Severity::Critical } else { Severity::Warning };
    let name = if engaged { "tacho.stop.engage" } else { "tacho.stop.lift" };
    Draft::own(ActionType::Stop, name)
        .with("severity", severity)
        .with("actor.type", ActorType::User)
        .with("actor.id", who)
        .with("action.stop.lease", uuid_text(lease.id).as_str())
        .with("action.stop.scope", lease.scope.as_str())
        .with_some("action.stop.tenant", lease.scope.tenant())
        .with_some("action.stop.target", lease.scope.target())
        .with("action.stop.engaged", engaged)
        .with("action.stop.reason", reason)
        .with_some("action.stop.expires", lease.expires.map(|expires| expires.to_string()))
}
