//! What comes after its keys were destroyed: the leaf stands, and a gap tells of the rest.

use std::sync::atomic::Ordering;

use tacho_event::TenantId;
use tacho_event::privacy::{Class, Preset};
use tachograph::erase::{Eraser, Scope, Target};
use tachograph::integrate::Budget;
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::vault::Sealer;
use tachograph::wal::Patience;

use super::account::{found, verified};
use super::safe::{Safe, call, policy};

/// The spool file of a hook that does not get the log, and its name.
fn spooled(safe: &Safe, who: &str) -> (std::path::PathBuf, Vec<u8>) {
    let store = safe.yard.store();
    let lock = std::fs::File::open(store.places().wal_lock()).unwrap();
    lock.lock().unwrap();
    let sealer = Sealer::with_public(store.files().clone(), &safe.yard.keys(), "acme").unwrap();
    let tenant = TenantId::new("acme").unwrap();
    let settings = Settings { tenant, beat: false, ack: Ack::Os, ..Settings::default() };
    let settings = Settings { patience: Patience::Hook, ..settings };
    let (wal, world) = (safe.yard.wal(), safe.yard.world.clone());
    let policy = policy(Preset::Production);
    let hook =
        Recorder::with_writer(store.clone(), wal, world, policy, settings, sealer.into()).unwrap();
    hook.record(call(7, who, "a late errand")).unwrap();
    drop(hook);
    lock.unlock().unwrap();
    let mut spool = std::fs::read_dir(store.places().spool()).unwrap();
    let path = spool.next().unwrap().unwrap().path();
    assert!(spool.next().is_none());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    (path, bytes)
}

fn gaps(safe: &Safe) -> Vec<String> {
    let log = safe.yard.log("acme");
    let leaves = (0..log.size()).map(|at| log.leaf(at).unwrap().unwrap());
    let texts = leaves.map(|leaf| String::from_utf8(leaf).unwrap());
    texts.filter(|text| text.contains("tacho.unopened")).collect()
}

#[test]
fn parts_that_come_after_their_keys_were_destroyed_leave_a_leaf_and_a_gap() {
    let safe = Safe::new();
    let server = safe.server(Preset::Production, "acme");
    server.record(call(0, "bob@example.com", "bobs errand")).unwrap();
    safe.integrate();
    let (path, bytes) = spooled(&safe, "alice@example.com");
    // In time, it is an event like any other, and nothing is said.
    std::fs::write(&path, &bytes).unwrap();
    let outcome = safe.yard.integrator().with_vault(safe.ring()).run(Budget::default()).unwrap();
    assert_eq!((outcome.leaves, outcome.unopened), (1, 0));
    let (path, bytes) = spooled(&safe, "alice@example.com");
    let scope = Scope::Subject("alice@example.com".to_owned());
    let target = Target { tenant: "acme".to_owned(), scope };
    let mut eraser = Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring());
    eraser.erase(&[target], "asked").unwrap();
    safe.integrate();
    std::fs::write(&path, &bytes).unwrap();
    let outcome = safe.yard.integrator().with_vault(safe.ring()).run(Budget::default()).unwrap();
    assert_eq!((outcome.leaves, outcome.unopened), (1, 1));
    assert_eq!(safe.says("acme").last().unwrap(), "? ?");
    assert_eq!(gaps(&safe), [] as [String; 0]);
    let server = safe.server(Preset::Production, "acme");
    assert_eq!(server.tell_findings().unwrap(), 1);
    assert_eq!(server.tell_findings().unwrap(), 0);
    safe.integrate();
    let gaps = gaps(&safe);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].contains("\"type\":\"gap\""), "{gaps:?}");
    // Whoever comes with the keys of now is not late.
    server.record(call(8, "alice@example.com", "alices next errand")).unwrap();
    let outcome = safe.yard.integrator().with_vault(safe.ring()).run(Budget::default()).unwrap();
    assert_eq!(outcome.unopened, 0);
}

#[test]
fn a_day_all_of_whose_parts_came_late_is_told_as_sealed_and_not_as_changed() {
    let safe = Safe::new();
    let server = safe.server(Preset::Production, "acme");
    server.record(call(0, "bob@example.com", "bobs errand")).unwrap();
    safe.integrate();
    // Another day, of which nothing is there yet.
    safe.yard.world.micros.fetch_add(86_400_000_000, Ordering::Relaxed);
    let (path, bytes) = spooled(&safe, "");
    let scope = Scope::Events(vec!["e-0".to_owned()]);
    let target = Target { tenant: "acme".to_owned(), scope };
    let mut eraser = Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring());
    eraser.erase(&[target], "asked").unwrap();
    std::fs::write(&path, &bytes).unwrap();
    safe.integrate();
    let parts = safe.yard.log("acme").part_files().days(Class::Identity).unwrap();
    assert_eq!(parts.len(), 2, "the late part has its day for itself");
    // Another rotation keeps in mind that the key is not the first of its day.
    eraser.rotate_master().unwrap();
    for with_keys in [false, true] {
        let verified = verified(&safe, with_keys);
        assert_eq!(found(&verified), [], "{with_keys}");
        assert_eq!(verified.disclosures.unwrap().missing, 0);
    }
}
