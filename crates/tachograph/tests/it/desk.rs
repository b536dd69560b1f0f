//! Given a simulated machine, gives recorders on its store, and the events they left in the log.

use tacho_event::json::{Object, Value, read};
use tacho_event::privacy::{Policy, reveal};
use tacho_event::{ActionType, Draft};
use tacho_testkit::sim::Machine;
use tacho_tree::{Hash, leaf_hash};
use tachograph::record::{Recorder, Settings};
use tachograph::wal::{Item, Position};

use crate::harness::start;
use std::collections::HashSet;
use tachograph::vault;

/// A machine on which events are recorded.
pub(crate) struct Desk {
    pub(crate) machine: Machine,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { machine: Machine::new(1) }
    }

    /// A recorder of a process of its own.
    pub(crate) fn recorder(&self, settings: Settings) -> Recorder {
        self.recorder_with(Policy::default(), settings)
    }

    pub(crate) fn recorder_with(&self, policy: Policy, settings: Settings) -> Recorder {
        let process = start(&self.machine);
        Recorder::new(process.store, process.wal, self.machine.world(), policy, settings).unwrap()
    }

    /// The hash of every leaf in the WAL.
    pub(crate) fn leaf_hashes(&self) -> Vec<Hash> {
        let mut walk = start(&self.machine).wal.follow(Position::START);
        let mut hashes = Vec::new();
        while let Item::Frame { record, .. } = walk.next_item().unwrap() {
            hashes.push(leaf_hash(record.leaf));
        }
        hashes
    }

    /// Every event in the log, spool included, with what its parts disclose; the grant of each part
    /// stands before it.
    pub(crate) fn events(&self) -> Vec<Object> {
        let process = start(&self.machine);
        process.wal.drain(Position::START).unwrap();
        let mut walk = process.wal.follow(Position::START);
        let (mut events, mut granted) = (Vec::new(), HashSet::new());
        loop {
            match walk.next_item().unwrap() {
                Item::Frame { record, .. } => {
                    expect_granted(record.parts, &mut granted);
                    events.push(disclosed(record.leaf, record.parts));
                }
                Item::Damage(_) => {}
                Item::End(_) => return events,
                other => panic!("{other:?}"),
            }
        }
    }

    /// What was called, and in between the names of other events.
    pub(crate) fn story(&self) -> Vec<String> {
        let text = |event: &Object, pointer: &str| {
            event.at(pointer).and_then(Value::as_str).map(str::to_owned)
        };
        let events = self.events();
        let tell = |event| {
            text(event, "/action/tool/parameters/command").or_else(|| text(event, "/action/name"))
        };
        events.iter().map(|event| tell(event).unwrap_or_default()).collect()
    }

    /// The reasons of gap events, with their counts.
    pub(crate) fn gaps(&self) -> Vec<(String, i64)> {
        let gap = |event: &Object| {
            let gap = event.at("/action/gap")?.as_object()?;
            Some((gap.str("reason")?.to_owned(), gap.get("count")?.as_i64()?))
        };
        self.events().iter().filter_map(gap).collect()
    }
}

/// Settings of a recorder that says nothing of itself.
pub(crate) fn quiet() -> Settings {
    Settings { beat: false, ..Settings::default() }
}

pub(crate) fn bash(command: &str) -> Draft {
    Draft::new(ActionType::Tool, "Bash")
        .with("agent.session_id", "s1")
        .with("action.tool.parameters.command", command)
}

/// Each part has its grant in `granted`, to which those here are added.
fn expect_granted(parts: &[u8], granted: &mut HashSet<[u8; 16]>) {
    for item in vault::items(parts).map(Result::unwrap) {
        match item {
            vault::Item::Grant(grant) => _ = granted.insert(grant.id),
            vault::Item::Part(part) => assert!(granted.contains(&part.grant_id)),
            other => panic!("{other:?}"),
        }
    }
}

/// What a leaf and its plain parts say together.
pub(crate) fn disclosed(leaf: &[u8], parts: &[u8]) -> Object {
    let Value::Object(leaf) = read(leaf).unwrap() else { panic!("a leaf") };
    let opened = tachograph::vault::open(parts);
    assert!(opened.problems.is_empty(), "{:?}", opened.problems);
    reveal(&leaf, &opened.disclosures).unwrap()
}
