//! Every code sample of the adapter's document that is not an HTTP route or SQL, line by line.
//!
//! ```text
//! cargo run -p tacho-shapes --example provider [DIR]
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use tacho_event::json::{Object, Value};
use tacho_event::privacy::Policy;
use tacho_shapes::provider::{
    ActionFilter, ActionLog, ActionLogRepository, ActionStatistics, AlarmThresholds, AuditFilter,
    AuditLogRepository, AuditService, Changed, Page, Tenants, log_action,
};
use tachograph::files::OsFiles;
use tachograph::store::{Remote, Store};
use tachograph::world::OsWorld;

/// The document's tenant.
pub(crate) const TENANT: &str = "123e4567-e89b-12d3-a456-426614174000";

/// Runs in `DIR`, else in a directory that is gone afterwards.
#[cfg_attr(test, expect(dead_code, reason = "tests call `run`"))]
fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let dir = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let seen = tacho_testkit::block_on(run(&dir.unwrap_or_else(|| scratch.path().to_owned())))?;
    seen.lines().iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// What the samples gave.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Rows of the list of actions.
    pub(crate) actions: Vec<Object>,
    /// The first of them with its payloads.
    pub(crate) details: Option<Object>,
    /// Recent failures.
    pub(crate) failed: Vec<Object>,
    /// Updates of tenants.
    pub(crate) audits: Vec<Object>,
    /// The trail of the tenant.
    pub(crate) trail: Vec<Object>,
    /// The statistics.
    pub(crate) stats: ActionStatistics,
    /// What the analytics queries count: providers, users' activities, slowest operations.
    pub(crate) analytics: (usize, Vec<(Object, u64)>, Vec<Object>),
    /// What is beyond the thresholds.
    pub(crate) alarms: usize,
}

impl Seen {
    /// What the samples gave, a line for each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (providers, activity, slowest) = &self.analytics;
        let counts = (activity.len(), self.alarms);
        let mut lines =
            vec![format!("{providers} providers, {} activities, {} alarms", counts.0, counts.1)];
        let rows = self.actions.iter().chain(&self.details).chain(&self.failed).chain(slowest);
        let rows = rows.chain(&self.audits).chain(&self.trail);
        lines.extend(rows.map(|row| Value::from(row.clone()).to_string()));
        lines.push(self.stats.to_value().to_string());
        lines
    }
}

/// The samples, in the order of the document.
pub(crate) async fn run(dir: &Path) -> Result<Seen, Box<dyn Error>> {
    let world = Arc::new(OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), dir, Remote::Refused)?;
    let db = Tenants::new(&store, world, Policy::default());

    let action_id = actions_of(&db).await?;

    // Manual Audit Logging: a creation, an update with before/after, a deletion
    let audit_service = AuditService::new(&db);
    let tenant = Changed {
        resource_type: "tenant",
        resource_id: TENANT,
        user_id: Some("admin@example.com"),
        ip_address: Some("192.168.1.100"),
        user_agent: Some("Mozilla/5.0"),
        ..Changed::default()
    };
    let data = Object::from([("name", "Old Name"), ("slug", "old-name")]);
    audit_service.log_create(TENANT, &tenant, data).await?;
    let (before, after) = ([("name", "Old Name")], [("name", "New Name")]);
    let (before, after) = (Object::from(before), Object::from(after));
    let unseen = Changed { user_agent: None, ..tenant.clone() };
    audit_service.log_update(TENANT, &unseen, before, after).await?;
    let key = Changed { resource_type: "api_key", resource_id: "key-12345", ..unseen };
    audit_service.log_delete(TENANT, &key, Object::from([("key_hash", "...")])).await?;

    // The queries behind the API endpoints 1 to 6
    let actions = ActionLogRepository::new(&db, TENANT)?;
    let audits = AuditLogRepository::new(&db, TENANT)?;
    let filter = ActionFilter {
        action_type: Some("crm_create"),
        status: Some("success"),
        ..ActionFilter::default()
    };
    let updates = AuditFilter {
        action: Some("update"),
        resource_type: Some("tenant"),
        ..AuditFilter::default()
    };
    let slowest = actions.slowest(20)?;
    let analytics = (actions.average_time_by_provider()?.len(), audits.user_activity(7)?, slowest);
    Ok(Seen {
        actions: actions.list(&filter, Page { skip: 0, limit: 50 })?,
        details: actions.get(&action_id)?,
        failed: actions.recent_failures(120, 20)?,
        audits: audits.list(&updates, Page::default())?,
        trail: audits.resource_trail("tenant", TENANT)?,
        stats: actions.stats()?,
        analytics,
        alarms: AlarmThresholds::default().check(&actions, &audits)?.len(),
    })
}

/// Automatic Action Logging: what the layer does at every endpoint; gives the first row's id.
async fn actions_of(db: &Tenants) -> Result<String, Box<dyn Error>> {
    // Automatic Action Logging
    let contact = Object::from([
        ("email", "john.doe@example.com"),
        ("firstname", "John"),
        ("lastname", "Doe"),
    ]);
    let created = ActionLog {
        action_type: "crm_create",
        provider_name: "hubspot",
        request_payload: contact.into(),
        response_data: Object::from([
            ("id", Value::from("12345")),
            ("properties", Object::new().into()),
        ])
        .into(),
        status: "success",
        execution_time_ms: 245.0,
        ..ActionLog::default()
    };
    let receipt = log_action(TENANT, created, db).await?;
    let failed = ActionLog {
        action_type: "helpdesk_create_ticket",
        provider_name: "zendesk",
        status: "FAILURE",
        error_message: Some("503 from zendesk"),
        execution_time_ms: 1200.0,
        ..ActionLog::default()
    };
    log_action(TENANT, failed, db).await?;
    Ok(receipt.id.as_str().to_owned())
}
