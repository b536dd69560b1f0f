//! Stores: made once, whole or not at all; older ones are read, newer ones refused.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use tacho_testkit::sim::{Keep, Machine, Stop};
use tachograph::Store;
use tachograph::emitters;
use tachograph::files::{Files, OsFiles};
use tachograph::store::{OpenError, Remote};

use crate::harness::{STORE, start, try_start};
use crate::yard::Yard;

fn open(machine: &Machine) -> Result<Store, OpenError> {
    Store::open(Arc::new(machine.process()), Path::new(STORE), Remote::Refused)
}

#[test]
fn a_directory_without_a_store_is_missing_one() {
    let machine = Machine::new(1);
    machine.make_dir("/data");
    assert!(matches!(open(&machine), Err(OpenError::Missing(_))));
    machine.make_dir(STORE);
    assert!(matches!(open(&machine), Err(OpenError::Missing(_))));
}

#[test]
fn a_store_says_its_version_and_its_name() {
    let machine = Machine::new(1);
    let process = start(&machine);
    assert_eq!(machine.read(format!("{STORE}/FORMAT")).unwrap(), b"tachograph-store 1\n");
    assert_eq!(process.store.version(), 1);
    let again = open(&machine).unwrap();
    assert_eq!(again.installation(), process.store.installation());
    assert_ne!(again.installation(), start(&Machine::new(2)).store.installation());
}

#[test]
fn a_newer_store_is_refused_and_not_touched() {
    let machine = Machine::new(1);
    start(&machine).append_durably(&[1]);
    for format in ["tachograph-store 2\n", "tachograph-store 10 with more to say\n"] {
        machine.tamper(format!("{STORE}/FORMAT"), format.as_bytes());
        let before: Vec<_> = machine.paths().iter().map(|path| machine.read(path)).collect();
        let outcome = try_start(&machine).map(|_| ());
        assert!(matches!(outcome, Err(OpenError::Newer { version: 2 | 10, .. })), "{outcome:?}");
        let after: Vec<_> = machine.paths().iter().map(|path| machine.read(path)).collect();
        assert!(before == after);
    }
}

#[test]
fn what_is_no_store_is_refused() {
    for format in ["", "x", "tachograph-store", "tachograph-store 0\n", "tachograph-store 01\n"] {
        let machine = Machine::new(1);
        start(&machine);
        machine.tamper(format!("{STORE}/FORMAT"), format.as_bytes());
        let outcome = try_start(&machine).map(|_| ());
        assert!(matches!(outcome, Err(OpenError::NotAStore(_))), "{format:?}: {outcome:?}");
    }
}

#[test]
fn a_file_in_the_place_of_a_store_is_refused() {
    let scratch = tacho_testkit::scratch(env!("CARGO_TARGET_TMPDIR"));
    let path = scratch.join("file");
    OsFiles.create_new(&path).unwrap();
    let outcome = Store::open(Arc::new(OsFiles), &path, Remote::Refused).map(|_| ());
    assert!(matches!(outcome, Err(OpenError::NotAStore(_))), "{outcome:?}");
}

#[test]
fn a_damaged_name_is_said_and_not_replaced() {
    let machine = Machine::new(1);
    start(&machine);
    machine.tamper(format!("{STORE}/installation"), b"0123\n");
    assert!(matches!(open(&machine), Err(OpenError::Store(_))));
}

#[test]
fn creation_that_dies_anywhere_goes_on_where_it_stopped() {
    for seed in 0..tacho_testkit::stories(40) {
        for at in 1.. {
            let machine = Machine::new(seed * 1000 + at);
            let stop = if seed % 2 == 0 { Stop::Kill } else { Stop::PowerCut };
            machine.stop_at(at, stop);
            let made = try_start(&machine).map(|process| *process.store.installation());
            let stopped = machine.is_stopped();
            machine.calm_down();
            if stopped && stop == Stop::PowerCut {
                machine.power_cut(Keep::Some);
            }
            let process = start(&machine);
            process.append_durably(&[1]);
            assert_eq!(process.contents().numbers(), [1]);
            if let Ok(name) = made {
                assert_eq!(*process.store.installation(), name, "seed {seed}, at {at}");
            }
            if !stopped {
                break;
            }
        }
    }
}

