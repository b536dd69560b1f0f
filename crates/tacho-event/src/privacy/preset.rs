//! The four presets of seed 001, as terms: how long, what, sealed or not.

use super::capture::Level;

/// A ready choice of terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// For building agents: everything for 30 days, cleaned up by itself. The default.
    #[default]
    Development,
    /// For running agents: a year, sealed; who it was for 30 days.
    Production,
    /// For auditors: seven years, sealed, anchors expected.
    Compliance,
    /// The least that is a log: no content, no people, 30 days.
    Minimal,
}

/// What a preset means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its name in configuration.
    pub name: &'static str,
    /// Days that leaves are kept.
    pub leaf_days: u32,
    /// Days that content is kept; none is captured without them.
    pub content_days: Option<u32>,
    /// Days that identity is kept; none is captured without them.
    pub identity_days: Option<u32>,
    /// Encrypts parts.
    pub sealed: bool,
    /// Cleans up by itself.
    pub cleanup: bool,
    /// Expects anchors outside, a service user, and refusal where sensitive actions cannot be
    /// recorded.
    pub expects_anchors: bool,
    /// The capture level of what no rule names.
    pub level: Level,
}

impl Preset {
    /// Every preset, in the order of the documentation.
    pub const ALL: [Preset; 4] =
        [Preset::Development, Preset::Production, Preset::Compliance, Preset::Minimal];

    /// The preset of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.terms().name == name)
    }

    /// What it means.
    pub const fn terms(self) -> Terms {
        let development = Terms {
            name: "development",
            leaf_days: 30,
            content_days: Some(30),
            identity_days: Some(30),
            sealed: false,
            cleanup: true,
            expects_anchors: false,
            level: Level::Full,
        };
        match self {
            Preset::Development => development,
            Preset::Production => Terms {
                name: "production",
                leaf_days: 365,
                content_days: Some(365),
                sealed: true,
                cleanup: false,
                level: Level::Redacted,
                ..development
            },
            Preset::Compliance => Terms {
                name: "compliance",
                leaf_days: 7 * 365,
                content_days: Some(7 * 365),
                identity_days: Some(7 * 365),
                sealed: true,
                cleanup: false,
                expects_anchors: true,
                level: Level::Full,
            },
            Preset::Minimal => Terms {
                name: "minimal",
                content_days: None,
                identity_days: None,
                level: Level::Metadata,
                ..development
            },
        }
    }
}
