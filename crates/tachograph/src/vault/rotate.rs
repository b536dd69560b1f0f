//! Given what is to go, replaces the master secret and every tenant's rows: step three of an
//! erasure.
//!
//! 1. The new master stands beside the old one, and a new index key beside each old one.
//! 2. Each tenant's rows are sealed to the new master and staged; what goes is left out. The old
//!    rows are kept as `vault.keys.before`: who rewrites parts opens them with those.
//! 3. Under `wal/lock` the staged rows get their names and the store its new generation: no writer
//!    sees one without the other.
//! 4. [`KeyRing::finish`], when nothing needs the old keys any more, writes zeros over them.
//!
//! All of it may be done again after a crash.

use std::collections::{HashMap, HashSet};

use tacho_event::privacy::Class;

use super::adopt::{adopt_master, stat};
use super::cipher::{mac, random_key};
use super::error::VaultError;
use super::ring::{KeyPlaces, KeyRing, lock, write_rows};
use super::rows::{Maker, Name, Row, Rows};
use super::slots::Slots;
use crate::error::Doing;
use crate::files::Point;
use crate::files::shred::shred;
use crate::wal::{Patience, Wal};

/// What leaves a tenant's rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leaving {
    /// People, by their random names.
    pub(crate) subjects: HashSet<[u8; 16]>,
    /// Days that are over.
    pub(crate) days: HashSet<(Class, u32)>,
    /// Days that get another key.
    pub(crate) fresh: HashSet<(Class, u32)>,
}

impl KeyRing {
    /// Replaces the keys; afterwards the store has this generation.
    pub(crate) fn rotate(
        &mut self,
        wal: &Wal,
        generation: u32,
        leaving: &HashMap<String, Leaving>,
    ) -> Result<(), VaultError> {
        let held = lock(self.files(), self.dir())?;
        let outcome = self.rotate_locked(wal, generation, leaving);
        held.give_back();
        outcome
    }

    fn rotate_locked(
        &mut self,
        wal: &Wal,
        generation: u32,
        leaving: &HashMap<String, Leaving>,
    ) -> Result<(), VaultError> {
        let files = self.store.files().clone();
        self.reload_master()?;
        if self.generation() < generation {
            let secret = random_key(self.world.as_ref());
            let path = self.master_path();
            self.master.add(files.as_ref(), &path, generation, &secret)?;
        } else {
            adopt_master(files.as_ref(), self.dir())?;
        }
        let none = Leaving::default();
        let mut staged = Vec::new();
        for tenant in self.tenants_with_rows()? {
            self.tenants.remove(&tenant);
            self.reload(&tenant)?;
            self.adopt(&tenant)?;
            let is_done = self
                .tenants
                .get(&tenant)
                .is_some_and(|keys| keys.rows.generation >= generation && keys.before.is_some());
            if !is_done {
                self.stage(&tenant, generation, leaving.get(&tenant).unwrap_or(&none))?;
            }
            staged.push(tenant);
        }
        wal.raise_generation_to(Patience::Server, generation, || {
            for tenant in &staged {
                self.switch(tenant)?;
            }
            Ok(())
        })
    }

    /// Gives the staged rows their name, and writers what goes with them.
    fn switch(&self, tenant: &str) -> Result<(), VaultError> {
        let places = KeyPlaces::new(self.dir(), tenant);
        let (from, to) = (places.staged(), places.rows());
        if self.files().stat(&from).is_ok() {
            self.files().rename(&from, &to, Point::RowsSwitchRename).doing("rename", &from)?;
        }
        let dir = places.dir();
        self.files().sync_dir(dir, Point::RowsSwitchDirSync).doing("sync", dir)?;
        self.write_public(tenant)
    }

