//! Secrets in an event's values are replaced, before any of them is classified.
//!
//! Members of the shape are judged by their values alone. What others put below them is judged by
//! its name too: whatever stands under `password` is a secret.

use super::disclose::from_base64url;
use super::scan::Scanner;
use super::split::{OTHER, Sorted};
use crate::ids::{is_public, is_public_model};
use crate::json::{self, Object, Pointer, Text, Value};
use crate::shape::{EVENT, Home, Kind, Member, member};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Walks an event and counts what it replaced, by rule.
pub(super) struct Redactor<'s> {
    scanner: &'s Scanner,
    hits: BTreeMap<String, usize>,
    hit_id: bool,
    /// Where each rule hit, if somebody wants to know.
    found: Option<Vec<Secret>>,
}

/// A secret that a rule found; not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Pointer to the value; for a secret in a name, to the object that holds it.
    pub pointer: String,
    /// The rule that found it.
    pub rule: String,
}

/// The rule that stands for "the name of the member says that its value is a secret".
pub(super) const BY_NAME: &str = "sensitive-name";

impl<'s> Redactor<'s> {
    pub(super) fn new(scanner: &'s Scanner) -> Self {
        Self { scanner, hits: BTreeMap::new(), hit_id: false, found: None }
    }

    /// One that remembers where it found each secret.
    pub(super) fn noting(scanner: &'s Scanner) -> Self {
        Self { found: Some(Vec::new()), ..Self::new(scanner) }
    }

    /// Where it found secrets.
    pub(super) fn into_found(self) -> Vec<Secret> {
        self.found.unwrap_or_default()
    }

