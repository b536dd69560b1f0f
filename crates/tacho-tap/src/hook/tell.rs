//! Given a payload, tells which host speaks and what happened.

use tacho_event::dialect::{Dialect, detect};
use tacho_event::json::{Object, Value};
use tacho_event::{Draft, Severity};

use super::{Desk, Told, alias};
use crate::host::Host;
use crate::payload::{Cut, Payload};

impl Desk {
    /// What the payload tells.
    pub(super) fn tell(&self, payload: Payload) -> Told {
        let declared = Host::parse(&self.ask.declared);
        let nameless = declared.unwrap_or(Host::ClaudeCode);
        let (host, event, draft, cut) = match payload {
            Payload::Record { record, cut } => {
                let (host, event, draft) = self.tell_record(record, nameless);
                (host, event, draft, cut)
            }
            Payload::Malformed { raw, error } => {
                let draft = Draft::malformed(&raw, &error);
                (nameless, String::new(), draft, Cut::default())
            }
            Payload::NoObject(raw) => {
                let draft = Draft::gap("malformed_event", "a payload that is no object")
                    .count(1)
                    .with("action.gap.bytes", raw.len());
                (nameless, String::new(), draft, Cut::default())
            }
        };
        let source = match self.ask.is_alias && event.is_empty() {
            true => "hook:agent_audit_log".to_owned(),
            false => format!("hook:{}", host.in_data()),
        };
        let mut draft = draft.source(&source);
        let said = Object::from([
            ("declared", Value::from(self.ask.declared.as_str())),
            ("detected", host.in_data().into()),
        ]);
        draft.object_mut().insert_at(&["metadata", "hook"], said);
        let mut drafts = Vec::with_capacity(2);
        if cut != Cut::default() {
            drafts.push(cut_out(cut, &draft));
        }
        drafts.push(draft);
        Told { host, event, drafts, session: None, has_ended: false, raised: None }
    }

    fn tell_record(&self, record: Object, declared: Host) -> (Host, String, Draft) {
        let event = event_of(&record).to_owned();
        if self.ask.is_alias && event.is_empty() {
            return (declared, event, alias::read(&record, &self.around));
        }
        let document = Value::Object(record);
        let detected = detect(&document).ok().and_then(|dialect| Host::of_dialect(dialect.name));
        let host = match detected {
            // Those speak as Claude Code does: nothing but the command line tells them apart.
            Some(Host::ClaudeCode) if declared.speaks_as_claude_code() => declared,
            Some(host) => host,
            None => declared,
        };
        let named = match detect(&document) {
            Ok(dialect) if Host::of_dialect(dialect.name).is_some() => Some(dialect),
            _ => Dialect::named(host.dialect()),
        };
        let Value::Object(record) = document else { return (host, event, Draft::default()) };
        let draft = match named.map(|dialect| dialect.read_record(&record)) {
            Some(Ok(draft)) => draft,
            Some(Err(problems)) => {
                let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Draft::gap("refused_event", "a payload that is no record").because(&told.join("; "))
            }
            None => Draft::gap("refused_event", "a payload in an unknown dialect"),
        };
        // Copilot's camel case does not name its event; what was read does.
        let event = match (host, event.is_empty()) {
            (Host::Copilot, true) if says(&draft, "/action/phase") == "intent" => {
                "preToolUse".to_owned()
            }
            _ => event,
        };
        (host, event, draft)
    }
}

fn says<'d>(draft: &'d Draft, pointer: &str) -> &'d str {
    draft.at(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The event that a payload names; empty if it names none.
fn event_of(record: &Object) -> &str {
    ["hook_event_name", "event", "hookEventName"]
        .iter()
        .find_map(|name| record.str(name))
        .unwrap_or("")
}

/// The gap that says how much of the event is missing.
fn cut_out(cut: Cut, event: &Draft) -> Draft {
    let mut gap = Draft::gap("truncated_payload", "the ends of long texts")
        .severity(Severity::Warning)
        .count(cut.texts)
        .with("action.gap.bytes", cut.bytes)
        .because("the payload was larger than is kept of one");
    for member in ["session_id", "id"] {
        let said = event.at(&format!("/agent/{member}")).cloned();
        if let Some(said) = said {
            gap.set(&format!("agent.{member}"), said);
        }
    }
    let source = event.at("/origin/source").cloned();
    gap.with_some("origin.source", source)
}
