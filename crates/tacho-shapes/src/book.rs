//! What every shape stands on: given drafts, records them; given conditions, reads events back.
//!
//! ```text
//! shape -> Book -> Queue -> Recorder -> the log -> Log -> shape
//!                                          | followers: files for people
//! ```
//!
//! Under a policy whose preset seals, what can be erased is sealed before it reaches a file, and
//! opens for readers who have the keys: [`Book::log`]. Files for people follow what is not sealed.
//!
//! A book is cheap to clone and shared by threads: every clone writes the same log.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tacho_event::dialect::Dialect;
use tacho_event::json::Object;
use tacho_event::privacy::Policy;
use tacho_event::{Draft, TenantId, Timestamp};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::log::{LogEntry, Order, Query};
use tachograph::record::{Queue, QueueSettings, Settings, Ticket};
use tachograph::stop::{Asker, Standing, Stops};
use tachograph::store::{Remote, Store};
use tachograph::vault::Custody;
use tachograph::wal::{Options, Wal};
use tachograph::world::{OsWorld, World};
use tachograph::{Log, Receipt, Recorder};

use crate::error::Error;
use crate::safe::{self, Safe};

/// Events behind the integrated log that a reader overlays before it asks for an integration.
const LIVE_EVENTS_MAX: u64 = 4096;

/// One tenant's log, to write and to read.
#[derive(Clone, Debug)]
pub struct Book {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    queue: Queue,
    store: Store,
    tenant: TenantId,
    world: Arc<dyn World>,
    integrator: Mutex<Integrator>,
    /// None where no directory for keys is known.
    safe: Option<Safe>,
    seals: bool,
}

impl Book {
    /// The book of the default tenant in the store at `dir`, which is made if there is none. A
    /// policy that seals does it with the keys that [`crate::paper::default_keys`] names, unless
    /// `Settings::keys` names others; it makes them for a new store.
    ///
    /// # Errors
    /// Why the directory is no store, or could not be made one; or that there are no keys to seal
    /// with.
    pub fn open(dir: impl AsRef<Path>, policy: Policy) -> Result<Self, Error> {
        Self::open_with(dir, policy, Settings::default(), QueueSettings::default())
    }

    /// Like [`Book::open`], with other settings of the recorder and of its queue.
    ///
    /// # Errors
    /// As [`Book::open`].
    pub fn open_with(
        dir: impl AsRef<Path>,
        policy: Policy,
        settings: Settings,
        queue: QueueSettings,
    ) -> Result<Self, Error> {
        let (files, world) = (Arc::new(OsFiles), Arc::new(OsWorld));
        let store = Store::create(files, world.as_ref(), dir.as_ref(), Remote::Refused)?;
        Self::of(&store, world, policy, settings, queue)
    }

    /// A book in an open store, by the clock of `world`.
    ///
    /// # Errors
    /// Why the opening heartbeat could not be recorded, no thread started, or there are no keys to
    /// seal with.
    pub fn of(
        store: &Store,
        world: Arc<dyn World>,
        policy: Policy,
        settings: Settings,
        queue: QueueSettings,
    ) -> Result<Self, Error> {
        let seals = Custody::seals(policy.preset_of());
        Self::sealing(store, world, policy, settings, queue, seals)
    }

