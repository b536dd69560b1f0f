//! A preset that is changed later: what was plain is sealed, what was sealed is opened, and nothing
//! that was signed changes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tacho_event::privacy::{Class, Preset};
use tacho_tree::Note;
use tacho_tree::audit::Verdict;
use tachograph::erase::{Eraser, Hold, Keep, Scope, Target};
use tachograph::generation;
use tachograph::pack;
use tachograph::record::{Recorder, Settings};
use tachograph::reseal::{self, Aim, Plan, Resealed};
use tachograph::sign::{Demand, Keys, Signer, tell};
use tachograph::vault::{OpenGrants, Writer};
use tachograph::verify::{Disclosures, Options, Verified, verify};

use crate::vault::safe::{BASE, Safe, call, policy};

const DAY_MICROS: i64 = 86_400_000_000;
/// More than a block has room for.
const LARGE: usize = 90_000;

fn pass(safe: &Safe, days: i64) {
    safe.yard.world.micros.fetch_add(days * DAY_MICROS, Ordering::Relaxed);
}

fn eraser(safe: &Safe) -> Eraser {
    Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring())
}

fn plan(safe: &Safe, aim: Aim) -> Plan {
    reseal::plan(&safe.yard.store(), "acme", aim).unwrap()
}

fn reseal(safe: &Safe, aim: Aim) -> Resealed {
    let mut told = Vec::new();
    let done = reseal::apply(&mut eraser(safe), "acme", aim, &mut |done, of| {
        told.push((done, of));
    });
    let is_rising = told.is_sorted() && told.iter().all(|(done, of)| done <= of);
    assert!(is_rising, "{told:?}");
    done.unwrap()
}

/// Files below the store that hold the text, in the clear.
fn holders(safe: &Safe, text: &str) -> Vec<PathBuf> {
    let (mut dirs, mut holders) = (vec![safe.yard.path()], Vec::new());
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if memchr::memmem::find(&std::fs::read(&path).unwrap(), text.as_bytes())
                .is_some()
            {
                holders.push(path);
            }
        }
    }
    holders
}

fn asked(safe: &Safe, against: &Note) -> Verified {
    let against = vec![("kept".to_owned(), against.to_string().into_bytes())];
    let options = Options { ring: Some(safe.ring()), against, ..Options::default() };
    verify(&safe.yard.store(), "acme", &options)
}

fn signed(safe: &Safe) -> Note {
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    let now = tacho_event::World::now(safe.yard.world.as_ref());
    let mut signer = Signer::new(&store, keys, Some(BASE));
    signer.sign("acme", Demand::Now, now).unwrap().unwrap()
}

/// The log is what was signed, and so many of its digests open.
fn is_sound(safe: &Safe, against: &Note) -> Disclosures {
    signed(safe);
    let verified = asked(safe, against);
    assert_eq!(verified.verdict(), Verdict::Yes, "{:?}", verified.report.findings);
    let count = verified.disclosures.unwrap();
    assert_eq!((count.sealed, count.missing), (0, 0));
    count
}

/// Alice, Bob, a robot and a long text; over three days, the first of them packed, the last one
/// waiting in the WAL in part. Of the first day one event was erased.
fn three_days(preset: Preset) -> Safe {
    let safe = Safe::new();
    let server = safe.server(preset, "acme");
    let mut number = 0;
    for day in 0..3 {
        for (who, what) in [
            ("alice@example.com", "alices errand"),
            ("bob@example.com", "bobs errand"),
            ("", "the robots errand"),
        ] {
            server.record(call(number, who, &format!("{what} {day}"))).unwrap();
            number += 1;
        }
        let long = "bobs long letter ".repeat(LARGE / 17);
        server.record(call(number, "bob@example.com", &long)).unwrap();
        number += 1;
        if day < 2 {
            safe.integrate();
            pass(&safe, 1);
        }
    }
    let world: Arc<dyn tachograph::world::World> = safe.yard.world.clone();
    let mut due = pack::plan(&safe.yard.store(), world.as_ref(), "acme").unwrap();
    let first = due.iter().map(|due| due.day).min().unwrap();
    due.retain(|due| due.day == first);
    pack::apply(&safe.yard.store(), &world, Some(&safe.ring()), &due).unwrap();
    erase(&safe, Scope::Events(vec!["e-0".to_owned()]));
    server.record(call(number, "alice@example.com", "alices errand in the wal")).unwrap();
    safe
}

