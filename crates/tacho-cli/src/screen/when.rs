//! Times as people read them: local, with the offset said once.

use crate::failure::Failure;
use jiff::tz::TimeZone;
use tacho_event::Timestamp;

/// The time zone that times are shown in.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::system())
    }
}

impl Zone {
    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        TimeZone::get(name).map(Self).map_err(|_| {
            Failure::usage(format!("no time zone is called `{name}`"))
                .next("a name such as Europe/Vienna, or --utc")
        })
    }

    /// `2026-11-21 10:31:02.114`
    pub(crate) fn show(&self, time: Timestamp) -> String {
        self.format(time, "%Y-%m-%d %H:%M:%S%.3f")
    }

    /// `2026-11-21 10:31:02.114000 +01:00`
    pub(crate) fn exact(&self, time: Timestamp) -> String {
        self.format(time, "%Y-%m-%d %H:%M:%S%.6f %:z")
    }

    fn format(&self, time: Timestamp, form: &str) -> String {
        let known = jiff::Timestamp::from_microsecond(time.micros());
        known.map_or_else(
            |_| time.to_string(),
            |known| known.to_zoned(self.0.clone()).strftime(form).to_string(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_where_its_reader_is() {
        let time = Timestamp::parse("2026-07-01T22:30:00.25Z").unwrap();
        assert_eq!(Zone::utc().show(time), "2026-07-01 22:30:00.250");
        let vienna = Zone::named("Europe/Vienna").unwrap();
        assert_eq!(vienna.exact(time), "2026-07-02 00:30:00.250000 +02:00");
        assert!(Zone::named("Europe/Nowhere").is_err());
    }
}
