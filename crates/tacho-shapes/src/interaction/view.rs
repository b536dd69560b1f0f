//! The viewer: given a logger or a directory, gives what its sessions were.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tacho_event::dialect::Dialect;
use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::Class;
use tacho_event::{TenantId, Timestamp};
use tachograph::files::OsFiles;
use tachograph::log::{LogEntry, Order, Query, Tally};
use tachograph::store::Remote;
use tachograph::world::{OsWorld, World};
use tachograph::{Log, Store};

use super::content::FullContent;
use super::files::KINDS;
use super::logger::{AuditLogger, store_of};
use crate::book;
use crate::error::Error;
use crate::paper;
use crate::safe::Safe;

/// Reads the records of one session, or of all in a directory.
#[derive(Debug)]
pub struct AuditViewer {
    source: Source,
    session: Option<String>,
}

#[derive(Debug)]
enum Source {
    Log(Box<Log>),
    /// Files that another library wrote: what they say, with nothing that proves it.
    Files(Vec<Object>),
}

/// Which interactions.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChatFilter<'f> {
    /// At most so many, the latest; none for all.
    pub limit: Option<usize>,
    /// Only of this type.
    pub interaction_type: Option<&'f str>,
    /// Only with this model.
    pub model: Option<&'f str>,
    /// Only at or after this time.
    pub start_time: Option<Timestamp>,
    /// Only before this time.
    pub end_time: Option<Timestamp>,
}

/// What a session came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionSummary {
    /// The session; empty for all in a directory.
    pub session_id: String,
    /// When it began.
    pub start_time: Option<Timestamp>,
    /// When it ended, or its latest record.
    pub end_time: Option<Timestamp>,
    /// Records by kind, named as their files are.
    pub records: BTreeMap<String, u64>,
    /// Tokens of all interactions.
    pub total_tokens: u64,
    /// Share of calls that worked, of those that ended.
    pub success_rate: Option<f64>,
}

impl SessionSummary {
    /// The summary of a session in a log.
    pub(super) fn of(log: &Log, session: &str) -> Result<Self, Error> {
        let tally = log.session_summary(session)?;
        let mut tokens = tally.tokens.0.saturating_add(tally.tokens.1);
        for entry in log.session_entries(session)? {
            tokens = tokens.saturating_add(tokens_total(&entry.leaf));
        }
        Ok(Self::from_tally(session, &tally, tokens))
    }

    fn of_events(events: &[Object]) -> Self {
        let mut tally = Tally::new();
        events.iter().for_each(|event| tally.add(event, None));
        let told = tally.tokens.0.saturating_add(tally.tokens.1);
        let tokens = events.iter().map(tokens_total).fold(told, u64::saturating_add);
        Self::from_tally("", &tally, tokens)
    }

    fn from_tally(session: &str, tally: &Tally, total_tokens: u64) -> Self {
        let records = KINDS.iter().map(|(kind, stem, _)| {
            ((*stem).to_owned(), tally.by_type.get(*kind).copied().unwrap_or(0))
        });
        Self {
            session_id: session.to_owned(),
            start_time: tally.span.map(|(first, _)| first),
            end_time: tally.span.map(|(_, last)| last),
            records: records.collect(),
            total_tokens,
            success_rate: tally.success_rate(),
        }
    }

    /// The summary as a document.
    pub fn to_value(&self) -> Value {
        let time = |at: Option<Timestamp>| Value::from(at.map(|at| at.to_string()));
        let records = self.records.iter().map(|(name, n)| (format!("total_{name}"), *n));
        let mut summary: Object = records.collect();
        summary.insert("session_id", self.session_id.as_str());
        summary.insert("start_time", time(self.start_time));
        summary.insert("end_time", time(self.end_time));
        summary.insert("total_tokens", self.total_tokens);
        summary.insert("success_rate", self.success_rate);
        summary.into()
    }
}

