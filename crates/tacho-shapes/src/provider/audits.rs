//! Audit logs: who changed what, from what to what, from where.

use std::collections::BTreeMap;

use tacho_event::json::{Object, Value};
use tacho_event::{Draft, Span};
use tachograph::log::Query;
use tachograph::{Log, Receipt};

use super::actions::{LIMIT_MAX, Page};
use super::tenants::Tenants;
use crate::book::{self, Book};
use crate::error::Error;

/// Entries looked at for one page that filters by content.
const LOOKED_AT_MAX: usize = 1 << 20;

/// One change, as it is told.
#[derive(Clone, Debug, Default)]
pub struct Changed<'c> {
    /// What kind of resource.
    pub resource_type: &'c str,
    /// Which one.
    pub resource_id: &'c str,
    /// Who changed it.
    pub user_id: Option<&'c str>,
    /// From which address.
    pub ip_address: Option<&'c str>,
    /// With which program.
    pub user_agent: Option<&'c str>,
    /// What else is known.
    pub metadata: Object,
}

/// Records changes.
#[derive(Debug)]
pub struct AuditService<'d> {
    db: &'d Tenants,
}

impl<'d> AuditService<'d> {
    /// A service over the tenants of a store.
    pub fn new(db: &'d Tenants) -> Self {
        Self { db }
    }

    /// A resource was made; `data` is what it is.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub async fn log_create(
        &self,
        tenant_id: &str,
        what: &Changed<'_>,
        data: impl Into<Value>,
    ) -> Result<Receipt, Error> {
        self.log(tenant_id, draft("create", what).after(data)).await
    }

    /// A resource changed, from what to what.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub async fn log_update(
        &self,
        tenant_id: &str,
        what: &Changed<'_>,
        before: impl Into<Value>,
        after: impl Into<Value>,
    ) -> Result<Receipt, Error> {
        self.log(tenant_id, draft("update", what).before(before).after(after)).await
    }

    /// A resource was deleted; `data` is what it was.
    ///
    /// # Errors
    /// Why it was not recorded.
    pub async fn log_delete(
        &self,
        tenant_id: &str,
        what: &Changed<'_>,
        data: impl Into<Value>,
    ) -> Result<Receipt, Error> {
        self.log(tenant_id, draft("delete", what).before(data)).await
    }

    async fn log(&self, tenant_id: &str, draft: Draft) -> Result<Receipt, Error> {
        let book = self.db.book(tenant_id)?;
        Ok(book.ticket(draft).await?)
    }
}

fn draft(action: &str, what: &Changed<'_>) -> Draft {
    let mut draft = Draft::change(action, what.resource_type, what.resource_id);
    if let Some(user) = what.user_id {
        draft = draft.user(user);
    }
    if !what.metadata.is_empty() {
        draft.set("metadata.provider.metadata", what.metadata.clone());
    }
    draft.with_some("origin.ip", what.ip_address).with_some("origin.user_agent", what.user_agent)
}

/// Which changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'f> {
    /// Only `create`, `update`, `delete`, ...
    pub action: Option<&'f str>,
    /// Only resources of this type.
    pub resource_type: Option<&'f str>,
    /// Only this resource.
    pub resource_id: Option<&'f str>,
}

/// Reads one tenant's audit logs.
#[derive(Clone, Debug)]
pub struct AuditLogRepository {
    book: Book,
}

impl AuditLogRepository {
    /// The audit logs of a tenant.
    ///
    /// # Errors
    /// That this is no tenant's name, or why its book could not be opened.
    pub fn new(db: &Tenants, tenant_id: &str) -> Result<Self, Error> {
        Ok(Self { book: db.book(tenant_id)? })
    }

    /// The rows that meet the conditions, newest first.
    ///
    /// # Errors
    /// What the disk said.
    pub fn list(&self, filter: &AuditFilter<'_>, page: Page) -> Result<Vec<Object>, Error> {
        let log = self.book.log()?;
        let events = self.changes(&log, filter.action, Query::default())?;
        let is = |event: &Object, at: &str, word: Option<&str>| {
            word.is_none_or(|word| book::text(event, at) == Some(word))
        };
        let fits = events.iter().filter(|event| {
            is(event, "/change/resource_type", filter.resource_type)
                && is(event, "/change/resource_id", filter.resource_id)
        });
        Ok(page.of(fits.map(|event| self.row(event))))
    }

    /// The trail of one resource, newest first.
    ///
    /// # Errors
    /// What the disk said.
    pub fn resource_trail(
        &self,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<Vec<Object>, Error> {
        let (resource_type, resource_id) = (Some(resource_type), Some(resource_id));
        let filter = AuditFilter { resource_type, resource_id, ..AuditFilter::default() };
        self.list(&filter, Page { skip: 0, limit: LIMIT_MAX })
    }

    /// How often each user did what to which type of resource, in the last `days`.
    ///
    /// # Errors
    /// What the disk said.
    pub fn user_activity(&self, days: u32) -> Result<Vec<(Object, u64)>, Error> {
        let log = self.book.log()?;
        let from = Some(self.book.now().minus(Span::from_days(i64::from(days))));
        let mut counts: BTreeMap<[String; 3], u64> = BTreeMap::new();
        for event in self.changes(&log, None, Query { from, ..Query::default() })? {
            let member = |at: &str| book::text(&event, at).unwrap_or_default().to_owned();
            let key = ["/actor/id", "/action/name", "/change/resource_type"].map(member);
            *counts.entry(key).or_default() += 1;
        }
        let mut rows: Vec<_> = counts.into_iter().collect();
        rows.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
        let row = |[user, action, kind]: [String; 3]| {
            Object::from([("user_id", user), ("action", action), ("resource_type", kind)])
        };
        Ok(rows.into_iter().map(|(key, count)| (row(key), count)).collect())
    }

    /// How many changes there were in the last `seconds`.
    ///
    /// # Errors
    /// What the disk said.
    pub fn changes_within(&self, seconds: u32) -> Result<u64, Error> {
        let from = Some(self.book.now().minus(Span::from_secs(i64::from(seconds))));
        let fits = |leaf: &Object| is_change(leaf);
        let query = Query { from, filter: Some(&fits), ..Query::default() };
        Ok(self.book.log()?.query(query)?.count() as u64)
    }

    fn changes(
        &self,
        log: &Log,
        action: Option<&str>,
        query: Query<'_>,
    ) -> Result<Vec<Object>, Error> {
        let fits = |leaf: &Object| {
            is_change(leaf) && action.is_none_or(|a| book::text(leaf, "/action/name") == Some(a))
        };
        book::events(log, Query { filter: Some(&fits), ..query }, LOOKED_AT_MAX)
    }

    fn row(&self, event: &Object) -> Object {
        let mut row = book::write("provider", event);
        row.insert("tenant_id", self.book.tenant());
        row
    }
}

fn is_change(leaf: &Object) -> bool {
    book::text(leaf, "/action/type") == Some("change")
}
