//! Given drafts, gives receipts: the one way into the log.
//!
//! ```text
//! draft -> check -> protect -> frame -> append (ack os) -> commit (ack disk) -> receipt
//!                                         | fails: spool, or a loss that a gap event names
//! ```

mod beat;
mod error;
mod failure;
mod heed;
mod losses;
mod queue;
mod receipt;
mod recorder;
mod run;

pub use beat::{BEAT_EVERY, Beat, Counts};
pub use error::RecordError;
pub use failure::{FailurePolicy, OnFailure, Risk};
pub use losses::LossReason;
pub use queue::{OnFull, Queue, QueueSettings, Ticket};
pub use receipt::{Ack, Fate, Receipt};
pub use recorder::{Recorder, Settings};
