//! The way into the log: what is recorded is there, as asked, once, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tacho_event::json::{Object, Value};
use tacho_event::privacy::{CaptureRule, Level, Policy};
use tacho_event::{ActionType, Draft, Timestamp, World};
use tachograph::files::OsFiles;
use tachograph::record::{
    Ack, Fate, OnFull, Queue, QueueSettings, RecordError, Recorder, Settings,
};
use tachograph::store::{Remote, Store};
use tachograph::wal::{Item, Options, Position, Wal};
use tempfile::TempDir;

use crate::desk::disclosed;

/// A clock that stands where the test puts it, and dice that never fall twice alike.
#[derive(Debug, Default)]
struct TestWorld {
    micros: AtomicI64,
    dice: AtomicU64,
}

impl World for TestWorld {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_763_632_800_000_000 + self.micros.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let n = self.dice.fetch_add(1, Ordering::Relaxed);
        bytes.iter_mut().zip(n.to_be_bytes().into_iter().rev().cycle()).for_each(|(b, x)| *b = x);
    }
}

struct Bench {
    dir: TempDir,
    world: Arc<TestWorld>,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), world: Arc::default() }
    }

    fn store(&self) -> Store {
        let path = self.dir.path().join("store");
        Store::create(Arc::new(OsFiles), self.world.as_ref(), &path, Remote::Forced).unwrap()
    }

    fn wal(&self) -> Wal {
        Wal::new(&self.store(), self.world.clone(), Options::default())
    }

    fn recorder(&self, policy: Policy, settings: Settings) -> Recorder {
        Recorder::new(self.store(), self.wal(), self.world.clone(), policy, settings).unwrap()
    }

    /// Every leaf in the log, with what its plain parts disclose.
    fn events(&self) -> Vec<Object> {
        let wal = self.wal();
        let mut walk = wal.follow(Position::START);
        let mut events = Vec::new();
        loop {
            match walk.next_item().unwrap() {
                Item::Frame { record, .. } => events.push(disclosed(record.leaf, record.parts)),
                Item::End(_) => return events,
                other => panic!("{other:?}"),
            }
        }
    }
}

fn quiet() -> Settings {
    Settings { beat: false, ..Settings::default() }
}

fn bash(command: &str) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("agent.session_id", "s1")
        .with("action.tool.parameters.command", command)
}

fn commands(events: &[Object]) -> Vec<&str> {
    let command = |event| Object::at(event, "/action/tool/parameters/command");
    events.iter().filter_map(command).filter_map(Value::as_str).collect()
}

#[test]
fn a_recorded_event_is_in_the_log_with_its_receipt() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), quiet());
    let receipt = recorder.record(bash("git log")).unwrap();
    assert_eq!(receipt.fate, Fate::Recorded(Ack::Disk));
    assert_eq!(receipt.tenant.as_str(), "default");
    let events = bench.events();
    assert_eq!(commands(&events), ["git log"]);
    assert_eq!(events[0].str("id"), Some(receipt.id.as_str()));
    assert_eq!(events[0].at("/origin/seq"), Some(&Value::from(0)));
    assert_eq!(recorder.record_as(bash("ls"), Ack::Os).unwrap().fate, Fate::Recorded(Ack::Os));
    assert!(matches!(
        recorder.record_as(bash("ls"), Ack::Witnessed),
        Err(RecordError::Unsupported(_))
    ));
    assert_eq!(commands(&bench.events()), ["git log", "ls"]);
}

