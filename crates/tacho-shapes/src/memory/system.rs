//! Given a memory system, gives the same one that audits itself.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use tacho_event::json::Object;

use super::event::NewEvent;
use super::logger::AuditLogger;
use super::words::{EventStatus, OperationType};
use crate::error::Error;

/// What a memory system can do.
pub trait Memory {
    /// Why it could not.
    type Error: Display;

    /// Stores data; gives the entry's id.
    ///
    /// # Errors
    /// Why it could not.
    fn store(&self, data: &str) -> Result<String, Self::Error>;

    /// Finds entries; gives their ids.
    ///
    /// # Errors
    /// Why it could not.
    fn recall(&self, query: &str) -> Result<Vec<String>, Self::Error>;

    /// Deletes an entry.
    ///
    /// # Errors
    /// Why it could not.
    fn forget(&self, entry_id: &str) -> Result<(), Self::Error>;

    /// Stores many entries at once; gives their ids.
    ///
    /// # Errors
    /// Why it could not.
    fn import_data(&self, entries: &[&str]) -> Result<Vec<String>, Self::Error>;
}

/// On whose behalf a call is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'c> {
    /// The user.
    pub user_id: Option<&'c str>,
    /// The session.
    pub session_id: Option<&'c str>,
}

/// A memory system that records each of its operations. A batch is one event.
#[derive(Debug)]
pub struct Audited<M> {
    memory: M,
    logger: Arc<AuditLogger>,
}

/// Why an audited operation has no outcome.
#[derive(Debug)]
pub enum AuditedError<E> {
    /// The memory failed; that was recorded.
    Memory(E),
    /// The memory did it, and it could not be recorded.
    NotRecorded(Error),
}

impl<E: Display> Display for AuditedError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(error) => write!(f, "{error}"),
            Self::NotRecorded(error) => write!(f, "done, and not recorded: {error}"),
        }
    }
}

impl<E: Display + Debug> std::error::Error for AuditedError<E> {}

impl<M: Memory> Audited<M> {
    /// Audits `memory` with `audit_logger`.
    pub fn new(memory: M, audit_logger: Arc<AuditLogger>) -> Self {
        Self { memory, logger: audit_logger }
    }

    /// The logger.
    pub fn audit_logger(&self) -> &AuditLogger {
        &self.logger
    }

    /// Stores data; gives the entry's id.
    ///
    /// # Errors
    /// Why the memory could not, or the event was not recorded.
    pub fn store(&self, data: &str, caller: Caller<'_>) -> Result<String, AuditedError<M::Error>> {
        let act = || self.memory.store(data);
        self.audit(OperationType::Store, caller, None, act, |id| vec![id.clone()])
    }

    /// Finds entries; gives their ids.
    ///
    /// # Errors
    /// Why the memory could not, or the event was not recorded.
    pub fn recall(
        &self,
        query: &str,
        caller: Caller<'_>,
    ) -> Result<Vec<String>, AuditedError<M::Error>> {
        let act = || self.memory.recall(query);
        self.audit(OperationType::Recall, caller, None, act, Clone::clone)
    }

    /// Deletes an entry.
    ///
    /// # Errors
    /// Why the memory could not, or the event was not recorded.
    pub fn forget(&self, id: &str, caller: Caller<'_>) -> Result<(), AuditedError<M::Error>> {
        let act = || self.memory.forget(id);
        self.audit(OperationType::Forget, caller, None, act, |()| vec![id.to_owned()])
    }

    /// Stores many entries: one event with their number, not one for each.
    ///
    /// # Errors
    /// Why the memory could not, or the event was not recorded.
    pub fn import_data(
        &self,
        entries: &[&str],
        caller: Caller<'_>,
    ) -> Result<Vec<String>, AuditedError<M::Error>> {
        let act = || self.memory.import_data(entries);
        self.audit(OperationType::Import, caller, Some(entries.len()), act, Clone::clone)
    }

    fn audit<T>(
        &self,
        operation: OperationType,
        caller: Caller<'_>,
        batch_size: Option<usize>,
        act: impl FnOnce() -> Result<T, M::Error>,
        ids_of: impl FnOnce(&T) -> Vec<String>,
    ) -> Result<T, AuditedError<M::Error>> {
        let started = self.logger.now();
        let outcome = act();
        let micros = self.logger.now().micros() - started.micros();
        let ids = outcome.as_ref().map(ids_of).unwrap_or_default();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let message = outcome.as_ref().err().map(ToString::to_string);
        let mut metadata = Object::new();
        if let Some(size) = batch_size {
            metadata.insert("batch_size", size);
        }
        let status = if message.is_none() { EventStatus::Success } else { EventStatus::Failure };
        let event = NewEvent {
            operation,
            user_id: caller.user_id,
            session_id: caller.session_id,
            entry_ids: &ids,
            metadata,
            status,
            duration_ms: Some(micros.max(0) as f64 / 1000.0),
            error_message: message.as_deref(),
        };
        let recorded = self.logger.log_event_now(event);
        let done = outcome.map_err(AuditedError::Memory)?;
        recorded.map_err(AuditedError::NotRecorded)?;
        Ok(done)
    }
}
