//! Given an entry, gives its grants and parts as this store keeps them: plain, or sealed.

use tacho_event::privacy::{Entry, Preset};

use super::error::VaultError;
use super::keep::{Sheets, Taken};
use super::plain::OpenGrants;
use super::seal::{Sealer, SharedRing};
use crate::generation;
use crate::store::Store;
use tacho_event::World;

/// How one writer keeps parts, under which key generation.
#[derive(Debug)]
pub enum Writer {
    /// Detached, and not sealed.
    Plain {
        /// Its grants.
        grants: OpenGrants,
        /// The store's key generation: an erasure raises it for plain stores too.
        generation: u32,
    },
    /// Sealed.
    Sealed(Box<Sealer>),
}

impl Default for Writer {
    fn default() -> Self {
        Self::Plain { grants: OpenGrants::new(), generation: 0 }
    }
}

impl From<Sealer> for Writer {
    fn from(sealer: Sealer) -> Self {
        Self::Sealed(Box::new(sealer))
    }
}

impl Writer {
    /// The writer of a tenant under a preset: `production` and `compliance` seal.
    ///
    /// # Errors
    /// Why there are no keys to seal with.
    pub fn of(preset: Preset, ring: SharedRing, tenant: &str) -> Result<Self, VaultError> {
        if preset.terms().sealed {
            Ok(Sealer::with_ring(ring, tenant)?.into())
        } else {
            Ok(Self::default())
        }
    }

    /// Whether parts are sealed.
    pub fn is_sealed(&self) -> bool {
        matches!(self, Self::Sealed(_))
    }

    /// Reads the keys again: the store has another generation.
    pub(crate) fn reload(&mut self, store: &Store) -> Result<(), VaultError> {
        match self {
            Self::Plain { grants, generation } => {
                *grants = OpenGrants::new();
                *generation = generation::read(store.files().as_ref(), store.places())?;
                Ok(())
            }
            Self::Sealed(sealer) => sealer.reload(),
        }
    }

    /// Takes what it needs of the writer to keep the parts of these entries, which become the
    /// records with these ids; a grant stands before the first part that uses it in the place
    /// `place`. The rest is done without the writer, by [`Taken::keep`].
    pub(crate) fn take<'e>(
        &mut self,
        entries: impl Iterator<Item = (&'e Entry, [u8; 16])> + Clone,
        place: u64,
        world: &dyn World,
    ) -> Taken {
        match self {
            Self::Plain { grants, generation } => {
                let mut sheets = Sheets::for_plain(entries.clone().map(|(entry, _)| entry));
                for (entry, record_id) in entries {
                    let count = grants.encode(entry, record_id, place, &world, &mut sheets.bytes);
                    sheets.end(count);
                }
                Taken::plain(*generation, sheets)
            }
            Self::Sealed(sealer) => {
                let sealing = sealer.take(entries.map(|(entry, _)| entry), place, world);
                Taken::sealed(sealer.generation(), sealing)
            }
        }
    }
}
