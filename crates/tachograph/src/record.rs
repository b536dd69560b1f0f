//! Given drafts, gives receipts: the one way into the log.
//!
//! ```text
//! draft -> check -> protect -> frame -> append (ack os) -> commit (ack disk) -> receipt
//!                                         | fails: spool, or a loss that a gap event names
//! ```

pub(crate) mod beat;
mod call;
mod convoy;
mod error;
mod failure;
mod glass;
mod heed;
mod losses;
mod numbers;
mod once;
mod own;
mod prepare;
mod queue;
mod quota;
mod receipt;
mod recorder;
mod run;
mod submit;
mod witness;

pub use beat::{BEAT_EVERY, Beat, Counts};
pub use call::Call;
pub use error::RecordError;
pub use failure::{FailurePolicy, OnFailure, Risk, WhenFull};
pub use losses::LossReason;
pub use numbers::Numbering;
pub use once::Once;
pub use queue::{OnFull, Queue, QueueSettings, Ticket};
pub use quota::{BytesEach, Quota};
pub use receipt::{Ack, Fate, Receipt};
pub use recorder::{Recorder, Settings};
