//! Given a signed note, has people outside vouch for it, and keeps their word beside the log.
//!
//! Whoever has a log's key can rewrite all of it; what he cannot rewrite is what others have seen.
//!
//! | anchor | who is asked | what is kept | what it shows |
//! |---|---|---|---|
//! | witness | a C2SP `tlog-witness` | its cosignature, with a time | it saw this tree alone |
//! | time stamp | an RFC 3161 authority | its token | the note existed then |
//! | copy | a command of the user's | what the command said | a copy is where it was put |
//!
//! [`run`] asks whoever is due (`cadence`), by way of a [`Carrier`] (`errand`), and keeps the
//! answer (`keep`). [`Witness`] is the other side: whoever runs one on another machine, or as
//! another user, is out of reach of whoever holds the log's key. [`Notary`] has a recorder wait
//! for witnesses. `verify` says on whose word each claim rests.

mod cadence;
mod command;
mod errand;
mod judge;
pub(crate) mod keep;
mod notary;
mod run;
mod state;
mod tell;
mod witness;

use std::sync::Arc;
use std::time::Duration;

use tacho_tree::audit::AnchorKind;
use tacho_tree::{KeyName, Policy, VerifierKey};

use crate::error::Error;
use crate::store::Store;
use crate::tenant::TenantPlaces;
use crate::world::World;

pub use cadence::{Cadence, Seen};
pub use command::{Command, NoProgram, Speaks};
pub use errand::{Answer, Carrier, CarryError};
pub use judge::OpensslJudge;
pub use keep::{KeptAnchor, cosigned, kept};
pub use notary::{Notary, Unwitnessed, Witnessed, Witnessing};
pub use run::{Asking, Done, Outcome, Trouble, Which, run};
pub use witness::{Witness, WitnessError};

/// Somebody outside.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// Who it is; a witness bears the name of its key.
    pub name: KeyName,
    /// What it is asked for.
    pub asked: Asked,
    /// How it is reached.
    pub carrier: Arc<dyn Carrier>,
    /// How often it is asked.
    pub cadence: Cadence,
}

/// What an anchor is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A cosignature by this key.
    Witness(Box<VerifierKey>),
    /// A time stamp.
    Stamp,
    /// To take the note away.
    Copy,
}

impl Asked {
    /// The kind of anchor.
    pub fn kind(&self) -> AnchorKind {
        match self {
            Self::Witness(_) => AnchorKind::Witness,
            Self::Stamp => AnchorKind::Stamp,
            Self::Copy => AnchorKind::Copy,
        }
    }
}

impl Anchor {
    /// A witness.
    pub fn witness(key: VerifierKey, carrier: Arc<dyn Carrier>) -> Self {
        let name = key.name().clone();
        Self { name, asked: Asked::Witness(Box::new(key)), carrier, cadence: Cadence::OFTEN }
    }

    /// An authority that stamps times.
    pub fn stamp(name: KeyName, carrier: Arc<dyn Carrier>) -> Self {
        Self { name, asked: Asked::Stamp, carrier, cadence: Cadence::HOURLY }
    }

    /// A command that takes notes away.
    pub fn copy(name: KeyName, carrier: Arc<dyn Carrier>) -> Self {
        Self { name, asked: Asked::Copy, carrier, cadence: Cadence::OFTEN }
    }

    fn outcome(&self, result: Result<Done, Trouble>) -> Outcome {
        Outcome { kind: self.asked.kind(), name: self.name.as_str().to_owned(), result }
    }
}

/// All anchors of a store's logs.
#[derive(Debug, Clone)]
pub struct Anchors {
    /// Who is asked.
    pub all: Vec<Anchor>,
    /// How many witnesses have to agree before an event counts as witnessed.
    pub policy: Option<Policy>,
    /// How long they are waited for, all together.
    pub patience: Duration,
}

impl Default for Anchors {
    fn default() -> Self {
        Self { all: Vec::new(), policy: None, patience: Duration::from_secs(20) }
    }
}

/// Whether any anchor is due to see `size` leaves of a tenant's log: what whoever maintains a store
/// asks before it has a note signed.
///
/// # Errors
/// What is known of the anchors cannot be read.
pub fn due(
    store: &Store,
    tenant: &str,
    size: u64,
    anchors: &Anchors,
    world: &dyn World,
) -> Result<bool, Error> {
    if anchors.all.is_empty() {
        return Ok(false);
    }
    let places = TenantPlaces::new(store.places(), tenant);
    let state = state::AnchorState::read(store.files().as_ref(), &places)?;
    let now = world.now();
    Ok(anchors.all.iter().any(|anchor| {
        let seen = state.get(anchor.asked.kind(), anchor.name.as_str()).seen;
        seen.is_due(size, now, anchor.cadence)
    }))
}
