//! A memory's export: events, how many they are and when that was.
//!
//! ```text
//! {"events": [{"event_id": "evt_..", "operation": "STORE", ..}], "total_events": 1,
//!  "exported_at": "2025-01-15T11:00:00.000000Z"}
//! ```
//!
//! Where events were lost before, `gap` says how many and from when until when.

use std::path::{Path, PathBuf};

use tacho_event::dialect::Batch;
use tacho_event::json::{Object, Value};
use tacho_event::{Draft, Timestamp};

use super::event::AuditEvent;
use super::window::Lost;
use crate::error::Error;
use crate::paper;

/// Files of one second before an export gives up.
const NAMES_MAX: u32 = 1000;

/// Writes events to a file.
pub(super) fn write(
    events: &[AuditEvent],
    lost: Lost,
    now: Timestamp,
    path: &Path,
) -> Result<(), Error> {
    let drafts = events.iter().map(|event| Draft::from_object(event.event())).collect();
    let mut document = Batch::memory_export(drafts, now).write();
    if let Some(object) = document.as_object_mut().filter(|_| lost.count > 0) {
        let time = |at: Option<Timestamp>| Value::from(at.map(|at| at.to_string()));
        let gap = Object::from([
            ("count", Value::from(lost.count)),
            ("from", time(lost.from)),
            ("until", time(lost.until)),
        ]);
        object.insert("gap", gap);
    }
    paper::write_json(path, &document)
}

/// Writes events to a new file named after the time.
pub(super) fn rotate(
    events: &[AuditEvent],
    lost: Lost,
    now: Timestamp,
    dir: &Path,
) -> Result<PathBuf, Error> {
    let text = now.to_string();
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    let clock: String = clock.chars().take(8).filter(|c| *c != ':').collect();
    let stem = format!("audit_{}_{clock}", date.replace('-', "_"));
    for number in 1..=NAMES_MAX {
        let name =
            if number == 1 { format!("{stem}.json") } else { format!("{stem}_{number}.json") };
        let path = dir.join(name);
        if paper::length(&path)?.is_none() {
            write(events, lost, now, &path)?;
            return Ok(path);
        }
    }
    Err(Error::TooMany("exports in one second"))
}
