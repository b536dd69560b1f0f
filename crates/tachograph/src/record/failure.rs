//! What happens to an action that cannot be recorded, by how risky it is.

use std::fmt;
use tacho_event::json::Value;
use tacho_event::{ActionType, Draft};

/// What a failing store means for the action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The agent goes on: log, else spool, else the loss is noted and named by a `gap` event.
    Open,
    /// Log, else spool, else an error: the caller decides.
    #[default]
    Spool,
    /// In the log as safe as asked, else an error: the action is to be refused.
    Closed,
}

impl OnFailure {
    /// The word in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            OnFailure::Open => "open",
            OnFailure::Spool => "spool",
            OnFailure::Closed => "closed",
        }
    }

    /// The policy of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [OnFailure::Open, OnFailure::Spool, OnFailure::Closed]
            .into_iter()
            .find(|policy| policy.as_str() == word)
    }
}

impl fmt::Display for OnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happens to an event that the disk has no room for, before the failure policy is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Nothing: the failure policy of its class decides.
    #[default]
    Block,
    /// It is recorded without its content, and a `gap` event counts what was dropped.
    DropContent,
    /// The agent goes on, whatever the class says; the loss is named by a `gap` event.
    FailOpen,
}

impl WhenFull {
    /// The word in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            WhenFull::Block => "block",
            WhenFull::DropContent => "drop-content",
            WhenFull::FailOpen => "fail-open",
        }
    }

    /// The policy of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [WhenFull::Block, WhenFull::DropContent, WhenFull::FailOpen]
            .into_iter()
            .find(|policy| policy.as_str() == word)
    }
}

/// How much it matters that an action is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Reading, talking, thinking.
    Ordinary,
    /// What changes something: tools, providers, files, resources.
    Changing,
    /// What the source calls sensitive, needs `admin`, or is about permission itself.
    Sensitive,
}

impl Risk {
    /// The risk of an action, from what its draft says of it.
    pub fn of(draft: &Draft) -> Self {
        let action = draft.object().object("action").and_then(|action| action.str("type"));
        let action = action.and_then(ActionType::parse);
        let security = draft.object().object("security");
        let says = |member: &str| security.and_then(|security| security.get(member));
        let sensitive = says("sensitive_data_accessed") == Some(&Value::Bool(true));
        let level = says("permission_level").and_then(Value::as_str);
        let about_permission = matches!(
            action,
            Some(ActionType::Approval | ActionType::Auth | ActionType::Admin | ActionType::Access)
        );
        if sensitive || about_permission || level == Some("admin") {
            return Risk::Sensitive;
        }
        match action {
            Some(
                ActionType::Tool
                | ActionType::Skill
                | ActionType::Mcp
                | ActionType::Provider
                | ActionType::File
                | ActionType::Change
                | ActionType::Memory,
            ) if level != Some("readonly") => Risk::Changing,
            _ => Risk::Ordinary,
        }
    }
}

/// The policy for each risk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailurePolicy {
    /// For ordinary actions.
    pub ordinary: OnFailure,
    /// For actions that change something.
    pub changing: OnFailure,
    /// For sensitive actions.
    pub sensitive: OnFailure,
}

impl FailurePolicy {
    /// The same policy for every risk.
    pub const fn all(policy: OnFailure) -> Self {
        Self { ordinary: policy, changing: policy, sensitive: policy }
    }

    /// The preset `compliance`: nothing sensitive happens unrecorded.
    pub const fn compliance() -> Self {
        Self { sensitive: OnFailure::Closed, ..Self::all(OnFailure::Spool) }
    }

    /// The policy for an action of this risk.
    pub const fn of(&self, risk: Risk) -> OnFailure {
        match risk {
            Risk::Ordinary => self.ordinary,
            Risk::Changing => self.changing,
            Risk::Sensitive => self.sensitive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_follows_from_what_the_draft_says() {
        let tool = || Draft::new(ActionType::Tool, "Bash");
        for (draft, risk) in [
            (Draft::new(ActionType::Message, "prompt"), Risk::Ordinary),
            (tool(), Risk::Changing),
            (tool().with("security.permission_level", "readonly"), Risk::Ordinary),
            (tool().with("security.permission_level", "admin"), Risk::Sensitive),
            (tool().with("security.sensitive_data_accessed", true), Risk::Sensitive),
            (Draft::new(ActionType::Auth, "login"), Risk::Sensitive),
        ] {
            assert_eq!(Risk::of(&draft), risk);
        }
    }

    #[test]
    fn compliance_refuses_sensitive_actions_alone() {
        let policy = FailurePolicy::compliance();
        assert_eq!(policy.of(Risk::Sensitive), OnFailure::Closed);
        assert_eq!(policy.of(Risk::Changing), OnFailure::Spool);
    }
}
