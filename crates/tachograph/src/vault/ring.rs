//! Given the key directory, opens what is sealed: the side that holds the master secret.
//!
//! ```text
//! <keys>/vault.msk                   the master secret (`slots`): X25519, one for the store
//! <keys>/unlock                      the command that tells what locks it (`unlock`), if one does
//! <keys>/vault.lock                  held by whoever changes keys
//! <keys>/<tenant>/vault.pub          what writers need (`public`)
//! <keys>/<tenant>/vault.keys.jsonl   keys of days and subjects, sealed to the master (`rows`)
//! <keys>/<tenant>/vault.keys.before  the same before a rotation that is not finished
//! <keys>/<tenant>/index.key          finds a subject (`slots`)
//! ```
//!
//! A writer that is not this user's has no business here: it seals with `vault.pub`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tacho_event::privacy::Class;
use tacho_tree::{LogKey, Origin, VerifierKey};
use zeroize::Zeroizing;

use super::adopt::{Seen, adopt_master, stat};
use super::cipher::{Key, mac, public_of, random_key};
use super::error::VaultError;
use super::public::Public;
use super::rows::{Maker, Name, Row, Rows, Verified};
use super::slots::Slots;
use super::subject::normalised;
use crate::erase::{clock, journal, list};
use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::{Access, Files, Point, read_full_at, write_all_at};
use crate::limits::{DAYS_AHEAD, KEY_EPOCHS_MAX, ROWS_BYTES_MAX, VAULT_WAIT_MICROS};
use crate::sign::{self, Keys, SignError};
use crate::store::Store;
use crate::world::World;

/// The keys of a store's vault, for who may open it.
pub struct KeyRing {
    pub(super) store: Store,
    pub(super) world: Arc<dyn World>,
    pub(super) keys: Keys,
    base: String,
    pub(super) master: Slots,
    /// For how many days ahead keys are made.
    days_ahead: u32,
    /// What locks the master secret, once a command told it.
    pub(super) unlock: Option<Key>,
    pub(super) tenants: HashMap<String, TenantKeys>,
    /// The files of rows that this process knows to be durable.
    pub(super) durable: HashMap<String, Seen>,
    /// By tenant; it outlives what is read, which a rotation reads again.
    pub(super) verified: HashMap<String, Verified>,
}

/// One tenant's keys.
pub(crate) struct TenantKeys {
    pub(crate) origin: Origin,
    pub(crate) places: KeyPlaces,
    pub(crate) rows: Rows,
    /// The rows before a rotation that is not finished.
    pub(crate) before: Option<Rows>,
    pub(crate) index: Slots,
    /// Secrets that were opened, of the rows and of those before.
    secrets: HashMap<[u8; 32], Key>,
    /// What the file of rows was when it was read.
    pub(super) seen: Option<Seen>,
}

/// A person's random name and public key.
pub(crate) type Person = ([u8; 16], [u8; 32]);

/// Where one tenant's keys lie.
#[derive(Debug, Clone)]
pub(crate) struct KeyPlaces {
    dir: PathBuf,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({})", self.keys.dir().display())
    }
}

