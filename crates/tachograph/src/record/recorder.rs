//! Steps 2 to 4 of the journey: check, protect, append. Nobody else appends events.

use super::beat::{Beat, Counts, beat, clock_step};
use super::error::RecordError;
use super::failure::{FailurePolicy, OnFailure, Risk};
use super::heed::{answer, refusal};
use super::losses::{Loss, LossReason, Losses};
use super::receipt::{Ack, Fate, Receipt};
use super::run::Run;
use crate::files::OsFiles;
use crate::stop::Why;
use crate::store::{Remote, Store};
use crate::vault::OpenGrants;
use crate::wal::{Patience, Wal};
use crate::world::{OsWorld, World};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacho_event::json::Value;
use tacho_event::privacy::{Entry, Policy, Protected, StandIns};
use tacho_event::{Draft, EventId, TenantId, Timestamp, random, uuid_text, uuid_v7};
use tacho_tree::{Hash, leaf_hash};

/// How a recorder works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The tenant of events that name none; an event that names another one is refused.
    pub tenant: TenantId,
    /// What an event has survived when `record` returns.
    pub ack: Ack,
    /// What happens to actions that cannot be recorded.
    pub failure: FailurePolicy,
    /// How long to wait for the store's lock.
    pub patience: Patience,
    /// `origin.source` of events that name none: `library`, `http`, `hook:claude_code`.
    pub source: String,
    /// Numbers events that are not numbered, under a random `origin.emitter`, so that a hole shows.
    pub number: bool,
    /// Records heartbeats when it opens, every hour and when it closes: for long-lived recorders.
    pub beat: bool,
    /// Appends nothing and leaves every event in the spool: for a store that only collects for
    /// another, which drains the files that are moved to its own spool.
    pub spool_only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tenant: TenantId::default_tenant(),
            ack: Ack::Disk,
            failure: FailurePolicy::default(),
            patience: Patience::Server,
            source: "library".to_owned(),
            number: true,
            beat: true,
            spool_only: false,
        }
    }
}

/// Records events in one store; shared by threads, beside any number of others.
#[derive(Debug)]
pub struct Recorder {
    store: Store,
    pub(super) wal: Wal,
    pub(super) world: Arc<dyn World>,
    policy: Policy,
    pub(super) settings: Settings,
    stand_ins: StandIns,
    emitter: String,
    next_seq: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) grants: OpenGrants,
    pub(super) batches: u64,
    pub(super) losses: Losses,
    pub(super) counts: Counts,
    latest: Timestamp,
    next_beat: Option<Timestamp>,
}

/// An event on its way: checked and protected, or dropped by a rule.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) made: Made,
    pub(super) tenant: TenantId,
    pub(super) id: EventId,
    pub(super) on_failure: OnFailure,
    /// The stop that forbids what it tells of.
    pub(super) stop: Option<Why>,
}

#[derive(Debug)]
pub(super) enum Made {
    Entry { entry: Box<Entry>, record_id: [u8; 16], leaf_hash: Hash },
    Dropped { rule: Option<usize> },
}

impl Recorder {
    /// A recorder on the store in the directory `dir`, which is made if there is none, with the
    /// settings of a program that records its own agents.
    ///
    /// ```no_run
    /// use tachograph::Recorder;
    /// use tacho_event::{Draft, privacy::Policy};
    /// let recorder = Recorder::open("audit", Policy::default())?;
    /// let draft = Draft::new(tacho_event::ActionType::Tool, "Bash")
    ///     .with("agent.id", "ops/release-manager")
    ///     .with("action.tool.parameters.command", "git log --oneline -10");
    /// let receipt = recorder.record(draft)?;
    /// assert!(receipt.fate.is_kept());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Why the directory is no store and could not be made one, or could not be written.
    pub fn open(dir: impl AsRef<Path>, policy: Policy) -> Result<Self, RecordError> {
        Self::open_with(dir, policy, Settings::default())
    }

