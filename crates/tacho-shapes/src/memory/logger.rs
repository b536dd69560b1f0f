//! The memory's logger: records, asks, counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tacho_event::Timestamp;
use tacho_event::json::Object;
use tacho_event::privacy::{Policy, StandIns};
use tachograph::log::{Order, Query, Tally, UserTally};
use tachograph::world::{OsWorld, World};

use super::event::{AuditEvent, EventQuery, NewEvent};
use super::export;
use super::ids::Ids;
use super::window::{Lost, Window};
use super::words::OperationType;
use crate::book::{self, Book};
use crate::error::Error;

/// Events that are kept in memory by default.
pub const MAX_EVENTS: usize = 10_000;
/// Events that can be kept in memory at most.
const EVENTS_MAX: usize = 1 << 30;
/// A failed automatic export is tried again after this share of the events.
const TRY_AGAIN_SHARE: usize = 10;

/// Records what happens to a memory; shared by threads.
#[derive(Debug)]
pub struct AuditLogger {
    max_events: usize,
    auto_export_path: Option<PathBuf>,
    enable_rotation: bool,
    world: Arc<dyn World>,
    ids: Ids,
    place: Place,
}

/// Where the events are.
#[derive(Debug)]
enum Place {
    /// In this process alone.
    Memory(Box<InMemory>),
    /// In the log; with how many came since the last automatic export.
    Log { book: Book, since: Mutex<usize> },
}

#[derive(Debug)]
struct InMemory {
    policy: Policy,
    stand_ins: StandIns,
    window: Mutex<Window>,
}

impl AuditLogger {
    /// Keeps the last `max_events` events in memory, protected by the default policy, and rotates.
    pub fn new(max_events: usize) -> Self {
        Self::in_memory(max_events, Policy::default(), Arc::new(OsWorld))
    }

    /// Like [`AuditLogger::new`], with a policy and a clock of the caller's.
    pub fn in_memory(max_events: usize, policy: Policy, world: Arc<dyn World>) -> Self {
        let (stand_ins, window) = (StandIns::new(), Mutex::default());
        let place = Place::Memory(Box::new(InMemory { policy, stand_ins, window }));
        Self::at(place, max_events, world)
    }

    /// Keeps every event in the log of a book.
    pub fn with_book(book: &Book, max_events: usize) -> Self {
        let place = Place::Log { book: book.clone(), since: Mutex::default() };
        Self::at(place, max_events, book.world().clone())
    }

    fn at(place: Place, max_events: usize, world: Arc<dyn World>) -> Self {
        let (max_events, ids) = (max_events.clamp(1, EVENTS_MAX), Ids::default());
        Self { max_events, auto_export_path: None, enable_rotation: true, world, ids, place }
    }

    /// Writes `audit_YYYY_MM_DD_HHMMSS.json` into `dir` whenever `max_events` have come.
    #[must_use]
    pub fn auto_export_path(mut self, dir: impl Into<PathBuf>) -> Self {
        self.auto_export_path = Some(dir.into());
        self
    }

    /// Whether events rotate when `max_events` are reached; if not, each new one takes the place
    /// of the oldest.
    #[must_use]
    pub fn enable_rotation(mut self, rotates: bool) -> Self {
        self.enable_rotation = rotates;
        self
    }

