//! What is logged of a session, how long and how.

use std::path::{Path, PathBuf};

use tacho_event::json::Object;
use tacho_event::privacy::{Policy, Preset};

use crate::lines::Rotation;

/// The settings of one session's logger.
#[derive(Clone, Debug)]
pub struct AuditConfig {
    /// The session.
    pub session_id: String,
    /// The project, below which `audit_logs/` lies.
    pub project_path: PathBuf,
    /// Whether prompts and responses are kept, or their lengths and digests alone.
    pub full_content_logging: bool,
    /// Whether content is to be sealed, whatever the preset says; content that is sealed is not
    /// written beside the store.
    pub encrypt_sensitive_content: bool,
    /// Whether SHA-256 digests of prompts and responses are kept.
    pub store_content_hashes: bool,
    /// Days after which logs may go.
    pub max_log_age_days: u32,
    /// What else is to stand in the session's record.
    pub custom_metadata: Object,
    /// Whether calls return before the record is safe.
    pub async_logging: bool,
    /// Records that may wait to be written.
    pub buffer_size: usize,
    /// Records that are written together.
    pub batch_size: usize,
    /// When the files of lines are moved aside.
    pub rotation: Rotation,
    /// The privacy preset of the store.
    pub preset: Preset,
    /// Where the keys lie that seal and open, outside the store; none for
    /// [`crate::paper::default_keys`].
    pub keys: Option<PathBuf>,
}

impl AuditConfig {
    /// The settings for development, to be changed member by member.
    pub fn new(session_id: &str, project_path: &Path) -> Self {
        Self {
            session_id: session_id.to_owned(),
            project_path: project_path.to_owned(),
            full_content_logging: true,
            encrypt_sensitive_content: false,
            store_content_hashes: true,
            max_log_age_days: Preset::Development.terms().leaf_days,
            custom_metadata: Object::new(),
            async_logging: false,
            buffer_size: 16_384,
            batch_size: 1000,
            rotation: Rotation::default(),
            preset: Preset::Development,
            keys: None,
        }
    }

    /// Where the files lie: `project_path/audit_logs`.
    pub fn audit_path(&self) -> PathBuf {
        self.project_path.join("audit_logs")
    }

    /// What may be kept, by the preset.
    pub fn policy(&self) -> Policy {
        Policy::preset(self.preset)
    }

    /// True if prompts and responses are written beside the store too.
    pub(super) fn writes_content(&self) -> bool {
        self.full_content_logging && !self.seals()
    }

    /// True if content is sealed.
    pub(super) fn seals(&self) -> bool {
        self.encrypt_sensitive_content || self.preset.terms().sealed
    }

    /// The settings as they stand in the session's record.
    pub(super) fn snapshot(&self) -> Object {
        let mut snapshot = Object::from([
            ("full_content_logging", self.full_content_logging),
            ("encrypt_sensitive_content", self.encrypt_sensitive_content),
            ("store_content_hashes", self.store_content_hashes),
        ]);
        snapshot.insert("max_log_age_days", self.max_log_age_days);
        snapshot.insert("preset", self.preset.terms().name);
        snapshot.insert("custom_metadata", self.custom_metadata.clone());
        snapshot
    }
}

/// Ready settings.
#[derive(Clone, Copy, Debug)]
pub struct PresetConfigs;

impl PresetConfigs {
    /// Everything for 30 days, cleaned up by itself.
    pub fn development(session_id: &str, project_path: &Path) -> AuditConfig {
        AuditConfig::new(session_id, project_path)
    }

    /// A year, encrypted.
    pub fn production(session_id: &str, project_path: &Path) -> AuditConfig {
        Self::of(Preset::Production, session_id, project_path)
    }

    /// Seven years, encrypted.
    pub fn compliance(session_id: &str, project_path: &Path) -> AuditConfig {
        Self::of(Preset::Compliance, session_id, project_path)
    }

    /// That it happened, and no content; 30 days.
    pub fn minimal(session_id: &str, project_path: &Path) -> AuditConfig {
        let config = Self::of(Preset::Minimal, session_id, project_path);
        AuditConfig { full_content_logging: false, ..config }
    }

    fn of(preset: Preset, session_id: &str, project_path: &Path) -> AuditConfig {
        let terms = preset.terms();
        AuditConfig {
            encrypt_sensitive_content: terms.sealed,
            max_log_age_days: terms.leaf_days,
            preset,
            ..AuditConfig::new(session_id, project_path)
        }
    }
}
