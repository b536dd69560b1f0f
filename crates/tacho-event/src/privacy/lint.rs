//! Given a policy, names what in it cannot be meant: rules that never match, rules that drop
//! everything, settings that contradict each other.

use super::capture::{CaptureRule, Level, covers, glob, is_required};
use super::minimise::ContentLogging;
use super::policy::Policy;
use crate::problem::Problem;
use crate::shape::{EVENT, Home, Kind, Member, member, nearest};
use crate::words::ActionType;

impl Policy {
    /// Everything in this policy that can hardly be meant. The pointers are those of the policy:
    /// `/rules/2/action`, `/evidence/0`, `/content_logging`, `/level`.
    pub fn lint(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let rules = &self.capture.rules;
        for (i, rule) in rules.iter().enumerate() {
            lint_patterns(i, rule, &mut problems);
            lint_member(i, rule, &mut problems);
            lint_level(i, rule, &mut problems);
            let first = rules.iter().take(i).position(|other| other.comes_before_all_of(rule));
            if let Some(first) = first {
                let what = format!("never decides anything: rule {first} matches first");
                let hint = format!("move it before rule {first}, or remove it");
                problems.push(Problem::new(format!("/rules/{i}"), what, hint));
            }
            if rule.member.is_some()
                && let Some(first) = rules.iter().position(|rule| rule.member.is_none())
                && let Some(drops) = rules.get(first)
                && drops.level == Level::None
                && drops.matches_all_of(rule)
            {
                let what = format!("is about members of events that rule {first} drops");
                problems.push(Problem::new(format!("/rules/{i}"), what, "remove one of the two"));
            }
        }
        self.lint_settings(&mut problems);
        self.lint_evidence(&mut problems);
        problems
    }

    fn lint_settings(&self, problems: &mut Vec<Problem>) {
        let rules = &self.capture.rules;
        let records = |rule: &CaptureRule| rule.member.is_none() && rule.level > Level::None;
        if self.capture.default == Level::None && !rules.iter().any(records) {
            let hint = "add a rule with another level, or raise this one";
            problems.push(Problem::new("/level", "records nothing at all", hint));
        }
        let redacts = self.capture.default == Level::Redacted
            || rules.iter().any(|rule| rule.level == Level::Redacted);
        let place = "/content_logging";
        if !redacts && self.content != ContentLogging::default() {
            let what = "has no effect: nothing is captured at level `redacted`";
            problems.push(Problem::new(place, what, "use level `redacted` where it shall hold"));
        }
        let keeps_all =
            ContentLogging { file_contents: true, query_results: true, output_chars: None };
        if redacts && self.content == keeps_all {
            let what = "keeps everything, so that level `redacted` is level `full`";
            problems.push(Problem::new(place, what, "say `full` if that is meant"));
        }
    }

    fn lint_evidence(&self, problems: &mut Vec<Problem>) {
        for (i, path) in self.evidence().iter().enumerate() {
            let place = format!("/evidence/{i}");
            let names: Vec<&str> = path.split('.').collect();
            let home = match find(&names) {
                Ok(home) => home,
                Err(hint) => {
                    let what = format!("`{path}` is not a member of an event");
                    problems.push(Problem::new(place, what, hint));
                    continue;
                }
            };
            if home == Home::Leaf {
                let what = format!("`{path}` is public: every leaf shows it already");
                problems.push(Problem::new(&place, what, "remove it"));
            }
            if home == Home::Who && !self.keeps_identity {
                let what = format!("`{path}` is identity, which this policy does not keep");
                problems.push(Problem::new(&place, what, "choose another preset"));
            }
            let earlier = self.evidence().iter().take(i);
            if let Some(wider) = earlier.into_iter().find(|wider| is_at_or_below(path, wider)) {
                let what = format!("`{path}` is part of `{wider}`, which is evidence already");
                problems.push(Problem::new(&place, what, "remove it"));
            }
            let takes_out = |rule: &&CaptureRule| {
                let member = rule.member.as_deref().unwrap_or_default();
                rule.level < Level::Redacted
                    && rule.matches_every_event()
                    && is_at_or_below(path, member)
            };
            if let Some(rule) = self.capture.rules.iter().find(takes_out) {
                let member = rule.member.as_deref().unwrap_or_default();
                let what = format!("`{path}` is taken out by the rule about `{member}`");
                problems.push(Problem::new(&place, what, "capture it, or do not keep it"));
            }
        }
    }
}