impl KeyPlaces {
    pub(crate) fn new(keys: &Path, tenant: &str) -> Self {
        Self { dir: keys.join(tenant) }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn public(&self) -> PathBuf {
        self.dir.join("vault.pub")
    }

    pub(crate) fn rows(&self) -> PathBuf {
        self.dir.join("vault.keys.jsonl")
    }

    pub(crate) fn before(&self) -> PathBuf {
        self.dir.join("vault.keys.before")
    }

    pub(crate) fn staged(&self) -> PathBuf {
        self.dir.join("vault.keys.next")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.dir.join("index.key")
    }
}

impl KeyRing {
    /// Opens the vault of `store` with the keys in the directory of `keys`, or makes one. Origins
    /// are `<base>/<tenant>`, as those of the [`sign::Signer`].
    ///
    /// # Errors
    /// Why there is no vault, and none could be made.
    pub fn create(
        store: &Store,
        world: Arc<dyn World>,
        keys: Keys,
        base: Option<&str>,
    ) -> Result<Self, VaultError> {
        let lock = lock(store.files().as_ref(), keys.dir())?;
        let path = master_path(keys.dir());
        let there = match store.files().stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            outcome => outcome.doing("stat", &path).map(|_| true)?,
        };
        // A lost master beside rows that it sealed is lost: a new one would hide that.
        let lost = !there && any_rows(store.files().as_ref(), keys.dir())?;
        if !there && !lost {
            let generation = crate::generation::read(store.files().as_ref(), store.places())?;
            let secret = random_key(world.as_ref());
            Slots::create(store.files().as_ref(), &path, generation, &secret)?;
            // From here on the clock is watched: a jump destroys nothing.
            clock::confirm(store, world.as_ref(), keys.dir())?;
            let (_, end) = list::read(store.files().as_ref(), keys.dir(), 0)?;
            list::tell(store, end)?;
        }
        if there {
            adopt_master(store.files().as_ref(), keys.dir())?;
        }
        lock.give_back();
        Self::open(store, world, keys, base)
    }

    /// Opens the vault of `store` with the keys in the directory of `keys`.
    ///
    /// # Errors
    /// That the master secret is gone, or known to others, that the store was put back from a copy
    /// and was not told of erasures since, or what the disk said.
    pub fn open(
        store: &Store,
        world: Arc<dyn World>,
        keys: Keys,
        base: Option<&str>,
    ) -> Result<Self, VaultError> {
        // What is under way is listed already, and gone on with by who erases.
        let (mut untold, _) = list::untold(store, keys.dir())?;
        let under_way = journal::tickets(store.files().as_ref(), keys.dir())?;
        untold.retain(|erased| !under_way.contains(&erased.ticket));
        if !untold.is_empty() {
            return Err(VaultError::NotApplied { erasures: untold.len() });
        }
        Self::open_restored(store, world, keys, base)
    }

    /// Opens the vault of a store that was put back from a copy, to apply what was erased since:
    /// [`crate::erase::Eraser::apply`].
    ///
    /// # Errors
    /// As [`KeyRing::open`].
    pub fn open_restored(
        store: &Store,
        world: Arc<dyn World>,
        keys: Keys,
        base: Option<&str>,
    ) -> Result<Self, VaultError> {
        let base = base.map_or_else(|| sign::default_base(store), str::to_owned);
        let mut ring = Self {
            store: store.clone(),
            world,
            keys,
            base,
            master: Slots::default(),
            days_ahead: DAYS_AHEAD,
            unlock: None,
            tenants: HashMap::new(),
            durable: HashMap::new(),
            verified: HashMap::new(),
        };
        ring.reload_master()?;
        Ok(ring)
    }

    /// Makes keys for so many days ahead, in place of 40: for a store whose hooks never go so long
    /// without somebody who holds the keys. Each rotation seals all of them again.
    #[must_use]
    pub fn with_days_ahead(self, days_ahead: u32) -> Self {
        Self { days_ahead, ..self }
    }

    /// The directory of the keys.
    pub fn dir(&self) -> &Path {
        self.keys.dir()
    }

