//! Given what a log says of its own keys, records it so that everybody reads it for as long as the
//! log lives: as evidence, which does not expire, and plain under every preset.
//!
//! It names public keys and signatures by them, and holds nothing of anybody. Sealed, it would be
//! readable by those alone who need no proof.

use std::sync::Arc;

use tacho_event::json::Object;
use tacho_event::privacy::Policy;
use tacho_event::{Draft, TenantId};

use crate::generation;
use crate::record::{Ack, Numbering, Receipt, RecordError, Recorder, Settings};
use crate::store::Store;
use crate::vault::{OpenGrants, Writer};
use crate::wal::{Options, Patience, Wal};
use crate::world::World;

/// Names of events that say which key follows which, and which log.
const OF_KEYS: [&str; 2] = ["tacho.key", "tacho.origin"];

/// Records a [`super::Rotated`] or a [`super::NewOrigin`], durably.
///
/// # Errors
/// Why it is not recorded.
pub fn tell(
    store: &Store,
    world: Arc<dyn World>,
    tenant: &TenantId,
    draft: Draft,
) -> Result<Receipt, RecordError> {
    let settings = Settings {
        tenant: tenant.clone(),
        ack: Ack::Disk,
        patience: Patience::Server,
        source: "keys".to_owned(),
        numbering: Numbering::Off,
        beat: false,
        ..Settings::default()
    };
    let policy = Policy::default().with_evidence(vec!["action.system".to_owned()]);
    let (files, places) = (store.files(), store.places());
    let generation = generation::read(files.as_ref(), places).map_err(RecordError::Store)?;
    let writer = Writer::Plain { grants: OpenGrants::new(), generation };
    let wal = Wal::new(store, world.clone(), Options::default());
    Recorder::with_writer(store.clone(), wal, world, policy, settings, writer)?.record(draft)
}

/// Whether a leaf is of such an event: its evidence is for everybody, and is never sealed.
pub(crate) fn is_of_keys(leaf: &Object) -> bool {
    let action = leaf.object("action");
    let says = |name| action.and_then(|action| action.str(name));
    says("type") == Some("system") && says("name").is_some_and(|name| OF_KEYS.contains(&name))
}
