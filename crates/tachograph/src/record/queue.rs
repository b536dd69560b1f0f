//! For programs and servers: drafts go into a bounded queue, threads record them in order.
//!
//! The group commit clocks itself: while one batch is being synced, the next one gathers, so
//! batches grow with the load and a lone event waits for nobody. Checking and protecting run on all
//! threads at once; the threads append in the order in which they took their batches.

use super::error::RecordError;
use super::losses::LossReason;
use super::receipt::{Ack, Receipt};
use super::recorder::Recorder;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;
use tacho_event::Draft;

/// Between two looks at the clock of an idle queue, for heartbeats.
const IDLE: Duration = Duration::from_secs(30);

/// What happens to a draft when the queue is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFull {
    /// The caller waits: nothing is lost.
    #[default]
    Block,
    /// The draft is dropped and a `gap` event will say so: the caller never waits.
    Drop,
}

/// How a queue works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    /// Drafts that may wait.
    pub capacity: usize,
    /// Drafts that are recorded together.
    pub batch_max: usize,
    /// Threads that record.
    pub threads: usize,
    /// What happens when it is full.
    pub on_full: OnFull,
    /// What events have survived when their ticket is fulfilled.
    pub ack: Ack,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            capacity: 16_384,
            batch_max: 1000,
            threads: 2,
            on_full: OnFull::Block,
            ack: Ack::Disk,
        }
    }
}

/// A recorder behind a bounded queue. Dropping it records what still waits.
#[derive(Debug)]
pub struct Queue {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    recorder: Recorder,
    settings: QueueSettings,
    waiting: Mutex<Lane>,
    /// Something waits, or the queue closes.
    filled: Condvar,
    /// There is room again, or a batch was recorded.
    drained: Condvar,
    /// The number of the batch whose turn it is to append.
    turn: Mutex<u64>,
    turned: Condvar,
}

/// A draft, by whose credential it comes, and who wants to know what became of it.
struct Job {
    draft: Draft,
    credential: Option<Arc<str>>,
    keeper: Option<Keeper>,
}

#[derive(Default)]
struct Lane {
    drafts: VecDeque<Job>,
    /// Drafts taken in, and drafts whose outcome is known.
    taken_in: u64,
    settled: u64,
    /// Batches handed to threads.
    batches: u64,
    closed: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts the threads that record with `recorder`.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(recorder: Recorder, settings: QueueSettings) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            recorder,
            settings,
            waiting: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            turn: Mutex::new(0),
            turned: Condvar::new(),
        });
        let mut queue = Self { shared, threads: Vec::new() };
        for number in 0..settings.threads.max(1) {
            let shared = queue.shared.clone();
            let thread = std::thread::Builder::new().name(format!("tacho-record-{number}"));
            queue.threads.push(thread.spawn(move || shared.run())?);
        }
        Ok(queue)
    }

    /// Hands a draft over; its outcome is counted, not told. False if it was dropped because the
    /// queue is full.
    pub fn send(&self, draft: Draft) -> bool {
        self.put(Job { draft, credential: None, keeper: None })
    }

    /// Hands a draft over for a ticket that tells its outcome.
    pub fn record(&self, draft: Draft) -> Ticket {
        self.promise(draft, None)
    }

    /// Like [`Queue::record`], by a credential: within it, an id is one event.
    pub fn record_by(&self, draft: Draft, credential: &Arc<str>) -> Ticket {
        self.promise(draft, Some(credential.clone()))
    }

    fn promise(&self, draft: Draft, credential: Option<Arc<str>>) -> Ticket {
        let promise = Arc::new(Promise::default());
        // A draft that finds no room drops its keeper, and that tells the ticket.
        self.put(Job { draft, credential, keeper: Some(Keeper(promise.clone())) });
        Ticket(promise)
    }

    /// Waits until the outcome of everything handed over before is known.
    pub fn flush(&self) {
        let mut lane = lock(&self.shared.waiting);
        let goal = lane.taken_in;
        while lane.settled < goal {
            lane = wait(&self.shared.drained, lane);
        }
    }

    /// The recorder behind the queue.
    pub fn recorder(&self) -> &Recorder {
        &self.shared.recorder
    }

    fn put(&self, job: Job) -> bool {
        let shared = &self.shared;
        let mut lane = lock(&shared.waiting);
        while lane.drafts.len() >= shared.settings.capacity {
            if shared.settings.on_full == OnFull::Drop {
                drop(lane);
                shared.recorder.note_loss(LossReason::QueueFull, 1);
                return false;
            }
            lane = wait(&shared.drained, lane);
        }
        lane.taken_in += 1;
        lane.drafts.push_back(job);
        // A thread that works looks again before it waits: waking it is for the first draft alone.
        let first = lane.drafts.len() == 1;
        drop(lane);
        if first {
            shared.filled.notify_one();
        }
        true
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        lock(&self.shared.waiting).closed = true;
        self.shared.filled.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked said so itself.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// What each thread does: take a batch, protect it, append it in turn, sync it, tell.
    fn run(&self) {
        while let Some((turn, jobs)) = self.next_batch() {
            let mut keepers = Vec::with_capacity(jobs.len());
            let drafts = jobs.into_iter().map(|Job { draft, credential, keeper }| {
                keepers.push(keeper);
                (draft, credential.unwrap_or_default())
            });
            let prepared = self.recorder.prepare_all(drafts);
            turn.wait();
            let outcomes = self.recorder.write(prepared, self.settings.ack, || turn.pass());
            for (keeper, outcome) in keepers.into_iter().zip(outcomes) {
                if let Some(keeper) = keeper {
                    keeper.0.keep(outcome);
                }
            }
        }
    }

    fn next_batch(&self) -> Option<(Turn<'_>, Vec<Job>)> {
        let mut lane = lock(&self.waiting);
        loop {
            if !lane.drafts.is_empty() {
                let count = lane.drafts.len().min(self.settings.batch_max);
                let drafts = lane.drafts.drain(..count).collect();
                let turn = Turn { shared: self, number: lane.batches, drafts: count as u64 };
                lane.batches += 1;
                let more = !lane.drafts.is_empty();
                drop(lane);
                if more {
                    self.filled.notify_one();
                }
                self.drained.notify_all();
                return Some((turn, drafts));
            }
            if lane.closed {
                return None;
            }
            let (next, timeout) =
                self.filled.wait_timeout(lane, IDLE).unwrap_or_else(PoisonError::into_inner);
            lane = next;
            if timeout.timed_out() {
                drop(lane);
                // A beat that cannot be recorded is missed by whoever verifies.
                let _ = self.recorder.beat_if_due();
                lane = lock(&self.waiting);
            }
        }
    }
}

