//! Given leaves that will go, gives what they came to: totals by agent, action and day.
//!
//! ```text
//! totals/<first leaf, 20 digits>-<end, 20 digits>.jsonl     canonical JSON, a line each:
//!   {"end":131072,"events":..,"first":65536,"from":"..","open":["9f..",..],"sessions":..,
//!    "until":"..","v":1}
//!   {"action":"tool","agent":"ops/release-manager","calls":7,"cost_usd":0.25,"day":20777,
//!    "duration_count":7,"duration_ms":81.5,"ended":7,"events":7,"name":"Bash",
//!    "status":{"failure":1,"success":6},"tokens":[1200,340,1540]}
//! ```
//!
//! The first line says of which leaves; then a row for each agent, action, name, provider and day
//! of the events' own time. `open` are the calls whose result had not come: the next file, or the
//! live log, may bring it. All of it is made of leaves, which name nobody; a `tacho.prune` leaf
//! states the root over these files, so they are evidence as the leaves were.

use std::collections::{BTreeMap, HashSet};

use tacho_event::json::{self, Object, Value};
use tacho_event::{Phase, Timestamp};
use tacho_tree::{Frontier, Hash, leaf_hash};

use crate::error::{Doing, Error};
use crate::files::grow::{list_if_there, remove_if_there};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{TOTALS_BYTES_MAX, TOTALS_OPEN_MAX, TOTALS_ROWS_MAX};
use crate::log::call::{action, duration_ms, phase, resource, status, time};
use crate::log::tally::{call_key, session_key};
use crate::tenant::TenantPlaces;

/// Where agents and names beyond the bound are counted, and those that say none.
const OTHER: &str = "other";

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The day, days since 1970-01-01 UTC, of the events' own time.
    pub day: i64,
    /// The agent.
    pub agent: String,
    /// `action.type`.
    pub action: String,
    /// `action.name`.
    pub name: String,
    /// The provider; empty for none.
    pub provider: String,
}

/// What the events of one key came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Events.
    pub events: u64,
    /// Calls that were told of first on that day.
    pub calls: u64,
    /// Calls that ended on that day.
    pub ended: u64,
    /// Those that ended, by status.
    pub status: BTreeMap<String, u64>,
    /// Durations that were told, and their sum in milliseconds.
    pub durations: (u64, f64),
    /// Input, output and all tokens.
    pub tokens: [u64; 3],
    /// Estimated costs in US dollars.
    pub cost_usd: f64,
}

/// The totals of some leaves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// The first of the leaves.
    pub first: u64,
    /// One past the last.
    pub end: u64,
    /// Events.
    pub events: u64,
    /// Sessions that occur in them.
    pub sessions: u64,
    /// The earliest and the latest event.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Calls whose result had not come.
    pub open: Vec<u64>,
    /// The rows.
    pub rows: BTreeMap<Key, Row>,
}

/// Totals while leaves come in.
#[derive(Debug)]
pub(super) struct Counting {
    totals: Totals,
    open: HashSet<u64>,
    ended: HashSet<u64>,
    sessions: HashSet<u64>,
}

impl Counting {
    /// Counts leaves from `first` on, behind totals that left these calls open.
    pub(super) fn new(first: u64, open: &[u64]) -> Self {
        Self {
            totals: Totals { first, end: first, ..Totals::default() },
            open: open.iter().copied().collect(),
            ended: HashSet::new(),
            sessions: HashSet::new(),
        }
    }

    /// Takes in the next leaf.
    pub(super) fn push(&mut self, leaf: &Object) {
        let Self { totals, open, ended, sessions } = self;
        totals.end += 1;
        totals.events += 1;
        let at = time(leaf);
        if let Some(at) = at {
            let (first, last) = totals.span.unwrap_or((at, at));
            totals.span = Some((first.min(at), last.max(at)));
        }
        sessions.extend(session_key(leaf));
        let row = row(&mut totals.rows, leaf, at);
        row.events += 1;
        let is_intent = phase(leaf) == Some(Phase::Intent);
        let (is_new, ends) = match call_key(leaf) {
            None => (true, !is_intent),
            Some(key) if ended.contains(&key) => (false, false),
            Some(key) => {
                let is_new = !open.contains(&key);
                if is_intent {
                    open.insert(key);
                } else {
                    open.remove(&key);
                    ended.insert(key);
                }
                (is_new, !is_intent)
            }
        };
        row.calls += u64::from(is_new);
        if ends {
            row.end(leaf);
        }
    }

