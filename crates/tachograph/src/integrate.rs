//! Given the WAL, gives every tenant's log: leaves, tree, parts, index, state.
//!
//! 1. Take `integrate.lock`; move the spool into the WAL.
//! 2. Read frames behind `integrated`; what is not whole is judged by [`crate::wal::Wal::recover`].
//! 3. Read each frame again (`gate`); one that fails is kept in the quarantine. Of one that its
//!    client submitted before, a leaf is left that says so (`repeat`).
//! 4. Make the WAL durable as far as it was read.
//! 5. Give each tenant its leaves, nodes and parts (`tenant`), and make them durable; then each
//!    tenant's `state`; then `integrated`; then let the index follow.
//! 6. Whole segments behind `integrated` may go.
//!
//! A crash anywhere leaves a state and the frames behind it: the next run does the same again.
//! Nothing is signed here.

mod behind;
mod gate;
mod haul;
mod recent;
mod refuse;
mod repeat;
mod restore;
mod tenant;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::{Files, Point};
use crate::idempotency::Window;
use crate::index::Effort;
use crate::integrated;
use crate::limits::{
    AHEAD_STEP_BYTES, CHUNK_BYTES_MAX, CHUNK_FRAMES_MAX, ERASE_WAITS_MAX, INTEGRATE_WAIT_MICROS,
    TENANTS_OPEN_MAX,
};
use crate::store::Store;
use crate::vault::{Rewrapper, SharedRing};
use crate::wal::scan::Judge;
use crate::wal::{
    AppendError, Damage, Item, Options, Patience, Position, Record, Wal, Walk, last_noted,
};
use crate::world::World;

pub use behind::{Trouble, WriteBehind};
use gate::Passed;
pub use gate::Refusal;
pub(crate) use gate::check;
use haul::Haul;
pub(crate) use recent::Recent;
pub(crate) use repeat::{Duplicate, Repeats};
use tenant::TenantLog;

/// How much one run may do.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Frames after which the run ends.
    pub frames: usize,
    /// Time after which it ends, by the world's clock: none for as long as there is work.
    pub micros: Option<i64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { frames: usize::MAX, micros: None }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Frames that became leaves.
    pub leaves: u64,
    /// Frames that had come before, by record id.
    pub duplicates: u64,
    /// Events that their client submitted again: leaves that only say so.
    pub repeated: u64,
    /// Frames that were refused and lie in the quarantine.
    pub refused: u64,
    /// Frames that came after keys of theirs were destroyed: their leaves stand, and a finding
    /// tells. Who integrates without keys cannot know.
    pub unopened: u64,
    /// Damage met in the WAL.
    pub damages: Vec<Damage>,
    /// The tenants that got leaves, each once.
    pub tenants: Vec<String>,
    /// Where the next run goes on.
    pub position: Position,
    /// Whether the end of the WAL was reached.
    pub is_done: bool,
}

impl Outcome {
    fn note_leaf(&mut self, tenant: &str) {
        self.leaves += 1;
        if self.tenants.last().is_some_and(|last| last == tenant) {
            return;
        }
        self.tenants.push(tenant.to_owned());
        // Bounded: names repeat only where tenants take turns.
        if self.tenants.len() > 2 * TENANTS_OPEN_MAX {
            self.tenants.sort_unstable();
            self.tenants.dedup();
        }
    }
}

/// Why a run ended early; what it did before stays done.
#[derive(Debug)]
#[non_exhaustive]
pub enum IntegrateError {
    /// Somebody else integrates.
    Busy,
    /// The WAL could not be recovered, or the spool not drained.
    Wal(AppendError),
    /// The disk refused, or a tenant's log is damaged.
    Store(Error),
}

impl fmt::Display for IntegrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => write!(f, "somebody else integrates"),
            Self::Wal(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for IntegrateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Busy => None,
            Self::Wal(error) => error.source(),
            Self::Store(error) => error.source(),
        }
    }
}

