//! Protection, by theme. What everything here starts from stands in this file.

mod content;
mod explain;
mod glance;
mod leaf;
mod levels;
mod lint;
mod malformed;
mod secrets;

use super::*;
use crate::json::{Object, Value, read, read_text};
use crate::{Draft, Event, Timestamp, World};
use std::cell::Cell;

/// Gives 16 x 0x03, then 16 x 0x04, ...: the dice of the published vectors.
struct VectorWorld(Cell<u8>);

impl World for VectorWorld {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-20T10:00:01Z").unwrap()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0.set(self.0.get() + 1);
        bytes.fill(self.0.get());
    }
}

/// Scanners take long to make in a debug build: the tests share one.
#[expect(clippy::disallowed_types, reason = "tests share what none of them changes")]
static SCANNER: std::sync::OnceLock<std::sync::Arc<scan::Scanner>> = std::sync::OnceLock::new();

fn preset(preset: Preset) -> Policy {
    Policy::new(preset, SCANNER.get_or_init(|| scan::Scanner::builtin().into()).clone())
}

/// The default policy: everything is kept.
fn full() -> Policy {
    preset(Preset::Development)
}

fn world() -> VectorWorld {
    VectorWorld(Cell::new(2))
}

fn event(text: &str) -> Event {
    let Value::Object(doc) = read_text(text).unwrap() else { panic!("an object") };
    Draft::from_object(doc).check(&world()).unwrap()
}

/// The event that a policy would keep: what everybody together could reveal of it.
fn kept(policy: &Policy, text: &str) -> String {
    revealed(&protect(policy, text))
}

/// What `detail` says of the entry under `name`.
fn remark(entry: &Entry, name: &str) -> String {
    let open = |part: &Part| Disclosure::of_part(part.class(), part.plaintext()).unwrap();
    let mut all = entry.parts().iter().flat_map(open);
    let detail = all.find(|disclosure| disclosure.name == "detail");
    let remark = detail.and_then(|detail| detail.value.at(&format!("/{name}")).cloned());
    remark.map_or(String::new(), |remark| remark.to_json())
}

fn protect(policy: &Policy, text: &str) -> Box<Entry> {
    match policy.apply(event(text), &StandIns::new(), &world()).unwrap() {
        Protected::Entry(entry) => entry,
        Protected::Dropped { rule } => panic!("dropped by rule {rule:?}"),
    }
}

fn leaf(entry: &Entry) -> Object {
    match read(entry.leaf()).unwrap() {
        Value::Object(leaf) => leaf,
        other => panic!("{other}"),
    }
}

fn revealed(entry: &Entry) -> String {
    let open = |part: &Part| Disclosure::of_part(part.class(), part.plaintext()).unwrap();
    let disclosures: Vec<_> = entry.parts().iter().flat_map(open).collect();
    Value::from(reveal(&leaf(entry), &disclosures).unwrap()).to_json()
}

const VECTOR: &str = r#"{"id":"0199a000-0000-70ed-804b-c452969c3d73",
    "timestamp":"2026-11-20T10:00:00Z",
    "agent":{"id":"ops/release-manager","session_id":"abc123"},
    "actor":{"type":"user","id":"alice@example.com"},
    "action":{"type":"tool","name":"Bash","phase":"whole","call_id":"toolu_01",
        "tool":{"parameters":{"command":"git log --oneline -10"}}},
    "outcome":{"status":"success","result":{"exit_code":0}},
    "resources":{"duration_ms":12.50},
    "origin":{"source":"hook:claude_code","emitter":"e1","seq":7}}"#;

#[test]
fn the_leaf_and_parts_are_the_published_vector() {
    let vectors = include_str!("../../../../../fixtures/vectors/vectors.json");
    let vectors = read_text(vectors).unwrap();
    let entry = protect(&full(), VECTOR);
    let text = std::str::from_utf8(entry.leaf()).unwrap();
    assert_eq!(Some(text), vectors.at("/leaf").and_then(Value::as_str));
    assert_eq!(text.len(), 581);
    assert_eq!(entry.subject(), Some("alice@example.com"));
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let plaintext = hex(entry.parts()[0].plaintext());
    assert_eq!(Some(plaintext.as_str()), vectors.at("/part/plaintext_hex").and_then(Value::as_str));
}

#[test]
fn what_was_protected_is_revealed_again() {
    let entry = protect(&full(), VECTOR);
    assert_eq!(revealed(&entry), Value::from(event(VECTOR).object().clone()).to_json());
}

#[test]
fn names_that_are_not_public_are_withheld_and_come_back() {
    let text = r#"{"id":"a","v":1,"timestamp":"2026-11-20T10:00:00.000000Z",
        "agent":{"id":"alice@example.com","session_id":"my session","version":"v 1"},
        "action":{"type":"provider","name":"crm_create","provider":{"name":"hub spot","x":1}},
        "resources":{"tokens_input":9007199254740993,"model":"opus[1m]"},
        "metadata":{"_sd":["x"],"n":[0.1000000000000000055],"~":1}}"#;
    let entry = protect(&full(), text);
    let leaf_doc = leaf(&entry);
    let shown =
        |pointer: &str| leaf_doc.at(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    assert!(shown("/agent/id").starts_with("hidden-"));
    assert!(shown("/agent/session_id").starts_with("hidden-"));
    assert_ne!(shown("/agent/id"), shown("/agent/session_id"));
    assert_eq!(shown("/agent/version"), "other");
    assert_eq!(shown("/action/provider/name"), "other");
    assert_eq!(shown("/resources/model"), "opus[1m]");
    assert_eq!(leaf_doc.at("/resources/tokens_input"), None);
    assert!(!std::str::from_utf8(entry.leaf()).unwrap().contains("alice"));
    assert_eq!(revealed(&entry), read_text(text).unwrap().to_json());
}

