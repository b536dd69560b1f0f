//! `tacho maintain`: does all that is due, and says what it did and when something is due next.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::retaining::terms;
use crate::screen::{Screen, Waiting};
use crate::upkeep::{Anchoring, Packing, Told, Unanswered};
use crate::vault;
use crate::verb::retention::{notice, step, step_json, word};
use std::sync::{Arc, PoisonError};
use tacho_event::json::{Object, Value};
use tacho_tap::upkeep;
use tachograph::erase::Eraser;
use tachograph::maintain::{Maintainer, Problem, Report};
use tachograph::retain::{Keeper, Step};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "For a timer, or by hand; at any time, also twice at once, and killed at any \
    point: the next one\ngoes on. What is over goes without asking, as `tacho retention plan` \
    says; holds win.\n\nExit codes: 0 all that was due is done, 1 a witness raised an alarm, 3 \
    something could not be\ndone, 5 somebody else does it now, or an anchor did not answer.\n\n  \
    */15 * * * * tacho maintain --jq 'select(.done | not)'"
)]
pub(crate) struct Ask {}

pub(crate) fn run(place: &Place, screen: &mut Screen, _: &Ask) -> Outcome {
    if place.read_only {
        let failure = Failure::usage("--read-only changes nothing, and this would");
        return Err(failure.next("the same without --read-only"));
    }
    let terms = terms(place)?;
    let store = place.open()?;
    let ring = vault::ring(place, &store)?;
    let told = Told::default();
    let waiting = Arc::new(Waiting::new(screen));
    let eraser = Eraser::new(&store, Place::world(), ring.clone());
    let eraser = eraser.telling(waiting.telling("maintaining"));
    let keeper = Keeper::new(eraser, terms.clone());
    let mut maintainer = Maintainer::with_keeper(keeper)
        .with_room(Box::new(Packing::new(ring, terms)))
        .with_room(Box::new(Anchoring::new(place, told.clone())?));
    let report = maintainer.run();
    waiting.end();
    let report = report?;
    if !report.is_busy {
        // The next session that ends needs not start it; without the note it waits a day.
        let now = Place::world().now();
        let _ = upkeep::done(&place.state_dir, &place.store_dir, now, report.next);
    }
    let silent = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if screen.is_json() {
        screen.json(json(&report, &silent))?;
    } else {
        show(screen, &report, &silent)?;
    }
    Ok(exit(&report, &silent))
}

fn exit(report: &Report, silent: &[Unanswered]) -> Exit {
    if silent.iter().any(|one| one.is_alarm) {
        Exit::No
    } else if !report.problems.is_empty() {
        Exit::CannotTell
    } else if report.is_busy || !silent.is_empty() {
        Exit::Unreachable
    } else {
        Exit::Yes
    }
}

/// What went, by tenant.
fn gone(report: &Report) -> Vec<(&str, Step)> {
    let expired = &report.applied.expired;
    let expired = expired.iter().map(|(tenant, one)| (tenant.as_str(), Step::Expire(one.clone())));
    let pruned = &report.applied.pruned;
    let pruned = pruned.iter().map(|(tenant, one)| (tenant.as_str(), Step::Prune(one.clone())));
    expired.chain(pruned).collect()
}

/// What was done, a line each.
fn done(report: &Report) -> Vec<String> {
    let mut done = Vec::new();
    if report.integrated > 0 {
        done.push(format!("integrated {} events", report.integrated));
    }
    done.extend(report.beats.iter().map(|tenant| format!("heartbeat of {tenant}")));
    let gone = gone(report);
    done.extend(gone.iter().map(|(tenant, one)| format!("gone from {tenant}: {}", step(one))));
    let warned = report.warned.iter();
    done.extend(warned.map(|tenant| format!("recorded that the log of {tenant} grows large")));
    let rooms = report.rooms.iter();
    done.extend(rooms.map(|(room, tenant, did)| format!("{room}, {tenant}: {did}")));
    done.extend(report.signed.iter().map(|tenant| format!("signed {tenant}")));
    if report.retired > 0 {
        done.push(format!("deleted {} integrated segments", report.retired));
    }
    done
}

