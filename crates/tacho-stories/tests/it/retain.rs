//! Retention from outside: what goes when, what stays provable, and that nothing else goes.

mod crash;
pub(crate) mod guard;
mod maintain;
mod plan;
mod prune;

use std::path::Path;
use std::sync::atomic::Ordering;

use tacho_event::privacy::Preset;
use tachograph::Log;
use tachograph::erase::Eraser;
use tachograph::generation;
use tachograph::retain::{Keeper, Terms, Written};
use tachograph::wal::{Batch, Patience, Record};

use crate::vault::safe::Safe;
use crate::yard::{append_bare, bare_leaf};

pub(crate) const DAY_MICROS: i64 = 86_400_000_000;
pub(crate) const PER_FILE: u64 = 65_536;

pub(crate) fn pass(safe: &Safe, days: i64) {
    safe.yard.world.micros.fetch_add(days * DAY_MICROS, Ordering::Relaxed);
}

/// Time goes by, and an operator says that the clock is right.
pub(crate) fn age(safe: &Safe, days: i64) {
    pass(safe, days);
    eraser(safe).confirm_clock().unwrap();
}

pub(crate) fn eraser(safe: &Safe) -> Eraser {
    Eraser::new(&safe.yard.store(), safe.yard.world.clone(), safe.ring())
}

pub(crate) fn terms(settings: &[(&str, &str)]) -> Terms {
    let mut written = Written::default();
    settings.iter().for_each(|(name, value)| {
        assert_eq!(written.set(name, value), Some(true), "{name} = {value}");
    });
    Terms::resolve(Preset::Development, &written).unwrap()
}

pub(crate) fn keeper(safe: &Safe, settings: &[(&str, &str)]) -> Keeper {
    Keeper::new(eraser(safe), terms(settings))
}

/// The recorder says that it lives: a bound on the age of all that stands before it. It has nothing
/// to hide, so nothing of it expires.
pub(crate) fn beat(safe: &Safe) {
    use tacho_event::World;
    let now = safe.yard.world.now();
    let leaf = format!(
        r#"{{"action":{{"name":"tacho.heartbeat","type":"system"}},"id":"b-{}","timestamp":"{now}","v":1}}"#,
        now.micros()
    );
    let store = safe.yard.store();
    let generation = generation::read(store.files().as_ref(), store.places()).unwrap();
    let mut id = now.micros().to_be_bytes().repeat(2);
    id[6] = 0x70;
    let record = Record {
        tenant: "default",
        record_id: id.try_into().unwrap(),
        idem: [0; 16],
        leaf: leaf.as_bytes(),
        parts: b"",
        parts_count: 0,
        system: true,
        generation,
    };
    let mut batch = Batch::new();
    batch.push(&record).unwrap();
    safe.yard.wal().append(&mut batch, Patience::Server).unwrap();
    safe.integrate();
}

pub(crate) fn sign(safe: &Safe) {
    crate::verify::sign(&safe.yard);
}

/// A log of one closed file of leaves and a little more; a note was kept at 1,000 leaves.
pub(crate) fn two_files(safe: &Safe) {
    append_bare(&safe.yard, 0, 1_000);
    safe.integrate();
    sign(safe);
    lay(safe, 1_000, PER_FILE + 500 - 1_000);
    beat(safe);
    sign(safe);
}

/// Lays leaves behind those that are there, past the write-ahead log: many, at once. The state is
/// lost with that, and worked out from the leaves.
pub(crate) fn lay(safe: &Safe, number: u64, count: u64) {
    let places = safe.yard.places("default");
    let mut at = log(safe).size();
    let mut numbers = (number..number + count).peekable();
    while numbers.peek().is_some() {
        let room = usize::try_from(PER_FILE - at % PER_FILE).unwrap();
        let lines: Vec<String> =
            numbers.by_ref().take(room).map(|number| bare_leaf(number) + "\n").collect();
        let path = places.leaf_file(at - at % PER_FILE);
        let mut bytes = std::fs::read(&path).unwrap_or_default();
        bytes.extend_from_slice(lines.concat().as_bytes());
        std::fs::write(path, bytes).unwrap();
        at += lines.len() as u64;
    }
    std::fs::remove_file(places.state()).unwrap();
}

pub(crate) fn log(safe: &Safe) -> Log {
    safe.yard.log("default")
}

/// Every file below a directory, with its length.
pub(crate) fn listing(dir: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            let len = std::fs::metadata(&path).unwrap().len();
            found.push((path.display().to_string(), len));
        }
    }
    found.sort();
    found
}
