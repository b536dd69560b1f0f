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

/// One batch on its way.
#[derive(Debug)]
struct Turn(Mutex<(Batch, Option<Appended>)>);

impl Wal {
    /// Appends the batch, with those that others left here.
    pub(super) fn gather(
        &self,
        batch: &mut Batch,
        patience: Patience,
        then: Then,
    ) -> Result<Appended, AppendError> {
        let turn = Arc::new(Turn(Mutex::new((std::mem::take(batch), None))));
        lock(&self.gathering.0).push_back(turn.clone());
        if then == Then::Commit {
            self.commits.await_next(|| turn.lock().1.is_some());
        }
        let appended = turn.lock().1;
        let outcome = appended.map_or_else(|| self.take_turn(&turn, patience), Ok);
        if appended.is_none() && then == Then::Commit {
            // Should this one not come to commit, another of those it took along does.
            self.commits.wake_next();
        }
        *batch = std::mem::take(&mut turn.lock().0);
        outcome
    }

    fn take_turn(&self, own: &Arc<Turn>, patience: Patience) -> Result<Appended, AppendError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writer = &mut *writer;
        if let Some(appended) = own.lock().1 {
            return Ok(appended);
        }
        let mut all = Batch::new();
        let turns = self.gathering.take(own, self.segment_room(), &mut all);
        if turns.len() > 1 {
            let together = self.locked_by(writer, patience, |critical| critical.append(&mut all));
            match together {
                Ok(appended) if appended.count == all.len() => {
                    distribute(&turns, appended);
                    return own.lock().1.ok_or(AppendError::TooLong);
                }
                // A batch that fits a segment is never cut in two.
                Ok(_) | Err(AppendError::Partly { .. }) => return Err(AppendError::TooLong),
                // Nothing was appended: each tries in its own name.
                Err(_) => self.gathering.put_back(turns, own),
            }
        }
        let batch = &mut own.lock().0;
        self.locked_by(writer, patience, |critical| critical.append(batch))
    }
}

impl Gathering {
    /// Takes the caller's turn, and others before and behind it as long as there is room; their
    /// batches, one behind the other, if there are several.
    fn take(&self, own: &Arc<Turn>, room: usize, all: &mut Batch) -> Vec<Arc<Turn>> {
        let mut waiting = lock(&self.0);
        waiting.retain(|turn| !Arc::ptr_eq(turn, own));
        let mut turns = vec![own.clone()];
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

    fn put_back(&self, turns: Vec<Arc<Turn>>, own: &Arc<Turn>) {
        let mut waiting = lock(&self.0);
        for turn in turns.into_iter().rev().filter(|turn| !Arc::ptr_eq(turn, own)) {
            waiting.push_front(turn);
        }
    }
}

impl Turn {
    fn lock(&self) -> MutexGuard<'_, (Batch, Option<Appended>)> {
        lock(&self.0)
    }

    fn size(&self) -> (usize, usize) {
        let turn = self.lock();
        (turn.0.bytes(), turn.0.len())
    }
}

/// Tells each turn where its own frames stand.
fn distribute(turns: &[Arc<Turn>], all: Appended) {
    let mut first = all.first;
    for turn in turns {
        let mut turn = turn.lock();
        let mut end = first;
        end.offset += turn.0.bytes() as u64;
        turn.1 = Some(Appended { first, end, count: turn.0.len() });
        first = end;
    }
}

/// What a thread died with is left as it was: a batch that is whole or taken.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
