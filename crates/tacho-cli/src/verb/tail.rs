//! `tacho tail`: events as they are recorded, until somebody ends it.

use crate::failure::{Exit, Outcome};
use crate::place::Place;
use crate::reader::{COLUMNS, Wanted, record_look};
use crate::screen::{Nature, Screen};

#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    wanted: Wanted,
    /// Begin with so many that are there already
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: u64,
    /// End when so many were shown
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// End when nothing came for so many seconds
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
}

/// How long one wait lasts; whoever ended the program meanwhile does not notice.
const WAIT_MICROS: u64 = 1_000_000;

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let question = ask.wanted.read(Place::world().now())?;
    let mut log = place.log()?;
    if question.opens {
        record_look(place, screen, "tail", 1);
        log.refresh()?;
    }
    let mut next = log.size().saturating_sub(ask.limit);
    let (mut shown, mut idle) = (0, 0);
    screen.list(Nature::Stream, COLUMNS, std::iter::empty())?;
    loop {
        while next < log.size() {
            let Some(entry) = log.get(next)? else { break };
            next += 1;
            idle = 0;
            if let Some(seen) = question.answer(&log, entry)? {
                let row = seen.row(screen);
                screen.row(Nature::Stream, COLUMNS, row)?;
                shown += 1;
            }
            if ask.count.is_some_and(|count| shown >= count) {
                return Ok(Exit::Yes);
            }
        }
        screen.flush()?;
        if ask.idle.is_some_and(|seconds| idle >= seconds) {
            return Ok(Exit::Yes);
        }
        if !log.wait(next, WAIT_MICROS)? {
            idle += 1;
        }
    }
}
