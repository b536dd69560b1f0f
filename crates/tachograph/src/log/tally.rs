//! Given entries, counts them as calls: how many, of what kind, how they ended, how long they took.
//!
//! One pass, bounded memory. An intent counts as pending until its result comes; so a tally of a
//! log that is read from its oldest entry on is exact, as long as no more than
//! [`OPEN_CALLS_MAX`] calls are open at once.

use std::collections::{BTreeMap, HashMap};

use tacho_event::json::Object;
use tacho_event::{Phase, Status, Timestamp};

use super::call::{action, duration_ms, phase, resource, status, time};
use super::{Log, Order, Query};
use crate::error::Error;
use crate::limits::{OPEN_CALLS_MAX, TALLY_NAMES_MAX};
use crate::retain::{TotalsKey, TotalsRow};

/// Where names beyond the bound are counted.
const OTHER: &str = "other";

/// How many calls, and of what kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Entries that were counted.
    pub events: u64,
    /// Calls: an intent and its result are one.
    pub calls: u64,
    /// Calls by `action.type`.
    pub by_type: BTreeMap<String, u64>,
    /// Calls by `action.name`: the operation, as in `STORE` or `crm_create`.
    pub by_name: BTreeMap<String, u64>,
    /// Calls by provider.
    pub by_provider: BTreeMap<String, u64>,
    /// Calls by status; those that name none are not here.
    pub by_status: BTreeMap<String, u64>,
    /// Calls by user, where identities were revealed.
    pub by_user: BTreeMap<String, UserTally>,
    /// Calls by session.
    pub sessions: u64,
    /// Input and output tokens.
    pub tokens: (u64, u64),
    /// All tokens: what a source counts together, else input and output.
    pub tokens_total: u64,
    /// Estimated costs in US dollars.
    pub cost_usd: f64,
    /// The earliest and the latest event.
    pub span: Option<(Timestamp, Timestamp)>,
    durations: Durations,
    open: HashMap<u64, Open>,
    seen_sessions: HashMap<u64, ()>,
}

/// What one user did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserTally {
    /// Calls.
    pub calls: u64,
    /// When the last one was.
    pub last: Option<Timestamp>,
    /// Calls by name.
    pub by_name: BTreeMap<String, u64>,
}

impl UserTally {
    /// The name that occurs most, the first of several by alphabet.
    pub fn most_common(&self) -> Option<&str> {
        let best = self.by_name.iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a)));
        best.map(|(name, _)| name.as_str())
    }
}

/// Durations that were told, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Durations {
    count: u64,
    sum_ms: f64,
}

