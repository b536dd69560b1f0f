//! Every code sample of the memory system's document, line by line, in memory alone.
//!
//! ```text
//! cargo run -p tacho-shapes --example memory [DIR]
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tacho_event::json::{Object, Value};
use tacho_event::{Span, Timestamp};
use tacho_shapes::memory::{
    AuditLogger, Audited, Caller, EventQuery, EventStatus, Memory, MonthlyReport, NewEvent,
    OperationType, Statistics, Thresholds, UserStatistics, Warning,
};

/// Runs in `DIR`, else in a directory that is gone afterwards.
#[cfg_attr(test, expect(dead_code, reason = "tests call `run`"))]
fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let dir = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let seen = tacho_testkit::block_on(run(&dir.unwrap_or_else(|| scratch.path().to_owned())))?;
    seen.lines().iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// What the samples gave.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Entries that the user stored in the last hour.
    pub(crate) stored_by_user: usize,
    /// Answers of the queries, in the order of the document.
    pub(crate) answers: Vec<usize>,
    /// The statistics.
    pub(crate) stats: Statistics,
    /// One user's.
    pub(crate) user_stats: UserStatistics,
    /// The report of this month.
    pub(crate) report: MonthlyReport,
    /// What is unusual.
    pub(crate) warnings: Vec<Warning>,
}

impl Seen {
    /// What the samples print.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (stats, user) = (&self.stats, &self.user_stats);
        let of = |operation| stats.by_operation.get(operation).copied().unwrap_or_default();
        let mut lines = vec![
            format!("User stored {} entries in the last hour", self.stored_by_user),
            format!("Total events: {}", stats.total_events),
            format!("Success rate: {:.2}%", stats.success_rate * 100.0),
            format!("Average latency: {:.2}ms", stats.avg_duration_ms),
            format!("Stores: {}", of("STORE")),
            format!("Recalls: {}", of("RECALL")),
            format!("Total operations: {}", user.total_operations),
            format!("Last activity: {}", user.last_activity.unwrap_or_default()),
            format!(
                "Most common operation: {}",
                user.most_common_operation.as_deref().unwrap_or("-")
            ),
            format!("Answers of the queries: {:?}", self.answers),
            format!("{}", self.report.to_value()),
        ];
        lines.extend(self.warnings.iter().map(ToString::to_string));
        lines
    }
}

/// The samples, in the order of the document.
pub(crate) async fn run(dir: &Path) -> Result<Seen, Box<dyn Error>> {
    // Enable audit logging
    let audit_logger = Arc::new(AuditLogger::new(10_000));
    let memory = Audited::new(Entries::default(), audit_logger.clone());

    // Operations are automatically logged
    let user = Caller { user_id: Some("user_123"), session_id: Some("session_abc") };
    let entry = memory.store("Important data", user)?;
    memory.recall("query", user)?;
    memory.forget(&entry, user)?;

    // Query audit trail
    let hour_ago = Timestamp::minus(audit_logger.now(), Span::parse("1h").unwrap_or_default());
    let events = audit_logger.query_events(&EventQuery {
        user_id: Some("user_123"),
        operation: OperationType::parse("STORE"),
        start_time: Some(hour_ago),
        ..EventQuery::default()
    })?;
    let stored_by_user = events.len();

    drop(configurations(dir));
    manual(&audit_logger).await?;
    let answers = queries(&audit_logger, hour_ago)?;

    // Manual Export
    audit_logger.export_to_file(&dir.join("audit_trail.json"))?;
    let of_user = EventQuery { user_id: Some("user_123"), ..EventQuery::default() };
    let events = audit_logger.query_events(&of_user)?;
    audit_logger.export_events(&events, &dir.join("user_123_audit.json"))?;

    export_format(&dir.join("export_format.json")).await?;

    // Batch operations reduce log entries: 1 log entry
    let entries = ["one", "two", "three"];
    memory.import_data(&entries, user)?;
    // vs N log entries
    for entry in entries {
        memory.store(entry, user)?;
    }

    // Include User Context. Good: trackable
    memory.store("data", user)?;
    // Bad: anonymous
    memory.store("data", Caller::default())?;

    // Regular Exports: daily, however often it is called
    audit_logger.export_daily(dir)?;
    audit_logger.export_daily(dir)?;

    // Statistics, compliance reporting, security monitoring
    let today = audit_logger.now().to_date_text();
    let part = |range: std::ops::Range<usize>| today.get(range).unwrap_or_default();
    let report =
        audit_logger.generate_compliance_report(part(5..7).parse()?, part(0..4).parse()?)?;
    let limits = Thresholds::default();
    let mut warnings = audit_logger.monitor_security(&limits)?;
    warnings.extend(audit_logger.check_health(&limits)?);
    Ok(Seen {
        stored_by_user,
        answers,
        stats: audit_logger.get_statistics()?,
        user_stats: audit_logger.get_user_statistics("user_123")?,
        report,
        warnings,
    })
}

