//! Given the leaves, stored nodes and signed heads of a log, says where they disagree.
//!
//! The one implementation of "unchanged?", for whoever reads the files: the trunk reads them
//! through its own door to the disk, the offline verifier through the standard library, and
//! neither knows the other. Nothing here reads anything.
//!
//! | you give | you get | where |
//! |---|---|---|
//! | a code and a place | a finding, and in the end a verdict | [`Report`] |
//! | signed notes and the keys that are trusted | the roots a growing tree must have | [`Heads`] |
//! | 65,536 leaves and the nodes stored above them | what of it was changed | [`Run`] |
//! | the runs, in order | the root at every signed size | [`Spine`] |

mod anchors;
mod finding;
mod heads;
mod notes;
mod run;
mod spine;

pub use anchors::{
    AnchorAccount, AnchorEntry, AnchorKind, AnchorTrust, Anchored, EVIDENCE_BYTES_MAX, StampJudge,
    anchor_entries,
};
pub use finding::{Code, FINDINGS_MAX, Finding, Report, Spot, Verdict};
pub use heads::{Heads, Source};
pub use notes::kept_notes;
pub use run::{PER_RUN, Run, RunEnd, StoredRun};
pub use spine::Spine;
