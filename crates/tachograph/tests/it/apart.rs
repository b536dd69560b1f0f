//! Readers that may not write: another user, a store that nobody may change, many writers at once.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use tacho_testkit::require;
use tachograph::Log;
use tachograph::integrate::Budget;

use crate::integrate::assert_whole;
use crate::yard::Yard;

const STORE: &str = "TACHO_TEST_READ_STORE";

/// Run by the test below in another process, as another user; else it has nothing to read.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent process says which store to read")]
fn reads_the_store_it_is_told() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let probe = Path::new(&path).join("probe");
    assert!(std::fs::write(probe, b"x").is_err(), "this user must not be able to write");
    assert_whole(&Log::open(path).unwrap(), 0, 30);
}

#[test]
fn a_reader_of_another_user_sees_what_nobody_integrated_yet() {
    let yard = Yard::new();
    yard.record("default", 0, 20);
    yard.integrate();
    yard.record("default", 20, 10);
    open_for_all(yard.path().parent().unwrap());
    // Somewhere that any user may go.
    let own = yard.path().parent().unwrap().join("reader");
    std::fs::copy(std::env::current_exe().unwrap(), &own).unwrap();
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut reader = Command::new(&own);
    reader.arg("reads_the_store_it_is_told").env(STORE, yard.path()).uid(65_534).gid(65_534);
    let Ok(output) = reader.output() else {
        require("root", "only root starts a process of another user");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Directories may be entered and files read by everybody; nobody may write.
fn open_for_all(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            open_for_all(&entry);
        } else {
            std::fs::set_permissions(&entry, std::fs::Permissions::from_mode(0o444)).unwrap();
        }
    }
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o555)).unwrap();
}

#[test]
fn a_follower_sees_every_event_once_while_many_write_and_one_integrates() {
    const WRITERS: u64 = 20;
    const EACH: u64 = 25;
    let mut yard = Yard::new();
    yard.segment_bytes = 64 << 10;
    let mut log = yard.log("default");
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        let yard = &yard;
        for writer in 0..WRITERS {
            scope.spawn(move || yard.record("default", writer * EACH, EACH));
        }
        scope.spawn(move || {
            let mut integrator = yard.integrator();
            let mut leaves = 0;
            while leaves < WRITERS * EACH {
                leaves += integrator.run(Budget::default()).unwrap().leaves;
                integrator.retire().unwrap();
            }
        });
        while (seen.len() as u64) < WRITERS * EACH {
            assert!(log.wait(seen.len() as u64, 60_000_000).unwrap());
            for index in seen.len() as u64..log.size() {
                let entry = log.get(index).unwrap().unwrap();
                let revealed = log.reveal(&entry).unwrap();
                assert!(revealed.opened.problems.is_empty());
                assert_eq!(revealed.opened.disclosures.len(), 2, "leaf {index}");
                seen.push(entry.leaf.str("id").unwrap().to_owned());
            }
        }
    });
    log.refresh().unwrap();
    // What was seen first at an index, stands there for good.
    for (index, id) in (0..).zip(&seen) {
        assert_eq!(log.get(index).unwrap().unwrap().leaf.str("id"), Some(id.as_str()));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len() as u64, WRITERS * EACH);
}
