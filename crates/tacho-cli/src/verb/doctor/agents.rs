//! What the doctor looks at beside agents: their settings, and the program these call.

use super::state::is_missing;
use super::{Found, Scene};
use crate::failure::{Exit, Failure};
use crate::given;
use crate::hooks::{self, Hooked};
use std::path::{Path, PathBuf};
use tacho_event::json::{self, Object, Value};
use tacho_event::{Draft, Span, Timestamp};
use tacho_tap::host::Host;
use tacho_tap::install::{self, Mode};
use tachograph::{Ack, Log};

pub(super) fn installed(scene: &Scene<'_>) -> Result<Vec<Hooked>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    hooks::installed(scene.place, &Log::of(&store, scene.place.tenant.as_str())?)
}

pub(super) fn tap(_: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let Some(program) = hooks::tap() else {
        let what = "there is no tacho-tap on PATH or beside this program".to_owned();
        return Ok(vec![Found::Odd(what, "`cargo install tacho-tap`".to_owned())]);
    };
    let told = program.display().to_string();
    let own = env!("CARGO_PKG_VERSION");
    Ok(vec![match hooks::version(&program) {
        Some(version) if version == own => Found::Good(format!("{told}, version {version}")),
        Some(version) => Found::Bad(
            format!("{told} is version {version}, this is {own}"),
            format!("`cargo install tacho-tap --version {own}`"),
        ),
        None => Found::Bad(
            format!("{told} does not say its version: it is none, or does not run"),
            "`cargo install tacho-tap --force`".to_owned(),
        ),
    }])
}

/// Hosts by the directory they keep in a home.
pub(crate) const HOMES: &[(Host, &str)] = &[
    (Host::ClaudeCode, ".claude"),
    (Host::Codex, ".codex"),
    (Host::Cursor, ".cursor"),
    (Host::Copilot, ".copilot"),
    (Host::Gemini, ".gemini"),
    (Host::OpenHands, ".openhands"),
    (Host::Qwen, ".qwen"),
    (Host::Goose, ".config/goose"),
];

pub(super) fn hooks(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let installed = installed(scene)?;
    let mut found: Vec<Found> = installed.iter().map(state).collect();
    for (host, dir) in HOMES {
        let is_here = scene.place.home.join(dir).is_dir();
        if is_here && !installed.iter().any(|hooked| hooked.host == *host) {
            let what = format!("{} is here, and does not call the recorder", host.as_str());
            found.push(Found::Odd(what, format!("`tacho install {}`", host.as_str())));
        }
    }
    Ok(found)
}

fn state(hooked: &Hooked) -> Found {
    let (host, scope) = (hooked.host.as_str(), hooked.scope.as_str());
    let again = format!("`tacho install {host} --scope {scope}`");
    let program = hooked.program().map_or_else(String::new, |path| path.display().to_string());
    let missing = &hooked.status.missing;
    match () {
        () if !hooked.status.program_runs => {
            Found::Bad(format!("{host} calls {program}, which does not run"), again)
        }
        () if !missing.is_empty() => {
            let what = format!("{host} does not call the recorder for {}", missing.join(", "));
            Found::Bad(what, again)
        }
        () if !hooked.status.is_current => {
            Found::Bad(format!("{host}'s entries are not those of this version"), again)
        }
        () => Found::Good(format!("{host} ({scope}) calls {program}")),
    }
}

pub(super) fn install(scene: &Scene<'_>) -> Result<String, Failure> {
    let places = hooks::places(scene.place)?;
    let mut mended = Vec::new();
    for hooked in installed(scene)? {
        if !matches!(state(&hooked), Found::Bad(..)) {
            continue;
        }
        let runs = hooked.program().filter(|_| hooked.status.program_runs).map(Path::to_owned);
        let program = runs.or_else(hooks::tap).ok_or_else(|| {
            Failure::new(Exit::CannotTell, "there is no tacho-tap to install")
                .next("`cargo install tacho-tap`")
        })?;
        let mode = hooked.status.mode.unwrap_or(Mode::Observe);
        let target = (hooked.host, hooked.scope);
        install::install(target, &program, mode, &places)
            .map_err(|error| Failure::new(Exit::NotAllowed, error.to_string()))?;
        mended.push(hooked.host.as_str());
    }
    Ok(if mended.is_empty() { String::new() } else { format!("installed {}", mended.join(", ")) })
}

/// Claude Code's settings, where anybody's hooks stand.
const SETTINGS: &[&str] = &[".claude/settings.json", ".claude/settings.local.json"];
/// Names that were told in guides and that no host has, with what was meant.
const NO_EVENTS: &[(&str, &str)] = &[
    ("PostToolCall", "PostToolUse"),
    ("PreToolCall", "PreToolUse"),
    ("ToolUse", "PostToolUse"),
    ("SessionStop", "SessionEnd"),
];
/// A hook that an agent waits for longer was meant in milliseconds.
const TIMEOUT_S_MAX: f64 = 600.0;