impl From<Error> for IntegrateError {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<AppendError> for IntegrateError {
    fn from(error: AppendError) -> Self {
        Self::Wal(error)
    }
}

/// Turns the WAL of one store into logs. Keeps files open between runs, the lock only within one.
#[derive(Debug)]
pub struct Integrator {
    store: Store,
    world: Arc<dyn World>,
    wal: Wal,
    lock: Exclusive,
    tenants: HashMap<String, TenantLog>,
    recent: Recent,
    repeats: Repeats,
    haul: Haul,
    /// Seals again what writers could seal to the master alone.
    vault: Option<Rewrapper>,
    /// Where this integrator's own last run ended.
    reached: Position,
    /// Whether the end of the WAL was judged under the lock since this integrator began.
    judged: bool,
}

impl Integrator {
    /// An integrator of `store`; touches nothing yet.
    pub fn new(store: &Store, world: Arc<dyn World>) -> Self {
        Self {
            store: store.clone(),
            wal: Wal::new(store, world.clone(), Options::default()),
            world,
            lock: Exclusive::new(store.places().integrate_lock(), Point::IntegrateLock),
            tenants: HashMap::new(),
            recent: Recent::default(),
            repeats: Repeats::default(),
            haul: Haul::default(),
            vault: None,
            reached: Position::START,
            judged: false,
        }
    }

    /// Seals parts to days and people that short-lived writers could seal to the master alone.
    #[must_use]
    pub fn with_vault(mut self, ring: SharedRing) -> Self {
        self.vault = Some(Rewrapper::new(ring, self.world.clone()));
        self
    }

    /// Integrates what is there, as far as the budget goes.
    ///
    /// # Errors
    /// Why it ended early. Everything it holds in memory is dropped: the next run reads anew.
    pub fn run(&mut self, budget: Budget) -> Result<Outcome, IntegrateError> {
        match self.lock.take(self.store.files().as_ref(), INTEGRATE_WAIT_MICROS)? {
            Taken::No => return Err(IntegrateError::Busy),
            Taken::Again | Taken::Anew => {}
        }
        let outcome = self.run_locked(budget);
        if outcome.is_err() {
            self.forget();
        }
        self.lock.give_back();
        outcome
    }

    /// Keeps some zeros ahead of who appends ([`Wal::fill_ahead`]): what a command does when it has
    /// integrated, which nothing depends on.
    ///
    /// # Errors
    /// Why it could not be done.
    pub fn fill_ahead(&self) -> Result<(), AppendError> {
        self.wal.fill_ahead(self.reached, AHEAD_STEP_BYTES, || false)
    }

    /// The same for a program that stays: all of the segment as long as it `is_idle`; then, once
    /// half of that is used, the next one, as long as it `stays`. A disk that is busy with frames
    /// would only be slower for more zeros.
    fn fill_far_ahead(
        &self,
        is_idle: impl Fn() -> bool,
        stays: impl Fn() -> bool,
    ) -> Result<(), AppendError> {
        let whole = self.wal.segment_bytes();
        self.wal.fill_ahead(self.reached, whole, &is_idle)?;
        if self.reached.offset > whole / 2 && is_idle() {
            self.wal.prepare_next(stays)?;
        }
        Ok(())
    }

    /// Deletes the segments of the WAL that are integrated; gives their number.
    ///
    /// # Errors
    /// What the disk said.
    pub fn retire(&mut self) -> Result<usize, IntegrateError> {
        match self.lock.take(self.store.files().as_ref(), INTEGRATE_WAIT_MICROS)? {
            Taken::No => return Err(IntegrateError::Busy),
            Taken::Again | Taken::Anew => {}
        }
        let retired = self.wal.retire();
        self.lock.give_back();
        Ok(retired?)
    }

    /// Runs `work` while nobody else integrates; what it knows is forgotten afterwards.
    pub(crate) fn exclusively<T, E: From<IntegrateError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let files = self.store.files().clone();
        let mut waited = 0;
        loop {
            let taken = self.lock.take(files.as_ref(), INTEGRATE_WAIT_MICROS);
            match taken.map_err(IntegrateError::from)? {
                Taken::No if waited < ERASE_WAITS_MAX => waited += 1,
                Taken::No => return Err(IntegrateError::Busy.into()),
                Taken::Again | Taken::Anew => break,
            }
        }
        self.forget();
        let outcome = work(self);
        self.forget();
        self.lock.give_back();
        outcome
    }

    /// Closes the segment that is written to, integrates everything, and gives where that ends; the
    /// caller holds the lock ([`Integrator::exclusively`]).
    pub(crate) fn run_whole(&mut self) -> Result<Outcome, IntegrateError> {
        self.wal.rotate(Patience::Server)?;
        self.run_locked(Budget::default())
    }

