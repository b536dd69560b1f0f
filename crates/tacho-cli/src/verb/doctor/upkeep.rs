//! What the doctor looks at of who calls `tacho maintain`.

use super::state::is_missing;
use super::{Found, Scene};
use crate::failure::Failure;
use crate::place::Place;
use crate::timer::Installed;
use crate::verb::install::timer::{again, installed};
use tacho_event::Span;
use tacho_tap::upkeep;

/// What is due may wait so long for a machine that sleeps.
const PATIENCE: Span = Span::from_micros(-2 * 86_400_000_000);

pub(super) fn timer(scene: &Scene<'_>) -> Result<Vec<Found>, Failure> {
    if is_missing(scene) {
        return Ok(Vec::new());
    }
    let place = scene.place;
    let mut found: Vec<Found> = installed(place)?.iter().map(state).collect();
    let due = upkeep::next(&place.state_dir, &place.store_dir);
    let now = Place::world().now();
    if let Some(due) = due.filter(|due| *due < now.plus(PATIENCE)) {
        let what = format!("`tacho maintain` was due at {due}, and was not called");
        found.push(Found::Odd(what, "`tacho maintain`, and see why nobody did".to_owned()));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let mut hooked = super::agents::installed(scene)?.into_iter().filter(|one| one.works);
    let is_kept_up = hooked.next().is_some() && !place.is_upkeep_forbidden();
    Ok(vec![match is_kept_up {
        true => Found::Good("no timer; sessions that end call it once a day".to_owned()),
        false => Found::Odd(
            "nobody calls `tacho maintain`: what is over stays, and old days are not packed"
                .to_owned(),
            "`tacho install timer`".to_owned(),
        ),
    }])
}

fn state(one: &Installed) -> Found {
    let (kind, program) = (one.kind.as_str(), one.program.display());
    let again = "`tacho install timer`, or `tacho doctor --fix`".to_owned();
    if !one.runs() {
        return Found::Bad(format!("{kind} calls {program}, which is not there"), again);
    }
    if !one.is_current {
        let what = format!("the timer of {kind} is not what this version writes for this store");
        return Found::Bad(what, again);
    }
    Found::Good(format!("{kind} calls {program}"))
}

pub(super) fn install(scene: &Scene<'_>) -> Result<String, Failure> {
    let mut mended = Vec::new();
    if is_missing(scene) {
        return Ok(String::new());
    }
    for one in installed(scene.place)? {
        if matches!(state(&one), Found::Bad(..)) {
            let program = again(scene.place, &one)?;
            mended.push(format!("{} calls {}", one.kind.as_str(), program.display()));
        }
    }
    Ok(mended.join(", "))
}
