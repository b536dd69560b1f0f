//! One record of the journal.

use tacho_event::Timestamp;
use tacho_event::json::{Object, Value};

use super::words::{AuditAction, AuditActor};

/// What else is known of a record: `details("service", "social_mcp").and("endpoint", "..")`.
pub type Details = Object;

/// One record: who did what, whether it worked, and what else is known.
///
/// ```
/// use tacho_shapes::journal::{AuditAction, AuditActor, AuditLogEntry};
/// let entry = AuditLogEntry::new(AuditActor::Mcp, AuditAction::McpCall, true)
///     .detail("service", "social_mcp")
///     .session("session-123");
/// assert_eq!(entry.to_object().str("actor"), Some("mcp"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLogEntry {
    /// When it happened; now if not told.
    pub timestamp: Option<Timestamp>,
    /// Who acted.
    pub actor: String,
    /// What was done: a word of [`AuditAction`], or one of the caller's own.
    pub action: String,
    /// Whether it worked.
    pub success: bool,
    /// What else is known.
    pub details: Details,
    /// What went wrong.
    pub error: Option<String>,
    /// The session it belongs to.
    pub session_id: Option<String>,
}

impl AuditLogEntry {
    /// A record without details.
    pub fn new(actor: AuditActor, action: AuditAction, success: bool) -> Self {
        Self {
            timestamp: None,
            actor: actor.as_str().to_owned(),
            action: action.as_str().to_owned(),
            success,
            details: Details::new(),
            error: None,
            session_id: None,
        }
    }

    /// Adds a detail; `null` adds none.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.details.insert(name, value);
        }
        self
    }

    /// Adds details.
    #[must_use]
    pub fn details(mut self, details: Details) -> Self {
        for (name, value) in details {
            self.details.insert(name, value);
        }
        self
    }

    /// Says what went wrong.
    #[must_use]
    pub fn error(mut self, message: Option<&str>) -> Self {
        self.error = message.map(str::to_owned);
        self
    }

    /// Says which session it belongs to.
    #[must_use]
    pub fn session<'s>(mut self, id: impl Into<Option<&'s str>>) -> Self {
        self.session_id = id.into().map(str::to_owned);
        self
    }

    /// The record as it is written.
    pub fn to_object(&self) -> Object {
        let mut record = Object::from([
            ("actor", Value::from(self.actor.as_str())),
            ("action", self.action.as_str().into()),
            ("success", self.success.into()),
            ("details", self.details.clone().into()),
            ("error", Value::from(self.error.as_deref())),
            ("session_id", Value::from(self.session_id.as_deref())),
        ]);
        if let Some(time) = self.timestamp {
            record.insert("timestamp", time.to_millis_text());
        }
        record
    }
}
