//! Given the table of a record's members, reads them into a draft and writes them from an event.
//!
//! A row says the member's name, where its value lives in an event and in which form:
//!
//! ```text
//! execution_time_ms | resources.duration_ms | a number
//! created_at        | timestamp             | a time, written to the second
//! ```
//!
//! An explicit `null` is read as nothing; that it stood there is kept by the comparison.

use super::spelling::{Clock, read_status, read_time, shift, write_time};
use crate::draft::Draft;
use crate::ids::{EventId, TenantId};
use crate::json::{Number, Object, Pointer, Value};
use crate::problem::Problem;
use crate::time::Timestamp;
use crate::words::{ActorType, Severity, Status};

/// One member of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// Dotted path in the event.
    pub(super) path: &'static str,
    form: Form,
    required: bool,
    or_null: bool,
}

/// What a member holds, and how it is spelled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Any value.
    Any,
    /// Any string.
    Text,
    /// A whole number from 0.
    Count,
    /// A number.
    Number,
    /// A list of strings.
    Texts,
    /// A list of objects.
    Objects,
    /// `true` or `false`.
    Flag,
    /// A time.
    Time(Clock),
    /// A status in any case; written in lower case.
    Status,
    /// A status in any case; written in upper case.
    StatusUpper,
    /// `true` for success, `false` for any other end.
    Success,
    /// A severity in any case.
    Severity,
    /// A number of seconds, where the event has milliseconds.
    Seconds,
    /// The event's id; one that cannot be is kept by the comparison and another is minted.
    Id,
    /// The tenant; a UUID is written in lower case.
    Tenant,
    /// A person's id: the actor, if that is a person.
    User,
}

/// A member named `name` that lives at `path`.
pub(super) const fn field(name: &'static str, path: &'static str, form: Form) -> Field {
    Field { name, path, form, required: false, or_null: false }
}

impl Field {
    /// A record without it is no record of this dialect.
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Written as `null` where an event has no value.
    pub(super) const fn or_null(self) -> Self {
        Self { or_null: true, ..self }
    }

    /// The value in an event, or what the member should have been.
    pub(super) fn read(&self, value: &Value) -> Result<Value, &'static str> {
        let text = value.as_str();
        let number = value.as_number();
        let fits = |fits: bool| fits.then(|| value.clone());
        let (read, expected) = match self.form {
            Form::Any => (fits(true), ""),
            Form::Text | Form::User => (fits(text.is_some()), "a string"),
            Form::Id => (fits(text.is_some()), "a string"),
            Form::Count => (fits(number.is_some_and(is_count)), "a whole number from 0"),
            Form::Number => (fits(number.is_some()), "a number"),
            Form::Texts => (fits(all(value, |one| one.as_str().is_some())), "a list of strings"),
            Form::Objects => {
                (fits(all(value, |one| one.as_object().is_some())), "a list of objects")
            }
            Form::Flag => (fits(value.as_bool().is_some()), "true or false"),
            Form::Time(_) => {
                let time = text.and_then(read_time).map(|time| time.to_string().into());
                (time, "a time as in 2026-11-20T10:00:00.000Z")
            }
            Form::Status | Form::StatusUpper => {
                (text.and_then(read_status).map(Value::from), "a status")
            }
            Form::Success => {
                let status = |worked| if worked { Status::Success } else { Status::Failure };
                (value.as_bool().map(|worked| status(worked).into()), "true or false")
            }
            Form::Severity => (text.and_then(read_severity).map(Value::from), "a severity"),
            Form::Seconds => {
                (number.and_then(|n| shift(n, 3)).map(Value::from), "a number of seconds")
            }
            Form::Tenant => {
                let tenant = text.and_then(|text| TenantId::new(&text.to_ascii_lowercase()));
                (tenant.map(Value::from), "a tenant: 1 to 63 letters, digits and dashes")
            }
        };
        read.ok_or(expected)
    }

    /// The value in a record.
    fn write(&self, event: &Object) -> Option<Value> {
        let value = lookup(event, self.path)?;
        let text = value.as_str();
        Some(match self.form {
            Form::Time(clock) => write_time(Timestamp::parse(text?)?, clock).into(),
            Form::StatusUpper => text?.to_ascii_uppercase().into(),
            Form::Success => match Status::parse(text?)? {
                Status::Pending => return None,
                status => (status == Status::Success).into(),
            },
            Form::Seconds => shift(value.as_number()?, -3)?.into(),
            Form::User => {
                let kind = lookup(event, "actor.type").and_then(Value::as_str);
                return value.as_str().filter(|_| kind == Some(USER)).map(Value::from);
            }
            _ => value.clone(),
        })
    }
}