    /// The WAL it reads.
    pub(crate) fn wal(&self) -> &Wal {
        &self.wal
    }

    fn forget(&mut self) {
        self.vault.as_mut().into_iter().for_each(Rewrapper::forget);
        self.tenants.clear();
        self.recent = Recent::default();
        self.repeats = Repeats::default();
        self.reached = Position::START;
    }

    fn run_locked(&mut self, budget: Budget) -> Result<Outcome, IntegrateError> {
        let started = self.world.now();
        let files = self.store.files().clone();
        // A position that cannot be read is no position: each tenant's own state tells.
        let integrated = match integrated::read(files.as_ref(), self.store.places()) {
            Err(Error::Damaged { .. }) => Position::START,
            outcome => outcome?,
        };
        if integrated != self.reached {
            self.forget();
            self.reached = integrated;
        }
        self.tenants.retain(|_, tenant| tenant.is_current(files.as_ref()));
        let drained = self.wal.drain(integrated)?;
        if drained.moved + drained.duplicates > 0 {
            self.recent.fill(&self.store, integrated)?;
        }
        let mut outcome = Outcome { position: integrated, ..Outcome::default() };
        let mut taken = 0;
        while !outcome.is_done && taken < budget.frames {
            let late =
                |micros| self.world.now().micros().saturating_sub(started.micros()) >= micros;
            if taken > 0 && budget.micros.is_some_and(late) {
                break;
            }
            let frames = CHUNK_FRAMES_MAX.min(budget.frames - taken);
            let effort = if budget.micros.is_none() { Effort::ALL } else { Effort::LITTLE };
            taken += self.chunk(integrated, frames, effort, &mut outcome)?;
        }
        outcome.tenants.sort_unstable();
        outcome.tenants.dedup();
        Ok(outcome)
    }

    /// Integrates one chunk, whole; gives the number of frames it took.
    fn chunk(
        &mut self,
        integrated: Position,
        frames: usize,
        effort: Effort,
        outcome: &mut Outcome,
    ) -> Result<usize, IntegrateError> {
        let from = outcome.position;
        let (mut taken, mut bytes) = (0, 0);
        let mut walk = self.wal.follow(from);
        // Whether everything the walk may reach was judged under the lock, and where that ended.
        let (mut is_judged, mut judged_to) = (false, None);
        self.haul.clear();
        while taken < frames && bytes < CHUNK_BYTES_MAX {
            if self.haul.is_full() {
                self.settle(integrated, outcome)?;
            }
            let at = match walk.next_item()? {
                Item::Frame { at, next, record } => {
                    taken += 1;
                    bytes += record.frame_bytes();
                    self.haul.push(at, &record);
                    outcome.position = next;
                    continue;
                }
                Item::Damage(damage) => {
                    outcome.damages.push(damage);
                    outcome.position = walk.position();
                    continue;
                }
                Item::Unclear(at) => at,
                Item::End(at) if is_judged => {
                    is_judged = false;
                    walk = self.wal.follow(at);
                    continue;
                }
                Item::End(at) => {
                    outcome.position = at;
                    // What was noted behind a place that was judged to be the end is there no more,
                    // or not yet: who moved it from a segment that failed died on the way.
                    if judged_to == Some(at) || !self.may_be_hole(at) {
                        outcome.is_done = true;
                        break;
                    }
                    at
                }
            };
            let tail = self.wal.recover(at)?.tail;
            judged_to = Some(tail);
            self.judged = true;
            let (files, places) = (self.store.files().clone(), self.store.places().clone());
            walk = Walk::new(files, places, at, Judge::Holding).until(tail);
            is_judged = true;
        }
        drop(walk);
        self.settle(integrated, outcome)?;
        self.commit(from, outcome.position, effort)?;
        Ok(taken)
    }

    /// Whether frames may stand behind zeros at the end. A power cut leaves such holes, and those
    /// who append after it pass over them; as long as the machine runs there are no new ones.
    fn may_be_hole(&self, end: Position) -> bool {
        let (files, places) = (self.store.files().as_ref(), self.store.places());
        match last_noted(files, &places.wal_lock()) {
            Some(last) => last >= end,
            None => !self.judged,
        }
    }

