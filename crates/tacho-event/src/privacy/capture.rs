//! How much of an event is captured: the first rule that matches says.

use super::split::{changes_person, resolve};
use crate::event::Event;
use crate::json::{Object, Value};
use crate::shape::{EVENT, Home, Kind, Member, member};

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
///
/// A rule without a member sets the level of the whole event. A rule with a member is about that
/// member and what is below it, whatever the level of the event:
///
/// | level | the member |
/// |---|---|
/// | `none` | is taken out, and nothing says that it was there |
/// | `metadata` | is taken out; `cut` says how long it was |
/// | `redacted` | is kept, minimised as [`ContentLogging`](super::ContentLogging) says |
/// | `full` | is kept as it is, but for secrets |
///
/// Of the rules that cover one member, the first holds. The members without which no leaf is one
/// (`v`, `id`, `timestamp`, `action.type`) are always kept.
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
    /// Why; asked for where nothing is recorded.
    pub note: Option<String>,
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

    /// What holds for the members of an event.
    pub(super) fn members(&self, event: &Event) -> Members<'_> {
        let (level, rule) = self.level(event);
        let about = |(i, rule): (usize, &'_ CaptureRule)| -> Option<MemberRule<'_>> {
            let path = self.rules.get(i)?.member.as_deref()?;
            rule.matches(event).then(|| MemberRule {
                place: i,
                path: path.split('.').collect(),
                level: rule.level,
            })
        };
        Members { level, rule, rules: self.rules.iter().enumerate().filter_map(about).collect() }
    }
}

/// What holds for the members of one event.
#[derive(Debug)]
pub(super) struct Members<'c> {
    /// The level of the event, and the rule that says so.
    pub(super) level: Level,
    pub(super) rule: Option<usize>,
    /// The rules about members that match the event, in their order.
    rules: Vec<MemberRule<'c>>,
}

#[derive(Debug)]
struct MemberRule<'c> {
    place: usize,
    path: Vec<&'c str>,
    level: Level,
}

impl Members<'_> {
    /// The level that holds at `path`, and the rule about a member that says so.
    pub(super) fn at(&self, path: &[&str]) -> (Level, Option<usize>) {
        let covers = |rule: &&MemberRule<'_>| path.starts_with(&rule.path);
        let found = self.rules.iter().find(covers);
        found.map_or((self.level, None), |rule| (rule.level, Some(rule.place)))
    }

    /// True if a rule is about something below `path`.
    fn speak_below(&self, path: &[&str]) -> bool {
        self.rules.iter().any(|rule| rule.path.len() > path.len() && rule.path.starts_with(path))
    }

    /// True if any member is to be minimised.
    pub(super) fn minimise(&self) -> bool {
        self.level == Level::Redacted || self.rules.iter().any(|rule| rule.level == Level::Redacted)
    }

    /// True if no member is to be taken out.
    pub(super) fn keep_all(&self) -> bool {
        self.level >= Level::Redacted && self.rules.is_empty()
    }

    /// Takes out of an event what is not to be captured. `gone` is told the place of each, what it
    /// was and how much of it was wanted.
    pub(super) fn prune(&self, doc: &mut Object, gone: &mut dyn FnMut(&[&str], &Value, Level)) {
        let person = changes_person(doc);
        self.prune_members(doc, EVENT, &[], person, gone);
    }

    fn prune_members(
        &self,
        object: &mut Object,
        rows: &'static [Member],
        place: &[&str],
        person: bool,
        gone: &mut dyn FnMut(&[&str], &Value, Level),
    ) {
        object.retain(|name, value| {
            let row = member(rows, name);
            let path = [place, &[name]].concat();
            if is_required(&path) {
                return true;
            }
            let rows = row.map_or(&[][..], |row| row.kind.members());
            let mixed = rows.iter().any(|row| row.home == Home::Leaf);
            let (level, rule) = self.at(&path);
            let group = row.is_some_and(|row| matches!(row.kind, Kind::Group(_)));
            if let Value::Object(inner) = value
                && !inner.is_empty()
                && (group || self.speak_below(&path) || (rule.is_none() && mixed))
            {
                self.prune_members(inner, rows, &path, person, gone);
                return !inner.is_empty();
            }
            // Without a rule of its own a member follows the event: its leaf and who it was.
            let person = person && path == ["change", "resource_id"];
            let public = row.is_some_and(|row| match resolve(row.home, person, value) {
                // What an open object says is `null` is no name to show.
                Home::Leaf => !value.is_null(),
                home => home == Home::Who,
            });
            let kept = level >= Level::Redacted || (rule.is_none() && public);
            if !kept {
                gone(&path, value, level);
            }
            kept
        });
    }
}

/// True for the members without which no leaf is one.
pub(super) fn is_required(path: &[&str]) -> bool {
    matches!(path, ["v" | "id" | "timestamp"] | ["action", "type"])
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

/// True if every text that `inner` matches is matched by `outer` too.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    // A star of `inner` can stand for a character that no pattern writes out.
    glob(outer, &inner.replace('*', "\u{0}\u{1}\u{0}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "anything"),
            ("Bash", "Bash"),
            ("mcp__*", "mcp__jira__search"),
            ("*__search", "mcp__jira__search"),
            ("a*b*c", "a-b-b-c"),
            ("a**c", "ac"),
            ("*a*", "a"),
            ("ops/*", "ops/"),
            ("caf\u{e9}*", "caf\u{e9}s"),
        ] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("Bash", "bash"),
            ("Bash", "Bash2"),
            ("a*a", "a"),
            ("ab*ba", "aba"),
            ("a*b*c", "acb"),
            ("?", "a"),
            ("[a]", "a"),
            ("*b", "bc"),
        ] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    /// What `*` means, said another way.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|cut| slow(rest, &text[cut..])),
            [first, rest @ ..] => text.first() == Some(first) && slow(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn globs_match_what_their_definition_matches(p in "[ab*]{0,6}", t in "[ab]{0,8}") {
            prop_assert_eq!(glob(&p, &t), slow(p.as_bytes(), t.as_bytes()));
        }

        #[test]
        fn what_a_covered_pattern_matches_its_cover_matches(
            outer in "[ab*]{0,4}", inner in "[ab*]{0,4}", t in "[ab]{0,6}",
        ) {
            if covers(&outer, &inner) && glob(&inner, &t) {
                prop_assert!(glob(&outer, &t));
            }
        }
    }
}
