//! Given a JSON value, gives the dialect it speaks, or says why nobody can tell.

use super::agent::{AGENT, read_native};
use super::batch::{no_record, walk};
use super::{DIALECTS, Dialect};
use crate::draft::Draft;
use crate::json::{self, Object, Pointer, ReadError, Value};
use crate::problem::Problem;
use std::fmt;

/// The dialect of a document; every record in it must speak the same.
pub fn detect(document: &Value) -> Result<&'static Dialect, Problem> {
    let mut found: Option<Result<&'static Dialect, Problem>> = None;
    walk(document, &Pointer::ROOT, &mut |place, record| {
        let this = dialect_of(record).map_err(|mut problem| {
            problem.pointer = place.to_string();
            problem
        });
        match (&found, this) {
            (None, this) => found = Some(this),
            (Some(Ok(first)), Ok(this)) if first.name != this.name => {
                let what =
                    format!("speaks `{}`, the records before it `{}`", this.name, first.name);
                found = Some(Err(Problem::new(place, what, "submit each dialect by itself")));
            }
            (Some(Ok(_)), Err(problem)) => found = Some(Err(problem)),
            _ => {}
        }
    });
    found.unwrap_or_else(|| {
        Err(Problem::new("", "holds no record to know a dialect by", "name the dialect"))
    })
}

fn dialect_of(record: &Value) -> Result<&'static Dialect, Problem> {
    let Value::Object(record) = record else { return Err(no_record(record)) };
    let mut speakers = DIALECTS.iter().copied().filter(|dialect| (dialect.is)(record));
    match (speakers.next(), speakers.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(unknown(record)),
        (Some(one), Some(other)) => {
            let what = format!("could be `{}` or `{}`", one.name, other.name);
            let hint =
                format!("name the dialect: both have {} and {}", one.known_by, other.known_by);
            Err(Problem::new("", what, hint))
        }
    }
}

/// What only stands in documents that the seeds show and that tell of no single event.
static NO_RECORDS: &[(&str, &str)] = &[
    ("total_actions", "is a statistic of many records"),
    ("success_rate", "is a statistic of many records"),
    ("total_operations", "is a statistic of many records"),
    ("user_activity", "is a report on many records"),
    ("audit", "is a configuration"),
    ("alerts", "is a configuration"),
    ("hooks", "is a configuration"),
    ("mcpServers", "is a configuration"),
];

fn unknown(record: &Object) -> Problem {
    if let Some((_, what)) = NO_RECORDS.iter().find(|(name, _)| record.get(name).is_some()) {
        return Problem::new("", *what, "only what happened is recorded");
    }
    let names: Vec<&str> = record.iter().map(|(name, _)| name).take(8).collect();
    let known: Vec<String> =
        DIALECTS.iter().map(|one| format!("{} is known by {}", one.name, one.known_by)).collect();
    let what = format!("speaks no known dialect; its members: {}", names.join(", "));
    Problem::new("", what, known.join("; "))
}

/// Why bytes gave no drafts.
#[derive(Clone, Debug, PartialEq)]
pub enum Unread {
    /// They are no JSON.
    NotJson(ReadError),
    /// They are JSON, but not what happened in any dialect.
    Problems(Vec<Problem>),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::NotJson(error) => error.fmt(f),
            Unread::Problems(problems) => {
                let texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
                f.write_str(&texts.join("; "))
            }
        }
    }
}

impl std::error::Error for Unread {}

/// The drafts that a document in any dialect says. JSON that cannot be represented is one draft
/// that records it raw.
pub fn read_any(bytes: &[u8]) -> Result<Vec<Draft>, Unread> {
    let document = match json::read(bytes) {
        Ok(document) => document,
        Err(error @ ReadError::Malformed(_)) => return Ok(vec![Draft::malformed(bytes, &error)]),
        Err(error) => return Err(Unread::NotJson(error)),
    };
    let dialect = detect(&document).map_err(|problem| Unread::Problems(vec![problem]))?;
    let document = match document {
        Value::Object(record) if (AGENT.is)(&record) => {
            return read_native(record).map(|draft| vec![draft]).map_err(Unread::Problems);
        }
        document => document,
    };
    dialect.read(&document).map(super::Batch::into_drafts).map_err(Unread::Problems)
}
