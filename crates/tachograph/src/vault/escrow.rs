//! Given somebody's public key, seals the master secret to it; given that back, restores it.
//!
//! ```text
//! "TVK1" | installation 16 | HPKE(recipient, "tacho/v1/escrow\0" || installation,
//!                                 generation u32 || secret 32)
//! ```
//!
//! Every rotation makes older escrows useless, which is what they are for: export again after each,
//! and keep none longer than the shortest time you promise to keep identity.

use std::path::Path;

use zeroize::Zeroizing;

use super::cipher::{Key, hpke_open, hpke_seal, public_of, random_key};
use super::error::VaultError;
use super::ring::{KeyRing, lock, master_path};
use super::slots::{Slots, Unread};
use crate::store::Store;
use crate::wal::field::{array_at, u32_at};
use crate::world::World;

const MAGIC: &[u8; 4] = b"TVK1";
const ESCROW: &[u8] = b"tacho/v1/escrow\0";
const HEAD_BYTES: usize = 20;

/// A key pair for an escrow: the secret, which is written down and kept apart, and its public key.
pub fn escrow_keys(world: &dyn World) -> (Zeroizing<[u8; 32]>, [u8; 32]) {
    let secret = random_key(world);
    // Any 32 bytes are an X25519 secret.
    let public = public_of(&secret).unwrap_or_default();
    (secret, public)
}

impl KeyRing {
    /// The master secret, sealed to a public key.
    ///
    /// # Errors
    /// That there is no master secret, or that the key is none.
    pub fn escrow(&self, recipient: &[u8; 32]) -> Result<Vec<u8>, VaultError> {
        let newest = self.master.newest();
        let (generation, secret) =
            newest.ok_or_else(|| VaultError::NoMaster(self.master_path()))?;
        let plaintext = Zeroizing::new([&generation.to_be_bytes()[..], secret.as_slice()].concat());
        let installation = self.store.installation();
        let info = [ESCROW, installation].concat();
        let sealed = hpke_seal(recipient, &info, &plaintext, self.world.as_ref());
        let sealed = sealed.ok_or(VaultError::Escrow)?;
        Ok([&MAGIC[..], installation, &sealed].concat())
    }

    /// Puts a lost master secret back; one that is there stays.
    ///
    /// # Errors
    /// That the escrow is another store's or does not open, or that there is a master secret.
    pub fn recover(
        store: &Store,
        keys: &Path,
        escrow: &[u8],
        secret: &Key,
    ) -> Result<(), VaultError> {
        let installation: [u8; 16] = array_at(escrow, 4).ok_or(VaultError::Escrow)?;
        let is_ours = escrow.starts_with(MAGIC) && installation == *store.installation();
        let sealed = escrow.get(HEAD_BYTES..).filter(|_| is_ours).ok_or(VaultError::Escrow)?;
        let info = [ESCROW, &installation].concat();
        let plaintext = hpke_open(secret, &info, sealed).map_err(|_| VaultError::Escrow)?;
        let generation = u32_at(&plaintext, 0).ok_or(VaultError::Escrow)?;
        let master = Zeroizing::new(array_at(&plaintext, 4).ok_or(VaultError::Escrow)?);
        let files = store.files().as_ref();
        let held = lock(files, keys)?;
        let path = master_path(keys);
        let outcome = match Slots::read_with(files, &path, None) {
            Ok(Some(slots)) if slots.newest().is_some() => {
                Err(VaultError::Damaged { path, what: "there is a master secret already" })
            }
            Err(Unread::Shut) => {
                Err(VaultError::Damaged { path, what: "there is a master secret already, locked" })
            }
            Ok(_) => Slots::create(files, &path, generation, &master).map_err(Into::into),
            Err(Unread::Store(error)) => Err(error.into()),
        };
        held.give_back();
        outcome
    }
}
