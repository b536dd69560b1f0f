//! Every code sample of the vault's document, line by line, over one recorder.
//!
//! ```text
//! cargo run -p tacho-shapes --example journal [DIR]
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use tacho_event::json::Object;
use tacho_event::{Severity, Timestamp};
use tacho_shapes::journal::{
    AuditAction, AuditActor, AuditLogEntry, AuditLogger, graceful_fallback,
    retry_on_transient_error,
};
use tacho_shapes::retry::CallError;

/// Runs in `DIR`, else in a directory that is gone afterwards.
#[cfg_attr(test, expect(dead_code, reason = "tests call `run`"))]
fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let dir = std::env::args_os().nth(1).map(std::path::PathBuf::from);
    let seen = run(&dir.unwrap_or_else(|| scratch.path().to_owned()))?;
    seen.lines().iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// What the samples gave.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Calls of the external API until it worked.
    pub(crate) calls: u32,
    /// What the fallback answered.
    pub(crate) fallback: String,
    /// Lines written into `Logs/`.
    pub(crate) lines: u64,
}

impl Seen {
    /// What the samples gave, a line for each.
    pub(crate) fn lines(&self) -> Vec<String> {
        vec![
            format!("{} calls until it worked; without it: {}", self.calls, self.fallback),
            format!("{} lines in the daily files", self.lines),
        ]
    }
}

/// The samples, in the order of the document.
pub(crate) fn run(dir: &Path) -> Result<Seen, Box<dyn Error>> {
    // Log Format: the record that the document shows, as it shows it.
    let audit_logger = AuditLogger::open(&dir.join("store"), &dir.join("Logs"))?;
    audit_logger.log(&AuditLogEntry {
        timestamp: Timestamp::parse("2026-02-20T07:21:42.457Z"),
        ..AuditLogEntry::new(AuditActor::Mcp, AuditAction::McpCall, true).session("session-123")
    })?;

    // Logging an MCP Call. `get_audit_logger()` opens the store that the environment names.
    audit_logger.log_mcp_call(
        "social_mcp",
        "facebook_post",
        Object::from([("text", "Hello World"), ("image_url", "https://...")]),
        true,
        Object::from([("post_id", "12345")]),
        Some("session-123"),
    )?;

    // Adding Error Recovery to Functions.
    let mut calls = 0;
    let retry = retry_on_transient_error(3, 1.0)
        .seed(7)
        .recorded(audit_logger.book(), "call_external_api")
        .session("session-123");
    retry.run_with(no_sleep, || {
        calls += 1;
        if calls < 3 { Err(CallError::http(429)) } else { Ok(()) }
    })?;

    // Graceful Fallbacks.
    let fallback_function = || "Manual processing completed".to_owned();
    let primary_function = || Err(CallError::http(503));
    let fallback = graceful_fallback(fallback_function)
        .recorded(audit_logger.book(), "primary_function")
        .session("session-123")
        .run(primary_function);

    every_other_kind(&audit_logger)?;
    let lines = audit_logger.flush()?;
    Ok(Seen { calls, fallback, lines })
}

/// The kinds of records that the document names without a sample.
fn every_other_kind(log: &AuditLogger) -> Result<(), Box<dyn Error>> {
    let session = Some("session-123");
    let model = || Object::from([("model", "claude-3")]);
    log.log_claude_request("What is due?", Some("Two invoices."), true, model(), session)?;
    log.log_watcher_event("inbox", Object::from([("file", "invoice.pdf")]), session)?;
    log.log_task_processing("task-7", "started", true, Object::new(), session)?;
    log.log_file_operation("move", "Done/task-7.md", true, session)?;
    log.log_task_processing("task-7", "completed", true, Object::new(), session)?;
    let context = Object::from([("service", "odoo_mcp")]);
    log.log_error("Odoo does not answer", Severity::Critical, context, session)?;
    for success in [true, false] {
        let action = AuditAction::ApiKeyValidation;
        log.log_security_event(action, "social_mcp", success, Object::new(), session)?;
        let action = AuditAction::Authentication;
        log.log_security_event(action, "odoo_mcp", success, Object::new(), session)?;
        let action = AuditAction::AccessAttempt;
        log.log_security_event(action, "vault", success, Object::new(), session)?;
    }
    let usage = Object::from([("memory_mb", 128)]);
    log.log_performance("facebook_post", 245.5, usage, session)?;
    log.log_health_check("odoo_mcp", false, Object::from([("http", 503)]), session)?;
    log.log_ralph_iteration("task-7", 1, "read the invoice", true, Object::new(), session)?;
    let (before, after) = (Object::from([("total", 90)]), Object::from([("total", 100)]));
    log.log_data_change("invoice", "INV-1", before, after, session)?;
    for (actor, action, success) in [
        (AuditActor::SocialMcp, AuditAction::RequestReceived, true),
        (AuditActor::SocialMcp, AuditAction::ResponseSent, true),
        (AuditActor::Orchestrator, AuditAction::ExternalCall, true),
        (AuditActor::OdooMcp, AuditAction::DatabaseOperation, true),
        (AuditActor::OdooMcp, AuditAction::BusinessOperation, true),
        (AuditActor::OdooMcp, AuditAction::Payment, true),
        (AuditActor::OdooMcp, AuditAction::CustomerCreation, true),
        (AuditActor::System, AuditAction::ServiceUnavailable, false),
        (AuditActor::Orchestrator, AuditAction::ManualTaskCreated, true),
    ] {
        let details = Object::from([("operation", action.as_str())]);
        log.log_event(actor, action, success, details, None, session)?;
    }
    Ok(())
}

/// A program sleeps here; an example need not.
fn no_sleep(_: Duration) {}
