//! Steps 2 to 4 of the journey: check, protect, append. Nobody else appends events.

use super::beat::{Beat, Counts, beat};
use super::call::Call;
use super::convoy::{Convoy, Way};
use super::error::RecordError;
use super::failure::{FailurePolicy, OnFailure, WhenFull};
use super::heed::answer;
use super::losses::{LossReason, Losses};
use super::numbers::{Numbering, Numbers};
use super::once::{Claim, Once};
use super::quota::Quota;
use super::receipt::{Ack, Fate, Receipt};
use super::run::Run;
use crate::anchor::Witnessing;
use crate::files::OsFiles;
use crate::idempotency::Window;
use crate::integrate::{Integrator, WriteBehind};
use crate::limits::LED_DRAFTS_MAX;
use crate::log::Log;
use crate::sign::Signer;
use crate::stop::Why;
use crate::store::{Remote, Store};
use crate::vault::{Custody, Writer};
use crate::wal::{Batch, Patience, Wal};
use crate::world::{OsWorld, World};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tacho_event::privacy::{Entry, Policy, StandIns};
use tacho_event::{Draft, EventId, TenantId, Timestamp};
use tacho_tree::Hash;

/// Batches that wait for their next use, and how large they may be.
const SPARES_MAX: usize = 4;
const SPARE_BYTES_MAX: usize = 4 << 20;

/// How a recorder works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The tenant of events that name none; an event that names another one is refused.
    pub tenant: TenantId,
    /// What an event has survived when `record` returns.
    pub ack: Ack,
    /// What happens to actions that cannot be recorded.
    pub failure: FailurePolicy,
    /// What happens to events that a full disk has no room for.
    pub when_full: WhenFull,
    /// How long to wait for the store's lock.
    pub patience: Patience,
    /// `origin.source` of events that name none: `library`, `http`, `hook:claude_code`.
    pub source: String,
    /// Who numbers events that are not numbered, so that a hole shows.
    pub numbering: Numbering,
    /// Records heartbeats when it opens, every hour and when it closes, keeps the reserve and tells
    /// of findings: for long-lived recorders.
    pub beat: bool,
    /// What is done so that an event whose client submits it again is there once.
    pub once: Once,
    /// Records bytes that are no JSON as they came, instead of refusing them: for recorders whose
    /// source nobody can ask again.
    pub keep_unreadable: bool,
    /// Asked how much the tenant may still write.
    pub quota: Option<Arc<dyn Quota>>,
    /// The directory of the store's keys, outside it: needed by [`Recorder::open`] under terms that
    /// seal, which makes keys there for a new store.
    pub keys: Option<PathBuf>,
    /// Has events seen by witnesses, for the ack `witnessed`.
    pub witnessing: Option<Arc<dyn Witnessing>>,
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
            when_full: WhenFull::default(),
            patience: Patience::Server,
            source: "library".to_owned(),
            numbering: Numbering::Own,
            beat: true,
            once: Once::Off,
            keep_unreadable: false,
            quota: None,
            keys: None,
            witnessing: None,
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
    pub(super) policy: Policy,
    pub(super) settings: Settings,
    pub(super) stand_ins: StandIns,
    pub(super) numbers: Numbers,
    pub(super) window: Option<Mutex<Window>>,
    state: Mutex<State>,
    pub(super) convoy: Calls,
    /// Last, so that it sees the closing heartbeat.
    behind: Option<WriteBehind>,
}

/// Calls with few drafts, each by a credential or none.
type Calls = Convoy<(Draft, Option<Arc<str>>), Result<Receipt, RecordError>>;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) writer: Writer,
    pub(super) batches: u64,
    /// Emptied, for the next calls: fresh memory has to be cleared first.
    pub(super) spare: Vec<Batch>,
    pub(super) losses: Losses,
    pub(super) counts: Counts,
    /// Events of our own that are still to be recorded.
    pub(super) owed: Vec<Draft>,
    /// Until then actions of class `closed` go on unrecorded.
    pub(super) glass: Option<Timestamp>,
    /// The disk is full, and that was said.
    pub(super) full: bool,
    /// The last process that held the lock too long.
    pub(super) stuck: Option<u32>,
    pub(super) latest: Timestamp,
    next_beat: Option<Timestamp>,
}

