//! Events as a reader sees them: found by a filter, opened as far as wanted, told in a line.

use crate::failure::{Exit, Failure};
use crate::narrow;
use crate::place::Place;
use crate::screen::{Column, Row, Screen, Width};
use tacho_event::json::{Object, Value};
use tacho_event::{ActorType, Draft, Filter, Timestamp, Verdict, summary};
use tachograph::Log;
use tachograph::log::{LogEntry, Order, Query};

/// Which events are wanted, on many a command line.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Wanted {
    /// A filter, as in: agent:ops/* status:failure -tool:Read "deploy"
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Only since then: 24h, 7d, today, 2026-11-20, 2026-11-20T10:00
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only until then
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Show what the log itself says, without prompts, commands, outputs and names of people
    #[arg(long)]
    no_content: bool,
}

/// The question, read.
pub(crate) struct Question {
    pub(crate) filter: Option<Filter>,
    pub(crate) opens: bool,
}

impl Wanted {
    pub(crate) fn read(&self, now: Timestamp) -> Result<Question, Failure> {
        let mut text = self.filter.join(" ");
        for (name, time) in [("since", &self.since), ("until", &self.until)] {
            if let Some(time) = time {
                text = format!("({text}) {name}:{time}").replace("() ", "");
            }
        }
        let filter = match text.trim() {
            "" => None,
            text => Some(Filter::parse(text, now).map_err(|problems| misread(text, &problems))?),
        };
        Ok(Question { filter, opens: !self.no_content })
    }
}

/// Every problem of a filter, each below the text with a mark under its place.
fn misread(text: &str, problems: &[tacho_event::filter::Problem]) -> Failure {
    let mut failure = Failure::usage("the filter is not understood").because(text);
    for problem in problems {
        let before = text.get(..problem.span.start).unwrap_or_default().chars().count();
        let marked = text.get(problem.span.clone()).unwrap_or_default().chars().count().max(1);
        let mark = format!("{}{}", " ".repeat(before), "^".repeat(marked));
        failure = failure.because(format!("{mark} {}; {}", problem.what, problem.hint));
    }
    failure.next("`docs/reference/filter.md` has the language and its fields")
}

impl Question {
    /// The entries among which the answers are: what lies at another time is not read.
    pub(crate) fn query<'q>(&self, order: Order, session: Option<&'q str>) -> Query<'q> {
        let (from, until) = self.filter.as_ref().map_or((None, None), narrow::span);
        Query { order, from, until, session, ..Query::default() }
    }

    /// The event as its reader may see it if the question is about it.
    pub(crate) fn answer(&self, log: &Log, entry: LogEntry) -> Result<Option<Seen>, Failure> {
        let verdict = |event: &Object| {
            self.filter.as_ref().map_or(Verdict::Yes, |filter| filter.verdict(event))
        };
        let first = verdict(&entry.leaf);
        if first == Verdict::No || (first == Verdict::Unknown && !self.opens) {
            return Ok(None);
        }
        if !self.opens {
            return Ok(Some(Seen { index: entry.index, event: entry.leaf, revealed: false }));
        }
        let revealed = log.reveal(&entry)?;
        if first == Verdict::Unknown && verdict(&revealed.event) != Verdict::Yes {
            return Ok(None);
        }
        let opened = !revealed.opened.disclosures.is_empty();
        Ok(Some(Seen { index: entry.index, event: revealed.event, revealed: opened }))
    }
}

/// An event that a reader sees.
pub(crate) struct Seen {
    pub(crate) index: u64,
    pub(crate) event: Object,
    /// True if content or identity is among what is seen.
    pub(crate) revealed: bool,
}

/// The columns of a list of events.
pub(crate) const COLUMNS: &[Column] = &[
    Column { title: "time", width: Width::Chars(23) },
    Column { title: "agent", width: Width::Chars(22) },
    Column { title: "what", width: Width::Rest },
    Column { title: "status", width: Width::Chars(8) },
    Column { title: "ms", width: Width::Number(7) },
];

impl Seen {
    pub(crate) fn row(self, screen: &Screen) -> Row {
        let text = |pointer: &str| {
            self.event.at(pointer).and_then(Value::as_str).unwrap_or("-").to_owned()
        };
        let time = self.time().map_or_else(|| "-".to_owned(), |time| screen.zone.show(time));
        let took = self.event.at("/resources/duration_ms").and_then(Value::as_f64);
        let took = took.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
        let room = if screen.is_terminal { screen.width } else { 200 };
        let what = summary::line(&self.event, room);
        let cells = vec![time, text("/agent/id"), what, text("/outcome/status"), took];
        let mut json = self.event;
        json.insert("index", self.index.cast_signed());
        Row { json, cells }
    }

    pub(crate) fn time(&self) -> Option<Timestamp> {
        Timestamp::parse(self.event.str("timestamp")?)
    }
}

/// Records that content was seen: looking is an event.
pub(crate) fn record_look(place: &Place, screen: &mut Screen, what: &str, seen: usize) {
    record_access(place, screen, "reveal", what, seen);
}

/// Records that so many events were revealed, proven or exported. Who may not write is told so.
pub(crate) fn record_access(
    place: &Place,
    screen: &mut Screen,
    operation: &str,
    target: &str,
    events: usize,
) {
    if let Some(why) = place.refusal() {
        screen.note(&format!("sealed: {why}"));
    }
    // Who opened what is sealed has said so before.
    if events == 0 || (operation == "reveal" && place.has_looked()) {
        return;
    }
    if place.read_only {
        screen.note(&format!("note: this {operation} is not recorded: --read-only"));
        return;
    }
    let recorded = place.open().and_then(|store| {
        let draft = Draft::access(operation)
            .with("actor.type", "user")
            .with("actor.id", user().as_str())
            .with("action.access.target", target)
            .with("outcome.status", "success")
            .with("outcome.result.events", events as u64);
        Ok(place.recorder(&store)?.record_as(draft, tachograph::Ack::Os)?)
    });
    if recorded.is_err() {
        screen.note(&format!("note: this {operation} could not be recorded"));
    }
}

/// Records that somebody changed how the store is kept. Who may not write is told so.
pub(crate) fn record_change(place: &Place, screen: &mut Screen, setting: &str, after: &Object) {
    let recorded = place.open().and_then(|store| {
        let draft =
            Draft::admin(setting).actor(ActorType::User, &user()).after(after.clone()).succeeded();
        Ok(place.recorder(&store)?.record_as(draft, tachograph::Ack::Disk)?)
    });
    if recorded.is_err() {
        screen.note("note: this change could not be recorded");
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
pub(crate) fn user() -> String {
    let name = std::env::var("USER").ok().filter(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()))
}

/// The entry that an id, the beginning of one, or an index names.
pub(crate) fn named(log: &Log, name: &str) -> Result<LogEntry, Failure> {
    if let Some(entry) = log.find(name)?.into_iter().next() {
        return Ok(entry);
    }
    if let Some(entry) = name.parse().ok().map(|index| log.get(index)).transpose()?.flatten() {
        return Ok(entry);
    }
    Err(Failure::new(Exit::CannotTell, format!("no event is called `{name}`"))
        .because(format!("the log of `{}` has {} events", log.tenant(), log.size()))
        .next("`tacho events` lists them; an id or an index names one"))
}