/// A call that may be told of again.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    Pending,
    Ended,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls that worked.
    pub fn successes(&self) -> u64 {
        self.of_status(Status::Success)
    }

    /// Calls that failed, timed out or were not allowed.
    pub fn failures(&self) -> u64 {
        let failed = [Status::Failure, Status::Timeout, Status::Denied];
        failed.into_iter().map(|status| self.of_status(status)).sum()
    }

    /// Calls with a status.
    pub fn of_status(&self, status: Status) -> u64 {
        self.by_status.get(status.as_str()).copied().unwrap_or(0)
    }

    /// Successes among the calls that ended; none if none did.
    pub fn success_rate(&self) -> Option<f64> {
        let pending = self.of_status(Status::Pending);
        let ended: u64 = self.by_status.values().sum::<u64>() - pending;
        (ended > 0).then(|| self.successes() as f64 / ended as f64)
    }

    /// The average of the durations that were told, in milliseconds.
    pub fn average_duration_ms(&self) -> Option<f64> {
        let Durations { count, sum_ms } = self.durations;
        (count > 0).then(|| sum_ms / count as f64)
    }

    /// Counts an entry; `user` is the person it is about, where that may be known.
    pub fn add(&mut self, leaf: &Object, user: Option<&str>) {
        self.events += 1;
        self.note_time(leaf);
        let intent = phase(leaf) == Some(Phase::Intent);
        let before = match call_key(leaf) {
            None => None,
            Some(key) => {
                if self.open.len() >= OPEN_CALLS_MAX {
                    self.open.clear();
                }
                let now = if intent { Open::Pending } else { Open::Ended };
                let before = self.open.get(&key).copied();
                if before != Some(Open::Ended) {
                    self.open.insert(key, now);
                }
                before
            }
        };
        match before {
            None => self.count_call(leaf, intent, user),
            Some(Open::Pending) if !intent => {
                self.uncount_pending();
                self.count_end(leaf);
            }
            // Told again: nothing new.
            Some(_) => {}
        }
    }

    /// Counts what leaves that were pruned came to.
    pub(crate) fn absorb(&mut self, key: &TotalsKey, row: &TotalsRow) {
        self.events += row.events;
        self.calls += row.calls;
        count_many(&mut self.by_type, &key.action, row.calls);
        count_many(&mut self.by_name, &key.name, row.calls);
        if !key.provider.is_empty() {
            count_many(&mut self.by_provider, &key.provider, row.calls);
        }
        for (status, calls) in &row.status {
            count_many(&mut self.by_status, status, *calls);
        }
        self.durations.count += row.durations.0;
        self.durations.sum_ms += row.durations.1;
        let [input, output, all] = row.tokens;
        self.tokens.0 = self.tokens.0.saturating_add(input);
        self.tokens.1 = self.tokens.1.saturating_add(output);
        self.tokens_total = self.tokens_total.saturating_add(all);
        self.cost_usd += row.cost_usd;
    }

    /// Counts calls among them that had not ended.
    pub(crate) fn absorb_pending(&mut self, calls: u64) {
        count_many(&mut self.by_status, Status::Pending.as_str(), calls);
    }

    /// Expects the results of calls that were counted.
    pub(crate) fn expect(&mut self, calls: &[u64]) {
        self.open.extend(calls.iter().map(|key| (*key, Open::Pending)));
    }

    /// Counts the sessions and the time of leaves that were pruned.
    pub(crate) fn absorb_span(&mut self, sessions: u64, span: Option<(Timestamp, Timestamp)>) {
        self.sessions += sessions;
        self.span = match (self.span, span) {
            (Some(own), Some(other)) => Some((own.0.min(other.0), own.1.max(other.1))),
            (own, other) => own.or(other),
        };
    }

    fn count_call(&mut self, leaf: &Object, intent: bool, user: Option<&str>) {
        self.calls += 1;
        let name = action(leaf, "name").unwrap_or(OTHER);
        count(&mut self.by_type, action(leaf, "type").unwrap_or(OTHER));
        count(&mut self.by_name, name);
        let provider = leaf.at("/action/provider/name").and_then(|name| name.as_str());
        if let Some(provider) = provider {
            count(&mut self.by_provider, provider);
        }
        if let Some(key) = session_key(leaf) {
            let known = self.seen_sessions.len() < OPEN_CALLS_MAX;
            if known && self.seen_sessions.insert(key, ()).is_none() {
                self.sessions += 1;
            }
        }
        if let Some(user) = user {
            self.count_user(user, name, time(leaf));
        }
        if intent {
            count(&mut self.by_status, Status::Pending.as_str());
        } else {
            self.count_end(leaf);
        }
    }

    fn count_end(&mut self, leaf: &Object) {
        self.note_resources(leaf);
        if let Some(status) = status(leaf) {
            count(&mut self.by_status, status.as_str());
        }
        if let Some(ms) = duration_ms(leaf) {
            self.durations.count += 1;
            self.durations.sum_ms += ms;
        }
    }

    fn uncount_pending(&mut self) {
        let pending = Status::Pending.as_str();
        if let Some(count) = self.by_status.get_mut(pending) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_status.remove(pending);
            }
        }
    }

    fn count_user(&mut self, user: &str, name: &str, time: Option<Timestamp>) {
        let known = self.by_user.contains_key(user) || self.by_user.len() < TALLY_NAMES_MAX;
        let user = self.by_user.entry(if known { user } else { OTHER }.to_owned()).or_default();
        user.calls += 1;
        user.last = user.last.max(time);
        count(&mut user.by_name, name);
    }

    fn note_time(&mut self, leaf: &Object) {
        let Some(time) = time(leaf) else { return };
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    fn note_resources(&mut self, leaf: &Object) {
        // Counts are whole and not negative: a leaf shows no others.
        let tokens = |name| resource(leaf, name).unwrap_or(0.0) as u64;
        let (input, output) = (tokens("tokens_input"), tokens("tokens_output"));
        let total = tokens("tokens_total").max(input.saturating_add(output));
        self.tokens.0 = self.tokens.0.saturating_add(input);
        self.tokens.1 = self.tokens.1.saturating_add(output);
        self.tokens_total = self.tokens_total.saturating_add(total);
        self.cost_usd += resource(leaf, "cost_usd").unwrap_or(0.0);
    }
}

