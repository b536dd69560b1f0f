//! Given a store, where its keys lie and a preset, gives whoever asks what he needs: the one place
//! that decides who seals.
//!
//! - A short-lived writer gets public keys: [`Custody::writer`].
//! - Who lives long, integrates or reveals gets the keys: [`Custody::ring`], [`Custody::holder`].
//! - Who sets a store up makes them: [`Custody::create`].

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tacho_event::privacy::{Preset, Terms};

use super::error::VaultError;
use super::plain::OpenGrants;
use super::ring::{KeyRing, master_path};
use super::seal::{Sealer, SharedRing, hold};
use super::writer::Writer;
use crate::erase::{Eraser, journal};
use crate::generation;
use crate::sign::{Keys, SignError};
use crate::store::Store;
use crate::world::World;

/// The keys of one store, for whoever may have them.
#[derive(Debug, Clone)]
pub struct Custody {
    store: Store,
    world: Arc<dyn World>,
    keys: PathBuf,
    base: Option<String>,
    is_hasty: bool,
}

impl Custody {
    /// The keys of `store` in the directory `keys`; touches nothing yet. Origins are those of a
    /// [`crate::sign::Signer`] without a base.
    pub fn new(store: &Store, world: Arc<dyn World>, keys: &Path) -> Self {
        Self { store: store.clone(), world, keys: keys.to_owned(), base: None, is_hasty: false }
    }

    /// The same keys, for logs that are called `<base>/<tenant>`.
    #[must_use]
    pub fn with_base(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    /// The same keys, for who has no time to go on with what was interrupted.
    #[must_use]
    pub fn hasty(mut self) -> Self {
        self.is_hasty = true;
        self
    }

    /// Whether parts are sealed under these terms.
    pub fn seals(preset: Preset) -> bool {
        let Terms { sealed, .. } = preset.terms();
        sealed
    }

    /// The directory of the keys.
    pub fn dir(&self) -> &Path {
        &self.keys
    }

    /// Whether there is a master secret, readable or not.
    pub fn is_there(&self) -> bool {
        let outcome = self.store.files().stat(&master_path(&self.keys));
        !matches!(outcome, Err(error) if error.kind() == ErrorKind::NotFound)
    }

    /// Opens the keys, making what is missing of a new store: the key that signs, the master
    /// secret, and the keys of `tenant` for the days ahead.
    ///
    /// # Errors
    /// Why there are none.
    pub fn create(&self, tenant: &str) -> Result<SharedRing, VaultError> {
        let keys = match Keys::create(&self.store, self.world.as_ref(), &self.keys) {
            Err(SignError::KeyExists(_)) => self.log_keys()?,
            outcome => outcome?,
        };
        let base = self.base.as_deref();
        let mut ring = KeyRing::create(&self.store, self.world.clone(), keys, base)?;
        ring.prepare(tenant)?;
        self.shared(ring)
    }

    /// Opens the keys that are there, and goes on with erasures that were interrupted.
    ///
    /// # Errors
    /// Why they do not open.
    pub fn ring(&self) -> Result<SharedRing, VaultError> {
        // Of both secrets, the master is the one that is asked for.
        if !self.is_there() {
            return Err(VaultError::NoMaster(master_path(&self.keys)));
        }
        let keys = self.log_keys()?;
        let base = self.base.as_deref();
        self.shared(KeyRing::open(&self.store, self.world.clone(), keys, base)?)
    }

    /// How a long-lived writer that holds the keys keeps the parts of a tenant.
    ///
    /// # Errors
    /// Why there are no keys to seal with; terms that do not seal need none.
    pub fn holder(&self, preset: Preset, tenant: &str) -> Result<Writer, VaultError> {
        if !Self::seals(preset) {
            return self.plain();
        }
        let ring = if self.is_there() { self.ring()? } else { self.create(tenant)? };
        Writer::of(preset, ring, tenant)
    }

    /// How a short-lived writer keeps the parts of a tenant: it reads one file of public keys, and
    /// makes none.
    ///
    /// # Errors
    /// That a preset seals and there is nothing to seal with.
    pub fn writer(&self, preset: Preset, tenant: &str) -> Result<Writer, VaultError> {
        if !Self::seals(preset) {
            return self.plain();
        }
        Ok(Sealer::with_public(self.store.files().clone(), &self.keys, tenant)?.into())
    }

    fn plain(&self) -> Result<Writer, VaultError> {
        let generation = generation::read(self.store.files().as_ref(), self.store.places())?;
        Ok(Writer::Plain { grants: OpenGrants::new(), generation })
    }

    fn log_keys(&self) -> Result<Keys, VaultError> {
        Ok(Keys::open(self.store.files().as_ref(), &self.keys)?)
    }

    fn shared(&self, ring: KeyRing) -> Result<SharedRing, VaultError> {
        let ring = Arc::new(Mutex::new(ring));
        let under_way = journal::tickets(self.store.files().as_ref(), &self.keys)?;
        if !under_way.is_empty() && !self.is_hasty {
            Eraser::new(&self.store, self.world.clone(), ring.clone()).resume()?;
            hold(&ring).reload_master()?;
        }
        Ok(ring)
    }
}
