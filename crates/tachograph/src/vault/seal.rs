//! Given an entry, gives its grants and sealed parts: the side of a writer.
//!
//! A writer that holds the keys seals to the day and, where a person is known, to the person. One
//! that holds public keys alone seals to the day where nobody is known, and else to the master: the
//! integrator wraps that again. A grant is made once for each class, day and person, and stands in
//! the first frame that needs it in each segment, and in every file of the spool.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tacho_event::privacy::{Class, Entry};
use tacho_event::random;

use super::cipher::{expand_all, random_key};
use super::codec::{FLAG_PADDED, Grant, GrantKind, Part};
use super::error::VaultError;
use super::grant::{To, wrap};
use super::keep::{Grip, Sealing};
use super::part::{self, Envelope};
use super::public::Public;
use super::rewrap::Rewrapped;
use super::ring::{KeyPlaces, KeyRing};
use super::rows::{Name, Rows, Verified};
use crate::files::{Files, read_small};
use crate::limits::{ROWS_BYTES_MAX, SEALER_GRANTS_MAX};
use tacho_event::World;

/// The keys of a store, shared by the threads of one process.
pub type SharedRing = Arc<Mutex<KeyRing>>;

/// Seals the parts of one writer and tenant.
#[derive(Debug)]
pub struct Sealer {
    source: Source,
    tenant: String,
    origin: Arc<str>,
    generation: u32,
    grants: Grants,
    padded: bool,
}

/// Grants in use: for each person a few, one for a class and day, and a few for nobody.
#[derive(Debug, Default)]
struct Grants {
    people: HashMap<Box<str>, usize>,
    /// Those of nobody come first.
    few: Vec<Vec<Held>>,
    count: usize,
}

/// The class, day and person that a grant is for.
type For<'a> = (Class, u32, Option<&'a str>);

enum Source {
    /// Holds every key.
    Ring(SharedRing),
    /// Holds public keys alone.
    Public(Writers),
}

/// What a short-lived writer reads.
struct Writers {
    files: Arc<dyn Files>,
    keys: PathBuf,
    public: Public,
    /// Public keys of days; only signed ones.
    days: HashMap<(Class, u32), [u8; 32]>,
}

/// A grant in use.
#[derive(Debug)]
struct Held {
    class: Class,
    day: u32,
    id: [u8; 16],
    key: tacho_hash::Key,
    bytes: Vec<u8>,
    kind: GrantKind,
    /// The place in which it stands already.
    stands_in: u64,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Ring(_) => "Ring",
            Source::Public(_) => "Public",
        })
    }
}

