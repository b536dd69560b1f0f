//! The members of an event.

use super::Home::{Detail, Leaf, Output, Route, Who, WhoOrDetail};
use super::Kind::{
    Any, Count, EventId, Flag, Group, Key, Labels, Model, Name, Number, Object, OneOf, OpenList,
    Tenant, Text, Texts, Time,
};
use super::actions_table::ACTIONS;
use super::{Home, Kind, Look, Member, Written};
use crate::words::{ActorType, Severity, Status};

pub(super) const fn row(name: &'static str, kind: Kind, home: Home, doc: &'static str) -> Member {
    Member { name, kind, home, doc, look: Look::of(name), written: Written::of(name) }
}

/// The members of an event.
pub static EVENT: &[Member] = &[
    row("v", Count, Leaf, "Version of this shape: 1."),
    row("id", EventId, Leaf, "The event's id: the client's own, or a UUIDv7 minted here."),
    row("timestamp", Time, Leaf, "When it happened, RFC 3339 with microseconds, UTC."),
    row("tenant", Tenant, Route, "Whose log it belongs to; must be the one of the caller's key."),
    row("severity", OneOf(Severity::WORDS), Leaf, "How bad it is."),
    row("labels", Labels, Detail, "Labels of the deployment: environment, cluster."),
    row("metadata", Object, Detail, "Whatever else the source said, by dialect."),
    row("agent", Group(AGENT), Leaf, "The agent that acted."),
    row("actor", Group(ACTOR), Leaf, "Who answers for it."),
    row("action", Group(ACTIONS), Leaf, "What was done."),
    row("outcome", Group(OUTCOME), Leaf, "How it ended."),
    row("resources", Group(RESOURCES), Leaf, "What it used."),
    row("security", Group(SECURITY), Leaf, "What it was allowed to do, and what it touched."),
    row("change", Group(CHANGE), Leaf, "The resource that changed."),
    row("origin", Group(ORIGIN), Leaf, "How the event reached us."),
];

static AGENT: &[Member] = &[
    row("id", Key, Leaf, "The agent, as in ops/release-manager."),
    row("type", Name, Leaf, "What kind of agent it is."),
    row("version", Name, Leaf, "Its version."),
    row("session_id", Key, Leaf, "The run it belongs to."),
    row("conversation_id", Key, Leaf, "The user's conversation it belongs to."),
    row("parent_id", Key, Leaf, "The agent or session that started this one."),
];

static ACTOR: &[Member] = &[
    row("type", OneOf(ActorType::WORDS), Leaf, "What kind of actor it is."),
    row("id", Text, Who, "Who: a user's id, an e-mail address, a service."),
    row("on_behalf_of", OpenList(PRINCIPAL), Who, "The delegation chain, outermost last."),
];

static PRINCIPAL: &[Member] = &[
    row("type", OneOf(ActorType::WORDS), Who, "What kind of actor it is."),
    row("id", Text, Who, "Who it is."),
];

static OUTCOME: &[Member] = &[
    row("status", OneOf(Status::WORDS), Leaf, "How it ended."),
    row("result", Any, Output, "What came out; a summary where the content is large."),
    row("error", Group(ERROR), Leaf, "What went wrong."),
];

static ERROR: &[Member] = &[
    row("type", Name, Leaf, "The kind of error, as in TimeoutError."),
    row("message", Text, Output, "What it said."),
    row("stack", Text, Output, "Where it happened."),
];

static RESOURCES: &[Member] = &[
    row("tokens_input", Count, Leaf, "Tokens that went into a model."),
    row("tokens_output", Count, Leaf, "Tokens that came out of a model."),
    row("tokens_total", Count, Leaf, "All tokens, where the source does not split them."),
    row("tokens_cache_read", Count, Leaf, "Input tokens served from a cache."),
    row("tokens_cache_write", Count, Leaf, "Input tokens written to a cache."),
    row("duration_ms", Number, Leaf, "How long it took, in milliseconds."),
    row("cost_usd", Number, Leaf, "What it cost, estimated, in US dollars."),
    row("cost_source", Name, Leaf, "Where the estimate comes from: a price table's version."),
    row("model", Model, Leaf, "The model that was used."),
];

static SECURITY: &[Member] = &[
    row("permission_level", Name, Leaf, "What was allowed: readonly, read-write, admin."),
    row("resources_accessed", OpenList(RESOURCE), WhoOrDetail, "What was touched."),
    row("resource_types", Texts, Leaf, "The kinds of what was touched; made by the recorder."),
    row("sensitive_data_accessed", Flag, Leaf, "True if the source calls what was seen sensitive."),
];

static RESOURCE: &[Member] = &[
    row("type", Text, WhoOrDetail, "What kind of thing: file, database_table, git_repository."),
    row("identifier", Text, WhoOrDetail, "Which one."),
];

static CHANGE: &[Member] = &[
    row("resource_type", Text, Detail, "What kind of thing changed."),
    row("resource_id", Text, WhoOrDetail, "Which one changed."),
    row("before", Any, Detail, "What it was."),
    row("after", Any, Detail, "What it became."),
];

static ORIGIN: &[Member] = &[
    row("source", Name, Leaf, "How it came: hook:claude_code, http, otlp, library."),
    row("emitter", Key, Leaf, "Who numbered it; with seq it makes gaps visible."),
    row("seq", Count, Leaf, "The emitter's running number."),
    row("host", Text, Who, "The machine it happened on."),
    row("ip", Text, Who, "The address it came from."),
    row("user_agent", Text, Who, "The program that asked."),
    row("trace_id", Key, Leaf, "W3C trace id."),
    row("span_id", Key, Leaf, "W3C span id."),
];
