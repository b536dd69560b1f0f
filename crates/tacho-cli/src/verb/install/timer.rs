//! `tacho install timer`: the system calls `tacho maintain`; what is written is shown.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::Screen;
use crate::timer::{self, Every, Installed, Kind, Order};
use std::path::{Path, PathBuf};
use tacho_tap::surroundings::variable;

/// What is asked for.
pub(super) struct Wish<'w> {
    pub(super) by: Option<Kind>,
    pub(super) every: &'w str,
    pub(super) program: Option<PathBuf>,
    pub(super) dry_run: bool,
}

pub(super) fn run(place: &Place, screen: &mut Screen, wish: Wish<'_>) -> Outcome {
    let every = Every::parse(wish.every).ok_or_else(|| {
        Failure::usage(format!("`{}` is no interval of a timer", wish.every))
            .next("minutes that divide the hour, hours that divide the day, or 1d: 15m, 6h")
    })?;
    let kind = wish.by.or_else(timer::kind_of_machine).ok_or_else(|| {
        Failure::new(Exit::CannotTell, "this machine has neither systemd nor cron for its users")
            .next("have something of yours call `tacho maintain`, or name one with --by KIND")
    })?;
    let program = wish.program.or_else(program).ok_or_else(|| {
        Failure::new(Exit::CannotTell, "there is no tacho that a timer could call")
            .next("`cargo install tacho-cli`, or name it with --program FILE")
    })?;
    let order = order(place, program, every)?;
    let (changes, note) = timer::install(place, kind, &order, wish.dry_run)?;
    for change in &changes {
        super::show(screen, change, wish.dry_run)?;
    }
    if !wish.dry_run {
        for other in others(place, &order, kind) {
            let by = other.kind.as_str();
            screen.note(&format!("note: {by} calls it, too: `tacho uninstall timer --by {by}`"));
        }
    }
    if let Some(note) = note {
        screen.note(&format!("note: {note}"));
    }
    Ok(Exit::Yes)
}

pub(super) fn undo(place: &Place, screen: &mut Screen, by: Option<Kind>, is_plan: bool) -> Outcome {
    let standing = installed(place)?;
    let mine = standing.iter().filter(|one| by.is_none_or(|kind| kind == one.kind));
    let mut count = 0;
    for one in mine {
        for change in timer::uninstall(place, one.kind, is_plan)? {
            super::show(screen, &change, is_plan)?;
        }
        count += 1;
    }
    if count == 0 {
        screen.note("no timer is installed");
    }
    Ok(Exit::Yes)
}

/// The timers that stand for this user.
pub(crate) fn installed(place: &Place) -> Result<Vec<Installed>, Failure> {
    if place.open().is_err() {
        // Without a store there are no keys to name; a timer of before stands all the same.
        let keys = place.keys_home.clone();
        return Ok(timer::installed(place, &with_keys(place, PathBuf::new(), Every::Day, keys)));
    }
    Ok(timer::installed(place, &order(place, PathBuf::new(), Every::Day)?))
}

/// Installs again what stands and does not work; gives what it calls.
pub(crate) fn again(place: &Place, one: &Installed) -> Result<PathBuf, Failure> {
    let known = one.runs().then(|| one.program.clone());
    let program = known.or_else(program).ok_or_else(|| {
        Failure::new(Exit::CannotTell, "there is no tacho that a timer could call")
            .next("`cargo install tacho-cli`")
    })?;
    let order = order(place, program.clone(), one.every)?;
    timer::install(place, one.kind, &order, false)?;
    Ok(program)
}

fn others(place: &Place, order: &Order, kind: Kind) -> Vec<Installed> {
    let mut standing = timer::installed(place, order);
    standing.retain(|one| one.kind != kind);
    standing
}

fn order(place: &Place, program: PathBuf, every: Every) -> Result<Order, Failure> {
    let keys = place.keys_dir(&place.open()?);
    Ok(with_keys(place, program, every, keys))
}

fn with_keys(place: &Place, program: PathBuf, every: Every, keys: PathBuf) -> Order {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let config_home = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    Order { program, every, store: absolute(&place.store_dir), keys: absolute(&keys), config_home }
}

/// The `tacho` that a timer calls: on PATH, by the name that survives updates; else this one.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
fn program() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&paths).map(|dir| dir.join("tacho"));
    let own = std::env::current_exe().ok();
    on_path.chain(own).find(|path| path.is_absolute() && path.is_file())
}
