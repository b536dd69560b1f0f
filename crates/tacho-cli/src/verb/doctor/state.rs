//! What the doctor looks at in the store, on the disk, at the clock, in the configuration.

use super::{Found, Scene};
use crate::failure::{Exit, Failure};
use crate::given;
use crate::settings;
use rustix::fs::{Mode, chmod, stat, statvfs};
use std::path::{Path, PathBuf};
use tacho_event::Span;
use tacho_event::privacy::scan::Scanner;
use tachograph::Log;
use tachograph::files::Kind;
use tachograph::log::{Order, Query};
use tachograph::stop::Stops;
use tachograph::store::{OpenError, Remote, Store};

pub(super) fn store(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let dir = &scene.place.store_dir;
    match Store::open(std::sync::Arc::new(tachograph::files::OsFiles), dir, Remote::Refused) {
        Ok(store) => {
            let format = store.version();
            Ok(vec![Found::Good(format!("{}, format {format}", dir.display()))])
        }
        Err(error @ OpenError::Missing(_)) => {
            Ok(vec![Found::Bad(error.to_string(), "`tacho init` makes one".to_owned())])
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn make_store(scene: &Scene<'_>) -> Result<String, Failure> {
    if is_missing(scene) {
        scene.place.create()?;
        return Ok(format!("made {}", scene.place.store_dir.display()));
    }
    Ok(String::new())
}

/// True if there is no store: then other checks have nothing to look at.
pub(super) fn is_missing(scene: &Scene<'_>) -> bool {
    !scene.place.store_dir.join("FORMAT").exists()
}

pub(super) fn private(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let open = exposed(scene)?;
    let Some(first) = open.first() else {
        let is_there = !is_missing(scene);
        return Ok(is_there
            .then(|| Found::Good("nobody else may read it".into()))
            .into_iter()
            .collect());
    };
    let what = format!("others may use {} and {} more", first.display(), open.len() - 1);
    let next = "`tacho doctor --fix`, and ask who read what stands there".to_owned();
    Ok(vec![Found::Bad(what, next)])
}

pub(super) fn make_private(scene: &Scene<'_>) -> Result<String, Failure> {
    let open = exposed(scene)?;
    for path in &open {
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        chmod(path, Mode::from_raw_mode(mode)).map_err(|error| {
            Failure::new(Exit::NotAllowed, format!("cannot change {}: {error}", path.display()))
        })?;
    }
    Ok(if open.is_empty() { String::new() } else { format!("closed {} paths", open.len()) })
}

/// The store, and everything among the keys, that others may use.
fn exposed(scene: &Scene<'_>) -> Result<Vec<PathBuf>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    let files = store.files().as_ref();
    let mut open: Vec<PathBuf> = vec![scene.place.store_dir.clone()];
    let mut dirs = vec![scene.place.keys_dir(&store)];
    while let Some(dir) = dirs.pop() {
        for name in files.list(&dir).unwrap_or_default() {
            let path = dir.join(name);
            match files.stat(&path) {
                Ok(stat) if stat.kind == Kind::Directory => dirs.push(path),
                Ok(_) => open.push(path),
                Err(_) => {}
            }
        }
        open.push(dir);
    }
    open.retain(|path| stat(path).is_ok_and(|stat| stat.st_mode & 0o077 != 0));
    Ok(open)
}

pub(super) fn disk(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let dir = &scene.place.store_dir;
    let room = statvfs(dir).map_err(|error| {
        Failure::new(Exit::CannotTell, format!("cannot ask the disk of {}: {error}", dir.display()))
    })?;
    let free = room.f_bavail.saturating_mul(room.f_frsize) / 1_000_000;
    let told = format!("{free} MB are free");
    if free < scene.ask.free_mb_min {
        let next = "free some room; `tacho config set store DIR` moves later events";
        return Ok(vec![Found::Bad(told, next.to_owned())]);
    }
    Ok(vec![Found::Good(told)])
}

pub(super) fn log(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    let log = Log::of(&store, scene.place.tenant.as_str())?;
    let newest = Query { order: Order::Newest, ..Query::default() };
    // The latest leaf is read: what cannot be read is an error with its place.
    log.query(newest)?.next().transpose()?;
    let quarantine = store.places().quarantine();
    let names = store.files().list(&quarantine).unwrap_or_default();
    let untold = names.iter().filter(|name| name.ends_with(".bad")).count();
    if untold > 0 {
        let what = format!("{untold} findings of recovery in {}", quarantine.display());
        return Ok(vec![Found::Bad(what, "`tacho doctor --fix` records them".to_owned())]);
    }
    Ok(vec![Found::Good(format!("{} events of {} can be read", log.size(), log.tenant()))])
}

pub(super) fn tell_findings(scene: &Scene<'_>) -> Result<String, Failure> {
    let store = scene.place.open()?;
    let told = scene.place.recorder(&store)?.tell_findings()?;
    Ok(if told == 0 { String::new() } else { format!("{told} findings are recorded") })
}

/// A clock is set by less than this.
const AHEAD: Span = Span::from_micros(300_000_000);

pub(super) fn clock(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    if let Some(found) = super::vault::clock(scene)? {
        return Ok(vec![found]);
    }
    let store = scene.place.open()?;
    let log = Log::of(&store, scene.place.tenant.as_str())?;
    let newest = Query { order: Order::Newest, ..Query::default() };
    let last = log.query(newest)?.next().transpose()?;
    let last = last.and_then(|entry| tacho_event::Timestamp::parse(entry.leaf.str("timestamp")?));
    let now = crate::place::Place::world().now();
    if let Some(last) = last.filter(|last| *last > now.plus(AHEAD)) {
        let what = format!("the last event is of {last}, and now is {now}");
        let next =
            "set the clock, or that of the machine the event came from: `date`, `timedatectl`";
        return Ok(vec![Found::Bad(what, next.to_owned())]);
    }
    Ok(vec![Found::Good("it goes on".to_owned())])
}

pub(super) fn stops(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let store = scene.place.open()?;
    Ok(vec![match Stops::new(&store, crate::place::Place::world()).status() {
        Ok(leases) if leases.is_empty() => Found::Good("nobody is stopped".to_owned()),
        Ok(leases) => Found::Odd(
            format!("{} stops are in force", leases.len()),
            "`tacho stop status` shows them, `tacho resume` lifts them".to_owned(),
        ),
        Err(error) => Found::Bad(
            format!("{error}: everybody is stopped"),
            "`tacho resume --damaged --reason ...`, once you know why".to_owned(),
        ),
    }])
}

/// A file of a few lines.
const FILE_BYTES_MAX: u64 = 256 * 1024;

fn text(path: &Path) -> Result<Option<String>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = given::read(path, FILE_BYTES_MAX)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn config(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    let path = scene.place.config_file();
    let mut found = Vec::new();
    for one in settings::check(&text(&path)?.unwrap_or_default()) {
        let what = format!("{}:{}: {}", path.display(), one.line, one.why);
        let next = "`tacho config set NAME VALUE`, or `tacho doctor --fix` for a comment";
        found.push(Found::Bad(what, next.to_owned()));
    }
    if let Some(project) = &scene.place.project {
        let (own, most) = (scene.place.own_level(), scene.place.most_level());
        for one in settings::check_project(&project.text, own, most) {
            let what = format!("{}:{}: {}", project.file.display(), one.line, one.why);
            let next = "take the line out: who wrote it meant less to be kept or sealed";
            found.push(Found::Odd(what, next.to_owned()));
        }
    }
    if found.is_empty() {
        found.push(Found::Good(format!("{} is understood", path.display())));
    }
    Ok(found)
}

pub(super) fn mend_config(scene: &Scene<'_>) -> Result<String, Failure> {
    let path = scene.place.config_file();
    let before = text(&path)?.unwrap_or_default();
    let vain: Vec<usize> = settings::check(&before).iter().map(|one| one.line).collect();
    if vain.is_empty() {
        return Ok(String::new());
    }
    let after: String = (1..)
        .zip(before.lines())
        .map(|(number, line)| match vain.contains(&number) {
            true => format!("# not understood: {line}\n"),
            false => format!("{line}\n"),
        })
        .collect();
    given::replace(&path, after.as_bytes())?;
    Ok(format!("{} lines of {} are comments now", vain.len(), path.display()))
}

/// Secrets of nobody, and the rule that must find each.
const CANARIES: &[(&str, &str)] = &[
    ("password", "password=hunter2hunter2"),
    ("aws-access-key-id", "AKIAIOSFODNN7EXAMPL3"),
    ("github-token", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
];

pub(super) fn redaction(_: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    Ok(vec![self_test(&Scanner::builtin())])
}

fn self_test(scanner: &Scanner) -> Found {
    let missed = CANARIES.iter().find(|(_, secret)| scanner.redact(secret).contains(secret));
    match missed {
        Some((name, _)) => Found::Bad(
            format!("the scanner does not find a {name}"),
            "stop recording with this program, and install it anew".to_owned(),
        ),
        None => Found::Good(format!("{} canaries were found", CANARIES.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_that_finds_nothing_is_bad() {
        let blind = Scanner::new(&[], "[REDACTED]", false).unwrap();
        assert!(matches!(self_test(&blind), Found::Bad(..)));
        assert!(matches!(self_test(&Scanner::builtin()), Found::Good(_)));
    }
}
