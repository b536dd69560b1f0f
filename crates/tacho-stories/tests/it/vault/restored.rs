//! A store that was put back from a copy brings nobody back.

use std::sync::{Arc, Mutex};

use tacho_event::privacy::Preset;
use tachograph::backup::{backup, restore};
use tachograph::erase::Eraser;
use tachograph::files::OsFiles;
use tachograph::sign::Keys;
use tachograph::vault::{KeyRing, VaultError, escrow_keys};

use super::erase::{alice, eraser, holders, told};
use super::safe::{BASE, call};

#[test]
fn a_restored_store_is_refused_until_what_was_erased_since_is_applied() {
    for preset in [Preset::Production, Preset::Development] {
        let safe = told(preset);
        safe.integrate();
        let copy = safe.yard.path().parent().unwrap().join("copy");
        let copied = backup(&safe.yard.store(), safe.yard.world.clone(), &copy).unwrap();
        assert!(copied.files > 10 && copied.bytes > 1000);
        eraser(&safe).erase(&[alice()], "asked").unwrap();
        std::fs::remove_dir_all(safe.yard.path()).unwrap();
        restore(&OsFiles, &copy, &safe.yard.path()).unwrap();
        assert!(restore(&OsFiles, &copy, &safe.yard.path()).is_err(), "nothing is written over");

        let store = safe.yard.store();
        let keys = || Keys::open(store.files().as_ref(), &safe.yard.keys()).unwrap();
        let world = safe.yard.world.clone();
        let refused = KeyRing::open(&store, world.clone(), keys(), Some(BASE));
        assert!(matches!(refused, Err(VaultError::NotApplied { erasures: 1 })));
        let ring = KeyRing::open_restored(&store, world.clone(), keys(), Some(BASE)).unwrap();
        let mut eraser = Eraser::new(&store, world, Arc::new(Mutex::new(ring)));
        assert_eq!(eraser.apply().unwrap(), 1);
        assert_eq!(eraser.apply().unwrap(), 0);
        for text in ["alice@example.com", "alices errand"] {
            assert_eq!(holders(&safe, text), [] as [std::path::PathBuf; 0], "{preset:?} {text}");
        }
        let says = safe.says("acme");
        assert_eq!((says[0].as_str(), says[1].as_str()), ("? ?", "bob@example.com bobs errand 1"));
        safe.server(preset, "acme").record(call(40, "bob@example.com", "on it goes")).unwrap();
        assert_eq!(safe.says("acme").last().unwrap(), "bob@example.com on it goes");
    }
}

#[test]
fn an_escrow_brings_a_lost_master_back_and_an_old_one_does_not() {
    let safe = told(Preset::Production);
    safe.integrate();
    let store = safe.yard.store();
    let keys = safe.yard.keys();
    let (secret, public) = escrow_keys(&tachograph::world::OsWorld);
    let old = safe.ring().lock().unwrap().escrow(&public).unwrap();
    eraser(&safe).erase(&[alice()], "asked").unwrap();
    let escrow = safe.ring().lock().unwrap().escrow(&public).unwrap();
    // One that is there stays.
    assert!(KeyRing::recover(&store, &keys, &escrow, &secret).is_err());
    for (escrow, works) in [(&escrow, true), (&old, false)] {
        std::fs::remove_file(keys.join("vault.msk")).unwrap();
        let other = escrow_keys(&tachograph::world::OsWorld).0;
        assert!(matches!(KeyRing::recover(&store, &keys, escrow, &other), Err(VaultError::Escrow)));
        KeyRing::recover(&store, &keys, escrow, &secret).unwrap();
        let says = safe.says("acme");
        assert_eq!(says[1] == "bob@example.com bobs errand 1", works);
    }
}

/// A copy as git or an archiver makes it: files alone.
fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &to);
        } else {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_copy_that_lost_its_empty_directories_goes_on_as_any_other() {
    for preset in [Preset::Production, Preset::Minimal] {
        let safe = told(preset);
        std::fs::remove_dir_all(safe.yard.path().join("wal/quarantine")).unwrap();
        safe.integrate();
        let before = safe.says("acme");
        let copy = safe.yard.path().parent().unwrap().join("copy");
        copy_files(&safe.yard.path(), &copy);
        let dirs = ["spool", "cursors", "run", "wal/quarantine"].map(|name| copy.join(name));
        assert!(dirs.iter().all(|dir| !dir.exists()));
        let evidence = copy.join("tenants/acme/parts/evidence");
        assert!(!evidence.exists());
        std::fs::remove_dir_all(safe.yard.path()).unwrap();
        std::fs::rename(&copy, safe.yard.path()).unwrap();
        // Nobody but an operator says that no stop was there.
        let stops = safe.yard.store().places().stops();
        assert!(!stops.exists());
        std::fs::create_dir(stops).unwrap();
        assert_eq!(safe.says("acme"), before);
        safe.server(preset, "acme").record(call(40, "bob@example.com", "on it goes")).unwrap();
        safe.integrate();
        eraser(&safe).erase(&[alice()], "asked").unwrap();
        let dirs = ["spool", "cursors", "run", "wal/quarantine", "tenants/acme/parts/evidence"];
        assert!(dirs.iter().all(|name| safe.yard.path().join(name).is_dir()));
        assert_eq!(safe.says("acme").len(), before.len() + 3);
        assert_eq!(holders(&safe, "alices errand"), [] as [std::path::PathBuf; 0]);
    }
}
