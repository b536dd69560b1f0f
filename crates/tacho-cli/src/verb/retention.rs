//! `tacho retention`: how long what is kept, what is over and what holds it; and then it goes.

mod due;

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::record_access;
use crate::retaining::{is_written, terms};
use crate::screen::{Column, Nature, Row, Screen, Waiting, Width};
use crate::vault::eraser;
use tacho_event::json::{Object, Value};
use tachograph::retain::{Keeper, Notice, OnSize, Plan, ROWS, Terms};
use tachograph::sign::Demand;

pub(crate) use due::{notice, step, step_json, word};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Show how long what is kept, and who says so
    #[command(after_help = "Settings stand in your own file; a project's file says none of \
        these.\n\n  tacho config set retention.content 90d\n  \
        tacho config set retention.profile eu-ai-act")]
    Show,
    /// Say what is over, what holds it back, and what stays provable; nothing goes
    Plan(Which),
    /// Let exactly that go
    #[command(
        after_help = "Without --yes nothing goes: at a terminal you are asked, elsewhere it \
        is shown what would go.\nHolds win, and a clock that jumped lets nothing go.\n\n\
        Exit codes: 0 done, 3 the clock cannot be believed, 4 a hold stands in the way, 5 the \
        store\nmoved since it was planned."
    )]
    Apply(Apply),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Of every tenant of the store
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    which: Which,
    /// Let it go without asking
    #[arg(long, short)]
    yes: bool,
}

const TERMS: &[Column] = &[
    Column { title: "setting", width: Width::Chars(28) },
    Column { title: "value", width: Width::Chars(24) },
    Column { title: "from", width: Width::Rest },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
        Ask::Show => show(place, screen),
        Ask::Plan(which) => {
            let plan = keeper(place).and_then(|mut keeper| plan(&mut keeper, place, &which))?;
            tell(screen, &plan, false)?;
            Ok(Exit::Yes)
        }
        Ask::Apply(ask) => apply(place, screen, &ask),
    }
}

fn show(place: &Place, screen: &mut Screen) -> Outcome {
    let terms = terms(place)?;
    let rows: Vec<_> = ROWS
        .iter()
        .filter_map(|row| {
            let value = value(&terms, row.name)?;
            let from = match (is_written(place, row.name), terms.profiles.is_empty()) {
                (true, _) => "your file".to_owned(),
                (false, true) => format!("preset {}", place.preset.terms().name),
                // What nobody wrote is the preset's, lifted to what the profiles ask for.
                (false, false) => format!("preset and profiles {}", terms.name),
            };
            let json = Object::from([
                ("v", Value::from(1)),
                ("setting", Value::from(row.name)),
                ("value", Value::from(value.as_str())),
                ("from", Value::from(from.as_str())),
            ]);
            Some(Ok(Row { json, cells: vec![row.name.to_owned(), value, from] }))
        })
        .collect();
    screen.list(Nature::List, TERMS, rows.into_iter())?;
    for profile in &terms.profiles {
        let asks = profile.minimum();
        screen.note(&format!("{}: {}", asks.name, asks.rule));
    }
    Ok(Exit::Yes)
}

/// What a setting comes to; none for a name that has no terms.
fn value(terms: &Terms, name: &str) -> Option<String> {
    let size = |max: Option<u64>| max.map_or("none".to_owned(), |max| format!("{max} bytes"));
    Some(match name {
        "retention.hot" => terms.hot.to_string(),
        "retention.warm" => terms.warm.to_string(),
        "retention.cold" => terms.leaf.to_string(),
        "retention.content" => terms.content.to_string(),
        "pii_retention" => terms.identity.to_string(),
        "retention.size_max" => size(terms.size_bytes_max),
        "retention.content_size_max" => size(terms.content_bytes_max),
        "retention.identity_size_max" => size(terms.identity_bytes_max),
        "retention.on_size" => match terms.on_size {
            OnSize::Prune => "prune".to_owned(),
            OnSize::Warn => "warn".to_owned(),
        },
        "retention.profile" if terms.profiles.is_empty() => "none".to_owned(),
        "retention.profile" => {
            let names: Vec<&str> = terms.profiles.iter().map(|one| one.minimum().name).collect();
            names.join(",")
        }
        _ => return None,
    })
}

fn keeper(place: &Place) -> Result<Keeper, Failure> {
    let terms = terms(place)?;
    let store = place.open()?;
    Ok(Keeper::new(eraser(place, &store)?, terms))
}

fn plan(keeper: &mut Keeper, place: &Place, which: &Which) -> Result<Plan, Failure> {
    Ok(match which.all {
        true => keeper.plan()?,
        false => Plan { tenants: vec![keeper.plan_tenant(place.tenant.as_str())?] },
    })
}

fn tell(screen: &mut Screen, plan: &Plan, is_applied: bool) -> Result<(), Failure> {
    for tenant in &plan.tenants {
        if screen.is_json() {
            screen.json(due::json(tenant, is_applied))?;
        } else {
            due::show(screen, tenant)?;
        }
    }
    screen.flush()
}

fn apply(place: &Place, screen: &mut Screen, ask: &Apply) -> Outcome {
    let mut keeper = keeper(place)?;
    let plan = plan(&mut keeper, place, &ask.which)?;
    let is_json = screen.is_json();
    if !is_json {
        tell(screen, &plan, false)?;
    }
    let asks = !ask.yes && !is_json && !plan.is_empty() && screen.can_ask();
    let goes = ask.yes || (asks && screen.ask("let this go? [y/N]"));
    if !goes || plan.is_empty() {
        if is_json {
            tell(screen, &plan, false)?;
        } else if !plan.is_empty() {
            screen.note("nothing went: --yes does it");
        }
        return if goes { forbidden(&plan) } else { Ok(Exit::Yes) };
    }
    let waiting = Waiting::new(screen);
    waiting.begin("letting go");
    let applied = keeper.apply(&plan);
    waiting.end();
    let applied = applied?;
    let store = keeper.store().clone();
    place.bring_in(&store, Demand::Now)?;
    let (days, files) = (applied.expired.len(), applied.pruned.len());
    if is_json {
        tell(screen, &plan, true)?;
    } else {
        let (good, bytes) = (screen.paint.good("\u{2714}"), plan.bytes());
        let logs = if files > 0 { format!(", leaves of {files} logs") } else { String::new() };
        screen.line(&format!("{good} gone: {days} days of parts{logs}; {bytes} bytes"))?;
    }
    record_access(place, screen, "retention.apply", place.tenant.as_str(), days + files);
    forbidden(&plan)
}

/// Whoever asked that it goes is told by the exit code that something stood in the way.
fn forbidden(plan: &Plan) -> Outcome {
    let mut notices = plan.tenants.iter().flat_map(|tenant| &tenant.notices);
    let stood = notices.find(|one| matches!(one, Notice::Held { .. } | Notice::Clock(_)));
    match stood {
        Some(Notice::Held { hold }) => {
            Err(Failure::new(Exit::NotAllowed, format!("a hold stands in the way: {hold}"))
                .next("`tacho hold ls` shows why; `tacho hold lift ID --reason ...` ends it"))
        }
        Some(Notice::Clock(why)) => {
            Err(Failure::new(Exit::CannotTell, format!("the clock cannot be believed: {why}"))
                .next("set the clock; `tacho doctor --fix` says that it is right"))
        }
        _ => Ok(Exit::Yes),
    }
}
