//! What holds for the table: its rows compile, can be found cheaply, and stand in both filters.

use super::*;

#[test]
fn every_row_compiles_and_can_be_found_cheaply() {
    for rule in rules::RULES {
        let pattern = Pattern::from_rule(rule);
        assert!(pattern.compiles(), "{} does not compile", rule.id);
        let anchored = pattern.anchors.is_some();
        assert_eq!(anchored, rule.probe == Probe::Anchors, "{}: {:?}", rule.id, pattern.anchors);
    }
}

#[test]
fn no_row_is_stirred_by_a_common_word() {
    let words = ["token", "secret", "password", "tokens_input", "session_id", "https://", "api"];
    let scanner = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap();
    for word in words {
        let stirred: Vec<&str> = scanner
            .worth_running(word.as_bytes())
            .into_iter()
            .map(|at| scanner.patterns[at].id())
            .collect();
        assert!(stirred.is_empty(), "{word} makes {stirred:?} run");
    }
}

#[test]
fn json_writes_an_anchor_in_all_its_ways() {
    let ways = |text: &str| {
        let mut ways: Vec<String> = as_escaped(text.as_bytes())
            .into_iter()
            .map(|w| String::from_utf8(w).unwrap())
            .collect();
        ways.sort();
        ways
    };
    assert_eq!(ways("key=\""), [r#"key=\""#]);
    assert_eq!(ways("1//0"), ["1//0", r"1/\/0", r"1\//0", r"1\/\/0"]);
    assert_eq!(ways("a\tb\\"), [r"a\tb\\"]);
    assert_eq!(ways("a\u{1}bc"), [""; 0]);
    assert_eq!(ways("a/b/c/d/e/f").len(), 16, "no more than four slashes are spelled out");
}