/// The ring, whatever happened to a thread that had it.
pub(crate) fn hold(ring: &SharedRing) -> MutexGuard<'_, KeyRing> {
    // Keys that a panicking thread left behind are still keys.
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sealer {
    /// A writer that holds the keys; makes sure that there are some.
    ///
    /// # Errors
    /// Why there are none.
    pub fn with_ring(ring: SharedRing, tenant: &str) -> Result<Self, VaultError> {
        hold(&ring).prepare(tenant)?;
        let mut sealer = Self {
            source: Source::Ring(ring),
            tenant: tenant.to_owned(),
            origin: Arc::from(""),
            generation: 0,
            grants: Grants::default(),
            padded: false,
        };
        sealer.reload()?;
        Ok(sealer)
    }

    /// A writer that reads the public keys in the directory `keys`, and no secret.
    ///
    /// # Errors
    /// That there are none: whoever holds the keys makes them.
    pub fn with_public(
        files: Arc<dyn Files>,
        keys: &Path,
        tenant: &str,
    ) -> Result<Self, VaultError> {
        let public = read_public(files.as_ref(), keys, tenant)?;
        let writers = Writers { files, keys: keys.to_owned(), public, days: HashMap::new() };
        let mut sealer = Self {
            source: Source::Public(writers),
            tenant: tenant.to_owned(),
            origin: Arc::from(""),
            generation: 0,
            grants: Grants::default(),
            padded: false,
        };
        sealer.reload()?;
        Ok(sealer)
    }

    /// Hides how long content is: parts become up to 12 % longer.
    #[must_use]
    pub fn padded(mut self) -> Self {
        self.padded = true;
        self
    }

    /// The key generation it seals under: what its frames say.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The tenant whose parts it seals.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Reads the keys again: the store has another generation. Grants of before are not used again.
    ///
    /// # Errors
    /// What the disk said.
    pub fn reload(&mut self) -> Result<(), VaultError> {
        self.grants = Grants::default();
        match &mut self.source {
            Source::Ring(ring) => {
                let mut ring = hold(ring);
                ring.reload_master()?;
                ring.prepare(&self.tenant)?;
                self.origin = ring.origin(&self.tenant)?.as_str().into();
                self.generation = ring.generation();
            }
            Source::Public(writers) => {
                let files = writers.files.as_ref();
                writers.public = read_public(files, &writers.keys, &self.tenant)?;
                writers.days.clear();
                self.origin = writers.public.origin.as_str().into();
                self.generation = writers.public.generation;
            }
        }
        Ok(())
    }

    /// Takes what seals the parts of these entries, in this order: a grant for each part, and the
    /// bytes of those grants that do not stand yet in the place `place`, a segment or a file.
    pub(super) fn take<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e Entry> + Clone,
        place: u64,
        world: &dyn World,
    ) -> Sealing {
        let parts = entries.clone().map(|entry| entry.parts().len()).sum();
        let mut sealing = Sealing::new(self.origin.clone(), self.padded, parts);
        let mut grants = std::mem::take(&mut self.grants);
        for entry in entries {
            grants.bound();
            let (day, person) = (day_of(entry.leaf()), grants.person(entry.subject()));
            for part in entry.parts() {
                let held = day.and_then(|day| {
                    let wanted = (part.class(), day, entry.subject());
                    grants.of(person, wanted, || self.grant(wanted, world))
                });
                // Without any key nothing may be written: the leaf alone is kept.
                sealing.push(held.map(|held| held.lend(place)));
            }
        }
        self.grants = grants;
        sealing
    }

    /// Seals a part again under the grant for its class, day and person; none if there is no key of
    /// that day.
    pub(crate) fn reseal(
        &mut self,
        part: &Part<'_>,
        day: u32,
        subject: Option<&str>,
        plaintext: &[u8],
        world: &dyn World,
    ) -> Option<Rewrapped> {
        let wanted = (part.class, day, subject);
        let mut grants = std::mem::take(&mut self.grants);
        grants.bound();
        let person = grants.person(subject);
        let make = || self.grant(wanted, world).filter(|held| held.kind != GrantKind::Master);
        let held = grants.of(person, wanted, make);
        let held = held.map(|held| (held.id, held.key.clone(), held.bytes.clone()));
        self.grants = grants;
        let (grant_id, key, grant) = held?;
        let envelope = Envelope {
            record_id: part.record_id,
            grant_id,
            class: part.class,
            pairs: part.pairs,
            nonce: random(&world),
            origin: &self.origin,
            padded: self.padded || part.flags & FLAG_PADDED != 0,
        };
        let info = part::info(&part.record_id, part.class);
        let keys = expand_all([(&key, &info)].into_iter());
        let mut sealed = Vec::new();
        part::seal_with(keys.first()?, &envelope, plaintext, &mut Vec::new(), &mut sealed);
        Some(Rewrapped { grant_id, grant, part: sealed })
    }

    /// A new grant, wrapped to whatever keys there are.
    fn grant(&mut self, (class, day, subject): For<'_>, world: &dyn World) -> Option<Held> {
        let key = random_key(world);
        let id = random(&world);
        let header = Grant { id, class, day, kind: GrantKind::Master, wrap: b"" }.header();
        let keys = self.keys(class, day, subject);
        let to = match &keys {
            PublicKeys { day: Some(day), subject: Some((name, subject)), .. } => {
                To::DaySubject(day, name, subject)
            }
            PublicKeys { day: Some(day), .. } if subject.is_none() => To::Day(day),
            PublicKeys { master, .. } => To::Master(master.as_ref()?),
        };
        let wrap = wrap(&header, &self.origin, &key, to, world)?;
        let mut bytes = Vec::new();
        Grant { id, class, day, kind: to.kind(), wrap: &wrap }.encode(&mut bytes);
        let (kind, key) = (to.kind(), tacho_hash::Key::new(&key));
        Some(Held { class, day, id, key, bytes, kind, stands_in: u64::MAX })
    }

    fn keys(&mut self, class: Class, day: u32, subject: Option<&str>) -> PublicKeys {
        let tenant = self.tenant.as_str();
        match &mut self.source {
            Source::Ring(ring) => {
                let mut ring = hold(ring);
                if ring.day(tenant, class, day).is_none() {
                    // A day that came since; if there is no row, the master serves.
                    let _ = ring.prepare(tenant);
                }
                PublicKeys {
                    master: ring.master_public().ok(),
                    day: ring.day(tenant, class, day),
                    subject: subject.and_then(|id| ring.subject(tenant, id).ok().flatten()),
                }
            }
            Source::Public(writers) => PublicKeys {
                master: Some(writers.public.master),
                day: writers.day(tenant, class, day),
                subject: None,
            },
        }
    }
}

