//! Given a reader who may meet sealed parts, opens them once it is recorded that he looks.
//!
//! The keys are opened when the first sealed part is met and not before: who reads leaves, or a
//! store that does not seal, needs none. One `access` event, on the disk before anything opens,
//! names who looks and what he asked for; should that or the keys fail, everything stays sealed and
//! [`Look::refusal`] says why.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::VaultError;
use super::open::Opener;
use super::reveal::{Asker, look_draft};
use super::seal::SharedRing;
use crate::record::{Ack, Recorder};

/// Opens the keys, and says with whom it is recorded.
type Keys = dyn Fn() -> Result<(SharedRing, Recorder), VaultError> + Send + Sync;

/// One look into one tenant's log.
pub struct Look {
    tenant: String,
    asker: Asker,
    /// What was asked for.
    target: String,
    keys: Box<Keys>,
    state: Mutex<State>,
}

enum State {
    /// Nothing sealed was met yet.
    Shut,
    Open(Box<Opener>),
    /// Why nothing opens.
    Refused(Arc<VaultError>),
}

/// What is to be seen of one class of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// What was hidden is shown.
    Shown,
    /// It is there, and stays sealed.
    Sealed,
    /// It was erased under this ticket.
    Erased([u8; 16]),
    /// It is gone, with its day or otherwise: `verify` tells whether the log says why.
    Gone,
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Look({} at {})", self.asker.id, self.target)
    }
}

impl Look {
    /// A look by `asker` at `target`, into the log of a tenant; `keys` is called at most once.
    pub fn new(
        tenant: &str,
        asker: Asker,
        target: &str,
        keys: impl Fn() -> Result<(SharedRing, Recorder), VaultError> + Send + Sync + 'static,
    ) -> Self {
        let (tenant, target) = (tenant.to_owned(), target.to_owned());
        Self { tenant, asker, target, keys: Box::new(keys), state: Mutex::new(State::Shut) }
    }

    /// Whether keys were opened, and that was recorded.
    pub fn is_open(&self) -> bool {
        matches!(&*self.state(), State::Open(_))
    }

    /// Why what is sealed stays so, if anybody asked for it.
    pub fn refusal(&self) -> Option<Arc<VaultError>> {
        match &*self.state() {
            State::Refused(error) => Some(error.clone()),
            State::Shut | State::Open(_) => None,
        }
    }

    /// Lends the opener, if there is one.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Opener) -> T) -> Option<T> {
        let mut state = self.state();
        if matches!(&*state, State::Shut) {
            *state = match self.begin() {
                Ok(opener) => State::Open(Box::new(opener)),
                Err(error) => State::Refused(Arc::new(error)),
            };
        }
        match &mut *state {
            State::Open(opener) => Some(work(opener)),
            State::Shut | State::Refused(_) => None,
        }
    }

    fn begin(&self) -> Result<Opener, VaultError> {
        let (ring, recorder) = (self.keys)()?;
        let opener = Opener::new(ring, &self.tenant)?;
        recorder.record_as(look_draft(&[self.target.as_str()], &self.asker), Ack::Disk)?;
        Ok(opener)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panicking thread left is as good as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