    /// Records an event; gives its id. In memory this never waits.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub async fn log_event(&self, event: NewEvent<'_>) -> Result<String, Error> {
        match &self.place {
            Place::Memory(_) => self.log_event_now(event),
            Place::Log { book, .. } => {
                let id = self.ids.next(self.world.as_ref());
                let receipt = book.ticket(event.into_draft(&id)).await?;
                self.count_one()?;
                Ok(receipt.id.as_str().to_owned())
            }
        }
    }

    /// Records an event from a program that is not async; gives its id.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn log_event_now(&self, event: NewEvent<'_>) -> Result<String, Error> {
        let id = self.ids.next(self.world.as_ref());
        let draft = event.into_draft(&id);
        let memory = match &self.place {
            Place::Memory(memory) => memory,
            Place::Log { book, .. } => {
                let receipt = book.record(draft)?;
                self.count_one()?;
                return Ok(receipt.id.as_str().to_owned());
            }
        };
        let world = self.world.as_ref();
        let checked = draft.check(&world)?;
        let timestamp = checked.timestamp();
        let kept = memory.policy.redact(checked, &memory.stand_ins, &world);
        let Some(kept) = kept.map_err(|problem| vec![problem])? else {
            // A capture rule said that this is not to be kept.
            return Ok(id);
        };
        // An id that looked like a secret is another one now.
        let id = kept.event().str("id").map(str::to_owned).unwrap_or(id);
        let mut window = lock(&memory.window);
        if window.len() >= self.max_events {
            self.make_room(&mut window);
        }
        window.push(&kept, timestamp);
        Ok(id)
    }

    /// The events that meet the conditions, oldest first.
    ///
    /// # Errors
    /// What the disk said, where the events are in a log.
    pub fn query_events(&self, query: &EventQuery<'_>) -> Result<Vec<AuditEvent>, Error> {
        match &self.place {
            Place::Memory(memory) => Ok(lock(&memory.window).find(query)),
            Place::Log { book, .. } => {
                let log = book.log()?;
                let fits = |leaf: &Object| {
                    let is = |name: &str, word: Option<&str>| {
                        word.is_none_or(|word| book::text(leaf, name) == Some(word))
                    };
                    is("/action/type", Some("memory"))
                        && is("/action/name", query.operation.map(OperationType::as_str))
                        && is("/outcome/status", query.status.map(|s| s.status().as_str()))
                };
                let order = Order::Oldest;
                let (from, until) = (query.start_time, query.end_time);
                let asked = Query { order, from, until, filter: Some(&fits), ..Query::default() };
                let events = book::events(&log, asked, usize::MAX)?;
                let events = events.into_iter().map(AuditEvent::of_event);
                Ok(events.filter(|event| query.holds(event)).collect())
            }
        }
    }

    /// Writes every event to a file.
    ///
    /// # Errors
    /// What the disk said.
    pub fn export_to_file(&self, path: &Path) -> Result<(), Error> {
        let events = self.query_events(&EventQuery::default())?;
        self.export_events(&events, path)
    }

    /// Writes these events to a file.
    ///
    /// # Errors
    /// What the disk said.
    pub fn export_events(&self, events: &[AuditEvent], path: &Path) -> Result<(), Error> {
        export::write(events, self.lost(), self.world.now(), path)
    }

    /// Writes `audit_YYYYMMDD.json` into `dir`, once a day: call it as often as you like, it does
    /// nothing while the day's file is there. Gives the file when it wrote one.
    ///
    /// # Errors
    /// What the disk said.
    pub fn export_daily(&self, dir: &Path) -> Result<Option<PathBuf>, Error> {
        let day = self.world.now().to_date_text().replace('-', "");
        let path = dir.join(format!("audit_{day}.json"));
        if crate::paper::length(&path)?.is_some() {
            return Ok(None);
        }
        self.export_to_file(&path)?;
        Ok(Some(path))
    }

    /// How many events, how they ended, how long they took.
    ///
    /// # Errors
    /// What the disk said.
    pub fn get_statistics(&self) -> Result<Statistics, Error> {
        let tally = self.tally(&EventQuery::default())?;
        Ok(Statistics {
            total_events: tally.events,
            success_rate: tally.success_rate().unwrap_or(0.0),
            avg_duration_ms: tally.average_duration_ms().unwrap_or(0.0),
            by_operation: tally.by_name,
            lost: self.lost(),
        })
    }

    /// What one user did.
    ///
    /// # Errors
    /// What the disk said.
    pub fn get_user_statistics(&self, user_id: &str) -> Result<UserStatistics, Error> {
        let query = EventQuery { user_id: Some(user_id), ..EventQuery::default() };
        let user = self.tally(&query)?.by_user.remove(user_id).unwrap_or_default();
        Ok(UserStatistics::of(user))
    }

    /// The trunk's tally of the events that meet the conditions.
    ///
    /// # Errors
    /// What the disk said.
    pub fn tally(&self, query: &EventQuery<'_>) -> Result<Tally, Error> {
        let mut tally = Tally::new();
        for event in self.query_events(query)? {
            event.count_in(&mut tally);
        }
        Ok(tally)
    }

    /// Events that were lost, because they rotated away and nothing exported them.
    pub fn lost(&self) -> Lost {
        match &self.place {
            Place::Memory(memory) => lock(&memory.window).lost,
            Place::Log { .. } => Lost::default(),
        }
    }

    /// The time of this logger's clock.
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn make_room(&self, window: &mut Window) {
        let Some(dir) = self.auto_export_path.as_ref().filter(|_| self.enable_rotation) else {
            return window.pop(true);
        };
        let over = window.len() - self.max_events;
        let is_time = over.is_multiple_of((self.max_events / TRY_AGAIN_SHARE).max(1));
        if is_time {
            let events: Vec<_> = window.all().into_iter().map(AuditEvent::of_slot).collect();
            if export::rotate(&events, window.lost, self.world.now(), dir).is_ok() {
                return window.clear();
            }
        }
        // The directory may be back in a moment; a bound is a bound.
        if window.len() >= self.max_events * 2 {
            window.pop(true);
        }
    }

    /// Counts an event of the log; exports the last ones when there are enough.
    fn count_one(&self) -> Result<(), Error> {
        let (Place::Log { since, .. }, Some(dir)) = (&self.place, &self.auto_export_path) else {
            return Ok(());
        };
        let mut since = lock(since);
        *since += 1;
        if *since < self.max_events || !self.enable_rotation {
            return Ok(());
        }
        *since = 0;
        drop(since);
        let events = self.query_events(&EventQuery::default())?;
        let last = events.len().saturating_sub(self.max_events);
        let last = events.get(last..).unwrap_or_default();
        export::rotate(last, Lost::default(), self.world.now(), dir).map(|_| ())
    }
}

/// How many events, how they ended, how long they took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Events.
    pub total_events: u64,
    /// Share of those that worked, from 0 to 1; 0 if none ended.
    pub success_rate: f64,
    /// Their average duration in milliseconds; 0 if none was told.
    pub avg_duration_ms: f64,
    /// Events by operation.
    pub by_operation: BTreeMap<String, u64>,
    /// Events that were lost.
    pub lost: Lost,
}

/// What one user did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserStatistics {
    /// Operations.
    pub total_operations: u64,
    /// When the last one was.
    pub last_activity: Option<Timestamp>,
    /// The operation that occurs most.
    pub most_common_operation: Option<String>,
}

impl UserStatistics {
    fn of(user: UserTally) -> Self {
        Self {
            total_operations: user.calls,
            last_activity: user.last,
            most_common_operation: user.most_common().map(str::to_owned),
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A list that a panicking thread left behind is still a list of whole events.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
