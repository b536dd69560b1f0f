//! The fields of a span or of an event, as they are recorded.

use std::fmt::{Debug, Write};

use tacho_event::json::{Object, Value};
use tracing_core::field::{Field, Visit};

/// A longer text is cut.
const TEXT_CHARS_MAX: usize = 16 << 10;
/// More fields are counted and not kept.
const FIELDS_MAX: usize = 64;

/// Fields that say who speaks; spans hand them on to what is inside.
const CONTEXT: &[(&str, &str)] = &[
    ("agent_id", "agent.id"),
    ("agent_type", "agent.type"),
    ("agent_version", "agent.version"),
    ("session_id", "agent.session_id"),
    ("conversation_id", "agent.conversation_id"),
    ("parent_id", "agent.parent_id"),
    ("user_id", "actor.id"),
    ("trace_id", "origin.trace_id"),
];

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    /// Who speaks, by place in the event.
    pub(super) context: Vec<(&'static str, Value)>,
    pub(super) values: Object,
    pub(super) dropped: u64,
}

impl Fields {
    /// Takes from the span around what this one does not say itself.
    pub(super) fn inherit(&mut self, around: Option<&Vec<(&'static str, Value)>>) {
        for (path, value) in around.into_iter().flatten() {
            if !self.context.iter().any(|(own, _)| own == path) {
                self.context.push((path, value.clone()));
            }
        }
    }

    /// Takes a field out, if it is a text.
    pub(super) fn take_text(&mut self, name: &str) -> Option<String> {
        let text = self.values.get(name)?.as_str()?.to_owned();
        self.values.remove(name);
        Some(text)
    }

    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name().replace('.', "_");
        if let Some((_, path)) = CONTEXT.iter().find(|(known, _)| *known == name) {
            self.context.retain(|(own, _)| own != path);
            let value = match value {
                Value::Text(text) => Value::Text(text),
                other => other.to_json().into(),
            };
            self.context.push((path, value));
        } else if self.values.len() < FIELDS_MAX || self.values.get(&name).is_some() {
            self.values.insert(name, value);
        } else {
            self.dropped += 1;
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, clip(value).into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, clip(&value.to_string()).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A value that cannot print itself is recorded as far as it came.
        let _ = write!(text, "{value:?}");
        self.put(field, clip(&text).into());
    }
}

fn clip(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}