/// Initialize Audit Logger, Auto-Export on Rotation, Optimization Tips.
fn configurations(dir: &Path) -> [AuditLogger; 3] {
    // Basic configuration: keep 10K events in memory, rotate when that is reached
    let basic = AuditLogger::new(10_000).enable_rotation(true);

    // With auto-export
    let exporting =
        AuditLogger::new(10_000).auto_export_path(dir.join("./audit_logs")).enable_rotation(true);

    // Enable rotation and export
    let rotating =
        AuditLogger::new(10_000).enable_rotation(true).auto_export_path(dir.join("./logs"));
    [basic, exporting, rotating]
}

/// Export Format: the event that the document shows.
async fn export_format(path: &Path) -> Result<(), Box<dyn Error>> {
    let audit_logger = AuditLogger::new(10_000);
    audit_logger
        .log_event(NewEvent {
            operation: OperationType::Store,
            user_id: Some("user_123"),
            session_id: Some("session_abc"),
            entry_ids: &["entry_1"],
            metadata: Object::from([
                ("importance", Value::from(0.8)),
                ("tags", ["verified"].into()),
            ]),
            status: EventStatus::Success,
            duration_ms: Some(45.2),
            error_message: None,
        })
        .await?;
    Ok(audit_logger.export_to_file(path)?)
}

/// Manual Logging.
async fn manual(audit_logger: &AuditLogger) -> Result<(), Box<dyn Error>> {
    // Log successful operation
    audit_logger
        .log_event(NewEvent {
            operation: OperationType::Store,
            user_id: Some("user_123"),
            session_id: Some("session_abc"),
            entry_ids: &["entry_1", "entry_2"],
            metadata: Object::from([("source", Value::from("api")), ("batch_size", 2.into())]),
            status: EventStatus::Success,
            duration_ms: Some(45.2),
            error_message: None,
        })
        .await?;

    // Log failed operation
    audit_logger
        .log_event(NewEvent {
            operation: OperationType::Recall,
            user_id: Some("user_456"),
            status: EventStatus::Failure,
            error_message: Some("Database connection timeout"),
            duration_ms: Some(5000.0),
            ..NewEvent::default()
        })
        .await?;
    Ok(())
}

/// By user, by time range, by status, and all at once.
fn queries(audit_logger: &AuditLogger, hour_ago: Timestamp) -> Result<Vec<usize>, Box<dyn Error>> {
    let any = EventQuery::default();
    let (store, failure) = (Some(OperationType::Store), Some(EventStatus::Failure));
    let recall = Some(OperationType::Recall);
    let (user_123, user_456) = (Some("user_123"), Some("user_456"));
    let (january, end) = ("2025-01-01T00:00:00Z", "2025-01-31T00:00:00Z");
    let queries = [
        EventQuery { user_id: user_123, ..any },
        EventQuery { user_id: user_123, operation: store, ..any },
        EventQuery { start_time: Some(hour_ago), ..any },
        EventQuery {
            start_time: Timestamp::parse(january),
            end_time: Timestamp::parse(end),
            ..any
        },
        EventQuery { status: failure, ..any },
        EventQuery { operation: store, status: Some(EventStatus::Success), ..any },
        EventQuery {
            user_id: user_456,
            operation: recall,
            status: failure,
            start_time: Some(hour_ago),
            ..any
        },
        EventQuery { entry_ids: &["entry_1", "entry_2"], ..any },
    ];
    let mut answers = Vec::new();
    for query in queries {
        answers.push(audit_logger.query_events(&query)?.len());
    }
    Ok(answers)
}

/// A memory system, as small as one can be.
#[derive(Debug, Default)]
struct Entries(Mutex<Vec<String>>);

impl Memory for Entries {
    type Error = std::fmt::Error;

    fn store(&self, data: &str) -> Result<String, Self::Error> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(data.to_owned());
        Ok(format!("entry_{}", entries.len() + 100))
    }

    fn recall(&self, _: &str) -> Result<Vec<String>, Self::Error> {
        Ok(Vec::new())
    }

    fn forget(&self, _: &str) -> Result<(), Self::Error> {
        Ok(())
    }

    fn import_data(&self, entries: &[&str]) -> Result<Vec<String>, Self::Error> {
        entries.iter().map(|data| self.store(data)).collect()
    }
}
