//! Not one value of a hidden member stands in a leaf.

use super::*;
use tacho_event::shape::{EVENT, Home, Kind, Member};

/// An event that has every member; each hidden one holds a marker of its own.
fn marked() -> (Object, Vec<String>) {
    let mut markers = Vec::new();
    let mut marker = |place: &str| {
        markers.push(format!("marker-{}-x", markers.len()));
        // A marker is a public string: nothing but its home keeps it out of a leaf.
        let marker = markers.last().unwrap().clone();
        assert!(tacho_event::is_public(&marker), "{place}");
        Value::from(marker)
    };
    let mut doc = filled(EVENT, "", &mut marker);
    doc.insert_at(&["action", "type"], "tool");
    doc.insert_at(&["actor", "type"], "user");
    doc.insert("id", "an-id");
    doc.insert("timestamp", "2026-11-20T10:00:00Z");
    doc.insert("v", 1);
    (doc, markers)
}

fn filled(rows: &'static [Member], place: &str, marker: &mut dyn FnMut(&str) -> Value) -> Object {
    let mut object = Object::new();
    for row in rows.iter().filter(|row| row.home != Home::Route) {
        let here = format!("{place}/{}", row.name);
        let value = match row.kind {
            Kind::Group(rows) => filled(rows, &here, marker).into(),
            Kind::Open(rows) => {
                let mut open = filled(rows, &here, marker);
                open.insert("an unknown member", marker(&here));
                open.insert(marker(&here).as_str().unwrap_or(""), 1);
                open.into()
            }
            Kind::OpenList(rows) => Value::List(vec![filled(rows, &here, marker).into()]),
            Kind::Labels | Kind::Object | Kind::Any => {
                let mut inner = Object::from([("inner", marker(&here))]);
                inner.insert(marker(&here).as_str().unwrap_or(""), 1);
                inner.into()
            }
            _ if row.home != Home::Leaf => marker(&here),
            Kind::Name | Kind::Key | Kind::Model => format!("two words{}", marker(&here)).into(),
            Kind::Count | Kind::Number => 1.into(),
            Kind::Flag => true.into(),
            _ => continue,
        };
        object.insert(row.name, value);
    }
    object
}

/// The kinds of what was touched are public; here they are not public strings.
fn hide_kinds(doc: &mut Object) {
    doc.insert_at(&["change", "resource_type"], "marker kind");
    let touched = Object::from([("type", "marker kind"), ("identifier", "marker-place")]);
    doc.insert_at(&["security", "resources_accessed"], vec![touched]);
}

#[test]
fn no_hidden_value_stands_in_a_leaf_whatever_the_policy() {
    let (mut doc, markers) = marked();
    assert!(markers.len() > 150, "{}", markers.len());
    hide_kinds(&mut doc);
    let event = checked(doc);
    let every: Vec<String> = EVENT.iter().map(|row| row.name.to_owned()).collect();
    for (name, policy) in policies() {
        for policy in [policy.clone(), policy.with_evidence(every.clone())] {
            let entry = protect(&policy, event.clone(), &Dice::new());
            let leaf = String::from_utf8(entry.leaf().to_vec()).unwrap();
            assert!(!leaf.contains("marker"), "{name}: {leaf}");
            assert!(leaf.contains("other") && leaf.contains("hidden-"), "{name}: {leaf}");
        }
    }
}

#[test]
fn every_hidden_value_can_be_revealed_at_level_full() {
    let (mut doc, markers) = marked();
    let kinds = ["/change/resource_type", "/security/resources_accessed/0/type"];
    let public: Vec<String> =
        kinds.iter().map(|kind| doc.at(kind).and_then(Value::as_str).unwrap().to_owned()).collect();
    hide_kinds(&mut doc);
    let touched = doc.clone();
    let event = checked(doc);
    for granularity in [Granularity::Class, Granularity::Member] {
        let policy = full(blind()).with_granularity(granularity);
        let entry = protect(&policy, event.clone(), &Dice::new());
        let revealed = Value::from(revealed(&entry)).to_json();
        let replaced = |marker: &String| {
            public.contains(marker) || !Value::from(touched.clone()).to_json().contains(marker)
        };
        for marker in markers.iter().filter(|marker| !replaced(marker)) {
            assert!(revealed.contains(marker.as_str()), "{marker}");
        }
    }
}

#[test]
fn people_are_told_by_identity_alone() {
    let (mut doc, _) = marked();
    doc.insert_at(&["change", "resource_type"], "Customer");
    doc.insert_at(&["change", "resource_id"], "who-1");
    let touched = Object::from([("type", "Patient"), ("identifier", "who-2")]);
    doc.insert_at(&["security", "resources_accessed"], vec![touched]);
    doc.insert_at(&["actor", "id"], "who-3");
    doc.insert_at(&["origin", "ip"], "who-4");
    let entry = protect(&full(builtin()), checked(doc.clone()), &Dice::new());
    for disclosure in disclosures(&entry) {
        let text = disclosure.value.to_json();
        assert_eq!(
            text.matches("who-").count(),
            4 * usize::from(disclosure.class == Class::Identity)
        );
    }
    let nobody = Policy::new(Preset::Minimal, builtin()).with_level(Level::Full);
    let evidence = vec!["actor".to_owned(), "origin".into(), "change".into(), "security".into()];
    for policy in [nobody.clone(), nobody.with_evidence(evidence)] {
        let entry = protect(&policy, checked(doc.clone()), &Dice::new());
        assert!(disclosures(&entry).iter().all(|one| !one.value.to_json().contains("who-")));
        assert_eq!(entry.subject(), None);
    }
}
