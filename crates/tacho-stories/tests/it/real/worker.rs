//! A process of its own that appends: this test binary, started again with a job in its
//! environment.
#![expect(clippy::disallowed_methods, reason = "starting and being another process")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tacho_testkit::records::{self, OwnedRecord};
use tachograph::wal::{AppendError, Batch, Options, Patience, SpoolAck};

use super::open;

const JOB: &str = "TACHO_TEST_JOB";

/// What a worker is to do.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// Its first record's number.
    pub(super) first: u64,
    /// How many records it appends.
    pub(super) count: u64,
    /// How many it appends together; if several, it writes zeros ahead of the next.
    pub(super) together: usize,
    /// Whether every record is acknowledged only when it is durable.
    pub(super) durably: bool,
    /// Bytes of a segment.
    pub(super) segment_bytes: u64,
    /// What it is started with: `strace -f ...`.
    pub(super) wrapper: Vec<String>,
}

impl Default for Job {
    fn default() -> Self {
        let (durably, segment_bytes, wrapper) = (false, 256 << 10, Vec::new());
        Self { first: 1, count: 10, together: 1, durably, segment_bytes, wrapper }
    }
}

/// A worker at work.
pub(super) struct Worker {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Worker {
    pub(super) fn start(store: &Path, job: &Job) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut command = match job.wrapper.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(this);
                command
            }
            None => Command::new(this),
        };
        let Job { first, count, together, durably, segment_bytes, .. } = job;
        let store = store.display();
        let told = format!("{first},{count},{together},{durably},{segment_bytes},{store}");
        let mut child = command
            .args(["--exact", "real::worker::works", "--nocapture"])
            .env(JOB, told)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The number of the next record that it says is safe; none when it ended.
    pub(super) fn next_acknowledged(&mut self) -> Option<u64> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The test harness says things too, and a killed process half a line.
            let number = line.strip_prefix("safe ").and_then(|rest| rest.strip_suffix(".\n"));
            if let Some(number) = number.and_then(|number| number.parse().ok()) {
                return Some(number);
            }
        }
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    pub(super) fn ended_well(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does the job that the environment names; a test like any other when it names none.
#[test]
fn works() {
    let Ok(told) = std::env::var(JOB) else { return };
    let mut told = told.splitn(6, ',');
    let mut next = || told.next().unwrap();
    let (first, count): (u64, u64) = (next().parse().unwrap(), next().parse().unwrap());
    let together: usize = next().parse().unwrap();
    let durably: bool = next().parse().unwrap();
    let segment_bytes = next().parse().unwrap();
    let wal = open(Path::new(next()), Options { segment_bytes });
    let numbers: Vec<u64> = (first..first + count).collect();
    for numbers in numbers.chunks(together) {
        let records: Vec<OwnedRecord> = numbers.iter().copied().map(records::record).collect();
        let mut batch = Batch::new();
        records.iter().for_each(|record| batch.push(&record.borrow()).unwrap());
        match wal.append(&mut batch, Patience::Hook) {
            Ok(appended) => {
                if durably {
                    wal.commit(appended.end).unwrap();
                }
                if together > 1 {
                    wal.fill_ahead(appended.end, segment_bytes, || true).unwrap();
                }
            }
            Err(AppendError::Busy(_)) => {
                let ack = if durably { SpoolAck::Disk } else { SpoolAck::Os };
                records.iter().for_each(|record| wal.spool(&record.borrow(), ack).unwrap());
            }
            Err(error) => panic!("{error}"),
        }
        // One write: a line is there whole or not at all.
        let lines: String = numbers.iter().map(|number| format!("\nsafe {number}.\n")).collect();
        std::io::stdout().write_all(lines.as_bytes()).unwrap();
    }
}

/// Holds `wal/lock` until it is dropped.
pub(super) fn hold_lock(store: &Path) -> std::fs::File {
    let path = store.join("wal/lock");
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    file.lock().unwrap();
    file
}

/// Every file of a store with its length.
pub(super) fn listing(store: &Path) -> Vec<(String, u64)> {
    let mut open = vec![store.to_owned()];
    let mut found = Vec::new();
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            found.push((path.display().to_string(), metadata.len()));
            if metadata.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}