#[test]
fn a_bad_draft_keeps_no_other_from_being_recorded() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), quiet());
    let bad = bash("x").with("outcome.status", "sucess").with("nonsense", 1);
    let forged = Draft::new(ActionType::System, "tacho.erase.begin");
    let foreign = bash("y").with("tenant", "other");
    let outcomes = recorder.record_all(vec![bash("a"), bad, forged, foreign, bash("b")], Ack::Os);
    assert!(outcomes[0].is_ok() && outcomes[4].is_ok());
    match &outcomes[1] {
        Err(RecordError::Refused(problems)) => assert_eq!(problems.len(), 2, "{problems:?}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(&outcomes[2], Err(RecordError::Refused(_))));
    assert!(matches!(&outcomes[3], Err(RecordError::ForeignTenant { .. })));
    assert_eq!(commands(&bench.events()), ["a", "b"]);
}

#[test]
fn a_capture_rule_drops_and_the_heartbeat_counts_it() {
    let bench = Bench::new();
    let rule =
        CaptureRule { name: Some("Bash".into()), level: Level::None, ..CaptureRule::default() };
    let recorder = bench.recorder(Policy::default().with_rules(vec![rule]), Settings::default());
    assert_eq!(recorder.record(bash("x")).unwrap().fate, Fate::Dropped(Some(0)));
    recorder.close().unwrap();
    let events = bench.events();
    let beats: Vec<_> = events.iter().map(|e| e.at("/action/system").unwrap().to_json()).collect();
    assert_eq!(beats.len(), 2);
    assert!(beats[0].contains(r#""beat":"open""#) && beats[0].contains("next_due"));
    assert!(beats[1].contains(r#""beat":"close""#) && beats[1].contains(r#""dropped":1"#));
    assert!(!beats[1].contains("next_due"));
}

#[test]
fn a_heartbeat_is_due_after_an_hour_and_a_clock_that_goes_back_is_recorded() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), Settings::default());
    recorder.beat_if_due().unwrap();
    assert_eq!(bench.events().len(), 1);
    bench.world.micros.store(3_600_000_000, Ordering::Relaxed);
    recorder.beat_if_due().unwrap();
    recorder.beat_if_due().unwrap();
    bench.world.micros.store(10_000_000, Ordering::Relaxed);
    recorder.record(bash("late")).unwrap();
    let names: Vec<_> = bench
        .events()
        .iter()
        .map(|event| event.at("/action/name").unwrap().as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["tacho.heartbeat", "tacho.heartbeat", "tacho.clock", "Bash"]);
}

#[test]
fn losses_become_a_gap_event_at_the_next_append() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), quiet());
    recorder.note_loss(tachograph::record::LossReason::QueueFull, 3);
    recorder.record(bash("x")).unwrap();
    recorder.record(bash("y")).unwrap();
    let events = bench.events();
    assert_eq!(events.len(), 3);
    let gap = events[0].at("/action/gap").unwrap().to_json();
    assert!(gap.contains(r#""count":3"#) && gap.contains("queue_full"), "{gap}");
}

#[test]
fn a_queue_records_all_in_order_and_keeps_its_promises() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), quiet());
    let settings = QueueSettings { capacity: 64, batch_max: 7, threads: 3, ..Default::default() };
    let queue = Queue::start(recorder, settings).unwrap();
    let mut tickets = Vec::new();
    for i in 0..500 {
        match i % 3 {
            0 => tickets.push(queue.record(bash(&i.to_string()))),
            _ => assert!(queue.send(bash(&i.to_string()))),
        }
    }
    for ticket in tickets {
        assert_eq!(ticket.wait().unwrap().fate, Fate::Recorded(Ack::Disk));
    }
    queue.flush();
    let expected: Vec<String> = (0..500).map(|i| i.to_string()).collect();
    assert_eq!(commands(&bench.events()), expected);
}

#[test]
fn a_dropped_queue_records_what_still_waits() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), Settings::default());
    let queue = Queue::start(recorder, QueueSettings::default()).unwrap();
    for i in 0..100 {
        queue.send(bash(&i.to_string()));
    }
    drop(queue);
    let events = bench.events();
    assert_eq!(commands(&events).len(), 100);
    let last = events.last().unwrap().at("/action/system/beat");
    assert_eq!(last, Some(&Value::from("close")));
}

#[test]
fn a_full_queue_that_drops_names_the_gap() {
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), quiet());
    let settings = QueueSettings { capacity: 1, on_full: OnFull::Drop, ..Default::default() };
    let queue = Queue::start(recorder, settings).unwrap();
    let sent = (0..2000).filter(|i| queue.send(bash(&i.to_string()))).count();
    queue.flush();
    let lost = queue.recorder().counts().lost;
    assert_eq!(sent as u64 + lost, 2000);
    assert!(queue.record(bash("last")).wait().is_ok());
    drop(queue);
    let events = bench.events();
    assert_eq!(commands(&events).len(), sent + 1);
    let gaps = events.iter().filter_map(|event| event.at("/action/gap/count")?.as_i64());
    assert_eq!(gaps.sum::<i64>() as u64, lost);
}

#[test]
fn a_ticket_can_be_awaited() {
    use std::future::Future;
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let bench = Bench::new();
    let recorder = bench.recorder(Policy::default(), quiet());
    let queue = Queue::start(recorder, QueueSettings::default()).unwrap();
    let mut ticket = std::pin::pin!(queue.record(bash("x")));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let receipt = loop {
        match ticket.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => break outcome.unwrap(),
            Poll::Pending => std::thread::park(),
        }
    };
    assert!(receipt.fate.is_kept());
}
