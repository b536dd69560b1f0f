//! `tacho reseal`: after the preset changed, seals what is plain, or opens what is sealed.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::record_change;
use crate::screen::{Screen, Waiting};
use crate::vault::ring;
use tacho_event::TenantId;
use tacho_event::json::{Object, Value};
use tachograph::erase::Eraser;
use tachograph::reseal::{Aim, Plan, Resealed, apply, plan};
use tachograph::sign::Demand;
use tachograph::store::Store;

#[derive(Debug, clap::Args)]
#[command(after_help = "A preset that is changed keeps what comes its way; this does the same to \
    what is there, in all\ntenants. Without --yes nothing is changed: at a terminal you are asked, \
    elsewhere it is shown\nwhat would be. Leaves, hashes, signatures and proofs stay. Killed at \
    any point, the next one goes\non. Restart programs that record under the old \
    preset first.\n\n  tacho config set preset production\n  tacho reseal --dry-run\n  tacho \
    reseal --yes")]
pub(crate) struct Ask {
    /// How parts are to be kept; else as the preset says
    #[arg(long, value_name = "HOW")]
    to: Option<To>,
    /// Do it without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
    /// Show what would be done, and ask nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum To {
    /// Only who holds the keys reads them
    Sealed,
    /// Whoever reads the store reads them
    Open,
}

/// What is to be done in one tenant, and what was.
struct Task {
    tenant: String,
    plan: Plan,
    done: Option<Resealed>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    if place.read_only {
        return Err(Failure::usage("--read-only changes nothing, and this would")
            .next("the same without --read-only"));
    }
    let aim = match ask.to {
        Some(To::Sealed) => Aim::Sealed,
        Some(To::Open) => Aim::Open,
        None => Aim::of(place.preset),
    };
    let store = place.open()?;
    place.bring_in(&store, Demand::Due)?;
    let mut tasks = Vec::new();
    for tenant in tenants(&store)? {
        let plan = plan(&store, &tenant, aim)?;
        tasks.push(Task { tenant, plan, done: None });
    }
    let is_json = screen.is_json();
    if !is_json {
        show(screen, &tasks, aim)?;
        screen.flush()?;
    }
    let is_any = tasks.iter().any(|task| !task.plan.due.is_empty());
    let question = match aim {
        Aim::Sealed => "seal them? [y/N]",
        Aim::Open => "keep them plain from now on? [y/N]",
    };
    let asks = !ask.dry_run && !ask.yes && !is_json && is_any && screen.can_ask();
    // Nothing may seem due, and yet a run have been killed before its end.
    let goes = ask.yes || (asks && screen.ask(question));
    if goes {
        perform(place, screen, &store, &mut tasks, aim)?;
    } else if is_any && !is_json {
        screen.note("nothing was changed: --yes does it");
    }
    if is_json {
        tasks.iter().try_for_each(|task| screen.json(json(task, aim)))?;
    }
    let is_left = |task: &Task| task.done.as_ref().is_some_and(|done| done.left > 0);
    Ok(if goes && tasks.iter().any(is_left) { Exit::No } else { Exit::Yes })
}

