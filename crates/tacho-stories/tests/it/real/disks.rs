//! Real file systems that fail: ext4 whose power goes, a small tmpfs, syncs that report errors.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use tacho_testkit::{Scratch, records, require, scratch};
use tachograph::reserve;
use tachograph::wal::{AppendError, Options, Position};

use super::worker::{Job, Worker};
use super::{check_each_once, counts, open};
use crate::harness::append_to;

/// Rounds of writing, losing power and looking.
const POWER_CUTS: u64 = 12;
/// The same, of long appends.
const LONG_POWER_CUTS: u64 = 5;

/// Runs a command; what it printed, or none when it failed.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A mounted file system; unmounted when dropped.
struct Mount {
    at: PathBuf,
}

impl Mount {
    fn new(arguments: &[&str], at: &Path) -> Option<Self> {
        let at = at.to_str()?;
        run("mkdir", &["-p", at])?;
        run("mount", &[arguments, &[at]].concat())?;
        Some(Self { at: PathBuf::from(at) })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Whoever is still writing ends with an error; then there is nobody.
        let at = self.at.display().to_string();
        if run("umount", &[&at]).is_none() {
            let _ = run("umount", &["-l", &at]);
        }
    }
}

/// An ext4 file system in a file, on a loop device that is given back when dropped.
struct Loop {
    device: String,
    _scratch: Scratch,
}

impl Loop {
    fn new() -> Option<Self> {
        let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
        let image = scratch.join("image").display().to_string();
        run("truncate", &["-s", "96M", &image])?;
        run("mkfs.ext4", &["-q", "-F", &image])?;
        let device = run("losetup", &["-f", "--show", &image])?;
        Some(Self { device, _scratch: scratch })
    }

    fn mount(&self) -> Option<Mount> {
        let at = self._scratch.join("mount");
        Mount::new(&["-t", "ext4", &self.device], &at)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = run("losetup", &["-d", &self.device]);
    }
}

/// Who will cut the power of a file system, at once when told: `EXT4_IOC_SHUTDOWN`.
struct Cutter(Child);

impl Cutter {
    /// Stands ready at `path`; the journal is flushed first, or not.
    fn ready(path: &Path, flush_journal: bool) -> Option<Self> {
        let script = "import fcntl, os, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
print(flush=True)
sys.stdin.readline()
fcntl.ioctl(disk, 0x8004587d, struct.pack('I', int(sys.argv[2])))";
        let flag = if flush_journal { "1" } else { "2" };
        let mut command = Command::new("python3");
        command.args(["-c", script, path.to_str()?, flag]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        // Starting takes longer than many syncs; what is acknowledged meanwhile counts.
        let _ = child.stdout.as_mut()?.read(&mut [0]);
        Some(Self(child))
    }

    /// Cuts; false where the file system cannot be cut off.
    fn cut(mut self) -> bool {
        drop(self.0.stdin.take());
        self.0.wait().is_ok_and(|status| status.success())
    }
}

/// Runs two writers until at least `enough` records are acknowledged, then cuts the power. Gives
/// what was acknowledged before the cut began.
///
/// What is acknowledged after that does not count: ext4 answers 0 to a sync that is under way when
/// it is shut down, though what it was to make durable is gone (a bare loop of `pwrite` and
/// `fdatasync` loses its last record as often). When power goes, nobody is left to be answered.
fn write_until_cut(store: &Path, jobs: [Job; 2], enough: usize, cutter: Cutter) -> Vec<u64> {
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for job in jobs {
            let tell = tell.clone();
            scope.spawn(move || {
                let mut worker = Worker::start(store, &job);
                while let Some(number) = worker.next_acknowledged() {
                    tell.send(number).unwrap();
                }
            });
        }
        drop(tell);
        let mut acknowledged: Vec<u64> = told.iter().take(enough).collect();
        acknowledged.extend(told.try_iter());
        assert!(cutter.cut());
        acknowledged
    })
}

