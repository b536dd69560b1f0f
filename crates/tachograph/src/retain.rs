//! Given how long and how much a tenant keeps, says what is due, and lets exactly that go.
//!
//! ```text
//! Terms      the preset, what was written, the profiles that bind      (`terms`, `profile`)
//! Plan       every step with counts and bytes; nothing is changed      (`plan`)
//! apply      what the plan said, or a refusal when the store moved     (`keeper`)
//!              parts    whole days of a class                          (`crate::erase`)
//!              leaves   whole files of 65,536, with a certificate      (`prune`)
//! Totals     what leaves that went came to, by agent, action and day   (`totals`)
//! ```
//!
//! A log has one tree for life. Pruning takes leaves and low nodes from its beginning and changes
//! neither root nor proofs of the rest; what old notes need is kept (`frontiers`). A leaf's age is
//! when it came in (`age`), not what it says of itself. Legal holds and the clock's hold win.

pub(crate) mod age;
mod certificate;
pub(crate) mod frontiers;
mod keeper;
mod period;
pub(crate) mod plan;
mod profile;
mod prune;
pub mod pruned;
mod size;
mod statistics;
mod terms;
pub(crate) mod totals;

pub use certificate::Certificate;
pub use keeper::{Applied, KeepError, Keeper};
pub use period::{Period, parse_size};
pub use plan::{Expiry, LeafFile, Notice, Plan, Pruning, Step, TenantPlan, Why};
pub use profile::{Minimum, Profile};
pub use pruned::Pruned;
pub use size::Sizes;
pub use statistics::{Ask, FromTotals, Statistics};
pub use terms::{OnSize, ROWS, Row, Terms, TermsError, Tier, Written};
pub use totals::{Key as TotalsKey, Row as TotalsRow, Totals};

use tacho_tree::KeptFrontier;

use crate::error::Error;
use crate::log::Log;

impl Log {
    /// What leaves that were pruned came to, in their order; none for most logs.
    ///
    /// # Errors
    /// What reading said, or that a file is none of ours.
    pub fn totals(&self) -> Result<Vec<Totals>, Error> {
        let files = self.store().files().as_ref();
        Ok(totals::read(files, self.places(), self.first())?.0)
    }

    /// What proves kept notes whose leaves were pruned.
    ///
    /// # Errors
    /// What reading said, or that a file is none of ours.
    pub fn frontiers(&self) -> Result<Vec<KeptFrontier>, Error> {
        frontiers::all(self.store().files().as_ref(), self.places())
    }
}
