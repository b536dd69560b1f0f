//! The audit of a memory system: who stored, recalled and forgot what, in memory or in a log.
//!
//! ```text
//! AuditLogger::new(10_000)          the last events in memory, protected, rotated into files
//! AuditLogger::with_book(book, ..)  every event in the log; queries and statistics read the log
//! ```
//!
//! In memory alone, events that rotate away without being exported are lost; then a gap says how
//! many and since when, in the statistics and in every export.

mod event;
mod export;
mod ids;
mod logger;
mod report;
mod system;
mod window;
mod words;

pub use event::{AuditEvent, EventQuery, NewEvent};
pub use logger::{AuditLogger, MAX_EVENTS, Statistics, UserStatistics};
pub use report::{MonthlyReport, Thresholds, UserActivity, Warning};
pub use system::{Audited, AuditedError, Caller, Memory};
pub use window::Lost;
pub use words::{EventStatus, OperationType};
