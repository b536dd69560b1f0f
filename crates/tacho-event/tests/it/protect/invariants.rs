//! What holds for every event and every policy.

use super::events::event;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use tacho_event::limits;
use tacho_event::privacy::check_leaf;

/// The event as it comes back: the recorder names the kinds of what was touched, if the event
/// does not.
fn expected(event: &Event, leaf: &Object) -> String {
    let mut doc = event.object().clone();
    if doc.at("/security/resource_types").is_none()
        && let Some(types) = leaf.at("/security/resource_types")
    {
        doc.insert_at(&["security", "resource_types"], types.clone());
    }
    Value::from(doc).to_json()
}

fn granularities() -> impl Strategy<Value = Granularity> {
    prop::sample::select(&[Granularity::Class, Granularity::Member][..])
}

/// The members that a leaf shows, without what commits to hidden ones.
fn public(leaf: &Object) -> Object {
    let hidden = |name: &str| Class::ALL.iter().any(|class| class.as_str() == name);
    leaf.iter()
        .filter(|(name, _)| !hidden(name))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// The digests in a leaf are those of the disclosures, one each, and no seed serves twice.
fn check_digests(entry: &Entry) {
    let leaf = leaf(entry);
    for class in Class::ALL {
        let committed: Vec<&str> = digests(&leaf, class).collect();
        let parts: Vec<_> = entry.parts().iter().filter(|part| part.class() == class).collect();
        assert_eq!(parts.len(), usize::from(!committed.is_empty()), "one part per class");
        let of_parts: BTreeSet<String> =
            parts.iter().flat_map(|part| part.digests()).map(|digest| base64url(digest)).collect();
        assert_eq!(committed, of_parts.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(committed.len() <= limits::DIGESTS_MAX);
        let disclosed: BTreeSet<String> = disclosures(entry)
            .iter()
            .filter(|disclosure| disclosure.class == class)
            .map(|disclosure| base64url(&disclosure.digest()))
            .collect();
        assert_eq!(of_parts, disclosed);
    }
    // A name that stood twice would share its salt: to show one would be to show the other.
    let names: Vec<_> =
        disclosures(entry).iter().map(|one| (one.class, one.name.clone())).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(tacho_testkit::stories(24) as u32))]

    #[test]
    fn what_was_protected_at_level_full_is_revealed_again(
        doc in event(), granularity in granularities(), strict in any::<bool>(),
    ) {
        let policy = full(blind()).with_granularity(granularity);
        let policy = if strict { policy.strict() } else { policy };
        let event = checked(doc);
        let entry = protect(&policy, event.clone(), &Dice::new());
        let revealed = Value::from(revealed(&entry)).to_json();
        prop_assert_eq!(revealed, expected(&event, &leaf(&entry)));
    }

    #[test]
    fn every_entry_of_every_policy_keeps_the_rules_of_the_format(doc in event()) {
        let event = checked(doc);
        for (name, policy) in policies() {
            let evidence = vec!["outcome".into(), "action.model".into(), "metadata.a".into()];
            for policy in [policy.clone(), policy.with_evidence(evidence)] {
                let entry = protect(&policy, event.clone(), &Dice::new());
                prop_assert!(entry.leaf().len() <= limits::LEAF_BYTES_MAX);
                let checked = check_leaf(entry.leaf(), false);
                prop_assert!(checked.is_ok(), "{}: {:?}", name, checked);
                check_digests(&entry);
                for part in entry.parts() {
                    let pairs = &part.plaintext()[16..];
                    let canonical = read(pairs).unwrap().to_json();
                    prop_assert_eq!(canonical.as_bytes(), pairs);
                }
                revealed(&entry);
            }
        }
    }

    #[test]
    fn evidence_comes_back_with_the_rest(doc in event(), granularity in granularities()) {
        let evidence = [
            "outcome",
            "action.model",
            "action.provider",
            "actor.id",
            "metadata.a",
            "change.after",
            "security",
        ];
        let policy = full(blind())
            .with_granularity(granularity)
            .with_evidence(evidence.map(String::from).to_vec());
        let event = checked(doc);
        let entry = protect(&policy, event.clone(), &Dice::new());
        let mut revealed = revealed(&entry);
        let mut expected = event.object().clone();
        for doc in [&mut revealed, &mut expected] {
            // A group that is empty says nothing, and where it stood depends on what was taken out.
            doc.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
            if let Some(security) = doc.get_mut("security").and_then(Value::as_object_mut) {
                security.remove("resource_types");
            }
            doc.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
        }
        prop_assert_eq!(Value::from(revealed).to_json(), Value::from(expected).to_json());
    }

    #[test]
    fn protecting_twice_gives_other_digests_and_the_same_public_members(doc in event()) {
        let policy = full(builtin());
        let (event, world, stand_ins) = (checked(doc), Dice::new(), StandIns::new());
        let entry = || match policy.apply(event.clone(), &stand_ins, &world).unwrap() {
            Protected::Entry(entry) => entry,
            Protected::Dropped { .. } => panic!("dropped"),
        };
        let (first, second) = (entry(), entry());
        prop_assert_eq!(public(&leaf(&first)), public(&leaf(&second)));
        for class in Class::ALL {
            let leaves = (leaf(&first), leaf(&second));
            let once: Vec<&str> = digests(&leaves.0, class).collect();
            prop_assert!(digests(&leaves.1, class).all(|digest| !once.contains(&digest)));
        }
    }

    #[test]
    fn a_policy_does_what_it_explains(doc in event()) {
        let rules = [
            "metadata:none",
            "action.tool:metadata",
            "action.model.response:none",
            "agent.version:none",
        ];
        let rules = rules.map(|rule| {
            let (member, level) = rule.split_once(':').unwrap();
            tacho_event::privacy::CaptureRule {
                member: Some(member.into()),
                level: Level::parse(level).unwrap(),
                ..Default::default()
            }
        });
        let policy = Policy::new(Preset::Production, builtin()).with_rules(rules.to_vec()).with_evidence(vec!["outcome.result".into()]);
        let event = checked(doc);
        let explained = policy.explain(&event);
        let entry = protect(&policy, event, &Dice::new());
        let (leaf, revealed) = (leaf(&entry), revealed(&entry));
        for member in &explained.members {
            use tacho_event::privacy::Fate;
            let is_shown = public(&leaf).at(&member.pointer).is_some();
            let is_kept = revealed.at(&member.pointer).is_some();
            prop_assert_eq!(is_kept, member.fate != Fate::TakenOut, "{:?}", member);
            if member.fate == Fate::Kept && member.class != "public" {
                // Some of what stands in these objects is for the leaf.
                let mixed = ["/action/provider", "/action/system"];
                let is_mixed = mixed.iter().any(|place| member.pointer.starts_with(place));
                prop_assert!(!is_shown || is_mixed, "{:?}", member);
            }
            if member.fate == Fate::Kept && member.class == "public" {
                prop_assert!(is_shown || leaf.at(&member.pointer).is_none(), "{:?}", member);
            }
        }
    }
}
