//! Given what a hook was told, joins it to its session: who, which call, what changed since.

use std::path::Path;

use tacho_event::json::{Object, Value};
use tacho_event::{ActionType, Draft, EventId, Severity};

use super::{Desk, Told};
use crate::session::{Session, digest};
use crate::snapshot::fingerprints;

/// Moments at which the files that steer an agent are looked at again.
static LOOKS: &[&str] = &["start", "end", "stop", "instructions_loaded"];

impl Desk {
    /// Gives the event its session, its ids, and the events that go before it.
    pub(super) fn join(&self, told: &mut Told) {
        let raw = told.says("/agent/session_id").to_owned();
        if raw.is_empty() {
            return;
        }
        let mut session = Session::open(&self.around.state, told.host, &raw, &self.world.as_ref());
        if session.id != raw
            && let Some(draft) = told.drafts.last_mut()
        {
            draft.set("agent.session_id", session.id.as_str());
            draft.object_mut().insert_at(&["metadata", "hook", "session_id"], raw.as_str());
        }
        self.name_call(told, &mut session);
        name_event(told, &raw);
        let mut before = self.changes(told, &mut session);
        told.has_ended = told.moment() == "end";
        if told.has_ended {
            before.extend(self.closings(told, &session));
        }
        before.append(&mut told.drafts);
        told.drafts = before;
        session.keep();
        told.session = Some(session);
    }

    /// Parts from the session: forgets it if it ended.
    pub(super) fn part(&self, told: Told) {
        if told.has_ended
            && let Some(session) = told.session
        {
            session.forget();
        }
    }

    /// A call that the host does not number gets an id at its intent, and its result the same.
    fn name_call(&self, told: &mut Told, session: &mut Session) {
        // Of a file read, Cursor tells no end.
        let is_alone = told.event == "beforeReadFile" || told.event.is_empty();
        if !told.says("/action/call_id").is_empty() || is_alone {
            return;
        }
        let kind = told.says("/action/type").to_owned();
        let phase = told.says("/action/phase").to_owned();
        let input = told
            .event()
            .and_then(|draft| draft.at(&format!("/action/{kind}/parameters")))
            .map(Value::to_json)
            .unwrap_or_default();
        let what = [kind.as_str(), told.says("/action/name"), input.as_str()];
        let id = match phase.as_str() {
            "intent" => Some(session.begin_call(&what, &self.world.as_ref())),
            "result" => session.end_call(&what, &self.world.as_ref()),
            _ => None,
        };
        if let (Some(id), Some(draft)) = (id, told.drafts.last_mut()) {
            draft.set("action.call_id", id);
        }
    }

    /// What changed in the session since the last hook, as events; and the snapshot it begins with.
    fn changes(&self, told: &mut Told, session: &mut Session) -> Vec<Draft> {
        let mut changes = Vec::new();
        let mut changed = |setting: &str, before: Value, after: Value| {
            let draft = Draft::admin(setting).severity(Severity::Warning);
            changes.push(related(draft.before(before).after(after), told));
        };
        for (name, pointer) in
            [("permission_mode", "/security/permission_level"), ("model", "/resources/model")]
        {
            let now = told.event().and_then(|draft| draft.at(pointer)).cloned();
            if let Some(now) = now
                && let Some(before) = session.note(name, &now)
            {
                changed(name, before, now);
            }
        }
        let raised = told.raised.map_or(Value::Null, |level| Value::from(level.as_str()));
        if *session.memory.get("capture").unwrap_or(&Value::Null) != raised {
            let before = session.note("capture", &raised).unwrap_or(Value::Null);
            changed("project_capture", before, raised);
        }
        let is_prompt = told.says("/action/message/role") == "user";
        let is_setting = told.says("/action/type") == ActionType::Admin.as_str();
        if !(LOOKS.contains(&told.moment()) || is_prompt || is_setting) {
            return changes;
        }
        let project = cwd(told).map(Path::new);
        let prints = fingerprints(told.host, &self.around.home, project);
        let prints = Value::from(prints);
        if let Some(before) = session.note("files", &prints) {
            changed("steering_files", before, prints.clone());
        }
        if told.moment() == "start" {
            self.bind(told, prints);
        }
        changes
    }

    /// The start of a session says in what state it began.
    fn bind(&self, told: &mut Told, prints: Value) {
        let Some(draft) = told.drafts.last_mut() else { return };
        let said = |pointer: &str| draft.at(pointer).cloned().unwrap_or(Value::Null);
        let snapshot = Object::from([
            ("files", prints),
            ("model", said("/resources/model")),
            ("permission_mode", said("/security/permission_level")),
            ("recorder", concat!("tacho-tap ", env!("CARGO_PKG_VERSION")).into()),
        ]);
        draft.set("action.session.snapshot", snapshot);
    }
}

/// An event beside the one that was told: of the same agent, session and source.
pub(super) fn related(mut draft: Draft, told: &Told) -> Draft {
    for path in ["agent.session_id", "agent.id", "agent.parent_id", "origin.source"] {
        let pointer = format!("/{}", path.replace('.', "/"));
        if let Some(said) = told.event().and_then(|event| event.at(&pointer)) {
            draft.set(path, said.clone());
        }
    }
    draft
}

/// Where there is a call, the same event told twice has one id.
fn name_event(told: &mut Told, raw_session: &str) {
    let call = told.says("/action/call_id");
    if call.is_empty() {
        return;
    }
    let id = event_id(told.host.in_data(), raw_session, call, &told.event);
    if let Some(draft) = told.drafts.last_mut() {
        draft.set("id", id.as_str());
    }
}

/// UUIDv8 of the SHA-256 of the canonical JSON list [host, session, call, event].
pub(super) fn event_id(host: &str, session: &str, call: &str, event: &str) -> EventId {
    EventId::from_digest(digest(&[host, session, call, event]))
}

/// Where the agent works.
pub(super) fn cwd(told: &Told) -> Option<&str> {
    let event = told.event()?;
    let kept = event.at("/metadata")?.as_object()?.object(dialect_of(told))?;
    let first = |name: &str| kept.get(name)?.as_list()?.first()?.as_str();
    kept.str("cwd").or(kept.str("working_dir")).or_else(|| first("workspace_roots"))
}

fn dialect_of(told: &Told) -> &'static str {
    let camel = "/metadata/copilot_camel";
    match told.event().and_then(|event| event.at(camel)) {
        Some(_) => "copilot_camel",
        None => told.host.dialect(),
    }
}
