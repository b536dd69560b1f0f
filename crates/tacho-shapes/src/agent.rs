//! The agents' log entry, and its destination file.
//!
//! The entry is the native event: [`Draft`]'s constructors are the builder of its schema. An
//! [`AgentLog`] says once which agent and session speak; a [`FileDestination`] keeps the entries
//! as lines of JSON in a directory, rotated:
//!
//! ```text
//! {"id":"..","timestamp":"2025-01-02T10:30:15.123Z","agent":{..},"action":{..},"outcome":{..}}
//! agent-audit.jsonl, agent-audit.jsonl.20250102T103015.gz     100 MB, 30 d, gzip
//! ```

use std::path::Path;

use tacho_event::Draft;
use tacho_event::json::{Object, Value};
use tachograph::Receipt;

use crate::book::{self, Book};
use crate::error::Error;
use crate::lines::{Follower, Line, Rotation};
use crate::paper;

const FILE: &str = "agent-audit.jsonl";
const ORDER: &[&str] = &["id", "timestamp", "agent", "action", "outcome", "resources", "security"];

/// Records what one agent does in one session.
#[derive(Clone, Debug)]
pub struct AgentLog {
    book: Book,
    agent: String,
    session: Option<String>,
    conversation: Option<String>,
}

impl AgentLog {
    /// The log of the agent `id`, as in `ops/release-manager`.
    pub fn new(book: &Book, id: &str) -> Self {
        Self { book: book.clone(), agent: id.to_owned(), session: None, conversation: None }
    }

    /// Says which run it is.
    #[must_use]
    pub fn session(mut self, id: &str) -> Self {
        self.session = Some(id.to_owned());
        self
    }

    /// Says which of the user's conversations it belongs to.
    #[must_use]
    pub fn conversation(mut self, id: &str) -> Self {
        self.conversation = Some(id.to_owned());
        self
    }

    /// Records an entry; what it does not say of agent, session and conversation is this log's.
    ///
    /// # Errors
    /// Every problem of the entry, or why it was not recorded.
    pub fn log(&self, entry: Draft) -> Result<Receipt, Error> {
        self.book.record(self.spoken(entry))
    }

    /// Records an entry that is written in the schema, `log_entry` around it or not.
    ///
    /// # Errors
    /// Every problem of the entry, or why it was not recorded.
    pub fn log_json(&self, entry: &Value) -> Result<Receipt, Error> {
        let inner = entry.at("/log_entry").unwrap_or(entry);
        let none = Object::new();
        let draft = self.book.read("agent", inner.as_object().unwrap_or(&none))?;
        self.log(draft)
    }

    fn spoken(&self, mut entry: Draft) -> Draft {
        let said = [
            ("/agent/id", "agent.id", Some(self.agent.as_str())),
            ("/agent/session_id", "agent.session_id", self.session.as_deref()),
            ("/agent/conversation_id", "agent.conversation_id", self.conversation.as_deref()),
        ];
        for (pointer, path, value) in said {
            if let Some(value) = value.filter(|_| entry.at(pointer).is_none()) {
                entry.set(path, value);
            }
        }
        entry
    }
}

/// Lines of JSON in a directory, following the log.
#[derive(Debug)]
pub struct FileDestination {
    follower: Follower,
    book: Book,
    rotation: Rotation,
}

impl FileDestination {
    /// The file `agent-audit.jsonl` in `dir`, which is made if there is none.
    ///
    /// # Errors
    /// What the system said.
    pub fn new(book: &Book, dir: &Path, rotation: Rotation) -> Result<Self, Error> {
        let follower = Follower::new(book, dir, "agent")?;
        Ok(Self { follower, book: book.clone(), rotation })
    }

    /// Writes what was recorded since the last pull, and rotates; gives the number of lines.
    ///
    /// # Errors
    /// What the disk said.
    pub fn pull(&self) -> Result<u64, Error> {
        let now = self.book.now();
        let mut rotate = |path: &Path, length: u64| self.rotation.apply(path, length, now);
        self.follower.pull(&|event| Ok(vec![line_of(event)]), &mut rotate)
    }
}

fn line_of(event: &Object) -> Line {
    let mut record = book::write("agent", event);
    // The types that the recorder told in the leaf; the resources themselves stand beside them.
    if let Some(security) = record.get_mut("security").and_then(Value::as_object_mut)
        && security.get("resources_accessed").is_some()
    {
        security.remove("resource_types");
    }
    Line { file: FILE.to_owned(), text: paper::line(&record, ORDER) }
}
