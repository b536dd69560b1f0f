//! `tacho show`: one event, whole.

use crate::failure::{Exit, Outcome};
use crate::place::Place;
use crate::reader::{Question, named, record_look};
use crate::screen::Screen;
use tacho_event::json::Value;
use tacho_event::summary;

#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// The event: its id, or its index in the log
    #[arg(value_name = "ID")]
    id: String,
    /// Show what the log itself says, without content and names of people
    #[arg(long)]
    no_content: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let log = place.log()?;
    let entry = named(&log, &ask.id)?;
    let hash = log.leaf_hash(entry.index)?;
    let question = Question { filter: None, opens: !ask.no_content };
    let Some(seen) = question.answer(&log, entry)? else { return Ok(Exit::CannotTell) };
    let (index, revealed) = (seen.index, seen.revealed);
    if screen.is_json() {
        let row = seen.row(screen);
        screen.json(row.json)?;
    } else {
        let title = screen.paint.bold(&summary::line(&seen.event, screen.width));
        screen.line(&title)?;
        if let Some(time) = seen.time() {
            screen.line(&format!("  {:24} {}", "time", screen.zone.exact(time)))?;
        }
        let hash = hash.map(|hash| hash.to_string()).unwrap_or_default();
        screen.line(&format!("  {:24} {index} of {}", "index", log.size()))?;
        screen.line(&format!("  {:24} {hash}", "leaf hash"))?;
        members(screen, "", &Value::from(seen.event))?;
    }
    record_look(place, screen, &ask.id, usize::from(revealed));
    Ok(Exit::Yes)
}

/// A line for each value, called by its path: `action.tool.parameters.command`.
fn members(screen: &mut Screen, path: &str, value: &Value) -> Result<(), crate::failure::Failure> {
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
