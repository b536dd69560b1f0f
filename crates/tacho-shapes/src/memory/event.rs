//! One event of a memory: as it is told, as it is asked for, as it comes back.

use std::sync::Arc;

use tacho_event::json::{Object, Value};
use tacho_event::{ActionType, ActorType, Draft, Timestamp};
use tachograph::log::Tally;

use super::window::Slot;
use super::words::{EventStatus, OperationType};
use crate::book;

/// An event as it is told.
///
/// ```
/// use tacho_shapes::memory::{EventStatus, NewEvent, OperationType};
/// let event = NewEvent {
///     operation: OperationType::Recall,
///     user_id: Some("user_456"),
///     status: EventStatus::Failure,
///     error_message: Some("Database connection timeout"),
///     duration_ms: Some(5000.0),
///     ..NewEvent::default()
/// };
/// # let _ = event;
/// ```
#[derive(Clone, Debug, Default)]
pub struct NewEvent<'e> {
    /// What was done.
    pub operation: OperationType,
    /// By whom.
    pub user_id: Option<&'e str>,
    /// In which session.
    pub session_id: Option<&'e str>,
    /// To which entries.
    pub entry_ids: &'e [&'e str],
    /// What else is known: importance, tags, source, batch size.
    pub metadata: Object,
    /// How it ended.
    pub status: EventStatus,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// What went wrong.
    pub error_message: Option<&'e str>,
}

impl NewEvent<'_> {
    /// What the dialect makes of the same record, without the comparing: members are given in
    /// their order, so that nothing is moved.
    pub(super) fn into_draft(self, id: &str) -> Draft {
        let operation = self.operation.as_str();
        let mut memory = Object::new();
        if !self.entry_ids.is_empty() {
            memory.insert("entry_ids", self.entry_ids.to_vec());
        }
        memory.insert("operation", operation);
        let mut event = Object::new();
        let action: [(_, Value); 3] = [
            ("memory", memory.into()),
            ("name", operation.into()),
            ("type", ActionType::Memory.into()),
        ];
        event.insert("action", Object::from(action));
        if let Some(user) = self.user_id {
            let user: [(_, Value); 2] = [("id", user.into()), ("type", ActorType::User.into())];
            event.insert("actor", Object::from(user));
        }
        if let Some(session) = self.session_id {
            event.insert("agent", Object::from([("session_id", session)]));
        }
        event.insert("id", id);
        if !self.metadata.is_empty() {
            let metadata = Object::from([("metadata", self.metadata)]);
            event.insert("metadata", Object::from([("memory", metadata)]));
        }
        let mut outcome = Object::new();
        if let Some(message) = self.error_message {
            outcome.insert("error", Object::from([("message", message)]));
        }
        outcome.insert("status", self.status.status());
        event.insert("outcome", outcome);
        if let Some(duration_ms) = self.duration_ms {
            event.insert("resources", Object::from([("duration_ms", duration_ms)]));
        }
        if !self.entry_ids.is_empty() {
            let touched = self.entry_ids.iter().map(|id| {
                Value::from(Object::from([("identifier", *id), ("type", "memory_entry")]))
            });
            let touched: Vec<Value> = touched.collect();
            event.insert("security", Object::from([("resources_accessed", touched)]));
        }
        Draft::from_object(event)
    }
}

/// An event as it comes back. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AuditEvent(Source);

#[derive(Clone, Debug)]
enum Source {
    /// In the memory of this process.
    Slot(Arc<Slot>),
    /// Read from the log.
    Event(Arc<Object>),
}

impl AuditEvent {
    pub(super) fn of_slot(slot: Arc<Slot>) -> Self {
        Self(Source::Slot(slot))
    }

    pub(super) fn of_event(event: Object) -> Self {
        Self(Source::Event(Arc::new(event)))
    }

