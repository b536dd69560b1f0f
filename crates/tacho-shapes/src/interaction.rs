//! The audit library for chats: six kinds of records by session, a viewer, an exporter.
//!
//! ```text
//! project_path/audit_logs/
//!   store/                            the log: everything else here follows it
//!   chat_interactions_{session}.jsonl and five more, one line a record
//!   session_{session}.json            the session, rewritten when it is finalized
//!   full_interactions/                prompt_{id}.txt, response_{id}.txt, manifest_{id}.json
//! ```
//!
//! Where content is to be encrypted, it is sealed with keys that lie outside the store, and never
//! written beside it: the files then hold times, kinds, names and outcomes; lengths, digests and
//! settings are sealed too. The viewer and the exporter ask the store, which records that they
//! look.

mod config;
mod content;
mod export;
mod files;
mod logger;
mod records;
mod view;

pub use config::{AuditConfig, PresetConfigs};
pub use content::{FullContent, sha256_hex};
pub use export::{AuditExporter, ExportedFile};
pub use logger::AuditLogger;
pub use records::{
    AuditError, ChatInteraction, FileOperation, PerformanceMetric, PersonaActivity, ToolUsage,
};
pub use view::{AuditViewer, ChatFilter, SessionSummary};
