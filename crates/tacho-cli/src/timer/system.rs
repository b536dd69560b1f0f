//! Given an order, writes it where the system looks, and tells the system; given nothing, says what
//! stands there.

use super::{Every, Kind, LABEL, Order, read_mark, with_line};
use crate::failure::{Exit, Failure};
use crate::given;
use crate::place::Place;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tacho_tap::install::Change;

const FILE_BYTES_MAX: u64 = 1 << 20;
const TIMER: &str = "tacho-maintain.timer";

/// A timer that stands.
#[derive(Debug, Clone)]
pub(crate) struct Installed {
    pub(crate) kind: Kind,
    pub(crate) every: Every,
    pub(crate) program: PathBuf,
    /// Where it is written.
    pub(crate) file: PathBuf,
    /// Whether it says what would be written now, and is switched on.
    pub(crate) is_current: bool,
}

impl Installed {
    /// Whether there is a program to call.
    pub(crate) fn runs(&self) -> bool {
        self.program.is_file()
    }
}

/// What this machine has: systemd before cron, since it catches up on what it slept through.
pub(crate) fn kind_of_machine() -> Option<Kind> {
    if cfg!(target_os = "macos") {
        return Some(Kind::Launchd);
    }
    let has_systemd = Path::new("/run/systemd/system").is_dir();
    if has_systemd {
        return Some(Kind::Systemd);
    }
    table().ok().map(|_| Kind::Cron)
}

/// The files of a kind, with what they are to say.
fn files(place: &Place, order: &Order) -> Vec<(Kind, PathBuf, String)> {
    let [service, timer, plist] = paths(place);
    vec![
        (Kind::Systemd, service, order.service()),
        (Kind::Systemd, timer, order.timer()),
        (Kind::Launchd, plist, order.plist()),
    ]
}

fn paths(place: &Place) -> [PathBuf; 3] {
    let config = place.config_file();
    let config = config.parent().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    let units = config.join("systemd/user");
    let agents = place.home.join("Library/LaunchAgents");
    [units.join("tacho-maintain.service"), units.join(TIMER), agents.join(format!("{LABEL}.plist"))]
}

/// The link that has systemd start the timer when the user comes.
fn wanted(timer: &Path) -> PathBuf {
    timer.with_file_name("timers.target.wants").join(TIMER)
}

fn text(path: &Path) -> Result<Option<String>, Failure> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = given::read(path, FILE_BYTES_MAX)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// What would be written, a file each.
fn changes(place: &Place, kind: Kind, order: Option<&Order>) -> Result<Vec<Change>, Failure> {
    let change =
        |file: PathBuf, before, after| Change { file, before, after, backup: None, afterwards: "" };
    if kind == Kind::Cron {
        let before = table()?;
        let after = with_line(&before, order.map(Order::line).as_deref());
        return Ok(vec![change(PathBuf::from("crontab"), Some(before), Some(after))]);
    }
    let [service, timer, plist] = paths(place);
    let own = match kind {
        Kind::Systemd => vec![service, timer],
        _ => vec![plist],
    };
    let said = order.map(|order| files(place, order)).unwrap_or_default();
    own.into_iter()
        .map(|path| {
            let after = said.iter().find(|(_, file, _)| *file == path);
            let after = after.map(|(_, _, text)| text.clone());
            Ok(change(path.clone(), text(&path)?, after))
        })
        .collect()
}

/// Writes it, unless it is a plan; gives what changed, and what a person must know.
pub(crate) fn install(
    place: &Place,
    kind: Kind,
    order: &Order,
    is_plan: bool,
) -> Result<(Vec<Change>, Option<String>), Failure> {
    if let Some(why) = order.unfit() {
        return Err(Failure::usage(format!("cannot call {}: {why}", order.program.display()))
            .next("`cargo install tacho-cli`, or name one with --program FILE"));
    }
    let changes = changes(place, kind, Some(order))?;
    if is_plan {
        return Ok((changes, None));
    }
    perform(&changes)?;
    let note = switch_on(place, kind)?;
    Ok((changes, note))
}

/// Takes it away, unless it is a plan; gives what changed.
pub(crate) fn uninstall(place: &Place, kind: Kind, is_plan: bool) -> Result<Vec<Change>, Failure> {
    let changes = changes(place, kind, None)?;
    if !is_plan {
        switch_off(place, kind);
        perform(&changes)?;
    }
    Ok(changes)
}