    /// Like [`Recorder::open`], with other settings.
    ///
    /// # Errors
    /// Why the directory is no store and could not be made one, or could not be written.
    pub fn open_with(
        dir: impl AsRef<Path>,
        policy: Policy,
        settings: Settings,
    ) -> Result<Self, RecordError> {
        let (files, world) = (Arc::new(OsFiles), Arc::new(OsWorld));
        let store = Store::create(files, world.as_ref(), dir.as_ref(), Remote::Refused)
            .map_err(RecordError::NotOpened)?;
        let wal = Wal::new(&store, world.clone(), crate::wal::Options::default());
        Self::new(store, wal, world, policy, settings)
    }

    /// A recorder on `store`.
    ///
    /// # Errors
    /// Why the opening heartbeat could not be recorded.
    pub fn new(
        store: Store,
        wal: Wal,
        world: Arc<dyn World>,
        policy: Policy,
        settings: Settings,
    ) -> Result<Self, RecordError> {
        let emitter = format!("r-{}", uuid_text(random(world.as_ref())));
        let recorder = Self {
            store,
            wal,
            world,
            policy,
            settings,
            stand_ins: StandIns::new(),
            emitter,
            next_seq: AtomicU64::new(0),
            state: Mutex::default(),
        };
        if recorder.settings.beat {
            recorder.beat(Beat::Open)?;
        }
        Ok(recorder)
    }

    /// Records one event, as safe as the settings say.
    ///
    /// # Errors
    /// Every problem of the draft, or why the store could not take it.
    pub fn record(&self, draft: Draft) -> Result<Receipt, RecordError> {
        self.record_as(draft, self.settings.ack)
    }

    /// Records one event, as safe as `ack` says.
    ///
    /// # Errors
    /// Every problem of the draft, or why the store could not take it.
    pub fn record_as(&self, draft: Draft, ack: Ack) -> Result<Receipt, RecordError> {
        let mut outcomes = self.record_all(vec![draft], ack);
        // One draft, one outcome.
        outcomes.pop().unwrap_or(Err(RecordError::Unsupported("a batch without events")))
    }

    /// Records several events in this order, with one append and one sync. Each has an outcome of
    /// its own; a draft with problems keeps no other from being recorded.
    pub fn record_all(&self, drafts: Vec<Draft>, ack: Ack) -> Vec<Result<Receipt, RecordError>> {
        let prepared = drafts.into_iter().map(|draft| self.prepare(draft)).collect();
        self.write(prepared, ack, || ())
    }

    /// The store it records in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The policy it protects with.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What it recorded, dropped and lost since it was opened.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Says that this recorder closes. Dropping it says so too, but cannot tell of a failure.
    ///
    /// # Errors
    /// Why the heartbeat could not be recorded.
    pub fn close(self) -> Result<(), RecordError> {
        self.closing_beat()
    }

    /// Notes events that were lost before they reached this recorder; a `gap` event will name them.
    pub fn note_loss(&self, reason: LossReason, count: u64) {
        let now = self.world.now();
        let mut state = self.state();
        state.losses.note(Loss { reason, count, first: now, last: now });
        state.counts.lost += count;
    }

    /// Records an hourly heartbeat if one is due; whoever lives long calls this now and then.
    ///
    /// # Errors
    /// Why the heartbeat could not be recorded.
    pub fn beat_if_due(&self) -> Result<(), RecordError> {
        let due = self.state().next_beat.is_some_and(|next| next <= self.world.now());
        if due { self.beat(Beat::Running) } else { Ok(()) }
    }

    /// Heeds stops, checks and protects; the part of recording that needs no lock.
    pub(super) fn prepare(&self, mut draft: Draft) -> Result<Prepared, RecordError> {
        let stop = self.heed(&mut draft);
        match self.protect(draft) {
            Ok(prepared) => Ok(Prepared { stop, ..prepared }),
            Err(error) => Err(refusal(stop, error)),
        }
    }

