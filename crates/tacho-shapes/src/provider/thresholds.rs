//! When an adapter needs somebody to look.

use std::fmt;

use tacho_event::Span;
use tacho_event::json::Object;
use tachograph::log::{Query, Tally};

use super::actions::{ActionLogRepository, is_action};
use super::audits::AuditLogRepository;
use crate::book;
use crate::error::Error;

/// Beyond which numbers to say so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmThresholds {
    /// Share of failures in the last hour.
    pub error_rate_max: f64,
    /// Average duration at any provider in the last hour.
    pub average_ms_max: f64,
    /// Failures in 5 minutes.
    pub failures_max: u64,
    /// Changes in one minute.
    pub changes_max: u64,
}

impl Default for AlarmThresholds {
    fn default() -> Self {
        Self { error_rate_max: 0.05, average_ms_max: 2000.0, failures_max: 10, changes_max: 50 }
    }
}

/// What is beyond.
#[derive(Clone, Debug, PartialEq)]
pub enum Alarm {
    /// Share of failures in the last hour.
    ErrorRate(f64),
    /// A provider and its average duration in milliseconds.
    Latency(String, f64),
    /// Failures in 5 minutes.
    Failures(u64),
    /// Changes in one minute.
    Changes(u64),
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ErrorRate(rate) => write!(f, "error rate {:.1} % in the last hour", rate * 100.0),
            Self::Latency(provider, ms) => write!(f, "{provider} takes {ms:.0} ms on average"),
            Self::Failures(n) => write!(f, "{n} failures in 5 minutes"),
            Self::Changes(n) => write!(f, "{n} changes in 1 minute"),
        }
    }
}

impl AlarmThresholds {
    /// What is beyond the thresholds now.
    ///
    /// # Errors
    /// What the disk said.
    pub fn check(
        &self,
        actions: &ActionLogRepository,
        audits: &AuditLogRepository,
    ) -> Result<Vec<Alarm>, Error> {
        let now = actions.book().now();
        let since =
            |seconds| Query { from: Some(now.minus(Span::from_secs(seconds))), ..Query::default() };
        let hour = actions.tally(since(3600))?;
        let mut alarms = Vec::new();
        let rate = hour.failures() as f64 / hour.calls.max(1) as f64;
        if rate > self.error_rate_max {
            alarms.push(Alarm::ErrorRate(rate));
        }
        for (provider, tally) in by_provider(actions, since(3600))? {
            let average = tally.average_duration_ms().unwrap_or(0.0);
            if average > self.average_ms_max {
                alarms.push(Alarm::Latency(provider, average));
            }
        }
        let failures = actions.tally(since(300))?.failures();
        if failures > self.failures_max {
            alarms.push(Alarm::Failures(failures));
        }
        let changes = audits.changes_within(60)?;
        if changes > self.changes_max {
            alarms.push(Alarm::Changes(changes));
        }
        Ok(alarms)
    }
}

fn by_provider(
    actions: &ActionLogRepository,
    query: Query<'_>,
) -> Result<std::collections::BTreeMap<String, Tally>, Error> {
    let log = actions.book().log()?;
    let mut tallies = std::collections::BTreeMap::<String, Tally>::new();
    let fits = |leaf: &Object| is_action(leaf);
    for entry in log.query(Query { filter: Some(&fits), ..query })? {
        let leaf = entry?.leaf;
        let provider = book::text(&leaf, "/action/provider/name").unwrap_or("unknown");
        tallies.entry(provider.to_owned()).or_default().add(&leaf, None);
    }
    Ok(tallies)
}
