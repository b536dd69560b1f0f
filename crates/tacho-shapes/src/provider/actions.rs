//! Action logs: what was asked of providers, and what came of it.

use std::collections::BTreeMap;

use tacho_event::json::{Object, Value};
use tacho_event::{Span, Status};
use tachograph::log::{Query, Tally, Users};
use tachograph::{Log, Receipt};

use super::tenants::Tenants;
use crate::book::{self, Book};
use crate::error::Error;

/// Rows of one page, at most.
pub const LIMIT_MAX: usize = 1000;
/// Rows of recent failures, at most.
pub const FAILED_LIMIT_MAX: usize = 100;
/// How far back recent failures may lie.
pub const MINUTES_MAX: u32 = 1440;

/// One operation at a provider, as it is told.
#[derive(Clone, Debug, Default)]
pub struct ActionLog<'a> {
    /// `crm_create`, `email_send`, ...
    pub action_type: &'a str,
    /// `hubspot`, `zendesk`, `google`, ...
    pub provider_name: &'a str,
    /// What was sent.
    pub request_payload: Value,
    /// What came back.
    pub response_data: Value,
    /// `pending`, `success`, `failure`, `timeout`, `retry`, in any case.
    pub status: &'a str,
    /// What went wrong.
    pub error_message: Option<&'a str>,
    /// How long it took.
    pub execution_time_ms: f64,
    /// What else is known.
    pub metadata: Object,
}

impl ActionLog<'_> {
    pub(crate) fn record(&self) -> Object {
        let mut record = Object::from([
            ("action_type", Value::from(self.action_type)),
            ("provider_name", self.provider_name.into()),
            ("status", self.status.to_ascii_lowercase().into()),
            ("execution_time_ms", self.execution_time_ms.into()),
            ("error_message", Value::from(self.error_message)),
        ]);
        for (name, value) in
            [("request_payload", &self.request_payload), ("response_data", &self.response_data)]
        {
            if !value.is_null() {
                record.insert(name, value.clone());
            }
        }
        if !self.metadata.is_empty() {
            record.insert("metadata", self.metadata.clone());
        }
        record
    }
}

/// Records an operation at a provider; done when it is as safe as the settings say.
///
/// # Errors
/// Every problem of the row, or why it was not recorded.
pub async fn log_action(
    tenant_id: &str,
    action: ActionLog<'_>,
    db: &Tenants,
) -> Result<Receipt, Error> {
    let book = db.book(tenant_id)?;
    let draft = book.read("provider", &action.record())?;
    Ok(book.ticket(draft).await?)
}

/// A page of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows left out first.
    pub skip: usize,
    /// Rows given; at most [`LIMIT_MAX`].
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { skip: 0, limit: 100 }
    }
}

impl Page {
    pub(super) fn of(self, rows: impl Iterator<Item = Object>) -> Vec<Object> {
        rows.skip(self.skip).take(self.limit.min(LIMIT_MAX)).collect()
    }
}

/// Which operations.
#[derive(Clone, Copy, Debug, Default)]
pub struct ActionFilter<'f> {
    /// Only of this type.
    pub action_type: Option<&'f str>,
    /// Only those that ended so; in any case.
    pub status: Option<&'f str>,
    /// Only at this provider.
    pub provider_name: Option<&'f str>,
}

/// Numbers over a tenant's operations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionStatistics {
    /// Operations.
    pub total_actions: u64,
    /// Those that worked.
    pub successful_actions: u64,
    /// Those that failed, timed out or were denied.
    pub failed_actions: u64,
    /// Their average duration; 0 if none was told.
    pub average_execution_time_ms: f64,
    /// Operations by type.
    pub actions_by_type: BTreeMap<String, u64>,
    /// Operations by provider.
    pub actions_by_provider: BTreeMap<String, u64>,
}

