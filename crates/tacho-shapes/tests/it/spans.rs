//! An agent that traces has an audit log.

use tacho_event::json::{Object, Value};
use tacho_shapes::book::all_events;
use tacho_testkit::scratch;

#[path = "../../examples/tracing_agent.rs"]
mod agent;

#[test]
fn spans_and_events_become_events_of_their_session() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let book = agent::run(&dir).unwrap();
    let events = all_events(&book.log().unwrap()).unwrap();
    let text = |event: &Object, at: &str| {
        event.at(at).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let told: Vec<(String, String)> = events
        .iter()
        .map(|event| (text(event, "/action/type"), text(event, "/action/name")))
        .collect();
    let told: Vec<_> = told.iter().map(|(kind, name)| (kind.as_str(), name.as_str())).collect();
    assert_eq!(
        told,
        [
            ("message", "notification"),
            ("tool", "Bash"),
            ("message", "notification"),
            ("model", "chat"),
            ("mcp", "search"),
            ("error", "timeout"),
            ("task", "release"),
        ]
    );
    for event in &events {
        assert_eq!(text(event, "/agent/session_id"), "abc123");
        assert_eq!(text(event, "/agent/id"), "ops/release-manager");
        assert_eq!(text(event, "/actor/id"), "alice");
    }
    let [_, tool, warning, model, mcp, error, task] = &events[..] else { panic!() };
    assert_eq!(text(tool, "/action/tool/parameters/command"), "git log --oneline -10");
    assert_eq!(text(tool, "/outcome/result"), "10 commits");
    assert!(tool.at("/resources/duration_ms").is_some());
    assert_eq!(text(warning, "/severity"), "warning");
    assert_eq!(text(model, "/resources/model"), "claude-3");
    assert_eq!(model.at("/resources/tokens_input"), Some(&Value::from(120)));
    assert_eq!(text(mcp, "/action/mcp/server"), "jira");
    assert_eq!(text(mcp, "/outcome/status"), "denied");
    assert_eq!(text(error, "/outcome/error/message"), "the registry did not answer");
    assert_eq!(text(task, "/outcome/status"), "success");
}
