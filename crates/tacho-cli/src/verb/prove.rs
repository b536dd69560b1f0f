//! `tacho prove`: one text that proves an event offline, with tools of others.

use crate::failure::{Exit, Failure, Outcome};
use crate::given;
use crate::place::Place;
use crate::reader::{named, record_access};
use crate::screen::Screen;
use std::path::PathBuf;
use tacho_event::json::{Object, Value};
use tachograph::prove::ProveError;

#[derive(Debug, clap::Args)]
#[command(after_help = "Whoever has the log's public key (`tacho keys export`) checks it with\n\
    tacho-verify proof FILE --leaf FILE.leaf --vkey KEY")]
pub(crate) struct Ask {
    /// The event: its id, or its index in the log
    #[arg(value_name = "ID")]
    id: String,
    /// Write the proof to this new file, and the exact bytes of the leaf to FILE.leaf
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let log = place.log()?;
    let entry = named(&log, &ask.id)?;
    let proof = log.prove(entry.index).map_err(unproven)?;
    let leaf = String::from_utf8_lossy(&proof.leaf);
    if let Some(path) = &ask.output {
        let mut beside = path.clone().into_os_string();
        beside.push(".leaf");
        given::write(path, proof.to_string().as_bytes())?;
        given::write(beside.as_ref(), &proof.leaf)?;
        screen.note(&format!("{}, {}", path.display(), PathBuf::from(beside).display()));
    } else if screen.is_json() {
        screen.json(Object::from([
            ("v", Value::from(1)),
            ("index", Value::from(entry.index)),
            ("leaf", Value::from(&*leaf)),
            ("proof", Value::from(proof.to_string())),
        ]))?;
    } else {
        screen.line(proof.to_string().trim_end_matches('\n'))?;
    }
    record_access(place, screen, "prove", &ask.id, 1);
    Ok(Exit::Yes)
}

pub(crate) fn unproven(error: ProveError) -> Failure {
    match error {
        ProveError::Store(error) => error.into(),
        ProveError::NoCheckpoint | ProveError::NotSigned { .. } => {
            Failure::new(Exit::CannotTell, error.to_string())
                .because("no key of this user has signed it")
                .next("`tacho init` makes keys; who has them brings in and signs with any command")
        }
        error => Failure::new(Exit::CannotTell, error.to_string()),
    }
}
