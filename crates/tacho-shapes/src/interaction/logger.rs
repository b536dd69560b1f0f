//! The session's logger: records, and keeps the files beside the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tacho_event::json::{Object, Value};
use tacho_event::{EventId, Timestamp};
use tachograph::record::{Ack, QueueSettings, Settings};
use tachograph::store::{Remote, Store};
use tachograph::world::{OsWorld, World};

use super::config::AuditConfig;
use super::files::SessionFiles;
use super::records::{
    AuditError, ChatInteraction, FileOperation, PerformanceMetric, PersonaActivity, ToolUsage,
};
use super::view::SessionSummary;
use crate::book::Book;
use crate::error::Error;
use crate::paper;

/// Records one session; shared by threads.
#[derive(Debug)]
pub struct AuditLogger {
    config: AuditConfig,
    book: Book,
    files: SessionFiles,
    started: Timestamp,
}

impl AuditLogger {
    /// The logger of a session, with its store in `project_path/audit_logs/store`.
    ///
    /// # Errors
    /// Why store or files could not be opened or made, or that there are no keys to seal with.
    pub fn new(config: AuditConfig) -> Result<Self, Error> {
        Self::with_world(config, Arc::new(OsWorld))
    }

    /// Like [`AuditLogger::new`], by the clock of `world`.
    ///
    /// # Errors
    /// As [`AuditLogger::new`].
    pub fn with_world(config: AuditConfig, world: Arc<dyn World>) -> Result<Self, Error> {
        paper::file_name(&config.session_id)?;
        let dir = config.audit_path();
        paper::make_dir(&dir)?;
        let files = Arc::new(tachograph::files::OsFiles);
        let place = store_of(&dir);
        let store = Store::create(files, world.as_ref(), &place, Remote::Refused)?;
        let queue = QueueSettings {
            capacity: config.buffer_size.max(1),
            batch_max: config.batch_size.max(1),
            ack: Ack::Disk,
            ..QueueSettings::default()
        };
        let settings = Settings { keys: config.keys.clone(), ..Settings::default() };
        let seals = config.seals();
        let book = Book::sealing(&store, world, config.policy(), settings, queue, seals)?;
        let files = SessionFiles::new(&book, &config)?;
        let started = book.now();
        let logger = Self { config, book, files, started };
        logger.begin()?;
        Ok(logger)
    }

    /// The book it writes.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Its settings.
    pub fn config(&self) -> &AuditConfig {
        &self.config
    }

    /// The directory of its files.
    pub fn audit_path(&self) -> PathBuf {
        self.config.audit_path()
    }

    /// A prompt and its response; gives the interaction's id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_chat_interaction(&self, chat: &ChatInteraction<'_>) -> Result<String, Error> {
        self.log("interaction_id", chat.record(&self.config))
    }

    /// A call of a tool; gives the usage's id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_tool_usage(&self, tool: &ToolUsage<'_>) -> Result<String, Error> {
        self.log("usage_id", tool.record())
    }

    /// What a persona did; gives the activity's id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_persona_activity(&self, activity: &PersonaActivity<'_>) -> Result<String, Error> {
        self.log("activity_id", activity.record())
    }

    /// An operation on a file; gives the operation's id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_file_operation(&self, operation: &FileOperation<'_>) -> Result<String, Error> {
        self.log("operation_id", operation.record())
    }

    /// A measured value; gives the metric's id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_performance_metric(&self, metric: &PerformanceMetric<'_>) -> Result<String, Error> {
        self.log("metric_id", metric.record())
    }

    /// An error; gives its id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_error(&self, error: &AuditError<'_>) -> Result<String, Error> {
        self.log("error_id", error.record())
    }

    /// Waits until everything is recorded, and brings the files up to it.
    ///
    /// # Errors
    /// What the disk said.
    pub fn flush(&self) -> Result<(), Error> {
        self.book.flush();
        self.files.pull().map(|_| ())
    }

    /// Ends the session: records its summary and writes `session_{session_id}.json` anew.
    ///
    /// # Errors
    /// Why it was not recorded, or what the disk said.
    pub fn finalize_session(&self) -> Result<SessionSummary, Error> {
        self.book.flush();
        let mut summary = SessionSummary::of(&self.book.sealed_log()?, &self.config.session_id)?;
        let now = self.book.now();
        summary.start_time = Some(self.started);
        summary.end_time = Some(now);
        let mut record = self.session_record();
        record.insert("end_time", now.to_string());
        let micros = (now.micros() - self.started.micros()).max(0);
        record.insert("duration_seconds", micros as f64 / 1e6);
        record.insert("summary", summary.to_value());
        let draft = self.book.read("interaction", &record)?;
        self.book.record(draft)?;
        self.flush()?;
        self.book.integrate();
        Ok(summary)
    }

    /// Removes files beside the store that are older than `max_log_age_days`; gives their number.
    /// What the store holds expires by the terms of its preset.
    ///
    /// # Errors
    /// What the disk said.
    pub fn cleanup(&self) -> Result<usize, Error> {
        self.files.cleanup(self.book.now())
    }

    fn log(&self, id_member: &str, mut record: Object) -> Result<String, Error> {
        let world = self.book.world();
        let id = EventId::mint(&world.as_ref());
        record.insert(id_member, id.as_str());
        record.insert("session_id", self.config.session_id.as_str());
        record.insert("timestamp", self.book.now().to_string());
        let draft = self.book.read("interaction", &record)?;
        if self.config.async_logging {
            self.book.send(draft);
            return Ok(id.as_str().to_owned());
        }
        let receipt = self.book.record(draft)?;
        self.files.pull()?;
        Ok(receipt.id.as_str().to_owned())
    }

    /// Records that the session began; `session_{session_id}.json` follows.
    fn begin(&self) -> Result<(), Error> {
        let draft = self.book.read("interaction", &self.session_record())?;
        self.book.record(draft)?;
        self.files.make(&self.config.session_id)?;
        self.files.pull().map(|_| ())
    }

    fn session_record(&self) -> Object {
        let path = self.config.project_path.to_string_lossy();
        Object::from([
            ("session_id", Value::from(self.config.session_id.as_str())),
            ("project_path", path.as_ref().into()),
            ("start_time", self.started.to_string().into()),
            ("config", self.config.snapshot().into()),
        ])
    }
}

/// Where the store lies in an audit directory.
pub(super) fn store_of(audit_path: &Path) -> PathBuf {
    audit_path.join("store")
}
