//! `tacho events`: what was recorded, the newest first.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::{COLUMNS, Seen, Wanted, record_look};
use crate::screen::{Nature, Screen};
use tachograph::log::Order;

#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    wanted: Wanted,
    /// At most so many; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// The oldest first
    #[arg(long)]
    oldest: bool,
    /// Only this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Exit with 1 if any event is found
    #[arg(long)]
    fail_if_any: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let question = ask.wanted.read(Place::world().now())?;
    let log = place.log()?;
    let order = if ask.oldest { Order::Oldest } else { Order::Newest };
    let query = question.query(order, ask.session.as_deref());
    let mut revealed = 0;
    let limit = if ask.limit == 0 { usize::MAX } else { ask.limit };
    let mut found: Vec<Result<Seen, Failure>> = Vec::new();
    for entry in log.query(query)? {
        if found.len() == limit {
            break;
        }
        if let Some(seen) = question.answer(&log, entry?)? {
            revealed += usize::from(seen.revealed);
            found.push(Ok(seen));
        }
    }
    screen.page();
    let rows: Vec<_> = found.into_iter().map(|seen| Ok(seen?.row(screen))).collect();
    let count = screen.list(Nature::Stream, COLUMNS, rows.into_iter())?;
    if count == 0 {
        screen.note("no event is like that");
    }
    if count == limit {
        screen.note(&format!("the first {count}; -n 0 shows all"));
    }
    record_look(place, screen, "events", revealed);
    Ok(if ask.fail_if_any && count > 0 { Exit::No } else { Exit::Yes })
}