    /// Like [`Book::of`], sealed or not whatever the policy's preset says.
    pub(crate) fn sealing(
        store: &Store,
        world: Arc<dyn World>,
        policy: Policy,
        settings: Settings,
        queue: QueueSettings,
        seals: bool,
    ) -> Result<Self, Error> {
        let tenant = settings.tenant.clone();
        let safe = Safe::of(store, &world, &tenant, settings.keys.as_deref())?;
        let (writer, ring) = safe::keeping(safe.as_ref(), seals)?;
        let wal = Wal::new(store, world.clone(), Options::default());
        let (own, around) = (store.clone(), world.clone());
        let recorder = Recorder::with_writer(own, wal, around, policy, settings, writer)?;
        let queue = Queue::start(recorder, queue).map_err(Error::NoThread)?;
        let mut integrator = Integrator::new(store, world.clone());
        if let Some(ring) = ring {
            integrator = integrator.with_vault(ring);
        }
        let (store, integrator) = (store.clone(), Mutex::new(integrator));
        let inner = Inner { queue, store, tenant, world, integrator, safe, seals };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Records one event and waits until it is as safe as the settings say.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub fn record(&self, draft: Draft) -> Result<Receipt, Error> {
        Ok(self.ticket(draft).wait()?)
    }

    /// Records one event; await the ticket, or wait for it.
    pub fn ticket(&self, draft: Draft) -> Ticket {
        self.inner.queue.record(draft)
    }

    /// Hands one event over; its outcome is counted, not told. False if there was no room.
    pub fn send(&self, draft: Draft) -> bool {
        self.inner.queue.send(draft)
    }

    /// Waits until the outcome of everything handed over before is known.
    pub fn flush(&self) {
        self.inner.queue.flush();
    }

    /// The recorder behind the queue.
    pub fn recorder(&self) -> &Recorder {
        self.inner.queue.recorder()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        self.inner.tenant.as_str()
    }

    /// The clock and the dice.
    pub fn world(&self) -> &Arc<dyn World> {
        &self.inner.world
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.inner.world.now()
    }

    /// The log as it stands now, with everything acknowledged so far. What is sealed in it opens
    /// with the keys, and that somebody looks is recorded before it does; without them it stays
    /// sealed.
    ///
    /// # Errors
    /// What the disk said.
    pub fn log(&self) -> Result<Log, Error> {
        let log = self.sealed_log()?;
        Ok(match &self.inner.safe {
            Some(safe) => safe.looking(log, "log"),
            None => log,
        })
    }

    /// Like [`Book::log`], for who is to see nothing that is sealed.
    ///
    /// # Errors
    /// What the disk said.
    pub fn sealed_log(&self) -> Result<Log, Error> {
        let mut log = Log::of(&self.inner.store, self.tenant())?;
        if log.size() - log.integrated().size() > LIVE_EVENTS_MAX && self.integrate() {
            log.refresh()?;
        }
        Ok(log)
    }

    /// Makes leaves of what is in the WAL, so that readers have less to overlay; true if it did.
    /// Somebody else may be at it: then readers lose nothing but time.
    pub fn integrate(&self) -> bool {
        let integrator = &self.inner.integrator;
        let mut integrator = integrator.lock().unwrap_or_else(PoisonError::into_inner);
        integrator.run(Budget::default()).is_ok()
    }

    /// True if the recorder encrypts what can be erased.
    pub fn seals(&self) -> bool {
        self.inner.seals
    }

    /// What the emergency stop says that forbids this agent or session to go on; none if it may.
    pub fn stopped(&self, agent: Option<&str>, session: Option<&str>) -> Option<String> {
        let tenant = self.tenant();
        let asker = Asker { tenant, agent, parent: None, session };
        match Stops::new(self.store(), self.world().clone()).check(&asker) {
            Standing::Free => None,
            Standing::Stopped(why) => Some(why.to_string()),
            // The recorder's failure policy decides for ordinary actions: it lets them pass and
            // names the gap. An action that is about to be recorded as an intent asks again.
            Standing::Unknown(_) => None,
        }
    }

    /// The draft that a record of a dialect says.
    ///
    /// # Errors
    /// Every problem of the record.
    pub fn read(&self, dialect: &str, record: &Object) -> Result<Draft, Error> {
        let known = Dialect::named(dialect);
        let known = known.ok_or_else(|| Error::Missing { what: "dialect", name: dialect.into() });
        Ok(known?.read_record(record)?)
    }
}

/// The events that meet the conditions, with what may be seen of their content; the recorder's
/// words about itself are left out.
///
/// # Errors
/// What the disk said.
pub fn events(log: &Log, query: Query<'_>, max: usize) -> Result<Vec<Object>, Error> {
    let mut events = Vec::new();
    for entry in log.query(query)? {
        let entry = entry?;
        if !is_own(&entry.leaf) {
            events.push(reveal(log, &entry)?);
        }
        if events.len() >= max {
            break;
        }
    }
    Ok(events)
}

/// Every event of a log from the oldest on.
///
/// # Errors
/// What the disk said.
pub fn all_events(log: &Log) -> Result<Vec<Object>, Error> {
    events(log, Query { order: Order::Oldest, ..Query::default() }, usize::MAX)
}

/// The event that an entry says, with the tenant back in its place.
///
/// # Errors
/// What the disk said.
pub fn reveal(log: &Log, entry: &LogEntry) -> Result<Object, Error> {
    let mut event = log.reveal(entry)?.event;
    if log.tenant() != TenantId::default_tenant().as_str() {
        event.insert("tenant", log.tenant());
    }
    Ok(event)
}

/// True for what the recorder says about itself, and for looks at what is sealed: each question
/// would be among the answers to the next.
pub fn is_own(leaf: &Object) -> bool {
    let action = leaf.object("action");
    let member = |name: &str| action.and_then(|action| action.str(name));
    member("type") == Some("system") || member("name") == Some("tacho.reveal")
}

/// The text at a pointer of an event.
pub(crate) fn text<'e>(event: &'e Object, pointer: &str) -> Option<&'e str> {
    event.at(pointer).and_then(|value| value.as_str())
}

/// The record of an event in a dialect; nothing of what the dialect does not know.
pub(crate) fn write(dialect: &str, event: &Object) -> Object {
    Dialect::named(dialect).map(|dialect| dialect.write(event)).unwrap_or_default()
}
