//! Reports on a memory: a month for the auditor, the last hours for whoever watches.

use std::collections::BTreeMap;

use tacho_event::json::{Object, Value};
use tacho_event::{Span, Timestamp};

use super::event::EventQuery;
use super::logger::AuditLogger;
use super::words::{EventStatus, OperationType};
use crate::error::Error;

/// Who acts without a name.
const ANONYMOUS: &str = "anonymous";

/// What happened in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthlyReport {
    /// The month: `2025-01`.
    pub period: String,
    /// Events.
    pub total_events: u64,
    /// Events by operation.
    pub operations: BTreeMap<String, u64>,
    /// What each user did.
    pub user_activity: BTreeMap<String, UserActivity>,
}

/// What one user did in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserActivity {
    /// Events.
    pub total: u64,
    /// Entries were stored.
    pub stores: u64,
    /// The memory was asked.
    pub recalls: u64,
    /// Entries were deleted.
    pub deletions: u64,
}

impl MonthlyReport {
    /// Users, who has no name counted as one.
    pub fn users(&self) -> usize {
        self.user_activity.len()
    }

    /// The report as a document.
    pub fn to_value(&self) -> Value {
        let operations = self.operations.iter().map(|(name, n)| (name.as_str(), *n));
        let activity = self.user_activity.iter().map(|(user, one)| {
            let one = Object::from([
                ("total", one.total),
                ("stores", one.stores),
                ("recalls", one.recalls),
                ("deletions", one.deletions),
            ]);
            (user.as_str(), one)
        });
        Object::from([
            ("period", Value::from(self.period.as_str())),
            ("total_events", self.total_events.into()),
            ("users", self.users().into()),
            ("operations", operations.collect::<Object>().into()),
            ("user_activity", activity.collect::<Object>().into()),
        ])
        .into()
    }
}

/// When to warn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// More deletions in an hour.
    pub deletions_per_hour: usize,
    /// More failures in 15 minutes.
    pub failures_per_quarter: usize,
    /// More exports in 24 hours.
    pub exports_per_day: usize,
    /// A lower share of successes.
    pub success_rate_min: f64,
    /// A higher average duration.
    pub avg_duration_ms_max: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            deletions_per_hour: 100,
            failures_per_quarter: 10,
            exports_per_day: 5,
            success_rate_min: 0.95,
            avg_duration_ms_max: 1000.0,
        }
    }
}

/// Something unusual.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// So many deletions in the last hour.
    Deletions(usize),
    /// So many failures in the last 15 minutes.
    Failures(usize),
    /// So many exports in the last 24 hours.
    Exports(usize),
    /// The share of successes is low.
    SuccessRate(f64),
    /// Operations take long, in milliseconds.
    Latency(f64),
    /// So many events are lost.
    Lost(u64),
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deletions(n) => write!(f, "Excessive deletions: {n} in last hour"),
            Self::Failures(n) => write!(f, "Multiple failures: {n} in 15 minutes"),
            Self::Exports(n) => write!(f, "Unusual export activity: {n} in 24 hours"),
            Self::SuccessRate(rate) => write!(f, "Low success rate: {rate:.2}"),
            Self::Latency(ms) => write!(f, "High latency: {ms:.0} ms on average"),
            Self::Lost(n) => write!(f, "Events lost: {n}"),
        }
    }
}

impl AuditLogger {
    /// What happened in a month of 1 to 12; December ends with the year.
    ///
    /// # Errors
    /// That there is no such month, or what the disk said.
    pub fn generate_compliance_report(
        &self,
        month: u32,
        year: i32,
    ) -> Result<MonthlyReport, Error> {
        let missing = || Error::Missing { what: "month", name: format!("{year}-{month:02}") };
        let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let start_time = Some(first_of(month, year).ok_or_else(missing)?);
        let end_time = Some(first_of(next, next_year).ok_or_else(missing)?);
        let query = EventQuery { start_time, end_time, ..EventQuery::default() };
        let period = format!("{year:04}-{month:02}");
        let mut report = MonthlyReport { period, ..MonthlyReport::default() };
        for event in self.query_events(&query)? {
            report.total_events += 1;
            let user = event.user_id().unwrap_or(ANONYMOUS).to_owned();
            let user = report.user_activity.entry(user).or_default();
            user.total += 1;
            let Some(operation) = event.operation() else { continue };
            *report.operations.entry(operation.as_str().to_owned()).or_default() += 1;
            match operation {
                OperationType::Store => user.stores += 1,
                OperationType::Recall => user.recalls += 1,
                OperationType::Forget => user.deletions += 1,
                _ => {}
            }
        }
        Ok(report)
    }

    /// What is unusual about the last hours.
    ///
    /// # Errors
    /// What the disk said.
    pub fn monitor_security(&self, limits: &Thresholds) -> Result<Vec<Warning>, Error> {
        let count = |operation, status, span: Span| {
            let start_time = Some(self.now().minus(span));
            let query = EventQuery { operation, status, start_time, ..EventQuery::default() };
            self.query_events(&query).map(|events| events.len())
        };
        let deletions = count(Some(OperationType::Forget), None, Span::from_secs(3600))?;
        let failures = count(None, Some(EventStatus::Failure), Span::from_secs(900))?;
        let exports = count(Some(OperationType::Export), None, Span::from_days(1))?;
        let unusual = [
            (deletions > limits.deletions_per_hour).then_some(Warning::Deletions(deletions)),
            (failures > limits.failures_per_quarter).then_some(Warning::Failures(failures)),
            (exports > limits.exports_per_day).then_some(Warning::Exports(exports)),
        ];
        Ok(unusual.into_iter().flatten().collect())
    }

    /// What is unhealthy about the whole.
    ///
    /// # Errors
    /// What the disk said.
    pub fn check_health(&self, limits: &Thresholds) -> Result<Vec<Warning>, Error> {
        let stats = self.get_statistics()?;
        let (rate, latency) = (stats.success_rate, stats.avg_duration_ms);
        let is_low = stats.total_events > 0 && rate < limits.success_rate_min;
        let unhealthy = [
            is_low.then_some(Warning::SuccessRate(rate)),
            (latency > limits.avg_duration_ms_max).then_some(Warning::Latency(latency)),
            (stats.lost.count > 0).then_some(Warning::Lost(stats.lost.count)),
        ];
        Ok(unhealthy.into_iter().flatten().collect())
    }
}

fn first_of(month: u32, year: i32) -> Option<Timestamp> {
    Timestamp::parse(&format!("{year:04}-{month:02}-01T00:00:00Z"))
}
