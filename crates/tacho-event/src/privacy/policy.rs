//! What may be kept of an event: capture levels, minimisation, redaction, presets.

use super::capture::{Capture, CaptureRule, Level};
use super::disclose::Salting;
use super::minimise::ContentLogging;
use super::preset::Preset;
use super::scan::Scanner;
use crate::event::Event;
use std::sync::Arc;

/// How disclosures are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// At most `input`, `output`, `detail` and `who`: every digest is entropy that no compression
    /// removes.
    #[default]
    Class,
    /// One disclosure for each member, named by its pointer.
    Member,
}

/// A privacy policy, ready to use.
#[derive(Clone, Debug)]
pub struct Policy {
    preset: Preset,
    pub(super) capture: Capture,
    pub(super) content: ContentLogging,
    pub(super) scanner: Arc<Scanner>,
    pub(super) keeps_identity: bool,
    pub(super) salting: Salting,
    strict: bool,
    granularity: Granularity,
    evidence: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::preset(Preset::Development)
    }
}

impl Policy {
    /// The policy of a preset: its capture level, its identity rule, every built-in secret rule.
    pub fn preset(preset: Preset) -> Self {
        Self::new(preset, Scanner::builtin())
    }

    /// The policy of a preset with a scanner of its own; to make a scanner is work, so many
    /// policies can share one.
    pub fn new(preset: Preset, scanner: impl Into<Arc<Scanner>>) -> Self {
        let terms = preset.terms();
        Self {
            preset,
            capture: Capture::new(terms.level),
            content: ContentLogging::default(),
            scanner: scanner.into(),
            keeps_identity: terms.identity_days.is_some(),
            salting: Salting::default(),
            strict: false,
            granularity: Granularity::Class,
            evidence: Vec::new(),
        }
    }

    /// Adds capture rules, tried in order before the preset's level.
    #[must_use]
    pub fn with_rules(mut self, rules: Vec<CaptureRule>) -> Self {
        self.capture.rules = rules;
        self
    }

    /// Captures what no rule names at this level.
    #[must_use]
    pub fn with_level(mut self, level: Level) -> Self {
        self.capture.default = level;
        self
    }

    /// Keeps large or sensitive content as these settings say, at level `redacted`.
    #[must_use]
    pub fn with_content_logging(mut self, content: ContentLogging) -> Self {
        self.content = content;
        self
    }

    /// Hides the ids of agents and sessions too: the leaf shows stand-ins.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Cuts disclosures this way.
    #[must_use]
    pub fn with_granularity(mut self, granularity: Granularity) -> Self {
        self.granularity = granularity;
        self
    }

    /// Keeps the members at these dotted paths as long as the leaf.
    #[must_use]
    pub fn with_evidence(mut self, paths: Vec<String>) -> Self {
        self.evidence = paths;
        self
    }

    /// True if a rule, or the policy's own level, drops the event whole.
    pub fn drops(&self, event: &Event) -> bool {
        !event.is_system() && self.capture.level(event).0 == Level::None
    }

    /// The preset it was made from, which says how long and how parts are kept.
    pub fn preset_of(&self) -> Preset {
        self.preset
    }

    /// The scanner for secrets.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    pub(super) fn granularity(&self) -> Granularity {
        self.granularity
    }

    pub(super) fn evidence(&self) -> &[String] {
        &self.evidence
    }
}
