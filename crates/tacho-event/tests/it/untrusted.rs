//! Bytes from anywhere, from reading to the stored entry: a problem that names the place, or an
//! event that comes back as it was sent, or a recorded malformed event. Never a silent change.

use crate::world::Still;
use tacho_event::dialect::{Unread, read_any};
use tacho_event::json::{Value, read, write_string};
use tacho_event::privacy::{Disclosure, Entry, Level, Policy, Protected, StandIns, reveal};
use tacho_event::{Event, limits};

/// The events that are recorded of these bytes.
fn recorded(bytes: &[u8]) -> Event {
    let mut drafts = read_any(bytes).unwrap();
    assert_eq!(drafts.len(), 1);
    drafts.remove(0).check(&Still::default()).unwrap()
}

fn protect(event: Event) -> Box<Entry> {
    let policy = Policy::default().with_level(Level::Full);
    match policy.apply(event, &StandIns::new(), &Still::default()).unwrap() {
        Protected::Entry(entry) => entry,
        Protected::Dropped { rule } => panic!("dropped by rule {rule:?}"),
    }
}

/// What can be read of the stored entry.
fn stored(entry: &Entry) -> Value {
    let Value::Object(leaf) = read(entry.leaf()).unwrap() else { panic!("a leaf is an object") };
    let of = |part: &tacho_event::privacy::Part| {
        Disclosure::of_part(part.class(), part.plaintext()).unwrap()
    };
    let disclosures: Vec<Disclosure> = entry.parts().iter().flat_map(of).collect();
    Value::Object(reveal(&leaf, &disclosures).unwrap())
}

/// The bytes are kept as they came, in a gap that names the place.
fn is_recorded_as_malformed(text: &str, place: &str) {
    let shown = stored(&protect(recorded(text.as_bytes())));
    assert_eq!(shown.at("/action/type"), Some(&"gap".into()), "{shown}");
    assert_eq!(shown.at("/metadata/malformed/text"), Some(&text.into()));
    assert_eq!(shown.at("/metadata/malformed/bytes"), Some(&text.len().into()));
    let reason = shown.at("/action/gap/reason").and_then(Value::as_str).unwrap();
    assert!(reason.contains(&format!("`{place}`")), "{reason} does not name {place}");
}

/// An event with this text as a parameter and in a label comes back with it, unchanged.
fn comes_back(text: &str) {
    let mut quoted = Vec::new();
    write_string(text, &mut quoted);
    let quoted = String::from_utf8(quoted).unwrap();
    let line = format!(
        r#"{{"agent":{{"id":"a"}},"action":{{"type":"tool","name":"Bash",
            "tool":{{"parameters":{{"command":{quoted}}}}}}},"labels":{{"said":{quoted}}}}}"#
    );
    let entry = protect(recorded(line.as_bytes()));
    let shown = stored(&entry);
    assert!(shown.at("/action/tool/parameters/command") == Some(&text.into()));
    assert!(shown.at("/labels/said") == Some(&text.into()));
    assert!(entry.leaf().is_ascii(), "nothing of it stands in the leaf");
}

#[test]
fn a_duplicate_key_is_recorded_with_its_place_and_neither_value_counts() {
    is_recorded_as_malformed(r#"{"action":{"type":"tool","name":"a","name":"b"}}"#, "/action/name");
    // The same name, spelled otherwise.
    is_recorded_as_malformed(r#"{"action":{"type":"tool"},"id":"a","\u0069d":"b"}"#, "/id");
}

#[test]
fn a_lone_surrogate_is_recorded_with_its_place() {
    is_recorded_as_malformed(r#"{"action":{"type":"tool","name":"\ud800"}}"#, "/action/name");
    is_recorded_as_malformed(r#"{"labels":{"a":"x\udc00y"}}"#, "/labels/a");
}

#[test]
fn a_number_beyond_every_double_is_recorded_with_its_place() {
    is_recorded_as_malformed(r#"{"resources":{"cost_usd":1e400}}"#, "/resources/cost_usd");
    is_recorded_as_malformed(r#"{"metadata":{"n":[0,-1e999]}}"#, "/metadata/n/1");
}

#[test]
fn a_number_that_a_double_would_change_comes_back_as_it_was_sent() {
    let line = r#"{"agent":{"id":"a"},"action":{"type":"tool","name":"x",
        "tool":{"parameters":{"n":9007199254740993,"x":0.1000000000000000055}}}}"#;
    let shown = stored(&protect(recorded(line.as_bytes())));
    assert_eq!(
        shown.at("/action/tool/parameters").unwrap().to_json(),
        r#"{"n":9007199254740993,"x":0.1000000000000000055}"#
    );
}

#[test]
fn deep_nesting_is_recorded_and_overflows_nothing() {
    for depth in [limits::DEPTH_MAX + 1, 100_000] {
        let text = format!(r#"{{"metadata":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let shown = stored(&protect(recorded(text.as_bytes())));
        assert_eq!(shown.at("/action/type"), Some(&"gap".into()), "{depth}");
        assert!(shown.at("/metadata/malformed/text") == Some(&text.as_str().into()), "{depth}");
    }
}

#[test]
fn nul_and_other_controls_come_back() {
    comes_back("a\u{0}b\u{1}\u{1f}\u{7f}\u{85}");
}

#[test]
fn a_megabyte_string_comes_back_whole() {
    comes_back(&"0123456789abcde\n".repeat(1 << 16));
}

#[test]
fn bidi_controls_come_back_and_never_reach_the_leaf() {
    comes_back("invoice\u{202e}gnp.exe \u{2066}x\u{2069} \u{200f}\u{feff}");
    let line =
        "{\"agent\":{\"id\":\"a\u{202e}b\"},\"action\":{\"type\":\"tool\",\"name\":\"x\u{2066}\"}}";
    let entry = protect(recorded(line.as_bytes()));
    assert!(entry.leaf().is_ascii());
    let shown = stored(&entry);
    assert_eq!(shown.at("/agent/id"), Some(&"a\u{202e}b".into()));
    assert_eq!(shown.at("/action/name"), Some(&"x\u{2066}".into()));
}

#[test]
fn what_is_no_json_is_refused_with_its_offset() {
    for (bytes, offset) in [(&b"{\"a\":"[..], 5), (b"\xff{}", 0), (b"{} {}", 3), (b"", 0)] {
        match read_any(bytes) {
            Err(Unread::NotJson(error)) => {
                let told = error.to_string();
                assert!(told.contains(&offset.to_string()), "{told} does not name {offset}");
            }
            other => panic!("{bytes:?} was read as {other:?}"),
        }
    }
}