impl AuditViewer {
    /// A viewer of the session that a logger records.
    ///
    /// # Errors
    /// What the disk said.
    pub fn new(logger: &AuditLogger) -> Result<Self, Error> {
        logger.book().flush();
        let session = Some(logger.config().session_id.clone());
        Ok(Self { source: Source::Log(Box::new(logger.book().log()?)), session })
    }

    /// A viewer of all sessions in a directory of audit files: of the store in it, else of the
    /// files of lines that another library wrote. What is sealed opens with the keys that
    /// [`paper::default_keys`] names.
    ///
    /// # Errors
    /// What the disk said, or that a line is no record.
    pub fn load(audit_path: &Path) -> Result<Self, Error> {
        let store = store_of(audit_path);
        if paper::length(&store.join("FORMAT"))?.is_some() {
            return Self::of_store(&store, None);
        }
        let mut events = Vec::new();
        for (_, stem, _) in KINDS {
            let names = paper::list(audit_path)?.into_iter();
            for name in names.filter(|n| n.starts_with(stem) && n.ends_with(".jsonl")) {
                events.extend(read_lines(&audit_path.join(name))?);
            }
        }
        Ok(Self { source: Source::Files(events), session: None })
    }

    /// A viewer of all sessions of the store in a directory of audit files, which opens what is
    /// sealed with the keys in the directory `keys`.
    ///
    /// # Errors
    /// What the disk said, or that there is no store.
    pub fn load_with_keys(audit_path: &Path, keys: &Path) -> Result<Self, Error> {
        Self::of_store(&store_of(audit_path), Some(keys))
    }

    fn of_store(store: &Path, keys: Option<&Path>) -> Result<Self, Error> {
        let store = Store::open(Arc::new(OsFiles), store, Remote::Refused)?;
        let (world, tenant): (Arc<dyn World>, _) = (Arc::new(OsWorld), TenantId::default_tenant());
        let log = Log::of(&store, tenant.as_str())?;
        let log = match Safe::of(&store, &world, &tenant, keys)? {
            Some(safe) => safe.looking(log, "audit viewer"),
            None => log,
        };
        Ok(Self { source: Source::Log(Box::new(log)), session: None })
    }

    /// What the session, or all sessions of the directory, came to.
    ///
    /// # Errors
    /// What the disk said.
    pub fn get_session_summary(&self) -> Result<SessionSummary, Error> {
        match (&self.source, &self.session) {
            (Source::Log(log), Some(session)) => SessionSummary::of(log, session),
            _ => Ok(SessionSummary::of_events(&self.events()?)),
        }
    }

    /// The interactions that meet the conditions, oldest first.
    ///
    /// # Errors
    /// What the disk said.
    pub fn get_chat_interactions(&self, filter: &ChatFilter<'_>) -> Result<Vec<Object>, Error> {
        let mut chats = self.records("model")?;
        chats.retain(|chat| {
            let is = |name, word: Option<&str>| word.is_none_or(|w| chat.str(name) == Some(w));
            let time = chat.str("timestamp").and_then(Timestamp::parse).unwrap_or_default();
            is("interaction_type", filter.interaction_type)
                && is("model", filter.model)
                && filter.start_time.is_none_or(|start| time >= start)
                && filter.end_time.is_none_or(|end| time < end)
        });
        let surplus = chats.len().saturating_sub(filter.limit.unwrap_or(usize::MAX));
        chats.drain(..surplus);
        Ok(chats)
    }

    /// The full content of one interaction.
    ///
    /// # Errors
    /// That there is no such interaction, or what the disk said.
    pub fn get_full_interaction_content(&self, interaction_id: &str) -> Result<FullContent, Error> {
        let found = match &self.source {
            Source::Log(log) => {
                let entries = log.find(interaction_id)?;
                entries.first().map(|entry| seen(log, entry)).transpose()?
            }
            Source::Files(events) => {
                let is = |event: &&Object| event.str("id") == Some(interaction_id);
                events.iter().find(is).map(|event| (event.clone(), false))
            }
        };
        let missing = || Error::Missing { what: "interaction", name: interaction_id.to_owned() };
        let (event, is_sealed) = found.filter(|(event, _)| is_chat(event)).ok_or_else(missing)?;
        Ok(FullContent::of(interaction_id, &event, is_sealed))
    }

