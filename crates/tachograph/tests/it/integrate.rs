//! The WAL becomes leaves, tree, parts and state; whatever happens, nothing is lost.

use tacho_tree::{Frontier, leaf_hash, prove};
use tachograph::Log;
use tachograph::integrate::Budget;

use crate::yard::Yard;

/// Every leaf is there and hashes to the tree; every event can be revealed; in order.
pub(crate) fn assert_whole(log: &Log, from: u64, count: u64) {
    assert_eq!(log.size(), count);
    let mut frontier = Frontier::new();
    for index in 0..count {
        let leaf = log.leaf(index).unwrap().unwrap();
        frontier.push(leaf_hash(&leaf), |_, _| ());
        let entry = log.get(index).unwrap().unwrap();
        let id = format!("e-{}", from + index);
        assert_eq!(entry.leaf.str("id"), Some(id.as_str()), "leaf {index}");
        let revealed = log.reveal(&entry).unwrap();
        assert!(revealed.opened.problems.is_empty(), "{:?}", revealed.opened.problems);
        let command = revealed.event.at("/action/tool/parameters/command").unwrap();
        assert_eq!(command.as_str().unwrap(), format!("echo {}", from + index));
        let actor = revealed.event.at("/actor/id").unwrap();
        assert_eq!(actor.as_str().unwrap(), "alice@example.com");
        if index + 1 == log.integrated().size() {
            assert_eq!(frontier.root(), log.integrated().root());
        }
    }
    let stored = log.integrated().size();
    assert_eq!(prove::root(log.nodes(), stored).unwrap(), log.integrated().root());
}

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