    /// What every origin of this store begins with.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Makes sure that a tenant has keys for today and the days ahead: whoever lives long, or
    /// maintains, calls this. Days that are over are never made again.
    ///
    /// # Errors
    /// Why there are none.
    pub fn prepare(&mut self, tenant: &str) -> Result<(), VaultError> {
        let (today, ahead) = (self.today(), self.days_ahead);
        self.reload(tenant)?;
        let wanted = |day: u32| Class::ALL.map(|class| Name::Day(class, day));
        let missing = |ring: &Self| -> Vec<Name> {
            let rows = ring.tenants.get(tenant).map(|keys| &keys.rows.rows);
            let known = |name: &Name| rows.is_some_and(|rows| rows.contains_key(name));
            let days = (today..=today.saturating_add(ahead)).flat_map(wanted);
            days.filter(|name| !known(name)).collect()
        };
        // Half of what is ahead may be used up before anybody has to write.
        let soon = today.saturating_add(ahead / 2);
        let is_short = |name: &Name| matches!(name, Name::Day(_, day) if *day <= soon);
        let is_public = self.public_agrees(tenant)?;
        if is_public && !missing(self).iter().any(is_short) {
            return self.adopt(tenant);
        }
        self.changing(tenant, |ring| {
            let rows: Vec<Row> =
                missing(ring).into_iter().filter_map(|name| ring.make(tenant, name, "")).collect();
            ring.append(tenant, rows)?;
            ring.write_public(tenant)
        })
    }

    /// Makes sure that there are keys of these days, which have files: of a day that was plain
    /// nobody made any. One that expired gets none again.
    pub(crate) fn prepare_days(
        &mut self,
        tenant: &str,
        days: &[(Class, u32)],
    ) -> Result<(), VaultError> {
        self.prepare(tenant)?;
        let (erased, _) = list::read(self.files(), self.dir(), 0)?;
        let ours = erased.iter().filter(|one| one.tenant == tenant);
        let expired: HashSet<&(Class, u32)> = ours.flat_map(|one| &one.days).collect();
        let missing = |ring: &Self| -> Vec<Name> {
            let lasting = days.iter().filter(|day| !expired.contains(day));
            let absent = lasting.filter(|(class, day)| ring.day(tenant, *class, *day).is_none());
            absent.map(|(class, day)| Name::Day(*class, *day)).collect()
        };
        if missing(self).is_empty() {
            return Ok(());
        }
        self.changing(tenant, |ring| {
            let names = missing(ring).into_iter();
            let rows = names.filter_map(|name| ring.make(tenant, name, "")).collect();
            ring.append(tenant, rows)
        })
    }

    /// The subject's random name and public key, made if it is new.
    pub(crate) fn subject(&mut self, tenant: &str, id: &str) -> Result<Option<Person>, VaultError> {
        let id = Zeroizing::new(normalised(id));
        if id.is_empty() {
            return Ok(None);
        }
        if self.find(tenant, &id).is_none() {
            self.reload(tenant)?;
        }
        if let Some(found) = self.find(tenant, &id) {
            self.adopt(tenant)?;
            return Ok(Some(found));
        }
        self.changing(tenant, |ring| {
            if ring.find(tenant, &id).is_some() {
                return Ok(());
            }
            let mut name = [0; 16];
            ring.world.fill(&mut name);
            let row = ring.make(tenant, Name::Subject(name), &id);
            ring.append(tenant, row.into_iter().collect())
        })?;
        Ok(self.find(tenant, &id))
    }

    /// The subject's random name, if it has one.
    pub(crate) fn find_subject(&self, tenant: &str, id: &str) -> Option<[u8; 16]> {
        self.find(tenant, &normalised(id)).map(|(name, _)| name)
    }

    fn find(&self, tenant: &str, id: &str) -> Option<Person> {
        let keys = self.tenants.get(tenant)?;
        let find = keys.find_of(id)?;
        let name = *keys.rows.found.get(&find)?;
        let row = keys.rows.rows.get(&Name::Subject(name))?;
        Some((name, row.public))
    }

    /// The public key of a class and day; none if no valid row is there.
    pub(crate) fn day(&self, tenant: &str, class: Class, day: u32) -> Option<[u8; 32]> {
        let rows = &self.tenants.get(tenant)?.rows.rows;
        rows.get(&Name::Day(class, day)).map(|row| row.public)
    }