    /// Gives the tenants the frames that were hauled.
    fn settle(&mut self, integrated: Position, outcome: &mut Outcome) -> Result<(), Error> {
        let Self { store, tenants, recent, repeats, haul, vault, .. } = self;
        let vault = vault.as_mut();
        let mut desk = Desk { store, tenants, recent, repeats, integrated, vault };
        haul.tell(|at, record, passed| desk.take(at, record, passed, outcome))?;
        haul.clear();
        Ok(())
    }

    /// Makes everything durable, in the order that lets a crash happen anywhere.
    fn commit(
        &mut self,
        from: Position,
        to: Position,
        effort: Effort,
    ) -> Result<(), IntegrateError> {
        let files = self.store.files().clone();
        if from == to {
            return Ok(());
        }
        // A power cut must not take back frames that are leaves already: the log would hold leaves
        // of which the WAL knows nothing, and their places would be given to other frames. So
        // leaves that no state counts are always in the WAL; what is not there was counted once.
        self.wal.sync_read(from, to)?;
        for tenant in self.tenants.values_mut().filter(|tenant| tenant.is_changed()) {
            tenant.flush(files.as_ref())?;
        }
        let mut changed = Vec::new();
        for tenant in self.tenants.values_mut().filter(|tenant| tenant.is_changed()) {
            tenant.commit(files.as_ref(), to)?;
            changed.push(tenant);
        }
        integrated::write(files.as_ref(), self.store.places(), to)?;
        for tenant in changed {
            tenant.index(&files, effort)?;
        }
        self.reached = to;
        if self.repeats.wants_run() {
            self.write_run();
        }
        if self.tenants.len() > TENANTS_OPEN_MAX {
            self.tenants.clear();
        }
        Ok(())
    }

    /// Has the marks that stand in the log written to a sorted run. What cannot be written now is
    /// read from the log again, and tried again after the next chunk.
    fn write_run(&mut self) {
        let window = Window::open(&self.store, self.world.clone());
        let covered = window
            .map_err(AppendError::from)
            .and_then(|mut window| self.wal.cover(&mut window, Patience::Server));
        if covered.is_ok() {
            self.repeats = Repeats::default();
        }
    }
}

/// What it takes to integrate one frame.
struct Desk<'a> {
    store: &'a Store,
    tenants: &'a mut HashMap<String, TenantLog>,
    recent: &'a mut Recent,
    repeats: &'a mut Repeats,
    integrated: Position,
    vault: Option<&'a mut Rewrapper>,
}

impl Desk<'_> {
    fn take(
        &mut self,
        at: Position,
        record: &Record<'_>,
        passed: Result<Passed<'_>, Refusal>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let files: &Arc<dyn Files> = self.store.files();
        if !self.tenants.contains_key(record.tenant) {
            let tenant = TenantLog::open(self.store, record.tenant, self.integrated)?;
            self.tenants.insert(record.tenant.to_owned(), tenant);
        }
        let Some(tenant) = self.tenants.get_mut(record.tenant) else { return Ok(()) };
        if self.recent.is_known(at, &record.record_id) {
            outcome.duplicates += u64::from(at >= tenant.position());
            return Ok(());
        }
        let again = self.repeats.is_repeat(self.store, at, record)?;
        if at < tenant.position() {
            return Ok(());
        }
        let duplicate = if again { Duplicate::of(record) } else { None };
        let passed = match passed {
            Ok(passed) if duplicate.is_none() && !tenant.knows_grants(files, &passed)? => {
                Err(Refusal::Grant)
            }
            passed => passed,
        };
        match (passed, duplicate) {
            (Ok(passed), None) => {
                if let Some(vault) = self.vault.as_deref_mut()
                    && tenant.unopened(record, &passed, vault) > 0
                {
                    refuse::note_unopened(self.store, at)?;
                    outcome.unopened += 1;
                }
                tenant.push(files, record, &passed, self.vault.as_deref_mut())?;
                outcome.note_leaf(record.tenant);
            }
            (Ok(passed), Some(duplicate)) => {
                let record = duplicate.record(record);
                tenant.push(files, &record, &duplicate.passed(passed), None)?;
                outcome.note_leaf(record.tenant);
                outcome.repeated += 1;
            }
            (Err(_), _) => {
                self.repeats.refused(record);
                refuse::keep(self.store, at, record)?;
                outcome.refused += 1;
            }
        }
        Ok(())
    }
}
