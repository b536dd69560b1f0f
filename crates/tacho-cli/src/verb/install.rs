//! `tacho install` and `tacho uninstall`: have an agent's host call the recorder, or the system its
//! upkeep, and take it back.

pub(crate) mod timer;

use crate::failure::{Exit, Failure, Outcome};
use crate::hooks::{self, places};
use crate::place::Place;
use crate::screen::{Column, Nature, Row, Screen, Width};
use crate::timer::Kind;
use std::path::PathBuf;
use tacho_event::json::{Object, Value};
use tacho_tap::host::Host;
use tacho_tap::install::{
    Change, Error, Mode, Places, Scope, install, installed, plan_install, plan_uninstall, uninstall,
};
use timer::Wish;

#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing else in the host's file changes, and a copy is kept beside it. \
    Without HOST,\nit lists what is installed. An action that cannot be recorded goes on \
    (observe) or is denied\n(enforce).\n\n`tacho install timer` has systemd, launchd or cron call \
    `tacho maintain`.")]
pub(crate) struct Ask {
    /// claude-code, codex, cursor, copilot, gemini, openhands, qwen, goose; or timer
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// For whom: user, project or managed (this machine, by its administrator)
    #[arg(long, value_name = "SCOPE", default_value = "user")]
    scope: String,
    /// What happens to an action that cannot be recorded: observe or enforce
    #[arg(long, value_name = "MODE", default_value = "observe")]
    mode: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The tacho-tap that the host shall call; else the one beside this program, or on PATH
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Of a timer: how often it calls `tacho maintain`
    #[arg(long, value_name = "TIME", default_value = "15m")]
    every: String,
    /// Of a timer: what calls; else what this machine has
    #[arg(long, value_name = "KIND")]
    by: Option<Kind>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Undo {
    /// claude-code, codex, cursor, copilot, gemini, openhands, qwen, goose; or timer
    #[arg(value_name = "HOST")]
    host: String,
    /// For whom: user, project or managed
    #[arg(long, value_name = "SCOPE", default_value = "user")]
    scope: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Of a timer: which; else all of them
    #[arg(long, value_name = "KIND")]
    by: Option<Kind>,
}

const HOSTS: &[Column] = &[
    Column { title: "host", width: Width::Chars(12) },
    Column { title: "scope", width: Width::Chars(8) },
    Column { title: "hooks", width: Width::Number(6) },
    Column { title: "works", width: Width::Chars(6) },
    Column { title: "file", width: Width::Rest },
];

impl Ask {
    /// What `tacho init --claude-code` asks for.
    pub(crate) fn claude_code(dry_run: bool) -> Self {
        Self {
            host: Some(Host::ClaudeCode.as_str().to_owned()),
            scope: Scope::User.as_str().to_owned(),
            mode: Mode::Observe.as_str().to_owned(),
            dry_run,
            program: None,
            every: String::new(),
            by: None,
        }
    }
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    if ask.host.as_deref() == Some(TIMER) {
        let Ask { by, every, program, dry_run, .. } = ask;
        return timer::run(place, screen, Wish { by, every: &every, program, dry_run });
    }
    let places = places(place)?;
    let Some(host) = &ask.host else { return list(place, &places, screen) };
    let target = (host_of(host)?, scope_of(&ask.scope)?);
    let mode = Mode::parse(&ask.mode).ok_or_else(|| {
        Failure::usage(format!("`{}` is no mode", ask.mode)).next("observe or enforce")
    })?;
    let program = ask.program.map_or_else(tap, Ok)?;
    let order = if ask.dry_run { plan_install } else { install };
    let change = order(target, &program, mode, &places).map_err(refused)?;
    show(screen, &change, ask.dry_run)?;
    if !change.is_nothing() && !change.afterwards.is_empty() {
        screen.note(&format!("note: {}", change.afterwards));
    }
    Ok(Exit::Yes)
}

pub(crate) fn undo(place: &Place, screen: &mut Screen, ask: &Undo) -> Outcome {
    if ask.host == TIMER {
        return timer::undo(place, screen, ask.by, ask.dry_run);
    }
    let target = (host_of(&ask.host)?, scope_of(&ask.scope)?);
    let order = if ask.dry_run { plan_uninstall } else { uninstall };
    match order(target, &places(place)?).map_err(refused)? {
        Some(change) => show(screen, &change, ask.dry_run)?,
        None => screen.note("nothing is installed there"),
    }
    Ok(Exit::Yes)
}

fn show(screen: &mut Screen, change: &Change, is_plan: bool) -> Result<(), Failure> {
    if screen.is_json() {
        return screen.json(Object::from([
            ("v", Value::from(1)),
            ("file", Value::from(change.file.display().to_string())),
            ("changed", Value::from(!change.is_nothing() && !is_plan)),
            ("backup", Value::from(change.backup.as_ref().map(|path| path.display().to_string()))),
        ]));
    }
    let what = match (change.is_nothing(), is_plan) {
        (true, _) => "nothing to do in",
        (false, true) => "would change",
        (false, false) => "changed",
    };
    screen.line(&format!("{what} {}", change.file.display()))?;
    let diff = change.diff();
    for line in diff.lines() {
        let line = screen.shown(line).into_owned();
        screen.line(&line)?;
    }
    Ok(())
}

/// What stands among the hosts and is none.
const TIMER: &str = "timer";

fn list(place: &Place, places: &Places, screen: &mut Screen) -> Outcome {
    let mut rows = Vec::new();
    for host in Host::ALL {
        for scope in Scope::ALL {
            let Ok(status) = installed((host, scope), places) else { continue };
            if status.events.is_empty() {
                continue;
            }
            let works = status.program_runs && status.missing.is_empty();
            let what = (host.as_str(), scope.as_str(), status.events.len());
            rows.push(Ok(row(what, works, &status.file.display().to_string())));
        }
    }
    let hosts = rows.len();
    for one in timer::installed(place)? {
        let file = one.file.display().to_string();
        rows.push(Ok(row((TIMER, one.kind.as_str(), 1), one.runs() && one.is_current, &file)));
    }
    screen.list(Nature::List, HOSTS, rows.into_iter())?;
    if hosts == 0 {
        screen.note("no host calls the recorder: `tacho install claude-code`");
    }
    Ok(Exit::Yes)
}

fn row((host, scope, hooks): (&str, &str, usize), works: bool, file: &str) -> Row {
    let json = Object::from([
        ("v", Value::from(1)),
        ("host", Value::from(host)),
        ("scope", Value::from(scope)),
        ("hooks", Value::from(hooks as u64)),
        ("works", Value::from(works)),
        ("file", Value::from(file)),
    ]);
    let (hooks, works) = (hooks.to_string(), if works { "yes" } else { "no" });
    Row { json, cells: [host, scope, &hooks, works, file].map(str::to_owned).to_vec() }
}

fn host_of(name: &str) -> Result<Host, Failure> {
    Host::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Host::ALL.iter().map(|host| host.as_str()).collect();
        Failure::usage(format!("`{name}` is no host that is understood"))
            .next(format!("one of {}, or {TIMER}", known.join(", ")))
    })
}

fn scope_of(name: &str) -> Result<Scope, Failure> {
    Scope::parse(name).ok_or_else(|| {
        Failure::usage(format!("`{name}` is no scope")).next("user, project or managed")
    })
}

fn refused(error: Error) -> Failure {
    let exit = match &error {
        Error::NoSuchScope(..) | Error::Program(..) => Exit::Usage,
        Error::Io(_, error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Exit::NotAllowed
        }
        _ => Exit::No,
    };
    Failure::new(exit, error.to_string())
}

fn tap() -> Result<PathBuf, Failure> {
    hooks::tap().ok_or_else(|| {
        Failure::new(Exit::CannotTell, "there is no tacho-tap, which the host would call")
            .next("cargo install tacho-tap, or name it with --program FILE")
    })
}
