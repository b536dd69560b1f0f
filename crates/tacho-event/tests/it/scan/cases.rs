//! The fixtures of every rule, one by one: two hits and two near misses each.

use std::collections::BTreeMap;

use tacho_event::privacy::scan::{PatternSpec, REPLACEMENT, Scanner};

use super::{patterns_only, table_only};

const SECRETS: &str = include_str!("../../../fixtures/privacy/secrets.txt");
const PATTERNS: &str = include_str!("../../../fixtures/privacy/patterns.txt");

/// One line of a fixture.
pub(super) struct Case {
    pub(super) rule: String,
    pub(super) text: String,
    /// The text with every marked secret replaced; the text itself for a near miss.
    pub(super) expected: String,
    /// The marked bytes of the text.
    pub(super) secrets: Vec<std::ops::Range<usize>>,
}

pub(super) fn secrets() -> Vec<Case> {
    cases(SECRETS)
}

fn cases(fixture: &str) -> Vec<Case> {
    let mut rule = String::new();
    let mut cases = Vec::new();
    for line in fixture.lines() {
        if let Some(id) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            id.clone_into(&mut rule);
        } else if let Some(text) = line.strip_prefix("hit  ") {
            let case = case(&rule, text);
            assert!(!case.secrets.is_empty(), "{rule}: a hit without a marked secret");
            cases.push(case);
        } else if let Some(text) = line.strip_prefix("miss ") {
            let case = case(&rule, text);
            assert!(case.secrets.is_empty(), "{rule}: a near miss with a marked secret");
            cases.push(case);
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "unknown line: {line}");
        }
    }
    cases
}

fn case(rule: &str, written: &str) -> Case {
    let (mut text, mut expected, mut secrets) = (String::new(), String::new(), Vec::new());
    let written = filled(written);
    let mut rest = written.as_str();
    while let Some((before, marked)) = rest.split_once("<<") {
        let (secret, after) = marked.split_once(">>").unwrap();
        text.push_str(before);
        secrets.push(text.len()..text.len() + secret.len());
        text.push_str(secret);
        expected.push_str(before);
        expected.push_str(REPLACEMENT);
        rest = after;
    }
    text.push_str(rest);
    expected.push_str(rest);
    Case { rule: rule.to_owned(), text, expected, secrets }
}

/// Puts the pieces together: `{alnum:36}`, `{nl}`, `{}`.
fn filled(written: &str) -> String {
    let mut text = String::new();
    let mut rest = written;
    let mut seed = 7_u32;
    while let Some((before, braced)) = rest.split_once('{') {
        text.push_str(before);
        let end = braced.find('}').unwrap_or(braced.len());
        let (name, after) = braced.split_at(end);
        let alphabet = match name.split_once(':').map_or(name, |(name, _)| name) {
            "" | "nl" => "",
            "alnum" => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "letters" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "lower" => "0123456789abcdefghijklmnopqrstuvwxyz",
            "upper" => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "digits" => "123456789",
            "hex" => "0123456789abcdef",
            "HEX" => "0123456789ABCDEF",
            "base32" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            "base58" => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
            "base64" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            "url" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            // A brace of the text itself.
            _ => {
                text.push('{');
                rest = braced;
                continue;
            }
        };
        if name == "nl" {
            text.push('\n');
        }
        let count = name.split_once(':').map_or(0, |(_, count)| count.parse().unwrap());
        for place in 0..count {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (seed >> 16) as usize % alphabet.len();
            // The last letter is no `-`, so that a word ends where the secret does.
            let at = if place + 1 == count { at % 9 } else { at };
            text.push(char::from(alphabet.as_bytes()[at]));
        }
        rest = after.strip_prefix('}').unwrap_or(after);
    }
    text.push_str(rest);
    text
}

/// What is wrong with the outcome of a case.
fn fault(scanner: &Scanner, case: &Case) -> Option<String> {
    let mut hits = Vec::new();
    let redacted = scanner.redact_with(&case.text, &mut |hit| {
        hits.push((hit.rule.to_owned(), hit.range.clone()));
    });
    let Case { rule, text, expected, secrets } = case;
    let found = |secret: &std::ops::Range<usize>| {
        hits.iter().any(|(by, range)| by == rule && range == secret)
    };
    let right = &redacted == expected && secrets.iter().all(found);
    (!right).then(|| format!("{rule}: {text:?}\n  gave {redacted:?}\n  by {hits:?}"))
}

fn faults(scanner: &Scanner, cases: &[Case]) -> String {
    cases.iter().filter_map(|case| fault(scanner, case)).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_rule_finds_its_hits_and_leaves_its_near_misses_alone() {
    let faults = faults(&table_only(), &cases(SECRETS));
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn each_default_pattern_replaces_its_whole_match() {
    let faults = faults(&patterns_only(), &cases(PATTERNS));
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn each_rule_has_two_hits_and_two_near_misses() {
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for case in cases(SECRETS) {
        let count = counts.entry(case.rule).or_default();
        count[usize::from(case.secrets.is_empty())] += 1;
    }
    for (id, _) in Scanner::table() {
        let [hits, misses] = counts.remove(id).unwrap_or_default();
        assert!(hits >= 2 && misses >= 2, "{id} has {hits} hits and {misses} near misses");
    }
    assert!(counts.is_empty(), "fixtures of no rule: {counts:?}");
    assert!(Scanner::table().count() >= 40);
}

#[test]
fn each_default_pattern_has_two_hits_and_two_near_misses() {
    for pattern in PatternSpec::defaults() {
        let cases: Vec<_> = cases(PATTERNS).into_iter().filter(|c| c.rule == pattern.id).collect();
        assert_eq!(cases.iter().filter(|case| case.secrets.is_empty()).count(), 2, "{pattern:?}");
        assert_eq!(cases.iter().filter(|case| !case.secrets.is_empty()).count(), 2, "{pattern:?}");
    }
}

#[test]
fn rules_have_distinct_ids_and_a_description() {
    let mut seen = std::collections::BTreeSet::new();
    for (id, about) in Scanner::table() {
        assert!(seen.insert(id), "{id} twice");
        assert!(!about.is_empty() && !about.ends_with('.'), "{id}: {about}");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
    }
}