#[test]
fn a_changed_disclosure_is_refused() {
    let entry = protect(&full(), VECTOR);
    let part = &entry.parts()[0];
    let mut changed = part.plaintext().to_vec();
    let at = changed.windows(3).position(|bytes| bytes == b"log").unwrap();
    changed[at] = b'L';
    let disclosures = Disclosure::of_part(part.class(), &changed).unwrap();
    assert!(reveal(&leaf(&entry), &disclosures).is_err());
    let moved = Disclosure::of_part(Class::Identity, part.plaintext()).unwrap();
    assert!(reveal(&leaf(&entry), &moved).is_err());
}

#[test]
fn strict_hides_agents_and_sessions_and_keeps_them_joined() {
    let policy = full().strict();
    let stand_ins = StandIns::new();
    let shown = |world: &VectorWorld| {
        let Protected::Entry(entry) = policy.apply(event(VECTOR), &stand_ins, world).unwrap()
        else {
            panic!("dropped")
        };
        assert!(!String::from_utf8_lossy(entry.leaf()).contains("abc123"));
        assert!(revealed(&entry).contains("abc123"));
        leaf(&entry).at("/agent/session_id").and_then(Value::as_str).unwrap().to_owned()
    };
    assert_eq!(shown(&world()), shown(&VectorWorld(Cell::new(77))));
}

#[test]
fn member_granularity_discloses_one_member_at_a_time() {
    let policy = full().with_granularity(Granularity::Member);
    let entry = protect(&policy, VECTOR);
    let names: Vec<_> = entry
        .parts()
        .iter()
        .flat_map(|part| Disclosure::of_part(part.class(), part.plaintext()).unwrap())
        .map(|disclosure| disclosure.name)
        .collect();
    assert_eq!(names, ["/action/tool", "/outcome/result", "/actor/id"]);
    assert_eq!(revealed(&entry), Value::from(event(VECTOR).object().clone()).to_json());
}

#[test]
fn identifiers_of_people_are_identity() {
    let text = r#"{"action":{"type":"change"},"change":{"resource_type":"customer",
        "resource_id":"42","after":{"n":1}},"security":{"resources_accessed":[
        {"type":"file","identifier":"/a"},{"type":"person","identifier":"7"}]}}"#;
    let entry = protect(&full(), text);
    let identity = entry.parts().iter().find(|part| part.class() == Class::Identity).unwrap();
    let who = String::from_utf8_lossy(&identity.plaintext()[16..]).into_owned();
    assert!(who.contains(r#""resource_id":"42""#) && who.contains(r#""identifier":"/a""#));
    let types = leaf(&entry).at("/security/resource_types").unwrap().to_json();
    assert_eq!(types, r#"["customer","file","person"]"#);
}

#[test]
fn evidence_is_a_class_of_its_own() {
    let policy = full().with_evidence(vec!["outcome.result".into()]);
    let entry = protect(&policy, VECTOR);
    let classes: Vec<_> = entry.parts().iter().map(Part::class).collect();
    assert_eq!(classes, [Class::Content, Class::Identity, Class::Evidence]);
    assert_eq!(revealed(&entry), Value::from(event(VECTOR).object().clone()).to_json());
}

/// A leaf that commits to these pairs of class content, and their disclosures.
fn committed(leaf: &str, pairs: &[(&str, &str)]) -> (Object, Vec<Disclosure>) {
    let mut salter = Salter::new(&[9; 16], Class::Content);
    let open = |(name, value): &(&str, &str)| {
        Disclosure::parse(Class::Content, salter.disclosure(name, value.as_bytes())).unwrap()
    };
    let disclosures: Vec<_> = pairs.iter().map(open).collect();
    let digests: Vec<_> = disclosures.iter().map(|one| base64url(&one.digest())).collect();
    let Value::Object(mut leaf) = read_text(leaf).unwrap() else { panic!("an object") };
    leaf.insert("content", Object::from([("_sd", Value::from(digests)), ("day", 1.into())]));
    (leaf, disclosures)
}

#[test]
fn a_member_stands_in_one_place_and_a_disclosure_is_shown_once() {
    for (leaf, pairs, told) in [
        (r#"{"a":1}"#, &[("input", r#"{"a":2}"#)][..], "/a: stands in two places"),
        (r#"{"a":{"b":1}}"#, &[("input", r#"{"a":{"b":{}}}"#)], "/a/b: stands in two places"),
        ("{}", &[("input", r#"{"a":1}"#), ("output", r#"{"a":1}"#)], "/a: stands in two places"),
        ("{}", &[("/a/b", "1"), ("/a", "2")], "/a: stands in two places"),
        ("{}", &[("input", "{}"), ("input", "{}")], "the event: disclosure `input` is shown twice"),
        ("{}", &[("input", "7")], "the event: disclosure `input` is no object"),
    ] {
        let (leaf, disclosures) = committed(leaf, pairs);
        let problem = reveal(&leaf, &disclosures).unwrap_err();
        assert!(problem.to_string().starts_with(told), "{problem}");
    }
    let (leaf, disclosures) = committed(r#"{"a":{"x":1}}"#, &[("/a/b", "1"), ("/a/c", "{}")]);
    let shown = reveal(&leaf, &disclosures[1..]).unwrap();
    assert_eq!(Value::from(shown).to_json(), r#"{"a":{"c":{},"x":1}}"#);
}
