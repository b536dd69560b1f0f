//! Given a document, gives the records in it; given drafts, gives the document again.
//!
//! ```text
//! {..}                                                   one record
//! [{..}, {..}]                                           a list, as an API answers
//! {"log_entry": {..}}                                    a record under its name
//! {"events": [..], "total_events": 1, "exported_at": ..} an export
//! ```

use super::memory::MEMORY;
use super::{DIALECTS, Dialect};
use crate::draft::Draft;
use crate::json::{Object, Pointer, Value};
use crate::limits;
use crate::problem::Problem;
use crate::time::Timestamp;

/// The drafts of a document, and how they stood in it.
#[derive(Clone, Debug)]
pub struct Batch {
    dialect: &'static Dialect,
    drafts: Vec<Draft>,
    frame: Frame,
}

/// How records stand in a document.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    Record,
    List(Vec<Frame>),
    /// Under `log_entry`; with what stood beside it.
    Entry(Object, Box<Frame>),
    /// Under `events`; with what stood beside it, and whether `total_events` was their number.
    Export(Object, bool, Vec<Frame>),
}

const ENTRY: &str = "log_entry";
const EVENTS: &str = "events";
const TOTAL: &str = "total_events";

impl Dialect {
    /// The drafts of a document of this dialect, or every problem with it.
    pub fn read(&'static self, document: &Value) -> Result<Batch, Vec<Problem>> {
        let (mut drafts, mut problems) = (Vec::new(), Vec::new());
        let frame = walk(document, &Pointer::ROOT, &mut |place, record| {
            let read = match record {
                Value::Object(record) => self.read_record(record),
                other => Err(vec![no_record(other)]),
            };
            match read {
                Ok(draft) => drafts.push(draft),
                Err(found) => {
                    problems.extend(found.into_iter().map(|problem| below(place, problem)))
                }
            }
        });
        problems.truncate(limits::PROBLEMS_MAX);
        let batch = Batch { dialect: self, drafts, frame };
        if problems.is_empty() { Ok(batch) } else { Err(problems) }
    }
}

impl Batch {
    /// The export of seed 003: the memory's events, how many they are and when that was.
    ///
    /// ```
    /// use tacho_event::{Draft, Timestamp, dialect::Batch};
    /// let drafts = vec![Draft::memory("STORE").user("user_123").entries(["entry_1"]).succeeded()];
    /// let now = Timestamp::parse("2025-01-15T11:00:00Z").unwrap();
    /// assert_eq!(
    ///     Batch::memory_export(drafts, now).write().to_json(),
    ///     r#"{"events":[{"entry_ids":["entry_1"],"operation":"STORE","status":"SUCCESS","#.to_owned()
    ///         + r#""user_id":"user_123"}],"exported_at":"2025-01-15T11:00:00.000000Z","#
    ///         + r#""total_events":1}"#
    /// );
    /// ```
    pub fn memory_export(drafts: Vec<Draft>, exported_at: Timestamp) -> Self {
        let rest = Object::from([("exported_at", exported_at.to_string())]);
        let frames = drafts.iter().map(|_| Frame::Record).collect();
        Self { dialect: &MEMORY, drafts, frame: Frame::Export(rest, true, frames) }
    }

    /// The dialect it speaks.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// The drafts, in the order of their records.
    pub fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    /// The drafts, taken out.
    pub fn into_drafts(self) -> Vec<Draft> {
        self.drafts
    }

    /// The document.
    pub fn write(&self) -> Value {
        let mut records = self.drafts.iter().map(|draft| self.dialect.write(draft.object()).into());
        build(&self.frame, &mut records)
    }
}

/// Calls `each` with every record and its place; gives how they stand.
pub(super) fn walk(
    document: &Value,
    place: &Pointer<'_>,
    each: &mut dyn FnMut(&Pointer<'_>, &Value),
) -> Frame {
    match document {
        Value::List(list) => Frame::List(walk_list(list, place, each)),
        // A record may have a member of its own that is called `events`.
        Value::Object(object) if !DIALECTS.iter().any(|dialect| (dialect.is)(object)) => {
            match (object.get(EVENTS), object.get(ENTRY)) {
                (Some(Value::List(list)), _) => {
                    let mut rest = without(object, EVENTS);
                    let counted = rest.get(TOTAL) == Some(&list.len().into());
                    if counted {
                        rest.remove(TOTAL);
                    }
                    Frame::Export(rest, counted, walk_list(list, &place.member(EVENTS), each))
                }
                (_, Some(entry @ Value::Object(_))) => {
                    let inner = walk(entry, &place.member(ENTRY), each);
                    Frame::Entry(without(object, ENTRY), Box::new(inner))
                }
                _ => walk_record(document, place, each),
            }
        }
        _ => walk_record(document, place, each),
    }
}

fn walk_record(
    record: &Value,
    place: &Pointer<'_>,
    each: &mut dyn FnMut(&Pointer<'_>, &Value),
) -> Frame {
    each(place, record);
    Frame::Record
}

fn walk_list(
    list: &[Value],
    place: &Pointer<'_>,
    each: &mut dyn FnMut(&Pointer<'_>, &Value),
) -> Vec<Frame> {
    list.iter().enumerate().map(|(i, record)| walk(record, &place.index(i), each)).collect()
}

fn without(object: &Object, name: &str) -> Object {
    object.iter().filter(|(n, _)| *n != name).map(|(n, value)| (n, value.clone())).collect()
}

fn build(frame: &Frame, records: &mut dyn Iterator<Item = Value>) -> Value {
    match frame {
        Frame::Record => records.next().unwrap_or_default(),
        Frame::List(frames) => {
            frames.iter().map(|frame| build(frame, records)).collect::<Vec<_>>().into()
        }
        Frame::Entry(rest, inner) => {
            let mut object = rest.clone();
            object.insert(ENTRY, build(inner, records));
            object.into()
        }
        Frame::Export(rest, counted, frames) => {
            let mut object = rest.clone();
            let list: Vec<Value> = frames.iter().map(|frame| build(frame, records)).collect();
            if *counted {
                object.insert(TOTAL, list.len());
            }
            object.insert(EVENTS, list);
            object.into()
        }
    }
}

/// The problem of a value that stands where a record should.
pub(super) fn no_record(value: &Value) -> Problem {
    Problem::new("", format!("must be an object, not {}", value.kind()), "a record is an object")
}

fn below(place: &Pointer<'_>, problem: Problem) -> Problem {
    Problem { pointer: format!("{place}{}", problem.pointer), ..problem }
}
