//! Given a time, a status or a duration as some system spells it, gives ours; and back by the
//! rule of the dialect.

use crate::json::Number;
use crate::time::Timestamp;
use crate::words::Status;

/// How a dialect writes a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    /// `2024-01-15T10:30:00Z`; six decimals where there are any.
    Seconds,
    /// `2026-02-20T07:21:42.457Z`; six decimals where three do not do.
    Millis,
    /// `2025-01-15T10:30:45.123456Z`
    Micros,
}

/// Reads RFC 3339, and what databases and Python make of it: no zone (which is read as UTC),
/// `+00`, `+0000`.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let zone = text.len().checked_sub(5).filter(|_| text.is_ascii());
    let colon = zone.map(|at| text.split_at(at)).and_then(|(start, zone)| {
        let (hours, minutes) = zone.split_at(3);
        Timestamp::parse(&format!("{start}{hours}:{minutes}"))
    });
    let spelled = ["", "Z", ":00"].iter();
    spelled.copied().find_map(|end| Timestamp::parse(&format!("{text}{end}"))).or(colon)
}

/// The text of `time` by the rule of a dialect.
pub(super) fn write_time(time: Timestamp, clock: Clock) -> String {
    let text = time.to_string();
    let (start, decimals) = text.split_at(19);
    match clock {
        Clock::Seconds if decimals == ".000000Z" => format!("{start}Z"),
        Clock::Millis if decimals.ends_with("000Z") => time.to_millis_text(),
        _ => text,
    }
}

/// Reads our words and those that mean the same elsewhere, in any case.
pub(super) fn read_status(text: &str) -> Option<Status> {
    let word = text.to_ascii_lowercase();
    Status::parse(&word).or_else(|| {
        let same = STATUSES.iter().find(|(_, words)| words.contains(&word.as_str()));
        same.map(|(status, _)| *status)
    })
}

static STATUSES: &[(Status, &[&str])] = &[
    (Status::Success, &["ok", "succeeded", "successful", "completed", "allowed"]),
    (Status::Failure, &["failed", "fail", "error"]),
    (Status::Partial, &["partially_succeeded", "partial_success"]),
    (Status::Pending, &["escalated", "queued", "running", "in_progress"]),
    (Status::Timeout, &["timed_out", "timedout"]),
    (Status::Retry, &["retrying", "retried"]),
    (Status::Denied, &["blocked", "rejected", "forbidden"]),
    (Status::Cancelled, &["canceled", "aborted"]),
];

/// `number` times ten to the `power`, by its decimal digits: 1.2 seconds are 1200 milliseconds
/// and come back as 1.2.
pub(super) fn shift(number: &Number, power: i64) -> Option<Number> {
    let text = number.to_string();
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let exponent = exponent.parse::<i64>().ok()?.checked_add(power)?;
    Number::parse(&format!("{digits}e{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_rfc_3339_databases_and_python_write_them() {
        for text in [
            "2025-01-15T10:30:45.120Z",
            "2025-01-15T10:30:45.12",
            "2025-01-15 10:30:45.12+00",
            "2025-01-15 12:00:45.12+0130",
            "2025-01-15T09:30:45.12-01:00",
        ] {
            let time = read_time(text).unwrap();
            assert_eq!(time.to_string(), "2025-01-15T10:30:45.120000Z", "{text}");
        }
        for text in ["", "yesterday", "2025-01-15", "10:30:45", "2025-01-15T10:30", "\u{e9}+0000"] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_dialect_writes_the_decimals_its_rule_says_and_never_drops_one() {
        let whole = Timestamp::parse("2024-01-15T10:30:00Z").unwrap();
        let fine = Timestamp::parse("2024-01-15T10:30:00.000001Z").unwrap();
        assert_eq!(write_time(whole, Clock::Seconds), "2024-01-15T10:30:00Z");
        assert_eq!(write_time(whole, Clock::Millis), "2024-01-15T10:30:00.000Z");
        assert_eq!(write_time(whole, Clock::Micros), "2024-01-15T10:30:00.000000Z");
        for clock in [Clock::Seconds, Clock::Millis, Clock::Micros] {
            assert_eq!(write_time(fine, clock), "2024-01-15T10:30:00.000001Z");
        }
    }

    #[test]
    fn durations_change_their_unit_without_a_rounding() {
        for (seconds, milliseconds) in [
            ("1.2", "1200"),
            ("0.57", "570"),
            ("0", "0"),
            ("-3", "-3000"),
            ("1e-7", "0.0001"),
            ("0.0000001234567890123", "0.0001234567890123"),
        ] {
            let number = Number::parse(seconds).unwrap();
            let shifted = shift(&number, 3).unwrap();
            assert_eq!(shifted.to_string(), milliseconds);
            assert_eq!(shift(&shifted, -3), Some(number), "{seconds}");
        }
        assert_eq!(shift(&Number::parse("1e308").unwrap(), 3), None);
    }

    #[test]
    fn statuses_are_read_in_any_case_and_in_the_words_of_others() {
        for (word, status) in [
            ("SUCCESS", Some(Status::Success)),
            ("Timeout", Some(Status::Timeout)),
            ("blocked", Some(Status::Denied)),
            ("Escalated", Some(Status::Pending)),
            ("perhaps", None),
            ("", None),
        ] {
            assert_eq!(read_status(word), status, "{word}");
        }
        for (_, words) in STATUSES {
            assert!(words.iter().all(|word| Status::parse(word).is_none()));
        }
    }
}
