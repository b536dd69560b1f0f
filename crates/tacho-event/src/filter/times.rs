//! Times as people write them in filters: `24h`, `2026-01-31`, `2026-01-31T10:30`, `today`.

use super::expr::{Op, Test};
use crate::time::{Span, Timestamp};

/// The stretch of time that a text names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stretch {
    from: Timestamp,
    until: Timestamp,
    /// True for days and months, which are meant with their end: `until:2026-01-31` includes the
    /// 31st. A time of day is an instant, so that `until:10:00` and `since:10:00` never overlap.
    calendar: bool,
}

impl Stretch {
    /// Reads a time; those without a zone are UTC, a bare length of time lies before `now`.
    pub(super) fn parse(text: &str, now: Timestamp) -> Option<Self> {
        named(text, now)
            .or_else(|| calendar(text))
            .or_else(|| clock(text))
            .or_else(|| Span::parse(text).map(|span| instant(now.minus(span))))
    }

    pub(super) fn since(self) -> Test {
        Test::Time { from: Some(self.from), until: None }
    }

    pub(super) fn until(self) -> Test {
        Test::Time { from: None, until: Some(self.end()) }
    }

    pub(super) fn at(self) -> Test {
        // The last instant of all has none after it.
        let until = (self.from < self.until).then_some(self.until);
        Test::Time { from: Some(self.from), until }
    }

    /// From the start of this one to the end of `other`; `None` if nothing lies between.
    pub(super) fn to(self, other: Self) -> Option<Test> {
        let (from, until) = (self.from, other.end());
        (from < until).then_some(Test::Time { from: Some(from), until: Some(until) })
    }

    pub(super) fn compared(self, op: Op) -> Test {
        let after = if self.calendar { self.until } else { next(self.from) };
        match op {
            Op::Equal => self.at(),
            Op::GreaterOrEqual => self.since(),
            Op::Greater => Test::Time { from: Some(after), until: None },
            Op::Less => Test::Time { from: None, until: Some(self.from) },
            Op::LessOrEqual => Test::Time { from: None, until: Some(after) },
        }
    }

    fn end(self) -> Timestamp {
        if self.calendar { self.until } else { self.from }
    }
}

const DAY: Span = Span::from_days(1);

fn next(time: Timestamp) -> Timestamp {
    time.plus(Span::from_micros(1))
}

fn instant(from: Timestamp) -> Stretch {
    Stretch { from, until: next(from), calendar: false }
}

/// `now`, `now-24h`, `now+1h`, `today`, `yesterday`.
fn named(text: &str, now: Timestamp) -> Option<Stretch> {
    let today = || midnight(&now.to_date_text());
    let day = |from: Timestamp| Stretch { from, until: from.plus(DAY), calendar: true };
    match text.to_ascii_lowercase().as_str() {
        "now" => Some(instant(now)),
        "today" => today().map(day),
        "yesterday" => today().map(|today| day(today.minus(DAY))),
        lower => {
            let shift = lower.strip_prefix("now")?;
            if let Some(span) = shift.strip_prefix('-') {
                return Span::parse(span).map(|span| instant(now.minus(span)));
            }
            Span::parse(shift.strip_prefix('+')?).map(|span| instant(now.plus(span)))
        }
    }
}

fn midnight(date: &str) -> Option<Timestamp> {
    Timestamp::parse(&format!("{date}T00:00:00Z"))
}

/// A day such as `2026-01-31` or a month such as `2026-01`.
fn calendar(text: &str) -> Option<Stretch> {
    let (from, until) = match text.len() {
        10 => {
            let from = midnight(text)?;
            (from, from.plus(DAY))
        }
        7 => {
            let from = midnight(&format!("{text}-01"))?;
            // 32 days later is in the next month, whatever the month.
            let later = from.plus(Span::from_days(32)).to_date_text();
            (from, midnight(&format!("{}-01", later.get(..7)?)).unwrap_or(Timestamp::MAX))
        }
        _ => return None,
    };
    Some(Stretch { from, until, calendar: true })
}