impl Grants {
    /// Forgets all of them when there are too many.
    fn bound(&mut self) {
        if self.count > SEALER_GRANTS_MAX {
            *self = Self::default();
        }
    }

    /// Where a person's are.
    fn person(&mut self, subject: Option<&str>) -> usize {
        if self.few.is_empty() {
            self.few.push(Vec::new());
        }
        let Some(subject) = subject else { return 0 };
        if let Some(person) = self.people.get(subject) {
            return *person;
        }
        let person = self.few.len();
        self.people.insert(subject.into(), person);
        self.few.push(Vec::new());
        person
    }

    /// A person's grant for a class and day, made if there is none.
    fn of(
        &mut self,
        person: usize,
        (class, day, _): For<'_>,
        make: impl FnOnce() -> Option<Held>,
    ) -> Option<&mut Held> {
        let few = self.few.get_mut(person)?;
        let at = few.iter().position(|held| held.class == class && held.day == day);
        let at = at.unwrap_or(few.len());
        if at == few.len() {
            self.count += 1;
            few.push(make()?);
        }
        few.get_mut(at)
    }
}

impl Held {
    /// What seals one part, and the grant's bytes unless they stand in this place.
    fn lend(&mut self, place: u64) -> (Grip, &[u8]) {
        let stands = std::mem::replace(&mut self.stands_in, place) == place;
        let grip = Grip { grant_id: self.id, key: self.key.clone() };
        (grip, if stands { &[] } else { &self.bytes })
    }
}

/// The keys that a grant may be wrapped to.
struct PublicKeys {
    master: Option<[u8; 32]>,
    day: Option<[u8; 32]>,
    subject: Option<([u8; 16], [u8; 32])>,
}

impl Writers {
    /// The key of a day, if a row that the log signed names one.
    fn day(&mut self, tenant: &str, class: Class, day: u32) -> Option<[u8; 32]> {
        if let Some(public) = self.days.get(&(class, day)) {
            return Some(*public);
        }
        let path = KeyPlaces::new(&self.keys, tenant).rows();
        let max = usize::try_from(ROWS_BYTES_MAX).unwrap_or(usize::MAX);
        let len = self.files.stat(&path).ok()?.len;
        let text =
            read_small(self.files.as_ref(), &path, max.min(usize::try_from(len).ok()?)).ok()?;
        // Only the lines of that day are read: a signature takes longer than a line.
        let wanted = format!("\"class\":{},\"day\":{day},", class.byte());
        let mut lines = text.split(|byte| *byte == b'\n');
        let mut few = lines.next()?.to_vec();
        let found = lines.filter(|line| memchr::memmem::find(line, wanted.as_bytes()).is_some());
        for line in found {
            few.push(b'\n');
            few.extend_from_slice(line);
        }
        let rows =
            Rows::parse(&few, &self.public.origin, &self.public.log, &mut Verified::default())?;
        if rows.generation != self.public.generation {
            return None;
        }
        let public = rows.rows.get(&Name::Day(class, day))?.public;
        self.days.insert((class, day), public);
        Some(public)
    }
}

fn read_public(files: &dyn Files, keys: &Path, tenant: &str) -> Result<Public, VaultError> {
    let path = KeyPlaces::new(keys, tenant).public();
    Public::read(files, &path)?.ok_or(VaultError::NoPublic(path))
}

/// The day that a leaf names for its classes: the same for all of them.
pub(crate) fn day_of(leaf: &[u8]) -> Option<u32> {
    // Strings of a leaf hold no quotes, so this stands nowhere else.
    const BEFORE: &[u8] = b"],\"day\":";
    let from = memchr::memmem::find(leaf, BEFORE)? + BEFORE.len();
    let digits = leaf.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit());
    digits
        .take(10)
        .try_fold(0_u32, |day, digit| day.checked_mul(10)?.checked_add(u32::from(digit - b'0')))
}
