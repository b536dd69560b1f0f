//! Readers that may not write: another user, a store that nobody may change, many writers at once.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tacho_event::privacy::Policy;
use tacho_testkit::{require, scratch};
use tacho_tree::{Frontier, leaf_hash};
use tachograph::files::OsFiles;
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Ack, Settings};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::store::Remote;
use tachograph::wal::{Options, Wal};
use tachograph::world::{OsWorld, World};
use tachograph::{Log, Recorder, Store};

use crate::yard::{Yard, assert_whole, call};

const STORE: &str = "TACHO_TEST_READ_STORE";
/// `<first>,<count>,<keys or nothing>,<store>`: what a process of its own records.
const RECORD: &str = "TACHO_TEST_RECORD";
/// Small segments, so that they come and go under the readers.
const SEGMENT_BYTES: u64 = 128 << 10;

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

pub(crate) fn open(path: &Path) -> Store {
    Store::create(Arc::new(OsFiles), &OsWorld, path, Remote::Refused).unwrap()
}

/// Records what the environment names, in a process of its own; signs too if it names keys.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent process says what to record")]
fn records_what_it_is_told() {
    let Ok(told) = std::env::var(RECORD) else { return };
    let told: Vec<&str> = told.splitn(4, ',').collect();
    let (first, count): (u64, u64) = (told[0].parse().unwrap(), told[1].parse().unwrap());
    let store = open(Path::new(told[3]));
    let world: Arc<dyn World> = Arc::new(OsWorld);
    let options = Options { segment_bytes: SEGMENT_BYTES };
    let wal = Wal::new(&store, world.clone(), options);
    let settings = Settings { ack: Ack::Os, beat: false, ..Settings::default() };
    let recorder =
        Recorder::new(store.clone(), wal, world.clone(), Policy::default(), settings).unwrap();
    for number in first..first + count {
        recorder.record(call(number)).unwrap();
    }
    recorder.close().unwrap();
    if !told[2].is_empty() {
        Integrator::new(&store, world.clone()).run(Budget::default()).unwrap();
        let keys = Keys::open(&OsFiles, Path::new(told[2])).unwrap();
        let mut signer = Signer::new(&store, keys, None);
        signer.sign("default", Demand::Now, world.now()).unwrap().unwrap();
    }
}

/// A process that runs the test above, behind `wrapper`.
pub(crate) fn recording(
    wrapper: &[&str],
    first: u64,
    count: u64,
    keys: &str,
    store: &Path,
) -> Child {
    let own = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(PathBuf::from).chain([own]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "apart::records_what_it_is_told"]);
    command.env(RECORD, format!("{first},{count},{keys},{}", store.display()));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Follows a log: every event once, at the place it keeps.
fn follow(store: &Store, events: u64) -> Vec<String> {
    let mut log = Log::of(store, "default").unwrap();
    let mut seen = Vec::new();
    while (seen.len() as u64) < events {
        assert!(log.wait(seen.len() as u64, 60_000_000).unwrap(), "{} seen", seen.len());
        for index in seen.len() as u64..log.size() {
            let entry = log.get(index).unwrap().unwrap();
            assert!(log.reveal(&entry).unwrap().opened.problems.is_empty());
            seen.push(entry.leaf.str("id").unwrap().to_owned());
        }
    }
    seen
}

/// Hashes what is integrated, as it grows; every root that a state names is that of its leaves.
fn verify_until(store: &Store, roots: &AtomicU64, done: &AtomicBool) {
    let mut frontier = Frontier::new();
    let mut log = Log::of(store, "default").unwrap();
    loop {
        let is_last = done.load(Ordering::Acquire);
        log.refresh().unwrap();
        for index in frontier.size()..log.integrated().size() {
            frontier.push(leaf_hash(&log.leaf(index).unwrap().unwrap()), |_, _| ());
        }
        assert_eq!(frontier.root(), log.integrated().root());
        roots.fetch_add(1, Ordering::Release);
        if is_last {
            assert_eq!(frontier.size(), log.size());
            return;
        }
    }
}

