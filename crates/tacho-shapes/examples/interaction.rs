//! Every code sample of the audit library's document, line by line, over one recorder.
//!
//! ```text
//! cargo run -p tacho-shapes --example interaction [DIR]
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::Path;

use tacho_event::json::{Object, Value};
use tacho_shapes::interaction::{
    AuditConfig, AuditError, AuditExporter, AuditLogger, AuditViewer, ChatFilter, ChatInteraction,
    ExportedFile, FileOperation, FullContent, PerformanceMetric, PersonaActivity, PresetConfigs,
    SessionSummary, ToolUsage,
};

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
    /// The interaction's id.
    pub(crate) chat_id: String,
    /// The usage's id.
    pub(crate) tool_id: String,
    /// What the session came to.
    pub(crate) summary: SessionSummary,
    /// The four presets, in the order of the document.
    pub(crate) presets: [AuditConfig; 4],
    /// The custom configuration.
    pub(crate) custom: AuditConfig,
    /// The latest interactions.
    pub(crate) recent_chats: Vec<Object>,
    /// The full content of the first.
    pub(crate) full_content: FullContent,
    /// The analytics report.
    pub(crate) analytics: Value,
    /// The export to JSON.
    pub(crate) export: Value,
    /// The files of the complete export.
    pub(crate) files: Vec<ExportedFile>,
}

impl Seen {
    /// What the samples gave, a line for each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let content = &self.full_content;
        let mut lines = vec![
            self.summary.to_value().to_string(),
            format!(
                "{} interactions, {} exported files",
                self.recent_chats.len(),
                self.files.len()
            ),
            self.analytics.to_string(),
            format!("chat {} and tool usage {}", self.chat_id, self.tool_id),
            format!("{:?}: intact {:?}", content.prompt, content.matches_hashes),
            self.export.to_string(),
        ];
        let configs = self.presets.iter().chain([&self.custom]);
        lines.extend(configs.map(|config| {
            format!(
                "{} days, sealed: {}",
                config.max_log_age_days, config.encrypt_sensitive_content
            )
        }));
        lines
    }
}

/// The samples, in the order of the document.
pub(crate) fn run(dir: &Path) -> Result<Seen, Box<dyn Error>> {
    // Create configuration
    let config = PresetConfigs::development("my_session_001", dir);

    // Initialize logger
    let audit_logger = AuditLogger::new(config)?;

    // Log a chat interaction
    let chat_id = audit_logger.log_chat_interaction(&ChatInteraction {
        interaction_type: "api_request",
        prompt: "What is the weather today?",
        response: "I cannot access real-time weather data...",
        model: Some("claude-3"),
        tokens_used: Some(45),
        duration_seconds: Some(1.2),
    })?;

    // Log tool usage
    let tool_id = audit_logger.log_tool_usage(&ToolUsage {
        tool_name: "weather_api",
        operation: "get_forecast",
        parameters: Object::from([("location", "New York")]),
        result: Object::from([("temperature", Value::from(72)), ("condition", "sunny".into())])
            .into(),
        success: true,
        duration_seconds: Some(0.5),
        error_message: None,
    })?;
    the_other_methods(&audit_logger)?;

    // Finalize session
    let summary = audit_logger.finalize_session()?;

    let (presets, custom) = configurations(dir);

    // Create viewer for active session, or load from existing audit files
    let viewer = AuditViewer::new(&audit_logger)?;
    let loaded = AuditViewer::load(&dir.join("audit_logs"))?;
    loaded.get_session_summary()?;

    // Get session summary, recent chat interactions, full content, analytics
    viewer.get_session_summary()?;
    let ten = ChatFilter { limit: Some(10), ..ChatFilter::default() };
    let recent_chats = viewer.get_chat_interactions(&ten)?;
    let full_content = viewer.get_full_interaction_content(&chat_id)?;
    let analytics = viewer.generate_analytics_report()?;

    // Data Export
    let exporter = AuditExporter::new(&audit_logger);
    let export = exporter.export_to_json(&dir.join("audit_complete.json"), true)?;
    exporter.export_chat_interactions_to_csv(&dir.join("chats.csv"))?;
    exporter.export_tool_usages_to_csv(&dir.join("tools.csv"))?;
    let files = exporter.export_complete_audit_to_directory(&dir.join("audit_exports"), true)?;

    Ok(Seen {
        chat_id,
        tool_id,
        summary,
        presets,
        custom,
        recent_chats,
        full_content,
        analytics,
        export,
        files,
    })
}

/// Configuration Presets, Custom Configuration.
fn configurations(dir: &Path) -> ([AuditConfig; 4], AuditConfig) {
    // Configuration Presets
    let (session_id, project_path) = ("my_session_001", dir);
    let presets = [
        PresetConfigs::development(session_id, project_path),
        PresetConfigs::production(session_id, project_path),
        PresetConfigs::compliance(session_id, project_path),
        PresetConfigs::minimal(session_id, project_path),
    ];

    // Custom Configuration
    let custom = AuditConfig {
        full_content_logging: true,
        encrypt_sensitive_content: true,
        max_log_age_days: 180,
        store_content_hashes: true,
        custom_metadata: Object::from([("department", "AI"), ("compliance", "SOX")]),
        ..AuditConfig::new("custom_session", project_path)
    };
    (presets, custom)
}

/// The methods that the document lists without a sample.
fn the_other_methods(audit_logger: &AuditLogger) -> Result<(), Box<dyn Error>> {
    audit_logger.log_persona_activity(&PersonaActivity {
        persona: "analyst",
        activity: "reviewed the forecast",
        user_id: Some("user_123"),
        duration_seconds: Some(3.5),
        context: Object::from([("page", "dashboard")]),
    })?;
    audit_logger.log_file_operation(&FileOperation {
        operation: "create",
        file_path: "reports/forecast.md",
        file_size: Some(1024),
        file_hash: Some("sha256:abc123"),
        success: true,
        error_message: None,
    })?;
    audit_logger.log_performance_metric(&PerformanceMetric {
        metric_name: "response_time",
        value: 1.2,
        unit: "seconds",
        context: Object::new(),
    })?;
    audit_logger.log_error(&AuditError {
        error_type: "ValueError",
        error_message: "no forecast for this place",
        stack_trace: Some("forecast.py:12"),
        severity: None,
        context: Object::from([("location", "Atlantis")]),
    })?;
    Ok(())
}
