//! Given a place, says which hosts call the recorder, whether that works, when they did last, and
//! what a call costs.

use crate::failure::Failure;
use crate::place::Place;
use crate::screen::Zone;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tacho_event::Timestamp;
use tacho_event::json::{Object, Value};
use tacho_tap::host::Host;
use tacho_tap::install::{self, Places, Scope, Status};
use tachograph::Log;
use tachograph::files::OsFiles;
use tachograph::log::{Order, Query};
use tachograph::store::{Remote, Store};
use tachograph::world::OsWorld;

/// A host that calls the recorder.
pub(crate) struct Hooked {
    pub(crate) host: Host,
    pub(crate) scope: Scope,
    pub(crate) status: Status,
    pub(crate) works: bool,
    /// When an event of it came last, as far as was looked.
    pub(crate) last: Option<Timestamp>,
}

/// Events that are looked through for the last one of a hook.
const LOOKED_AT_MAX: usize = 10_000;

/// The hosts whose settings call the recorder.
pub(crate) fn installed(place: &Place, log: &Log) -> Result<Vec<Hooked>, Failure> {
    let places = places(place)?;
    let mut found: Vec<Hooked> = Vec::new();
    for host in Host::ALL {
        for scope in Scope::ALL {
            let Ok(status) = install::installed((host, scope), &places) else { continue };
            // In the home itself, a project's file is the user's.
            let is_known = found.iter().any(|hooked| hooked.status.file == status.file);
            if status.events.is_empty() || is_known {
                continue;
            }
            let works = status.program_runs && status.missing.is_empty();
            found.push(Hooked { host, scope, status, works, last: None });
        }
    }
    let mut missing = found.len();
    let newest = Query { order: Order::Newest, ..Query::default() };
    for entry in log.query(newest)?.take(LOOKED_AT_MAX) {
        if missing == 0 {
            break;
        }
        let leaf = entry?.leaf;
        // `hook:claude_code`
        let source = leaf.at("/origin/source").and_then(Value::as_str);
        let source = source.and_then(|source| source.strip_prefix("hook:"));
        let is_its =
            |hooked: &&mut Hooked| hooked.last.is_none() && Some(hooked.host.in_data()) == source;
        for hooked in found.iter_mut().filter(is_its) {
            hooked.last = leaf.str("timestamp").and_then(Timestamp::parse);
            missing -= 1;
        }
    }
    Ok(found)
}

impl Hooked {
    pub(crate) fn program(&self) -> Option<&Path> {
        self.status.program.as_deref()
    }

    /// `claude-code (user), last called 2026-11-21 10:31:02.114`
    pub(crate) fn told(&self, zone: &Zone) -> String {
        let works = if self.works { "" } else { " DOES NOT WORK: `tacho doctor`," };
        let last = match self.last {
            Some(time) => format!("last called {}", zone.show(time)),
            None => "not called yet".to_owned(),
        };
        let (host, scope) = (self.host.as_str(), self.scope.as_str());
        let cost = self.cost_ms().filter(|_| self.works);
        let cost = cost.map_or(String::new(), |ms| format!(", {ms:.0} ms a call"));
        format!("{host} ({scope}),{works} {last}{cost}")
    }

    pub(crate) fn json(&self) -> Object {
        let cost = self.cost_ms().filter(|_| self.works);
        let cost = cost.and_then(tacho_event::json::Number::from_f64).map(Value::Number);
        Object::from([
            ("host", Value::from(self.host.as_str())),
            ("scope", Value::from(self.scope.as_str())),
            ("works", Value::from(self.works)),
            ("last", Value::from(self.last.map(|time| time.to_string()))),
            ("call_ms", cost.unwrap_or(Value::Null)),
        ])
    }

    /// What a call takes now: the median of a few, on a store of their own.
    pub(crate) fn cost_ms(&self) -> Option<f64> {
        let program = self.program()?;
        let scratch = Scratch::new()?;
        let call = |_| call(program, self.host, &scratch.0);
        let mut costs: Vec<f64> = (0..CALLS).filter_map(call).collect();
        costs.sort_by(f64::total_cmp);
        costs.get(costs.len() / 2).copied()
    }
}

/// Calls that a median is taken of.
const CALLS: usize = 5;
/// What a host says before a call.
const PAYLOAD: &[u8] = br#"{"session_id":"doctor","hook_event_name":"PreToolUse","cwd":"/",
"tool_name":"Bash","tool_input":{"command":"true"},"tool_use_id":"doctor-1"}"#;

/// A directory with a store in it, gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Option<Self> {
        let dir = std::env::temp_dir().join(format!("tacho-timing-{}", std::process::id()));
        let scratch = Self(dir);
        let store = scratch.0.join("store");
        Store::create(Arc::new(OsFiles), &OsWorld, &store, Remote::Refused).ok()?;
        Some(scratch)
    }
}

impl Drop for Scratch {
    #[expect(clippy::disallowed_methods, reason = "what was made to be timed goes")]
    fn drop(&mut self) {
        // What is left in the system's directory of leftovers harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How long one call takes, in milliseconds; none if the program does not run.
fn call(program: &Path, host: Host, home: &Path) -> Option<f64> {
    let began = now();
    let mut child = Command::new(program)
        .args(["hook", host.as_str()])
        .env("HOME", home)
        .env("TACHO_STORE", home.join("store"))
        .env("TACHO_STATE", home.join("state"))
        .env_remove("TACHO_KEYS")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    feed(&mut child);
    child.wait().ok()?;
    Some((now().micros() - began.micros()) as f64 / 1000.0)
}

fn feed(child: &mut Child) {
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read its input is told nothing.
        let _ = input.write_all(PAYLOAD);
    }
}

fn now() -> Timestamp {
    Place::world().now()
}

/// What the program says its version is.
pub(crate) fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.lines().next()?.split_whitespace().last()?.to_owned())
}

/// Where hosts look for their settings.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
pub(crate) fn places(place: &Place) -> Result<Places, Failure> {
    let path =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let here = std::env::current_dir();
    let project = here.map_err(|error| Failure::usage(format!("no current directory: {error}")))?;
    Ok(Places {
        home: place.home.clone(),
        project,
        machine: PathBuf::from("/"),
        claude_config_dir: path("CLAUDE_CONFIG_DIR"),
        codex_home: path("CODEX_HOME"),
        copilot_home: path("COPILOT_HOME"),
    })
}

/// Where the `tacho-tap` that hosts would call can be: on PATH, by the name that survives updates;
/// else beside this program.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
pub(crate) fn tap() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&paths).map(|dir| dir.join("tacho-tap"));
    let beside = std::env::current_exe().ok();
    let beside = beside.as_deref().and_then(Path::parent).map(|dir| dir.join("tacho-tap"));
    on_path.chain(beside).find(|path| path.is_absolute() && path.is_file())
}
