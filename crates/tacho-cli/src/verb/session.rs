//! `tacho session`: the runs of agents, and what happened in one.

mod story;

use crate::failure::{Exit, Failure, Outcome};
use crate::place::Place;
use crate::reader::{COLUMNS, Question, record_look};
use crate::screen::{Column, Nature, Row, Screen, Width};
use std::collections::HashMap;
use tacho_event::json::{Object, Value};
use tachograph::log::{Order, Query};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Ask {
    /// List sessions, the latest first
    Ls(Ls),
    /// What happened in a session, from its beginning
    Show(Show),
    /// Tell a session as it went: times from its beginning, decisions, what went wrong
    Replay(story::Replay),
    /// Write a session for somebody else to read
    Export(story::Export),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// At most so many; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The session's id
    #[arg(value_name = "ID")]
    id: String,
    /// Show what the log itself says, without content and names of people
    #[arg(long)]
    no_content: bool,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    match ask {
        Ask::Ls(ask) => ls(place, screen, &ask),
        Ask::Show(ask) => show(place, screen, &ask),
        Ask::Replay(ask) => story::replay(place, screen, &ask),
        Ask::Export(ask) => story::export(place, screen, &ask),
    }
}

/// What is told of a session.
#[derive(Default)]
struct Run {
    agent: String,
    first: String,
    last: String,
    events: u64,
    failures: u64,
}

const RUNS: &[Column] = &[
    Column { title: "session", width: Width::Rest },
    Column { title: "agent", width: Width::Chars(24) },
    Column { title: "last", width: Width::Chars(23) },
    Column { title: "events", width: Width::Number(7) },
    Column { title: "failed", width: Width::Number(7) },
];

fn ls(place: &Place, screen: &mut Screen, ask: &Ls) -> Outcome {
    let log = place.log()?;
    let limit = if ask.limit == 0 { usize::MAX } else { ask.limit };
    let mut order: Vec<String> = Vec::new();
    let mut runs: HashMap<String, Run> = HashMap::new();
    for entry in log.query(Query { order: Order::Newest, ..Query::default() })? {
        let leaf = entry?.leaf;
        let text = |pointer| leaf.at(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        let Some(id) = leaf.at("/agent/session_id").and_then(Value::as_str) else { continue };
        if !runs.contains_key(id) {
            if order.len() == limit {
                continue;
            }
            order.push(id.to_owned());
            let run = Run { agent: text("/agent/id"), last: text("/timestamp"), ..Run::default() };
            runs.insert(id.to_owned(), run);
        }
        if let Some(run) = runs.get_mut(id) {
            run.first = text("/timestamp");
            run.events += 1;
            run.failures += u64::from(text("/outcome/status") == "failure");
        }
    }
    screen.page();
    let rows: Vec<_> = order
        .into_iter()
        .filter_map(|id| runs.remove(&id).map(|run| Ok(run.row(id, screen))))
        .collect();
    if screen.list(Nature::List, RUNS, rows.into_iter())? == 0 {
        screen.note("no session yet: `tacho install claude-code` has an agent record its own");
    }
    Ok(Exit::Yes)
}

impl Run {
    fn row(self, id: String, screen: &Screen) -> Row {
        let last = tacho_event::Timestamp::parse(&self.last);
        let last = last.map_or_else(|| self.last.clone(), |last| screen.zone.show(last));
        let json = Object::from([
            ("v", Value::from(1)),
            ("session_id", Value::from(id.as_str())),
            ("agent_id", Value::from(self.agent.as_str())),
            ("first", Value::from(self.first.as_str())),
            ("last", Value::from(self.last.as_str())),
            ("events", Value::from(self.events.cast_signed())),
            ("failures", Value::from(self.failures.cast_signed())),
        ]);
        let counts = [self.events.to_string(), self.failures.to_string()];
        let [events, failures] = counts;
        Row { json, cells: vec![id, self.agent, last, events, failures] }
    }
}

fn show(place: &Place, screen: &mut Screen, ask: &Show) -> Outcome {
    let log = place.log()?;
    let question = Question { filter: None, opens: !ask.no_content };
    let query = Query { order: Order::Oldest, session: Some(&ask.id), ..Query::default() };
    let mut rows = Vec::new();
    let mut revealed = 0;
    for entry in log.query(query)? {
        if let Some(seen) = question.answer(&log, entry?)? {
            revealed += usize::from(seen.revealed);
            rows.push(Ok(seen.row(screen)));
        }
    }
    if rows.is_empty() {
        return Err(Failure::new(Exit::CannotTell, format!("no session is called `{}`", ask.id))
            .next("`tacho session ls` lists them"));
    }
    screen.page();
    screen.list(Nature::Stream, COLUMNS, rows.into_iter())?;
    record_look(place, screen, &ask.id, revealed);
    Ok(Exit::Yes)
}
