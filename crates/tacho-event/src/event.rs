//! A checked event: what happened, in the shape of [`crate::shape::EVENT`].

use crate::ids::{EventId, TenantId};
use crate::json::{Object, Value};
use crate::time::Timestamp;
use crate::words::{ActionType, ActorType, Phase, Severity, Status};

/// An event whose every member has been checked; only [`Draft::check`](crate::Draft::check) makes
/// one.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub(crate) doc: Object,
    pub(crate) id: EventId,
    pub(crate) timestamp: Timestamp,
    pub(crate) action: ActionType,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) own: bool,
}

impl Event {
    /// Its id.
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// When it happened.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The kind of action.
    pub fn action_type(&self) -> ActionType {
        self.action
    }

    /// The action's name.
    pub fn action_name(&self) -> Option<&str> {
        self.text(&["action", "name"])
    }

    /// The tenant it names, if it names one.
    pub fn tenant(&self) -> Option<&TenantId> {
        self.tenant.as_ref()
    }

    /// True for what the recorder says about itself.
    pub fn is_system(&self) -> bool {
        self.own
    }

    /// The phase; an event that names none is whole.
    pub fn phase(&self) -> Phase {
        self.text(&["action", "phase"]).and_then(Phase::parse).unwrap_or(Phase::Whole)
    }

    /// How it ended, if it says so.
    pub fn status(&self) -> Option<Status> {
        self.text(&["outcome", "status"]).and_then(Status::parse)
    }

    /// How bad it is, if it says so.
    pub fn severity(&self) -> Option<Severity> {
        self.text(&["severity"]).and_then(Severity::parse)
    }

    /// The session it belongs to.
    pub fn session_id(&self) -> Option<&str> {
        self.text(&["agent", "session_id"])
    }

    /// The agent that acted.
    pub fn agent_id(&self) -> Option<&str> {
        self.text(&["agent", "id"])
    }

    /// The call it belongs to.
    pub fn call_id(&self) -> Option<&str> {
        self.text(&["action", "call_id"])
    }

    /// The person it is about, who may ask for its erasure: the actor if that is a user, else the
    /// last user it acted on behalf of.
    pub fn subject(&self) -> Option<&str> {
        let actor = self.doc.object("actor")?;
        let user = |principal: &Object| principal.str("type") == Some(ActorType::User.as_str());
        if user(actor) {
            return actor.str("id");
        }
        let chain = actor.get("on_behalf_of").and_then(Value::as_list)?;
        chain.iter().rev().filter_map(Value::as_object).find(|one| user(one))?.str("id")
    }

    /// Gives it a place in its emitter's sequence. Numbers are given after the check, and only to
    /// what a policy keeps: what was never to be recorded leaves no hole.
    pub fn number(&mut self, emitter: &str, seq: u64) {
        if let Some(origin) = self.doc.entry_object("origin") {
            origin.insert("emitter", emitter);
            origin.insert("seq", seq);
        }
    }

    /// Its members.
    pub fn object(&self) -> &Object {
        &self.doc
    }

    /// The value at an RFC 6901 pointer such as `/action/tool/name`.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        let (first, rest) = pointer
            .strip_prefix('/')?
            .split_at(pointer.get(1..)?.find('/').unwrap_or(pointer.len() - 1));
        self.doc.get(first)?.at(rest)
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        let (last, parents) = path.split_last()?;
        let place = parents.iter().try_fold(&self.doc, |place, name| place.object(name))?;
        place.str(last)
    }
}
