//! A glance and the check of a document agree: on what is a leaf, and on what it says.

use super::*;
use tacho_testkit::{Options, generate};

/// Both looks at the bytes; whether they are a leaf.
fn both(bytes: &[u8], system: bool) -> bool {
    let glanced = glance(bytes, system);
    let text = || String::from_utf8_lossy(bytes).into_owned();
    let checked = match check_leaf(bytes, system) {
        Ok(leaf) => leaf,
        Err(problem) => {
            assert_eq!(glanced, None, "{}: {problem}", text());
            return false;
        }
    };
    let glanced = glanced.unwrap_or_else(|| panic!("a glance refuses {}", text()));
    assert_eq!(leaf_text(&checked, "/id"), Some(glanced.id));
    assert_eq!(leaf_text(&checked, "/agent/session_id"), glanced.session);
    let time = leaf_text(&checked, "/timestamp").and_then(Timestamp::parse);
    assert_eq!(time, Some(glanced.timestamp));
    for class in Class::ALL {
        let day = checked.object(class.as_str()).and_then(|class| class.get("day"));
        let commitment = glanced.commitment(class);
        assert_eq!(commitment.map(|one| one.day), day.and_then(Value::as_i64));
        let count = commitment.map_or(0, |one| one.digests);
        assert_eq!(count, digests(&checked, class).count());
    }
    true
}

fn leaf_text<'l>(leaf: &'l Object, pointer: &str) -> Option<&'l str> {
    leaf.at(pointer).and_then(Value::as_str)
}

/// Leaves of everything that the generator tells, some of them the recorder's own.
fn leaves() -> Vec<Vec<u8>> {
    let policies = [full(), preset(Preset::Compliance), preset(Preset::Minimal)];
    let mut leaves: Vec<Vec<u8>> = generate(300, Options::default())
        .zip(policies.iter().cycle())
        .map(|(line, policy)| protect(policy, &line).leaf().to_vec())
        .collect();
    for text in [
        r#"{"action":{"type":"model","name":"chat","model":{"name":"m[1]"}},"resources":{"model":"gpt-x[beta]","cost_usd":0.25,"tokens_input":12},"security":{"sensitive_data_accessed":true,"resources_accessed":[{"type":"file"},{"type":"db"}]}}"#,
        r#"{"action":{"type":"tool"},"agent":{}}"#,
        r#"{"action":{"type":"gap","gap":{"reason":"queue_full","count":3}}}"#,
    ] {
        leaves.push(protect(&full(), text).leaf().to_vec());
    }
    leaves
}

#[test]
fn every_leaf_passes_both_looks_and_says_the_same() {
    for leaf in leaves() {
        assert!(both(&leaf, false));
        assert!(!both(&leaf, true));
    }
    let ours = br#"{"action":{"name":"tacho.key","type":"system"},"id":"a","timestamp":"2026-11-20T10:00:00.000000Z","v":1}"#;
    assert!(both(ours, true));
    assert!(!both(ours, false));
}

#[test]
fn whatever_is_changed_both_looks_judge_alike() {
    let spice = *b"\"\\{}[],:0-e.+_~ \n\x00\x7f\xc3tZ9";
    let (mut tried, mut passed) = (0u32, 0u32);
    for leaf in leaves().iter().step_by(100) {
        for at in (0..leaf.len()).step_by(tacho_testkit::stride()) {
            let mut changed = leaf.clone();
            changed.remove(at);
            passed += u32::from(both(&changed, false));
            for byte in spice {
                let mut changed = leaf.clone();
                changed[at] = byte;
                passed += u32::from(both(&changed, false));
                changed = leaf.clone();
                changed.insert(at, byte);
                passed += u32::from(both(&changed, false));
                tried += 3;
            }
        }
    }
    // Many of those are leaves still: another name, another digit.
    assert!(passed * 50 > tried, "{passed} of {tried}");
}

#[test]
fn whole_members_moved_or_put_in_are_judged_alike() {
    let leaf = String::from_utf8(protect(&full(), VECTOR).leaf().to_vec()).unwrap();
    let members = [
        r#""actor":{}"#,
        r#""agent":{"session_id":"s"}"#,
        r#""agent":{"session_id":7}"#,
        r#""action":{}"#,
        r#""v":1"#,
        r#""v":true"#,
        r#""id":"x""#,
        r#""evidence":{}"#,
        r#""content":{"_sd":[],"day":1}"#,
        r#""labels":{}"#,
        r#""severity":"info""#,
        r#""resources":{"cost_usd":1e21}"#,
        r#""resources":{"cost_usd":-0}"#,
        r#""resources":{"cost_usd":0.10}"#,
        r#""resources":{"cost_usd":1e-7}"#,
        r#""resources":{"duration_ms":9007199254740993}"#,
        r#""change":{}"#,
        r#""security":{"sensitive_data_accessed":false}"#,
        r#""security":{"resource_types":[]}"#,
        r#""security":{"resource_types":["b","a"]}"#,
        r#""":1"#,
        r#""origin":{"seq":-1}"#,
    ];
    for member in members {
        for (at, _) in leaf.match_indices(',') {
            both(format!("{},{member}{}", &leaf[..at], &leaf[at..]).as_bytes(), false);
        }
        both(format!("{{{member},{}", &leaf[1..]).as_bytes(), false);
        both(format!("{},{member}}}", &leaf[..leaf.len() - 1]).as_bytes(), false);
        both(format!("{{{member}}}").as_bytes(), false);
    }
}