fn perform(
    place: &Place,
    screen: &mut Screen,
    store: &Store,
    tasks: &mut [Task],
    aim: Aim,
) -> Result<(), Failure> {
    let ring = match aim {
        Aim::Sealed => ring(place, store)?,
        // Who opens needs the keys that are there: new ones open nothing.
        Aim::Open if !place.custody(store).is_there() && tasks.iter().all(is_clear) => {
            return Ok(());
        }
        Aim::Open => place.custody(store).ring()?,
    };
    if !tasks.iter().all(is_clear) {
        let after = Object::from([("parts", Value::from(aim.as_str()))]);
        record_change(place, screen, "reseal", &after);
    }
    let mut eraser = Eraser::new(store, Place::world(), ring);
    let waiting = Waiting::new(screen);
    let (doing, good) = match aim {
        Aim::Sealed => ("sealing", "sealed"),
        Aim::Open => ("opening", "plain"),
    };
    waiting.begin(doing);
    let all: u64 = tasks.iter().map(|task| task.plan.parts()).sum();
    let mut before = 0;
    for task in tasks.iter_mut() {
        let mut told = |done: u64, of: u64| {
            let more = of.saturating_sub(task.plan.parts());
            waiting.tell(doing, before + done, all + more);
        };
        let done = apply(&mut eraser, &task.tenant, aim, &mut told);
        before += task.plan.parts();
        match done {
            Ok(done) => task.done = Some(done),
            Err(error) => {
                waiting.end();
                return Err(error.into());
            }
        }
    }
    waiting.end();
    place.bring_in(store, Demand::Due)?;
    if screen.is_json() {
        return Ok(());
    }
    for task in tasks.iter() {
        let Some(done) = task.done.as_ref().filter(|done| done.files > 0) else { continue };
        let mark = screen.paint.good("\u{2714}");
        let (tenant, parts, files) = (&task.tenant, done.parts, done.files);
        screen.line(&format!("{mark} {tenant}: {parts} parts in {files} files are {good} now"))?;
        if done.left > 0 {
            let left = done.left;
            screen.note(&format!(
                "note: {left} parts of {tenant} are not: no key opens them, or they came meanwhile \
                 from who records under another preset; again, when those are restarted"
            ));
        }
    }
    Ok(())
}

fn is_clear(task: &Task) -> bool {
    task.plan.due.is_empty()
}

/// Every tenant of a store.
pub(super) fn tenants(store: &Store) -> Result<Vec<String>, Failure> {
    let dir = store.places().tenants();
    let names = store.files().list(&dir).map_err(|error| {
        Failure::new(Exit::CannotTell, format!("cannot list {}: {error}", dir.display()))
    })?;
    Ok(names.into_iter().filter(|name| TenantId::new(name).is_some()).collect())
}

fn show(screen: &mut Screen, tasks: &[Task], aim: Aim) -> Result<(), Failure> {
    let (others, how) = match aim {
        Aim::Sealed => ("plain", "would be sealed"),
        Aim::Open => ("sealed", "would be plain: who reads the store's files reads them"),
    };
    let mut is_any = false;
    for Task { tenant, plan, .. } in tasks {
        let (parts, files) = (plan.parts(), plan.due.len());
        if files > 0 {
            is_any = true;
            screen.line(&format!("{tenant}: {parts} parts in {files} files {how}"))?;
        }
        for due in &plan.too_long {
            let (class, bytes) = (due.class.as_str(), due.bytes);
            screen.note(&format!(
                "note: a day of {class} of {tenant} stays {others}: {bytes} bytes are too many"
            ));
        }
    }
    if !is_any {
        screen.line(&format!("nothing that is kept is {others}"))?;
    }
    let quarantined = tasks.first().map_or(0, |task| task.plan.quarantined);
    if quarantined > 0 && aim == Aim::Sealed {
        screen.note(&format!(
            "note: {quarantined} files of damaged or refused bytes in the quarantine stay as they \
             are; an erasure empties them"
        ));
    }
    Ok(())
}

fn json(task: &Task, aim: Aim) -> Object {
    let Task { tenant, plan, done } = task;
    let mut object = Object::from([
        ("v", Value::from(1)),
        ("tenant", Value::from(tenant.as_str())),
        ("to", Value::from(aim.as_str())),
        ("files", Value::from(plan.due.len() as u64)),
        ("parts", Value::from(plan.parts())),
        ("too_long", Value::from(plan.too_long.len() as u64)),
        ("quarantined", Value::from(plan.quarantined)),
        ("done", Value::from(done.is_some())),
    ]);
    if let Some(done) = done {
        object.insert("changed", done.parts);
        object.insert("left", done.left);
    }
    object
}
