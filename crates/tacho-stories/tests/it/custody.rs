//! Who seals, by preset, where a program opens a recorder itself.

use std::sync::Arc;

use tacho_event::privacy::{Policy, Preset};
use tachograph::files::OsFiles;
use tachograph::record::Settings;
use tachograph::store::Remote;
use tachograph::vault::{Custody, VaultError, items};
use tachograph::world::OsWorld;
use tachograph::{Log, RecordError, Recorder, Store};
use tempfile::TempDir;

use crate::vault::safe::call;

fn open(dir: &TempDir, preset: Preset, has_keys: bool) -> Result<Recorder, RecordError> {
    let keys = has_keys.then(|| dir.path().join("keys"));
    let settings = Settings { keys, beat: false, ..Settings::default() };
    Recorder::open_with(dir.path().join("store"), Policy::preset(preset), settings)
}

/// Whether the parts of the last event are sealed.
fn is_sealed(dir: &TempDir) -> bool {
    let log = Log::open(dir.path().join("store")).unwrap();
    let entry = log.get(log.size() - 1).unwrap().unwrap();
    let parts = log.parts(&entry).unwrap();
    let parts = items(&parts).filter_map(|item| match item.unwrap() {
        tachograph::vault::Item::Part(part) => Some(part.is_plain()),
        _ => None,
    });
    let plain: Vec<bool> = parts.collect();
    assert!(!plain.is_empty());
    plain.iter().all(|is_plain| !is_plain)
}

#[test]
fn the_preset_alone_decides_who_seals() {
    for (preset, seals) in
        [(Preset::Development, false), (Preset::Production, true), (Preset::Compliance, true)]
    {
        let dir = TempDir::new().unwrap();
        let recorder = open(&dir, preset, true).unwrap();
        recorder.record(call(1, "alice@example.com", "ls")).unwrap();
        assert_eq!(is_sealed(&dir), seals, "{preset:?}");
        assert_eq!(Custody::seals(preset), seals);
        assert_eq!(dir.path().join("keys/vault.msk").exists(), seals);
    }
}

#[test]
fn a_program_that_names_no_keys_is_refused_and_records_nothing_plain() {
    let dir = TempDir::new().unwrap();
    let refused = open(&dir, Preset::Production, false).unwrap_err();
    assert!(matches!(refused, RecordError::NoKeys));
    assert_eq!(
        refused.to_string(),
        "the preset seals, and no key directory was named: name one outside the store, or take a \
         preset that does not seal"
    );
    assert_eq!(Log::open(dir.path().join("store")).unwrap().size(), 0);
    assert!(open(&dir, Preset::Development, false).is_ok());
}

#[test]
fn a_writer_makes_no_keys_and_seals_with_the_master_when_its_day_has_none() {
    let dir = TempDir::new().unwrap();
    let store =
        Store::create(Arc::new(OsFiles), &OsWorld, &dir.path().join("store"), Remote::Refused)
            .unwrap();
    let custody = Custody::new(&store, Arc::new(OsWorld), &dir.path().join("keys"));
    let refused = custody.writer(Preset::Production, "default").unwrap_err();
    assert!(matches!(refused, VaultError::NoPublic(_)), "{refused}");
    assert!(!dir.path().join("keys").exists());
    assert!(matches!(custody.ring(), Err(VaultError::NoMaster(_))));

    custody.create("default").unwrap();
    let rows = dir.path().join("keys/default/vault.keys.jsonl");
    let text = std::fs::read_to_string(&rows).unwrap();
    std::fs::write(&rows, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    let writer = custody.writer(Preset::Production, "default").unwrap();
    assert!(writer.is_sealed());
    let after = std::fs::read_to_string(&rows).unwrap();
    assert_eq!(after.lines().count(), 1, "a writer makes no rows");
}
