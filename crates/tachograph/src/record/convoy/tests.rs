//! Callers that wait for each other: what goes together, who is told what, who dies.

use super::*;
use crate::files::OsFiles;
use crate::record::{Ack, Call, RecordError, Recorder, Settings};
use crate::store::{Remote, Store};
use crate::wal::{Options, Wal};
use crate::world::OsWorld;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Scope, ScopedJoinHandle};
use tacho_event::privacy::Policy;
use tacho_event::{ActionType, Draft, TenantId};

type Numbers = Convoy<u32, u32>;

/// Takes all seats, of which there are so many, for others.
fn taken<T, O>(convoy: &Convoy<T, O>, seats: usize) -> Vec<Seat<'_, T, O>> {
    convoy.road().seats = Some(seats);
    let take = |_| {
        let somebody =
            std::thread::scope(|scope| scope.spawn(|| std::thread::current().id()).join().unwrap());
        convoy.road().seated.push(somebody);
        Seat { convoy, holder: Some(somebody) }
    };
    (0..seats).map(take).collect()
}

/// Until so many items wait.
fn await_waiting<T, O>(convoy: &Convoy<T, O>, items: usize) {
    let waiting = || convoy.road().waiting.iter().map(|group| group.items.len()).sum::<usize>();
    while waiting() != items {
        std::thread::yield_now();
    }
}

/// Ten times each item; which of them went together.
fn go(convoy: &Numbers, items: Vec<u32>, together: &Mutex<Vec<Vec<u32>>>) -> Option<Vec<u32>> {
    let work = |items: Vec<u32>| {
        together.lock().unwrap().push(items.clone());
        assert!(!items.contains(&13), "a bug");
        items.into_iter().map(|item| item * 10).collect()
    };
    match convoy.join(items.into_iter(), |item| item) {
        Way::Straight(_seat, items) => Some(work(items.collect())),
        Way::Lead(lead, items) => Some(lead.tell(work(items))),
        Way::Led(outcomes) => outcomes,
    }
}

type Going<'scope> = ScopedJoinHandle<'scope, Option<Vec<u32>>>;

/// Lets callers come one after the other, each when the one before it waits.
fn line_up<'scope>(
    scope: &'scope Scope<'scope, '_>,
    convoy: &'scope Numbers,
    calls: &[Vec<u32>],
    together: &'scope Mutex<Vec<Vec<u32>>>,
) -> Vec<Going<'scope>> {
    let mut waiting = 0;
    let call = |items: &Vec<u32>| {
        let mine = items.clone();
        waiting += items.len();
        let going = scope.spawn(move || go(convoy, mine, together));
        await_waiting(convoy, waiting);
        going
    };
    calls.iter().map(call).collect()
}

/// What each of these calls got that came while all seats were taken, and what went together.
fn lined_up(calls: &[Vec<u32>]) -> (Vec<Option<Vec<u32>>>, Vec<Vec<u32>>) {
    let (convoy, together) = (Numbers::new(), Mutex::default());
    let seats = taken(&convoy, 1);
    let outcomes = std::thread::scope(|scope| {
        let going = line_up(scope, &convoy, calls, &together);
        drop(seats);
        going.into_iter().map(|one| one.join().unwrap_or(None)).collect()
    });
    let road = convoy.road();
    assert!(road.seated.is_empty() && road.waiting.is_empty(), "all seats are given back");
    (outcomes, together.into_inner().unwrap())
}

#[test]
fn a_lone_caller_goes_straight_and_asks_for_no_number_of_processors() {
    let (convoy, together) = (Numbers::new(), Mutex::default());
    for round in 0..3 {
        assert_eq!(go(&convoy, vec![round], &together), Some(vec![round * 10]));
    }
    assert_eq!(together.into_inner().unwrap(), [[0], [1], [2]]);
    assert_eq!(convoy.road().seats, None);
}

#[test]
fn who_comes_while_all_are_at_work_goes_together_and_gets_its_own() {
    let calls = [vec![1], vec![2, 3], vec![4], vec![5, 6, 7]];
    let (outcomes, together) = lined_up(&calls);
    let own = [vec![10], vec![20, 30], vec![40], vec![50, 60, 70]];
    assert_eq!(outcomes, own.map(Some));
    assert_eq!(together, [[1, 2, 3, 4, 5, 6, 7]]);
}

#[test]
fn a_group_has_a_bound_and_the_next_one_its_own_leader() {
    let most = u32::try_from(LED_EVENTS_MAX).unwrap();
    let calls = [(100..100 + most - 1).collect(), vec![1], vec![2], vec![3]];
    let (outcomes, together) = lined_up(&calls);
    assert_eq!(outcomes.iter().flatten().flatten().count(), LED_EVENTS_MAX + 2);
    let sizes: Vec<usize> = together.iter().map(Vec::len).collect();
    assert_eq!(sizes, [LED_EVENTS_MAX, 2]);
    assert_eq!(together[1], [2, 3]);
}

#[test]
fn a_leader_that_dies_leaves_nobody_waiting_and_its_seat_to_the_next() {
    let rest = (100..100 + u32::try_from(LED_EVENTS_MAX).unwrap() - 2).collect();
    let (outcomes, together) = lined_up(&[vec![13], vec![1], rest, vec![2], vec![3]]);
    assert_eq!(outcomes, [None, None, None, Some(vec![20]), Some(vec![30])]);
    assert_eq!(together.len(), 2);
}