pub(super) fn settings(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let project = hooks::places(scene.place)?.project;
    let mut files: Vec<PathBuf> = Vec::new();
    for root in [&scene.place.home, &project] {
        files.extend(SETTINGS.iter().map(|name| root.join(name)));
    }
    files.sort();
    files.dedup();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let bytes = given::read(file, 4 << 20)?;
        let Ok(document) = json::read(&bytes) else {
            let what = format!("{} is no JSON: the host reads none of it", file.display());
            found.push(Found::Bad(what, "mend it by hand".to_owned()));
            continue;
        };
        let before = found.len();
        let hooks = document.at("/hooks").and_then(Value::as_object);
        for (event, groups) in hooks.into_iter().flat_map(Object::iter) {
            found.extend(odd_event(file, event));
            found.extend(odd_timeouts(file, event, groups));
        }
        if found.len() == before {
            found.push(Found::Good(file.display().to_string()));
        }
    }
    Ok(found)
}

fn odd_event(file: &Path, event: &str) -> Option<Found> {
    let (_, meant) = NO_EVENTS.iter().find(|(name, _)| *name == event)?;
    let what = format!("{}: no host has an event `{event}`: it never fires", file.display());
    Some(Found::Bad(what, format!("call it `{meant}` there")))
}

fn odd_timeouts(file: &Path, event: &str, groups: &Value) -> Vec<Found> {
    let groups = groups.as_list().unwrap_or_default();
    let handlers = groups.iter().filter_map(|group| group.at("/hooks").and_then(Value::as_list));
    let timeouts = handlers.flatten().filter_map(|one| one.at("/timeout").and_then(Value::as_f64));
    let odd = timeouts.filter(|timeout| *timeout > TIMEOUT_S_MAX).map(|timeout| {
        let minutes = timeout / 60.0;
        let file = file.display();
        Found::Bad(
            format!("{file}: {event}: a timeout of {timeout} is {minutes:.0} minutes"),
            format!("timeouts are seconds there: say {:.0}", (timeout / 1000.0).ceil()),
        )
    });
    odd.collect()
}

pub(super) fn called(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let installed = installed(scene)?;
    let heard = |hooked: &Hooked| {
        let host = hooked.host.as_str();
        match hooked.last {
            Some(last) => Found::Good(format!("{host}, last at {last}")),
            None => Found::Odd(
                format!("{host} was not heard of"),
                "start it anew and let it do something; Codex asks for trust: /hooks".to_owned(),
            ),
        }
    };
    Ok(installed.iter().map(heard).collect())
}

pub(super) fn latency(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let works = installed(scene)?.into_iter().filter(|hooked| hooked.works);
    let slow = |hooked: Hooked| {
        let (host, ms) = (hooked.host.as_str(), hooked.cost_ms()?);
        let told = format!("a call of {host} takes {ms:.0} ms");
        Some(match ms > scene.ask.hook_ms_max as f64 {
            true => Found::Bad(
                format!("{told}; {} are allowed", scene.ask.hook_ms_max),
                "see what the machine is busy with, or --hook-ms-max".to_owned(),
            ),
            false => Found::Good(told),
        })
    };
    Ok(works.filter_map(slow).collect())
}

const DAY: Span = Span::from_micros(-86_400_000_000);

pub(super) fn failures(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let path = tacho_tap::ring::place(&scene.place.state_dir);
    let traces = tacho_tap::ring::read(&path).map_err(|error| {
        Failure::new(Exit::CannotTell, format!("cannot read {}: {error}", path.display()))
    })?;
    let limit = crate::place::Place::world().now().plus(DAY);
    let is_late = |at: &str| Timestamp::parse(at).is_some_and(|time| time > limit);
    let late: Vec<_> = traces.iter().filter(|trace| is_late(&trace.at)).collect();
    let Some(latest) = late.last() else {
        let is_hooked = !installed(scene)?.is_empty();
        return Ok(is_hooked.then(|| Found::Good("none".to_owned())).into_iter().collect());
    };
    let what = format!("{} within a day, the latest: {}", late.len(), latest.what);
    let next = match latest.code.as_str() {
        "store_unavailable" => "`tacho init`, or name the store in tacho.toml: hooks read it",
        "late" => "the disk or the machine was too slow: `tacho doctor --hook-ms-max`",
        _ => "`tacho events type:gap` shows what was missed",
    };
    Ok(vec![Found::Bad(what, format!("{next}; then `tacho doctor --fix` takes note of it"))])
}

/// Takes note of failures in the log, and begins the ring anew.
pub(super) fn note_failures(scene: &Scene<'_>) -> Result<String, Failure> {
    if is_missing(scene) {
        return Ok(String::new());
    }
    let path = tacho_tap::ring::place(&scene.place.state_dir);
    let traces = tacho_tap::ring::read(&path).unwrap_or_default();
    let (Some(first), Some(last)) = (traces.first(), traces.last()) else {
        return Ok(String::new());
    };
    let draft = Draft::gap("hook_failures", "what hooks could not record at once")
        .with("action.gap.count", traces.len() as u64)
        .with("action.gap.from", first.at.as_str())
        .with("action.gap.until", last.at.as_str())
        .with("action.gap.reason", last.what.as_str());
    let store = scene.place.open()?;
    scene.place.recorder(&store)?.record_as(draft, Ack::Disk)?;
    forget(&path)?;
    Ok(format!("{} failures are in the log as a gap", traces.len()))
}

#[expect(clippy::disallowed_methods, reason = "what the log says now need not be said beside it")]
fn forget(path: &Path) -> Result<(), Failure> {
    std::fs::remove_file(path).map_err(|error| given::unwritten(path, &error))
}
