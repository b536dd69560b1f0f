//! The WAL becomes leaves, tree, parts and state; whatever happens, nothing is lost.

use tacho_event::privacy::Class;
use tacho_tree::prove;
use tachograph::Error;
use tachograph::integrate::{Budget, IntegrateError};

use crate::yard::{Yard, assert_whole};

#[test]
fn what_was_recorded_is_in_the_log_and_in_its_tree() {
    let yard = Yard::new();
    yard.record("default", 0, 300);
    let outcome = yard.integrate();
    assert_eq!((outcome.leaves, outcome.refused, outcome.duplicates), (300, 0, 0));
    assert_eq!(outcome.tenants, ["default"]);
    let log = yard.log("default");
    assert_eq!(log.integrated().size(), 300);
    assert_whole(&log, 0, 300);
    assert_eq!(yard.integrate().leaves, 0);
}

#[test]
fn a_reader_sees_what_nobody_integrated_yet_at_the_index_it_will_keep() {
    let yard = Yard::new();
    yard.record("default", 0, 20);
    yard.integrate();
    let mut log = yard.log("default");
    yard.record("default", 20, 15);
    assert_eq!(log.size(), 20);
    log.refresh().unwrap();
    assert_eq!(log.integrated().size(), 20);
    assert_whole(&log, 0, 35);
    yard.integrate();
    log.refresh().unwrap();
    assert_eq!(log.integrated().size(), 35);
    assert_whole(&log, 0, 35);
}

#[test]
fn tenants_share_the_wal_and_nothing_else() {
    let yard = Yard::new();
    for round in 0..5 {
        yard.record("acme", round * 10, 10);
        yard.record("other", 1000 + round * 3, 3);
    }
    let outcome = yard.integrate();
    assert_eq!(outcome.tenants, ["acme", "other"]);
    assert_whole(&yard.log("acme"), 0, 50);
    assert_whole(&yard.log("other"), 1000, 15);
    assert_eq!(yard.log("nobody").size(), 0);
}

#[test]
fn segments_go_when_they_are_integrated_and_the_log_stays_whole() {
    let mut yard = Yard::new();
    yard.segment_bytes = 16 << 10;
    yard.record("default", 0, 200);
    let mut integrator = yard.integrator();
    integrator.run(Budget { frames: 120, micros: None }).unwrap();
    assert!(integrator.retire().unwrap() > 2);
    assert_whole(&yard.log("default"), 0, 200);
    integrator.run(Budget::default()).unwrap();
    integrator.retire().unwrap();
    let log = yard.log("default");
    assert_eq!(log.integrated().size(), 200);
    assert_whole(&log, 0, 200);
}

fn put(path: &std::path::Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn an_old_state_over_newer_leaves_destroys_nothing() {
    for retired in [false, true] {
        let mut yard = Yard::new();
        yard.segment_bytes = 8 << 10;
        yard.record("default", 0, 10);
        yard.integrate();
        let state = yard.places("default").state();
        let old = std::fs::read(&state).unwrap();
        yard.record("default", 10, 40);
        let mut integrator = yard.integrator();
        integrator.run(Budget::default()).unwrap();
        if retired {
            assert!(integrator.retire().unwrap() > 0);
        }
        put(&state, &old);
        yard.record("default", 50, 5);
        yard.integrate();
        assert_whole(&yard.log("default"), 0, 55);
    }
}

#[test]
fn a_lost_or_flipped_state_is_worked_out_from_the_leaves() {
    for (lost, retired) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut yard = Yard::new();
        yard.segment_bytes = 8 << 10;
        yard.record("default", 0, 40);
        let mut integrator = yard.integrator();
        integrator.run(Budget::default()).unwrap();
        if retired {
            integrator.retire().unwrap();
        }
        let state = yard.places("default").state();
        if lost {
            std::fs::remove_file(&state).unwrap();
        } else {
            let mut bytes = std::fs::read(&state).unwrap();
            bytes[9] ^= 1;
            put(&state, &bytes);
        }
        yard.record("default", 40, 5);
        yard.integrate();
        assert_whole(&yard.log("default"), 0, 45);
    }
}

