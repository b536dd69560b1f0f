//! What is to be erased, in the words of who asks.

use tacho_event::json::{Object, Value};

use crate::limits::{ERASE_EVENTS_MAX, SUBJECT_BYTES_MAX};
use crate::vault::VaultError;

/// What is to be erased of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All that is kept of a person.
    Subject(String),
    /// These events, by id.
    Events(Vec<String>),
    /// All events of a session.
    Session(String),
    /// The parts in which a text stands, in a value or a name: what leaked.
    Matching(String),
}

/// A scope and the tenant it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The tenant.
    pub tenant: String,
    /// What of it.
    pub scope: Scope,
}

impl Scope {
    /// The reason in tombstones: 2 a person, 3 an order.
    pub(crate) fn reason(&self) -> u8 {
        if matches!(self, Scope::Subject(_)) { 2 } else { 3 }
    }

    /// Refuses what names nothing, or everything.
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        let refused = |why: &str| Err(VaultError::Scope(why.to_owned()));
        match self {
            Scope::Subject(id) if crate::vault::subject::normalised(id).is_empty() => {
                refused("the person has no id")
            }
            Scope::Events(ids) if ids.is_empty() => refused("no event is named"),
            Scope::Events(ids) if ids.len() > ERASE_EVENTS_MAX => refused("too many events"),
            Scope::Session(id) if id.is_empty() => refused("the session has no id"),
            Scope::Matching(text) if text.len() < MATCH_BYTES_MIN => {
                refused("a text shorter than four bytes stands everywhere")
            }
            Scope::Matching(text) if text.len() > SUBJECT_BYTES_MAX => {
                refused("the text is too long")
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let (kind, said) = match self {
            Scope::Subject(id) => ("subject", Value::from(id.as_str())),
            Scope::Session(id) => ("session", Value::from(id.as_str())),
            Scope::Matching(text) => ("match", Value::from(text.as_str())),
            Scope::Events(ids) => {
                ("events", ids.iter().map(String::as_str).collect::<Vec<_>>().into())
            }
        };
        Object::from([("kind", Value::from(kind)), ("of", said)]).into()
    }

    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let text = || object.str("of").map(str::to_owned);
        Some(match object.str("kind")? {
            "subject" => Scope::Subject(text()?),
            "session" => Scope::Session(text()?),
            "match" => Scope::Matching(text()?),
            "events" => {
                let ids = object.get("of")?.as_list()?.iter();
                Scope::Events(ids.map(|id| Some(id.as_str()?.to_owned())).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// A shorter text would erase by accident.
const MATCH_BYTES_MIN: usize = 4;