/// The right to append one batch, after all earlier ones. Even a thread that dies gives it on.
struct Turn<'s> {
    shared: &'s Shared,
    number: u64,
    drafts: u64,
}

impl Turn<'_> {
    fn wait(&self) {
        let mut turn = lock(&self.shared.turn);
        while *turn < self.number {
            turn = wait(&self.shared.turned, turn);
        }
    }

    fn pass(&self) {
        let mut turn = lock(&self.shared.turn);
        *turn = (*turn).max(self.number + 1);
        self.shared.turned.notify_all();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.wait();
        self.pass();
        lock(&self.shared.waiting).settled += self.drafts;
        self.shared.drained.notify_all();
    }
}

/// The outcome of one draft, known or not yet. Wait for it, or await it.
#[derive(Debug)]
pub struct Ticket(Arc<Promise>);

#[derive(Debug, Default)]
struct Promise {
    state: Mutex<Promised>,
    kept: Condvar,
}

#[derive(Debug, Default)]
struct Promised {
    told: bool,
    outcome: Option<Result<Receipt, RecordError>>,
    waker: Option<Waker>,
}

impl Promise {
    fn keep(&self, outcome: Result<Receipt, RecordError>) {
        let mut state = lock(&self.state);
        state.told = true;
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.kept.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The side of a promise that keeps it; dropped without an outcome, it says that there is none.
struct Keeper(Arc<Promise>);

impl Drop for Keeper {
    fn drop(&mut self) {
        if !lock(&self.0.state).told {
            self.0.keep(Err(RecordError::Unsupported("room in a full queue, or a live thread")));
        }
    }
}

impl Ticket {
    /// Waits for the outcome.
    ///
    /// # Errors
    /// Why the event was not recorded.
    pub fn wait(self) -> Result<Receipt, RecordError> {
        let mut state = lock(&self.0.state);
        loop {
            match state.outcome.take() {
                Some(outcome) => return outcome,
                None => state = wait(&self.0.kept, state),
            }
        }
    }
}

impl Future for Ticket {
    type Output = Result<Receipt, RecordError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.0.state);
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Nothing here is left half done by a panic: a lock that a thread died with is as good as ever.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'m, T>(condvar: &Condvar, guard: MutexGuard<'m, T>) -> MutexGuard<'m, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
