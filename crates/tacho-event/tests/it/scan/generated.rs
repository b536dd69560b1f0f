//! The generator's events: no secret is seen where none is, and none of the others is missed.

use serde_json::Value;
use tacho_event::privacy::scan::Scanner;
use tacho_testkit::{Options, generate};

use super::{full, patterns_only};

/// How many events: 3,000, or as many as show what is said of their share.
fn count() -> usize {
    tacho_testkit::stories(3_000).max(500) as usize
}

fn events(secrets: f64) -> impl Iterator<Item = String> {
    generate(count(), Options { secrets, ..Options::default() })
}

/// Every string value of the event that the scanner would change.
fn changed(scanner: &Scanner, value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if scanner.redact(text) != *text => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(|item| changed(scanner, item)).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| {
                assert!(!Scanner::sensitive_key(name), "{name}");
                changed(scanner, member)
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn clean_events_have_no_secret() {
    let scanner = full();
    for line in events(0.0) {
        let changed = changed(&scanner, &serde_json::from_str(&line).unwrap());
        assert!(changed.is_empty(), "{changed:?}");
    }
}

#[test]
fn nearly_all_clean_events_need_no_second_look() {
    let scanner = full();
    let looked = events(0.0).filter(|line| scanner.may_hit(line.as_bytes())).count();
    assert!(looked < count() / 20, "{looked} of {}", count());
}

#[test]
fn every_planted_secret_is_found() {
    for scanner in [full(), patterns_only()] {
        let mut found = 0;
        for line in events(0.3) {
            let changed = changed(&scanner, &serde_json::from_str(&line).unwrap());
            // `api-key:`, `password=`, ... and `sk` with 20 hexadecimal digits right behind.
            let planted = line.match_indices([':', '=']).any(|(at, _)| {
                let key = line[at + 1..].strip_prefix("sk").and_then(|key| key.get(..20));
                key.is_some_and(|key| key.bytes().all(|byte| byte.is_ascii_hexdigit()))
            });
            assert_eq!(planted, !changed.is_empty(), "{line}");
            assert!(!planted || scanner.may_hit(line.as_bytes()), "{line}");
            found += usize::from(planted);
        }
        assert!(found > count() / 4, "only {found}");
    }
}
