//! The members of `action`: what every action has, then the object that has the action's name.
//!
//! What those objects hold is content, but for the name of a provider; other members are always
//! welcome in them.

use super::Home::{Input, Leaf, Output};
use super::Kind::{Any, Count, Flag, Key, Name, Number, OneOf, Open, OpenList, Text, Texts};
use super::event_table::row;
use super::{Kind, Member};
use crate::words::{ActionType, Phase};

const fn kind(name: &'static str, members: &'static [Member], doc: &'static str) -> Member {
    row(name, Open(members), Input, doc)
}

const fn says(name: &'static str, kind: Kind, doc: &'static str) -> Member {
    row(name, kind, Input, doc)
}

/// The members of `action`; one row for each [`ActionType`], in its order, after the first five.
pub static ACTIONS: &[Member] = &[
    row("type", OneOf(ActionType::WORDS), Leaf, "What kind of action it is."),
    row("name", Name, Leaf, "Its name: Bash, postgres, crm_create."),
    row("phase", OneOf(Phase::WORDS), Leaf, "The part of the call this event tells."),
    row("call_id", Key, Leaf, "The call it belongs to: joins intent and result."),
    row("attempt", Count, Leaf, "Which attempt of the call, from 1."),
    kind("tool", TOOL, "A built-in tool of an agent."),
    kind("skill", SKILL, "A skill and the operation asked of it."),
    kind("external", EXTERNAL, "A call to the outside."),
    kind("decision", DECISION, "A choice and its reasons."),
    kind("error", ERROR, "An error that belongs to no call."),
    kind("model", MODEL, "A call to a language model."),
    kind("mcp", MCP, "A Model Context Protocol call."),
    kind("provider", PROVIDER, "An operation at a provider."),
    kind("memory", MEMORY, "An operation on an agent's memory."),
    kind("file", FILE, "An operation on a file."),
    kind("change", &[], "What else is known of a change; its values stand under `change`."),
    kind("metric", METRIC, "A measured value."),
    kind("persona", PERSONA, "Something a persona did."),
    kind("task", TASK, "A unit of work."),
    kind("watcher", WATCHER, "What a watcher saw."),
    kind("message", MESSAGE, "A prompt, a reply, a notification."),
    kind("approval", APPROVAL, "Who permitted or denied it, and by which rule."),
    kind("auth", AUTH, "A login, a key check, an access attempt."),
    kind("session", SESSION, "What happened to a session."),
    kind("health", HEALTH, "A health check."),
    kind("stop", STOP, "An emergency stop."),
    kind("gap", GAP, "What was lost or could not be seen."),
    kind("alert", ALERT, "The rule that fired and why."),
    kind("access", ACCESS, "Who looked at what."),
    kind("admin", ADMIN, "The setting that changed."),
    kind("system", SYSTEM, "What the recorder says about itself."),
];

/// What a log says of what it no longer holds must be checked by whoever reads it.
static SYSTEM: &[Member] = &[
    row("ticket", Name, Leaf, "The erasure or expiry."),
    row("class", Name, Leaf, "The class of parts that expired."),
    row("day", Count, Leaf, "The day that expired, days since 1970-01-01."),
    row("from", Count, Leaf, "Leaves from this index on are meant."),
    row("until", Count, Leaf, "Leaves before this index are meant."),
    row("content_count", Count, Leaf, "Digests of content that no part backs any more."),
    row("content_root", Name, Leaf, "The RFC 6962 root over them."),
    row("identity_count", Count, Leaf, "Digests of identity that no part backs any more."),
    row("identity_root", Name, Leaf, "The RFC 6962 root over them."),
    row("evidence_count", Count, Leaf, "Digests of evidence that no part backs any more."),
    row("evidence_root", Name, Leaf, "The RFC 6962 root over them."),
    row("minimum", Count, Leaf, "The first leaf that is kept: those before it were pruned."),
    row("root", Name, Leaf, "The root of the tree of the leaves before it."),
    row("totals", Count, Leaf, "Files of totals that are kept of all that was pruned."),
    row("totals_root", Name, Leaf, "The RFC 6962 root whose leaves are those files."),
    row("policy", Name, Leaf, "The terms by which it was pruned."),
    row("repeats", Key, Leaf, "The event that was submitted again."),
];

static TOOL: &[Member] =
    &[says("name", Text, "The tool's name."), says("parameters", Any, "What it was called with.")];

static SKILL: &[Member] = &[
    says("name", Text, "The skill's name."),
    says("operation", Text, "What was asked of it."),
    says("parameters", Any, "What it was asked with."),
];

static EXTERNAL: &[Member] = &[
    says("type", Text, "web_search, web_fetch or api_call."),
    says("target", Text, "The URL or the query."),
    says("parameters", Any, "What it was called with."),
];

