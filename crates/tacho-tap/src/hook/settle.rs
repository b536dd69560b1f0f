//! Given the end of a turn or a session, gives a log that is integrated and signed; and sees that
//! its upkeep is started.

use std::path::Path;

use tachograph::Store;
use tachograph::integrate::{Budget, IntegrateError, Integrator};
use tachograph::sign::{Demand, Keys, SignError, Signer};
use tachograph::vault::Custody;

use super::Desk;
use crate::host::Host;
use crate::{disk, upkeep};

/// Time that integrating may take in a hook.
const INTEGRATE_MICROS: i64 = 300_000;

impl Desk {
    /// Integrates and signs, within the budget of a hook.
    pub(super) fn settle(&self, store: &Store, host: &str) {
        let mut integrator = Integrator::new(store, self.world.clone());
        let dir = self.keys_dir(Some(store)).unwrap_or_default();
        let custody = Custody::new(store, self.world.clone(), &dir).hasty();
        // Who integrates with the keys at hand seals to days and people, and keeps keys ahead.
        if custody.is_there() {
            match custody.ring() {
                Ok(ring) => integrator = integrator.with_vault(ring),
                Err(error) => self.trace("vault_shut", host, &error.to_string()),
            }
        }
        let budget = Budget { micros: Some(INTEGRATE_MICROS), ..Budget::default() };
        match integrator.run(budget) {
            Ok(_) => {}
            // Whoever integrates signs as well.
            Err(IntegrateError::Busy) => return,
            Err(error) => return self.trace("not_integrated", host, &error.to_string()),
        }
        // Neither is needed for what was recorded.
        let _ = integrator.retire();
        let _ = integrator.fill_ahead();
        if let Err(error) = self.sign(store, &dir) {
            self.trace("not_signed", host, &error.to_string());
        }
    }

    /// Starts `tacho maintain` beside the agent, if it is time and nobody forbids it.
    pub(super) fn keep_up(&self, host: Host) {
        if self.around.maintain.as_deref() == Some(upkeep::NEVER) {
            return;
        }
        let own = std::env::current_exe().ok();
        let Some(program) = own.as_deref().and_then(upkeep::beside) else { return };
        if let Err(error) = upkeep::start(&self.around, &program, self.world.now()) {
            self.trace("maintain_not_started", host.in_data(), &error.to_string());
        }
    }

    fn sign(&self, store: &Store, dir: &Path) -> Result<(), SignError> {
        let keys = match Keys::open(store.files().as_ref(), dir) {
            Err(SignError::NoKey(_)) => {
                if let Some(around) = dir.parent() {
                    // What cannot be made shows when the key is.
                    let _ = disk::make_dir(around);
                }
                Keys::create(store, self.world.as_ref(), dir)?
            }
            outcome => outcome?,
        };
        let mut signer = Signer::new(store, keys, None);
        signer.sign(self.tenant().as_str(), Demand::Now, self.world.now()).map(|_| ())
    }
}
