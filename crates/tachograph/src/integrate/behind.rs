//! Given an integrator, runs it on a thread of its own behind whoever records, and signs behind it.
//!
//! ```text
//! record -> WAL -> acknowledged -> in the next read    a reader lays the WAL over the leaves
//!              `-> nudge -> leaves, parts, tree, state -> checkpoint   this thread, right after
//! ```
//!
//! So nobody waits for it, and readers have little to lay over. It sleeps until it is nudged, or
//! until a checkpoint is due; it takes the lock for one chunk at a time; when it has caught up it
//! fills ahead of who records; it ends with its owner, having integrated, and signed, what was
//! recorded before.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Budget, IntegrateError, Integrator};
use crate::limits::{BEHIND_TRIES_MAX, CHUNK_FRAMES_MAX};
use crate::sign::{Demand, SignError, Signer};
use crate::wal::AppendError;

/// How long what was not due for a signature yet, or failed, waits for another try.
const AGAIN: Duration = Duration::from_secs(1);

/// What keeps a log from following its WAL.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// Frames stay in the WAL, where they are as safe as they were, and are tried again.
    Integrate(IntegrateError),
    /// A log stays without a newer checkpoint; a refusal needs somebody to look.
    Sign(String, SignError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integrate(error) => write!(f, "{error}"),
            Self::Sign(tenant, error) => write!(f, "log of {tenant} is not signed: {error}"),
        }
    }
}

/// A thread that integrates behind a recorder. Dropping it waits until it caught up.
pub struct WriteBehind {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to do, or it ends.
    wanted: Condvar,
    /// A run ended.
    ran: Condvar,
}

#[derive(Default)]
struct State {
    /// Nudges, and how many of them the last finished run came after.
    nudges: u64,
    served: u64,
    leaves: u64,
    /// The thread is gone: nobody serves what is asked now.
    ended: bool,
    closing: bool,
    trouble: Option<Trouble>,
}

impl fmt::Debug for WriteBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteBehind").finish_non_exhaustive()
    }
}

impl WriteBehind {
    /// Starts the thread; it integrates what is there already. With a signer it signs too.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(integrator: Integrator, signer: Option<Signer>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        shared.lock().nudges = 1;
        let theirs = Ended(shared.clone());
        let unsigned = BTreeSet::new();
        let worker = Worker { integrator, signer, unsigned, failed: false, fills: true };
        let thread = std::thread::Builder::new().name("tacho-integrate".to_owned());
        let thread = thread.spawn(move || worker.run(&theirs.0))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Says that something was appended; never waits.
    pub fn nudge(&self) {
        self.shared.lock().nudges += 1;
        self.shared.wanted.notify_one();
    }

    /// Waits until a run that began after this call has ended; gives what kept it from its end.
    /// Who only reads needs no such wait.
    pub fn catch_up(&self) -> Option<Trouble> {
        let mut state = self.shared.lock();
        state.nudges += 1;
        let goal = state.nudges;
        self.shared.wanted.notify_one();
        while state.served < goal && !state.ended {
            state = wait(&self.shared.ran, state);
        }
        state.trouble.take()
    }

    /// The last trouble, told once.
    pub fn trouble(&self) -> Option<Trouble> {
        self.shared.lock().trouble.take()
    }

    /// Leaves that it made since it began.
    pub fn leaves(&self) -> u64 {
        self.shared.lock().leaves
    }
}

impl Drop for WriteBehind {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.wanted.notify_one();
        // A thread that panicked said so itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Tells those who wait that the thread ended, however it did.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.ran.notify_all();
    }
}

struct Worker {
    integrator: Integrator,
    signer: Option<Signer>,
    /// Tenants with leaves that no checkpoint covers yet.
    unsigned: BTreeSet<String>,
    /// The last run failed: frames wait.
    failed: bool,
    /// Writing ahead did not fail yet.
    fills: bool,
}

impl Worker {
    fn run(mut self, shared: &Shared) {
        while let Some((nudges, closing)) = self.next(shared) {
            let (leaves, mut trouble) = self.integrate(closing);
            self.failed = matches!(trouble, Some(Trouble::Integrate(_)));
            let demand = if closing { Demand::Now } else { Demand::Due };
            trouble = trouble.or(self.sign(demand));
            let mut state = shared.lock();
            state.leaves += leaves;
            state.served = nudges;
            state.trouble = trouble.or(state.trouble.take());
            drop(state);
            shared.ran.notify_all();
            if closing {
                return;
            }
            self.fill_ahead(shared, nudges);
        }
    }

    /// Waits for a nudge, for what is due a second later, or for the end.
    fn next(&self, shared: &Shared) -> Option<(u64, bool)> {
        let mut state = shared.lock();
        loop {
            if state.closing || state.nudges > state.served {
                return Some((state.nudges, state.closing));
            }
            if self.unsigned.is_empty() && !self.failed {
                state = wait(&shared.wanted, state);
                continue;
            }
            let waited = shared.wanted.wait_timeout(state, AGAIN);
            let (next, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timeout.timed_out() {
                return Some((state.nudges, state.closing));
            }
        }
    }

    /// Integrates to the end, a chunk at a time so that others come to their turn.
    fn integrate(&mut self, closing: bool) -> (u64, Option<Trouble>) {
        let mut leaves = 0;
        let mut busy = 0;
        loop {
            match self.integrator.run(Budget { frames: CHUNK_FRAMES_MAX, micros: None }) {
                Ok(outcome) => {
                    leaves += outcome.leaves;
                    if self.signer.is_some() {
                        self.unsigned.extend(outcome.tenants);
                    }
                    // Segments that stay take room and nothing else.
                    let _ = self.integrator.retire();
                    if outcome.is_done {
                        return (leaves, None);
                    }
                    // Under a load that never ends, checkpoints still come when they are due.
                    if let (false, Some(trouble)) = (closing, self.sign(Demand::Due)) {
                        return (leaves, Some(trouble));
                    }
                }
                Err(IntegrateError::Busy) if busy < BEHIND_TRIES_MAX => busy += 1,
                Err(error) => return (leaves, Some(Trouble::Integrate(error))),
            }
        }
    }

    /// Writes zeros ahead of who records, until it is nudged. A disk that refuses is left alone.
    fn fill_ahead(&mut self, shared: &Shared, served: u64) {
        if self.failed || !self.fills {
            return;
        }
        let outcome = self
            .integrator
            .fill_far_ahead(|| shared.lock().is_idle(served), || !shared.lock().closing);
        self.fills = matches!(outcome, Ok(()) | Err(AppendError::Busy(_)));
    }

    fn sign(&mut self, demand: Demand) -> Option<Trouble> {
        let signer = self.signer.as_mut()?;
        let now = self.integrator.world.now();
        let mut trouble = None;
        self.unsigned.retain(|tenant| match signer.sign(tenant, demand, now) {
            Ok(None) => true,
            Ok(Some(_)) => false,
            Err(error) => {
                trouble = Some(Trouble::Sign(tenant.clone(), error));
                // Tried again when there are new leaves.
                false
            }
        });
        trouble
    }
}

impl State {
    /// Whether nothing was asked for since the run that came after `served` nudges.
    fn is_idle(&self, served: u64) -> bool {
        !self.closing && self.nudges == served
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Counters that a panicking thread left behind are still counters.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'m>(condvar: &Condvar, guard: MutexGuard<'m, State>) -> MutexGuard<'m, State> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
