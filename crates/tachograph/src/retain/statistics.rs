//! Given a question about a log, counts what is live together with the totals of what was pruned,
//! and says which part comes from where.

use tacho_event::Timestamp;
use tacho_event::json::Object;

use super::totals::Totals;
use crate::error::Error;
use crate::log::call::action;
use crate::log::{Log, Query, Tally, Users};

/// A question that totals can answer too. Whatever is none is not asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ask<'a> {
    /// Only this `action.type`.
    pub action: Option<&'a str>,
    /// Only this `action.name`.
    pub name: Option<&'a str>,
    /// Only this agent.
    pub agent: Option<&'a str>,
    /// Only events at or after this time.
    pub from: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Everything together.
    pub tally: Tally,
    /// What of it comes from totals; none if nothing does.
    pub totals: Option<FromTotals>,
}

/// What of an answer comes from totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FromTotals {
    /// Events.
    pub events: u64,
    /// Calls.
    pub calls: u64,
    /// The first and the last day that totals answer for, days since 1970-01-01.
    pub days: (i64, i64),
    /// Whether the question cuts a day of which only totals are left: it was counted whole.
    pub is_day_cut: bool,
    /// Whether sessions were counted by their files, each on its own: the question names an agent,
    /// an action or a time, and totals do not tell sessions apart.
    pub sessions_unknown: bool,
}

impl Ask<'_> {
    fn fits(&self, leaf: &Object) -> bool {
        let is = |asked: Option<&str>, said: Option<&str>| asked.is_none() || asked == said;
        let agent = leaf.object("agent").and_then(|agent| agent.str("id"));
        is(self.action, action(leaf, "type"))
            && is(self.name, action(leaf, "name"))
            && is(self.agent, agent)
    }

    fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

impl Log {
    /// Counts the events that are asked for, those that were pruned too.
    ///
    /// # Errors
    /// As [`Log::query`], or that totals are damaged.
    pub fn statistics(&self, ask: &Ask<'_>) -> Result<Statistics, Error> {
        let fits = |leaf: &Object| ask.fits(leaf);
        let mut tally = Tally::new();
        let mut part = None;
        let (mut calls, mut ended) = (0, 0);
        let all = self.totals()?;
        for totals in &all {
            let counted = add(&mut tally, &mut part, ask, totals);
            (calls, ended) = (calls + counted.0, ended + counted.1);
        }
        // A call may end on another day than it began, and in another file.
        tally.absorb_pending(u64::saturating_sub(calls, ended));
        if let Some(last) = all.last().filter(|_| ask.from.is_none()) {
            tally.expect(&last.open);
        }
        let query = Query { from: ask.from, until: ask.until, ..Query::default() };
        let filter: Option<&dyn Fn(&Object) -> bool> =
            if ask.is_all() { None } else { Some(&fits) };
        self.tally_onto(&mut tally, Query { filter, ..query }, Users::Hidden)?;
        Ok(Statistics { tally, totals: part })
    }
}

/// Counts the rows that are asked for; gives the calls that began and that ended in them.
fn add(
    tally: &mut Tally,
    part: &mut Option<FromTotals>,
    ask: &Ask<'_>,
    totals: &Totals,
) -> (u64, u64) {
    let (mut calls, mut ended) = (0, 0);
    let day = |time: Timestamp| time.day();
    let first = ask.from.map_or(i64::MIN, day);
    let last = ask.until.map_or(i64::MAX, |until| day(Timestamp::from_micros(until.micros() - 1)));
    let is = |asked: Option<&str>, said: &str| asked.is_none_or(|asked| asked == said);
    for (key, row) in &totals.rows {
        let wanted = (first..=last).contains(&key.day)
            && is(ask.action, &key.action)
            && is(ask.name, &key.name)
            && is(ask.agent, &key.agent);
        if !wanted {
            continue;
        }
        tally.absorb(key, row);
        (calls, ended) = (calls + row.calls, ended + row.ended);
        let known = part.get_or_insert(FromTotals {
            events: 0,
            calls: 0,
            days: (key.day, key.day),
            is_day_cut: false,
            sessions_unknown: !ask.is_all(),
        });
        known.events += row.events;
        known.calls += row.calls;
        known.days = (known.days.0.min(key.day), known.days.1.max(key.day));
        let midnight = |time: Timestamp| Timestamp::from_micros(time.day() * DAY_MICROS) == time;
        let cuts = |time: Option<Timestamp>| {
            time.is_some_and(|time| time.day() == key.day && !midnight(time))
        };
        known.is_day_cut |= cuts(ask.from) || cuts(ask.until);
    }
    if ask.is_all() {
        tally.absorb_span(totals.sessions, totals.span);
    }
    (calls, ended)
}

const DAY_MICROS: i64 = 86_400_000_000;
