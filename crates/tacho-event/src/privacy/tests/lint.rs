//! Policies that can hardly be meant.

use super::*;

fn rule() -> CaptureRule {
    CaptureRule { level: Level::Metadata, ..CaptureRule::default() }
}

fn action(word: &str) -> CaptureRule {
    CaptureRule { action: Some(word.into()), ..rule() }
}

fn member(path: &str) -> CaptureRule {
    CaptureRule { member: Some(path.into()), ..rule() }
}

fn lint(rules: Vec<CaptureRule>) -> Vec<String> {
    problems(&full().with_rules(rules))
}

fn problems(policy: &Policy) -> Vec<String> {
    policy.lint().iter().map(ToString::to_string).collect()
}

#[test]
fn presets_and_plain_policies_have_no_problem() {
    for named in Preset::ALL {
        assert_eq!(problems(&preset(named)), [""; 0]);
    }
    let named = CaptureRule { name: Some("mcp__*".into()), ..action("mcp") };
    let agents = CaptureRule { agent: Some("ops/*".into()), ..rule() };
    let rules = vec![
        named,
        action("mcp"),
        agents,
        member("action.tool.parameters.command"),
        member("action.tool"),
        member("metadata.any.thing"),
        member("change"),
    ];
    assert_eq!(lint(rules), [""; 0]);
}

#[test]
fn unknown_action_types_and_members_are_named_with_the_nearest_known() {
    let rules = vec![
        action("tol"),
        action("weather*"),
        member("outcome.reslt"),
        member("action.tool.parameters.x.y"),
        member("outcome.status.x"),
        member("actor.id.x"),
    ];
    let told = lint(rules);
    assert_eq!(told[0], "/rules/0/action: no action type matches `tol` (did you mean `tool`?)");
    assert!(told[1].starts_with("/rules/1/action: no action type matches `weather*` (one of: "));
    assert_eq!(
        told[2],
        "/rules/2/member: `outcome.reslt` is not a member of an event \
         (did you mean `outcome.result`?)"
    );
    assert!(told[3].starts_with("/rules/4/member: `outcome.status.x` is not a member"));
    assert!(told[4].starts_with("/rules/5/member: `actor.id.x` is not a member"));
    assert_eq!(told.len(), 5, "{told:?}");
}

#[test]
fn a_rule_behind_a_broader_one_never_decides() {
    let named = |name: &str| CaptureRule { name: Some(name.into()), ..action("tool") };
    for (first, second, shadowed) in [
        (action("tool"), action("tool"), true),
        (action("*"), named("Bash"), true),
        (named("B*"), named("Ba*h"), true),
        (named("B*"), action("tool"), false),
        (named("Ba*"), named("B*"), false),
        (action("t*"), action("task"), true),
        (action("t*"), action("skill"), false),
        (member("action"), member("action.tool"), true),
        (member("action.tool"), member("action"), false),
        (member("action"), action("tool"), false),
        (action("*"), member("action.tool"), false),
        (rule(), action("tool"), true),
    ] {
        let told = lint(vec![first.clone(), second.clone()]);
        let expected = "/rules/1: never decides anything: rule 0 matches first \
                        (move it before rule 0, or remove it)";
        assert_eq!(
            told.iter().any(|one| one == expected),
            shadowed,
            "{first:?} {second:?} {told:?}"
        );
    }
}

#[test]
fn dropping_is_explained_and_never_everything() {
    let note = Some("legal, 2026-03: no recording of health data".to_owned());
    let none = |rule: CaptureRule| CaptureRule { level: Level::None, ..rule };
    assert_eq!(lint(vec![CaptureRule { note: note.clone(), ..none(action("health")) }]), [""; 0]);
    let told = lint(vec![none(action("health"))]);
    assert_eq!(
        told,
        ["/rules/0/level: leaves a hole in the record and does not say why \
         (add a note: who decided it, and what for)"]
    );
    let everything = CaptureRule { note: note.clone(), name: Some("*".into()), ..none(rule()) };
    // An event without a name does not match `*`: that rule leaves something.
    assert_eq!(lint(vec![everything]), [""; 0]);
    let everything = CaptureRule { note: note.clone(), ..none(action("*")) };
    let told = lint(vec![everything.clone(), member("metadata")]);
    assert_eq!(told[0], "/rules/0/level: drops every event (name an action, a tool or an agent)");
    assert_eq!(
        told[1],
        "/rules/1: is about members of events that rule 0 drops (remove one of the two)"
    );
    let nothing = full().with_level(Level::None);
    assert_eq!(problems(&nothing).len(), 1);
    assert_eq!(problems(&nothing.with_rules(vec![action("tool")])), [""; 0]);
}

#[test]
fn what_cannot_be_left_out_is_said() {
    let told = lint(vec![member("action.type"), member("id")]);
    assert_eq!(
        told[0],
        "/rules/0/member: `action.type` is always kept (a leaf without it is none)"
    );
    assert_eq!(told.len(), 2);
    assert_eq!(lint(vec![action("system")]).len(), 1);
    assert_eq!(lint(vec![CaptureRule { agent: Some(String::new()), ..rule() }]).len(), 1);
}

#[test]
fn evidence_is_hidden_captured_and_told_once() {
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    let good = paths(&["outcome.result", "action.tool.parameters", "actor.id", "change"]);
    assert_eq!(problems(&full().with_evidence(good.clone())), [""; 0]);
    let bad = paths(&["outcme", "outcome.status", "change", "change.before"]);
    let told = problems(&full().with_evidence(bad));
    assert_eq!(
        told,
        [
            "/evidence/0: `outcme` is not a member of an event (did you mean `outcome`?)",
            "/evidence/1: `outcome.status` is public: every leaf shows it already (remove it)",
            "/evidence/3: `change.before` is part of `change`, which is evidence already \
             (remove it)",
        ]
    );
    let minimal = preset(Preset::Minimal).with_evidence(paths(&["actor.id"]));
    assert_eq!(problems(&minimal).len(), 1);
    let contradicted = full().with_evidence(good).with_rules(vec![member("outcome")]);
    let told = problems(&contradicted);
    assert_eq!(
        told,
        ["/evidence/0: `outcome.result` is taken out by the rule about `outcome` \
             (capture it, or do not keep it)"]
    );
}

#[test]
fn content_logging_without_the_level_it_holds_at_is_named() {
    let cut = ContentLogging { output_chars: Some(10), ..ContentLogging::default() };
    let policy = full().with_content_logging(cut);
    assert_eq!(problems(&policy).len(), 1);
    assert_eq!(problems(&policy.with_level(Level::Redacted)), [""; 0]);
    let all = ContentLogging { file_contents: true, query_results: true, output_chars: None };
    let policy = preset(Preset::Production).with_content_logging(all);
    assert_eq!(problems(&policy).len(), 1);
}
