//! Secrets: replaced wherever they stand, and told to nobody.

use super::*;

#[test]
fn secrets_are_replaced_in_values_names_and_the_leaf() {
    let text = r#"{"id":"token:abc","timestamp":"2026-11-20T10:00:00.000000Z",
        "agent":{"id":"password:hunter2"},
        "action":{"type":"tool","name":"Bash","tool":{"parameters":{
            "command":"PGPASS=1 password=x\"},\"y\":1","password":"hunter2","token=a":1}}},
        "outcome":{"error":{"message":"secret=shh"}}}"#;
    let entry = protect(&full(), text);
    let shown = revealed(&entry);
    for secret in ["hunter2", "shh", "token=a", "password=x", "token:abc"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
        let leaf = String::from_utf8_lossy(entry.leaf()).into_owned();
        assert!(!leaf.contains(secret), "{secret} in {leaf}");
    }
    assert!(shown.contains(r#""password":"[REDACTED]""#), "{shown}");
    assert_ne!(entry.id().as_str(), "token:abc");
    assert_eq!(leaf(&entry).str("id"), Some(entry.id().as_str()));
}

#[test]
fn no_word_of_a_source_that_a_leaf_shows_is_a_secret() {
    use crate::shape::{EVENT, Home, Kind, walk};
    let mut looked_at = 0;
    walk(EVENT, &mut |path, row| {
        let value = match row.kind {
            Kind::Name | Kind::Key | Kind::Model | Kind::EventId => Value::from("token:abc"),
            Kind::Texts => Value::from(["token:abc"]),
            _ => return,
        };
        if row.home != Home::Leaf {
            return;
        }
        let draft = Draft::new(crate::ActionType::Tool, "Bash").with(path, value);
        let event = draft.check(&world()).unwrap();
        let Protected::Entry(entry) = full().apply(event, &StandIns::new(), &world()).unwrap()
        else {
            panic!("{path}")
        };
        let leaf = String::from_utf8_lossy(entry.leaf()).into_owned();
        assert!(!leaf.contains("token:abc"), "{path} in {leaf}");
        looked_at += 1;
    });
    assert!(looked_at > 15, "{looked_at}");
}

#[test]
fn members_of_the_shape_are_judged_by_their_values_and_others_by_their_names_too() {
    let text = r#"{"action":{"type":"auth","name":"login","auth":{"method":"password",
        "password":"hunter2","secretless":"x"}},"labels":{"password":7,"x":"token=abc"},
        "metadata":{"password":"","deep":[{"password":["a","b"]}]}}"#;
    let entry = protect(&full(), text);
    let shown = revealed(&entry);
    assert!(shown.contains(r#""method":"password""#), "{shown}");
    assert!(shown.contains(r#""auth":{"method":"password","password":"[REDACTED]""#), "{shown}");
    assert!(shown.contains(r#""labels":{"password":"[REDACTED]","#), "{shown}");
    assert!(shown.contains(r#"{"deep":[{"password":"[REDACTED]"}],"password":""}"#), "{shown}");
    assert!(remark(&entry, "redacted").contains(r#""sensitive-name":3"#));
}

#[test]
fn two_names_that_become_one_are_numbered() {
    let text = r#"{"action":{"type":"tool"},"metadata":{"secret=a":1,"secret=b":2,"token=c":3}}"#;
    let shown = kept(&full(), text);
    let metadata = r#""metadata":{"[REDACTED]":1,"[REDACTED] 2":2,"[REDACTED] 3":3}"#;
    assert!(shown.contains(metadata), "{shown}");
}

#[test]
fn a_secret_among_the_kinds_of_resources_is_not_shown() {
    let text = r#"{"action":{"type":"tool"},"security":{"resource_types":["token:abc","file"],
        "resources_accessed":[{"type":"secret:xyz","identifier":"1"}]}}"#;
    let entry = protect(&full(), text);
    let types = leaf(&entry).at("/security/resource_types").unwrap().to_json();
    assert_eq!(types, r#"["file","other"]"#);
    assert!(!revealed(&entry).contains("abc") && !revealed(&entry).contains("xyz"));
}

#[test]
fn secrets_in_evidence_are_replaced_too() {
    for granularity in [Granularity::Class, Granularity::Member] {
        let evidence = vec!["action.tool.parameters.password".into(), "outcome.result".into()];
        let policy = full().with_evidence(evidence).with_granularity(granularity);
        let text = r#"{"action":{"type":"tool","tool":{"parameters":{"password":"hunter2"}}},
            "outcome":{"result":"token=abc"}}"#;
        let entry = protect(&policy, text);
        let shown = revealed(&entry);
        assert!(!shown.contains("hunter2") && !shown.contains("abc"), "{shown}");
        assert!(entry.parts().iter().any(|part| part.class() == Class::Evidence));
    }
}

#[test]
fn a_stand_in_never_remembers_a_secret() {
    let stand_ins = StandIns::new();
    let text = r#"{"action":{"type":"tool"},"agent":{"id":"my token=abc"}}"#;
    let Protected::Entry(entry) = full().apply(event(text), &stand_ins, &world()).unwrap() else {
        panic!("dropped")
    };
    let pairs = stand_ins.pairs();
    assert!(pairs.len() == 1 && pairs.iter().all(|(id, _)| !id.contains("abc")));
    assert!(revealed(&entry).contains("my [REDACTED]"));
}

#[test]
fn closed_words_times_and_public_numbers_are_never_replaced() {
    // Every built-in rule looks at values; a rule of a policy may match anything.
    let text = r#"{"id":"a","timestamp":"2026-11-20T10:00:00Z","action":{"type":"tool"},
        "agent":{"version":"token:abc"},"outcome":{"status":"success"}}"#;
    let entry = protect(&full(), text);
    assert_eq!(leaf(&entry).at("/agent/version"), Some(&Value::from("other")));
    assert_eq!(leaf(&entry).at("/outcome/status"), Some(&Value::from("success")));
    check_leaf(entry.leaf(), false).unwrap();
}