/// Its length hides the parts behind it, and no state tells how much of the file counts.
#[test]
fn a_part_overwritten_in_length_and_flags_costs_no_part_when_the_state_is_lost() {
    let yard = Yard::new();
    yard.record("default", 0, 5);
    yard.integrate();
    let places = yard.places("default");
    let day = yard.log("default").part_files().days(Class::Content).unwrap()[0];
    let path = places.day_file(Class::Content, day);
    let mut bytes = std::fs::read(&path).unwrap();
    let first = bytes.windows(4).position(|four| four == b"TVP1").unwrap();
    let all = u32::try_from(bytes.len() - first).unwrap();
    bytes[first + 4..first + 8].copy_from_slice(&all.to_be_bytes());
    bytes[first + 41] = 0xff;
    put(&path, &bytes);
    std::fs::remove_file(places.state()).unwrap();
    yard.record("default", 5, 1);
    yard.integrate();
    assert!(std::fs::read(&path).unwrap().starts_with(&bytes));
}

#[test]
fn a_lost_integrated_position_repeats_nothing() {
    let yard = Yard::new();
    yard.record("default", 0, 20);
    yard.record("acme", 0, 5);
    yard.integrate();
    std::fs::remove_file(yard.store().places().integrated()).unwrap();
    yard.record("default", 20, 5);
    yard.integrate();
    assert_whole(&yard.log("default"), 0, 25);
    assert_whole(&yard.log("acme"), 0, 5);
}

#[test]
fn a_log_with_fewer_leaves_than_it_had_is_refused_and_not_changed() {
    let yard = Yard::new();
    yard.record("default", 0, 20);
    yard.integrate();
    let path = yard.places("default").leaf_file(0);
    let leaves = std::fs::read(&path).unwrap();
    put(&path, &leaves[..leaves.len() / 2]);
    yard.record("default", 20, 5);
    let outcome = yard.integrator().run(Budget::default());
    let Err(IntegrateError::Store(Error::Shortened { leaves: left, counted, .. })) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(left < 20 && counted == 20);
    assert_eq!(std::fs::read(&path).unwrap(), &leaves[..leaves.len() / 2]);
    put(&path, &leaves);
    yard.integrate();
    assert_whole(&yard.log("default"), 0, 25);
}

#[test]
fn leaves_that_the_wal_does_not_hold_are_kept_aside_and_not_counted() {
    let yard = Yard::new();
    yard.record("default", 0, 5);
    yard.integrate();
    let path = yard.places("default").leaf_file(0);
    let foreign = std::fs::read_to_string(&path).unwrap().lines().next().unwrap().to_owned() + "\n";
    let foreign = foreign.replace("e-0", "x-0");
    let mut leaves = std::fs::read(&path).unwrap();
    leaves.extend_from_slice(foreign.as_bytes());
    put(&path, &leaves);
    yard.record("default", 5, 1);
    yard.integrate();
    assert_whole(&yard.log("default"), 0, 6);
    let kept = yard.store().places().quarantine().join("default_0000000005_leaves-surplus.bad");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), foreign);
}

#[test]
fn a_leaf_file_is_followed_by_the_next() {
    if tacho_testkit::spares("a second leaf file") {
        return;
    }
    let yard = Yard::new();
    let per_file = tachograph::limits::LEAVES_PER_FILE;
    crate::yard::append_bare(&yard, 0, per_file + 300);
    yard.integrate();
    let log = yard.log("default");
    for index in [0, 1, per_file - 1, per_file, per_file + 299] {
        let entry = log.get(index).unwrap().unwrap();
        assert_eq!(entry.leaf.str("id"), Some(format!("e-{index}").as_str()));
        assert_eq!(log.find(&format!("e-{index}")).unwrap()[0].index, index);
    }
    assert!(log.places().leaf_file(per_file).exists());
    let root = prove::root(log.nodes(), log.size()).unwrap();
    assert_eq!(root, log.integrated().root());
}
