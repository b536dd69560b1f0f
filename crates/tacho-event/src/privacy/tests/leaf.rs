//! Bytes that are a leaf of ours, and bytes that are none.

use super::*;
use crate::limits;

fn good() -> String {
    String::from_utf8(protect(&full(), VECTOR).leaf().to_vec()).unwrap()
}

#[test]
fn what_protection_makes_passes() {
    let leaf = check_leaf(good().as_bytes(), false).unwrap();
    assert_eq!(leaf.at("/agent/id"), Some(&Value::from("ops/release-manager")));
}

#[test]
fn a_bare_entry_is_the_same_event_and_commits_to_nothing() {
    let entry = protect(&full(), VECTOR);
    let bare = entry.bare();
    let leaf = check_leaf(bare.leaf(), false).unwrap();
    assert!(bare.parts().is_empty());
    assert!(Class::ALL.iter().all(|class| leaf.get(class.as_str()).is_none()));
    let mut whole = check_leaf(entry.leaf(), false).unwrap();
    for class in Class::ALL {
        whole.remove(class.as_str());
    }
    assert_eq!(leaf, whole);
    assert_eq!((bare.id(), bare.timestamp()), (entry.id(), entry.timestamp()));
}

#[test]
fn whatever_protection_would_not_have_written_is_refused() {
    let digest = "OQl6w5pP1DRHeZsumTVSS9xoKky1_ztGZnRuYzwvXtI";
    let other = "yHfpVyBsGoBkqTg5H64sawRJp5_Sv52B-Ox2a-G07xc";
    let who = "Jasp7dlNvEVztxXAlwNehterOfYZU_9QMfYxbzrZKM8";
    let pair = format!(r#"["{digest}","{other}"]"#);
    let turned = format!(r#"["{other}","{digest}"]"#);
    for (from, to, place) in [
        (r#"{"action""#, r#" {"action""#, "the event: is not in its canonical form"),
        ("12.5", "12.50", "the event: is not in its canonical form"),
        ("\"v\":1}", "\"v\":1,\"v\":1}", "the event: JSON that cannot"),
        ("\"v\":1}", "\"v\":1}x", "the event: not JSON"),
        ("\"v\":1", "\"v\":2", "/v: "),
        ("\"v\":1", "\"w\":1", "/w: is no member"),
        (r#""name":"Bash","#, r#""name":"two words","#, "/action/name: "),
        (r#""name":"Bash","#, r#""name":"alice@example.com","#, "/action/name: "),
        (r#""name":"Bash","#, r#""name":"tacho.key","#, "/action: bears a name"),
        (r#""name":"Bash","#, r#""name":7,"#, "/action/name: "),
        (r#""type":"tool""#, r#""tool":{},"type":"tool""#, "/action/tool: may not be shown"),
        (
            r#""type":"tool""#,
            r#""tool":{"parameters":1},"type":"tool""#,
            "/action/tool/parameters: may",
        ),
        (r#""type":"tool""#, r#""type":"system""#, "/action: bears a name"),
        (r#""type":"tool""#, r#""type":"tol""#, "/action/type: "),
        (r#","type":"tool""#, "", "/action/type: is missing"),
        (
            r#""actor":{"type":"user"}"#,
            r#""actor":{"id":"alice","type":"user"}"#,
            "/actor/id: may not",
        ),
        (r#""id":"0199a000-0000-70ed-804b-c452969c3d73","#, "", "/id: is missing"),
        (r#""id":"0199a000-0000-70ed-804b-c452969c3d73""#, r#""id":"a/b""#, "/id: "),
        (r#""seq":7"#, r#""seq":-7"#, "/origin/seq: "),
        (r#""seq":7"#, r#""seq":7.5"#, "/origin/seq: "),
        (r#""seq":7"#, r#""seq":null"#, "/origin/seq: "),
        (r#""seq":7"#, r#""seq":9007199254740993"#, "/origin/seq: "),
        ("10:00:00.000000Z", "10:00:00.000Z", "/timestamp: "),
        ("10:00:00.000000Z", "25:00:00.000000Z", "/timestamp: "),
        ("\"timestamp\"", "\"tenant\":\"a\",\"timestamp\"", "/tenant: "),
        ("\"timestamp\"", "\"labels\":{},\"timestamp\"", "the event: is not in its"),
        (r#","day":20777},"id""#, r#"},"id""#, "/content: does not hold"),
        (r#","day":20777},"id""#, r#","day":20777,"e":1},"id""#, "/content: does not hold"),
        (r#","day":20777},"id""#, r#","day":2077.7},"id""#, "/content/day: "),
        (r#","day":20777},"id""#, r#","day":4000000},"id""#, "/content/day: "),
        (&pair, "[]", "/content/_sd: does not hold 1"),
        (&pair, "{}", "/content/_sd: does not hold 1"),
        (&pair, &turned, "/content/_sd: is not sorted"),
        (&format!("\"{digest}\""), &format!("\"{other}\""), "/content/_sd: is not sorted"),
        (&format!("\"{who}\""), &format!("\"{digest}\""), "/identity/_sd: repeats a digest"),
        (&format!("\"{who}\""), "\"short\"", "/identity/_sd: holds what is no digest"),
        (&format!("\"{who}\""), &format!("\"{who}=\""), "/identity/_sd: holds what is no digest"),
        // The last character of 43 carries four bits: no other spelling of a digest passes.
        ("bzrZKM8\"", "bzrZKM9\"", "/identity/_sd: holds what is no digest"),
        (&format!("\"{who}\""), "7", "/identity/_sd: holds what is no digest"),
    ] {
        let leaf = good();
        assert!(leaf.contains(from), "{from}");
        let told = check_leaf(leaf.replacen(from, to, 1).as_bytes(), false).unwrap_err();
        assert!(told.to_string().starts_with(place), "{from} -> {to}: {told}");
    }
    for bytes in [&b""[..], b"null", b"[]", b"{}", b"\xff", b"{\"v\":1}"] {
        assert!(check_leaf(bytes, false).is_err());
    }
}

#[test]
fn resource_types_are_few_public_sorted_and_told_once() {
    let leaf = |types: &str| {
        format!(
            r#"{{"action":{{"type":"tool"}},"id":"a","security":{{"resource_types":{types}}},"timestamp":"2026-11-20T10:00:00.000000Z","v":1}}"#
        )
    };
    for good in ["[]", r#"["file"]"#, r#"["a","b"]"#] {
        check_leaf(leaf(good).as_bytes(), false).unwrap();
    }
    let many: Vec<String> = (10..27).map(|n| format!("\"k{n}\"")).collect();
    let many = format!("[{}]", many.join(","));
    for bad in ["\"file\"", r#"["b","a"]"#, r#"["a","a"]"#, r#"["two words"]"#, "[1]", &many] {
        assert!(check_leaf(leaf(bad).as_bytes(), false).is_err(), "{bad}");
    }
}

#[test]
fn seventeen_kinds_of_resources_are_fifteen_and_other() {
    let touched: Vec<String> = (10..27).map(|n| format!(r#"{{"type":"k{n}"}}"#)).collect();
    for (count, last) in [(16, "k25"), (17, "other")] {
        let list = touched[..count].join(",");
        let text = format!(
            r#"{{"action":{{"type":"tool"}},"security":{{"resources_accessed":[{list}]}}}}"#
        );
        let entry = protect(&full(), &text);
        let leaf = check_leaf(entry.leaf(), false).unwrap();
        let types = leaf.at("/security/resource_types").and_then(Value::as_list).unwrap();
        assert_eq!((types.len(), types.last()), (16, Some(&Value::from(last))));
    }
}

#[test]
fn what_the_event_said_of_its_resource_types_comes_back() {
    for (told, shown) in [
        (r#"["b","two words"]"#, r#"["a","b","other"]"#),
        (r#"["b"]"#, r#"["a","b"]"#),
        (r#"["a"]"#, r#"["a"]"#),
        ("[]", r#"["a"]"#),
    ] {
        let text = format!(
            r#"{{"action":{{"type":"tool"}},"id":"x","security":{{"resource_types":{told},
            "resources_accessed":[{{"type":"a"}}]}},"timestamp":"2026-11-20T10:00:00.000000Z","v":1}}"#
        );
        let entry = protect(&full(), &text);
        assert_eq!(leaf(&entry).at("/security/resource_types").unwrap().to_json(), shown);
        assert_eq!(revealed(&entry), read_text(&text).unwrap().to_json());
    }
}

#[test]
fn a_leaf_is_at_most_sixteen_kibibytes_or_a_problem() {
    // Public strings are short, so only numbers of members could make a leaf large: none can.
    let long = "a".repeat(limits::PUBLIC_CHARS_MAX);
    let mut doc = Object::new();
    crate::shape::walk(crate::shape::EVENT, &mut |path, row| {
        use crate::shape::Kind;
        if matches!(row.kind, Kind::Name | Kind::Key | Kind::Model) {
            let path: Vec<&str> = path.split('.').collect();
            doc.insert_at(&path, long.as_str());
        }
    });
    doc.insert_at(&["action", "type"], "tool");
    let event = Draft::from_object(doc).check(&world()).unwrap();
    let applied = full().apply(event, &StandIns::new(), &world()).unwrap();
    let Protected::Entry(entry) = applied else { panic!("dropped") };
    assert!((2000..limits::LEAF_BYTES_MAX).contains(&entry.leaf().len()), "{}", entry.leaf().len());
}

#[test]
fn more_than_sixty_four_pairs_of_one_class_are_a_problem() {
    let paths = |count: usize| (0..count).map(|n| format!("metadata.m{n}")).collect::<Vec<_>>();
    for granularity in [Granularity::Class, Granularity::Member] {
        // Evidence of one member is one pair, whatever stands in it.
        let policy = full().with_evidence(paths(70)).with_granularity(granularity);
        let metadata: Object = (0..70).map(|n| (format!("m{n}"), n)).collect();
        let draft = Draft::from_object(Object::new())
            .with("action.type", "tool")
            .with("metadata", metadata);
        let event = draft.check(&world()).unwrap();
        let applied = policy.apply(event, &StandIns::new(), &world()).unwrap();
        let Protected::Entry(entry) = applied else { panic!("dropped") };
        assert!(entry.parts().iter().all(|part| part.digests().len() <= limits::PAIRS_MAX));
        check_leaf(entry.leaf(), false).unwrap();
    }
}

#[test]
fn what_is_larger_than_a_part_is_a_problem() {
    let big = |bytes: usize| {
        let draft = Draft::from_object(Object::new())
            .with("action.type", "tool")
            .with("outcome.result", "x".repeat(bytes));
        let event = draft.check(&world()).unwrap();
        full().apply(event, &StandIns::new(), &world())
    };
    let around = r#"{"outcome":{"result":""}}"#.len();
    assert!(big(limits::PART_BYTES_MAX - around - 128).is_ok());
    let problem = big(limits::PART_BYTES_MAX).unwrap_err();
    assert!(problem.what.contains("is larger than 8388608 bytes"), "{problem}");
}

#[test]
fn the_deepest_event_is_revealed_again() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    for granularity in [Granularity::Class, Granularity::Member] {
        let policy =
            full().with_granularity(granularity).with_evidence(vec!["outcome.result".into()]);
        let deepest = nested(limits::VALUE_DEPTH_MAX);
        let text = format!(
            r#"{{"action":{{"type":"model","model":{{"response":{deepest}}}}},"id":"x",
            "metadata":{{"n":123456789012345678901,"x":{}}},"outcome":{{"result":{deepest}}},
            "timestamp":"2026-11-20T10:00:00.000000Z","v":1}}"#,
            nested(limits::VALUE_DEPTH_MAX - 1)
        );
        let entry = protect(&policy, &text);
        assert_eq!(revealed(&entry), read_text(&text).unwrap().to_json());
    }
    let deeper = format!(r#"{{"action":{{"type":"tool"}},"outcome":{{"result":{}}}}}"#, nested(57));
    let Value::Object(doc) = read_text(&deeper).unwrap() else { panic!() };
    let problems = Draft::from_object(doc).check(&world()).unwrap_err();
    assert_eq!(problems[0].pointer, "/outcome/result");
}