#[test]
fn a_leader_that_leaves_an_outcome_out_tells_none() {
    let convoy = Numbers::new();
    let seats = taken(&convoy, 1);
    let short = || match convoy.join([1].into_iter(), |item| item) {
        Way::Lead(lead, _) => Some(lead.tell(Vec::new())),
        Way::Led(outcomes) => outcomes,
        Way::Straight(..) => unreachable!(),
    };
    std::thread::scope(|scope| {
        let leader = scope.spawn(short);
        await_waiting(&convoy, 1);
        let led = scope.spawn(short);
        await_waiting(&convoy, 2);
        drop(seats);
        assert!(leader.join().is_err());
        assert_eq!(led.join().unwrap(), None);
    });
}

#[test]
fn who_comes_again_from_within_its_own_work_waits_for_nobody() {
    let convoy = Numbers::new();
    convoy.road().seats = Some(1);
    let outer = convoy.join([1].into_iter(), |item| item);
    assert!(matches!(outer, Way::Straight(..)));
    let inner = convoy.join([2].into_iter(), |item| item);
    assert!(matches!(inner, Way::Straight(..)));
    drop(inner);
    assert_eq!(convoy.road().seated.len(), 1, "the outer one is still at work");
    drop(outer);
    assert!(convoy.road().seated.is_empty());
}

#[test]
fn a_free_seat_is_for_nobody_while_others_wait() {
    let convoy = Numbers::new();
    let seats = taken(&convoy, 2);
    let mut road = convoy.road();
    road.seats = Some(3);
    assert!(road.has_seat());
    let (first, _) = road.wait([1].into_iter(), std::thread::current().id());
    assert!(!road.has_seat());
    let (second, _) = road.wait([2].into_iter(), std::thread::current().id());
    assert_eq!((first, second), (0, 1));
    drop(road);
    drop(seats);
}

#[test]
fn many_callers_each_get_their_own_round_after_round() {
    let (convoy, together) = (Numbers::new(), Mutex::default());
    std::thread::scope(|scope| {
        for caller in 0..16 {
            let (convoy, together) = (&convoy, &together);
            scope.spawn(move || {
                for round in 0..200 {
                    let items = (0..1 + round % 3).map(|nth| 1_000 + caller * 1_000 + round + nth);
                    let items: Vec<u32> = items.collect();
                    let own = items.iter().map(|item| item * 10).collect();
                    assert_eq!(go(convoy, items, together), Some(own));
                }
            });
        }
    });
    assert!(convoy.road().seated.is_empty() && convoy.road().waiting.is_empty());
}

/// Forbids nothing, and dies of what one tenant writes, once.
#[derive(Debug, Default)]
struct Deadly(Mutex<bool>);

impl crate::record::Quota for Deadly {
    fn admits(&self, _: &TenantId, bytes: u64) -> bool {
        let is_armed = bytes > 10_000 && !std::mem::replace(&mut *lock(&self.0), true);
        assert!(!is_armed, "a bug");
        true
    }
}

struct Site {
    _dir: tempfile::TempDir,
    recorder: Recorder,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let world = Arc::new(OsWorld);
        let path = dir.path().join("store");
        let store =
            Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Forced).unwrap();
        let wal = Wal::new(&store, world.clone(), Options::default());
        let quota: Arc<dyn crate::record::Quota> = Arc::<Deadly>::default();
        let settings = Settings { beat: false, quota: Some(quota), ..Settings::default() };
        let recorder = Recorder::new(store, wal, world, Policy::default(), settings).unwrap();
        Self { _dir: dir, recorder }
    }
}

fn draft(command: &str) -> Draft {
    Draft::new(ActionType::Tool, "Bash").with("action.tool.parameters.command", command)
}

#[test]
fn events_that_come_while_all_are_at_work_are_one_batch() {
    const CALLERS: usize = 20;
    let site = Site::new();
    let recorder = &site.recorder;
    recorder.record(draft("first")).unwrap();
    let of_one = recorder.state().batches;
    let seats = taken(&recorder.convoy, 2);
    std::thread::scope(|scope| {
        let record = |caller: usize| {
            let call = Call { ack: Ack::Disk, credential: ["", "a", "b"][caller % 3] };
            // One of the two names an action type that there is not.
            let bad = draft("bad").with("action.type", "flight");
            recorder.record_all(vec![draft(&caller.to_string()), bad], call)
        };
        let going: Vec<_> = (0..CALLERS).map(|nth| scope.spawn(move || record(nth))).collect();
        await_waiting(&recorder.convoy, 2 * CALLERS);
        drop(seats);
        for one in going {
            let outcomes = one.join().unwrap();
            assert!(matches!(&outcomes[..], [Ok(_), Err(RecordError::Refused(_))]), "{outcomes:?}");
        }
    });
    assert_eq!(recorder.state().batches, 2 * of_one);
    assert_eq!(recorder.counts().recorded, 1 + CALLERS as u64);
}

#[test]
fn who_records_for_others_and_dies_leaves_them_an_error_and_the_recorder_whole() {
    let site = Site::new();
    let recorder = &site.recorder;
    let seats = taken(&recorder.convoy, 1);
    let deadly = "x".repeat(20_000);
    std::thread::scope(|scope| {
        let record = |text: &str| {
            let draft = draft(text);
            scope.spawn(move || catch_unwind(AssertUnwindSafe(|| recorder.record(draft))))
        };
        let leader = record(&deadly);
        await_waiting(&recorder.convoy, 1);
        let led = record("led");
        await_waiting(&recorder.convoy, 2);
        drop(seats);
        assert!(leader.join().unwrap().is_err());
        let outcome = led.join().unwrap().unwrap();
        assert!(matches!(outcome, Err(RecordError::Abandoned)), "{outcome:?}");
    });
    assert_eq!(recorder.counts().lost, 1);
    recorder.record(draft("after")).unwrap();
    // Behind the gap event that counts it.
    assert_eq!(recorder.counts().recorded, 2);
}
