//! An ack `witnessed` says that witnesses saw the event, and nothing less.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tacho_event::privacy::Policy as Privacy;
use tachograph::anchor::{Anchors, CarryError, Notary, Unwitnessed};
use tachograph::record::{
    Ack, FailurePolicy, Fate, OnFailure, Once, RecordError, Recorder, Settings,
};
use tachograph::store::Store;

use super::{Post, Scene};
use crate::yard::call;

fn recorder(scene: &Scene, anchors: Anchors, failure: OnFailure) -> Recorder {
    let store: Store = scene.yard.store();
    let notary = Notary::new(&store, scene.yard.world.clone(), scene.signer(), anchors);
    let settings = Settings {
        beat: false,
        once: Once::Asked,
        ack: Ack::Witnessed,
        failure: FailurePolicy::all(failure),
        witnessing: Some(Arc::new(notary)),
        ..Settings::default()
    };
    let (wal, world) = (scene.yard.wal(), scene.yard.world.clone());
    Recorder::new(store, wal, world, Privacy::default(), settings).unwrap()
}

fn anchors(scene: &Scene, wanted: usize) -> Anchors {
    Anchors { policy: Some(scene.policy(wanted)), ..scene.anchors() }
}

#[test]
fn a_receipt_says_who_saw_the_event_and_a_batch_is_seen_once() {
    let scene = Scene::new(2);
    let recorder = recorder(&scene, anchors(&scene, 2), OnFailure::Spool);
    let receipts = recorder.record_all((50..60).map(call).collect(), Ack::Witnessed);
    for receipt in receipts {
        let receipt = receipt.unwrap();
        assert_eq!(receipt.fate, Fate::Recorded(Ack::Witnessed));
        let witnessed = receipt.witnessed.unwrap();
        assert_eq!((witnessed.size, witnessed.names.len()), (15, 2));
    }
    assert_eq!(scene.desks[0].asked.load(Ordering::Relaxed), 1);
    // What was owed about the anchors came with the next event, and is no reason to anchor.
    recorder.record_as(call(99), Ack::Disk).unwrap();
    assert_eq!(scene.yard.log("default").size(), 15 + 1 + 2);
}

#[test]
fn without_a_quorum_the_event_stays_on_disk_and_the_error_has_its_receipt() {
    let scene = Scene::new(2);
    let mut short = anchors(&scene, 2);
    short.patience = Duration::from_secs(5);
    short.all[1].carrier = Arc::new(Post(|_: &[u8]| Err(CarryError::TimedOut)));
    let recorder = recorder(&scene, short, OnFailure::Spool);
    let error = recorder.record(call(50)).unwrap_err();
    let RecordError::NotWitnessed { receipt, why } = &error else { panic!("{error}") };
    assert_eq!(receipt.fate, Fate::Recorded(Ack::Disk));
    assert!(matches!(why.as_ref(), Unwitnessed::TooFew(why) if why.len() == 1));
    assert_eq!(
        error.to_string(),
        "on disk, but not witnessed: too few witnesses cosigned in time; \
         witness.example.com/w2: no answer in time"
    );
    assert_eq!(scene.yard.log("default").size(), 6);
    // Sent again, it is asked for again, and not taken for witnessed because it came before.
    let again = recorder.record(call(50)).unwrap_err();
    let RecordError::NotWitnessed { receipt, .. } = again else { panic!("{again}") };
    assert_eq!(receipt.fate, Fate::Repeated);
}

#[test]
fn one_of_two_is_enough_where_the_policy_says_so() {
    let scene = Scene::new(2);
    let mut one = anchors(&scene, 1);
    one.all[0].carrier = Arc::new(Post(|_: &[u8]| Err(CarryError::TimedOut)));
    let recorder = recorder(&scene, one, OnFailure::Spool);
    let receipt = recorder.record(call(50)).unwrap();
    assert_eq!(receipt.fate, Fate::Recorded(Ack::Witnessed));
    assert_eq!(receipt.witnessed.unwrap().names, ["witness.example.com/w2"]);
}

#[test]
fn without_a_policy_or_witnesses_nobody_waits_and_the_error_says_so() {
    let scene = Scene::new(1);
    let none = Anchors { all: Vec::new(), ..anchors(&scene, 1) };
    for anchors in [scene.anchors(), none] {
        let recorder = recorder(&scene, anchors, OnFailure::Spool);
        let error = recorder.record(call(50)).unwrap_err();
        assert!(error.to_string().contains("no policy names witnesses"), "{error}");
    }
    assert_eq!(scene.desks[0].asked.load(Ordering::Relaxed), 0);
    // Where nothing stops the agent, the receipt alone tells.
    let recorder = recorder(&scene, scene.anchors(), OnFailure::Open);
    let receipt = recorder.record(call(51)).unwrap();
    assert_eq!((receipt.fate, receipt.witnessed), (Fate::Recorded(Ack::Disk), None));
}
