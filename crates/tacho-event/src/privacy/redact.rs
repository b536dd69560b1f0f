//! Secrets in an event's values are replaced, in every home and in the leaf.

use super::disclose::from_base64url;
use super::scan::Scanner;
use super::split::{OTHER, Split};
use crate::json::{Object, Text, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Walks an event and counts what it replaced, by rule.
pub(super) struct Redactor<'s> {
    scanner: &'s Scanner,
    hits: BTreeMap<String, usize>,
    hit_id: bool,
}

/// The rule that stands for "the name of the member says that its value is a secret".
const BY_NAME: &str = "sensitive-name";

impl<'s> Redactor<'s> {
    pub(super) fn new(scanner: &'s Scanner) -> Self {
        Self { scanner, hits: BTreeMap::new(), hit_id: false }
    }

    /// True if the event's own id held a secret.
    pub(super) fn hit_id(&self) -> bool {
        self.hit_id
    }

    pub(super) fn redact_split(&mut self, split: &mut Split) {
        self.drop_raw(&mut split.detail);
        for object in split.homes() {
            self.object(object);
        }
        for withheld in &mut split.withheld {
            self.value(&mut withheld.value);
        }
        let mut leaf = std::mem::take(&mut split.leaf);
        self.leaf(&mut leaf, &mut Vec::new());
        split.leaf = leaf;
    }

    /// Says in `detail` how often each rule hit; what was replaced is gone.
    pub(super) fn report(self, detail: &mut Object) {
        if !self.hits.is_empty() {
            let counts: Object = self.hits.into_iter().collect();
            detail.insert("redacted", counts);
        }
    }

    /// A malformed event's raw text has no values to look at one by one: one hit drops it whole.
    fn drop_raw(&mut self, detail: &mut Object) {
        let raw = detail.get_mut("metadata").and_then(Value::as_object_mut);
        let Some(raw) = raw.and_then(|metadata| metadata.get_mut("malformed")) else { return };
        let before = self.hits.values().sum::<usize>();
        self.value(&mut raw.clone());
        let bytes = raw.at("/base64").and_then(Value::as_str).and_then(from_base64url);
        if let Some(bytes) = bytes {
            self.text(&String::from_utf8_lossy(&bytes));
        }
        if self.hits.values().sum::<usize>() > before
            && let Some(raw) = raw.as_object_mut()
        {
            raw.remove("text");
            raw.remove("base64");
            raw.insert("dropped", true);
        }
    }

    fn object(&mut self, object: &mut Object) {
        if object.iter().any(|(name, _)| matches!(self.scanner.redact(name), Cow::Owned(_))) {
            *object = self.renamed(std::mem::take(object));
        }
        for (name, value) in object.iter_mut() {
            let empty = value.is_null() || value.as_str() == Some("");
            if self.scanner.sensitive_key(name) && !empty {
                self.count(BY_NAME);
                *value = self.scanner.replacement().into();
            } else {
                self.value(value);
            }
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Text(text) => {
                if let Some(redacted) = self.text(text) {
                    *text = redacted;
                }
            }
            Value::List(list) => list.iter_mut().for_each(|element| self.value(element)),
            Value::Object(object) => self.object(object),
            _ => {}
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
    fn renamed(&mut self, object: Object) -> Object {
        let mut renamed = Object::new();
        for (name, value) in object {
            let mut new = self.text(&name).unwrap_or(name);
            let mut n = 2;
            while renamed.get(&new).is_some() {
                new = format!("{new} {n}").into();
                n += 1;
            }
            renamed.insert(new, value);
        }
        renamed
    }

    /// Names in the leaf are short public strings, but a token can be one: such a name becomes
    /// `other`, and nothing of it is kept.
    fn leaf(&mut self, object: &mut Object, path: &mut Vec<String>) {
        for (name, value) in object.iter_mut() {
            path.push(name.to_owned());
            match value {
                Value::Object(inner) => self.leaf(inner, path),
                Value::Text(text) if self.text(text).is_some() => {
                    self.hit_id |= path.as_slice() == ["id"];
                    *text = OTHER.into();
                }
                Value::List(list) => {
                    for text in list.iter_mut() {
                        if text.as_str().is_some_and(|text| self.text(text).is_some()) {
                            *text = OTHER.into();
                        }
                    }
                }
                _ => {}
            }
            path.pop();
        }
    }

    fn count(&mut self, rule: &str) {
        *self.hits.entry(rule.to_owned()).or_default() += 1;
    }
}
