//! Given a store and the directory of its keys, gives how a book keeps what can be erased, and who
//! opens it again.
//!
//! ```text
//! Book -> Safe -> Writer    seals what is recorded
//!              -> Look      opens it for a reader; that he looks is recorded first
//! ```
//!
//! The keys lie outside the store, so that a copy of the store opens nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tacho_event::TenantId;
use tacho_event::privacy::{Policy, Preset};
use tachograph::record::{Numbering, Settings};
use tachograph::store::Store;
use tachograph::vault::{Asker, Custody, Look, SharedRing, VaultError, Writer};
use tachograph::wal::{Options, Wal};
use tachograph::world::World;
use tachograph::{Log, RecordError, Recorder};

use crate::error::Error;
use crate::paper;

/// The keys of one tenant's book.
#[derive(Clone, Debug)]
pub(crate) struct Safe {
    store: Store,
    world: Arc<dyn World>,
    tenant: TenantId,
    custody: Custody,
}

impl Safe {
    /// The keys in the directory `keys`, else in the one that [`paper::default_keys`] names; none
    /// if it names none. Touches nothing yet.
    pub(crate) fn of(
        store: &Store,
        world: &Arc<dyn World>,
        tenant: &TenantId,
        keys: Option<&Path>,
    ) -> Result<Option<Self>, Error> {
        let Some(keys) = keys.map(PathBuf::from).or_else(|| paper::default_keys(store)) else {
            return Ok(None);
        };
        if is_inside(&keys, store.places().store()) {
            return Err(Error::KeysInStore(keys));
        }
        let custody = Custody::new(store, world.clone(), &keys);
        let (store, world, tenant) = (store.clone(), world.clone(), tenant.clone());
        Ok(Some(Self { store, world, tenant, custody }))
    }

    /// How this book seals; the keys too, where they open. Makes them for a new store. Without the
    /// secret ones it seals with public ones, and opens nothing.
    pub(crate) fn sealing(&self) -> Result<(Writer, Option<SharedRing>), VaultError> {
        // Some preset that seals: that this book does was decided before.
        let (preset, tenant) = (Preset::Production, self.tenant.as_str());
        let is_there = self.custody.is_there();
        let ring = if is_there { self.custody.ring() } else { self.with_public_or_new() };
        match ring {
            Ok(ring) => Ok((Writer::of(preset, ring.clone(), tenant)?, Some(ring))),
            Err(error) => match self.custody.writer(preset, tenant) {
                Ok(writer) => Ok((writer, None)),
                Err(_) => Err(error),
            },
        }
    }

    fn with_public_or_new(&self) -> Result<SharedRing, VaultError> {
        let tenant = self.tenant.as_str();
        match self.custody.writer(Preset::Production, tenant) {
            // The secret is gone and its public keys are not: no new one hides that.
            Ok(_) => self.custody.ring(),
            Err(_) => self.custody.create(tenant),
        }
    }

    /// A log for somebody who may see what is sealed in it.
    pub(crate) fn looking(&self, log: Log, target: &str) -> Log {
        let asker = Asker {
            id: "library".to_owned(),
            role: "keyholder".to_owned(),
            reason: "a program reads its own log".to_owned(),
        };
        let safe = self.clone();
        let keys = move || Ok((safe.custody.clone().hasty().ring()?, safe.recorder()?));
        log.looking(Arc::new(Look::new(self.tenant.as_str(), asker, target, keys)))
    }

    /// Records that somebody looks.
    fn recorder(&self) -> Result<Recorder, VaultError> {
        let wal = Wal::new(&self.store, self.world.clone(), Options::default());
        let settings = Settings {
            tenant: self.tenant.clone(),
            beat: false,
            numbering: Numbering::Off,
            ..Settings::default()
        };
        let (store, world) = (self.store.clone(), self.world.clone());
        let policy = Policy::preset(Preset::Production);
        let writer = self.custody.writer(Preset::Production, self.tenant.as_str())?;
        Ok(Recorder::with_writer(store, wal, world, policy, settings, writer)?)
    }
}

/// How a book keeps what can be erased, and the keys it holds for that.
pub(crate) fn keeping(
    safe: Option<&Safe>,
    seals: bool,
) -> Result<(Writer, Option<SharedRing>), Error> {
    if !seals {
        return Ok((Writer::default(), None));
    }
    let Some(safe) = safe else { return Err(RecordError::NoKeys.into()) };
    safe.sealing().map_err(|error| RecordError::Vault(Box::new(error)).into())
}

fn is_inside(path: &Path, dir: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole(path).starts_with(whole(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_to_seal_and_knows_no_keys_is_refused() {
        assert!(matches!(keeping(None, true), Err(Error::Record(RecordError::NoKeys))));
        assert!(keeping(None, false).is_ok_and(|(writer, _)| !writer.is_sealed()));
    }

    #[test]
    fn keys_beside_a_store_are_not_in_it() {
        assert!(is_inside(Path::new("a/store/keys"), Path::new("a/store")));
        assert!(!is_inside(Path::new("a/store-keys"), Path::new("a/store")));
    }
}
