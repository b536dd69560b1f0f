//! How much of an event is captured: the first rule that matches says.

use crate::event::Event;

/// How much is captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing: the event is not recorded.
    None,
    /// The leaf and who it was; no content.
    Metadata,
    /// Content, minimised as [`ContentLogging`](super::ContentLogging) says.
    Redacted,
    /// All content. Secrets are replaced at this level too.
    #[default]
    Full,
}

impl Level {
    /// Every level, least first.
    pub const ALL: [Level; 4] = [Level::None, Level::Metadata, Level::Redacted, Level::Full];

    /// Its word in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Metadata => "metadata",
            Level::Redacted => "redacted",
            Level::Full => "full",
        }
    }

    /// The level of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

/// One rule: what it matches, and how much of that is captured. What is left out matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureRule {
    /// The action's type, with `*` for any run of characters.
    pub action: Option<String>,
    /// The action's name (the tool, the skill), with `*`.
    pub name: Option<String>,
    /// The agent, with `*`.
    pub agent: Option<String>,
    /// A member's dotted path: the rule is about this member alone.
    pub member: Option<String>,
    /// How much is captured.
    pub level: Level,
}

/// The rules of a policy and what holds where none matches.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) rules: Vec<CaptureRule>,
    pub(super) default: Level,
}

impl Capture {
    pub(super) fn new(default: Level) -> Self {
        Self { rules: Vec::new(), default }
    }

    /// The level of an event, and the rule that says so.
    pub(super) fn level(&self, event: &Event) -> (Level, Option<usize>) {
        let found = self
            .rules
            .iter()
            .enumerate()
            .find(|(_, rule)| rule.member.is_none() && rule.matches(event));
        found.map_or((self.default, None), |(i, rule)| (rule.level, Some(i)))
    }
}

impl CaptureRule {
    /// True if the rule is about this event.
    pub(super) fn matches(&self, event: &Event) -> bool {
        let fits = |pattern: &Option<String>, value: Option<&str>| match pattern {
            None => true,
            Some(pattern) => value.is_some_and(|value| glob(pattern, value)),
        };
        fits(&self.action, Some(event.action_type().as_str()))
            && fits(&self.name, event.action_name())
            && fits(&self.agent, event.agent_id())
    }
}

/// True if `text` matches `pattern`, where `*` stands for any run of characters.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or("");
    }
    rest.ends_with(last)
}