    /// The full content of every interaction, oldest first.
    pub(super) fn contents(&self) -> Result<Vec<FullContent>, Error> {
        let content = |event: &Object, is_sealed| {
            FullContent::of(book::text(event, "/id").unwrap_or_default(), event, is_sealed)
        };
        let log = match &self.source {
            Source::Files(events) => {
                let chats = events.iter().filter(|event| is_chat(event));
                return Ok(chats.map(|event| content(event, false)).collect());
            }
            Source::Log(log) => log,
        };
        let mut contents = Vec::new();
        for entry in log.query(self.query(Some(&is_chat)))? {
            let (event, is_sealed) = seen(log, &entry?)?;
            contents.push(content(&event, is_sealed));
        }
        Ok(contents)
    }

    /// Everything at a glance: the summary, and models, tools, personas, errors, metrics by name.
    ///
    /// # Errors
    /// What the disk said.
    pub fn generate_analytics_report(&self) -> Result<Value, Error> {
        let mut report = Object::from([("summary", self.get_session_summary()?.to_value())]);
        for (kind, stem, _) in KINDS {
            let mut by_name: BTreeMap<String, Tally> = BTreeMap::new();
            for event in self.events()? {
                if book::text(&event, "/action/type") == Some(kind) {
                    let name = match *kind {
                        "model" => book::text(&event, "/resources/model"),
                        "persona" => book::text(&event, "/action/persona/name"),
                        _ => book::text(&event, "/action/name"),
                    };
                    let name = name.unwrap_or("unknown").to_owned();
                    by_name.entry(name).or_default().add(&event, None);
                }
            }
            let rows = by_name.iter().map(|(name, tally)| (name.as_str(), row(tally)));
            report.insert(*stem, rows.collect::<Object>());
        }
        Ok(report.into())
    }

    /// The records of one kind as the library writes them, oldest first.
    pub(super) fn records(&self, kind: &str) -> Result<Vec<Object>, Error> {
        let mut events = self.events()?;
        events.retain(|event| book::text(event, "/action/type") == Some(kind));
        Ok(events.iter().map(|event| book::write("interaction", event)).collect())
    }

    /// The events of the session, oldest first.
    pub(super) fn events(&self) -> Result<Vec<Object>, Error> {
        match &self.source {
            Source::Files(events) => Ok(events.clone()),
            Source::Log(log) => book::events(log, self.query(None), usize::MAX),
        }
    }

    fn query<'q>(&'q self, filter: Option<&'q dyn Fn(&Object) -> bool>) -> Query<'q> {
        let (session, order) = (self.session.as_deref(), Order::Oldest);
        Query { session, order, filter, ..Query::default() }
    }
}

/// The event of an entry, and whether its content is there and does not open.
fn seen(log: &Log, entry: &LogEntry) -> Result<(Object, bool), Error> {
    let revealed = log.reveal(entry)?;
    Ok((revealed.event, revealed.opened.sealed.contains(&Class::Content)))
}

fn is_chat(event: &Object) -> bool {
    book::text(event, "/action/type") == Some("model")
}

fn row(tally: &Tally) -> Object {
    Object::from([
        ("count", Value::from(tally.calls)),
        ("failures", tally.failures().into()),
        ("success_rate", tally.success_rate().into()),
        ("average_duration_seconds", tally.average_duration_ms().map(|ms| ms / 1000.0).into()),
    ])
}

fn tokens_total(event: &Object) -> u64 {
    let total = event.at("/resources/tokens_total").and_then(Value::as_i64);
    total.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}

fn read_lines(path: &Path) -> Result<Vec<Object>, Error> {
    let bytes = paper::read(path)?.unwrap_or_default();
    let dialect = Dialect::named("interaction");
    let mut events = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let Ok(Value::Object(record)) = json::read(line) else { continue };
        let Some(dialect) = dialect else { continue };
        events.push(dialect.read_record(&record)?.into_object());
    }
    Ok(events)
}