    /// No more leaves.
    pub(super) fn end(self) -> Totals {
        let mut totals = self.totals;
        totals.sessions = self.sessions.len() as u64;
        totals.open = self.open.into_iter().collect();
        totals.open.sort_unstable();
        totals.open.truncate(TOTALS_OPEN_MAX);
        totals
    }
}

fn row<'r>(rows: &'r mut BTreeMap<Key, Row>, leaf: &Object, at: Option<Timestamp>) -> &'r mut Row {
    let agent = leaf.object("agent").and_then(|agent| agent.str("id")).unwrap_or(OTHER);
    let provider = leaf.at("/action/provider/name").and_then(Value::as_str).unwrap_or("");
    let mut key = Key {
        day: at.map_or(0, Timestamp::day),
        agent: agent.to_owned(),
        action: action(leaf, "type").unwrap_or(OTHER).to_owned(),
        name: action(leaf, "name").unwrap_or(OTHER).to_owned(),
        provider: provider.to_owned(),
    };
    if rows.len() >= TOTALS_ROWS_MAX && !rows.contains_key(&key) {
        OTHER.clone_into(&mut key.agent);
        OTHER.clone_into(&mut key.name);
    }
    rows.entry(key).or_default()
}

impl Row {
    fn end(&mut self, leaf: &Object) {
        self.ended += 1;
        if let Some(status) = status(leaf) {
            *self.status.entry(status.as_str().to_owned()).or_default() += 1;
        }
        if let Some(ms) = duration_ms(leaf) {
            self.durations = (self.durations.0 + 1, self.durations.1 + ms);
        }
        // Counts are whole and not negative: a leaf shows no others.
        let count = |name| resource(leaf, name).unwrap_or(0.0) as u64;
        let (input, output) = (count("tokens_input"), count("tokens_output"));
        let all = count("tokens_total").max(input.saturating_add(output));
        for (sum, tokens) in self.tokens.iter_mut().zip([input, output, all]) {
            *sum = sum.saturating_add(tokens);
        }
        self.cost_usd += resource(leaf, "cost_usd").unwrap_or(0.0);
    }

    fn to_json(&self, key: &Key) -> Value {
        let mut row = Object::from([
            ("action", Value::from(key.action.as_str())),
            ("agent", key.agent.as_str().into()),
            ("calls", self.calls.into()),
            ("cost_usd", self.cost_usd.into()),
            ("day", key.day.into()),
            ("duration_count", self.durations.0.into()),
            ("duration_ms", self.durations.1.into()),
            ("ended", self.ended.into()),
            ("events", self.events.into()),
            ("name", key.name.as_str().into()),
            ("tokens", Value::List(self.tokens.iter().map(|count| Value::from(*count)).collect())),
        ]);
        if !key.provider.is_empty() {
            row.insert("provider", key.provider.as_str());
        }
        let mut status = Object::new();
        for (word, count) in &self.status {
            status.insert(word.as_str(), *count);
        }
        row.insert("status", Value::from(status));
        row.into()
    }

    fn from_json(object: &Object) -> Option<(Key, Row)> {
        let count = |name: &str| whole(object.get(name)?);
        let tokens: Option<Vec<u64>> = object.get("tokens")?.as_list()?.iter().map(whole).collect();
        let status = object.object("status")?.iter();
        let status = status.map(|(word, count)| Some((word.to_owned(), whole(count)?)));
        let key = Key {
            day: object.get("day")?.as_i64()?,
            agent: object.str("agent")?.to_owned(),
            action: object.str("action")?.to_owned(),
            name: object.str("name")?.to_owned(),
            provider: object.str("provider").unwrap_or_default().to_owned(),
        };
        let row = Row {
            events: count("events")?,
            calls: count("calls")?,
            ended: count("ended")?,
            status: status.collect::<Option<_>>()?,
            durations: (count("duration_count")?, object.get("duration_ms")?.as_f64()?),
            tokens: tokens?.try_into().ok()?,
            cost_usd: object.get("cost_usd")?.as_f64()?,
        };
        Some((key, row))
    }
}