impl ActionStatistics {
    pub(super) fn of(tally: &Tally) -> Self {
        Self {
            total_actions: tally.calls,
            successful_actions: tally.successes(),
            failed_actions: tally.failures(),
            average_execution_time_ms: tally.average_duration_ms().unwrap_or(0.0),
            actions_by_type: tally.by_name.clone(),
            actions_by_provider: tally.by_provider.clone(),
        }
    }

    /// The numbers as a document.
    pub fn to_value(&self) -> Value {
        let counts = |counts: &BTreeMap<String, u64>| -> Value {
            counts.iter().map(|(name, n)| (name.as_str(), *n)).collect::<Object>().into()
        };
        Object::from([
            ("total_actions", Value::from(self.total_actions)),
            ("successful_actions", self.successful_actions.into()),
            ("failed_actions", self.failed_actions.into()),
            ("average_execution_time_ms", self.average_execution_time_ms.into()),
            ("actions_by_type", counts(&self.actions_by_type)),
            ("actions_by_provider", counts(&self.actions_by_provider)),
        ])
        .into()
    }
}

/// Reads one tenant's action logs.
#[derive(Clone, Debug)]
pub struct ActionLogRepository {
    book: Book,
}

impl ActionLogRepository {
    /// The action logs of a tenant.
    ///
    /// # Errors
    /// That this is no tenant's name, or why its book could not be opened.
    pub fn new(db: &Tenants, tenant_id: &str) -> Result<Self, Error> {
        Ok(Self::of(db.book(tenant_id)?))
    }

    /// The action logs in a book.
    pub fn of(book: Book) -> Self {
        Self { book }
    }

    /// The rows that meet the conditions, newest first, without payloads.
    ///
    /// # Errors
    /// What the disk said.
    pub fn list(&self, filter: &ActionFilter<'_>, page: Page) -> Result<Vec<Object>, Error> {
        let log = self.book.log()?;
        let status = filter.status.map(str::to_ascii_lowercase);
        let fits = |leaf: &Object| {
            let is = |at: &str, word: Option<&str>| {
                word.is_none_or(|word| book::text(leaf, at) == Some(word))
            };
            is_action(leaf)
                && is("/action/name", filter.action_type)
                && is("/outcome/status", status.as_deref())
                && is("/action/provider/name", filter.provider_name)
        };
        self.rows(&log, Query { filter: Some(&fits), ..Query::default() }, page)
    }

    /// One row with its payloads; none if there is no such row.
    ///
    /// # Errors
    /// What the disk said.
    pub fn get(&self, action_id: &str) -> Result<Option<Object>, Error> {
        let log = self.book.log()?;
        let found = log.find(action_id)?;
        let Some(entry) = found.iter().find(|entry| is_action(&entry.leaf)) else {
            return Ok(None);
        };
        let mut row = book::write("provider", &book::reveal(&log, entry)?);
        for name in ["request_payload", "metadata"] {
            if row.get(name).is_none() {
                row.insert(name, Object::new());
            }
        }
        if let Some(at) = row.get("created_at").cloned() {
            row.insert("updated_at", at);
        }
        row.insert("tenant_id", self.book.tenant());
        Ok(Some(row))
    }

    /// Failures of the last `minutes` (at most a day), newest first, without payloads.
    ///
    /// # Errors
    /// What the disk said.
    pub fn recent_failures(&self, minutes: u32, limit: usize) -> Result<Vec<Object>, Error> {
        let log = self.book.log()?;
        let span = Span::from_secs(i64::from(minutes.min(MINUTES_MAX)) * 60);
        let fits = |leaf: &Object| is_action(leaf) && is_failure(leaf);
        let from = Some(self.book.now().minus(span));
        let page = Page { skip: 0, limit: limit.min(FAILED_LIMIT_MAX) };
        self.rows(&log, Query { from, filter: Some(&fits), ..Query::default() }, page)
    }

    /// Numbers over all of the tenant's operations.
    ///
    /// # Errors
    /// What the disk said.
    pub fn stats(&self) -> Result<ActionStatistics, Error> {
        Ok(ActionStatistics::of(&self.tally(Query::default())?))
    }

