//! Given an event, tells what a policy would make of it, and why; shows no secret.
//!
//! Nothing here decides anything: the steps of protection are run on a copy, and what became of
//! each member is read off the result.

use super::capture::Level;
use super::policy::{Granularity, Policy};
use super::redact::{Redactor, Secret};
use super::split::{Split, changes_person, name_resource_types, resolve};
use crate::event::Event;
use crate::json::{Object, Value};
use crate::shape::{EVENT, Home, Kind, Member, member};

/// What a policy would make of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// How much of the event is captured.
    pub level: Level,
    /// The rule that says so, by its place; without one it is the policy's own level.
    pub rule: Option<usize>,
    /// What becomes of each member the event has, in canonical order.
    pub members: Vec<MemberFate>,
    /// Pointer and true length of what would be cut.
    pub cuts: Vec<(String, u64)>,
    /// Where which rule would find a secret, in what is left after cutting.
    pub secrets: Vec<Secret>,
}

/// What becomes of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFate {
    /// Pointer to the member.
    pub pointer: String,
    /// `public`, `content`, `identity` or `evidence`.
    pub class: &'static str,
    /// Where it would live: `leaf`, `input`, `output`, `detail`, `who` or `evidence`.
    pub home: &'static str,
    /// The rule about this member that holds, by its place.
    pub rule: Option<usize>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is kept.
    Kept,
    /// Some of it is cut.
    Cut,
    /// None of it is kept.
    TakenOut,
    /// The leaf shows `other`, a stand-in or nothing, and the value is hidden in `detail`.
    Withheld,
}

impl Policy {
    /// What this policy would make of `event`.
    pub fn explain(&self, event: &Event) -> Explanation {
        let mut left = event.clone();
        name_resource_types(&mut left.doc);
        let before = left.doc.clone();
        let minimised = self.minimise(&mut left);
        let rules = self.capture.members(event);
        let (level, rule) =
            if event.is_system() { (Level::Full, None) } else { (rules.level, rules.rule) };
        let cuts = match &minimised {
            Ok(minimised) => minimised.cuts.clone(),
            Err(_) => Object::new(),
        };
        let mut sorted = self.sort(if minimised.is_ok() { left.doc } else { Object::new() });
        let mut redactor = Redactor::noting(self.scanner());
        let mut split = Split::default();
        split.fill(&sorted, self, Granularity::Class, None);
        redactor.redact(&mut sorted);
        let mut fates = Fates {
            before_person: changes_person(&before),
            after: &sorted.doc,
            evidence: &sorted.evidence,
            originals: &split.originals,
            cuts: &cuts,
            keeps_identity: self.keeps_identity,
            rule_at: &|path| if event.is_system() { None } else { rules.at(path).1 },
            told: Vec::new(),
        };
        fates.group(&before, EVENT, &[]);
        let lengths = cuts.iter().filter_map(|(pointer, length)| {
            Some((pointer.to_owned(), u64::try_from(length.as_i64()?).ok()?))
        });
        Explanation {
            level,
            rule,
            members: fates.told,
            cuts: lengths.collect(),
            secrets: redactor.into_found(),
        }
    }
}

struct Fates<'a> {
    before_person: bool,
    after: &'a Object,
    evidence: &'a Object,
    originals: &'a Object,
    cuts: &'a Object,
    keeps_identity: bool,
    rule_at: &'a dyn Fn(&[&str]) -> Option<usize>,
    told: Vec<MemberFate>,
}

impl Fates<'_> {
    fn group(&mut self, object: &Object, rows: &'static [Member], place: &[&str]) {
        for (name, value) in object.iter() {
            let Some(row) = member(rows, name) else { continue };
            let path = [place, &[name]].concat();
            match (row.kind, value) {
                (Kind::Group(inner), Value::Object(object)) => self.group(object, inner, &path),
                (Kind::Open(inner), Value::Object(object)) => {
                    self.member(&path, row.home, value);
                    for (name, value) in object.iter() {
                        let elsewhere = member(inner, name).filter(|inner| inner.home != row.home);
                        if let Some(inner) = elsewhere {
                            self.member(&[&path[..], &[name]].concat(), inner.home, value);
                        }
                    }
                }
                _ => self.member(&path, row.home, value),
            }
        }
    }

    fn member(&mut self, path: &[&str], home: Home, value: &Value) {
        let pointer: String = path.iter().flat_map(|name| ["/", name]).collect();
        let person = self.before_person && path == ["change", "resource_id"];
        let home = resolve(home, person, value);
        let is_evidence = self.evidence.at(&pointer).is_some();
        let kept = self.after.at(&pointer).is_some() || is_evidence;
        let below = |cut: &str| {
            cut.strip_prefix(&pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fate = if !kept || (home == Home::Who && !self.keeps_identity) {
            Fate::TakenOut
        } else if self.originals.get(&pointer).is_some() {
            Fate::Withheld
        } else if self.cuts.iter().any(|(cut, _)| below(cut)) {
            Fate::Cut
        } else {
            Fate::Kept
        };
        let rule = (self.rule_at)(path);
        let (class, home) = match home {
            _ if is_evidence => ("evidence", "evidence"),
            Home::Leaf => ("public", "leaf"),
            Home::Input => ("content", "input"),
            Home::Output => ("content", "output"),
            Home::Who => ("identity", "who"),
            Home::Detail | Home::WhoOrDetail | Home::Route => ("content", "detail"),
        };
        self.told.push(MemberFate { pointer, class, home, rule, fate });
    }
}