fn erase(safe: &Safe, scope: Scope) {
    let target = Target { tenant: "acme".to_owned(), scope };
    eraser(safe).erase(&[target], "asked").unwrap();
}

/// Four days pass; what was kept for so many days goes. Gives the number of day files that went.
fn expire(safe: &Safe, days: u32) -> usize {
    let keep = Keep { content_days: Some(days), identity_days: Some(days) };
    let mut eraser = eraser(safe);
    eraser.confirm_clock().unwrap();
    for _ in 0..4 {
        pass(safe, 1);
        eraser.due("acme", keep).unwrap();
    }
    let due = eraser.due("acme", keep).unwrap();
    eraser.expire(&due).unwrap().unwrap();
    due.len()
}

#[test]
fn what_was_plain_is_sealed_and_says_what_it_said() {
    let safe = three_days(Preset::Development);
    safe.integrate();
    let kept = signed(&safe);
    let (said, before) = (safe.says("acme"), is_sound(&safe, &kept));
    let due = plan(&safe, Aim::Sealed);
    assert!(!holders(&safe, "errand").is_empty());
    assert_eq!(due.due.len(), 6, "content and identity of three days: {due:?}");
    let done = reseal(&safe, Aim::Sealed);
    assert_eq!(done, Resealed { files: 6, parts: due.parts(), left: 0 });
    for text in ["errand", "bobs long letter", "alice@example.com", "bob@example.com"] {
        assert_eq!(holders(&safe, text), [] as [PathBuf; 0], "{text}");
    }
    assert_eq!(plan(&safe, Aim::Sealed).due, []);
    // The two events that say so opened nothing and hide a little themselves.
    safe.integrate();
    assert_eq!(safe.says("acme")[..said.len()], said);
    let after = is_sound(&safe, &kept);
    assert_eq!((after.erased, after.expired), (before.erased, before.expired));
    assert_eq!(after.opened, before.opened + 2);
    // Once more there is nothing to do, and nothing is said.
    let size = safe.yard.log("acme").size();
    assert_eq!(reseal(&safe, Aim::Sealed), Resealed::default());
    assert_eq!(safe.yard.log("acme").size(), size);
}

#[test]
fn what_was_sealed_late_is_erased_by_person_and_expires_by_day() {
    let safe = three_days(Preset::Development);
    reseal(&safe, Aim::Sealed);
    let before = safe.says("acme");
    let alices = |says: &[String]| says.iter().filter(|one| one.contains("alices")).count();
    assert_eq!(alices(&before), 3);
    let target =
        Target { tenant: "acme".to_owned(), scope: Scope::Subject("alice@example.com".to_owned()) };
    let preview = eraser(&safe).preview(&target).unwrap();
    assert_eq!(preview.events, 3);
    eraser(&safe).erase(&[target], "asked").unwrap();
    let says = safe.says("acme");
    assert_eq!(alices(&says), 0);
    let bobs = |says: &[String]| says.iter().filter(|one| one.contains("bobs")).count();
    assert_eq!((bobs(&says), bobs(&before)), (6, 6));
    let kept = signed(&safe);
    is_sound(&safe, &kept);
    assert_eq!(expire(&safe, 4), 4);
    assert_eq!(bobs(&safe.says("acme")), 2);
    is_sound(&safe, &kept);
}

