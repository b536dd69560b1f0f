//! Given leaves, states which sources were on, when, and for which agents: what the recorder could
//! see, and so what it could not.

use std::collections::BTreeMap;

use tacho_event::Timestamp;
use tacho_event::json::{Object, Value};

use crate::limits::COVERAGE_ROWS_MAX;

/// Where sources and agents beyond the bound are counted.
const OTHER: &str = "other";

/// The statement: a row for each source and agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    rows: BTreeMap<(String, String), Seen>,
}

/// What was seen of one agent through one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Events.
    pub events: u64,
    /// The earliest.
    pub first: Timestamp,
    /// The latest.
    pub last: Timestamp,
}

impl Coverage {
    /// Takes in a leaf.
    pub fn leaf(&mut self, leaf: &Object) {
        let Some(time) = leaf.str("timestamp").and_then(Timestamp::parse) else { return };
        let of = |object: &str, name: &str| {
            leaf.object(object).and_then(|object| object.str(name)).unwrap_or("").to_owned()
        };
        let mut key = (of("origin", "source"), of("agent", "id"));
        if self.rows.len() >= COVERAGE_ROWS_MAX && !self.rows.contains_key(&key) {
            key = (OTHER.to_owned(), OTHER.to_owned());
        }
        let seen = self.rows.entry(key).or_insert(Seen { events: 0, first: time, last: time });
        seen.events += 1;
        seen.first = seen.first.min(time);
        seen.last = seen.last.max(time);
    }

    /// The rows: source, agent, and what was seen; both are empty where an event names none.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &str, &Seen)> {
        self.rows.iter().map(|((source, agent), seen)| (source.as_str(), agent.as_str(), seen))
    }

    /// The statement as `{"v":1,"sources":[{"source":..,"agent":..,..}],"limits":[..]}`.
    pub fn to_json(&self) -> Object {
        let row = |(source, agent, seen): (&str, &str, &Seen)| {
            Value::from(Object::from([
                ("source", Value::from(source)),
                ("agent", Value::from(agent)),
                ("events", Value::from(seen.events)),
                ("first", Value::from(seen.first.to_string())),
                ("last", Value::from(seen.last.to_string())),
            ]))
        };
        let limit = "an agent, or a source of an agent, that is not listed was not recorded; \
                     nothing here shows that it did not act";
        Object::from([
            ("v", Value::from(1)),
            ("sources", Value::List(self.rows().map(row).collect())),
            ("limits", Value::from(vec![limit.to_owned()])),
        ])
    }
}
