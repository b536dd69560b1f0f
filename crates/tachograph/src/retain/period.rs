//! Given a length of time as people write it, gives days: `7d`, `6w`, `12mo`, `7y`, `forever`.

use std::fmt;

/// Days of a week, a month and a year, as retention counts them: a month has 31 and every fourth
/// year a day more, so that nothing goes before its time.
const WEEK_DAYS: u32 = 7;
const MONTH_DAYS: u32 = 31;

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// This many days.
    Days(u32),
    /// For ever, or as long as what it belongs to.
    Forever,
}

impl Period {
    /// Reads a period; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if matches!(text, "forever" | "ever") {
            return Some(Self::Forever);
        }
        let end = text.find(|letter: char| !letter.is_ascii_digit())?;
        let (digits, unit) = text.split_at(end);
        let count: u32 = digits.parse().ok()?;
        let days = match unit {
            "d" => count,
            "w" => count.checked_mul(WEEK_DAYS)?,
            "mo" if count == 12 => 366,
            "mo" => count.checked_mul(MONTH_DAYS)?,
            "y" => count.checked_mul(365)?.checked_add(count.div_ceil(4))?,
            _ => return None,
        };
        (count > 0 && days <= DAYS_MAX).then_some(Self::Days(days))
    }

    /// The days, where there is an end.
    pub fn days(self) -> Option<u32> {
        match self {
            Self::Days(days) => Some(days),
            Self::Forever => None,
        }
    }

    /// Whether it is at least so many days.
    pub fn covers(self, days: u32) -> bool {
        self.days().is_none_or(|own| own >= days)
    }
}

/// A thousand years: beyond that somebody mistyped.
const DAYS_MAX: u32 = 366_000;

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}d"),
            Self::Forever => f.write_str("forever"),
        }
    }
}

/// Reads a size: `500MB`, `20GiB`, `none`; the inner none is no bound.
pub fn parse_size(text: &str) -> Option<Option<u64>> {
    if text == "none" {
        return Some(None);
    }
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let count: u64 = digits.parse().ok()?;
    let bytes: u64 = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    count.checked_mul(bytes).filter(|bytes| *bytes > 0).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_a_year_is_never_short() {
        for (text, days) in [("7d", 7), ("2w", 14), ("1mo", 31), ("12mo", 366), ("365d", 365)] {
            assert_eq!(Period::parse(text), Some(Period::Days(days)), "{text}");
        }
        // Seven years have at most two leap days among them.
        assert_eq!(Period::parse("7y"), Some(Period::Days(7 * 365 + 2)));
        assert_eq!(Period::parse("6y"), Some(Period::Days(6 * 365 + 2)));
        assert_eq!(Period::parse("forever"), Some(Period::Forever));
        for text in ["", "7", "d", "-7d", "7 d", "0d", "7h", "99999999999d", "9000y", "7dd"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
        for period in [Period::Days(30), Period::Forever] {
            assert_eq!(Period::parse(&period.to_string()), Some(period));
        }
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_size("20GiB"), Some(Some(20 << 30)));
        assert_eq!(parse_size("500MB"), Some(Some(500_000_000)));
        assert_eq!(parse_size("7"), Some(Some(7)));
        assert_eq!(parse_size("none"), Some(None));
        for text in ["", "0", "GiB", "1.5GB", "-1", "1PB", "99999999999TB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