    /// The trunk's tally of the operations that meet the conditions.
    ///
    /// # Errors
    /// What the disk said.
    pub fn tally(&self, query: Query<'_>) -> Result<Tally, Error> {
        let asked = query.filter;
        let fits = |leaf: &Object| is_action(leaf) && asked.is_none_or(|asked| asked(leaf));
        Ok(self.book.log()?.tally(Query { filter: Some(&fits), ..query }, Users::Hidden)?)
    }

    /// Average execution time of successes by provider, in milliseconds, and how many they are.
    ///
    /// # Errors
    /// What the disk said.
    pub fn average_time_by_provider(&self) -> Result<BTreeMap<String, (f64, u64)>, Error> {
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        let log = self.book.log()?;
        let fits = |leaf: &Object| {
            is_action(leaf) && book::text(leaf, "/outcome/status") == Some("success")
        };
        for entry in log.query(Query { filter: Some(&fits), ..Query::default() })? {
            let leaf = entry?.leaf;
            let provider = book::text(&leaf, "/action/provider/name").unwrap_or("unknown");
            tallies.entry(provider.to_owned()).or_default().add(&leaf, None);
        }
        let average = |tally: &Tally| tally.average_duration_ms().unwrap_or(0.0);
        Ok(tallies
            .into_iter()
            .map(|(name, tally)| (name, (average(&tally), tally.calls)))
            .collect())
    }

    /// The slowest successes, slowest first, without payloads.
    ///
    /// # Errors
    /// What the disk said.
    pub fn slowest(&self, limit: usize) -> Result<Vec<Object>, Error> {
        let log = self.book.log()?;
        let fits = |leaf: &Object| {
            is_action(leaf) && book::text(leaf, "/outcome/status") == Some("success")
        };
        let limit = limit.min(LIMIT_MAX);
        let mut slowest: Vec<(f64, u64)> = Vec::new();
        for entry in log.query(Query { filter: Some(&fits), ..Query::default() })? {
            let entry = entry?;
            let took = entry.leaf.at("/resources/duration_ms").and_then(Value::as_f64);
            slowest.push((took.unwrap_or(0.0), entry.index));
            if slowest.len() > limit.saturating_mul(2).max(64) {
                keep_slowest(&mut slowest, limit);
            }
        }
        keep_slowest(&mut slowest, limit);
        let mut rows = Vec::with_capacity(slowest.len());
        for (_, index) in slowest {
            if let Some(entry) = log.get(index)? {
                rows.push(self.row(&book::reveal(&log, &entry)?));
            }
        }
        Ok(rows)
    }

    /// The book it reads.
    pub fn book(&self) -> &Book {
        &self.book
    }

    fn rows(&self, log: &Log, query: Query<'_>, page: Page) -> Result<Vec<Object>, Error> {
        let max = page.skip.saturating_add(page.limit.min(LIMIT_MAX));
        let events = book::events(log, query, max)?;
        Ok(page.of(events.iter().map(|event| self.row(event))))
    }

    /// A row as lists show it.
    fn row(&self, event: &Object) -> Object {
        let mut row = book::write("provider", event);
        row.retain(|name, _| LISTED.contains(&name));
        row.insert("tenant_id", self.book.tenant());
        row
    }
}

/// The columns of a list.
const LISTED: &[&str] = &[
    "id",
    "tenant_id",
    "action_type",
    "provider_name",
    "status",
    "error_message",
    "execution_time_ms",
    "created_at",
];

pub(super) fn is_action(leaf: &Object) -> bool {
    book::text(leaf, "/action/type") == Some("provider")
}

fn is_failure(leaf: &Object) -> bool {
    let status = book::text(leaf, "/outcome/status").and_then(Status::parse);
    matches!(status, Some(Status::Failure | Status::Timeout | Status::Denied))
}

fn keep_slowest(slowest: &mut Vec<(f64, u64)>, limit: usize) {
    slowest.sort_by(|(a, i), (b, j)| b.total_cmp(a).then(i.cmp(j)));
    slowest.truncate(limit);
}
