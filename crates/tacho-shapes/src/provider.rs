//! The adapter's two streams: what was done at providers, and what changed.
//!
//! ```text
//! log_action(..)                 -> action_logs: input, output, time, status, error, provider
//! AuditService::log_update(..)   -> audit_logs: who, what, when, where, before and after
//! ActionLogRepository, AuditLogRepository      the queries over both, tenant by tenant
//! ```
//!
//! A tenant has a log of its own ([`Tenants`]); no query can name another's. Rows are written and
//! never changed: `updated_at` is `created_at`. Deleting a tenant does not delete its trail.

mod actions;
mod audits;
mod tenants;
mod thresholds;

pub use actions::{
    ActionFilter, ActionLog, ActionLogRepository, ActionStatistics, FAILED_LIMIT_MAX, LIMIT_MAX,
    MINUTES_MAX, Page, log_action,
};
pub use audits::{AuditFilter, AuditLogRepository, AuditService, Changed};
pub use tenants::{TENANTS_MAX, Tenants};
pub use thresholds::{Alarm, AlarmThresholds};
