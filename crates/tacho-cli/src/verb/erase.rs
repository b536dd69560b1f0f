//! `tacho erase`: what goes, what stays provable; and then it goes.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::record_access;
use crate::screen::{Screen, Waiting};
use crate::vault::{About, called, eraser};
use std::sync::Arc;
use tacho_event::json::{Object, Value};
use tachograph::erase::{Erased, Preview, Target};
use tachograph::sign::Demand;

#[derive(Debug, clap::Args)]
#[command(after_help = "Without --yes nothing is erased: at a terminal you are asked, elsewhere \
    it is shown what would go.\nLeaves, hashes, signatures and proofs stay: that something \
    happened remains provable, what it\nsaid is gone, from sealed copies of the store too. Copies \
    of plain parts are out of reach.\n\n  tacho erase --subject alice --reason 'request 17'\n  \
    tacho erase --match sk-live-4242 --reason 'leaked key' --yes")]
pub(crate) struct Ask {
    #[command(flatten)]
    about: About,
    /// Why; it stays in the log for ever, so name no person
    #[arg(long, value_name = "TEXT", default_value = "erased on request")]
    reason: String,
    /// Erase without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
    /// Show what would go, and ask nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let target = ask.about.target(place).ok_or_else(|| {
        Failure::usage("nothing is named")
            .next("one of --subject ID, --event ID, --session ID, --match TEXT")
    })?;
    let store = place.open()?;
    let mut eraser = eraser(place, &store)?;
    let preview = eraser.preview(&target)?;
    let is_json = screen.is_json();
    if !is_json {
        show(screen, &preview, &target)?;
        screen.flush()?;
    }
    if !preview.holds.is_empty() {
        if is_json {
            screen.json(json(&preview, None))?;
            screen.flush()?;
        }
        let what = format!("a hold stands in the way: {}", preview.holds.join(", "));
        return Err(Failure::new(Exit::NotAllowed, what)
            .next("`tacho hold ls` shows why; `tacho hold lift ID --reason ...` ends it"));
    }
    let asks = !ask.dry_run && !ask.yes && !is_json && screen.can_ask();
    let goes = preview.events > 0 && (ask.yes || (asks && screen.ask("erase this? [y/N]")));
    if !goes {
        if is_json {
            screen.json(json(&preview, None))?;
        } else if preview.events > 0 {
            screen.note("nothing was erased: --yes does it");
        }
        return Ok(Exit::Yes);
    }
    let waiting = Arc::new(Waiting::new(screen));
    let erased = eraser.telling(waiting.telling("erasing")).erase(&[target], &ask.reason);
    waiting.end();
    let erased = erased?;
    place.bring_in(&store, Demand::Due)?;
    let ticket = ticket(&erased);
    if is_json {
        screen.json(json(&preview, Some(&erased)))?;
    } else {
        let good = screen.paint.good("\u{2714}");
        screen.line(&format!("{good} erased, ticket {ticket}"))?;
        screen.note("note: backups of keys, and plain parts that were copied, are not reached");
    }
    record_access(place, screen, "erase", &ticket, preview.events as usize);
    Ok(Exit::Yes)
}

fn ticket(erased: &Erased) -> String {
    erased.ticket.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn show(screen: &mut Screen, preview: &Preview, target: &Target) -> Result<(), Failure> {
    let called = called(&target.scope);
    let called = screen.shown(&called).into_owned();
    if preview.events == 0 {
        return screen.line(&format!("nothing is kept of {called}"));
    }
    screen.line(&format!("{called}: {} events lose what they say", preview.events))?;
    for (class, parts, bytes) in &preview.parts {
        screen.line(&format!("  goes   {parts} parts of {}, {bytes} bytes", class.as_str()))?;
    }
    for id in &preview.ids {
        let id = screen.shown(id).into_owned();
        screen.line(&format!("         {id}"))?;
    }
    let more = preview.events.saturating_sub(preview.ids.len() as u64);
    if more > 0 {
        screen.line(&format!("         and {more} more"))?;
    }
    for room in &preview.rooms {
        screen.line(&format!("  goes   what {room} holds of them"))?;
    }
    let leaves = preview.leaves;
    screen.line(&format!("  stays  all {leaves} leaves, their hashes, signatures and proofs"))
}

fn json(preview: &Preview, erased: Option<&Erased>) -> Object {
    let part = |(class, count, bytes): &(tacho_event::privacy::Class, u64, u64)| {
        Value::from(Object::from([
            ("class", Value::from(class.as_str())),
            ("parts", Value::from(*count)),
            ("bytes", Value::from(*bytes)),
        ]))
    };
    let mut object = Object::from([
        ("v", Value::from(1)),
        ("erased", Value::from(erased.is_some())),
        ("tenant", Value::from(preview.tenant.as_str())),
        ("events", Value::from(preview.events)),
        ("ids", Value::from(preview.ids.clone())),
        ("parts", Value::from(preview.parts.iter().map(part).collect::<Vec<_>>())),
        ("leaves_kept", Value::from(preview.leaves)),
        ("holds", Value::from(preview.holds.clone())),
    ]);
    if let Some(erased) = erased {
        object.insert("ticket", ticket(erased));
        let sums = erased.sums.values().flatten().map(|(class, sum)| {
            Value::from(Object::from([
                ("class", Value::from(class.as_str())),
                ("count", Value::from(sum.count)),
                ("root", Value::from(sum.root.to_string())),
            ]))
        });
        object.insert("lost", sums.collect::<Vec<_>>());
    }
    object
}