    /// Whether the key of a class and day took the place of another one.
    pub(crate) fn is_second(&self, tenant: &str, class: Class, day: u32) -> bool {
        let row = self.tenants.get(tenant).map(|keys| &keys.rows.rows);
        row.and_then(|rows| rows.get(&Name::Day(class, day))).is_some_and(|row| row.is_second)
    }

    /// The public key of a person, by the random name.
    pub(crate) fn subject_key(&self, tenant: &str, name: &[u8; 16]) -> Option<[u8; 32]> {
        let rows = &self.tenants.get(tenant)?.rows.rows;
        rows.get(&Name::Subject(*name)).map(|row| row.public)
    }

    /// The secrets of a name: of its row, and of the row before a rotation.
    pub(crate) fn secrets(&mut self, tenant: &str, name: Name) -> Vec<Key> {
        let Self { tenants, master, .. } = self;
        let Some(keys) = tenants.get_mut(tenant) else { return Vec::new() };
        let TenantKeys { rows, before, secrets, origin, .. } = keys;
        let rows = [Some(&*rows), before.as_ref()];
        let rows = rows.into_iter().flatten().filter_map(|rows| rows.rows.get(&name));
        let mut opened: Vec<Key> = Vec::new();
        for row in rows {
            let known = secrets.get(&row.public).cloned();
            let secret = known.or_else(|| {
                let mut keys = master.all();
                keys.find_map(|key| row.open(origin.as_str(), key).ok()).map(|(secret, _)| secret)
            });
            if let Some(secret) = secret {
                secrets.insert(row.public, secret.clone());
                if !opened.contains(&secret) {
                    opened.push(secret);
                }
            }
        }
        opened
    }

    /// The origin of a tenant's log.
    ///
    /// # Errors
    /// Why base and tenant make no name.
    pub fn origin(&self, tenant: &str) -> Result<Origin, SignError> {
        let tenant = tacho_tree::Tenant::new(tenant).map_err(SignError::Name)?;
        Origin::new(&self.base, &tenant).map_err(SignError::Name)
    }

    /// Lines of a tenant's file of keys that are no rows, or that no key of its log signed:
    /// planted, torn, or of another log.
    ///
    /// # Errors
    /// What the disk said.
    pub fn refused_rows(&mut self, tenant: &str) -> Result<u64, VaultError> {
        self.reload(tenant)?;
        Ok(self.tenants.get(tenant).map_or(0, |keys| keys.rows.refused))
    }

    pub(crate) fn today(&self) -> u32 {
        u32::try_from(self.world.now().day()).unwrap_or(0)
    }

    pub(crate) fn generation(&self) -> u32 {
        self.master.newest().map_or(0, |(generation, _)| *generation)
    }

    pub(crate) fn master_public(&self) -> Result<[u8; 32], VaultError> {
        let newest = self.master.newest().and_then(|(_, secret)| public_of(secret));
        newest.ok_or_else(|| VaultError::NoMaster(master_path(self.dir())))
    }

    pub(crate) fn files(&self) -> &dyn Files {
        self.store.files().as_ref()
    }

    pub(crate) fn master_path(&self) -> PathBuf {
        master_path(self.dir())
    }