#[test]
fn what_was_sealed_is_opened_and_read_without_keys() {
    let safe = three_days(Preset::Production);
    safe.integrate();
    let kept = signed(&safe);
    let said = safe.says("acme");
    let before = is_sound(&safe, &kept);
    assert_eq!(holders(&safe, "errand"), [] as [PathBuf; 0]);
    let due = plan(&safe, Aim::Open);
    let done = reseal(&safe, Aim::Open);
    assert_eq!(done, Resealed { files: due.due.len() as u64, parts: due.parts(), left: 0 });
    assert_eq!(plan(&safe, Aim::Open).due, []);
    let log = safe.yard.log("acme");
    let long = log.reveal(&log.get(3).unwrap().unwrap()).unwrap();
    assert!(long.opened.sealed.is_empty() && long.opened.problems.is_empty());
    let text = long.event.at("/action/tool/parameters/command").unwrap().as_str().unwrap();
    assert!(text.starts_with("bobs long letter") && text.len() > LARGE / 2);
    let erased = log.reveal(&log.get(0).unwrap().unwrap()).unwrap();
    assert_eq!(erased.event.at("/action/tool/parameters/command"), None);
    safe.integrate();
    assert_eq!(safe.says("acme")[..said.len()], said);
    assert_eq!(is_sound(&safe, &kept).opened, before.opened + 2);
    let size = safe.yard.log("acme").size();
    assert_eq!(reseal(&safe, Aim::Open), Resealed::default());
    assert_eq!(safe.yard.log("acme").size(), size);
}

#[test]
fn sealed_opened_and_sealed_again_nothing_plain_is_left() {
    let safe = three_days(Preset::Development);
    let said = safe.says("acme");
    for aim in [Aim::Sealed, Aim::Open, Aim::Sealed] {
        assert!(reseal(&safe, aim).parts > 0, "{aim:?}");
        safe.integrate();
        assert_eq!(safe.says("acme")[..said.len()], said, "{aim:?}");
    }
    assert_eq!(holders(&safe, "errand"), [] as [PathBuf; 0]);
    is_sound(&safe, &signed(&safe));
}

#[test]
fn what_is_held_is_sealed_and_stays() {
    let safe = three_days(Preset::Development);
    let said = safe.says("acme");
    let (id, tenant) = ("case-7".to_owned(), "acme".to_owned());
    eraser(&safe).place_hold(Hold { id, tenant, scope: None, why: "a case".to_owned() }).unwrap();
    assert_eq!(reseal(&safe, Aim::Sealed).left, 0);
    assert_eq!(safe.says("acme")[..said.len()], said);
    assert_eq!(eraser(&safe).holds().unwrap().len(), 1);
}

#[test]
fn a_day_whose_key_was_destroyed_gets_none_again() {
    let safe = Safe::new();
    let server = safe.server(Preset::Development, "acme");
    server.record(call(0, "bob@example.com", "bobs first errand")).unwrap();
    safe.integrate();
    let mut eraser = eraser(&safe);
    let keep = Keep { content_days: Some(2), identity_days: Some(2) };
    for _ in 0..5 {
        pass(&safe, 1);
        eraser.due("acme", keep).unwrap();
    }
    let due = eraser.due("acme", keep).unwrap();
    let day = due[0].day;
    eraser.expire(&due).unwrap().unwrap();
    // Somebody whose clock stands still.
    pass(&safe, -5);
    server.record(call(1, "bob@example.com", "bobs late errand")).unwrap();
    pass(&safe, 5);
    safe.integrate();
    let late = plan(&safe, Aim::Sealed);
    assert!(late.due.iter().any(|(due, _)| due.day == day), "{late:?}");
    assert_eq!(reseal(&safe, Aim::Sealed).left, 0);
    assert_eq!(holders(&safe, "errand"), [] as [PathBuf; 0]);
    assert!(safe.says("acme").iter().any(|said| said == "bob@example.com bobs late errand"));
    let rows = std::fs::read_to_string(safe.yard.keys().join("acme/vault.keys.jsonl")).unwrap();
    let content = Class::Content.byte();
    assert!(!rows.contains(&format!("\"class\":{content},\"day\":{day},")), "{rows}");
    // It is sealed to the master, and follows when that is replaced: another day goes.
    server.record(call(2, "bob@example.com", "bobs next errand")).unwrap();
    safe.integrate();
    for _ in 0..5 {
        pass(&safe, 1);
        eraser.due("acme", keep).unwrap();
    }
    let mut due = eraser.due("acme", keep).unwrap();
    due.retain(|due| due.day != day);
    eraser.expire(&due).unwrap().unwrap();
    let says = safe.says("acme");
    assert!(says.iter().any(|said| said == "bob@example.com bobs late errand"), "{says:?}");
    assert!(!says.iter().any(|said| said.contains("next errand")), "{says:?}");
}

