//! Given batches of several threads, appends them together: one lock, one look at the tail, one
//! write.
//!
//! Who finds somebody else appending leaves its batch here and waits for the log. When its turn
//! comes, its batch is appended already, or it takes along what the others left meanwhile. Who
//! wants its batch durable and finds a sync under way waits for its end: of all that do, the first
//! to be woken appends for all, and nobody else is woken before that is durable.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Wal;
use super::append::{AppendError, Appended};
use super::batch::Batch;
use super::lock::Patience;
use crate::limits::{GATHER_BYTES_MAX, GATHER_RECORDS_MAX};

/// The batches that wait for whoever appends next.
#[derive(Debug, Default)]
pub(super) struct Gathering(Mutex<VecDeque<Arc<Turn>>>);

/// What whoever appends does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Done,
    Commit,
}

/// One batch on its way, and what became of it.
#[derive(Debug)]
struct Turn(Mutex<(Batch, Option<Outcome>)>);

type Outcome = Result<Appended, AppendError>;

impl Wal {
    /// Appends the batch, with those that others left here.
    pub(super) fn gather(&self, batch: &mut Batch, patience: Patience, then: Then) -> Outcome {
        let turn = Arc::new(Turn(Mutex::new((std::mem::take(batch), None))));
        lock(&self.gathering.0).push_back(turn.clone());
        if then == Then::Commit {
            self.commits.await_next(|| turn.lock().1.is_some());
        }
        let told = turn.lock().1.take();
        let is_taken = matches!(told, Some(Ok(_)));
        let outcome = told.unwrap_or_else(|| self.take_turn(&turn, patience));
        if !is_taken && then == Then::Commit {
            // Should this one not come to commit, another of those it took along does.
            self.commits.wake_next();
        }
        *batch = std::mem::take(&mut turn.lock().0);
        outcome
    }

    fn take_turn(&self, own: &Arc<Turn>, patience: Patience) -> Outcome {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = &mut *writer;
        if let Some(outcome) = own.lock().1.take() {
            return outcome;
        }
        let mut all = Batch::new();
        let mut turns = self.gathering.take(own, self.segment_room(), &mut all);
        if turns.len() > 1 {
            let together = self.locked_by(writer, patience, |critical| critical.append(&mut all));
            distribute(&mut turns, together);
            // Of these nothing was appended: each tries in its own name.
            self.gathering.put_back(turns, own);
            if let Some(outcome) = own.lock().1.take() {
                return outcome;
            }
        }
        let batch = &mut own.lock().0;
        self.locked_by(writer, patience, |critical| critical.append(batch))
    }
}

impl Gathering {
    /// Takes the caller's turn, and others before and behind it as long as there is room; their
    /// batches, one behind the other, if there are several.
    fn take(&self, own: &Arc<Turn>, room: usize, all: &mut Batch) -> VecDeque<Arc<Turn>> {
        let mut waiting = lock(&self.0);
        waiting.retain(|turn| !Arc::ptr_eq(turn, own));
        let mut turns = VecDeque::from([own.clone()]);
        let room = room.min(GATHER_BYTES_MAX);
        let (mut bytes, mut records) = own.size();
        while let Some(next) = waiting.front() {
            let (more_bytes, more_records) = next.size();
            bytes += more_bytes;
            records += more_records;
            if bytes > room || records > GATHER_RECORDS_MAX {
                break;
            }
            turns.extend(waiting.pop_front());
        }
        drop(waiting);
        if turns.len() > 1 {
            turns.iter().for_each(|turn| all.extend(&turn.lock().0));
        }
        turns
    }

    fn put_back(&self, turns: VecDeque<Arc<Turn>>, own: &Arc<Turn>) {
        let mut waiting = lock(&self.0);
        for turn in turns.into_iter().rev().filter(|turn| !Arc::ptr_eq(turn, own)) {
            waiting.push_front(turn);
        }
    }
}

impl Turn {
    fn lock(&self) -> MutexGuard<'_, (Batch, Option<Outcome>)> {
        lock(&self.0)
    }

    fn size(&self) -> (usize, usize) {
        let turn = self.lock();
        (turn.0.bytes(), turn.0.len())
    }
}

/// Tells those of whom something was appended where it stands, or what cut it short; leaves the
/// rest.
fn distribute(turns: &mut VecDeque<Arc<Turn>>, together: Outcome) {
    let (all, mut failed) = match together {
        Ok(appended) => (appended, None),
        Err(AppendError::Partly { appended, error }) => (appended, Some(*error)),
        Err(_) => return,
    };
    let (mut end, mut left) = (all.first, all.count);
    while let Some(turn) = turns.pop_front_if(|_| left > 0) {
        let mut turn = turn.lock();
        let (batch, outcome) = &mut *turn;
        let (first, count) = (end, left.min(batch.len()));
        left -= count;
        end.offset += batch.end_of(count) as u64;
        if all.first.segment != all.end.segment {
            // They are in two segments, after a move from one that failed: all are one to commit.
            end = all.end;
        }
        let appended = Appended { first, end, count };
        *outcome = Some(match failed.take_if(|_| count < batch.len()) {
            Some(error) => Err(error.behind(appended)),
            None => Ok(appended),
        });
    }
}

/// What a thread died with is left as it was: a batch that is whole or taken.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