#[test]
fn two_who_create_at_once_create_one_store() {
    for at in 1.. {
        let machine = Machine::new(at);
        let (other, told) = (machine.clone(), Arc::new(std::sync::Mutex::new(None)));
        let tell = told.clone();
        machine.interrupt_at(at, move || {
            let made = try_start(&other).map(|process| *process.store.installation());
            *tell.lock().unwrap() = Some(made);
        });
        let ours = *start(&machine).store.installation();
        match told.lock().unwrap().take() {
            Some(Ok(theirs)) => assert_eq!(ours, theirs, "at {at}"),
            Some(Err(OpenError::Busy(_))) => {}
            Some(Err(error)) => panic!("{error}"),
            None => return,
        }
    }
}

#[test]
fn what_a_store_writes_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = tacho_testkit::scratch(env!("CARGO_TARGET_TMPDIR"));
    let path = scratch.join("store");
    let world = Arc::new(tachograph::world::OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Refused).unwrap();
    let wal = tachograph::wal::Wal::new(&store, world, crate::harness::options());
    crate::harness::append_to(&wal, &[tacho_testkit::records::record(1)]).unwrap();
    let mut open = vec![path];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let metadata = path.symlink_metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o777;
        assert_eq!(mode, if metadata.is_dir() { 0o700 } else { 0o600 }, "{path:?}");
        seen += 1;
        if metadata.is_dir() {
            open.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(seen > 10);
}

#[test]
fn links_and_pipes_are_never_opened() {
    let scratch = tacho_testkit::scratch(env!("CARGO_TARGET_TMPDIR"));
    let (file, link, pipe) = (scratch.join("file"), scratch.join("link"), scratch.join("pipe"));
    OsFiles.create_new(&file).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [&link, &pipe, &scratch.to_path_buf()] {
        let opened = OsFiles.open(path, tachograph::files::Access::Read);
        assert!(opened.is_err(), "{path:?}");
    }
    assert!(OsFiles.open(&file, tachograph::files::Access::Read).is_ok());
}

#[test]
fn what_is_missing_above_a_store_is_made_and_survives() {
    for seed in 0..50 {
        let machine = Machine::new(seed);
        machine.make_dir("/home");
        let path = Path::new("/home/alice/.local/share/tachograph");
        let files: Arc<dyn Files> = Arc::new(machine.process());
        let world = crate::yard::YardWorld::default();
        Store::create(files, &world, path, Remote::Refused).unwrap();
        machine.power_cut(Keep::Some);
        let files: Arc<dyn Files> = Arc::new(machine.process());
        Store::open(files, path, Remote::Refused).unwrap();
    }
}

#[test]
fn opening_a_copy_changes_nothing_and_what_it_lost_is_made_when_missed() {
    type Need = fn(&Store, &Yard);
    let needs: [(&str, Need); 4] = [
        ("spool", |store, _| assert!(store.files().list(&store.places().spool()).is_ok())),
        ("emitters", |store, yard| {
            let taken =
                emitters::take(store.files().as_ref(), store.places(), &*yard.world, "a", 1);
            assert_eq!(taken.unwrap().unwrap().first, 0);
        }),
        ("cursors", |store, _| {
            let path = store.places().cursors().join("sink@default");
            store.files().create_new(&path).unwrap();
        }),
        ("run", |store, _| store.mend().unwrap()),
    ];
    for (missed, need) in needs {
        let yard = Yard::new();
        yard.store();
        let names = ["wal/quarantine", "spool", "emitters", "cursors", "run", "tenants", "stops"];
        names.iter().for_each(|name| std::fs::remove_dir(yard.path().join(name)).unwrap());
        let are_there = || names.map(|name| yard.path().join(name).is_dir());
        let store = yard.store();
        assert_eq!(are_there(), [false; 7], "{missed}");
        need(&store, &yard);
        // Nobody but an operator says that no stop was there.
        assert_eq!(are_there(), [true, true, true, true, true, true, false], "{missed}");
    }
}

#[test]
fn what_is_missing_for_another_reason_stays_missing() {
    let yard = Yard::new();
    let (store, elsewhere) = (yard.store(), yard.path().join("nowhere/file"));
    let files = store.files();
    let kind = |error: std::io::Error| error.kind();
    assert_eq!(files.create_new(&elsewhere).map_err(kind).unwrap_err(), ErrorKind::NotFound);
    assert_eq!(files.list(&yard.path().join("nowhere")).map_err(kind), Err(ErrorKind::NotFound));
    std::fs::remove_dir(yard.path().join("stops")).unwrap();
    let lease = store.places().stop_leases();
    assert_eq!(files.create_new(&lease).map_err(kind).unwrap_err(), ErrorKind::NotFound);
    assert!(!yard.path().join("stops").exists());
}
