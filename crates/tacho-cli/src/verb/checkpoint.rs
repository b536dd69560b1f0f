//! `tacho checkpoint`: the signed notes of a log, to be kept where nobody can reach them.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::screen::{Column, Nature, Row, Screen, Width};
use tacho_event::json::{Object, Value};
use tachograph::sign::{Demand, kept};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// Print the latest signed note, as a file to keep elsewhere
    Show,
    /// List the notes that were kept
    Ls,
    /// Sign what there is now, keep the note, and print it
    Publish,
}

const NOTES: &[Column] = &[
    Column { title: "time", width: Width::Chars(23) },
    Column { title: "size", width: Width::Number(12) },
    Column { title: "root", width: Width::Rest },
];

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let log = match ask {
        Ask::Publish => {
            let store = place.open()?;
            place.bring_in(&store, Demand::Keep)?;
            place.log()?
        }
        Ask::Show | Ask::Ls => place.log()?,
    };
    if matches!(ask, Ask::Ls) {
        return ls(place, screen, &log);
    }
    let Some(note) = log.checkpoint()? else {
        return Err(Failure::new(Exit::CannotTell, "nothing is signed yet")
            .because("no key signs this log, or nothing was recorded")
            .next("`tacho init` makes keys, `tacho keys ls` shows them"));
    };
    // The note's own bytes: what is kept elsewhere is compared with them.
    let text = note.to_string();
    screen.line(text.trim_end_matches('\n'))?;
    Ok(Exit::Yes)
}

fn ls(place: &Place, screen: &mut Screen, log: &tachograph::Log) -> Outcome {
    let kept = kept(place.open()?.files().as_ref(), log.places())?;
    let rows: Vec<_> = kept
        .into_iter()
        .rev()
        .map(|kept| {
            let text = kept.note.to_string();
            // origin, size, root: the first three lines of a checkpoint.
            let mut lines = text.lines().skip(1);
            let (size, root) = (lines.next().unwrap_or("-"), lines.next().unwrap_or("-"));
            let json = Object::from([
                ("v", Value::from(1)),
                ("time", Value::from(kept.time.to_string().as_str())),
                ("size", Value::from(size.parse().unwrap_or(0_i64))),
                ("root", Value::from(root)),
                ("note", Value::from(text.as_str())),
            ]);
            let cells = vec![screen.zone.show(kept.time), size.to_owned(), root.to_owned()];
            Ok(Row { json, cells })
        })
        .collect();
    screen.list(Nature::List, NOTES, rows.into_iter())?;
    Ok(Exit::Yes)
}