#[expect(clippy::disallowed_methods, reason = "what was installed for this user goes")]
fn perform(changes: &[Change]) -> Result<(), Failure> {
    for change in changes.iter().filter(|change| !change.is_nothing()) {
        let (file, after) = (&change.file, &change.after);
        match after {
            Some(after) if file == Path::new("crontab") => set_table(after)?,
            Some(after) => {
                given::make_dir(file.parent())?;
                given::replace(file, after.as_bytes())?;
            }
            None => std::fs::remove_file(file).map_err(|error| given::unwritten(file, &error))?,
        }
    }
    Ok(())
}

/// Has the system call it from now on; else says what a person does.
fn switch_on(place: &Place, kind: Kind) -> Result<Option<String>, Failure> {
    let [_, timer, plist] = paths(place);
    match kind {
        Kind::Cron => Ok(None),
        Kind::Systemd => {
            link(&timer)?;
            let told = said(&["systemctl", "--user", "daemon-reload"])
                && said(&["systemctl", "--user", "start", TIMER]);
            Ok((!told).then(|| {
                format!("it begins with your next login, or now: `systemctl --user start {TIMER}`")
            }))
        }
        Kind::Launchd => {
            let domain = format!("gui/{}", rustix::process::getuid().as_raw());
            let _ = said(&["launchctl", "bootout", &format!("{domain}/{LABEL}")]);
            let plist = plist.display().to_string();
            let told = said(&["launchctl", "bootstrap", &domain, &plist]);
            Ok((!told).then(|| "it begins with your next login".to_owned()))
        }
    }
}

/// What is switched off by nobody ends with its files.
#[expect(clippy::disallowed_methods, reason = "what was installed for this user goes")]
fn switch_off(place: &Place, kind: Kind) {
    let [_, timer, _] = paths(place);
    match kind {
        Kind::Cron => {}
        Kind::Systemd => {
            let _ = said(&["systemctl", "--user", "stop", TIMER]);
            let _ = std::fs::remove_file(wanted(&timer));
        }
        Kind::Launchd => {
            let uid = rustix::process::getuid().as_raw();
            let _ = said(&["launchctl", "bootout", &format!("gui/{uid}/{LABEL}")]);
        }
    }
}

#[cfg(unix)]
fn link(timer: &Path) -> Result<(), Failure> {
    let link = wanted(timer);
    given::make_dir(link.parent())?;
    match std::os::unix::fs::symlink(Path::new("..").join(TIMER), &link) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(given::unwritten(&link, &error))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn link(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Every timer that stands for this user.
pub(crate) fn installed(place: &Place, order: &Order) -> Vec<Installed> {
    let [_, timer, plist] = paths(place);
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let (file, stands) = match kind {
            Kind::Systemd => (timer.clone(), text(&timer).ok().flatten()),
            Kind::Launchd => (plist.clone(), text(&plist).ok().flatten()),
            Kind::Cron => (PathBuf::from("crontab"), table().ok()),
        };
        let Some((every, program)) = stands.as_deref().and_then(read_mark) else { continue };
        let same = Order { every, program: program.clone(), ..order.clone() };
        let due = changes(place, kind, Some(&same)).unwrap_or_default();
        let is_on = kind != Kind::Systemd || wanted(&timer).symlink_metadata().is_ok();
        let is_current = is_on && !due.is_empty() && due.iter().all(Change::is_nothing);
        found.push(Installed { kind, every, program, file, is_current });
    }
    found
}

/// The user's cron table; an empty one where there is none.
fn table() -> Result<String, Failure> {
    let output = Command::new("crontab").arg("-l").stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        Failure::new(Exit::CannotTell, format!("there is no crontab here: {error}"))
            .next("another one: --by systemd or --by launchd")
    })?;
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        // `no crontab for alice`: nobody's lines are lost by a new table.
        false if why.is_empty() || why.contains("no crontab") => Ok(String::new()),
        false => Err(Failure::new(Exit::NotAllowed, format!("crontab refused: {why}"))),
    }
}

fn set_table(table: &str) -> Result<(), Failure> {
    let lost = |why: String| Failure::new(Exit::NotAllowed, format!("crontab refused: {why}"));
    let child = Command::new("crontab")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| lost(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(table.as_bytes()).map_err(|error| lost(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| lost(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(lost(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Whether a program of the system did what it was told.
fn said(words: &[&str]) -> bool {
    let Some((program, words)) = words.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
