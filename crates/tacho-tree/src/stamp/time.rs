//! Given a time as an authority writes it, gives seconds since 1970, and writes those as people do.
//!
//! ```text
//! 20261120100000Z  20261120100000.5Z      ->  1795168800  ->  2026-11-20T10:00:00Z
//! ```
//! Days are counted in eras of 400 years, which all have 146,097 days, from a first of March.

const DAY: u64 = 86_400;
const ERA_DAYS: u64 = 146_097;
/// From the first of March of the year 0 to 1970.
const BEFORE_1970: u64 = 719_468;

/// `YYYYMMDDHHMMSS`, perhaps a fraction, `Z`. A fraction is cut off.
pub(super) fn generalized(bytes: &[u8]) -> Option<u64> {
    let text = str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    seconds([year, month, day], [hour, minute, second])
}

/// Seconds since 1970 of a date and a time; none for a date that is none, or before 1970.
fn seconds([year, month, day]: [u64; 3], [hour, minute, second]: [u64; 3]) -> Option<u64> {
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if !is_time || !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    let days = days(year, month, day);
    // The thirty-first of a short month would come back as another day.
    (date(days) == [year, month, day]).then_some(days * DAY + hour * 3600 + minute * 60 + second)
}

/// `2026-11-20T10:00:00Z`
pub fn rfc3339(seconds: u64) -> String {
    let [year, month, day] = date(seconds / DAY);
    let rest = seconds % DAY;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let year_of_era = year % 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year / 400 * ERA_DAYS + day_of_era - BEFORE_1970
}

fn date(days: u64) -> [u64; 3] {
    let days = days.saturating_add(BEFORE_1970);
    let day_of_era = days % ERA_DAYS;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = (from_march + 2) % 12 + 1;
    let year = year_of_era + days / ERA_DAYS * 400 + u64::from(month <= 2);
    [year, month, day_of_year - (153 * from_march + 2) / 5 + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_comes_back() {
        let mut expected = 0;
        for year in 1970..=2400 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let Some(found) = seconds([year, month, day], [0, 0, 0]) else { continue };
                    assert_eq!(found, expected, "{year}-{month}-{day}");
                    expected += DAY;
                }
            }
        }
        // Of 431 years, 105 are leap years.
        assert_eq!(expected, (431 * 365 + 105) * DAY);
    }

    #[test]
    fn times_are_read_as_authorities_write_them() {
        assert_eq!(generalized(b"20261120100000Z"), Some(1_795_168_800));
        assert_eq!(generalized(b"20261120100000.123Z"), Some(1_795_168_800));
        assert_eq!(rfc3339(1_795_168_800), "2026-11-20T10:00:00Z");
        for text in ["20261120100000", "2026112010000Z", "20261131100000Z", "20261120100000.Z", "+"]
        {
            assert_eq!(generalized(text.as_bytes()), None, "{text}");
        }
    }
}
