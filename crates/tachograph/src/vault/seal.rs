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

use super::cipher::{Expander, random_key};
use super::codec::{FLAG_PADDED, Grant, GrantKind, Part};
use super::error::VaultError;
use super::grant::{To, wrap};
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
    origin: String,
    generation: u32,
    grants: HashMap<(Class, u32, Option<Box<str>>), Held>,
    padded: bool,
}

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
    id: [u8; 16],
    key: Expander,
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
            origin: String::new(),
            generation: 0,
            grants: HashMap::new(),
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
            origin: String::new(),
            generation: 0,
            grants: HashMap::new(),
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
        self.grants.clear();
        match &mut self.source {
            Source::Ring(ring) => {
                let mut ring = hold(ring);
                ring.reload_master()?;
                ring.prepare(&self.tenant)?;
                self.origin = ring.origin(&self.tenant)?.as_str().to_owned();
                self.generation = ring.generation();
            }
            Source::Public(writers) => {
                let files = writers.files.as_ref();
                writers.public = read_public(files, &writers.keys, &self.tenant)?;
                writers.days.clear();
                self.origin = writers.public.origin.clone();
                self.generation = writers.public.generation;
            }
        }
        Ok(())
    }

    /// The next frames stand nowhere yet: every grant is written again.
    pub fn again(&mut self) {
        self.grants.values_mut().for_each(|held| held.stands_in = u64::MAX);
    }

    /// Appends the grants and parts of `entry` to `out` and gives their number. A grant stands
    /// before the first part that uses it in the place `place`, a segment or a file.
    pub fn encode(
        &mut self,
        entry: &Entry,
        record_id: [u8; 16],
        place: u64,
        world: &dyn World,
        out: &mut Vec<u8>,
    ) -> u16 {
        let Some(day) = day_of(entry.leaf()) else { return 0 };
        let nonces: [u8; 36] = random(&world);
        let mut nonces = nonces.chunks_exact(12);
        let mut count = 0;
        if self.grants.len() > SEALER_GRANTS_MAX {
            self.grants.clear();
        }
        let subject: Option<Box<str>> = entry.subject().map(Box::from);
        for part in entry.parts() {
            let key = (part.class(), day, subject.clone());
            if !self.grants.contains_key(&key) {
                // Without any key nothing may be written: the leaf alone is kept.
                let Some(held) = self.grant(&key, world) else { continue };
                self.grants.insert(key.clone(), held);
            }
            let Some(held) = self.grants.get_mut(&key) else { continue };
            if held.stands_in != place {
                held.stands_in = place;
                out.extend_from_slice(&held.bytes);
                count += 1;
            }
            let nonce = nonces.next().and_then(|nonce| nonce.try_into().ok());
            let envelope = Envelope {
                record_id,
                grant_id: held.id,
                class: part.class(),
                pairs: u16::try_from(part.digests().len()).unwrap_or(u16::MAX),
                nonce: nonce.unwrap_or_else(|| random(&world)),
                origin: &self.origin,
                padded: self.padded,
            };
            part::seal(&held.key, &envelope, part.plaintext(), out);
            count += 1;
        }
        count
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
        let key = (part.class, day, subject.map(Box::from));
        if !self.grants.contains_key(&key) {
            let held = self.grant(&key, world).filter(|held| held.kind != GrantKind::Master)?;
            if self.grants.len() > SEALER_GRANTS_MAX {
                self.grants.clear();
            }
            self.grants.insert(key.clone(), held);
        }
        let held = self.grants.get(&key)?;
        let envelope = Envelope {
            record_id: part.record_id,
            grant_id: held.id,
            class: part.class,
            pairs: part.pairs,
            nonce: random(&world),
            origin: &self.origin,
            padded: self.padded || part.flags & FLAG_PADDED != 0,
        };
        let mut sealed = Vec::new();
        part::seal(&held.key, &envelope, plaintext, &mut sealed);
        Some(Rewrapped { grant_id: held.id, grant: held.bytes.clone(), part: sealed })
    }

    /// A new grant, wrapped to whatever keys there are.
    fn grant(
        &mut self,
        (class, day, subject): &(Class, u32, Option<Box<str>>),
        world: &dyn World,
    ) -> Option<Held> {
        let (class, day) = (*class, *day);
        let key = random_key(world);
        let id = random(&world);
        let header = Grant { id, class, day, kind: GrantKind::Master, wrap: b"" }.header();
        let keys = self.keys(class, day, subject.as_deref());
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
        Some(Held { id, key: Expander::new(&key), bytes, kind: to.kind(), stands_in: u64::MAX })
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
