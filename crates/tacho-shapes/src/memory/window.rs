//! The last events, in memory: redacted like stored ones, found by user, operation, status, time
//! and entry without looking at all of them.
//!
//! ```text
//! slots    [.. event n-2, n-1, n]            oldest first; `base` is the number of the first
//! lists    user -> numbers, operation -> numbers, status -> numbers, entry -> numbers
//! ```
//!
//! An event is kept once, as its canonical text: about 450 bytes where its tree takes 2,000.
//! Numbers are 32 bits wide and wrap; what counts is how far one lies from `base`.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tacho_event::Timestamp;
use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::Redacted;

use super::event::{AuditEvent, EventQuery, entry_ids, touches, user};
use super::words::{EventStatus, OperationType};

/// One event: what it is found by, and its text.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) timestamp: Timestamp,
    /// The latest time of this and all earlier slots: clocks are set back.
    high: Timestamp,
    pub(super) operation: Option<OperationType>,
    pub(super) status: Option<EventStatus>,
    pub(super) user: Option<Arc<str>>,
    pub(super) duration_ms: Option<f64>,
    entries: Box<[u64]>,
    text: Box<[u8]>,
}

impl Slot {
    /// The event.
    pub(super) fn event(&self) -> Object {
        match json::read(&self.text) {
            Ok(Value::Object(event)) => event,
            other => unreachable!("an event is a JSON object: {other:?}"),
        }
    }
}

/// Events that are gone without having been exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub count: u64,
    /// When the first of them happened.
    pub from: Option<Timestamp>,
    /// When the last of them happened.
    pub until: Option<Timestamp>,
}

impl Lost {
    fn note(&mut self, at: Timestamp) {
        self.count += 1;
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.until = Some(self.until.map_or(at, |until| until.max(at)));
    }
}

/// Numbers of the events that have something in common, ascending.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "most entries are touched once: 16 bytes, not 32")]
enum Posting {
    One(u32),
    Many(Box<VecDeque<u32>>),
}

impl Posting {
    fn push(&mut self, number: u32) {
        match self {
            Self::One(first) => *self = Self::Many(Box::new(VecDeque::from([*first, number]))),
            Self::Many(many) => many.push_back(number),
        }
    }

    /// Forgets a number, the lowest there; true if nothing is left.
    fn forget(&mut self, number: u32) -> bool {
        match self {
            Self::One(one) => *one == number,
            Self::Many(many) => {
                if many.front() == Some(&number) {
                    many.pop_front();
                }
                many.is_empty()
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(many) => many.len(),
        }
    }

    fn numbers(&self) -> Vec<u32> {
        match self {
            Self::One(one) => vec![*one],
            Self::Many(many) => many.iter().copied().collect(),
        }
    }
}

/// The last events.
#[derive(Debug, Default)]
pub(super) struct Window {
    slots: VecDeque<Arc<Slot>>,
    base: u32,
    users: HashMap<Arc<str>, Posting>,
    operations: HashMap<OperationType, Posting>,
    statuses: HashMap<EventStatus, Posting>,
    entries: HashMap<u64, Posting>,
    pub(super) lost: Lost,
}

impl Window {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Adds an event. It is found by what is kept of it, not by what was told.
    pub(super) fn push(&mut self, kept: &Redacted, timestamp: Timestamp) {
        let number = self.base.wrapping_add(self.slots.len() as u32);
        let event = kept.event();
        let word = |group, name| event.object(group).and_then(|group| group.str(name));
        let entries = entry_ids(event).map(key).collect();
        let slot = Slot {
            timestamp,
            high: self.slots.back().map_or(timestamp, |last| last.high.max(timestamp)),
            operation: word("action", "name").and_then(OperationType::parse),
            status: word("outcome", "status").and_then(EventStatus::parse),
            user: user(event).map(|user| match self.users.get_key_value(user) {
                Some((known, _)) => known.clone(),
                None => Arc::from(user),
            }),
            duration_ms: event
                .object("resources")
                .and_then(|resources| resources.get("duration_ms")?.as_f64()),
            entries,
            text: Box::from(kept.text()),
        };
        if let Some(user) = &slot.user {
            list(&mut self.users, user.clone(), number);
        }
        if let Some(operation) = slot.operation {
            list(&mut self.operations, operation, number);
        }
        if let Some(status) = slot.status {
            list(&mut self.statuses, status, number);
        }
        for entry in &slot.entries {
            list(&mut self.entries, *entry, number);
        }
        self.slots.push_back(Arc::new(slot));
    }

