//! What a policy says it would do is what it does.

use super::*;

#[test]
fn every_member_has_a_class_a_home_a_rule_and_a_fate() {
    let rules = vec![
        CaptureRule { member: Some("labels".into()), level: Level::None, ..CaptureRule::default() },
        CaptureRule {
            member: Some("metadata".into()),
            level: Level::Full,
            ..CaptureRule::default()
        },
        CaptureRule {
            action: Some("tool".into()),
            level: Level::Redacted,
            ..CaptureRule::default()
        },
    ];
    let policy = full().with_rules(rules).with_evidence(vec!["outcome.error".into()]);
    let text = r#"{"id":"a","timestamp":"2026-11-20T10:00:00Z","v":1,
        "action":{"type":"tool","name":"Read","tool":{"parameters":{"file_path":"token=abc","content":"xyz"}}},
        "agent":{"id":"two words"},"actor":{"type":"user","id":"u"},"labels":{"a":1},
        "metadata":{"n":1},"outcome":{"error":{"message":"no"}}}"#;
    let explanation = policy.explain(&event(text));
    let told: Vec<_> = explanation
        .members
        .iter()
        .map(|one| (one.pointer.as_str(), one.class, one.home, one.rule, one.fate))
        .collect();
    assert_eq!(
        told,
        [
            ("/action/name", "public", "leaf", None, Fate::Kept),
            ("/action/tool", "content", "input", None, Fate::Cut),
            ("/action/type", "public", "leaf", None, Fate::Kept),
            ("/actor/id", "identity", "who", None, Fate::Kept),
            ("/actor/type", "public", "leaf", None, Fate::Kept),
            ("/agent/id", "public", "leaf", None, Fate::Withheld),
            ("/id", "public", "leaf", None, Fate::Kept),
            ("/labels", "content", "detail", Some(0), Fate::TakenOut),
            ("/metadata", "content", "detail", Some(1), Fate::Kept),
            ("/outcome/error/message", "evidence", "evidence", None, Fate::Kept),
            ("/timestamp", "public", "leaf", None, Fate::Kept),
            ("/v", "public", "leaf", None, Fate::Kept),
        ]
    );
    assert_eq!((explanation.level, explanation.rule), (Level::Redacted, Some(2)));
    assert_eq!(explanation.cuts, [("/action/tool/parameters/content".to_owned(), 3)]);
    let secret = &explanation.secrets[0];
    assert_eq!(secret.pointer, "/action/tool/parameters/file_path");
    assert!(!format!("{explanation:?}").contains("abc"));
}

#[test]
fn a_secret_in_a_name_is_told_by_the_place_that_holds_it() {
    let text =
        r#"{"action":{"type":"tool"},"metadata":{"x":{"token=abc":{"secret=y":"password=z"}}}}"#;
    let secrets = full().explain(&event(text)).secrets;
    let places: Vec<_> = secrets.iter().map(|secret| secret.pointer.as_str()).collect();
    let value = "/metadata/x/[REDACTED]/[REDACTED]";
    assert_eq!(places, ["/metadata/x", "/metadata/x/[REDACTED]", value]);
}

#[test]
fn a_dropped_event_has_no_member_left() {
    let drop =
        CaptureRule { action: Some("t*".into()), level: Level::None, ..CaptureRule::default() };
    let explanation = full().with_rules(vec![drop]).explain(&event(VECTOR));
    assert_eq!((explanation.level, explanation.rule), (Level::None, Some(0)));
    assert!(explanation.members.iter().all(|one| one.fate == Fate::TakenOut));
    assert!(explanation.secrets.is_empty() && !explanation.members.is_empty());
}

#[test]
fn without_identity_nobody_is_kept() {
    let explanation = preset(Preset::Minimal).explain(&event(VECTOR));
    let fate = |pointer: &str| {
        explanation.members.iter().find(|one| one.pointer == pointer).map(|one| one.fate)
    };
    assert_eq!(fate("/actor/id"), Some(Fate::TakenOut));
    assert_eq!(fate("/action/tool"), Some(Fate::TakenOut));
    assert_eq!(fate("/actor/type"), Some(Fate::Kept));
}