    fn protect(&self, draft: Draft) -> Result<Prepared, RecordError> {
        let on_failure = self.settings.failure.of(Risk::of(&draft));
        let draft = self.with_origin(draft);
        let world = self.world.as_ref();
        let event = draft.check(&world).map_err(RecordError::Refused)?;
        let tenant = match event.tenant() {
            Some(named) if *named != self.settings.tenant => {
                return Err(RecordError::ForeignTenant {
                    named: named.clone(),
                    ours: self.settings.tenant.clone(),
                });
            }
            _ => self.settings.tenant.clone(),
        };
        let id = event.id().clone();
        let protected = self
            .policy
            .apply(event, &self.stand_ins, &world)
            .map_err(|problem| RecordError::Refused(vec![problem]))?;
        Ok(match protected {
            Protected::Dropped { rule } => {
                Prepared { made: Made::Dropped { rule }, tenant, id, on_failure, stop: None }
            }
            Protected::Entry(entry) => {
                let record_id = uuid_v7(world.now(), random(&world));
                let (id, leaf_hash) = (entry.id().clone(), leaf_hash(entry.leaf()));
                let made = Made::Entry { entry, record_id, leaf_hash };
                Prepared { made, tenant, id, on_failure, stop: None }
            }
        })
    }

    /// Appends what was prepared, and what is due of our own; gives each its outcome, in order.
    /// Calls `appended` when all have their place in the log, before they are synced.
    pub(super) fn write(
        &self,
        prepared: Vec<Result<Prepared, RecordError>>,
        ack: Ack,
        appended: impl FnOnce(),
    ) -> Vec<Result<Receipt, RecordError>> {
        if ack == Ack::Witnessed {
            appended();
            let refuse = |_| Err(RecordError::Unsupported("an ack `witnessed`, without anchors"));
            return prepared.into_iter().map(refuse).collect();
        }
        let mut outcomes = Vec::with_capacity(prepared.len());
        let mut run = Run::new(self, ack);
        run.own(self.due());
        for one in prepared {
            match one {
                Err(error) => outcomes.push(Err(error)),
                Ok(Prepared { made: Made::Dropped { rule }, tenant, id, stop, .. }) => {
                    self.state().counts.dropped += 1;
                    let receipt = receipt(tenant, id, None, Fate::Dropped(rule));
                    outcomes.push(answer(stop, Ok(receipt)));
                }
                Ok(one) => {
                    run.push(one, outcomes.len());
                    // Filled when its batch is appended.
                    outcomes.push(Err(RecordError::Unsupported("an event without a batch")));
                }
            }
        }
        run.flush();
        appended();
        for (slot, outcome) in run.finish() {
            if let Some(place) = outcomes.get_mut(slot) {
                *place = outcome;
            }
        }
        outcomes
    }

    /// Our own events that are due: gaps, and a clock that went back.
    fn due(&self) -> Vec<(Draft, Option<Loss>)> {
        let now = self.world.now();
        let mut state = self.state();
        let mut due = Vec::new();
        if state.losses.any() {
            let losses = state.losses.take();
            due.extend(losses.into_iter().map(|(loss, gap)| (gap, Some(loss))));
        }
        let latest = state.latest;
        state.latest = latest.max(now);
        // A second is more than clocks are slewed by, and less than anybody sets one back.
        if now.micros() + 1_000_000 < latest.micros() {
            state.latest = now;
            due.push((clock_step(latest, now), None));
        }
        due
    }

    fn with_origin(&self, mut draft: Draft) -> Draft {
        if draft.at("/origin/source").is_none() {
            draft.set("origin.source", self.settings.source.as_str());
        }
        if self.settings.number && draft.at("/origin/seq").is_none() {
            draft.set("origin.emitter", self.emitter.as_str());
            draft.set("origin.seq", Value::from(self.next_seq.fetch_add(1, Ordering::Relaxed)));
        }
        draft
    }

    fn beat(&self, kind: Beat) -> Result<(), RecordError> {
        let now = self.world.now();
        let counts = self.counts();
        self.record_as(beat(&self.emitter, kind, counts, now), Ack::Os)?;
        let next = (kind != Beat::Close).then(|| now.plus(super::beat::BEAT_EVERY));
        self.state().next_beat = next;
        Ok(())
    }

    fn closing_beat(&self) -> Result<(), RecordError> {
        if self.settings.beat && self.state().next_beat.is_some() {
            self.beat(Beat::Close)?;
        }
        Ok(())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Counters that a panicking thread left behind are still counters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // The next recorder's heartbeat, or its absence, tells what this one cannot.
        let _ = self.closing_beat();
    }
}

pub(super) fn receipt(
    tenant: TenantId,
    id: EventId,
    leaf_hash: Option<Hash>,
    fate: Fate,
) -> Receipt {
    Receipt { tenant, id, leaf_hash, fate, conflict_of: None }
}
