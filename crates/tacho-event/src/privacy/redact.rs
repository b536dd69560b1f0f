//! Secrets in an event's values are replaced, before any of them is classified.
//!
//! Members of the shape are judged by their values alone. What others put below them is judged by
//! its name too: whatever stands under `password` is a secret.

use super::disclose::from_base64url;
use super::scan::Scanner;
use super::split::{OTHER, Sorted};
use crate::ids::{is_public, is_public_model};
use crate::json::{self, Object, Text, Value};
use crate::shape::{EVENT, Home, Kind, Member, member};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Walks an event and counts what it replaced, by rule.
pub(super) struct Redactor<'s> {
    scanner: &'s Scanner,
    hits: BTreeMap<String, usize>,
    hit_id: bool,
}

/// The rule that stands for "the name of the member says that its value is a secret".
pub(super) const BY_NAME: &str = "sensitive-name";

impl<'s> Redactor<'s> {
    pub(super) fn new(scanner: &'s Scanner) -> Self {
        Self { scanner, hits: BTreeMap::new(), hit_id: false }
    }

    /// Replaces every secret of an event.
    pub(super) fn redact(&mut self, sorted: &mut Sorted) {
        for object in [&mut sorted.doc, &mut sorted.evidence] {
            self.drop_raw(object);
            self.members(object, EVENT);
        }
    }

    /// True if the event's own id held a secret.
    pub(super) fn hit_id(&self) -> bool {
        self.hit_id
    }

    /// How often each rule hit; what was replaced is gone.
    pub(super) fn into_counts(self) -> Option<Object> {
        (!self.hits.is_empty()).then(|| self.hits.into_iter().collect())
    }

    /// A malformed event's raw text is one opaque value: one hit drops it whole.
    fn drop_raw(&mut self, doc: &mut Object) {
        let Some(raw) = doc.at_mut("/metadata/malformed").and_then(Value::as_object_mut) else {
            return;
        };
        let before = self.hits.values().sum::<usize>();
        if let Some(text) = raw.str("text") {
            self.raw(text);
        }
        if let Some(bytes) = raw.str("base64").and_then(from_base64url) {
            self.raw(&String::from_utf8_lossy(&bytes));
        }
        if self.hits.values().sum::<usize>() > before {
            raw.remove("text");
            raw.remove("base64");
            raw.insert("dropped", true);
        }
    }

    /// Looks at a raw text as it stands, and at each of its strings without their escapes.
    fn raw(&mut self, text: &str) {
        self.text(text);
        let mut rest = text;
        while let Some(at) = rest.find('"') {
            let string = rest.get(at..).unwrap_or_default();
            let length = quoted_length(string);
            let (string, after) = string.split_at(length);
            rest = after;
            // A string that cannot be read alone (a lone surrogate in it) is looked at as it is.
            let read = json::read_text(string).ok();
            let value = read.as_ref().and_then(Value::as_str).unwrap_or(string);
            self.text(value);
            if after.trim_start().starts_with(':') && self.scanner.sensitive_key(value) {
                self.count(BY_NAME);
            }
        }
    }

    /// The members of an object of the shape.
    fn members(&mut self, object: &mut Object, rows: &'static [Member]) {
        if object.iter().any(|(name, _)| member(rows, name).is_none()) {
            self.rename(object, |name| member(rows, name).is_some());
        }
        for (name, value) in object.iter_mut() {
            let row = member(rows, name);
            match (row, value) {
                (Some(Member { kind: Kind::Group(rows) | Kind::Open(rows), .. }), value) => {
                    match value {
                        Value::Object(object) => self.members(object, rows),
                        value => self.value(value),
                    }
                }
                (Some(row), value) if row.home == Home::Leaf => self.public(row, value),
                (Some(_), value) => self.value(value),
                (None, value) => self.named(name, value),
            }
        }
    }

    /// What the leaf shows is short, but a token can be a name. A name that could have been shown
    /// becomes `other`, and nothing of it is kept; words, times and numbers are no secrets.
    fn public(&mut self, row: &Member, value: &mut Value) {
        match (&row.kind, value) {
            (Kind::Name | Kind::Key | Kind::Model, Value::Text(text)) => {
                let shown =
                    if matches!(row.kind, Kind::Model) { is_public_model } else { is_public };
                if let Some(redacted) = self.text(text) {
                    *text = if shown(text) || shown(&redacted) { OTHER.into() } else { redacted };
                }
            }
            (Kind::EventId, Value::Text(text)) => self.hit_id |= self.text(text).is_some(),
            (Kind::Texts, Value::List(list)) => {
                let mut hit =
                    |one: &Value| one.as_str().is_some_and(|one| self.text(one).is_some());
                let before = list.len();
                list.retain(|one| !hit(one));
                if list.len() < before {
                    list.push(OTHER.into());
                    list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                    list.dedup();
                }
            }
            _ => {}
        }
    }

    /// An object that is nobody's but the source's.
    fn object(&mut self, object: &mut Object) {
        self.rename(object, |_| false);
        for (name, value) in object.iter_mut() {
            self.named(name, value);
        }
    }

    fn named(&mut self, name: &str, value: &mut Value) {
        let empty = value.is_null() || value.as_str() == Some("");
        if self.scanner.sensitive_key(name) && !empty {
            self.count(BY_NAME);
            *value = self.scanner.replacement().into();
        } else {
            self.value(value);
        }
    }

    pub(super) fn value(&mut self, value: &mut Value) {
        match value {
            Value::Text(text) => {
                if let Some(redacted) = self.text(text) {
                    *text = redacted;
                }
            }
            // A card number is one, with quotes or without.
            Value::Number(number) => {
                if let Some(redacted) = self.text(&number.to_string()) {
                    *value = Value::Text(redacted);
                }
            }
            Value::List(list) => list.iter_mut().for_each(|element| self.value(element)),
            Value::Object(object) => self.object(object),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, text: &str) -> Option<Text> {
        let hits = &mut self.hits;
        let mut count = |rule: &str| *hits.entry(rule.to_owned()).or_default() += 1;
        match self.scanner.redact_with(text, &mut |hit| count(hit.rule)) {
            Cow::Borrowed(_) => None,
            Cow::Owned(redacted) => Some(redacted.into()),
        }
    }

    /// A secret can stand in a member's name; two names that become one are numbered.
    fn rename(&mut self, object: &mut Object, is_known: impl Fn(&str) -> bool) {
        let hits = |name: &str| matches!(self.scanner.redact(name), Cow::Owned(_));
        if !object.iter().any(|(name, _)| !is_known(name) && hits(name)) {
            return;
        }
        let (known, others): (Vec<_>, Vec<_>) =
            std::mem::take(object).into_iter().partition(|(name, _)| is_known(name));
        let mut renamed: Object = known.into_iter().collect();
        for (name, value) in others {
            let base = self.text(&name).unwrap_or(name);
            let (mut free, mut n) = (base.clone(), 2);
            while is_known(&free) || renamed.get(&free).is_some() {
                free = format!("{base} {n}").into();
                n += 1;
            }
            renamed.insert(free, value);
        }
        *object = renamed;
    }

    fn count(&mut self, rule: &str) {
        *self.hits.entry(rule.to_owned()).or_default() += 1;
    }
}

/// How many bytes a string takes that starts with a quote: up to its closing quote, or all.
fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}
