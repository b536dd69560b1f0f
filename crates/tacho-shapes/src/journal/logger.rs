//! The journal's logger: a method for each kind of record.

use std::path::Path;
use std::sync::Arc;

use tacho_event::json::{Object, Value};
use tacho_event::privacy::Policy;
use tacho_event::{Draft, Severity};
use tachograph::Receipt;

use super::entry::{AuditLogEntry, Details};
use super::files::JournalFiles;
use super::words::{AuditAction, AuditActor};
use crate::book::Book;
use crate::error::Error;
use crate::paper;

/// The journal of the store that [`paper::default_store`] names, with its files in `Logs/`.
///
/// Called twice it gives two loggers of one journal: what they share is the log, no global.
///
/// # Errors
/// Why there is no store, or none could be made.
pub fn get_audit_logger() -> Result<AuditLogger, Error> {
    let store = paper::default_store()?;
    AuditLogger::open(&store, Path::new("Logs"))
}

/// Records what an AI employee does. Cheap to clone, shared by threads.
#[derive(Clone, Debug)]
pub struct AuditLogger {
    book: Book,
    files: Option<Arc<JournalFiles>>,
}

impl AuditLogger {
    /// The journal in the store at `store`, with its daily files in `logs`.
    ///
    /// # Errors
    /// Why the store or the directory could not be opened or made.
    pub fn open(store: &Path, logs: &Path) -> Result<Self, Error> {
        let book = Book::open(store, Policy::default())?;
        let files = Arc::new(JournalFiles::new(&book, logs)?);
        Ok(Self { book, files: Some(files) })
    }

    /// The journal of a book, without files.
    pub fn new(book: Book) -> Self {
        Self { book, files: None }
    }

    /// The book it writes.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Records an entry.
    ///
    /// # Errors
    /// Every problem of the entry, or why it was not recorded.
    pub fn log(&self, entry: &AuditLogEntry) -> Result<Receipt, Error> {
        self.book.record(self.draft(entry)?)
    }

    /// The draft of an entry.
    ///
    /// # Errors
    /// Every problem of the entry.
    pub fn draft(&self, entry: &AuditLogEntry) -> Result<Draft, Error> {
        self.book.read("journal", &entry.to_object())
    }

    /// Brings the daily files up to what was recorded; gives the number of lines written.
    ///
    /// # Errors
    /// What the disk said.
    pub fn flush(&self) -> Result<u64, Error> {
        self.book.flush();
        self.files.as_ref().map_or(Ok(0), |files| files.pull())
    }

    /// An MCP call and its answer.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_mcp_call(
        &self,
        service: &str,
        endpoint: &str,
        data: impl Into<Value>,
        success: bool,
        response: impl Into<Value>,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::Mcp, AuditAction::McpCall, success)
            .detail("service", service)
            .detail("endpoint", endpoint)
            .detail("data", data)
            .detail("response", response);
        self.log(&entry.session(session_id))
    }

    /// A request to the model and what it answered, with the lengths of both.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_claude_request(
        &self,
        prompt: &str,
        response: Option<&str>,
        success: bool,
        details: Details,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::Claude, AuditAction::ClaudeRequest, success)
            .detail("prompt", prompt)
            .detail("prompt_length", prompt.chars().count())
            .detail("response", response)
            .detail("response_length", response.map(|text| text.chars().count()))
            .details(details);
        self.log(&entry.session(session_id))
    }

    /// What a watcher saw, and what that set off.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_watcher_event(
        &self,
        watcher: &str,
        trigger: impl Into<Value>,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::Watcher, AuditAction::WatcherEvent, true)
            .detail("name", watcher)
            .detail("trigger", trigger);
        self.log(&entry.session(session_id))
    }

    /// A task and the state it came to: `started`, `completed`, `failed`, or any other.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_task_processing(
        &self,
        task: &str,
        state: &str,
        success: bool,
        details: Details,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let action = match state {
            "started" => AuditAction::TaskStarted,
            "completed" => AuditAction::TaskCompleted,
            "failed" => AuditAction::TaskFailed,
            "processed" => AuditAction::TaskProcessed,
            _ => AuditAction::TaskStatusChanged,
        };
        let entry = AuditLogEntry::new(AuditActor::Orchestrator, action, success)
            .detail("id", task)
            .detail("state", state)
            .details(details);
        self.log(&entry.session(session_id))
    }

    /// An operation on a file.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_file_operation(
        &self,
        operation: &str,
        path: &str,
        success: bool,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let (actor, action) = (AuditActor::Orchestrator, AuditAction::FileOperation);
        let entry = AuditLogEntry::new(actor, action, success)
            .detail("operation", operation)
            .detail("path", path);
        self.log(&entry.session(session_id))
    }

    /// An error, with what was going on and how bad it is.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_error(
        &self,
        message: &str,
        severity: Severity,
        context: impl Into<Value>,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::System, AuditAction::Error, false)
            .detail("severity", severity)
            .detail("context", context)
            .error(Some(message));
        self.log(&entry.session(session_id))
    }

    /// A security event: [`AuditAction::Authentication`], [`AuditAction::ApiKeyValidation`] or
    /// [`AuditAction::AccessAttempt`]. Failures are recorded like successes, as warnings.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_security_event(
        &self,
        action: AuditAction,
        target: &str,
        success: bool,
        details: Details,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let severity = (!success).then_some(Severity::Warning);
        let entry = AuditLogEntry::new(AuditActor::Mcp, action, success)
            .detail("target", target)
            .detail("severity", severity)
            .details(details);
        self.log(&entry.session(session_id))
    }

    /// How long something took, and what it used.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_performance(
        &self,
        operation: &str,
        duration_ms: f64,
        resource_usage: Details,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::System, AuditAction::PerformanceMetric, true)
            .detail("name", operation)
            .detail("value", duration_ms)
            .detail("unit", "ms")
            .detail("duration_ms", duration_ms)
            .details(resource_usage);
        self.log(&entry.session(session_id))
    }

    /// What a health check found.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_health_check(
        &self,
        service: &str,
        healthy: bool,
        checks: impl Into<Value>,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::System, AuditAction::HealthCheck, healthy)
            .detail("target", service)
            .detail("checks", checks);
        self.log(&entry.session(session_id))
    }

    /// One step of the loop on a task, with its context.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_ralph_iteration(
        &self,
        task: &str,
        iteration: u32,
        step: &str,
        success: bool,
        context: impl Into<Value>,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::Ralph, AuditAction::RalphIteration, success)
            .detail("id", task)
            .detail("iteration", iteration)
            .detail("step", step)
            .detail("context", context);
        self.log(&entry.session(session_id))
    }

    /// Anything else of the list: requests and responses of a server, external and database calls,
    /// business operations, payments, customers, unavailable services.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_event(
        &self,
        actor: AuditActor,
        action: AuditAction,
        success: bool,
        details: Details,
        error: Option<&str>,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(actor, action, success).details(details).error(error);
        self.log(&entry.session(session_id))
    }

    /// A change of data: which resource, from what, to what.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_data_change(
        &self,
        resource_type: &str,
        resource_id: &str,
        before: Object,
        after: Object,
        session_id: Option<&str>,
    ) -> Result<Receipt, Error> {
        let entry = AuditLogEntry::new(AuditActor::Mcp, AuditAction::DataChange, true)
            .detail("resource_type", resource_type)
            .detail("resource_id", resource_id)
            .detail("before", before)
            .detail("after", after);
        self.log(&entry.session(session_id))
    }
}
