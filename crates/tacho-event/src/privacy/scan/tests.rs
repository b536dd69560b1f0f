//! What holds for the table: its rows compile, can be found cheaply, and JSON may write them in
//! every way.
#![expect(clippy::disallowed_methods, reason = "`UPDATE=1` rewrites a derived file")]

use super::*;
use std::fmt::Write as _;

#[test]
fn every_row_compiles_and_can_be_found_cheaply() {
    for rule in rules::RULES {
        let pattern = Pattern::from_rule(rule);
        let compiled = pattern.compiles().unwrap_or_else(|| panic!("{} does not compile", rule.id));
        assert_eq!(compiled > 1, rule.grouped, "{} has {compiled} groups", rule.id);
        let anchored = !pattern.anchors.is_empty();
        assert_eq!(anchored, rule.probe == Probe::Anchors, "{}", rule.id);
    }
}

/// Deriving anchors takes a hundred times longer than reading them, and a hook has no time.
#[test]
fn the_anchors_of_the_table_are_those_of_its_patterns() {
    let mut file = String::from(
        "//! The anchors of the table, derived from its patterns: `UPDATE=1 cargo test` writes \
         them.\n\n\
         /// The id of a rule, and texts one of which stands in everything it matches, each with\n\
         /// the begin of its window.\n\
         #[rustfmt::skip]\n\
         pub(super) const ANCHORS: &[(&str, &[(u8, &str)])] = &[\n",
    );
    for rule in rules::RULES {
        let anchors = Pattern::derive(rule);
        if anchors.is_empty() {
            continue;
        }
        let _ = writeln!(file, "    ({:?}, &[", rule.id);
        let mut line = String::from("       ");
        for Anchor { window, text } in anchors {
            let anchor = format!(" ({window}, {:?}),", str::from_utf8(&text).unwrap());
            if line.len() + anchor.len() > 100 {
                let _ = writeln!(file, "{line}");
                line.truncate(7);
            }
            line.push_str(&anchor);
        }
        let _ = writeln!(file, "{line}\n    ]),");
    }
    file.push_str("];\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/privacy/scan/anchors.rs");
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, &file).unwrap();
    }
    let stale = std::fs::read_to_string(path).unwrap() != file;
    assert!(!stale, "anchors.rs is stale; run this test with UPDATE=1");
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
            .map(|way| String::from_utf8(way).unwrap())
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
