//! Given a session, gives its calls: what was meant and what came of it, joined.
//!
//! A logical call is (tenant, session, `call_id`): an intent and a result are two entries and one
//! call. An intent alone is pending; an entry without a `call_id` is a call of its own.

use std::collections::HashMap;

use tacho_event::json::{Object, Value};
use tacho_event::{Phase, Status, Timestamp};

use super::{Log, LogEntry};
use crate::error::Error;

/// One logical call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What joins its entries; none for an entry that stands alone.
    pub call_id: Option<String>,
    /// The entry that told of it first.
    pub first: LogEntry,
    /// The entry that told how it ended: the last that is no intent.
    pub last: Option<LogEntry>,
    /// Entries that belong to it.
    pub entries: u32,
}

impl Call {
    /// How it ended; pending while only an intent is there.
    pub fn status(&self) -> Option<Status> {
        match &self.last {
            Some(last) => status(&last.leaf),
            None => Some(Status::Pending),
        }
    }

    /// How long it took, in milliseconds: what the result says, else the time between both.
    pub fn duration_ms(&self) -> Option<f64> {
        let last = self.last.as_ref()?;
        duration_ms(&last.leaf).or_else(|| {
            let (from, to) = (time(&self.first.leaf)?, time(&last.leaf)?);
            let is_joined = last.index != self.first.index;
            is_joined.then(|| (to.micros() - from.micros()) as f64 / 1000.0)
        })
    }
}

impl Log {
    /// The calls of a session, in the order of their first entries.
    ///
    /// # Errors
    /// As [`Log::find`].
    pub fn calls(&self, session: &str) -> Result<Vec<Call>, Error> {
        let mut calls: Vec<Call> = Vec::new();
        let mut by_id: HashMap<String, usize> = HashMap::new();
        for index in self.session(session)? {
            let Some(entry) = self.get(index)? else { continue };
            let call_id = action(&entry.leaf, "call_id").map(str::to_owned);
            let known = call_id.as_ref().and_then(|id| by_id.get(id)).copied();
            match known.and_then(|at| calls.get_mut(at)) {
                Some(call) => {
                    call.entries += 1;
                    if phase(&entry.leaf) != Some(Phase::Intent) {
                        call.last = Some(entry);
                    }
                }
                None => {
                    if let Some(id) = &call_id {
                        by_id.insert(id.clone(), calls.len());
                    }
                    let ended = phase(&entry.leaf) != Some(Phase::Intent);
                    let last = ended.then(|| entry.clone());
                    calls.push(Call { call_id, first: entry, last, entries: 1 });
                }
            }
        }
        Ok(calls)
    }
}

pub(crate) fn action<'l>(leaf: &'l Object, name: &str) -> Option<&'l str> {
    leaf.object("action").and_then(|action| action.str(name))
}

pub(crate) fn phase(leaf: &Object) -> Option<Phase> {
    action(leaf, "phase").and_then(Phase::parse)
}

pub(crate) fn status(leaf: &Object) -> Option<Status> {
    leaf.object("outcome").and_then(|outcome| outcome.str("status")).and_then(Status::parse)
}

pub(crate) fn resource(leaf: &Object, name: &str) -> Option<f64> {
    leaf.object("resources").and_then(|resources| resources.get(name)).and_then(Value::as_f64)
}

pub(crate) fn duration_ms(leaf: &Object) -> Option<f64> {
    resource(leaf, "duration_ms")
}

pub(crate) fn time(leaf: &Object) -> Option<Timestamp> {
    leaf.str("timestamp").and_then(Timestamp::parse)
}
