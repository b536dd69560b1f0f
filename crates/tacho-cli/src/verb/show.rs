//! `tacho show`: one event, whole; and what proves it.

mod proof;

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::{Question, named, record_look};
use crate::screen::Screen;
use tacho_event::json::{Object, Value};
use tacho_event::summary;
use tachograph::Log;
use tachograph::log::LogEntry;
use tachograph::vault::{Item, items};

#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// The event: its id, or its index in the log
    #[arg(value_name = "ID")]
    id: String,
    /// Show what the log itself says, without content and names of people
    #[arg(long)]
    no_content: bool,
    /// Prove it, and say what the proof rests on
    #[arg(long)]
    proof: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let log = place.log()?;
    let entry = named(&log, &ask.id)?;
    let hash = log.leaf_hash(entry.index)?;
    let gone = tombs(&log, &entry)?;
    let question = Question { filter: None, opens: !ask.no_content };
    let Some(seen) = question.answer(&log, entry)? else { return Ok(Exit::CannotTell) };
    let (index, revealed) = (seen.index, seen.revealed);
    let proven = ask.proof.then(|| proof::prove(place, &log, index)).transpose()?;
    if screen.is_json() {
        let mut json = seen.row(screen).json;
        if !gone.is_empty() {
            json.insert("erased", gone.iter().map(|tomb| tomb.json()).collect::<Vec<_>>());
        }
        if let Some(proven) = &proven {
            json.insert("proof", proven.json());
        }
        screen.json(json)?;
    } else {
        screen.page();
        let title = screen.paint.bold(&summary::line(&seen.event, screen.width));
        screen.line(&title)?;
        if let Some(time) = seen.time() {
            screen.line(&format!("  {:24} {}", "time", screen.zone.exact(time)))?;
        }
        let hash = hash.map(|hash| hash.to_string()).unwrap_or_default();
        screen.line(&format!("  {:24} {index} of {}", "index", log.size()))?;
        screen.line(&format!("  {:24} {hash}", "leaf hash"))?;
        members(screen, "", &Value::from(seen.event))?;
        for tomb in &gone {
            let text = screen.paint.odd(&tomb.told());
            screen.line(&format!("  {:24} {text}", tomb.class))?;
        }
        if let Some(proven) = &proven {
            proven.show(screen)?;
        }
    }
    record_look(place, screen, &ask.id, usize::from(revealed));
    if let Some(proven) = &proven {
        crate::reader::record_access(place, screen, "prove", &ask.id, 1);
        return Ok(proven.exit());
    }
    Ok(Exit::Yes)
}

/// What stands where a part was.
struct Gone {
    class: &'static str,
    why: &'static str,
    ticket: String,
}

fn tombs(log: &Log, entry: &LogEntry) -> Result<Vec<Gone>, Failure> {
    let parts = log.parts(entry)?;
    let mut gone = Vec::new();
    for item in items(&parts) {
        if let Ok(Item::Tomb(tomb)) = item {
            let why = match tomb.reason {
                1 => "expired",
                2 => "erased: all of a person",
                _ => "erased on order",
            };
            let ticket = tomb.ticket.iter().map(|byte| format!("{byte:02x}")).collect();
            gone.push(Gone { class: tomb.class.as_str(), why, ticket });
        }
    }
    Ok(gone)
}

impl Gone {
    /// `erased on order, ticket 0f3a...; its digests stay provable`
    fn told(&self) -> String {
        format!("{}, ticket {}; its digests stay provable", self.why, self.ticket)
    }

    fn json(&self) -> Value {
        Object::from([
            ("class", Value::from(self.class)),
            ("why", Value::from(self.why)),
            ("ticket", Value::from(self.ticket.as_str())),
        ])
        .into()
    }
}

/// A line for each value, called by its path: `action.tool.parameters.command`.
fn members(screen: &mut Screen, path: &str, value: &Value) -> Result<(), Failure> {
    match value {
        Value::Object(members_of) => {
            for (name, value) in members_of.iter() {
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                members(screen, &path, value)?;
            }
            Ok(())
        }
        Value::Text(text) => {
            let shown: Vec<_> = text.lines().map(|line| screen.shown(line).into_owned()).collect();
            let indented = shown.join(&format!("\n  {:24} ", ""));
            screen.line(&format!("  {:24} {indented}", screen.shown(path)))
        }
        other => {
            let shown = other.to_json();
            screen.line(&format!("  {:24} {}", screen.shown(path), screen.shown(&shown)))
        }
    }
}
