//! Given an intent, says whether a stop forbids it.

use super::{Desk, Told};

impl Desk {
    /// The reason of the stop that forbids this intent; none if there is none.
    #[expect(clippy::unused_self, reason = "asks the store once stops can be read")]
    pub(super) fn stop_of(&self, _told: &Told) -> Option<String> {
        None
    }
}
