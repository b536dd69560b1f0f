//! What is kept of an event in memory is what its entry would reveal.

use super::events::event;
use super::*;
use proptest::prelude::*;

/// The seed's patterns hide in these.
const SECRETS: &[&str] =
    &["password=hunter2 and more", "api_key: abc123def456", "Bearer abcdefghijklmnopqrstuvwxyz"];

/// Both ways, with the same stand-ins and dice that fall alike.
fn both(policy: &Policy, event: &Event) -> (Option<String>, Option<String>) {
    let stand_ins = StandIns::new();
    let text = |object: Object| Value::from(object).to_json();
    let entry = match policy.apply(event.clone(), &stand_ins, &Dice::new()).unwrap() {
        Protected::Entry(entry) => Some(text(revealed(&entry))),
        Protected::Dropped { .. } => None,
    };
    let kept = policy.redact(event.clone(), &stand_ins, &Dice::new()).unwrap();
    if let Some(kept) = &kept {
        assert_eq!(kept.text(), text(kept.event().clone()).as_bytes());
    }
    (kept.map(|kept| text(kept.event().clone())), entry)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_kept_in_memory_is_what_an_entry_reveals(
        doc in event(), secret in prop::option::of(prop::sample::select(SECRETS)),
    ) {
        let mut doc = doc;
        if let Some(secret) = secret {
            doc.insert_at(&["metadata", "note"], secret);
            doc.insert_at(&["agent", "session_id"], secret);
        }
        let event = checked(doc);
        for (name, policy) in policies() {
            let (kept, entry) = both(&policy, &event);
            prop_assert_eq!(kept, entry, "{}", name);
        }
    }
}

#[test]
fn realistic_events_are_kept_alike_and_their_secrets_are_not() {
    let events = include_str!("../../../fixtures/privacy-policy/events.jsonl");
    let mut redacted = 0;
    for line in events.lines() {
        let Ok(Value::Object(doc)) = read(line.as_bytes()) else { panic!("{line}") };
        let event = checked(doc);
        for policy in [Policy::new(Preset::Development, builtin()), full(blind())] {
            let (kept, entry) = both(&policy, &event);
            redacted += usize::from(kept.as_ref().is_some_and(|kept| kept.contains("[REDACTED]")));
            assert_eq!(kept, entry);
        }
    }
    assert!(redacted > 2, "{redacted} of them hold a secret");
}

#[test]
fn what_a_rule_drops_is_not_kept_in_memory_either() {
    let rule = tacho_event::privacy::CaptureRule {
        action: Some("tool".into()),
        level: Level::None,
        ..Default::default()
    };
    let policy = full(builtin()).with_rules(vec![rule]);
    let (kept, entry) = both(&policy, &checked(Draft::tool("Bash").into_object()));
    assert_eq!((kept, entry), (None, None));
}

#[test]
fn an_event_beyond_the_bound_is_refused() {
    let large = "x".repeat(tacho_event::limits::PART_BYTES_MAX);
    let event = checked(Draft::tool("Bash").with("metadata.large", large).into_object());
    let refused = full(blind()).redact(event, &StandIns::new(), &Dice::new());
    assert!(refused.unwrap_err().to_string().contains("is larger than"));
}
