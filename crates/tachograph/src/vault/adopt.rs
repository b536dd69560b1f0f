//! Given keys that were read, makes them durable: who was killed between writing keys and syncing
//! them leaves what looks like any other. What is sealed to keys must not outlive them.

use std::io::ErrorKind;
use std::path::Path;

use super::error::VaultError;
use super::ring::{KeyRing, master_path};
use crate::error::{Doing, Error};
use crate::files::{Access, Files, Point};

/// Identity and length of a file.
pub(super) type Seen = ((u64, u64), u64);

impl KeyRing {
    /// Makes durable what somebody else wrote of a tenant's keys, before anything is sealed to it.
    pub(super) fn adopt(&mut self, tenant: &str) -> Result<(), VaultError> {
        let Some(keys) = self.tenants.get(tenant) else { return Ok(()) };
        if keys.seen.is_none() || keys.seen == self.durable.get(tenant).copied() {
            return Ok(());
        }
        let (files, places) = (self.files(), &keys.places);
        sync(files, &places.index(), Point::SlotSync)?;
        sync(files, &places.rows(), Point::RowAppendSync)?;
        files.sync_dir(places.dir(), Point::RowsDirSync).doing("sync", places.dir())?;
        self.know(tenant);
        Ok(())
    }

    /// The rows as they were read last, or written, are durable.
    pub(super) fn know(&mut self, tenant: &str) {
        if let Some(seen) = self.tenants.get(tenant).and_then(|keys| keys.seen) {
            self.durable.insert(tenant.to_owned(), seen);
        }
    }
}

/// Makes a master secret durable that somebody else wrote.
pub(super) fn adopt_master(files: &dyn Files, keys: &Path) -> Result<(), Error> {
    sync(files, &master_path(keys), Point::SlotSync)?;
    files.sync_dir(keys, Point::SecretDirSync).doing("sync", keys)
}

/// Syncs a file, if it is there.
fn sync(files: &dyn Files, path: &Path, point: Point) -> Result<(), Error> {
    match files.open(path, Access::Write) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome.doing("open", path)?.sync_data(point).doing("sync", path),
    }
}

/// What tells that a file is the one that was read.
pub(super) fn stat(files: &dyn Files, path: &Path) -> Result<Option<Seen>, Error> {
    match files.stat(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        outcome => outcome.doing("stat", path).map(|stat| Some((stat.identity, stat.len))),
    }
}
