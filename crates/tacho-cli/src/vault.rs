//! Given a place, opens its vault: the keys that erase, hold and put back.

use crate::failure::{Exit, Failure};
use crate::place::Place;
use std::sync::{Arc, Mutex};
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::sign::{Keys, SignError};
use tachograph::store::Store;
use tachograph::vault::{KeyRing, SharedRing};

/// What an erasure or a hold is about, on the command line.
#[derive(Debug, Default, clap::Args)]
#[group(multiple = false)]
pub(crate) struct About {
    /// All that is kept of this person
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// These events, by id
    #[arg(long, value_name = "ID")]
    event: Vec<String>,
    /// All events of this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// The parts in which this text stands: what leaked
    #[arg(long = "match", value_name = "TEXT")]
    matching: Option<String>,
}

impl About {
    /// The scope that was named, if any was.
    pub(crate) fn scope(&self) -> Option<Scope> {
        let subject = self.subject.clone().map(Scope::Subject);
        let session = self.session.clone().map(Scope::Session);
        let matching = self.matching.clone().map(Scope::Matching);
        let events = (!self.event.is_empty()).then(|| Scope::Events(self.event.clone()));
        subject.or(session).or(matching).or(events)
    }

    pub(crate) fn target(&self, place: &Place) -> Option<Target> {
        Some(Target { tenant: place.tenant.as_str().to_owned(), scope: self.scope()? })
    }
}

/// What a scope is called: `session s-1`.
pub(crate) fn called(scope: &Scope) -> String {
    match scope {
        Scope::Subject(id) => format!("person {id}"),
        Scope::Session(id) => format!("session {id}"),
        Scope::Matching(text) => format!("what says `{text}`"),
        Scope::Events(ids) if ids.len() == 1 => format!("event {}", ids.concat()),
        Scope::Events(ids) => format!("{} events", ids.len()),
    }
}

/// The vault of a store: its keys, made if the vault is new.
pub(crate) fn ring(place: &Place, store: &Store) -> Result<SharedRing, Failure> {
    let ring = KeyRing::create(store, Place::world(), keys(place, store)?, None)?;
    Ok(Arc::new(Mutex::new(ring)))
}

/// The vault of a store that was put back: it may not know of every erasure yet.
pub(crate) fn ring_restored(place: &Place, store: &Store) -> Result<SharedRing, Failure> {
    let ring = KeyRing::open_restored(store, Place::world(), keys(place, store)?, None)?;
    Ok(Arc::new(Mutex::new(ring)))
}

pub(crate) fn eraser(place: &Place, store: &Store) -> Result<Eraser, Failure> {
    if place.read_only {
        return Err(Failure::usage("--read-only changes nothing, and this would")
            .next("the same without --read-only"));
    }
    Ok(Eraser::new(store, Place::world(), ring(place, store)?))
}

pub(crate) fn keys(place: &Place, store: &Store) -> Result<Keys, Failure> {
    let dir = place.keys_dir(store);
    Keys::open(store.files().as_ref(), &dir).map_err(|error| {
        let failure = Failure::new(Exit::NotAllowed, error.to_string());
        match error {
            SignError::NoKey(_) => failure
                .because("who holds the keys of a store erases, holds and puts back; nobody else")
                .next("name their directory with --keys DIR, or be the user who has them"),
            _ => failure,
        }
    })
}