/// An event on its way: checked and protected, or dropped by a rule.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) made: Made,
    /// It goes without its content, for which there is no room.
    pub(super) bare: bool,
    pub(super) tenant: TenantId,
    pub(super) id: EventId,
    pub(super) on_failure: OnFailure,
    /// It goes on unrecorded because somebody broke the glass.
    pub(super) glass_broken: bool,
    /// Nothing happened yet: if it is not recorded, nothing is lost.
    pub(super) is_intent: bool,
    pub(super) claim: Option<Box<Claim>>,
    /// The id it was submitted under, which another event has.
    pub(super) conflict_of: Option<EventId>,
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

    /// Like [`Recorder::open`], with other settings. A policy of a preset that seals wants
    /// [`Settings::keys`].
    ///
    /// # Errors
    /// Why the directory is no store and could not be made one, or could not be written; or why
    /// there is nothing to seal with.
    pub fn open_with(
        dir: impl AsRef<Path>,
        policy: Policy,
        settings: Settings,
    ) -> Result<Self, RecordError> {
        let (files, world) = (Arc::new(OsFiles), Arc::new(OsWorld));
        let store = Store::create(files, world.as_ref(), dir.as_ref(), Remote::Refused)
            .map_err(RecordError::NotOpened)?;
        let wal = Wal::new(&store, world.clone(), crate::wal::Options::default());
        let preset = policy.preset_of();
        let writer = match &settings.keys {
            None if Custody::seals(preset) => return Err(RecordError::NoKeys),
            None => Writer::default(),
            Some(keys) => {
                let custody = Custody::new(&store, world.clone(), keys);
                let writer = custody.holder(preset, settings.tenant.as_str());
                writer.map_err(|error| RecordError::Vault(Box::new(error)))?
            }
        };
        Self::with_writer(store, wal, world, policy, settings, writer)
    }

    /// A recorder on `store` that does not seal, whatever the policy's preset says:
    /// [`Recorder::with_writer`] does.
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
        Self::with_writer(store, wal, world, policy, settings, Writer::default())
    }

    /// A recorder on `store` whose parts `writer` keeps, sealed or plain.
    ///
    /// # Errors
    /// Why the opening heartbeat could not be recorded.
    pub fn with_writer(
        store: Store,
        wal: Wal,
        world: Arc<dyn World>,
        policy: Policy,
        settings: Settings,
        writer: Writer,
    ) -> Result<Self, RecordError> {
        let numbers = Numbers::new(&settings.numbering, &world.as_ref());
        let window = match settings.once {
            Once::Off => None,
            Once::Marked => Some(Window::marking(&store, world.clone())),
            Once::Asked => Some(Window::open(&store, world.clone())),
        };
        let mut recorder = Self {
            store,
            wal,
            world,
            policy,
            settings,
            stand_ins: StandIns::new(),
            numbers,
            window: None,
            state: Mutex::new(State { writer, ..State::default() }),
            convoy: Convoy::new(),
            behind: None,
        };
        recorder.take_window(window)?;
        if recorder.settings.beat {
            recorder.keep_reserve();
            recorder.beat(Beat::Open)?;
            // What cannot be told now is told with the next beat.
            let _ = recorder.tell_findings();
        }
        Ok(recorder)
    }

    /// Integrates behind what it records, on a thread of its own that ends with this recorder; with
    /// a signer, signs behind it. For programs and servers: without it, whoever reads or runs a
    /// command integrates.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn write_behind(
        mut self,
        integrator: Integrator,
        signer: Option<Signer>,
    ) -> std::io::Result<Self> {
        self.behind = Some(WriteBehind::start(integrator, signer)?);
        Ok(self)
    }

    /// The thread that integrates behind it, if there is one.
    pub fn behind(&self) -> Option<&WriteBehind> {
        self.behind.as_ref()
    }

    /// The log it records in as it stands now: with everything that was acknowledged, integrated or
    /// not. [`Log::refresh`] goes on to what is recorded later.
    ///
    /// # Errors
    /// What the disk said, or that the tenant's state is damaged.
    pub fn log(&self) -> Result<Log, crate::Error> {
        Log::of(&self.store, self.settings.tenant.as_str())
    }

    /// Records one event, as safe as the settings say.
    ///
    /// # Errors
    /// Every problem of the draft, or why the store could not take it.
    pub fn record(&self, draft: Draft) -> Result<Receipt, RecordError> {
        self.record_as(draft, self.settings.ack)
    }

    /// Records one event, as safe, and in whose name, as `call` says.
    ///
    /// # Errors
    /// Every problem of the draft, or why the store could not take it.
    pub fn record_as<'c>(
        &self,
        draft: Draft,
        call: impl Into<Call<'c>>,
    ) -> Result<Receipt, RecordError> {
        let mut outcomes = self.record_all(vec![draft], call);
        // One draft, one outcome.
        outcomes.pop().unwrap_or(Err(RecordError::Unsupported("a batch without events")))
    }

    /// Records several events in this order, with one append and one sync. Each has an outcome of
    /// its own; a draft with problems keeps no other from being recorded.
    pub fn record_all<'c>(
        &self,
        drafts: Vec<Draft>,
        call: impl Into<Call<'c>>,
    ) -> Vec<Result<Receipt, RecordError>> {
        let Call { ack, credential } = call.into();
        if ack == Ack::Disk && (1..=LED_DRAFTS_MAX).contains(&drafts.len()) {
            return self.record_few(drafts, credential);
        }
        let drafts = drafts.into_iter().map(|draft| (draft, credential));
        self.write(self.prepare_all(drafts), ack, || ())
    }

    /// Records a few drafts durably; where many callers do, one of them for several.
    fn record_few(
        &self,
        drafts: Vec<Draft>,
        credential: &str,
    ) -> Vec<Result<Receipt, RecordError>> {
        let count = drafts.len();
        let pack = |draft| (draft, (!credential.is_empty()).then(|| Arc::from(credential)));
        match self.convoy.join(drafts.into_iter(), pack) {
            Way::Straight(_seat, drafts) => {
                let drafts = drafts.map(|draft| (draft, credential));
                self.write(self.prepare_all(drafts), Ack::Disk, || ())
            }
            Way::Lead(lead, drafts) => {
                let drafts = drafts.into_iter().map(|(draft, by)| (draft, by.unwrap_or_default()));
                lead.tell(self.write(self.prepare_all(drafts), Ack::Disk, || ()))
            }
            Way::Led(Some(outcomes)) => outcomes,
            Way::Led(None) => {
                self.note_loss(LossReason::Abandoned, count as u64);
                (0..count).map(|_| Err(RecordError::Abandoned)).collect()
            }
        }
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

    /// Records an hourly heartbeat if one is due; whoever lives long calls this now and then.
    ///
    /// # Errors
    /// Why the heartbeat could not be recorded.
    pub fn beat_if_due(&self) -> Result<(), RecordError> {
        let due = self.state().next_beat.is_some_and(|next| next <= self.world.now());
        if !due {
            return Ok(());
        }
        self.keep_reserve();
        let _ = self.tell_findings();
        self.beat(Beat::Running)
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
            let outcomes = self.write(prepared, Ack::Disk, appended);
            return self.have_witnessed(outcomes);
        }
        let mut outcomes = Vec::with_capacity(prepared.len());
        let mut run = Run::new(self, ack, prepared.len());
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
        if let Some(behind) = &self.behind {
            behind.nudge();
        }
        outcomes
    }

    fn beat(&self, kind: Beat) -> Result<(), RecordError> {
        let now = self.world.now();
        let counts = self.counts();
        self.record_as(beat(&self.numbers.emitter, kind, counts, now), Ack::Os)?;
        let next = (kind != Beat::Close).then(|| now.plus(super::beat::BEAT_EVERY));
        self.state().next_beat = next;
        Ok(())
    }

    fn closing_beat(&self) -> Result<(), RecordError> {
        if self.settings.beat && self.state().next_beat.is_some() {
            self.beat(Beat::Close)?;
        }
        self.cover_window();
        Ok(())
    }

    /// A new batch and its number.
    pub(super) fn begin_batch(&self) -> (u64, Batch) {
        let mut state = self.state();
        state.batches += 1;
        (state.batches, state.spare.pop().unwrap_or_default())
    }

    /// The number of a new batch.
    pub(super) fn next_batch(&self) -> u64 {
        let mut state = self.state();
        state.batches += 1;
        state.batches
    }

    /// Keeps the memory of a batch for the next, if it is not much.
    pub(super) fn keep_spare(&self, mut batch: Batch) {
        batch.clear();
        let spare = &mut self.state().spare;
        if batch.room() <= SPARE_BYTES_MAX && spare.len() < SPARES_MAX {
            spare.push(batch);
        }
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
    Receipt { tenant, id, leaf_hash, fate, conflict_of: None, witnessed: None }
}
