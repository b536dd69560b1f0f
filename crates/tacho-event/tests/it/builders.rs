//! Every builder makes a draft that checks, and puts each value where the shape has it.

use crate::world::Still;
use std::collections::BTreeSet;
use tacho_event::json::{Object, Value};
use tacho_event::{
    ActionType, ActorType, Decider, Draft, Phase, Severity, Span, Status, Timestamp, shape,
};

fn object(name: &str, value: impl Into<Value>) -> Object {
    [(name, value.into())].into()
}

/// One draft of every kind, each with all that its kind can say.
fn drafts() -> Vec<Draft> {
    vec![
        Draft::tool("Bash").input(object("command", "git log")).result(object("exit_code", 0)),
        Draft::skill("postgres", "query").input(object("tables", ["deployments"])),
        Draft::external("web_search", "pod restart loop").input(object("result_count", 10)),
        Draft::decision("rollback", "Should v1.2.3 be rolled back?")
            .option("rollback", "error rate 5x baseline", 0.85)
            .option("monitor", "may be transient", 0.2)
            .chose("rollback", 0.85),
        Draft::error("ValueError", "bad input").stack("a.py:1").input(object("step", 3)),
        Draft::model_call("chat")
            .model("claude-opus-4[1m]")
            .prompt("weather?")
            .response("no idea")
            .input(object("temperature", 0.2)),
        Draft::mcp("social_mcp", "facebook_post").input(object("text", "Hello World")),
        Draft::provider("hubspot", "crm_create")
            .input(object("firstname", "John"))
            .response(object("id", "12345")),
        Draft::memory("STORE").entries(["entry_1", "entry_2"]),
        Draft::file("modify", "docs/plan.md").size_bytes(2048).hash("sha256:9f86"),
        Draft::change("update", "tenant", "t-1")
            .before(object("name", "Old"))
            .after(object("name", "New")),
        Draft::metric("latency", 1.25, "ms").input(object("stage", "plan")),
        Draft::persona("architect", "design_review").input(object("file", "plan.md")),
        Draft::task("t-7", "completed").input(object("file", "a.md")),
        Draft::watcher("gmail").input(object("subject", "Invoice")),
        Draft::message("user", "hello"),
        Draft::approval("Bash")
            .input("rm -rf build")
            .decided_by(Decider::ReviewerModel, "claude-haiku")
            .policy_version("7")
            .because("deletes files")
            .status(Status::Denied),
        Draft::auth("api_key", "/facebook/post").failed("InvalidKey", "unknown key"),
        Draft::session_event("start").input(object("settings", "sha256:77")),
        Draft::health("odoo").input(object("ping", "ok")),
        Draft::stop("agent", "ops/release-manager", true).because("runs wild"),
        Draft::gap("dropped", "events that a full disk refused").count(3).because("disk full"),
        Draft::alert("agent_failure_spike", "status:failure > 10").input(object("agent", "a")),
        Draft::access("reveal").input("0199a000-0000-70ed-804b-c452969c3d73").because("incident"),
        Draft::admin("retention.leaf").before("30d").after("365d").because("audit"),
    ]
}

/// What any draft may say.
fn with_everything(draft: Draft) -> Draft {
    draft
        .id("e-1")
        .timestamp(Timestamp::from_micros(1))
        .tenant("acme")
        .severity(Severity::Info)
        .label("k8s.io/cluster", "main")
        .metadata("ticket.url", "T-1")
        .agent("ops/release-manager")
        .agent_kind("claude_code", "2.1.0")
        .session("abc123")
        .conversation("user-conv-456")
        .parent("ops/lead")
        .actor(ActorType::Service, "ci")
        .on_behalf_of(ActorType::Agent, "ops/lead")
        .on_behalf_of(ActorType::User, "alice")
        .call("toolu_1")
        .phase(Phase::Result)
        .attempt(2)
        .succeeded()
        .took(Span::from_micros(1_234_567))
        .tokens(10, 20)
        .cached_tokens(30, 40)
        .cost_usd(0.0123)
        .cost_source("prices-2026-11")
        .permission("read-write")
        .touched("file", "a.rs")
        .touched("file", "b.rs")
        .sensitive()
        .source("library")
        .emitted("abc123", 7)
        .host("build-1")
        .ip("10.0.0.7")
        .user_agent("curl/8")
        .trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
}