/// Two writers of such jobs write until the power goes, again and again; `enough` records are
/// acknowledged in a round. Gives how many were in all.
fn survive_power_cuts(rounds: u64, enough: impl Fn(u64) -> usize, job: &Job) -> Option<usize> {
    let loop_device = Loop::new();
    let Some(disk) = &loop_device else {
        require("loop", "needs root, losetup and mkfs.ext4");
        return None;
    };
    let Some(first) = disk.mount() else {
        require("loop", "cannot mount a loop device");
        return None;
    };
    if !Cutter::ready(&first.at, true).is_some_and(Cutter::cut) {
        require("loop", "cannot cut the power of ext4: no python3, or no such ioctl");
        return None;
    }
    drop(first);
    let mut acknowledged: Vec<u64> = Vec::new();
    for round in 0..rounds {
        let mount = disk.mount().unwrap();
        let job = |at: u64| Job {
            first: round * 100_000 + at * 50_000 + 1,
            count: 45_000,
            durably: true,
            ..job.clone()
        };
        let jobs = [job(0), job(1)];
        let cutter = Cutter::ready(&mount.at, round % 2 == 0).unwrap();
        let store = mount.at.join("store");
        acknowledged.extend(write_until_cut(&store, jobs, enough(round), cutter));
        drop(mount);
        let _mount = disk.mount().unwrap();
        let wal = open(&store, Options::default());
        check_each_once(&counts(&wal, &store), &acknowledged);
    }
    Some(acknowledged.len())
}

#[test]
fn what_is_durable_survives_a_power_cut_of_ext4() {
    let enough = |round| 40 + 20 * round as usize;
    let acknowledged = survive_power_cuts(POWER_CUTS, enough, &Job::default());
    assert!(acknowledged.is_none_or(|count| count > 500), "{acknowledged:?} acknowledged");
}

/// They go over zeros, the first frames early, and the power mostly goes in the middle of one.
#[test]
fn what_was_appended_at_length_survives_a_power_cut_of_ext4() {
    let job = Job { together: 2_500, segment_bytes: 4 << 20, ..Job::default() };
    let acknowledged =
        survive_power_cuts(LONG_POWER_CUTS, |round| 5_000 + 500 * round as usize, &job);
    assert!(acknowledged.is_none_or(|count| count > 20_000), "{acknowledged:?} acknowledged");
}

#[test]
fn a_full_tmpfs_refuses_what_it_cannot_hold_and_nothing_else() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let at = scratch.join("mount");
    let Some(mount) = Mount::new(&["-t", "tmpfs", "-o", "size=64m", "tmpfs"], &at) else {
        require("tmpfs", "needs root to mount a tmpfs");
        return;
    };
    let store = mount.at.join("store");
    let wal = open(&store, Options::default());
    let files = tachograph::files::OsFiles;
    let places = tachograph::places::Places::new(&store);
    reserve::keep(&files, &places).unwrap();
    let mut acknowledged = Vec::new();
    let mut refused = 0;
    for number in 1.. {
        let records: Vec<_> = (0..64).map(|at| records::record(number * 64 + at)).collect();
        let appended = match append_to(&wal, &records) {
            Ok(appended) => Some(appended),
            Err(AppendError::Partly { appended, error }) => {
                assert!(matches!(*error, AppendError::Full(_)), "{error}");
                Some(appended)
            }
            Err(AppendError::Full(_)) => {
                refused += 1;
                None
            }
            Err(error) => panic!("{error}"),
        };
        if let Some(appended) = appended {
            wal.commit(appended.end).unwrap();
            acknowledged.extend(number * 64..number * 64 + appended.count as u64);
        }
        if refused == 20 {
            break;
        }
    }
    assert!(acknowledged.len() > 40_000, "{} acknowledged", acknowledged.len());
    assert!(reserve::release(&files, &places).unwrap());
    append_to(&wal, &[records::record(1)]).unwrap();
    acknowledged.push(1);
    assert_eq!(wal.recover(Position::START).unwrap().damages, []);
    check_each_once(&counts(&wal, &store), &acknowledged);
}

