//! Anchors are asked in their time, and what they say is kept, told, and never false.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tacho_testkit::Authority;
use tacho_tree::KeyName;
use tacho_tree::audit::AnchorKind;
use tachograph::anchor::{Anchor, Answer, Carrier, CarryError, Command, Speaks, Which, due, kept};
use tachograph::files::OsFiles;

use super::{Post, Scene, names, troubles};

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

fn copier() -> Anchor {
    let carry = |note: &[u8]| Ok(Answer { status: 200, body: note[..10].to_vec() });
    Anchor::copy(name("mail"), Arc::new(Post(carry)))
}

#[test]
fn every_anchor_is_asked_in_its_time_and_an_idle_log_is_left_alone() {
    let scene = Scene::new(2);
    let mut anchors = scene.anchors();
    anchors.all.push(copier());
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!((asking.outcomes.len(), troubles(&asking).len()), (3, 0));
    assert_eq!(names(&told), ["tacho.anchor"; 3]);
    let places = scene.yard.places("default");
    let all = kept(&OsFiles, &places, 9).unwrap();
    assert_eq!(all.iter().map(|one| one.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(all.iter().all(|one| one.size() == Some(5)));
    let copied = all.iter().find(|one| one.kind == AnchorKind::Copy).unwrap();
    assert_eq!((copied.name.as_str(), copied.evidence.as_slice()), ("mail", &copied.note[..10]));

    let store = scene.yard.store();
    let is_due = |size| due(&store, "default", size, &anchors, scene.yard.world.as_ref()).unwrap();
    // Three events tell of the three anchors, and are none that anchors wait for.
    scene.pass(3600);
    assert!(!is_due(5) && !is_due(8) && is_due(9));
    scene.yard.record("default", 5, 10);
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!(asking.outcomes.len(), 3);
    assert_eq!(names(&told), ["tacho.anchor"; 3], "an hour later it is told again");
    scene.yard.record("default", 15, 10);
    assert_eq!(scene.run(&anchors, Which::Due).0.outcomes.len(), 0, "too early");
    scene.pass(60);
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!((asking.outcomes.len(), names(&told).len()), (3, 0));
    assert_eq!(scene.desks[0].asked.load(Ordering::Relaxed), 3);
}

#[test]
fn a_lost_answer_is_got_the_next_time_and_is_told_of_once() {
    let scene = Scene::new(1);
    let anchors = scene.anchors();
    scene.desks[0].lose.store(2, Ordering::Relaxed);
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!(
        (troubles(&asking), names(&told)),
        (vec!["anchor-silent"], vec!["tacho.anchor.failed".to_owned()])
    );
    // It is asked less and less, and the second failure is no news.
    assert_eq!(scene.run(&anchors, Which::Due).0.outcomes.len(), 0);
    scene.pass(3);
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!((troubles(&asking), names(&told).len()), (vec!["anchor-silent"], 0));
    // The witness is at five leaves already, and the log does not know that.
    scene.yard.record("default", 5, 4);
    scene.pass(10);
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!((troubles(&asking), names(&told)), (vec![], vec!["tacho.anchor".to_owned()]));
    assert_eq!(scene.desks[0].asked.load(Ordering::Relaxed), 4);
}

#[test]
fn a_log_that_is_put_back_with_its_keys_is_told_by_the_witness() {
    let scene = Scene::new(1);
    let anchors = scene.anchors();
    scene.run(&anchors, Which::All);
    let put_back = scene.snapshot();
    scene.yard.record("default", 5, 20);
    scene.run(&anchors, Which::All);
    put_back(&scene);
    scene.yard.record("default", 5, 3);
    scene.pass(60);
    let (asking, told) = scene.run(&anchors, Which::Due);
    assert_eq!(troubles(&asking), ["anchor-rollback"]);
    assert_eq!(names(&told), ["tacho.anchor.rollback"]);
    let condition = told[0].at("/action/alert/condition").unwrap().as_str().unwrap();
    assert_eq!(
        condition,
        "witness witness.example.com/w1: it cosigned 25 leaves, and this log shows 8"
    );
    // It grows beyond what the witness saw: another history, and the witness says so.
    scene.yard.record("default", 100, 40);
    let (asking, told) = scene.run(&anchors, Which::All);
    assert_eq!(troubles(&asking), ["anchor-fork"]);
    assert_eq!(names(&told), ["tacho.anchor.fork"]);
    assert_eq!(kept(&OsFiles, &scene.yard.places("default"), 9).unwrap().len(), 1);
}

#[test]
fn garbage_and_statuses_are_troubles_and_nothing_is_kept() {
    let scene = Scene::new(1);
    for (status, body) in [(200, "x"), (404, ""), (403, ""), (409, "?"), (500, ""), (200, "")] {
        let mut anchors = scene.anchors();
        let answer = Answer { status, body: body.as_bytes().to_vec() };
        anchors.all[0].carrier = Arc::new(Post(move |_: &[u8]| Ok(answer.clone())));
        let stamp = anchors.all[0].carrier.clone();
        anchors.all.push(Anchor::stamp(name("tsa"), stamp));
        let (asking, _) = scene.run(&anchors, Which::All);
        assert_eq!(troubles(&asking), ["anchor-refused"; 2], "{status} {body}");
    }
    assert_eq!(kept(&OsFiles, &scene.yard.places("default"), 9).unwrap(), []);
}

#[test]
fn who_does_not_come_back_is_not_waited_for() {
    let scene = Scene::new(1);
    let mut anchors = scene.anchors();
    let (never, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let stuck = move |_: &[u8]| {
        let _ = wait.lock().unwrap().recv();
        Err(CarryError::Failed("too late".to_owned()))
    };
    anchors.all.push(Anchor::copy(name("stuck"), Arc::new(Post(stuck)) as Arc<dyn Carrier>));
    anchors.patience = Duration::from_millis(300);
    let (asking, _) = scene.run(&anchors, Which::All);
    assert_eq!((asking.outcomes.len(), troubles(&asking)), (2, vec!["anchor-silent"]));
    drop(never);
}

#[test]
fn an_authority_of_another_making_stamps_our_notes_and_verify_has_it_checked() {
    let scene = Scene::new(0);
    let folder = scene.yard.path().with_file_name("authority");
    let Some(authority) = Authority::make(&folder) else { return };
    let command = Command::new(&authority.command(), Speaks::ExitCode, "tsa", None).unwrap();
    let mut anchors = scene.anchors();
    anchors.all.push(Anchor::stamp(name("tsa"), Arc::new(command)));
    let (asking, told) = scene.run(&anchors, Which::All);
    assert_eq!((troubles(&asking), names(&told)), (vec![], vec!["tacho.anchor".to_owned()]));
    let kept = kept(&OsFiles, &scene.yard.places("default"), 9).unwrap().remove(0);
    assert!(authority.accepts(&kept.note, &kept.evidence));
    let mut changed = kept.note.clone();
    changed[30] ^= 1;
    assert!(!authority.accepts(&changed, &kept.evidence));

    let verified = super::said::verify(&scene, |options| {
        options.anchors.certificates = Some(authority.certificate());
    });
    assert_eq!(verified.report.findings, []);
    assert_eq!(verified.anchors[0].checked, Some(5));
    let unchecked = super::said::verify(&scene, |_| ());
    assert_eq!((unchecked.report.findings.len(), unchecked.anchors[0].checked), (0, None));
    let missing = super::said::verify(&scene, |options| {
        options.anchors.certificates = Some("/nonexistent/ca.pem".into());
    });
    assert_eq!((missing.report.findings.len(), missing.anchors[0].checked), (0, None));
    // Another authority's certificate does not do.
    let other = Authority::make(&scene.yard.path().with_file_name("other")).unwrap();
    let verified = super::said::verify(&scene, |options| {
        options.anchors.certificates = Some(other.certificate());
    });
    assert!(verified.report.has(tacho_tree::audit::Code::AnchorFalse));
}