#[test]
fn every_built_draft_checks_without_problems() {
    let world = Still::default();
    for draft in drafts() {
        let kind = draft.at("/action/type").unwrap().to_string();
        let event = draft.clone().check(&world);
        assert!(event.is_ok(), "{kind}: {event:?}");
        let event = with_everything(draft).check(&world);
        assert!(event.is_ok(), "{kind}: {event:?}");
    }
}

#[test]
fn there_is_a_builder_for_every_kind_but_our_own() {
    let built: BTreeSet<String> = drafts()
        .iter()
        .map(|draft| draft.at("/action/type").unwrap().as_str().unwrap().to_owned())
        .collect();
    let kinds = ActionType::ALL.iter().filter(|kind| **kind != ActionType::System);
    let all: BTreeSet<String> = kinds.map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(built, all);
}

/// What is put where only open objects would forgive it, would be found by nobody.
#[test]
fn builders_set_members_that_the_shape_knows() {
    let mut known = BTreeSet::new();
    shape::walk(shape::EVENT, &mut |path, _| {
        known.insert(path.to_owned());
    });
    let free = ["labels", "metadata"];
    for draft in drafts() {
        let draft = with_everything(draft);
        let mut paths = Vec::new();
        for (group, value) in draft.object().iter() {
            let members = value.as_object().filter(|_| !free.contains(&group));
            for (name, value) in members.into_iter().flat_map(Object::iter) {
                let path = format!("{group}.{name}");
                if group == "action" && value.as_object().is_some() {
                    let inner = value.as_object().unwrap().iter();
                    paths.extend(inner.map(|(inner, _)| format!("{path}.{inner}")));
                }
                paths.push(path);
            }
        }
        for path in paths {
            // Every kind may have parameters; those that have none of their own keep them so.
            assert!(known.contains(&path) || path.ends_with(".parameters"), "{path}");
        }
    }
}

#[test]
fn the_common_members_land_where_they_are_looked_for() {
    let draft = with_everything(Draft::tool("Bash"));
    for (pointer, value) in [
        ("/labels/k8s.io~1cluster", Value::from("main")),
        ("/metadata/ticket.url", "T-1".into()),
        ("/actor/on_behalf_of/1/id", "alice".into()),
        ("/resources/duration_ms", 1234.567.into()),
        ("/security/resources_accessed/1/identifier", "b.rs".into()),
        ("/origin/seq", 7.into()),
        ("/timestamp", "1970-01-01T00:00:00.000001Z".into()),
    ] {
        assert_eq!(draft.at(pointer), Some(&value), "{pointer}");
    }
    let event = draft.check(&Still::default()).unwrap();
    assert_eq!(event.subject(), Some("alice"));
    assert_eq!(event.phase(), Phase::Result);
}

#[test]
fn the_entries_of_a_memory_are_resources_it_touched() {
    let draft = Draft::memory("FORGET").entries(["entry_1", "entry_2"]).user("user_123");
    assert_eq!(draft.at("/action/memory/entry_ids").unwrap().to_json(), r#"["entry_1","entry_2"]"#);
    let touched = r#"{"identifier":"entry_2","type":"memory_entry"}"#;
    assert_eq!(draft.at("/security/resources_accessed/1").unwrap().to_json(), touched);
}

#[test]
fn a_number_that_is_none_is_left_out() {
    let event = Draft::tool("Bash").cost_usd(f64::NAN).check(&Still::default()).unwrap();
    assert_eq!(event.at("/resources/cost_usd"), None);
}
