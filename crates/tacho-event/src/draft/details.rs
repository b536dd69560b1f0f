//! Given a draft, gives it what only some kinds have; each goes where its kind keeps it.

use super::Draft;
use crate::json::{Object, Value};
use crate::words::ActionType;

/// Who decided an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A person.
    Human,
    /// A rule of a policy.
    Rule,
    /// A model that reviews.
    ReviewerModel,
}

impl Decider {
    /// The word in an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Decider::Human => "human",
            Decider::Rule => "rule",
            Decider::ReviewerModel => "reviewer model",
        }
    }
}

impl Draft {
    /// What went in, where its kind keeps it: the parameters of a tool, the request to a provider,
    /// the context of an error, what a watcher saw, the settings of a session.
    #[must_use]
    pub fn input(self, value: impl Into<Value>) -> Self {
        let member = match self.kind() {
            ActionType::Provider => "request",
            ActionType::Error | ActionType::Metric | ActionType::Persona => "context",
            ActionType::Watcher => "trigger",
            ActionType::Message => "text",
            ActionType::Approval => "subject",
            ActionType::Session => "snapshot",
            ActionType::Health => "checks",
            ActionType::Access => "target",
            ActionType::Alert => "groups",
            _ => "parameters",
        };
        self.detail(member, value)
    }

    /// What a provider or a model answered.
    #[must_use]
    pub fn response(self, value: impl Into<Value>) -> Self {
        self.detail("response", value)
    }

    /// What a model was asked.
    #[must_use]
    pub fn prompt(self, value: impl Into<Value>) -> Self {
        self.detail("prompt", value)
    }

    /// One thing that could have been chosen.
    #[must_use]
    pub fn option(self, option: &str, reasoning: &str, score: f64) -> Self {
        let option = Object::from([
            ("option", Value::from(option)),
            ("reasoning", reasoning.into()),
            ("score", score.into()),
        ]);
        self.push(&["action", "decision", "options_considered"], option)
    }

    /// What was chosen, and how sure the agent was, from 0 to 1.
    #[must_use]
    pub fn chose(self, option: &str, confidence: f64) -> Self {
        self.detail("chosen", option).detail("confidence", confidence)
    }

    /// The memory entries it touched; they are listed among the touched resources too.
    #[must_use]
    pub fn entries<'e>(self, ids: impl IntoIterator<Item = &'e str>) -> Self {
        ids.into_iter().fold(self, |draft, id| {
            let draft = draft.push(&["action", "memory", "entry_ids"], id);
            draft.touched("memory_entry", id)
        })
    }

    /// How large the file is.
    #[must_use]
    pub fn size_bytes(self, bytes: u64) -> Self {
        self.detail("size_bytes", bytes)
    }

    /// A digest of the file's content, as the source gave it.
    #[must_use]
    pub fn hash(self, digest: &str) -> Self {
        self.detail("hash", digest)
    }

    /// What it was: the resource of a change, the setting of an admin event.
    #[must_use]
    pub fn before(self, value: impl Into<Value>) -> Self {
        match self.kind() {
            ActionType::Admin => self.detail("before", value),
            _ => self.with("change.before", value),
        }
    }

    /// What it became.
    #[must_use]
    pub fn after(self, value: impl Into<Value>) -> Self {
        match self.kind() {
            ActionType::Admin => self.detail("after", value),
            _ => self.with("change.after", value),
        }
    }

    /// Who decided an approval: which person, rule or model.
    #[must_use]
    pub fn decided_by(self, by: Decider, reviewer: &str) -> Self {
        self.detail("by", by.as_str()).detail("reviewer", reviewer)
    }

    /// The version of the policy that decided.
    #[must_use]
    pub fn policy_version(self, version: &str) -> Self {
        self.detail("policy_version", version)
    }

    /// Why: an approval, a session's end, a stop, a gap, an admin's change.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        self.detail("reason", reason)
    }

    /// How many events are missing in a gap.
    #[must_use]
    pub fn count(self, events: u64) -> Self {
        self.detail("count", events)
    }

    /// A member of the object that has the action's name: `action.file.size_bytes`.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        let kind = self.kind().as_str();
        self.doc.insert_at(&["action", kind, name], value);
        self
    }

    /// The kind of action; a draft that names none is read as a tool's, and its check says so.
    fn kind(&self) -> ActionType {
        let word = self.doc.object("action").and_then(|action| action.str("type"));
        word.and_then(ActionType::parse).unwrap_or(ActionType::Tool)
    }
}
