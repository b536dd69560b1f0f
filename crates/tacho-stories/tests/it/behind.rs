//! A long-lived process: what it acknowledged is in its next read, and written behind.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tacho_event::TenantId;
use tacho_event::privacy::Policy;
use tacho_testkit::records::{self, OwnedRecord};
use tachograph::files::OsFiles;
use tachograph::integrate::{IntegrateError, Trouble};
use tachograph::record::{Ack, Queue, QueueSettings, Recorder, Settings};
use tachograph::sign::{Demand, Keys, Refusal, SignError, Signer};

use tachograph::wal::Patience;

use crate::harness::append_to;
use crate::yard::{Yard, assert_whole, call};

fn recorder(yard: &Yard, signer: Option<Signer>) -> Recorder {
    let settings = Settings {
        tenant: TenantId::new("acme").unwrap(),
        beat: false,
        ack: Ack::Os,
        ..Settings::default()
    };
    let world = yard.world.clone();
    let recorder = Recorder::new(yard.store(), yard.wal(), world, Policy::default(), settings);
    recorder.unwrap().write_behind(yard.integrator(), signer).unwrap()
}

fn signer(yard: &Yard) -> Signer {
    let keys = Keys::open(&OsFiles, &yard.keys()).or_else(|_| {
        let (store, world) = (yard.store(), yard.world.clone());
        Keys::create(&store, world.as_ref(), &yard.keys())
    });
    Signer::new(&yard.store(), keys.unwrap(), Some("audit.example.com"))
}

#[test]
fn what_was_acknowledged_is_in_the_next_read_while_it_is_integrated() {
    let mut yard = Yard::new();
    yard.segment_bytes = 256 << 10;
    let recorder = recorder(&yard, None);
    let mut log = recorder.log().unwrap();
    for number in 0..1500 {
        recorder.record(call(number)).unwrap();
        log.refresh().unwrap();
        assert_eq!(log.size(), number + 1);
        if number % 7 == 0 {
            let found = log.find(&format!("e-{number}")).unwrap();
            assert_eq!(found.len(), 1, "event {number}");
            assert_eq!(found[0].index, number);
        }
    }
    // A reader that opens now sees the same.
    assert_eq!(recorder.log().unwrap().size(), 1500);
    drop(recorder);
    let log = yard.log("acme");
    assert_eq!(log.integrated().size(), 1500, "the thread ended without the rest");
    assert_whole(&log, 0, 1500);
}

#[test]
fn a_queue_s_tickets_are_kept_before_and_read_at_once() {
    let yard = Yard::new();
    let queue = Queue::start(recorder(&yard, None), QueueSettings::default()).unwrap();
    let mut log = queue.recorder().log().unwrap();
    for round in 0..20 {
        let tickets: Vec<_> =
            (0..50).map(|number| queue.record(call(round * 50 + number))).collect();
        for ticket in tickets {
            ticket.wait().unwrap();
        }
        log.refresh().unwrap();
        assert_eq!(log.size(), (round + 1) * 50);
    }
    assert!(queue.recorder().behind().unwrap().catch_up().is_none());
    log.refresh().unwrap();
    assert_eq!(log.integrated().size(), 1000);
    drop(queue);
    assert_eq!(yard.log("acme").integrated().size(), 1000);
}

#[test]
fn it_signs_what_is_due_and_everything_when_it_ends() {
    let yard = Yard::new();
    let signer = signer(&yard);
    let recorder = recorder(&yard, Some(signer));
    let signed = || {
        let note = yard.log("acme").checkpoint().unwrap();
        note.map_or(0, |note| tacho_tree::Checkpoint::parse(note.text()).unwrap().head.size)
    };
    recorder.record(call(0)).unwrap();
    assert!(recorder.behind().unwrap().catch_up().is_none());
    assert_eq!(signed(), 1);
    // Within the second after a checkpoint none is due.
    recorder.record(call(1)).unwrap();
    assert!(recorder.behind().unwrap().catch_up().is_none());
    assert_eq!(signed(), 1);
    yard.world.micros.fetch_add(1_000_000, Ordering::Relaxed);
    recorder.record(call(2)).unwrap();
    assert!(recorder.behind().unwrap().catch_up().is_none());
    assert_eq!(signed(), 3);
    recorder.record(call(3)).unwrap();
    drop(recorder);
    assert_eq!(signed(), 4);
}

#[test]
fn a_refused_signature_is_told_and_the_log_goes_on() {
    let yard = Yard::new();
    let mut first = signer(&yard);
    yard.record("acme", 0, 3);
    yard.integrate();
    first.sign("acme", Demand::Now, tacho_event::World::now(yard.world.as_ref())).unwrap();
    std::fs::remove_file(yard.keys().join("highwater")).unwrap();
    let recorder = recorder(&yard, Some(signer(&yard)));
    recorder.record(call(3)).unwrap();
    let behind = recorder.behind().unwrap();
    match behind.catch_up() {
        Some(Trouble::Sign(tenant, SignError::Refused { why: Refusal::NoHighwater, .. })) => {
            assert_eq!(tenant, "acme");
        }
        other => panic!("{other:?}"),
    }
    assert!(behind.trouble().is_none(), "it is told once");
    assert_eq!(yard.log("acme").integrated().size(), 4);
}

#[test]
fn who_cannot_have_the_lock_says_so_and_catches_up_when_it_is_free() {
    let yard = Yard::new();
    yard.integrate();
    let path = yard.store().places().integrate_lock();
    let lock = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    lock.lock().unwrap();
    let recorder = recorder(&yard, None);
    recorder.record(call(0)).unwrap();
    let behind = recorder.behind().unwrap();
    match behind.catch_up() {
        Some(Trouble::Integrate(IntegrateError::Busy)) => {}
        other => panic!("{other:?}"),
    }
    // Nobody who records or reads noticed.
    let mut log = recorder.log().unwrap();
    assert_eq!((log.size(), log.integrated().size()), (1, 0));
    lock.unlock().unwrap();
    let started = Instant::now();
    while log.integrated().size() == 0 {
        assert!(started.elapsed() < Duration::from_secs(60), "it never tried again");
        log.wait(log.size(), 20_000).unwrap();
    }
    // The log is there before the thread has counted it.
    assert!(behind.catch_up().is_none());
    assert_eq!(behind.leaves(), 1);
}

#[test]
fn it_fills_the_segment_and_prepares_the_next_when_it_has_caught_up() {
    let yard = Yard::new();
    let recorder = recorder(&yard, None);
    let length = |name: &str| {
        let stat = std::fs::metadata(yard.path().join("wal").join(name));
        stat.map_or(0, |stat| stat.len())
    };
    let reaches = |name: &str, bytes: u64| {
        let patience = Instant::now() + Duration::from_secs(60);
        while length(name) < bytes {
            assert!(Instant::now() < patience, "{name} has {} bytes", length(name));
            std::thread::yield_now();
        }
    };
    recorder.record(call(0)).unwrap();
    reaches("00000001.wal", 64 << 10);
    let big: Vec<OwnedRecord> = (1..=5).map(|n| records::sized(n, 7 << 20)).collect();
    for record in big {
        append_to(&yard.wal(), &[record]).unwrap();
    }
    assert!(recorder.behind().unwrap().catch_up().is_none());
    reaches("00000001.wal", 64 << 20);
    reaches("next.tmp", 64 << 20);
    // Whoever needs it may take it, which is so when nobody fills it any more.
    drop(recorder);
    yard.wal().rotate(Patience::Server).unwrap();
    assert_eq!(length("00000002.wal"), 64 << 20);
}