/// A time of day: RFC 3339, where seconds and zone may be left out. The stretch is as long as the
/// text is precise.
fn clock(text: &str) -> Option<Stretch> {
    let (head, tail) = text.split_at_checked(16)?;
    if !head.get(10..)?.starts_with(['T', 't', ' ']) {
        return None;
    }
    let (seconds, zone) = match tail.strip_prefix(':') {
        Some(rest) => {
            let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'));
            let length = length.unwrap_or(rest.len());
            rest.split_at_checked(length).filter(|(seconds, _)| !seconds.is_empty())?
        }
        None => ("", tail),
    };
    let precision = match (seconds, seconds.split_once('.')) {
        ("", _) => Span::from_secs(60),
        (_, None) => Span::from_secs(1),
        (_, Some((_, decimals))) => {
            let power = u32::try_from(decimals.len().min(6)).ok()?;
            Span::from_micros(1_000_000 / 10_i64.pow(power))
        }
    };
    let seconds = if seconds.is_empty() { "00" } else { seconds };
    let zone = if zone.is_empty() { "Z" } else { zone };
    let from = Timestamp::parse(&format!("{head}:{seconds}{zone}"))?;
    Some(Stretch { from, until: from.plus(precision), calendar: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, String, bool)> {
        let now = Timestamp::parse("2026-11-20T12:34:56.5Z").unwrap();
        let stretch = Stretch::parse(text, now)?;
        let short = |time: Timestamp| time.to_string().replace(".000000", "");
        Some((short(stretch.from), short(stretch.until), stretch.calendar))
    }

    #[test]
    fn a_time_is_the_stretch_it_names() {
        for (text, from, until, calendar) in [
            ("2026-01-31", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", true),
            ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z", true),
            ("2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", true),
            ("today", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", true),
            ("Yesterday", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", true),
            ("2026-01-31T10:30", "2026-01-31T10:30:00Z", "2026-01-31T10:31:00Z", false),
            ("2026-01-31T10:30+01:00", "2026-01-31T09:30:00Z", "2026-01-31T09:31:00Z", false),
            ("2026-01-31 10:30:15", "2026-01-31T10:30:15Z", "2026-01-31T10:30:16Z", false),
            (
                "2026-01-31T10:30:15.12Z",
                "2026-01-31T10:30:15.120000Z",
                "2026-01-31T10:30:15.130000Z",
                false,
            ),
            ("24h", "2026-11-19T12:34:56.500000Z", "2026-11-19T12:34:56.500001Z", false),
            ("now-24h", "2026-11-19T12:34:56.500000Z", "2026-11-19T12:34:56.500001Z", false),
            ("now", "2026-11-20T12:34:56.500000Z", "2026-11-20T12:34:56.500001Z", false),
        ] {
            assert_eq!(read(text), Some((from.into(), until.into(), calendar)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "24",
            "h",
            "2026",
            "2026-13",
            "2026-02-30",
            "2026-01-31T",
            "2026-01-31T10",
            "2026-01-31T1030",
            "2026-01-31T10:30:",
            "2026-01-31T10:30:15.",
            "2026-01-31T25:00",
            "now-",
            "now24h",
            "tomorrow",
            "2026-01-3\u{e9}T10:30",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn windows_that_touch_never_overlap() {
        let stretch = |text| Stretch::parse(text, Timestamp::default()).unwrap();
        let Test::Time { until: Some(end), .. } = stretch("2026-01-31").until() else { panic!() };
        let Test::Time { from: Some(start), .. } = stretch("2026-02-01").since() else { panic!() };
        assert_eq!(end, start);
        let noon = stretch("2026-01-31T12:00:00Z");
        let Test::Time { until: Some(end), .. } = noon.until() else { panic!() };
        let Test::Time { from: Some(start), .. } = noon.since() else { panic!() };
        assert_eq!(end, start);
        assert_eq!(stretch("2026-02").to(stretch("2026-01")), None);
    }
}