    /// Reads a tenant's keys again if somebody changed them.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) fn reload(&mut self, tenant: &str) -> Result<(), VaultError> {
        let places = KeyPlaces::new(self.dir(), tenant);
        let seen = stat(self.files(), &places.rows())?;
        let known = self.tenants.get(tenant);
        if known.is_some_and(|keys| keys.seen == seen && seen.is_some()) {
            return Ok(());
        }
        self.reload_master()?;
        let origin = self.origin(tenant)?;
        let log = self.verifiers(&origin)?;
        let files = self.store.files().clone();
        let verified = self.verified.entry(tenant.to_owned()).or_default();
        verified.turn();
        let mut read = |path: &Path| -> Result<Option<Rows>, VaultError> {
            let Some(text) = read_rows(files.as_ref(), path)? else { return Ok(None) };
            let rows = Rows::parse(&text, origin.as_str(), &log, verified);
            let damaged = || VaultError::Damaged { path: path.to_owned(), what: "it has no keys" };
            rows.map(Some).ok_or_else(damaged)
        };
        let rows = read(&places.rows())?.unwrap_or_default();
        let before = read(&places.before())?;
        let index = Slots::read(files.as_ref(), &places.index())?.unwrap_or_default();
        let secrets = self.tenants.remove(tenant).map(|keys| keys.secrets).unwrap_or_default();
        let keys = TenantKeys { origin, places, rows, before, index, secrets, seen };
        self.tenants.insert(tenant.to_owned(), keys);
        Ok(())
    }

    /// Runs `work` under the lock of the keys, on what stands there then.
    pub(super) fn changing<T>(
        &mut self,
        tenant: &str,
        work: impl FnOnce(&mut Self) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let lock = lock(self.files(), self.dir())?;
        let outcome = self.begin(tenant).and_then(|()| work(self));
        lock.give_back();
        outcome
    }

    /// Makes a tenant's files of keys, if there are none; under the lock.
    pub(super) fn begin(&mut self, tenant: &str) -> Result<(), VaultError> {
        let places = KeyPlaces::new(self.dir(), tenant);
        let files = self.store.files().clone();
        // Identity and length may be those of the rows before a rotation; the generation is not.
        self.reload_master()?;
        let known = self.tenants.get(tenant).map(|keys| keys.rows.generation);
        if known != Some(self.generation()) {
            self.tenants.remove(tenant);
        }
        let is_new = stat(files.as_ref(), &places.rows())?.is_none();
        if is_new {
            let generation = self.generation();
            files.create_dir(places.dir()).doing("create", places.dir())?;
            files.sync_dir(self.dir(), Point::RowsDirSync).doing("sync", self.dir())?;
            let secret = random_key(self.world.as_ref());
            Slots::create(files.as_ref(), &places.index(), generation, &secret)?;
            let rows = Rows { generation, ..Rows::default() };
            write_rows(files.as_ref(), &places.rows(), &rows)?;
        }
        self.reload(tenant)?;
        if is_new {
            self.know(tenant);
        }
        self.adopt(tenant)
    }

    /// A new row, signed.
    pub(super) fn make(&self, tenant: &str, name: Name, id: &str) -> Option<Row> {
        let keys = self.tenants.get(tenant)?;
        let find = match name {
            Name::Subject(_) => keys.find_of(id)?,
            Name::Day(..) => [0; 32],
        };
        let log = self.log_key(&keys.origin).ok()?;
        let master = self.master_public().ok()?;
        let world = self.world.as_ref();
        let maker = Maker { master: &master, log: &log, origin: keys.origin.as_str(), world };
        maker.make(name, find, id)
    }

    /// Appends rows, durably, before anything is sealed to them; under the lock.
    fn append(&mut self, tenant: &str, rows: Vec<Row>) -> Result<(), VaultError> {
        if rows.is_empty() {
            return Ok(());
        }
        let files = self.store.files().clone();
        let Some(keys) = self.tenants.get_mut(tenant) else { return Ok(()) };
        let path = keys.places.rows();
        let file = files.open(&path, Access::Write).doing("open", &path)?;
        let len = file.stat().doing("stat", &path)?.len;
        // An interrupted append left half a line; it stays, and is refused.
        let mut text = if keys.rows.is_ended { String::new() } else { "\n".to_owned() };
        rows.iter().for_each(|row| text.push_str(&row.line()));
        write_all_at(file.as_ref(), text.as_bytes(), len).doing("write", &path)?;
        file.sync_data(Point::RowAppendSync).doing("sync", &path)?;
        rows.into_iter().for_each(|row| keys.rows.put(row));
        keys.rows.is_ended = true;
        keys.seen = stat(files.as_ref(), &path)?;
        self.know(tenant);
        Ok(())
    }

    /// Whether what writers read is what holds now.
    fn public_agrees(&self, tenant: &str) -> Result<bool, VaultError> {
        let path = KeyPlaces::new(self.dir(), tenant).public();
        // One that cannot be read is written anew.
        let there = Public::read(self.files(), &path).unwrap_or(None);
        Ok(there.is_some() && there == Some(self.public(tenant)?))
    }

    pub(crate) fn public(&self, tenant: &str) -> Result<Public, VaultError> {
        let origin = self.origin(tenant)?;
        Ok(Public {
            log: self.verifiers(&origin)?,
            origin: origin.as_str().to_owned(),
            generation: self.generation(),
            master: self.master_public()?,
        })
    }

    pub(super) fn write_public(&self, tenant: &str) -> Result<(), VaultError> {
        let path = KeyPlaces::new(self.dir(), tenant).public();
        self.public(tenant)?.write(self.files(), &path)
    }

    /// The key of a log that signs rows now.
    pub(super) fn log_key(&self, origin: &Origin) -> Result<LogKey, VaultError> {
        Ok(self.keys.log_key(origin, self.epoch(origin)?))
    }

    /// The keys of a log that may have signed rows, the newest first.
    pub(super) fn verifiers(&self, origin: &Origin) -> Result<Vec<VerifierKey>, VaultError> {
        let epochs = (0..=self.epoch(origin)?).rev().take(KEY_EPOCHS_MAX);
        Ok(epochs.map(|epoch| self.keys.log_key(origin, epoch).verifier().clone()).collect())
    }

    fn epoch(&self, origin: &Origin) -> Result<u32, VaultError> {
        let highwater = self.keys.highwater(self.files())?.unwrap_or_default();
        Ok(highwater.get(origin).unwrap_or_default().epoch)
    }
}

