//! `tacho log`: records an event that a person or a script tells.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::Screen;
use std::io::Read;
use tacho_event::json::{self, Object, Value};
use tacho_event::{ActionType, Draft};

#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// What kind of action it was: tool, decision, message, ...
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The agent that acted
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// The session it belongs to
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// How it ended: success, failure, denied, ...
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Members of the event as a JSON object: a text, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let Some(kind) = ActionType::parse(&ask.kind) else {
        let kinds: Vec<&str> = ActionType::ALL.iter().map(|kind| kind.as_str()).collect();
        return Err(Failure::usage(format!("`{}` is no type of action", ask.kind))
            .next(format!("one of {}", kinds.join(", "))));
    };
    let mut draft = Draft::from_object(data(ask.data.as_deref())?);
    draft.set("action.type", kind.as_str());
    draft.set("action.name", ask.name.as_str());
    let given = [
        ("agent.id", &ask.agent),
        ("agent.session_id", &ask.session),
        ("outcome.status", &ask.status),
    ];
    for (member, value) in given {
        if let Some(value) = value {
            draft.set(member, value.as_str());
        }
    }
    let store = place.create()?;
    let receipt = place.recorder(&store)?.record(draft)?;
    let hash = receipt.leaf_hash.map(|hash| hash.to_string()).unwrap_or_default();
    if screen.is_json() {
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("id", Value::from(receipt.id.as_str())),
            ("tenant", Value::from(receipt.tenant.as_str())),
            ("leaf_hash", Value::from(hash.as_str())),
        ]))?;
    } else {
        screen.line(receipt.id.as_str())?;
        screen.note(&format!("recorded, leaf {hash}"));
    }
    Ok(Exit::Yes)
}

fn data(given: Option<&str>) -> Result<Object, Failure> {
    let unreadable = |what: &str, error: std::io::Error| {
        Failure::new(Exit::CannotTell, format!("cannot read {what}: {error}"))
    };
    let bytes = match given {
        None => return Ok(Object::new()),
        Some("-") => {
            let mut bytes = Vec::new();
            let max = tacho_event::limits::EVENT_BYTES_MAX as u64 + 1;
            let mut input = std::io::stdin().take(max);
            input.read_to_end(&mut bytes).map_err(|error| unreadable("standard input", error))?;
            bytes
        }
        Some(text) => match text.strip_prefix('@') {
            Some(path) => read_file(path).map_err(|error| unreadable(path, error))?,
            None => text.as_bytes().to_vec(),
        },
    };
    match json::read(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Failure::usage(format!("--data is no object but {}", other.kind()))),
        Err(error) => Err(Failure::usage("--data is no JSON").because(error.to_string())),
    }
}

#[expect(clippy::disallowed_methods, reason = "the person names a file to read")]
fn read_file(path: &str) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
}