fn lint_patterns(i: usize, rule: &CaptureRule, problems: &mut Vec<Problem>) {
    if let Some(pattern) = &rule.action
        && !ActionType::WORDS.iter().any(|word| glob(pattern, word))
    {
        let hint = match nearest(pattern, ActionType::WORDS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of: {}", ActionType::WORDS.join(", ")),
        };
        let what = format!("no action type matches `{pattern}`");
        problems.push(Problem::new(format!("/rules/{i}/action"), what, hint));
    }
    if rule.action.as_deref() == Some(ActionType::System.as_str()) {
        let what = "what the recorder says about itself is always recorded";
        problems.push(Problem::new(format!("/rules/{i}/action"), what, "remove the rule"));
    }
    for (name, pattern) in [("name", &rule.name), ("agent", &rule.agent)] {
        if pattern.as_deref() == Some("") {
            let hint = "leave it out to match everything";
            let place = format!("/rules/{i}/{name}");
            problems.push(Problem::new(place, "an empty pattern matches nothing", hint));
        }
    }
}

fn lint_member(i: usize, rule: &CaptureRule, problems: &mut Vec<Problem>) {
    let Some(path) = &rule.member else { return };
    let place = format!("/rules/{i}/member");
    let names: Vec<&str> = path.split('.').collect();
    match find(&names) {
        Err(hint) => {
            let what = format!("`{path}` is not a member of an event");
            problems.push(Problem::new(place, what, hint));
        }
        Ok(_) if rule.level < Level::Redacted && is_required(&names) => {
            let hint = "a leaf without it is none";
            problems.push(Problem::new(place, format!("`{path}` is always kept"), hint));
        }
        Ok(_) => {}
    }
}

fn lint_level(i: usize, rule: &CaptureRule, problems: &mut Vec<Problem>) {
    if rule.level != Level::None {
        return;
    }
    let place = format!("/rules/{i}/level");
    if rule.note.as_deref().unwrap_or("").trim().is_empty() {
        let what = "leaves a hole in the record and does not say why";
        problems.push(Problem::new(&place, what, "add a note: who decided it, and what for"));
    }
    if rule.member.is_none() && rule.matches_every_event() {
        let hint = "name an action, a tool or an agent";
        problems.push(Problem::new(place, "drops every event", hint));
    }
}

impl CaptureRule {
    /// True if whatever `other` decides, this rule decides when it comes first.
    fn comes_before_all_of(&self, other: &CaptureRule) -> bool {
        let members = match (&self.member, &other.member) {
            (None, None) => true,
            (Some(path), Some(other)) => is_at_or_below(other, path),
            _ => false,
        };
        members && self.matches_all_of(other)
    }

    /// True if this rule matches every event that `other` matches.
    fn matches_all_of(&self, other: &CaptureRule) -> bool {
        let wider = |ours: &Option<String>, theirs: &Option<String>| match (ours, theirs) {
            (None, _) => true,
            (Some(ours), Some(theirs)) => covers(ours, theirs),
            (Some(_), None) => false,
        };
        let actions = match (&self.action, &other.action) {
            // Every event has a type of the list.
            (Some(ours), theirs) => {
                let theirs = |word: &&&str| theirs.as_ref().is_none_or(|theirs| glob(theirs, word));
                let mut words = ActionType::WORDS.iter().filter(theirs).peekable();
                words.peek().is_some() && words.all(|word| glob(ours, word))
            }
            (None, _) => true,
        };
        actions && wider(&self.name, &other.name) && wider(&self.agent, &other.agent)
    }

    fn matches_every_event(&self) -> bool {
        self.matches_all_of(&CaptureRule::default())
    }
}

/// True if the dotted path `path` is `other` or below it.
fn is_at_or_below(path: &str, other: &str) -> bool {
    !other.is_empty()
        && path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The home of the member at a path; a hint, if there can be none.
fn find(names: &[&str]) -> Result<Home, String> {
    let mut rows: &'static [Member] = EVENT;
    let mut home = Home::Detail;
    let mut open = false;
    for (i, name) in names.iter().enumerate() {
        let Some(row) = member(rows, name) else {
            if open && !name.is_empty() {
                return Ok(home);
            }
            let place: String = names.iter().take(i).flat_map(|name| [name, "."]).collect();
            return Err(match nearest(name, rows.iter().map(|row| row.name)) {
                Some(near) => format!("did you mean `{place}{near}`?"),
                None => "the reference of the event lists its members".to_owned(),
            });
        };
        (home, rows) = (row.home, row.kind.members());
        match row.kind {
            // The members of a group have homes of their own.
            Kind::Group(_) => {
                home = Home::Detail;
                open = false;
            }
            Kind::Open(_) | Kind::Object | Kind::Any | Kind::Labels => open = true,
            // Nobody can name a part of a list or of a text.
            _ => {
                open = false;
                rows = &[];
            }
        }
    }
    Ok(home)
}