    /// Writes a tenant's rows, sealed to the new master, beside the old ones.
    fn stage(
        &mut self,
        tenant: &str,
        generation: u32,
        leaving: &Leaving,
    ) -> Result<(), VaultError> {
        let files = self.store.files().clone();
        let origin = self.origin(tenant)?;
        let (log, master) = (self.log_key(&origin)?, self.master_public()?);
        let world = self.world.clone();
        let maker =
            Maker { master: &master, log: &log, origin: origin.as_str(), world: world.as_ref() };
        let secrets: Vec<_> = self.master.all().cloned().collect();
        let Some(keys) = self.tenants.get_mut(tenant) else { return Ok(()) };
        if keys.index.newest().is_none_or(|(newest, _)| *newest < generation) {
            let secret = random_key(world.as_ref());
            let path = keys.places.index();
            keys.index.add(files.as_ref(), &path, generation, &secret)?;
        }
        let Some(index) = keys.index.of(generation).cloned() else { return Ok(()) };
        write_rows(files.as_ref(), &keys.places.before(), &keys.rows)?;
        let again = |row: &Row| -> Option<Row> {
            match row.name {
                Name::Subject(name) if leaving.subjects.contains(&name) => return None,
                Name::Day(class, day) if leaving.days.contains(&(class, day)) => return None,
                Name::Day(class, day) if leaving.fresh.contains(&(class, day)) => {
                    return Some(maker.make(row.name, [0; 32], "")?.with_second(true));
                }
                _ => {}
            }
            let opened = secrets.iter().find_map(|key| row.open(maker.origin, key).ok());
            let (secret, id) = opened?;
            let find = match row.name {
                Name::Subject(_) => mac(&index, id.as_bytes()),
                Name::Day(..) => [0; 32],
            };
            let sealed = maker.seal((row.name, row.public), find, &secret, &id)?;
            Some(sealed.with_second(row.is_second))
        };
        let mut rows = Rows { generation, ..Rows::default() };
        let old: Vec<&Row> = keys.rows.rows.values().collect();
        in_parallel(&old, &|row| again(row)).into_iter().for_each(|row| rows.put(row));
        self.verified.entry(tenant.to_owned()).or_default().trust(rows.rows.values(), &maker);
        let staged = keys.places.staged();
        write_rows(files.as_ref(), &staged, &rows)?;
        if let Some(seen) = stat(files.as_ref(), &staged)? {
            // Under the name that it gets, too.
            self.durable.insert(tenant.to_owned(), seen);
        }
        Ok(())
    }

    /// Destroys what the rotation to `generation` left: old rows, old secrets.
    pub(crate) fn finish(&mut self, generation: u32) -> Result<(), VaultError> {
        let held = lock(self.files(), self.dir())?;
        let outcome = self.finish_locked(generation);
        held.give_back();
        outcome
    }

    fn finish_locked(&mut self, generation: u32) -> Result<(), VaultError> {
        let files = self.store.files().clone();
        for tenant in self.tenants_with_rows()? {
            let places = KeyPlaces::new(self.dir(), &tenant);
            if let Some(mut index) = Slots::read(files.as_ref(), &places.index())? {
                index.wipe_before(files.as_ref(), &places.index(), generation)?;
            }
            shred(files.as_ref(), &places.before())?;
            let dir = places.dir();
            files.sync_dir(dir, Point::RowsSwitchDirSync).doing("sync", dir)?;
        }
        let path = self.master_path();
        self.reload_master()?;
        self.master.wipe_before(files.as_ref(), &path, generation)?;
        // Secrets that were opened with the old keys.
        self.tenants.clear();
        Ok(())
    }

    /// The tenants that have rows.
    pub(crate) fn tenants_with_rows(&self) -> Result<Vec<String>, VaultError> {
        let files = self.files();
        let names = files.list(self.dir()).doing("list", self.dir())?;
        let has = |name: &String| files.stat(&KeyPlaces::new(self.dir(), name).rows()).is_ok();
        Ok(names.into_iter().filter(has).collect())
    }
}

/// What `each` gives for these, in their order. Opening or sealing a key takes a tenth of a
/// millisecond or two: worth a second thread.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    all: &[T],
    each: &(dyn Fn(&T) -> Option<R> + Sync),
) -> Vec<R> {
    let half = all.len().div_ceil(2);
    let (first, second) = all.split_at_checked(half).unwrap_or((all, &[]));
    let some = |some: &[T]| some.iter().filter_map(each).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| some(second));
        let mut all = some(first);
        // A thread that died was a bug; this one then meets it too.
        all.extend(other.join().unwrap_or_else(|_| some(second)));
        all
    })
}
