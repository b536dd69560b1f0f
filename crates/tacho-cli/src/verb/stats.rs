//! `tacho stats`: how many calls, of what kind, how they ended, what they cost.

use crate::failure::{Exit, Outcome};
use crate::narrow;
use crate::place::Place;
use crate::reader::Wanted;
use crate::screen::{Screen, Waiting};
use std::collections::BTreeMap;
use tacho_event::Timestamp;
use tacho_event::json::{Number, Object, Value};
use tachograph::log::{Order, Tally};
use tachograph::retain::{FromTotals, Statistics};

#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    #[command(flatten)]
    wanted: Wanted,
    /// Only this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// At most so many lines below each heading
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

pub(crate) fn run(place: &Place, screen: &mut Screen, ask: Ask) -> Outcome {
    let question = ask.wanted.read(Place::world().now())?;
    let log = place.log()?;
    let all = tachograph::retain::Ask::default();
    let plain = question.filter.as_ref().map_or(Some(all), narrow::ask);
    if let Some(asked) = plain.filter(|_| ask.session.is_none()) {
        let Statistics { tally, totals } = log.statistics(&asked)?;
        return answer(screen, &tally, totals.as_ref(), ask.limit);
    }
    let mut tally = Tally::new();
    let waiting = Waiting::new(screen);
    for entry in log.query(question.query(Order::Oldest, ask.session.as_deref()))? {
        let entry = entry?;
        waiting.tell("counting", entry.index, log.size());
        // Counted is what leaves say; a filter about content opens what it needs.
        let leaf = entry.leaf.clone();
        if question.answer(&log, entry)?.is_some() {
            tally.add(&leaf, None);
        }
    }
    waiting.end();
    if log.first() > 0 {
        let gone = log.first();
        screen.note(&format!(
            "note: {gone} events were pruned, and their totals do not answer this question"
        ));
    }
    answer(screen, &tally, None, ask.limit)
}

fn answer(
    screen: &mut Screen,
    tally: &Tally,
    totals: Option<&FromTotals>,
    limit: usize,
) -> Outcome {
    if screen.is_json() {
        screen.json(json(tally, totals))?;
    } else {
        screen.page();
        tell(screen, tally, limit)?;
        if let Some(totals) = totals {
            notes(totals).iter().for_each(|note| screen.note(note));
        }
    }
    Ok(Exit::Yes)
}

/// What of it comes from totals, and what these cannot tell.
fn notes(totals: &FromTotals) -> Vec<String> {
    let FromTotals { events, calls, days: (first, last), is_day_cut, sessions_unknown } = *totals;
    let day = |day: i64| {
        let time = Timestamp::from_micros(day.saturating_mul(DAY_MICROS)).to_string();
        time.get(..10).unwrap_or_default().to_owned()
    };
    let (first, last) = (day(first), day(last));
    let mut notes = vec![format!(
        "{events} events, {calls} calls of it are totals of what was pruned: {first} to {last} UTC"
    )];
    if is_day_cut {
        notes.push("totals tell whole days: the first or last of it is counted whole".to_owned());
    }
    if sessions_unknown {
        let what = "totals do not tell sessions apart: those of what was pruned are not counted";
        notes.push(what.to_owned());
    }
    notes
}

const DAY_MICROS: i64 = 86_400_000_000;

fn tell(screen: &mut Screen, tally: &Tally, limit: usize) -> Result<(), crate::failure::Failure> {
    if let Some((first, last)) = tally.span {
        let (first, last) = (screen.zone.show(first), screen.zone.show(last));
        screen.line(&format!("{first} to {last}"))?;
    }
    let whole = [
        ("events", tally.events.to_string()),
        ("calls", tally.calls.to_string()),
        ("sessions", tally.sessions.to_string()),
        ("succeeded", percent(tally.success_rate())),
        (
            "took on average",
            tally.average_duration_ms().map_or("-".into(), |ms| format!("{ms:.0} ms")),
        ),
        ("tokens in, out", format!("{}, {}", tally.tokens.0, tally.tokens.1)),
        ("cost, estimated", format!("${:.2}", tally.cost_usd)),
    ];
    for (name, value) in whole {
        screen.line(&format!("  {name:18} {value}"))?;
    }
    // Behind the name and the number.
    let room = screen.width.saturating_sub(43).min(30) as u64;
    let parts = [
        ("by status", &tally.by_status),
        ("by type", &tally.by_type),
        ("by name", &tally.by_name),
        ("by provider", &tally.by_provider),
    ];
    for (title, counts) in parts.into_iter().filter(|(_, counts)| !counts.is_empty()) {
        screen.line("")?;
        let title = screen.paint.bold(title);
        screen.line(&title)?;
        let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
        counts.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
        let most = counts.first().map_or(1, |(_, count)| **count).max(1);
        for (name, count) in counts.iter().take(limit) {
            let bar = "#".repeat((**count * room).div_ceil(most) as usize);
            let name = screen.shown(name).into_owned();
            let bar = screen.paint.dim(&bar);
            screen.line(&format!("  {name:28} {count:>9}  {bar}"))?;
        }
        if let Some(more) = counts.len().checked_sub(limit).filter(|more| *more > 0) {
            screen.line(&format!("  and {more} more"))?;
        }
    }
    Ok(())
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or("-".into(), |rate| format!("{:.1} %", rate * 100.0))
}

fn json(tally: &Tally, totals: Option<&FromTotals>) -> Object {
    let count = |count: u64| Value::from(count.cast_signed());
    let number = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    let counts = |counts: &BTreeMap<String, u64>| {
        let mut object = Object::new();
        for (name, of) in counts {
            object.insert(name.as_str(), count(*of));
        }
        Value::from(object)
    };
    let time = |time: Option<tacho_event::Timestamp>| {
        time.map_or(Value::Null, |time| Value::from(time.to_string().as_str()))
    };
    Object::from([
        ("v", Value::from(1)),
        ("events", count(tally.events)),
        ("calls", count(tally.calls)),
        ("sessions", count(tally.sessions)),
        ("success_rate", tally.success_rate().map_or(Value::Null, number)),
        ("average_duration_ms", tally.average_duration_ms().map_or(Value::Null, number)),
        ("tokens_input", count(tally.tokens.0)),
        ("tokens_output", count(tally.tokens.1)),
        ("cost_usd", number(tally.cost_usd)),
        ("first", time(tally.span.map(|(first, _)| first))),
        ("last", time(tally.span.map(|(_, last)| last))),
        ("by_status", counts(&tally.by_status)),
        ("by_type", counts(&tally.by_type)),
        ("by_name", counts(&tally.by_name)),
        ("by_provider", counts(&tally.by_provider)),
        ("totals_events", count(totals.map_or(0, |totals| totals.events))),
        ("totals_calls", count(totals.map_or(0, |totals| totals.calls))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_totals_is_told_apart() {
        let days = (20_777, 20_778);
        let part =
            FromTotals { events: 7, calls: 5, days, is_day_cut: true, sessions_unknown: false };
        let told = json(&Tally::new(), Some(&part));
        let count = |name: &str| told.get(name).and_then(Value::as_i64);
        assert_eq!((count("totals_events"), count("totals_calls")), (Some(7), Some(5)));
        let told = json(&Tally::new(), None);
        assert_eq!(told.get("totals_events").and_then(Value::as_i64), Some(0));
        assert_eq!(
            notes(&part)[0],
            "7 events, 5 calls of it are totals of what was pruned: 2026-11-20 to 2026-11-21 UTC"
        );
        assert_eq!(notes(&part).len(), 2);
    }
}
