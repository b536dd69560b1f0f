//! Given a record as another system writes it, gives a draft; given an event, gives that record.
//!
//! | you give | you get | where |
//! |---|---|---|
//! | a JSON value | the dialect it speaks, or why nobody knows | [`detect`] |
//! | a record | a draft, or every problem with it | [`Dialect::read_record`] |
//! | a document: a record, a list, an export | a [`Batch`] of drafts | [`Dialect::read`] |
//! | an event | the record that this dialect writes of it | [`Dialect::write`] |
//! | a native record of one's own | its draft, without a copy | [`read_native`] |
//! | any bytes | drafts, or why there are none | [`read_any`] |
//!
//! Each dialect is two rules, `read` and `write`, and says nothing about what it does not know.
//! What the rules alone would not give back (members without a home, `SUCCESS` for `success`,
//! another spelling of a time) is found by comparing, and kept under `metadata.<dialect>`: so
//! `write(read(x)) == x` holds for every record a dialect accepts, by construction.
//!
//! ```
//! use tacho_event::{dialect, json::{self, Value}};
//! let row = json::read_text(r#"{"timestamp":"2026-02-20T07:21:42.457Z","actor":"mcp",
//!     "action":"mcp_call","success":true,"details":{"service":"social_mcp"},"error":null,
//!     "session_id":"session-123","shard":7}"#).unwrap();
//! let batch = dialect::detect(&row).unwrap().read(&row).unwrap();
//! let draft = &batch.drafts()[0];
//! assert_eq!(draft.at("/action/mcp/server"), Some(&Value::from("social_mcp")));
//! assert_eq!(draft.at("/metadata/journal/shard"), Some(&Value::from(7)));
//! assert_eq!(batch.write(), row);
//! ```

mod agent;
mod agent_row;
mod batch;
mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod detect;
mod field;
mod gemini;
mod goose;
mod hook;
mod interaction;
mod journal;
mod memory;
mod provider;
mod remainder;
mod spelling;

pub use agent::read_native;
pub use batch::Batch;
pub use detect::{Unread, detect, read_any};
pub use journal::ACTIONS as JOURNAL_ACTIONS;
pub use memory::OPERATIONS as MEMORY_OPERATIONS;
pub use provider::ACTION_TYPES as PROVIDER_ACTION_TYPES;

use crate::draft::Draft;
use crate::json::Object;
use crate::problem::Problem;

/// Every dialect; to add one, add its file and its row.
pub static DIALECTS: &[&Dialect] = &[
    &agent::AGENT,
    &agent_row::AGENT_ROW,
    &journal::JOURNAL,
    &interaction::INTERACTION,
    &memory::MEMORY,
    &provider::PROVIDER,
    &claude_code::CLAUDE_CODE,
    &codex::CODEX,
    &cursor::CURSOR,
    &copilot::COPILOT,
    &copilot::COPILOT_CAMEL,
    &gemini::GEMINI,
    &goose::GOOSE,
];

/// One way to write down what happened.
#[derive(Debug)]
pub struct Dialect {
    /// Its name: the member of `metadata` where it keeps what has no home.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// By what a record of it is known, in the words of a problem.
    pub known_by: &'static str,
    is: fn(&Object) -> bool,
    read: fn(&Object) -> Result<Draft, Vec<Problem>>,
    write: fn(&Object) -> Object,
}

impl Dialect {
    /// The dialect of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        DIALECTS.iter().copied().find(|dialect| dialect.name == name)
    }

    /// The draft that one record says.
    pub fn read_record(&self, record: &Object) -> Result<Draft, Vec<Problem>> {
        let mut draft = (self.read)(record)?;
        let written = (self.write)(draft.object());
        remainder::keep(&mut draft, self.name, record, &written);
        Ok(draft)
    }

    /// The record that this dialect writes of an event: what it read, if it read it, else what its
    /// rules make of it. A checked event no longer names its tenant: put it back before.
    ///
    /// What is kept under `metadata` may spell, never contradict: if the record it leads to would
    /// be read as another event, the rules alone decide.
    pub fn write(&self, event: &Object) -> Object {
        let written = (self.write)(event);
        match remainder::restore(&written, self.name, event) {
            Some(restored) if self.says(&restored, event, &written) => restored,
            _ => written,
        }
    }

    /// True if `record` is read as an event of which the rules write what they write of `event`.
    fn says(&self, record: &Object, event: &Object, written: &Object) -> bool {
        let Ok(draft) = (self.read)(record) else { return false };
        let mut said = draft.into_object();
        // A foreign id that cannot be ours is no contradiction to the one that was minted.
        if said.get("id").is_none()
            && let Some(id) = event.get("id")
        {
            said.insert("id", id.clone());
        }
        (self.write)(&said) == *written
    }
}