fn show(screen: &mut Screen, report: &Report, silent: &[Unanswered]) -> Result<(), Failure> {
    if report.is_busy {
        return screen.line("somebody else does what is due");
    }
    let (good, odd, bad) =
        (screen.paint.good("\u{2714}"), screen.paint.odd("\u{25cb}"), screen.paint.bad("\u{2718}"));
    let done = done(report);
    let (problems, notices) = (&report.problems, &report.notices);
    if done.is_empty() && problems.is_empty() && silent.is_empty() {
        screen.line("nothing was due")?;
    }
    let mut lines: Vec<String> = done.iter().map(|what| format!("{good} {what}")).collect();
    let of = notices.iter().map(|(tenant, one)| format!("{odd} {tenant}: {}", notice(one)));
    lines.extend(of);
    lines.extend(problems.iter().map(|one| format!("{bad} {}: {}", task(one), one.why)));
    lines.extend(silent.iter().map(|one| format!("{bad} anchors of {}: {}", one.tenant, one.why)));
    for line in lines {
        // The marks are painted, and what was recorded stands behind them.
        let (mark, what) = line.split_once(' ').unwrap_or_default();
        let what = screen.shown(what).into_owned();
        screen.line(&format!("{mark} {what}"))?;
    }
    let next = report.next.map(|next| screen.zone.show(next));
    screen.line(&match next {
        Some(next) => format!("next due {next}, and when something was recorded"),
        None => "next due when something was recorded".to_owned(),
    })
}

fn task(problem: &Problem) -> String {
    match &problem.tenant {
        Some(tenant) => format!("{} of {tenant}", problem.task),
        None => problem.task.to_owned(),
    }
}

fn json(report: &Report, silent: &[Unanswered]) -> Object {
    let gone = gone(report).into_iter().map(|(tenant, one)| {
        let step = ("step", step_json(&one));
        Value::from(Object::from([("tenant", Value::from(tenant)), step]))
    });
    let notices = report.notices.iter().map(|(tenant, one)| {
        Value::from(Object::from([
            ("tenant", Value::from(tenant.as_str())),
            ("notice", Value::from(word(one))),
            ("what", Value::from(notice(one))),
        ]))
    });
    let rooms = report.rooms.iter().map(|(room, tenant, did)| {
        Value::from(Object::from([
            ("room", Value::from(*room)),
            ("tenant", Value::from(tenant.as_str())),
            ("did", Value::from(did.as_str())),
        ]))
    });
    let problem = |task: &str, tenant: Option<&str>, why: &str| {
        Value::from(Object::from([
            ("task", Value::from(task)),
            ("tenant", Value::from(tenant)),
            ("why", Value::from(why)),
        ]))
    };
    let own = report.problems.iter();
    let own = own.map(|one| problem(one.task, one.tenant.as_deref(), &one.why));
    let asked = silent.iter().map(|one| {
        let task = if one.is_alarm { "alarm" } else { "anchors" };
        problem(task, Some(&one.tenant), &one.why)
    });
    Object::from([
        ("v", Value::from(1)),
        ("busy", Value::from(report.is_busy)),
        ("done", Value::from(report.is_done() && silent.is_empty())),
        ("integrated", Value::from(report.integrated)),
        ("beats", Value::from(report.beats.clone())),
        ("gone", Value::from(gone.collect::<Vec<_>>())),
        ("notices", Value::from(notices.collect::<Vec<_>>())),
        ("warned", Value::from(report.warned.clone())),
        ("rooms", Value::from(rooms.collect::<Vec<_>>())),
        ("signed", Value::from(report.signed.clone())),
        ("retired", Value::from(report.retired as u64)),
        ("problems", Value::from(own.chain(asked).collect::<Vec<_>>())),
        ("next", Value::from(report.next.map(|next| next.to_string()))),
    ])
}