impl TenantKeys {
    /// Where a subject is found; none without an index key.
    pub(crate) fn find_of(&self, id: &str) -> Option<[u8; 32]> {
        Some(mac(self.index.of(self.rows.generation)?, id.as_bytes()))
    }
}

/// Takes the lock under which keys are changed.
pub(super) fn lock(files: &dyn Files, keys: &Path) -> Result<Exclusive, VaultError> {
    let path = keys.join("vault.lock");
    let mut lock = Exclusive::new(path.clone(), Point::VaultLock);
    match lock.take(files, VAULT_WAIT_MICROS)? {
        Taken::No => Err(VaultError::Busy(path)),
        Taken::Again | Taken::Anew => Ok(lock),
    }
}

/// Replaces a file of rows.
pub(super) fn write_rows(files: &dyn Files, path: &Path, rows: &Rows) -> Result<(), Error> {
    let steps = crate::files::replace::Steps {
        sync: Point::RowsSync,
        rename: Point::RowsRename,
        dir: Some(Point::RowsDirSync),
    };
    crate::files::replace::replace(files, path, rows.text().as_bytes(), steps)
}

pub(super) fn master_path(keys: &Path) -> PathBuf {
    keys.join("vault.msk")
}

/// Whether some tenant has rows.
fn any_rows(files: &dyn Files, keys: &Path) -> Result<bool, VaultError> {
    for name in files.list(keys).doing("list", keys)? {
        if stat(files, &KeyPlaces::new(keys, &name).rows())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read_rows(files: &dyn Files, path: &Path) -> Result<Option<Vec<u8>>, VaultError> {
    let Some((_, len)) = stat(files, path)? else { return Ok(None) };
    if len > ROWS_BYTES_MAX {
        let what = "it has more keys than a vault holds";
        return Err(VaultError::Damaged { path: path.to_owned(), what });
    }
    let file = files.open(path, Access::Read).doing("open", path)?;
    let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
    let read = read_full_at(file.as_ref(), &mut bytes, 0).doing("read", path)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}
