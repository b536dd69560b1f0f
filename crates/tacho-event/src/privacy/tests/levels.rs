//! Capture levels, member rules, presets.

use super::*;

fn rule(member: &str, level: Level) -> CaptureRule {
    CaptureRule { member: Some(member.into()), level, ..CaptureRule::default() }
}

fn about(action: &str, level: Level) -> CaptureRule {
    CaptureRule { action: Some(action.into()), level, ..CaptureRule::default() }
}

#[test]
fn minimal_keeps_neither_content_nor_people() {
    let entry = protect(&preset(Preset::Minimal), VECTOR);
    assert!(entry.parts().is_empty());
    assert_eq!(entry.subject(), None);
    assert!(leaf(&entry).get("content").is_none() && leaf(&entry).get("identity").is_none());
}

#[test]
fn the_first_rule_that_matches_says_the_level() {
    let named = |name: &str, level| CaptureRule {
        name: Some(name.into()),
        level,
        ..CaptureRule::default()
    };
    let rules = vec![
        rule("metadata", Level::Full),
        named("Bas*", Level::None),
        about("tool", Level::Metadata),
        about("*", Level::Redacted),
    ];
    let policy = full().with_rules(rules);
    let dropped = policy.apply(event(VECTOR), &StandIns::new(), &world()).unwrap();
    assert!(matches!(dropped, Protected::Dropped { rule: Some(1) }), "{dropped:?}");
    for (text, level, rule) in [
        (r#"{"action":{"type":"tool","name":"Read"}}"#, Level::Metadata, Some(2)),
        (r#"{"action":{"type":"tool"}}"#, Level::Metadata, Some(2)),
        (r#"{"action":{"type":"skill","name":"Bas"}}"#, Level::None, Some(1)),
        (r#"{"action":{"type":"skill","name":"bash"}}"#, Level::Redacted, Some(3)),
    ] {
        let explanation = policy.explain(&event(text));
        assert_eq!((explanation.level, explanation.rule), (level, rule), "{text}");
    }
}

#[test]
fn a_policy_whose_level_is_none_drops_without_naming_a_rule() {
    let policy = full().with_level(Level::None);
    let dropped = policy.apply(event(VECTOR), &StandIns::new(), &world()).unwrap();
    assert!(matches!(dropped, Protected::Dropped { rule: None }), "{dropped:?}");
}

#[test]
fn what_the_recorder_says_about_itself_is_always_kept_whole() {
    let policy = full().with_rules(vec![about("*", Level::None)]);
    let draft = Draft::system("tacho.key").with("metadata.reason", "rotation");
    let event = draft.check(&world()).unwrap();
    let Protected::Entry(entry) = policy.apply(event, &StandIns::new(), &world()).unwrap() else {
        panic!("dropped")
    };
    assert!(entry.is_system() && revealed(&entry).contains("rotation"));
    check_leaf(entry.leaf(), true).unwrap();
    assert!(check_leaf(entry.leaf(), false).is_err());
}

#[test]
fn metadata_keeps_the_leaf_and_who_it_was() {
    let policy = full().with_level(Level::Metadata);
    let text = r#"{"action":{"type":"provider","provider":{"name":"hubspot","operation":"x"}},
        "actor":{"type":"user","id":"u1"},"agent":{"id":"two words"},"labels":{"a":1},
        "security":{"resources_accessed":[{"type":"file","identifier":"/x"}]},
        "origin":{"ip":"10.0.0.1"}}"#;
    let entry = protect(&policy, text);
    let classes: Vec<_> = entry.parts().iter().map(Part::class).collect();
    assert_eq!(classes, [Class::Identity]);
    let shown = revealed(&entry);
    assert!(shown.contains("u1") && shown.contains("10.0.0.1") && shown.contains("hubspot"));
    assert!(shown.contains(r#""resource_types":["file"]"#));
    for gone in ["two words", "labels", "operation", "/x"] {
        assert!(!shown.contains(gone), "{gone} in {shown}");
    }
}

#[test]
fn a_rule_about_a_member_holds_whatever_the_level_of_the_event() {
    let rules = vec![
        rule("action.tool.parameters.command", Level::Full),
        rule("action.tool.parameters", Level::None),
        rule("actor.id", Level::None),
        rule("origin.seq", Level::Metadata),
    ];
    for level in [Level::Metadata, Level::Redacted, Level::Full] {
        let policy = full().with_rules(rules.clone()).with_level(level);
        let text = VECTOR.replace(r#"{"parameters":{"#, r#"{"parameters":{"cwd":"/home/alice","#);
        let entry = protect(&policy, &text);
        let shown = revealed(&entry);
        assert!(shown.contains(r#""tool":{"parameters":{"command":"git log"#), "{shown}");
        for gone in ["cwd", "alice", "seq"] {
            assert!(!shown.contains(gone), "{gone} in {shown}");
        }
        assert_eq!(shown.contains("exit_code"), level > Level::Metadata, "{shown}");
        assert_eq!(entry.subject(), None);
        let cut = if level > Level::Metadata { r#"{"/origin/seq":1}"# } else { "" };
        assert_eq!(remark(&entry, "cut"), cut);
    }
}

#[test]
fn what_a_member_rule_takes_out_is_told_with_its_length_unless_the_level_is_none() {
    let rules = vec![
        rule("metadata.secret", Level::None),
        rule("metadata", Level::Metadata),
        rule("v", Level::None),
        rule("action", Level::Metadata),
    ];
    let policy = full().with_rules(rules);
    let text = r#"{"action":{"type":"tool","name":"x","tool":{"a":"b"}},"metadata":
        {"secret":1,"text":"caf\u00e9","list":[1,2,3],"a/b":{"c":true}}}"#;
    let entry = protect(&policy, text);
    let cut = r#"{"/action/name":1,"/action/tool":9,"/metadata/a~1b":10,"/metadata/list":3,"/metadata/text":4}"#;
    assert_eq!(remark(&entry, "cut"), cut);
    let shown = revealed(&entry);
    assert!(shown.starts_with(r#"{"action":{"type":"tool"},"id":"#), "{shown}");
}

#[test]
fn the_presets_are_the_terms_of_the_design() {
    let rows: Vec<_> = Preset::ALL
        .iter()
        .map(|preset| preset.terms())
        .map(|t| {
            (
                t.name,
                t.leaf_days,
                t.content_days,
                t.identity_days,
                t.sealed,
                t.cleanup,
                t.expects_anchors,
                t.level,
            )
        })
        .collect();
    let days = Some;
    assert_eq!(
        rows,
        [
            ("development", 30, days(30), days(30), false, true, false, Level::Full),
            ("production", 365, days(365), days(30), true, false, false, Level::Redacted),
            ("compliance", 2555, days(2555), days(2555), true, false, true, Level::Full),
            ("minimal", 30, None, None, false, true, false, Level::Metadata),
        ]
    );
    for preset in Preset::ALL {
        assert_eq!(Preset::parse(preset.terms().name), Some(preset));
    }
    assert_eq!(Preset::parse("paranoid"), None);
    for level in Level::ALL {
        assert_eq!(Level::parse(level.as_str()), Some(level));
    }
}
