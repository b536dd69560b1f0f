//! The journal of an AI employee's vault: given what was done, records it; keeps the daily files.
//!
//! ```text
//! {"timestamp":"2026-02-20T07:21:42.457Z","actor":"mcp","action":"mcp_call","success":true,
//!  "details":{"service":"social_mcp","endpoint":"facebook_post","data":{..},"response":{..}},
//!  "error":null,"session_id":"session-123"}
//! ```
//!
//! One journal is shared by threads. What it records is an event like any other: the same log
//! answers the other shapes.

mod entry;
mod files;
mod logger;
mod words;

pub use entry::{AuditLogEntry, Details};
pub use files::JournalFiles;
pub use logger::{AuditLogger, get_audit_logger};
pub use words::{AuditAction, AuditActor};

pub use crate::fallback::graceful_fallback;
pub use crate::retry::retry_on_transient_error;
