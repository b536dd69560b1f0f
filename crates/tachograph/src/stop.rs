//! Given an intent, says whether an emergency stop forbids it; engages and lifts such stops.
//!
//! A stop is a lease in `stops/leases`: whom it stops, why, who engaged it, until when. Every
//! recorder asks before an intent, so the file is small and read with one look; results, gaps and
//! whole calls are recorded whatever the leases say.
//!
//! | what stands there | what it means |
//! |---|---|
//! | no file in `stops/` | nobody is stopped: no stop was ever engaged |
//! | leases, none of them for the asker, or all past their expiry | nobody stops this one |
//! | a file that is not whole, or another user's | everybody is stopped, until an operator looks |
//! | no `stops/`, an unreadable file, an `alive` that is past | nobody can know |
//!
//! Why damage stops: who can damage the file can as well write a lease, so nobody gains a stop by
//! it; were damage to free, a flipped bit could lift one. What nobody can know follows the failure
//! policy of the action: `closed` refuses it, the others let it pass and name the gap.
//!
//! Whoever runs as the store's owner can delete a lease, so under the agent's own user a stop is
//! advice. It binds where the store belongs to a service of its own user.

mod engage;
mod error;
mod lease;

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use tacho_event::json::Value;
use tacho_event::{Draft, Timestamp};

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::{Access, Files, Kind, read_full_at, write_all_at};
use crate::limits::STOP_FILE_BYTES_MAX;
use crate::places::Places;
use crate::store::Store;
use crate::wal::field::{u32_at, u64_at};
use crate::world::World;

pub use engage::{Engaged, Lifted, NewStop};
pub use error::StopError;
pub use lease::{Lease, LeaseId, Scope};

const ALIVE_MAGIC: &[u8; 4] = b"TSV1";
const ALIVE_CHECKED: usize = 12;

/// Who wants to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The agent.
    pub agent: Option<&'a str>,
    /// The agent it works for.
    pub parent: Option<&'a str>,
    /// The session.
    pub session: Option<&'a str>,
}

impl<'a> Asker<'a> {
    /// Who speaks in a draft.
    pub fn of(draft: &'a Draft, tenant: &'a str) -> Self {
        let says = |pointer: &str| draft.at(pointer).and_then(Value::as_str);
        Self {
            tenant,
            agent: says("/agent/id"),
            parent: says("/agent/parent_id"),
            session: says("/agent/session_id"),
        }
    }
}

/// What the stops say to an asker.
#[derive(Debug)]
pub enum Standing {
    /// Nothing forbids it.
    Free,
    /// It is stopped.
    Stopped(Why),
    /// Nobody can know: the failure policy decides.
    Unknown(Error),
}

/// Why somebody is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// This lease stops it.
    Lease(Box<Lease>),
    /// The leases are damaged, which stops everybody.
    Damaged,
    /// Nobody can know what is stopped, and the failure policy is `closed`.
    Unknown,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lease(lease) => write!(f, "{lease}"),
            Self::Damaged => f.write_str("the stop leases are damaged, which stops everybody"),
            Self::Unknown => f.write_str("nobody can know what is stopped, and that refuses it"),
        }
    }
}

/// The stops of one store.
#[derive(Debug, Clone)]
pub struct Stops {
    store: Store,
    world: Arc<dyn World>,
}

/// What stands in the leases.
enum Found {
    Leases(Vec<Lease>),
    Damaged,
}

impl Stops {
    /// The stops of `store`; touches nothing yet.
    pub fn new(store: &Store, world: Arc<dyn World>) -> Self {
        Self { store: store.clone(), world }
    }

    /// What the stops say to an asker, now.
    pub fn check(&self, asker: &Asker<'_>) -> Standing {
        let (files, places) = (self.store.files().as_ref(), self.store.places());
        check(files, places, self.world.now(), asker)
    }

    /// The leases in force, oldest first.
    ///
    /// # Errors
    /// What the disk said, or that the leases are damaged: then everybody is stopped.
    pub fn status(&self) -> Result<Vec<Lease>, Error> {
        let (files, places) = (self.store.files().as_ref(), self.store.places());
        let now = self.world.now();
        match read(files, places)? {
            Found::Leases(leases) => {
                Ok(leases.into_iter().filter(|lease| lease.is_in_force(now)).collect())
            }
            Found::Damaged => {
                Err(Error::Damaged { path: places.stop_leases(), what: "it holds no stop leases" })
            }
        }
    }

