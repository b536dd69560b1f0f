//! Given the end of a turn or a session, gives a log that is integrated and signed.

use tachograph::Store;
use tachograph::integrate::{Budget, IntegrateError, Integrator};
use tachograph::sign::{Demand, Keys, SignError, Signer};

use super::Desk;
use crate::disk;

/// Time that integrating may take in a hook.
const INTEGRATE_MICROS: i64 = 300_000;

impl Desk {
    /// Integrates and signs, within the budget of a hook.
    pub(super) fn settle(&self, store: &Store, host: &str) {
        let mut integrator = Integrator::new(store, self.world.clone());
        let budget = Budget { micros: Some(INTEGRATE_MICROS), ..Budget::default() };
        match integrator.run(budget) {
            Ok(_) => {}
            // Whoever integrates signs as well.
            Err(IntegrateError::Busy) => return,
            Err(error) => return self.trace("not_integrated", host, &error.to_string()),
        }
        let _ = integrator.retire();
        if let Err(error) = self.sign(store) {
            self.trace("not_signed", host, &error.to_string());
        }
    }

    fn sign(&self, store: &Store) -> Result<(), SignError> {
        let dir = match &self.around.keys {
            Some(dir) => dir.clone(),
            None => {
                let name = store.installation().iter().map(|byte| format!("{byte:02x}"));
                self.around.keys_home.join(name.collect::<String>())
            }
        };
        let keys = match Keys::open(store.files().as_ref(), &dir) {
            Err(SignError::NoKey(_)) => {
                if let Some(around) = dir.parent() {
                    // What cannot be made shows when the key is.
                    let _ = disk::make_dir(around);
                }
                Keys::create(store, self.world.as_ref(), &dir)?
            }
            outcome => outcome?,
        };
        let mut signer = Signer::new(store, keys, None);
        signer.sign(self.tenant().as_str(), Demand::Now, self.world.now()).map(|_| ())
    }
}