/// What a worker is started with: `strace` of what the expressions say, told into a file.
fn strace(into: &str, expressions: &[&str]) -> Vec<String> {
    let expressions = expressions.iter().flat_map(|expression| ["-e", expression]);
    let words = ["strace", "-f", "-qq", "-o", into].into_iter().chain(expressions);
    words.map(str::to_owned).collect()
}

/// The same, with syncs that fail.
fn failing(inject: &str) -> Vec<String> {
    let inject = format!("inject={inject}");
    strace("/dev/null", &["trace=fsync,fdatasync", &inject])
}

/// Where stores may be made, if processes can be traced.
fn traced() -> Option<Scratch> {
    let wrapper = failing("fdatasync:error=EIO:when=1");
    let (program, arguments) = wrapper.split_first().unwrap();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["true"]).collect();
    if run(program, &arguments).is_none() {
        require("strace", "needs strace and leave to trace");
        return None;
    }
    Some(scratch(env!("CARGO_TARGET_TMPDIR")))
}

#[test]
fn the_kernel_is_told_to_begin_with_a_long_append() {
    let Some(scratch) = traced() else { return };
    let store = scratch.join("store");
    open(&store, Options::default());
    let calls = scratch.join("calls");
    let wrapper = strace(calls.to_str().unwrap(), &["trace=fadvise64"]);
    let job =
        Job { count: 2_500, together: 2_500, segment_bytes: 4 << 20, wrapper, ..Job::default() };
    let mut worker = Worker::start(&store, &job);
    while worker.next_acknowledged().is_some() {}
    assert!(worker.ended_well());
    let calls = std::fs::read_to_string(calls).unwrap();
    let begun = calls.lines().filter(|line| line.contains("DONTNEED) = 0"));
    // Up to the page that the next write goes on in: `fadvise64(5, <from>, <len>, ...`.
    let ends = begun.map(|line| line.split(", ").skip(1).take(2).flat_map(str::parse::<u64>).sum());
    let ends: Vec<u64> = ends.collect();
    assert!(ends.len() >= 2 && ends.iter().all(|end| *end > 0 && end % 4096 == 0), "{calls}");
}

#[test]
fn a_sync_that_fails_once_moves_records_to_the_next_segment() {
    let Some(scratch) = traced() else { return };
    // Which sync it is, is chance: all of them are tried, from the first commit on.
    for when in 12..30 {
        let store = scratch.join(format!("store-{when}"));
        open(&store, Options::default());
        let wrapper = failing(&format!("fdatasync:error=EIO:when={when}"));
        let job = Job { count: 40, durably: true, wrapper, ..Job::default() };
        let mut worker = Worker::start(&store, &job);
        let mut acknowledged = Vec::new();
        while let Some(number) = worker.next_acknowledged() {
            acknowledged.push(number);
        }
        assert!(worker.ended_well(), "one failed sync is survived");
        assert_eq!(acknowledged, (1..=40).collect::<Vec<u64>>());
        let places = tachograph::places::Places::new(&store);
        assert!(places.bad_mark(1).exists() && places.segment(2).exists());
        let wal = open(&store, Options::default());
        check_each_once(&counts(&wal, &store), &acknowledged);
        let findings = wal.untold().unwrap();
        assert!(findings.iter().any(|finding| finding.code == "wal-failed-sync"), "{findings:?}");
    }
}

#[test]
fn syncs_that_fail_for_ever_end_in_refusal() {
    let Some(scratch) = traced() else { return };
    let store = scratch.join("store");
    open(&store, Options::default());
    let wrapper = failing("fsync,fdatasync:error=EIO:when=12+");
    let job = Job { count: 40, durably: true, wrapper, ..Job::default() };
    let mut worker = Worker::start(&store, &job);
    let mut acknowledged = Vec::new();
    while let Some(number) = worker.next_acknowledged() {
        acknowledged.push(number);
    }
    assert!(!worker.ended_well(), "it goes on as if nothing had happened");
    assert!((1..40).contains(&acknowledged.len()), "{acknowledged:?}");
    check_each_once(&counts(&open(&store, Options::default()), &store), &acknowledged);
}
