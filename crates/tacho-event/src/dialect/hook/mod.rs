//! The shape that the hooks of agents share: given a payload and how its host spells it, gives a
//! draft; given an event, gives the payload.
//!
//! ```json
//! {"session_id": "abc123", "transcript_path": "...", "cwd": "...", "permission_mode": "default",
//!  "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "npm test"},
//!  "tool_use_id": "toolu_01ABC123"}
//! ```
//!
//! A host is a table: the names of its members, and for each of its events the moment in an
//! agent's life that it tells of. Nothing is required and nothing is refused: an unknown event is
//! an `external` action named `<host>.<Event>`, a member of an unknown kind is kept as it came.

mod judge;
mod moment;
mod tool;

pub(super) use super::field::Form;
use super::field::{Field, field, lookup, read_if_fits, write_fields};
pub(super) use super::spelling::Clock;
use super::spelling::{read_time, write_time};
use crate::draft::Draft;
use crate::json::{Object, Value};
use crate::problem::Problem;
use crate::time::Timestamp;
use crate::words::{Phase, Status};
pub(super) use moment::Moment;

/// How a host spells a payload.
#[derive(Debug)]
pub(super) struct Spelling {
    /// The dialect's name, before the names of unknown events.
    pub(super) host: &'static str,
    /// The member that names the event.
    pub(super) event: &'static str,
    /// Members that any event may have.
    pub(super) base: &'static [Field],
    /// The member with the time, and how it is written.
    pub(super) time: Option<(&'static str, Clocking)>,
    /// The members of a tool's call.
    pub(super) call: Call,
    /// The agent inside the agent.
    pub(super) subagent: &'static str,
    /// True where the event's name does not tell whether a call worked.
    pub(super) judges: bool,
    /// What each event tells of.
    pub(super) rows: &'static [Row],
}

/// How a host writes the time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clocking {
    /// A text.
    Text(Clock),
    /// Milliseconds since 1970, a number.
    Millis,
}

/// The members of a tool's call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) input: &'static str,
    pub(super) id: &'static str,
    pub(super) response: &'static str,
    pub(super) error: &'static str,
}

/// One event of a host.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) event: &'static str,
    pub(super) moment: Moment,
    pub(super) fields: &'static [Field],
}

/// An event, what it tells of, and where its members live.
pub(super) const fn row(event: &'static str, moment: Moment, fields: &'static [Field]) -> Row {
    Row { event, moment, fields }
}

/// A member and the place in an event where it lives.
pub(super) const fn at(name: &'static str, path: &'static str, form: Form) -> Field {
    field(name, path, form)
}

/// The agent of a session that is no subagent.
pub(super) const MAIN: &str = "main";

/// The draft that a payload says.
pub(super) fn read(record: &Object, spelling: &Spelling) -> Result<Draft, Vec<Problem>> {
    let event = record.str(spelling.event).unwrap_or("unnamed");
    let row = spelling.rows.iter().find(|row| row.event == event);
    let moment = row.map_or(Moment::Unknown, |row| row.moment);
    let mut draft = moment.begin(record, event, spelling);
    for field in spelling.base.iter().chain(row.map_or(&[][..], |row| row.fields)) {
        read_if_fits(record, field, &mut draft);
    }
    if let Some((name, clocking)) = spelling.time
        && let Some(time) = record.get(name).and_then(|value| clocking.read(value))
    {
        draft.set("timestamp", time.to_string());
    }
    match record.str(spelling.subagent) {
        Some(agent) => {
            draft.set("agent.id", agent);
            draft.set("agent.parent_id", MAIN);
        }
        None => draft.set("agent.id", MAIN),
    }
    Ok(draft)
}

/// The payload that a host would have sent of an event.
pub(super) fn write(event: &Object, spelling: &Spelling) -> Object {
    let row = spelling.rows.iter().find(|row| row.moment.is_of(event));
    let mut record = write_fields(event, spelling.base);
    if let Some(row) = row {
        record.insert(spelling.event, row.event);
        for (name, value) in write_fields(event, row.fields).iter() {
            record.insert(name, value.clone());
        }
        row.moment.write(event, spelling, &mut record);
    } else if let Some(name) = lookup(event, "action.name").and_then(Value::as_str)
        && let Some(unknown) = name.strip_prefix(spelling.host)
    {
        record.insert(spelling.event, unknown.trim_start_matches('.'));
    }
    if let Some((name, clocking)) = spelling.time
        && let Some(time) = event.str("timestamp").and_then(Timestamp::parse)
    {
        record.insert(name, clocking.write(time));
    }
    let agent = lookup(event, "agent.id").and_then(Value::as_str);
    if let Some(agent) = agent.filter(|agent| *agent != MAIN && !spelling.subagent.is_empty()) {
        record.insert(spelling.subagent, agent);
    }
    record
}

impl Clocking {
    fn read(self, value: &Value) -> Option<Timestamp> {
        match self {
            Self::Text(_) => read_time(value.as_str()?),
            Self::Millis => value.as_i64()?.checked_mul(1000).map(Timestamp::from_micros),
        }
    }

    fn write(self, time: Timestamp) -> Value {
        match self {
            Self::Text(clock) => write_time(time, clock).into(),
            Self::Millis => Value::from(time.millis()),
        }
    }
}

fn phase_of(event: &Object) -> Option<Phase> {
    lookup(event, "action.phase").and_then(Value::as_str).and_then(Phase::parse)
}

fn status_of(event: &Object) -> Option<Status> {
    lookup(event, "outcome.status").and_then(Value::as_str).and_then(Status::parse)
}