    /// Forgets the oldest event; `is_lost` when nobody exported it.
    pub(super) fn pop(&mut self, is_lost: bool) {
        let Some(slot) = self.slots.pop_front() else { return };
        let number = self.base;
        self.base = self.base.wrapping_add(1);
        if is_lost {
            self.lost.note(slot.timestamp);
        }
        if let Some(user) = &slot.user {
            unlist(&mut self.users, user, number);
        }
        if let Some(operation) = &slot.operation {
            unlist(&mut self.operations, operation, number);
        }
        if let Some(status) = &slot.status {
            unlist(&mut self.statuses, status, number);
        }
        for entry in &slot.entries {
            unlist(&mut self.entries, entry, number);
        }
    }

    /// Forgets every event; all were exported.
    pub(super) fn clear(&mut self) {
        *self = Self { lost: self.lost, ..Self::default() };
    }

    /// Every event, oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Slot>> {
        self.slots.iter().cloned().collect()
    }

    /// The events that meet the conditions, oldest first.
    pub(super) fn find(&self, query: &EventQuery<'_>) -> Vec<AuditEvent> {
        let start = query.start_time.unwrap_or(Timestamp::MIN);
        let first = self.slots.partition_point(|slot| slot.high < start);
        let holds = |slot: &&Arc<Slot>| self.holds(query, slot);
        match self.shortest(query) {
            Some(numbers) => {
                let places = numbers.into_iter().map(|number| self.place(number));
                let slots =
                    places.filter(|place| *place >= first).filter_map(|at| self.slots.get(at));
                slots.filter(holds).cloned().map(AuditEvent::of_slot).collect()
            }
            None => {
                let slots = self.slots.range(first..).filter(holds);
                slots.cloned().map(AuditEvent::of_slot).collect()
            }
        }
    }

    /// The place of an event among the slots.
    fn place(&self, number: u32) -> usize {
        number.wrapping_sub(self.base) as usize
    }

    /// The shortest list of numbers that holds every answer; none if every event may be one.
    fn shortest(&self, query: &EventQuery<'_>) -> Option<Vec<u32>> {
        let by_user = query.user_id.map(|user| self.users.get(user));
        let by_operation = query.operation.map(|operation| self.operations.get(&operation));
        let by_status = query.status.map(|status| self.statuses.get(&status));
        let one_by_one = [by_user, by_operation, by_status].into_iter().flatten();
        let shortest = one_by_one.min_by_key(|posting| posting.map_or(0, Posting::len));
        let lists = query.entry_ids.iter().filter_map(|id| self.entries.get(&key(id)));
        let touched: usize = lists.clone().map(Posting::len).sum();
        let is_shorter = shortest.is_none_or(|list| touched < list.map_or(0, Posting::len));
        if !query.entry_ids.is_empty() && is_shorter {
            let mut numbers: Vec<u32> = lists.flat_map(Posting::numbers).collect();
            numbers.sort_unstable_by_key(|number| self.place(*number));
            numbers.dedup();
            return Some(numbers);
        }
        shortest.map(|list| list.map(Posting::numbers).unwrap_or_default())
    }

    fn holds(&self, query: &EventQuery<'_>, slot: &Slot) -> bool {
        let keys = query.entry_ids.iter().map(|id| key(id));
        query.user_id.is_none_or(|user| slot.user.as_deref() == Some(user))
            && query.operation.is_none_or(|operation| slot.operation == Some(operation))
            && query.status.is_none_or(|status| slot.status == Some(status))
            && query.start_time.is_none_or(|start| slot.timestamp >= start)
            && query.end_time.is_none_or(|end| slot.timestamp < end)
            && (query.entry_ids.is_empty()
                || (keys.into_iter().any(|key| slot.entries.contains(&key))
                    && touches(&slot.event(), query.entry_ids)))
    }
}

fn list<K: Eq + Hash>(lists: &mut HashMap<K, Posting>, key: K, number: u32) {
    lists.entry(key).and_modify(|posting| posting.push(number)).or_insert(Posting::One(number));
}

fn unlist<K: Eq + Hash>(lists: &mut HashMap<K, Posting>, key: &K, number: u32) {
    if lists.get_mut(key).is_some_and(|posting| posting.forget(number)) {
        lists.remove(key);
    }
}

/// An entry's id in little room; who asks for one compares the id itself.
fn key(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