static DECISION: &[Member] = &[
    says("question", Text, "What had to be decided."),
    says("options_considered", OpenList(OPTION), "What could have been chosen."),
    says("chosen", Text, "What was chosen."),
    says("confidence", Number, "How sure the agent was, from 0 to 1."),
];

static OPTION: &[Member] = &[
    says("option", Text, "What could be chosen."),
    says("reasoning", Text, "What speaks for or against it."),
    says("score", Number, "How good it looked."),
];

static ERROR: &[Member] = &[says("context", Any, "What was going on.")];

static MODEL: &[Member] = &[
    says("operation", Text, "chat, completion, embedding, api_request."),
    says("provider", Text, "Who serves the model."),
    says("prompt", Any, "What was asked."),
    row("response", Any, Output, "What was answered."),
    says("prompt_chars", Count, "Length of the prompt, where the prompt is not kept."),
    says("response_chars", Count, "Length of the answer, where the answer is not kept."),
    says("parameters", Any, "Temperature and the like."),
    says("stop_reason", Text, "Why the answer ended."),
];

static MCP: &[Member] = &[
    says("server", Text, "The server that was called."),
    says("method", Text, "tools/call, resources/read, ..."),
    says("tool", Text, "The tool, resource or prompt."),
    says("parameters", Any, "What it was called with."),
];

static PROVIDER: &[Member] = &[
    row("name", Name, Leaf, "The provider: hubspot, zendesk, google."),
    says("operation", Text, "What was asked of it."),
    says("request", Any, "What was sent."),
    row("response", Any, Output, "What came back."),
];

static MEMORY: &[Member] = &[
    says("operation", Text, "STORE, RECALL, FORGET, COMPACT, EXPORT or IMPORT."),
    says("entry_ids", Texts, "The entries it touched."),
];

static FILE: &[Member] = &[
    says("operation", Text, "create, read, modify or delete."),
    says("path", Text, "The file."),
    says("size_bytes", Count, "Its size."),
    says("hash", Text, "A digest of its content, as the source gave it."),
];

static METRIC: &[Member] = &[
    says("name", Text, "What was measured."),
    says("value", Number, "The value."),
    says("unit", Text, "Its unit."),
    says("context", Any, "Where and how it was measured."),
];

static PERSONA: &[Member] = &[
    says("name", Text, "The persona."),
    says("activity", Text, "What it did."),
    says("context", Any, "What was going on."),
];

static TASK: &[Member] = &[
    says("id", Text, "The task."),
    says("state", Text, "queued, started, completed, failed, an iteration's number."),
    says("parameters", Any, "What it was to do."),
];

static WATCHER: &[Member] =
    &[says("name", Text, "The watcher."), says("trigger", Any, "What it saw.")];

static MESSAGE: &[Member] = &[
    says("role", Text, "user, assistant, system, notification."),
    says("text", Any, "What was said."),
    says("chars", Count, "Length of the text, where the text is not kept."),
];

static APPROVAL: &[Member] = &[
    says("subject", Any, "What permission was asked for."),
    says("by", Text, "human, rule or reviewer model."),
    says("reviewer", Text, "Which human, rule or model."),
    says("policy_version", Text, "The version of the policy that decided."),
    says("reason", Text, "Why."),
];

static AUTH: &[Member] = &[
    says("method", Text, "password, api_key, oauth, token."),
    says("target", Text, "What access was asked for."),
];

static SESSION: &[Member] = &[
    says("event", Text, "start, end, stop, compaction, fork, model switch, subagent start."),
    says("reason", Text, "Why."),
    says("snapshot", Any, "Settings and their fingerprints at that time."),
];

static HEALTH: &[Member] =
    &[says("target", Text, "What was checked."), says("checks", Any, "What each check found.")];

static STOP: &[Member] = &[
    says("scope", Text, "agent, session, tenant or all."),
    says("target", Text, "Which agent, session or tenant."),
    says("engaged", Flag, "True when engaged, false when lifted."),
    says("reason", Text, "Why."),
    says("expires", Text, "When it ends by itself."),
];

static GAP: &[Member] = &[
    says("what", Text, "What is missing."),
    says("count", Count, "How many events are missing, where that is known."),
    says("from", Text, "Since when."),
    says("until", Text, "Until when."),
    says("reason", Text, "Why."),
];

static ALERT: &[Member] = &[
    says("rule", Text, "The rule."),
    says("condition", Text, "Its condition."),
    says("window", Text, "Its window."),
    says("groups", Any, "What it fired for."),
];

static ACCESS: &[Member] = &[
    says("operation", Text, "reveal, export, search, prove."),
    says("target", Any, "What was looked at."),
    says("reason", Text, "Why."),
];

static ADMIN: &[Member] = &[
    says("setting", Text, "What was changed."),
    says("before", Any, "What it was."),
    says("after", Any, "What it became."),
    says("reason", Text, "Why."),
];