#[test]
fn parts_that_no_key_opens_stay_as_they_are_and_are_counted() {
    let safe = Safe::new();
    let server = safe.server(Preset::Production, "acme");
    server.record(call(0, "", "the robots errand")).unwrap();
    safe.integrate();
    let path = safe.yard.keys().join("acme/vault.keys.jsonl");
    let rows = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, rows.lines().next().unwrap().to_owned() + "\n").unwrap();
    let due = plan(&safe, Aim::Open);
    let done = reseal(&safe, Aim::Open);
    assert_eq!((done.parts, done.left), (0, due.parts()));
    assert_eq!(safe.says("acme")[0], "? ?");
}

#[test]
fn a_rotation_of_the_logs_key_is_read_by_everybody_for_as_long_as_the_log_lives() {
    let safe = three_days(Preset::Production);
    safe.integrate();
    let kept = signed(&safe);
    let store = safe.yard.store();
    let keys = Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
    let mut signer = Signer::new(&store, keys, Some(BASE));
    let rotated = signer.rotation("acme").unwrap();
    let tenant = tacho_event::TenantId::new("acme").unwrap();
    let world: Arc<dyn tachograph::world::World> = safe.yard.world.clone();
    tell(&store, world, &tenant, rotated.draft).unwrap();
    safe.integrate();
    signer.rotate("acme", 0, tacho_event::World::now(safe.yard.world.as_ref())).unwrap();
    // The old note is of the old key, and whoever asks has the new one and no key of the vault.
    let is_followed = || {
        let against = vec![("kept".to_owned(), kept.to_string().into_bytes())];
        let keys = vec![rotated.successor.clone()];
        let verified = verify(&store, "acme", &Options { keys, against, ..Options::default() });
        assert_eq!(verified.verdict(), Verdict::Yes, "{:?}", verified.report.findings);
    };
    is_followed();
    assert_eq!(plan(&safe, Aim::Sealed).due, []);
    // It stands in the evidence of its day, where something else is to be sealed.
    let policy = policy(Preset::Development).with_evidence(vec!["metadata.case".to_owned()]);
    let settings = Settings { tenant, beat: false, ..Settings::default() };
    let (wal, world) = (safe.yard.wal(), safe.yard.world.clone());
    let generation = generation::read(store.files().as_ref(), store.places()).unwrap();
    let writer = Writer::Plain { grants: OpenGrants::new(), generation };
    let recorder =
        Recorder::with_writer(store.clone(), wal, world, policy, settings, writer).unwrap();
    let draft = call(90, "bob@example.com", "bobs last errand");
    recorder.record(draft.with("metadata.case", "a case of evidence")).unwrap();
    safe.integrate();
    assert_eq!(reseal(&safe, Aim::Sealed).left, 0);
    assert_eq!(holders(&safe, "a case of evidence"), [] as [PathBuf; 0]);
    is_followed();
    assert_eq!(expire(&safe, 2), 6);
    is_followed();
}
