//! Given a draft of any kind, gives it the members that every kind may have.
//!
//! ```
//! use tacho_event::{Draft, json::{Object, Value}};
//! let command = Object::from([("command", "git log --oneline -10")]);
//! let draft = Draft::tool("Bash")
//!     .agent("ops/release-manager")
//!     .session("abc123")
//!     .user("alice")
//!     .call("call-7")
//!     .input(command)
//!     .result(Object::from([("exit_code", 0)]))
//!     .succeeded()
//!     .took_ms(234)
//!     .permission("readonly")
//!     .touched("git_repository", "/path/to/repo")
//!     .label("environment", "production");
//! assert_eq!(draft.at("/resources/duration_ms"), Some(&Value::from(234)));
//! ```

use super::Draft;
use crate::json::{Number, Object, Text, Value};
use crate::time::{Span, Timestamp};
use crate::words::{ActorType, Phase, Severity, Status};

impl Draft {
    /// The event's id; without one it gets a UUIDv7.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.with("id", id)
    }

    /// When it happened; without a time it is now.
    #[must_use]
    pub fn timestamp(self, time: Timestamp) -> Self {
        self.with("timestamp", time.to_string())
    }

    /// Whose log it belongs to.
    #[must_use]
    pub fn tenant(self, tenant: &str) -> Self {
        self.with("tenant", tenant)
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        self.with("severity", severity)
    }

    /// A label of the deployment: environment, cluster.
    #[must_use]
    pub fn label(self, name: &str, value: impl Into<Value>) -> Self {
        self.with_named("labels", name, value)
    }

    /// Something else that the source said.
    #[must_use]
    pub fn metadata(self, name: &str, value: impl Into<Value>) -> Self {
        self.with_named("metadata", name, value)
    }

    /// The agent that acted, as in `ops/release-manager`.
    #[must_use]
    pub fn agent(self, id: &str) -> Self {
        self.with("agent.id", id)
    }

    /// What kind of agent it is, and its version.
    #[must_use]
    pub fn agent_kind(self, kind: &str, version: &str) -> Self {
        self.with("agent.type", kind).with("agent.version", version)
    }

    /// The run it belongs to.
    #[must_use]
    pub fn session(self, id: &str) -> Self {
        self.with("agent.session_id", id)
    }

    /// The user's conversation it belongs to.
    #[must_use]
    pub fn conversation(self, id: &str) -> Self {
        self.with("agent.conversation_id", id)
    }

    /// The agent or session that started this one.
    #[must_use]
    pub fn parent(self, id: &str) -> Self {
        self.with("agent.parent_id", id)
    }

    /// Who answers for it.
    #[must_use]
    pub fn actor(self, kind: ActorType, id: &str) -> Self {
        self.with("actor.type", kind).with("actor.id", id)
    }

    /// The person who answers for it.
    #[must_use]
    pub fn user(self, id: &str) -> Self {
        self.actor(ActorType::User, id)
    }

    /// For whom the actor acted; the outermost is named last.
    #[must_use]
    pub fn on_behalf_of(self, kind: ActorType, id: &str) -> Self {
        let principal = Object::from([("type", Value::from(kind)), ("id", id.into())]);
        self.push(&["actor", "on_behalf_of"], principal)
    }

    /// The call it belongs to: joins intent and result.
    #[must_use]
    pub fn call(self, id: &str) -> Self {
        self.with("action.call_id", id)
    }

    /// The part of the call that this event tells: before it runs, after it ran, or both.
    #[must_use]
    pub fn phase(self, phase: Phase) -> Self {
        self.with("action.phase", phase)
    }

    /// Which attempt of the call it is, from 1.
    #[must_use]
    pub fn attempt(self, number: u32) -> Self {
        self.with("action.attempt", number)
    }

    /// How it ended.
    #[must_use]
    pub fn status(self, status: Status) -> Self {
        self.with("outcome.status", status)
    }

    /// What came out.
    #[must_use]
    pub fn result(self, value: impl Into<Value>) -> Self {
        self.with("outcome.result", value)
    }

    /// Where the error happened.
    #[must_use]
    pub fn stack(self, trace: &str) -> Self {
        self.with("outcome.error.stack", trace)
    }

    /// How long it took, in milliseconds.
    #[must_use]
    pub fn took_ms(self, milliseconds: impl Into<Value>) -> Self {
        self.with("resources.duration_ms", milliseconds)
    }

    /// How long it took.
    #[must_use]
    pub fn took(self, span: Span) -> Self {
        let milliseconds = Number::parse(&format!("{}e-3", span.micros()));
        self.with_some("resources.duration_ms", milliseconds)
    }

    /// The model that was used.
    #[must_use]
    pub fn model(self, name: &str) -> Self {
        self.with("resources.model", name)
    }

    /// Tokens that went into a model and came out of it.
    #[must_use]
    pub fn tokens(self, input: u64, output: u64) -> Self {
        self.with("resources.tokens_input", input).with("resources.tokens_output", output)
    }

    /// Input tokens that were served from a cache and written to it.
    #[must_use]
    pub fn cached_tokens(self, read: u64, written: u64) -> Self {
        self.with("resources.tokens_cache_read", read).with("resources.tokens_cache_write", written)
    }

    /// What it cost, estimated, in US dollars.
    #[must_use]
    pub fn cost_usd(self, dollars: impl Into<Value>) -> Self {
        self.with("resources.cost_usd", dollars)
    }

    /// Where the estimate of the cost comes from.
    #[must_use]
    pub fn cost_source(self, name: &str) -> Self {
        self.with("resources.cost_source", name)
    }

    /// What was allowed: readonly, read-write, admin.
    #[must_use]
    pub fn permission(self, level: &str) -> Self {
        self.with("security.permission_level", level)
    }

    /// A resource that was touched: its type (`database_table`) and which one.
    #[must_use]
    pub fn touched(self, kind: &str, identifier: &str) -> Self {
        let resource = Object::from([("type", kind), ("identifier", identifier)]);
        self.push(&["security", "resources_accessed"], resource)
    }

    /// Sensitive data was seen.
    #[must_use]
    pub fn sensitive(self) -> Self {
        self.with("security.sensitive_data_accessed", true)
    }

    /// How it came: `hook:claude_code`, `http`, `otlp`, `library`.
    #[must_use]
    pub fn source(self, name: &str) -> Self {
        self.with("origin.source", name)
    }

    /// Who numbered it and the running number: what makes gaps visible.
    #[must_use]
    pub fn emitted(self, emitter: &str, seq: u64) -> Self {
        self.with("origin.emitter", emitter).with("origin.seq", seq)
    }

    /// The address it came from.
    #[must_use]
    pub fn ip(self, address: &str) -> Self {
        self.with("origin.ip", address)
    }

    /// The program that asked.
    #[must_use]
    pub fn user_agent(self, name: &str) -> Self {
        self.with("origin.user_agent", name)
    }

    /// The machine it happened on.
    #[must_use]
    pub fn host(self, name: &str) -> Self {
        self.with("origin.host", name)
    }

    /// The W3C trace and span it belongs to.
    #[must_use]
    pub fn trace(self, trace_id: &str, span_id: &str) -> Self {
        self.with("origin.trace_id", trace_id).with("origin.span_id", span_id)
    }

    /// Sets a member whose name may hold a dot.
    fn with_named(mut self, group: &str, name: &str, value: impl Into<Value>) -> Self {
        self.doc.insert_at(&[group, name], value);
        self
    }

    /// Appends to the list at `path`; what stood there and is no list is replaced.
    pub(super) fn push(mut self, path: &[&str], value: impl Into<Value>) -> Self {
        let pointer: Text = path.iter().flat_map(|name| ["/", name]).collect();
        let mut list = self.at(&pointer).and_then(Value::as_list).unwrap_or_default().to_vec();
        list.push(value.into());
        self.doc.insert_at(path, list);
        self
    }
}