    /// Replaces every secret of an event.
    pub(super) fn redact(&mut self, sorted: &mut Sorted) {
        for object in [&mut sorted.doc, &mut sorted.evidence] {
            self.drop_raw(object);
            self.members(object, EVENT, &Pointer::ROOT);
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
        let root = Pointer::ROOT;
        let place = root.member("metadata");
        let place = place.member("malformed");
        let before = self.hits.values().sum::<usize>();
        if let Some(text) = raw.str("text") {
            self.raw(text, &place);
        }
        if let Some(bytes) = raw.str("base64").and_then(from_base64url) {
            self.raw(&String::from_utf8_lossy(&bytes), &place);
        }
        if self.hits.values().sum::<usize>() > before {
            raw.remove("text");
            raw.remove("base64");
            raw.insert("dropped", true);
        }
    }

    /// Looks at a raw text as it stands, and at each of its strings without their escapes.
    fn raw(&mut self, text: &str, place: &Pointer<'_>) {
        self.text(text, place);
        let mut rest = text;
        while let Some(at) = rest.find('"') {
            let string = rest.get(at..).unwrap_or_default();
            let length = quoted_length(string);
            let (string, after) = string.split_at(length);
            rest = after;
            // A string that cannot be read alone (a lone surrogate in it) is looked at as it is.
            let read = json::read_text(string).ok();
            let value = read.as_ref().and_then(Value::as_str).unwrap_or(string);
            self.text(value, place);
            if after.trim_start().starts_with(':') && Scanner::sensitive_key(value) {
                self.count(BY_NAME, place);
            }
        }
    }

    /// The members of an object of the shape.
    fn members(&mut self, object: &mut Object, rows: &'static [Member], place: &Pointer<'_>) {
        if object.iter().any(|(name, _)| member(rows, name).is_none()) {
            self.rename(object, |name| member(rows, name).is_some(), place);
        }
        for (name, value) in object.iter_mut() {
            let place = place.member(name);
            match (member(rows, name), value) {
                (Some(row), Value::Object(object)) if is_of_shape(row) => {
                    self.members(object, row.kind.members(), &place);
                }
                (Some(row), value) if row.home == Home::Leaf => self.public(row, value, &place),
                (Some(_), value) => self.value(value, &place),
                (None, value) => self.named(name, value, &place),
            }
        }
    }

    /// What the leaf shows is short, but a token can be a name. A name that could have been shown
    /// becomes `other`, and nothing of it is kept; words, times and numbers are no secrets.
    fn public(&mut self, row: &Member, value: &mut Value, place: &Pointer<'_>) {
        match (&row.kind, value) {
            (Kind::Name | Kind::Key | Kind::Model, Value::Text(text)) => {
                let shown =
                    if matches!(row.kind, Kind::Model) { is_public_model } else { is_public };
                if let Some(redacted) = self.text(text, place) {
                    *text = if shown(text) || shown(&redacted) { OTHER.into() } else { redacted };
                }
            }
            (Kind::EventId, Value::Text(text)) => self.hit_id |= self.text(text, place).is_some(),
            (Kind::Texts, Value::List(list)) => {
                let mut hit =
                    |one: &Value| one.as_str().is_some_and(|one| self.text(one, place).is_some());
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
    fn object(&mut self, object: &mut Object, place: &Pointer<'_>) {
        self.rename(object, |_| false, place);
        for (name, value) in object.iter_mut() {
            self.named(name, value, &place.member(name));
        }
    }

    fn named(&mut self, name: &str, value: &mut Value, place: &Pointer<'_>) {
        let empty = value.is_null() || value.as_str() == Some("");
        if Scanner::sensitive_key(name) && !empty {
            self.count(BY_NAME, place);
            *value = self.scanner.replacement().into();
        } else {
            self.value(value, place);
        }
    }

    /// A value that is judged by itself.
    pub(super) fn value(&mut self, value: &mut Value, place: &Pointer<'_>) {
        match value {
            Value::Text(text) => {
                if let Some(redacted) = self.text(text, place) {
                    *text = redacted;
                }
            }
            // A card number is one, with quotes or without.
            Value::Number(number) => {
                if let Some(redacted) = self.text(&number.to_string(), place) {
                    *value = Value::Text(redacted);
                }
            }
            Value::List(list) => {
                for (i, element) in list.iter_mut().enumerate() {
                    self.value(element, &place.index(i));
                }
            }
            Value::Object(object) => self.object(object, place),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, text: &str, place: &Pointer<'_>) -> Option<Text> {
        let scanner = self.scanner;
        match scanner.redact_with(text, &mut |hit| self.count(hit.rule, place)) {
            Cow::Borrowed(_) => None,
            Cow::Owned(redacted) => Some(redacted.into()),
        }
    }

    fn count(&mut self, rule: &str, place: &Pointer<'_>) {
        *self.hits.entry(rule.to_owned()).or_default() += 1;
        if let Some(found) = &mut self.found {
            found.push(Secret { pointer: place.to_string(), rule: rule.to_owned() });
        }
    }

    /// A secret can stand in a member's name; two names that become one are numbered.
    fn rename(
        &mut self,
        object: &mut Object,
        is_known: impl Fn(&str) -> bool,
        place: &Pointer<'_>,
    ) {
        let hits = |name: &str| matches!(self.scanner.redact(name), Cow::Owned(_));
        if !object.iter().any(|(name, _)| !is_known(name) && hits(name)) {
            return;
        }
        let (known, others): (Vec<_>, Vec<_>) =
            std::mem::take(object).into_iter().partition(|(name, _)| is_known(name));
        let mut renamed: Object = known.into_iter().collect();
        for (name, value) in others {
            let base = self.text(&name, place).unwrap_or(name);
            let (mut free, mut n) = (base.clone(), 2);
            while is_known(&free) || renamed.get(&free).is_some() {
                free = format!("{base} {n}").into();
                n += 1;
            }
            renamed.insert(free, value);
        }
        *object = renamed;
    }
}

/// True for a member whose own members are of the shape.
fn is_of_shape(row: &Member) -> bool {
    matches!(row.kind, Kind::Group(_) | Kind::Open(_))
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
