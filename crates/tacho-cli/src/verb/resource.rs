//! `tacho resource`: what happened to one thing, and what it was at a time.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::{COLUMNS, Question, Seen, record_look};
use crate::screen::{Nature, Screen};
use tacho_event::Filter;
use tacho_event::json::{Object, Value};
use tachograph::log::{Order, Query};

#[derive(Debug, clap::Args)]
#[command(after_help = "tacho resource customer/42            every change of it\n\
    tacho resource customer/42 --at 7d    its members as they were a week ago\n\
    tacho resource file//srv/app.yaml     what happened to a file")]
pub(crate) struct Ask {
    /// The thing: its type and its id, as in customer/42
    #[arg(value_name = "TYPE/ID")]
    name: String,
    /// Print its members as they were then: 24h, 2026-11-20, 2026-11-20T10:00
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let Some((kind, id)) = ask.name.split_once('/') else {
        return Err(Failure::usage(format!("`{}` names no resource", ask.name))
            .next("its type and its id, as in `tacho resource customer/42`"));
    };
    let filter = match &ask.at {
        None => None,
        Some(time) => {
            let text = format!("until:{time}");
            let read = Filter::parse(&text, Place::world().now());
            Some(read.map_err(|_| {
                Failure::usage(format!("`{time}` is no time")).next("as in 24h or 2026-11-20T10:00")
            })?)
        }
    };
    let log = place.log()?;
    let question = Question { filter, opens: true };
    let mut seen = Vec::new();
    for entry in log.query(Query { order: Order::Oldest, ..Query::default() })? {
        let answer = question.answer(&log, entry?)?;
        seen.extend(answer.filter(|one| is_about(&one.event, kind, id)));
    }
    if seen.is_empty() {
        return Err(Failure::new(Exit::CannotTell, format!("nothing is known of `{}`", ask.name))
            .next("`tacho events type:change` lists what was changed"));
    }
    let revealed = seen.iter().filter(|one| one.revealed).count();
    if ask.at.is_some() {
        screen.json(state(&seen, kind, id))?;
    } else {
        screen.page();
        let rows: Vec<_> = seen.into_iter().map(|one| Ok(one.row(screen))).collect();
        screen.list(Nature::Stream, COLUMNS, rows.into_iter())?;
    }
    record_look(place, screen, &ask.name, revealed);
    Ok(Exit::Yes)
}

/// Whether an event changed the thing, or touched it. Some write the type into the id again.
fn is_about(event: &Object, kind: &str, id: &str) -> bool {
    let text = |pointer: &str| event.at(pointer).and_then(Value::as_str);
    let is_id = |said: Option<&str>| {
        let said = said.unwrap_or("");
        let below = said.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
        said == id || below == Some(id)
    };
    let touched = event.at("/security/resources_accessed").and_then(Value::as_list);
    let touches = |one: &Value| {
        let says = |name: &str| one.at(name).and_then(Value::as_str);
        says("/type") == Some(kind) && is_id(says("/identifier"))
    };
    (text("/change/resource_type") == Some(kind) && is_id(text("/change/resource_id")))
        || (kind == "file" && text("/action/file/path") == Some(id))
        || (kind == "memory" && text("/action/memory/key") == Some(id))
        || touched.unwrap_or_default().iter().any(touches)
}

/// The members after the last change, as far as the changes tell them.
fn state(seen: &[Seen], kind: &str, id: &str) -> Object {
    let mut members = Object::new();
    let mut last = Value::Null;
    for one in seen {
        if one.event.at("/action/name").and_then(Value::as_str) == Some("delete") {
            members = Object::new();
        }
        for side in ["/change/before", "/change/after"] {
            let side = one.event.at(side).and_then(Value::as_object);
            for (name, value) in side.into_iter().flat_map(Object::iter) {
                members.insert(name, value.clone());
            }
        }
        if one.event.get("change").is_some() {
            last = one.event.get("timestamp").cloned().unwrap_or(Value::Null);
        }
    }
    Object::from([
        ("v", Value::from(1)),
        ("resource", Value::from(format!("{kind}/{id}"))),
        ("changed", last),
        ("members", Value::from(members)),
    ])
}