/// Whether a tally opens the parts that name people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// No: nobody is named.
    Hidden,
    /// Yes; revealing is an event of its own, which the caller records.
    Named,
}

impl Log {
    /// Counts the entries that meet the conditions, from the oldest on.
    ///
    /// # Errors
    /// As [`Log::query`].
    pub fn tally(&self, query: Query<'_>, users: Users) -> Result<Tally, Error> {
        let mut tally = Tally::new();
        self.tally_onto(&mut tally, query, users)?;
        Ok(tally)
    }

    /// Counts them on top of what a tally counts already.
    pub(crate) fn tally_onto(
        &self,
        tally: &mut Tally,
        query: Query<'_>,
        users: Users,
    ) -> Result<(), Error> {
        for entry in self.query(Query { order: Order::Oldest, ..query })? {
            let entry = entry?;
            let revealed = match users {
                Users::Hidden => None,
                Users::Named => Some(self.reveal(&entry)?.event),
            };
            let user = revealed.as_ref().and_then(subject);
            tally.add(&entry.leaf, user);
        }
        Ok(())
    }

    /// What a session came to, counted in calls.
    ///
    /// # Errors
    /// As [`Log::query`].
    pub fn session_summary(&self, session: &str) -> Result<Tally, Error> {
        self.tally(Query { session: Some(session), ..Query::default() }, Users::Hidden)
    }
}

/// The person an event is about: the actor if a user, else the last user it acted for.
fn subject(event: &Object) -> Option<&str> {
    let actor = event.object("actor")?;
    if actor.str("type") == Some("user") {
        return actor.str("id");
    }
    let chain = actor.get("on_behalf_of")?.as_list()?;
    let users = chain.iter().filter_map(|one| one.as_object());
    users.rev().find(|one| one.str("type") == Some("user"))?.str("id")
}

/// The key of the session an entry belongs to.
pub(crate) fn session_key(leaf: &Object) -> Option<u64> {
    leaf.object("agent").and_then(|agent| agent.str("session_id")).map(|session| hash(&[session]))
}

/// The key of the call an entry belongs to; none for one that stands alone.
pub(crate) fn call_key(leaf: &Object) -> Option<u64> {
    let call = action(leaf, "call_id")?;
    let session = leaf.object("agent").and_then(|agent| agent.str("session_id"));
    Some(hash(&[session.unwrap_or(""), call]))
}

/// Names are public strings, so a line feed cannot be in one.
fn hash(names: &[&str]) -> u64 {
    crate::index::Kind::Session.key(&names.join("\n"))
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    count_many(counts, name, 1);
}

fn count_many(counts: &mut BTreeMap<String, u64>, name: &str, more: u64) {
    if more == 0 {
        return;
    }
    if let Some(count) = counts.get_mut(name) {
        *count += more;
        return;
    }
    let name = if counts.len() < TALLY_NAMES_MAX { name } else { OTHER };
    *counts.entry(name.to_owned()).or_default() += more;
}