    /// What was done; none if the log holds another word.
    pub fn operation(&self) -> Option<OperationType> {
        match &self.0 {
            Source::Slot(slot) => slot.operation,
            Source::Event(event) => {
                book::text(event, "/action/name").and_then(OperationType::parse)
            }
        }
    }

    /// How it ended.
    pub fn status(&self) -> Option<EventStatus> {
        match &self.0 {
            Source::Slot(slot) => slot.status,
            Source::Event(event) => {
                book::text(event, "/outcome/status").and_then(EventStatus::parse)
            }
        }
    }

    /// When it happened.
    pub fn timestamp(&self) -> Timestamp {
        match &self.0 {
            Source::Slot(slot) => slot.timestamp,
            Source::Event(event) => {
                book::text(event, "/timestamp").and_then(Timestamp::parse).unwrap_or_default()
            }
        }
    }

    /// By whom.
    pub fn user_id(&self) -> Option<&str> {
        match &self.0 {
            Source::Slot(slot) => slot.user.as_deref(),
            Source::Event(event) => user(event),
        }
    }

    /// How long it took, in milliseconds.
    pub fn duration_ms(&self) -> Option<f64> {
        match &self.0 {
            Source::Slot(slot) => slot.duration_ms,
            Source::Event(event) => event.at("/resources/duration_ms").and_then(Value::as_f64),
        }
    }

    /// The event in the shape of the log.
    pub fn event(&self) -> Object {
        match &self.0 {
            Source::Slot(slot) => slot.event(),
            Source::Event(event) => Object::clone(event),
        }
    }

    pub(super) fn count_in(&self, tally: &mut Tally) {
        match &self.0 {
            Source::Slot(slot) => tally.add(&slot.event(), slot.user.as_deref()),
            Source::Event(event) => tally.add(event, self.user_id()),
        }
    }

    /// The record as it is exported.
    ///
    /// ```text
    /// {"event_id":"evt_abc123","timestamp":"2025-01-15T10:30:45.123456Z","operation":"STORE", ..}
    /// ```
    pub fn record(&self) -> Object {
        book::write("memory", &self.event())
    }
}

/// Which events: every condition that is set must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventQuery<'q> {
    /// Only this user's.
    pub user_id: Option<&'q str>,
    /// Only this operation.
    pub operation: Option<OperationType>,
    /// Only those that ended so.
    pub status: Option<EventStatus>,
    /// Only at or after this time.
    pub start_time: Option<Timestamp>,
    /// Only before this time.
    pub end_time: Option<Timestamp>,
    /// Only those that touched one of these entries; none for all.
    pub entry_ids: &'q [&'q str],
}

impl EventQuery<'_> {
    /// True if an event of the log meets the conditions.
    pub(super) fn holds(&self, event: &AuditEvent) -> bool {
        let at = event.timestamp();
        self.user_id.is_none_or(|user| event.user_id() == Some(user))
            && self.operation.is_none_or(|operation| event.operation() == Some(operation))
            && self.status.is_none_or(|status| event.status() == Some(status))
            && self.start_time.is_none_or(|start| at >= start)
            && self.end_time.is_none_or(|end| at < end)
            && (self.entry_ids.is_empty() || touches(&event.event(), self.entry_ids))
    }
}

/// The user of an event.
pub(super) fn user(event: &Object) -> Option<&str> {
    let actor = event.object("actor")?;
    actor.str("id").filter(|_| actor.str("type") == Some(ActorType::User.as_str()))
}

/// The entries that an event touched.
pub(super) fn entry_ids(event: &Object) -> impl Iterator<Item = &str> {
    let memory = event.object("action").and_then(|action| action.object("memory"));
    let ids = memory.and_then(|memory| memory.get("entry_ids")?.as_list());
    ids.unwrap_or_default().iter().filter_map(Value::as_str)
}

/// True if an event touched one of the entries.
pub(super) fn touches(event: &Object, wanted: &[&str]) -> bool {
    entry_ids(event).any(|id| wanted.contains(&id))
}
