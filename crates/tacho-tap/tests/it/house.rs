//! A store, a home and a state of their own, and the binary started in them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tacho_event::json::{Object, Value, read};
use tachograph::Log;
use tachograph::log::LogEntry;
use tempfile::TempDir;

pub(crate) struct House {
    dir: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        // Hundreds of new stores, each made durable: in memory, where there is such a place.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let house = Self { dir: dir.unwrap() };
        for place in ["home", "state"] {
            std::fs::create_dir(house.at(place)).unwrap();
        }
        house
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command in this house.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tacho-tap"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.at("home"))
            .env("TACHO_STORE", self.at("store"))
            .env("TACHO_STATE", self.at("state"))
            .env("TACHO_KEYS", self.at("keys"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &[&str], payload: &[u8]) -> Child {
        start(self.command(arguments), payload)
    }

    /// Runs the command, which must end well; gives what it wrote to standard output.
    pub(crate) fn run(&self, arguments: &[&str], payload: &[u8]) -> String {
        told(self.start(arguments, payload).wait_with_output().unwrap())
    }

    /// Runs a hook that must stay silent.
    pub(crate) fn hook(&self, host: &str, payload: impl Into<Value>) {
        let payload = payload.into().to_json();
        assert_eq!(self.run(&["hook", host], payload.as_bytes()), "", "{payload}");
    }

    pub(crate) fn log(&self) -> Log {
        Log::open(self.at("store")).unwrap()
    }

    /// Every entry of the log, in its order.
    pub(crate) fn entries(&self) -> Vec<LogEntry> {
        let log = self.log();
        (0..log.size()).map(|index| log.get(index).unwrap().unwrap()).collect()
    }

    /// Every event, with what its parts reveal.
    pub(crate) fn events(&self) -> Vec<Object> {
        let log = self.log();
        self.entries().iter().map(|entry| log.reveal(entry).unwrap().event).collect()
    }

    /// What failed silently.
    pub(crate) fn traces(&self) -> Vec<String> {
        let ring = tacho_tap::ring::place(&self.at("state"));
        let traces = tacho_tap::ring::read(&ring).unwrap();
        traces.into_iter().map(|trace| trace.code).collect()
    }
}

pub(crate) fn start(mut command: Command, payload: &[u8]) -> Child {
    let mut child = command.spawn().unwrap();
    // A process that was killed does not read on.
    let _ = child.stdin.take().unwrap().write_all(payload);
    child
}

/// Standard output of a process that ended as a hook must.
pub(crate) fn told(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stderr, b"", "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A payload from JSON text.
pub(crate) fn json(text: &str) -> Value {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A payload of Claude Code: the event, and more members as JSON text.
pub(crate) fn claude(event: &str, more: &str) -> Value {
    json(&format!(
        r#"{{"session_id":"abc","cwd":"/nowhere","permission_mode":"default",
             "hook_event_name":"{event}"{}{more}}}"#,
        if more.is_empty() { "" } else { "," }
    ))
}

pub(crate) fn text<'e>(event: &'e Object, pointer: &str) -> &'e str {
    event.at(pointer).and_then(Value::as_str).unwrap_or("")
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}