const USER: &str = ActorType::User.as_str();

/// Reads the members of `record` that have rows; every problem is told with its place.
pub(super) fn read_fields(
    record: &Object,
    fields: &[Field],
    draft: &mut Draft,
    problems: &mut Vec<Problem>,
) {
    for field in fields {
        let place = Pointer::ROOT.member(field.name);
        match record.get(field.name) {
            None | Some(Value::Null) if field.required => {
                problems.push(Problem::new(place, "is missing", "a record cannot do without it"));
            }
            None | Some(Value::Null) => {}
            Some(value) => match field.read(value) {
                Ok(read) => set(draft, field, read),
                Err(expected) => problems.push(misfit(&place, expected, value)),
            },
        }
    }
}

/// Reads the member of `record` that `field` names, if it is there and fits.
pub(super) fn read_if_fits(record: &Object, field: &Field, draft: &mut Draft) -> bool {
    let value = record.get(field.name).filter(|value| !value.is_null());
    let read = value.and_then(|value| field.read(value).ok());
    read.map(|read| set(draft, field, read)).is_some()
}

/// The record that `fields` write of `event`.
pub(super) fn write_fields(event: &Object, fields: &[Field]) -> Object {
    let mut record = Object::new();
    for field in fields {
        match field.write(event) {
            Some(value) => {
                record.insert(field.name, value);
            }
            None if field.or_null && record.get(field.name).is_none() => {
                record.insert(field.name, Value::Null);
            }
            None => {}
        }
    }
    record
}

/// The value at a dotted path; `null` is nothing.
pub(super) fn lookup<'e>(event: &'e Object, path: &str) -> Option<&'e Value> {
    let mut place = event;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let value = place.get(name)?;
        if names.peek().is_none() {
            return Some(value).filter(|value| !value.is_null());
        }
        place = value.as_object()?;
    }
    None
}

/// The problem of a member that is something else than it should be.
pub(super) fn misfit(place: &Pointer<'_>, expected: &str, value: &Value) -> Problem {
    let said = match value {
        Value::Text(text) => format!("`{}`", text.chars().take(40).collect::<String>()),
        Value::Number(number) => number.to_string().chars().take(40).collect(),
        Value::List(_) if expected.starts_with("a list") => "one of other things".to_owned(),
        _ => value.kind().to_owned(),
    };
    let hint = match expected {
        "a status" => format!("one of: {}", Status::WORDS.join(", ")),
        _ => "leave it out where it is not known".to_owned(),
    };
    Problem::new(place, format!("must be {expected}, not {said}"), hint)
}

fn set(draft: &mut Draft, field: &Field, value: Value) {
    match field.form {
        Form::Id if value.as_str().and_then(EventId::new).is_none() => return,
        Form::User => draft.set("actor.type", ActorType::User),
        _ => {}
    }
    draft.set(field.path, value);
}

fn all(value: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    value.as_list().is_some_and(|list| list.iter().all(fits))
}

fn is_count(number: &Number) -> bool {
    number.as_i64().is_some_and(|n| n >= 0)
}

fn read_severity(text: &str) -> Option<Severity> {
    match text.to_ascii_lowercase().as_str() {
        "warn" => Some(Severity::Warning),
        "fatal" => Some(Severity::Critical),
        word => Severity::parse(word),
    }
}