    /// Says that whoever may engage a stop lives, and will say so again before `until`. Once said,
    /// silence means that nobody can know what is stopped.
    ///
    /// # Errors
    /// What the disk said.
    pub fn keep_alive(&self, until: Timestamp) -> Result<(), Error> {
        let (files, path) = (self.store.files().as_ref(), self.store.places().stop_alive());
        let mut bytes = ALIVE_MAGIC.to_vec();
        bytes.extend_from_slice(&until.micros().cast_unsigned().to_be_bytes());
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        let file = match files.open(&path, Access::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                files.create_new(&path).doing("create", &path)?
            }
            outcome => outcome.doing("open", &path)?,
        };
        // Not synced: after a power cut nobody is alive until he says so again.
        write_all_at(file.as_ref(), &bytes, 0).doing("write", &path)
    }
}

/// What the stops say to an asker at `now`.
pub(crate) fn check(
    files: &dyn Files,
    places: &Places,
    now: Timestamp,
    asker: &Asker<'_>,
) -> Standing {
    let leases = match read(files, places) {
        Ok(Found::Leases(leases)) => leases,
        Ok(Found::Damaged) => return Standing::Stopped(Why::Damaged),
        Err(error) => return Standing::Unknown(error),
    };
    let stops = |lease: &Lease| lease.is_in_force(now) && lease.stops(asker);
    if let Some(lease) = leases.into_iter().find(stops) {
        return Standing::Stopped(Why::Lease(Box::new(lease)));
    }
    match is_alive(files, places, now) {
        Ok(()) => Standing::Free,
        Err(error) => Standing::Unknown(error),
    }
}

fn read(files: &dyn Files, places: &Places) -> Result<Found, Error> {
    let path = places.stop_leases();
    let file = match files.open(&path, Access::Read) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // The directory came with the store: without it nobody knows what was in it.
            let dir = places.stops();
            return files.stat(&dir).doing("stat", &dir).map(|_| Found::Leases(Vec::new()));
        }
        outcome => outcome.doing("open", &path)?,
    };
    let stat = file.stat().doing("stat", &path)?;
    let len = usize::try_from(stat.len).unwrap_or(usize::MAX);
    let is_ours = stat.kind == Kind::File && is_of_owner(files, places, stat.user)?;
    if !is_ours || len > STOP_FILE_BYTES_MAX {
        return Ok(Found::Damaged);
    }
    let mut bytes = vec![0; len];
    let filled = read_full_at(file.as_ref(), &mut bytes, 0).doing("read", &path)?;
    let leases = bytes.get(..filled).and_then(lease::decode);
    Ok(leases.map_or(Found::Damaged, Found::Leases))
}

/// Whether the store belongs to this user.
fn is_of_owner(files: &dyn Files, places: &Places, user: u32) -> Result<bool, Error> {
    let path: &Path = &places.installation();
    Ok(files.stat(path).doing("stat", path)?.user == user)
}

fn is_alive(files: &dyn Files, places: &Places, now: Timestamp) -> Result<(), Error> {
    let path = places.stop_alive();
    let file = match files.open(&path, Access::Read) {
        // Nobody ever said that he would.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        outcome => outcome.doing("open", &path)?,
    };
    let mut bytes = [0; ALIVE_CHECKED + 4];
    read_full_at(file.as_ref(), &mut bytes, 0).doing("read", &path)?;
    let until = || {
        let whole = u32_at(&bytes, ALIVE_CHECKED)? == checksum::of(bytes.get(..ALIVE_CHECKED)?);
        (whole && bytes.starts_with(ALIVE_MAGIC)).then_some(u64_at(&bytes, 4)?)
    };
    let until = until().map(u64::cast_signed);
    if until.is_some_and(|until| now.micros() <= until) {
        return Ok(());
    }
    Err(Error::Damaged { path, what: "whoever engages stops did not say that he lives" })
}
