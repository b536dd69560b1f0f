//! Given a log, a proof or a bundle, says whether it was changed, with the place of every finding.
//!
//! For the auditor who trusts neither vendor nor operator: it stands on the two roots alone, knows
//! nothing of how a store is written, opens no network connection and changes nothing. A finding is
//! a result, not an error, and all of them are reported.
//!
//! | module | you give | you get |
//! |---|---|---|
//! | [`log`] | the directory of a tenant's log | a [`Report`] |
//! | [`tlog`] | the directory of a published log | a [`Report`] |
//! | [`bundle`] | a bundle | a [`Report`] |
//! | [`proof`] | a `tlog-proof` and a leaf | a [`Report`] |

pub mod bundle;
mod disk;
mod finding;
pub mod log;
pub mod proof;
pub mod tlog;

pub use finding::to_json;
pub use tacho_tree::audit::{Code, FINDINGS_MAX, Finding, Report, Spot, Verdict};