#[test]
fn one_follows_and_one_verifies_while_twenty_processes_record_and_one_integrates() {
    const PROCESSES: u64 = 20;
    const EACH: u64 = 100;
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let path = scratch.join("store");
    let store = open(&path);
    let (roots, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut children: Vec<Child> = (0..PROCESSES)
        .map(|number| recording(&["/usr/bin/env"], number * EACH, EACH, "", &path))
        .collect();
    let seen = std::thread::scope(|scope| {
        let following = scope.spawn(|| follow(&store, PROCESSES * EACH));
        let verifying = scope.spawn(|| verify_until(&store, &roots, &done));
        let mut integrator = Integrator::new(&store, Arc::new(OsWorld));
        let (mut leaves, mut retired) = (0, 0);
        while leaves < PROCESSES * EACH {
            let outcome = integrator.run(Budget { frames: 300, micros: None }).unwrap();
            assert_eq!((outcome.refused, outcome.damages.len()), (0, 0));
            leaves += outcome.leaves;
            retired += integrator.retire().unwrap();
            // The verifier gets its turn before the log is whole.
            while roots.load(Ordering::Acquire) < (leaves / 300).min(4) {
                assert!(!verifying.is_finished(), "the verifier found something");
                std::thread::yield_now();
            }
        }
        assert!(retired > 5, "{retired} segments were deleted under the readers");
        done.store(true, Ordering::Release);
        verifying.join().unwrap();
        following.join().unwrap()
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert!(roots.into_inner() > 4);
    let log = Log::of(&store, "default").unwrap();
    for (index, id) in (0..).zip(&seen) {
        assert_eq!(log.get(index).unwrap().unwrap().leaf.str("id"), Some(id.as_str()));
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len() as u64, PROCESSES * EACH);
}

#[test]
fn who_only_records_never_opens_a_key() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let (path, keys) = (scratch.join("store"), scratch.join("keys"));
    let store = open(&path);
    Keys::create(&store, &OsWorld, &keys).unwrap();
    let trace = scratch.join("trace");
    let to = trace.display().to_string();
    let strace = ["strace", "-f", "-e", "trace=%file", "-o", to.as_str()];
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        require("strace", "it tells which files a process opens");
        return;
    }
    let opened = |first: u64, with: &str| {
        assert!(recording(&strace, first, 10, with, &path).wait().unwrap().success());
        std::fs::read_to_string(&trace).unwrap()
    };
    let recorded = opened(0, "");
    assert!(recorded.contains("00000001.wal"), "the trace shows what is opened");
    let keys = keys.display().to_string();
    assert!(!recorded.contains(&keys), "a recorder looked at the keys");
    // So does it show a signer that opens them.
    assert!(opened(10, &keys).contains(&format!("{keys}/master.seed")));
}

/// A directory seen through a mount that nobody can write to; unmounted when dropped.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn new(of: &Path, at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let run = |words: &[&std::ffi::OsStr]| {
            let output = Command::new("mount").args(words).output();
            output.is_ok_and(|output| output.status.success())
        };
        if !run(&["--bind".as_ref(), of.as_ref(), at.as_ref()]) {
            return None;
        }
        let mount = Self(at.to_owned());
        run(&["-o".as_ref(), "remount,ro,bind".as_ref(), at.as_ref()]).then_some(mount)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_store_on_a_read_only_mount_is_read_with_what_nobody_integrated_yet() {
    let yard = Yard::new();
    yard.record("default", 0, 20);
    yard.integrate();
    yard.record("default", 20, 10);
    let at = yard.path().parent().unwrap().join("read-only");
    let Some(mount) = ReadOnly::new(&yard.path(), &at) else {
        require("root", "only root mounts a directory read-only");
        return;
    };
    assert!(std::fs::write(mount.0.join("probe"), b"x").is_err(), "the mount must be read-only");
    let mut log = Log::open(&mount.0).unwrap();
    assert_whole(&log, 0, 30);
    assert_eq!(log.find("e-25").unwrap().len(), 1);
    assert_eq!(log.calls("s-2").unwrap().len(), 10);
    // Whoever may write goes on; the reader sees it, through its mount.
    yard.record("default", 30, 5);
    assert!(log.wait(30, 60_000_000).unwrap());
    assert_whole(&log, 0, 35);
    yard.integrate();
    log.refresh().unwrap();
    assert_eq!(log.integrated().size(), 35);
    assert_whole(&log, 0, 35);
    let store = Store::open(Arc::new(OsFiles), &mount.0, Remote::Refused).unwrap();
    let outcome = Integrator::new(&store, yard.world.clone()).run(Budget::default());
    assert!(outcome.is_err(), "nothing can be integrated there");
    assert_whole(&Log::open(&mount.0).unwrap(), 0, 35);
}
