//! Times in microseconds since 1970-01-01 UTC, RFC 3339 in and out, and durations such as `7d`.

use std::fmt;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A point in time: `2026-11-20T10:00:00.000000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00Z, the first time RFC 3339 can write.
    pub const MIN: Self = Self(-719_528 * DAY);
    /// 9999-12-31T23:59:59.999999Z, the last time RFC 3339 can write.
    pub const MAX: Self = Self(2_932_897 * DAY - 1);

    /// The time `micros` microseconds after 1970-01-01 UTC, kept within RFC 3339's years.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds since 1970-01-01 UTC.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970-01-01 UTC, rounded down.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Days since 1970-01-01 UTC, rounded down.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// This time plus `span`, kept within RFC 3339's years.
    pub fn plus(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_add(span.micros()))
    }

    /// This time minus `span`, kept within RFC 3339's years.
    pub fn minus(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_sub(span.micros()))
    }

    /// Reads RFC 3339: `T`, `t` or a space between date and time, any number of decimals (beyond
    /// six are cut), `Z` or an offset. A leap second is the first instant of the next minute.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let (clock, rest) = rest.split_at_checked(8)?;
        let (days, time) = (parse_date(date)?, parse_clock(clock)?);
        let (fraction, zone) = parse_fraction(rest)?;
        let micros = days * DAY + time * SECOND + fraction - parse_zone(zone)? * SECOND;
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// `2026-11-20T10:00:00.123Z`: what systems that count milliseconds write. Cuts the rest.
    pub fn to_millis_text(self) -> String {
        let text = self.to_string();
        format!("{}Z", text.get(..23).unwrap_or(&text))
    }

    /// The date alone: `2026-11-20`.
    pub fn to_date_text(self) -> String {
        let (y, m, d) = civil(self.day());
        format!("{y:04}-{m:02}-{d:02}")
    }

    /// The canonical text as bytes, without a formatter: it stands in every leaf.
    pub fn to_text(self) -> [u8; 27] {
        let (year, month, day) = civil(self.day());
        let micros = self.0.rem_euclid(DAY);
        let (seconds, fraction) = (micros / SECOND, micros % SECOND);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let mut put = |at: usize, width: usize, mut n: i64| {
            for slot in text.iter_mut().skip(at).take(width).rev() {
                *slot = b'0' + (n % 10) as u8;
                n /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, month);
        put(8, 2, day);
        put(11, 2, seconds / 3600);
        put(14, 2, seconds / 60 % 60);
        put(17, 2, seconds % 60);
        put(20, 6, fraction);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_text()).unwrap_or_default())
    }
}

/// The number that two decimal digits say.
fn two(digits: [u8; 2]) -> Option<i64> {
    let [ten, one] = digits;
    digits
        .iter()
        .all(u8::is_ascii_digit)
        .then(|| i64::from(ten - b'0') * 10 + i64::from(one - b'0'))
}

/// `2025-01-02`
fn parse_date(text: &str) -> Option<i64> {
    let [c, y, z, a, b'-', m, n, b'-', d, e] = *text.as_bytes() else { return None };
    let (y, m, d) = (two([c, y])? * 100 + two([z, a])?, two([m, n])?, two([d, e])?);
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let length = match m {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    ((1..=12).contains(&m) && (1..=length).contains(&d)).then(|| days_from_civil(y, m, d))
}

/// `10:30:15`
fn parse_clock(text: &str) -> Option<i64> {
    let [h, i, b':', m, n, b':', s, t] = *text.as_bytes() else { return None };
    let (h, m, s) = (two([h, i])?, two([m, n])?, two([s, t])?);
    (h < 24 && m < 60 && s <= 60).then_some(h * 3600 + m * 60 + s)
}

fn parse_fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0, text)) };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (decimals, zone) = rest.split_at_checked(length)?;
    if decimals.is_empty() {
        return None;
    }
    let six = decimals.bytes().chain(std::iter::repeat(b'0')).take(6);
    Some((six.fold(0, |n, b| n * 10 + i64::from(b - b'0')), zone))
}

fn parse_zone(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let [h, i, b':', m, n] = *text.strip_prefix(['+', '-'])?.as_bytes() else { return None };
    let (h, m) = (two([h, i])?, two([m, n])?);
    (h < 24 && m < 60).then_some(sign * (h * 3600 + m * 60))
}

/// The proleptic Gregorian date of a day count, by Hinnant's algorithm.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// The day count of a proleptic Gregorian date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// A length of time, as people write it: `250ms`, `30s`, `5m`, `24h`, `7d`, `2w`, `1y` (365 days).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    const UNITS: [(&'static str, i64); 8] = [
        ("us", 1),
        ("ms", 1000),
        ("s", SECOND),
        ("m", 60 * SECOND),
        ("h", 3600 * SECOND),
        ("d", DAY),
        ("w", 7 * DAY),
        ("y", 365 * DAY),
    ];

    /// A span of `micros` microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// A span of `seconds` seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// A span of `days` days.
    pub const fn from_days(days: i64) -> Self {
        Self(days.saturating_mul(DAY))
    }

    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads a whole number and a unit, as in `7d`; `None` for anything else, and for what does
    /// not fit.
    pub fn parse(text: &str) -> Option<Self> {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(length)?;
        let (_, micros) = Self::UNITS.iter().find(|(name, _)| *name == unit)?;
        number.parse::<i64>().ok()?.checked_mul(*micros).map(Self)
    }
}

impl fmt::Display for Span {
    /// The largest unit that says it exactly; weeks and years are written as days.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = Self::UNITS.iter().take(6).rev();
        let exact = |(_, micros): &&(&str, i64)| self.0 % micros == 0 && self.0 != 0;
        let (unit, micros) = units.clone().find(exact).unwrap_or(&("s", SECOND));
        write!(f, "{}{unit}", self.0 / micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_3339_in_every_spelling_is_one_time() {
        let expected = "2025-01-02T10:30:15.123000Z";
        for text in [
            "2025-01-02T10:30:15.123Z",
            "2025-01-02t10:30:15.1230z",
            "2025-01-02 10:30:15.123+00:00",
            "2025-01-02T12:00:15.123+01:30",
            "2025-01-02T10:30:15.123000999Z",
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(
            Timestamp::parse("2016-12-31T23:59:60Z"),
            Timestamp::parse("2017-01-01T00:00:00Z")
        );
        assert_eq!(Timestamp::parse("2024-02-29T00:00:00Z").unwrap().day(), 19_782);
        assert_eq!(Timestamp::parse("2106-02-07T06:28:16Z").unwrap().micros(), (1 << 32) * SECOND);
        let ms = Timestamp::parse("2025-01-02T10:30:15.123456Z").unwrap().to_millis_text();
        assert_eq!(ms, "2025-01-02T10:30:15.123Z");
    }

    #[test]
    fn a_date_is_one_if_it_comes_back_as_itself() {
        for y in [1600, 1900, 2000, 2023, 2024, 2100, 9999] {
            for (m, d) in (0..=13).flat_map(|m| (0..=32).map(move |d| (m, d))) {
                let days = days_from_civil(y, m, d);
                let is_date = (1..=12).contains(&m) && civil(days) == (y, m, d);
                let text = format!("{y:04}-{m:02}-{d:02}");
                assert_eq!(parse_date(&text), is_date.then_some(days), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2025-01-02",
            "2025-01-02T10:30:15",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-02T24:00:00Z",
            "2025-01-02T10:60:00Z",
            "2025-01-02T10:30:15.Z",
            "2025-01-02T10:30:15+0100",
            "2025-01-02T10:30:15+24:00",
            "0000-01-01T00:00:00+01:00",
            "2025-01-0\u{e9}T10:30:15Z",
            "+025-01-02T10:30:15Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_ends_of_time_are_written_and_read() {
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_micros(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.plus(Span::from_days(1)), Timestamp::MAX);
    }

    #[test]
    fn spans_are_read_and_written_with_their_unit() {
        for (text, micros, back) in [
            ("7d", 7 * DAY, "7d"),
            ("24h", DAY, "1d"),
            ("90m", 5400 * SECOND, "90m"),
            ("5000ms", 5 * SECOND, "5s"),
            ("1500ms", 1_500_000, "1500ms"),
            ("2w", 14 * DAY, "14d"),
            ("1y", 365 * DAY, "365d"),
            ("0s", 0, "0s"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!((span.micros(), span.to_string().as_str()), (micros, back));
        }
        for text in ["", "7", "d", "-1d", "1.5h", "7 d", "7D", "99999999999999999999d", "9e9d"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let time = Timestamp(micros);
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
    }
}
