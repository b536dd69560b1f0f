//! The files beside a session's store: a follower of the log.

use std::path::{Path, PathBuf};

use tacho_event::json::{Object, Value};
use tacho_event::{Span, Timestamp};

use super::config::AuditConfig;
use super::content::FullContent;
use crate::book::{self, Book};
use crate::error::Error;
use crate::lines::{Follower, Line, Rotation};
use crate::paper;

/// The kinds of records: type of action, file, and the order of the members in it.
pub(super) const KINDS: &[(&str, &str, &[&str])] = &[
    (
        "model",
        "chat_interactions",
        &[
            "interaction_id",
            "timestamp",
            "session_id",
            "interaction_type",
            "model",
            "tokens_used",
            "duration_seconds",
            "prompt_length",
            "response_length",
            "prompt_hash",
            "response_hash",
            "prompt",
            "response",
        ],
    ),
    (
        "persona",
        "persona_activities",
        &[
            "activity_id",
            "timestamp",
            "session_id",
            "persona",
            "activity",
            "user_id",
            "duration_seconds",
            "context",
        ],
    ),
    (
        "tool",
        "tool_usage",
        &[
            "usage_id",
            "timestamp",
            "session_id",
            "tool_name",
            "operation",
            "parameters",
            "result",
            "success",
            "error_message",
            "duration_seconds",
        ],
    ),
    (
        "file",
        "file_operations",
        &[
            "operation_id",
            "timestamp",
            "session_id",
            "operation",
            "file_path",
            "file_size",
            "file_hash",
            "success",
            "error_message",
        ],
    ),
    (
        "metric",
        "performance_metrics",
        &["metric_id", "timestamp", "session_id", "metric_name", "value", "unit", "context"],
    ),
    (
        "error",
        "errors",
        &[
            "error_id",
            "timestamp",
            "session_id",
            "error_type",
            "error_message",
            "stack_trace",
            "severity",
            "context",
        ],
    ),
];

/// Where full prompts and responses lie.
const FULL: &str = "full_interactions";

/// The files in one audit directory.
#[derive(Debug)]
pub(super) struct SessionFiles {
    follower: Follower,
    book: Book,
    dir: PathBuf,
    rotation: Rotation,
    writes_content: bool,
    age_max: Span,
}

impl SessionFiles {
    pub(super) fn new(book: &Book, config: &AuditConfig) -> Result<Self, Error> {
        let dir = config.audit_path();
        Ok(Self {
            follower: Follower::new(book, &dir, "interaction")?,
            book: book.clone(),
            dir,
            rotation: config.rotation,
            writes_content: config.writes_content(),
            age_max: Span::from_days(i64::from(config.max_log_age_days)),
        })
    }

    /// Makes the empty files of a session.
    pub(super) fn make(&self, session: &str) -> Result<(), Error> {
        for (_, stem, _) in KINDS {
            let path = self.dir.join(format!("{stem}_{session}.jsonl"));
            if paper::length(&path)?.is_none() {
                paper::append_at(&path, 0, b"")?;
            }
        }
        if self.writes_content {
            paper::make_dir(&self.dir.join(FULL))?;
        }
        Ok(())
    }

    /// Writes what was recorded since the last pull; gives the number of lines.
    pub(super) fn pull(&self) -> Result<u64, Error> {
        let now = self.book.now();
        let mut rotate = |path: &Path, length: u64| self.rotation.apply(path, length, now);
        self.follower.pull(&|event| self.lines_of(event), &mut rotate)
    }

    fn lines_of(&self, event: &Object) -> Result<Vec<Line>, Error> {
        let kind = book::text(event, "/action/type").unwrap_or_default();
        let session = book::text(event, "/agent/session_id").map(paper::file_name);
        let Some(Ok(session)) = session else { return Ok(Vec::new()) };
        let record = book::write("interaction", event);
        if kind == "session" {
            let document = Value::from(session_of(record));
            paper::write_json(&self.dir.join(format!("session_{session}.json")), &document)?;
            return Ok(Vec::new());
        }
        let Some((_, stem, order)) = KINDS.iter().find(|(of, ..)| *of == kind) else {
            return Ok(Vec::new());
        };
        let mut record = record;
        if kind == "model" {
            if self.writes_content {
                self.write_content(event, &record)?;
            }
            // Full content has files of its own; a line says how much and which.
            record.remove("prompt");
            record.remove("response");
        }
        let file = format!("{stem}_{session}.jsonl");
        Ok(vec![Line { file, text: paper::line(&record, order) }])
    }

    fn write_content(&self, event: &Object, record: &Object) -> Result<(), Error> {
        let id = book::text(event, "/id").unwrap_or_default();
        let Ok(id) = paper::file_name(id) else { return Ok(()) };
        let content = FullContent::of(id, event, false);
        let dir = self.dir.join(FULL);
        paper::make_dir(&dir)?;
        let mut manifest = Object::from([("interaction_id", id)]);
        for name in ["timestamp", "session_id", "prompt_hash", "response_hash"] {
            if let Some(value) = record.get(name) {
                manifest.insert(name, value.clone());
            }
        }
        for (what, text) in [("prompt", content.prompt), ("response", content.response)] {
            let Some(text) = text else { continue };
            let file = format!("{what}_{id}.txt");
            paper::write(&dir.join(&file), text.as_bytes())?;
            manifest.insert(format!("{what}_file"), file);
            manifest.insert(format!("{what}_size"), text.len());
        }
        paper::write_json(&dir.join(format!("manifest_{id}.json")), &manifest.into())
    }

    /// Removes files whose last record is too old; gives their number.
    pub(super) fn cleanup(&self, now: Timestamp) -> Result<usize, Error> {
        let oldest = now.minus(self.age_max);
        let mut count = 0;
        for name in paper::list(&self.dir.join(FULL))? {
            let Some(id) = name.strip_prefix("manifest_") else { continue };
            let id = id.strip_suffix(".json").unwrap_or(id);
            let path = self.dir.join(FULL).join(&name);
            let manifest = paper::read_json(&path)?.unwrap_or_default();
            if !is_older(manifest.as_object(), oldest) {
                continue;
            }
            for file in [format!("prompt_{id}.txt"), format!("response_{id}.txt"), name] {
                paper::remove(&self.dir.join(FULL).join(file))?;
                count += 1;
            }
        }
        for name in paper::list(&self.dir)? {
            if !name.ends_with(".jsonl") {
                continue;
            }
            let bytes = paper::read(&self.dir.join(&name))?.unwrap_or_default();
            let last = bytes.split(|b| *b == b'\n').rfind(|line| !line.is_empty());
            let last = last.and_then(|line| tacho_event::json::read(line).ok());
            if is_older(last.as_ref().and_then(Value::as_object), oldest) {
                paper::remove(&self.dir.join(&name))?;
                count += 1;
            }
        }
        Ok(count)
    }
}

/// The document of a session. What is sealed of the record of its end is not in it, when it began
/// among that; the time that is left is that of the record.
fn session_of(mut record: Object) -> Object {
    let is_sealed = record.get("config").is_none();
    if is_sealed
        && record.get("duration_seconds").is_some()
        && let Some(time) = record.remove("start_time")
    {
        record.insert("end_time", time);
    }
    record
}

fn is_older(record: Option<&Object>, oldest: Timestamp) -> bool {
    let time = record.and_then(|record| record.str("timestamp")).and_then(Timestamp::parse);
    time.is_some_and(|time| time < oldest)
}
