//! The journal's files: one for each day, and one for each component, in the journal's own format.
//!
//! ```text
//! Logs/audit_2026-02-20.log       every record of that day (UTC)
//! Logs/orchestrator_gold.log      orchestrator, model, loop, watchers
//! Logs/social_mcp_actions.log     what concerns the service `social_mcp`
//! Logs/odoo_actions.log           what concerns the service `odoo_mcp`
//! ```

use std::path::Path;

use tacho_event::Timestamp;
use tacho_event::json::Object;

use super::words::AuditActor;
use crate::book::{self, Book};
use crate::error::Error;
use crate::lines::{Follower, Line};
use crate::paper;

const ORDER: &[&str] =
    &["timestamp", "actor", "action", "success", "details", "error", "session_id"];
const ORCHESTRATOR: &str = "orchestrator_gold.log";
const SOCIAL: &str = "social_mcp_actions.log";
const ODOO: &str = "odoo_actions.log";

/// The files of one journal: a follower of the log.
#[derive(Debug)]
pub struct JournalFiles {
    follower: Follower,
}

impl JournalFiles {
    /// The files in `dir`, which is made if there is none.
    ///
    /// # Errors
    /// What the system said.
    pub fn new(book: &Book, dir: &Path) -> Result<Self, Error> {
        Ok(Self { follower: Follower::new(book, dir, "journal")? })
    }

    /// Writes what was recorded since the last pull; gives the number of lines.
    ///
    /// # Errors
    /// What the disk said.
    pub fn pull(&self) -> Result<u64, Error> {
        self.follower.pull(&|event| Ok(lines_of(event)), &mut |_, _| Ok(false))
    }
}

fn lines_of(event: &Object) -> Vec<Line> {
    let mut record = book::write("journal", event);
    let time = book::text(event, "/timestamp").and_then(Timestamp::parse).unwrap_or_default();
    // The journal counts milliseconds; the log keeps what the clock said.
    record.insert("timestamp", time.to_millis_text());
    let text = paper::line(&record, ORDER);
    let daily = Line { file: format!("audit_{}.log", time.to_date_text()), text: text.clone() };
    let component = component(&record).map(|file| Line { file: file.to_owned(), text });
    std::iter::once(daily).chain(component).collect()
}

/// The component whose log a record belongs in: its service, else its actor.
fn component(record: &Object) -> Option<&'static str> {
    let service = record.at("/details/service").and_then(|service| service.as_str());
    let actor = record.str("actor").unwrap_or_default();
    match service.unwrap_or(actor) {
        "social_mcp" => return Some(SOCIAL),
        "odoo_mcp" => return Some(ODOO),
        _ => {}
    }
    match AuditActor::parse(actor)? {
        AuditActor::Orchestrator | AuditActor::Claude | AuditActor::Ralph | AuditActor::Watcher => {
            Some(ORCHESTRATOR)
        }
        AuditActor::SocialMcp => Some(SOCIAL),
        AuditActor::OdooMcp => Some(ODOO),
        _ => None,
    }
}
