//! `tacho show`: one event, whole; and what proves it.

mod proof;

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::{Question, named, record_look};
use crate::screen::Screen;
use tacho_event::json::{Object, Value};
use tacho_event::privacy::Class;
use tacho_event::summary;
use tachograph::Log;
use tachograph::log::LogEntry;
use tachograph::vault::Seen;

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
    let question = Question { filter: None, opens: !ask.no_content };
    let hidden = if ask.no_content { Vec::new() } else { hidden(place, &log, &entry)? };
    let Some(seen) = question.answer(&log, entry)? else { return Ok(Exit::CannotTell) };
    let (index, revealed) = (seen.index, seen.revealed);
    let proven = ask.proof.then(|| proof::prove(place, &log, index)).transpose()?;
    if screen.is_json() {
        let mut json = seen.row(screen).json;
        if !hidden.is_empty() {
            let said = hidden.iter().map(|one| (one.class.as_str(), Value::from(one.word)));
            json.insert("hidden", said.collect::<Object>());
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
        for one in &hidden {
            let told = screen.paint.dim(&format!("  {:24} {}", one.class.as_str(), one.told));
            screen.line(&told)?;
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

/// A class of which something does not show, and why.
struct Hidden {
    class: Class,
    word: &'static str,
    told: String,
}

fn hidden(place: &Place, log: &Log, entry: &LogEntry) -> Result<Vec<Hidden>, Failure> {
    let opened = log.reveal(entry)?.opened;
    let seen = log.seen(entry, &opened)?.into_iter();
    let told = |(class, seen)| {
        let (word, told) = match seen {
            Seen::Shown => return None,
            Seen::Sealed => {
                let why = place.refusal().map_or_else(
                    || "the keys at hand do not open it".to_owned(),
                    |why| why.to_string(),
                );
                ("sealed", format!("sealed: {why}"))
            }
            Seen::Erased(ticket) => {
                let ticket: String = ticket.iter().map(|byte| format!("{byte:02x}")).collect();
                ("erased", format!("erased under ticket {ticket}; the proof of its leaf holds"))
            }
            Seen::Gone => ("gone", "gone: `tacho verify` tells whether it expired".to_owned()),
        };
        Some(Hidden { class, word, told })
    };
    Ok(seen.filter_map(told).collect())
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
