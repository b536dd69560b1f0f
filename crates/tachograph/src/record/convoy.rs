//! Given what several callers bring, has one of them do the work of all.
//!
//! Events that are prepared together cost a third of what as many cost alone. A caller goes
//! straight to work while there is a seat, one for each processor: a lone one waits for nobody, and
//! no thread stands by. Else it leaves what it brings and sleeps once: until it is told its outcome
//! or, as the first of its group, called to lead it. Whoever leaves a seat calls the next leader,
//! who takes along everything that came until it runs.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;

use crate::limits::LED_EVENTS_MAX;

/// Calls that bring items `T`, each for an outcome `O`.
#[derive(Debug)]
pub(super) struct Convoy<T, O> {
    road: Mutex<Road<T, O>>,
}

#[derive(Debug)]
struct Road<T, O> {
    /// How many may be at work, once somebody asked.
    seats: Option<usize>,
    /// Who is at work, or called to it.
    seated: Vec<ThreadId>,
    waiting: VecDeque<Group<T, O>>,
}

/// What waits for a leader, in the order in which it came.
#[derive(Debug)]
struct Group<T, O> {
    items: Vec<T>,
    leader: ThreadId,
    is_called: bool,
    signals: Arc<Signals<O>>,
}

/// What a group sleeps for.
#[derive(Debug)]
struct Signals<O> {
    /// Its leader has a seat.
    called: Once,
    told: Told<O>,
}

/// The outcome of each item, in order, for its caller to take; of none if the leader died.
#[expect(
    clippy::disallowed_types,
    reason = "it is kept in a struct, and wakes all who wait at once"
)]
type Told<O> = std::sync::OnceLock<Vec<Mutex<Option<O>>>>;

/// How a caller gets its outcomes.
pub(super) enum Way<'c, T, O, I> {
    /// By doing its own work, while it holds the seat.
    Straight(Seat<'c, T, O>, I),
    /// By doing the work of its group, and telling what became of it.
    Lead(Lead<'c, T, O>, Vec<T>),
    /// From its leader, who may have died.
    Led(Option<Vec<O>>),
}

/// The right to be at work. Given back, also by a thread that dies, it goes to the next leader.
pub(super) struct Seat<'c, T, O> {
    convoy: &'c Convoy<T, O>,
    /// Nobody, if its holder came again from within its own work.
    holder: Option<ThreadId>,
}

/// A seat, and who else waits for what is done on it.
pub(super) struct Lead<'c, T, O> {
    signals: Arc<Signals<O>>,
    own: usize,
    all: usize,
    /// Last: who was led is told before the next leader is called, so that both go with him.
    _seat: Seat<'c, T, O>,
}

impl<T, O> Convoy<T, O> {
    pub(super) fn new() -> Self {
        let road = Road { seats: None, seated: Vec::new(), waiting: VecDeque::new() };
        Self { road: Mutex::new(road) }
    }

    /// Waits until it is clear how this caller gets its outcomes; `pack` is asked for what waits.
    pub(super) fn join<I: ExactSizeIterator>(
        &self,
        items: I,
        pack: impl FnMut(I::Item) -> T,
    ) -> Way<'_, T, O, I> {
        let (me, count) = (std::thread::current().id(), items.len());
        let mut road = self.road();
        if road.seated.contains(&me) {
            return Way::Straight(Seat { convoy: self, holder: None }, items);
        }
        if road.has_seat() {
            road.seated.push(me);
            return Way::Straight(Seat { convoy: self, holder: Some(me) }, items);
        }
        let (first, signals) = road.wait(items.map(pack), me);
        drop(road);
        if first > 0 {
            return Way::Led(signals.outcomes(first, count));
        }
        signals.called.wait();
        let seat = Seat { convoy: self, holder: Some(me) };
        let items = self.road().take(me);
        Way::Lead(Lead { signals, own: count, all: items.len(), _seat: seat }, items)
    }

    fn road(&self) -> MutexGuard<'_, Road<T, O>> {
        lock(&self.road)
    }
}

impl<T, O> Road<T, O> {
    /// Whether a caller may go straight to work; nobody overtakes those who wait.
    fn has_seat(&mut self) -> bool {
        // The system is asked when it matters: by a second caller, never by a lone one.
        self.seated.is_empty()
            || self.waiting.is_empty() && self.seated.len() < *self.seats.get_or_insert_with(seats)
    }

    /// Adds to the last group if there is room, else begins one; where the items stand in it.
    fn wait(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        caller: ThreadId,
    ) -> (usize, Arc<Signals<O>>) {
        let room = |group: &&mut Group<T, O>| group.items.len() + items.len() <= LED_EVENTS_MAX;
        if let Some(group) = self.waiting.back_mut().filter(room) {
            let first = group.items.len();
            group.items.extend(items);
            return (first, group.signals.clone());
        }
        let signals = Arc::new(Signals { called: Once::new(), told: Told::new() });
        self.waiting.push_back(Group {
            items: items.collect(),
            leader: caller,
            is_called: false,
            signals: signals.clone(),
        });
        (0, signals)
    }

    /// What the group of this leader brings; nobody joins it any more.
    fn take(&mut self, leader: ThreadId) -> Vec<T> {
        let at = self.waiting.iter().position(|group| group.leader == leader);
        let group = at.and_then(|at| self.waiting.remove(at));
        group.unwrap_or_else(|| unreachable!("a group waits for its leader")).items
    }

    /// Gives the seat of `holder` to the next leader, if one waits.
    fn hand_on(&mut self, holder: ThreadId) -> Option<Arc<Signals<O>>> {
        self.seated.retain(|seated| *seated != holder);
        let next = self.waiting.iter_mut().find(|group| !group.is_called)?;
        next.is_called = true;
        self.seated.push(next.leader);
        Some(next.signals.clone())
    }
}

impl<O> Signals<O> {
    /// Waits for the outcomes of so many items, from this one on.
    fn outcomes(&self, first: usize, count: usize) -> Option<Vec<O>> {
        let outcomes = self.told.wait().get(first..first + count)?;
        outcomes.iter().map(|outcome| lock(outcome).take()).collect()
    }
}

impl<T, O> Lead<'_, T, O> {
    /// Tells everybody the outcomes of their items; gives the leader's own.
    pub(super) fn tell(self, outcomes: Vec<O>) -> Vec<O> {
        assert_eq!(outcomes.len(), self.all, "each item has an outcome");
        let told = outcomes.into_iter().map(|outcome| Mutex::new(Some(outcome))).collect();
        assert!(self.signals.told.set(told).is_ok(), "outcomes are told once");
        self.signals.outcomes(0, self.own).unwrap_or_default()
    }
}

impl<T, O> Drop for Lead<'_, T, O> {
    fn drop(&mut self) {
        // Only of use where nothing was told: nobody sleeps for one who died.
        let _ = self.signals.told.set(Vec::new());
    }
}

impl<T, O> Drop for Seat<'_, T, O> {
    fn drop(&mut self) {
        let Some(holder) = self.holder else { return };
        let next = self.convoy.road().hand_on(holder);
        if let Some(signals) = next {
            signals.called.call_once(|| ());
        }
    }
}

/// One seat for each processor, and two at least: one caller works while the other waits for the
/// disk.
fn seats() -> usize {
    std::thread::available_parallelism().map_or(2, NonZeroUsize::get).max(2)
}

/// What a thread dies with here is whole: nothing between a lock and its end can panic but for want
/// of memory.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