fn whole(value: &Value) -> Option<u64> {
    u64::try_from(value.as_i64()?).ok()
}

impl Totals {
    fn encode(&self) -> Vec<u8> {
        let open = self.open.iter().map(|key| Value::from(format!("{key:016x}").as_str()));
        let mut head = Object::from([
            ("end", Value::from(self.end)),
            ("events", self.events.into()),
            ("first", self.first.into()),
            ("open", Value::List(open.collect())),
            ("sessions", self.sessions.into()),
            ("v", 1.into()),
        ]);
        if let Some((from, until)) = self.span {
            head.insert("from", from.to_string());
            head.insert("until", until.to_string());
        }
        let rows = self.rows.iter().map(|(key, row)| row.to_json(key));
        let lines = std::iter::once(Value::from(head)).chain(rows);
        lines.flat_map(|line| format!("{}\n", line.to_json()).into_bytes()).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.strip_suffix(b"\n")?.split(|byte| *byte == b'\n').map(|line| {
            let value = json::read(line).ok()?;
            value.as_object().cloned()
        });
        let head = lines.next()??;
        let count = |name: &str| whole(head.get(name)?);
        let key = |value: &Value| u64::from_str_radix(value.as_str()?, 16).ok();
        let time = |name: &str| head.str(name).and_then(Timestamp::parse);
        let row = |line: Option<Object>| Row::from_json(&line?);
        Some(Self {
            first: count("first")?,
            end: count("end")?,
            events: count("events")?,
            sessions: count("sessions")?,
            span: time("from").zip(time("until")),
            open: head.get("open")?.as_list()?.iter().map(key).collect::<Option<_>>()?,
            rows: lines.map(row).collect::<Option<_>>()?,
        })
    }
}

/// The totals of a tenant's pruned leaves, in the order of the leaves, with the root over their
/// files.
///
/// # Errors
/// What reading said, or that a file is none of ours.
pub(crate) fn read(
    files: &dyn Files,
    places: &TenantPlaces,
    minimum: u64,
) -> Result<(Vec<Totals>, Hash), Error> {
    let mut all = Vec::new();
    let mut root = Frontier::new();
    for (first, end) in ranges(files, places)?.into_iter().filter(|(_, end)| *end <= minimum) {
        let path = places.totals_file(first, end);
        let bytes = read_small(files, &path, TOTALS_BYTES_MAX).doing("read", &path)?;
        let totals = Totals::decode(&bytes).filter(|one| (one.first, one.end) == (first, end));
        let expected = all.last().map_or(0, |before: &Totals| before.end);
        let totals = totals.filter(|one| one.first == expected);
        all.push(totals.ok_or(Error::Damaged { path, what: "it is no file of totals" })?);
        root.extend([leaf_hash(&bytes)]);
    }
    Ok((all, root.root()))
}

/// Writes totals, durably; those that a crash left of the same leaves go.
pub(super) fn write(
    files: &dyn Files,
    places: &TenantPlaces,
    totals: &Totals,
) -> Result<(), Error> {
    let dir = places.totals();
    files.create_dir(&dir).doing("create", &dir)?;
    files.sync_dir(places.dir(), Point::TotalsDirSync).doing("sync", places.dir())?;
    for (first, end) in ranges(files, places)? {
        if end > totals.first {
            remove_if_there(files, &places.totals_file(first, end))?;
        }
    }
    let steps = Steps {
        sync: Point::TotalsSync,
        rename: Point::TotalsRename,
        dir: Some(Point::TotalsDirSync),
    };
    replace(files, &places.totals_file(totals.first, totals.end), &totals.encode(), steps)
}

/// The leaves of every file of totals, in order.
fn ranges(files: &dyn Files, places: &TenantPlaces) -> Result<Vec<(u64, u64)>, Error> {
    let range = |name: &String| {
        let (first, end) = name.strip_suffix(".jsonl")?.split_once('-')?;
        let range = (first.parse().ok()?, end.parse().ok()?);
        let path = places.totals_file(range.0, range.1);
        (path.file_name()?.to_str()? == name && range.0 < range.1).then_some(range)
    };
    let mut ranges: Vec<_> =
        list_if_there(files, &places.totals())?.iter().filter_map(range).collect();
    ranges.sort_unstable();
    Ok(ranges)
}

#[cfg(test)]
mod tests;
