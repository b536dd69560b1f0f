//! Five familiar logging APIs over one recorder: call what you called before, get a tamper-evident
//! log.
//!
//! | you call | as in | where |
//! |---|---|---|
//! | `log_mcp_call`, `retry_on_transient_error`, `graceful_fallback` | an employee's vault | [`journal`], [`retry`], [`fallback`] |
//! | `log_chat_interaction`, `AuditViewer`, `AuditExporter` | an audit library for chats | [`interaction`] |
//! | the log entry of agents, its rotated file | an agent platform | [`agent`] |
//! | `log_event`, `query_events`, `get_statistics` | a memory system | [`memory`] |
//! | `log_action`, `AuditService`, its repositories; a `tower` layer | an adapter service | [`provider`], [`middleware`] |
//! | `tracing` spans and events | any Rust program | [`spans`] |
//!
//! All of them write through a [`Book`]: one recorder behind a queue, and the log it writes. There
//! is no second store, no second statistics and no second exporter; what the APIs give back is
//! read from the log, what they write for people ([`paper`]) follows it.
//!
//! Nothing here needs an async runtime: what waits is a future of the queue's, or the caller's own
//! sleep.

pub mod agent;
pub mod book;
pub mod error;
pub mod fallback;
pub mod interaction;
pub mod journal;
pub mod lines;
pub mod memory;
pub mod middleware;
pub mod paper;
pub mod provider;
pub mod retry;
mod safe;
pub mod spans;

pub use book::Book;
pub use error::Error;
