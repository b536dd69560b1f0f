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
        let anchored = !Pattern::derive(rule).is_empty();
        assert_eq!(anchored, rule.probe == Probe::Anchors, "{}", rule.id);
    }
}

/// Deriving anchors takes a hundred times longer than reading them, and a hook has no time.
#[test]
fn the_anchors_of_the_table_are_those_of_its_patterns() {
    let mut derived = Anchors::default();
    for (at, rule) in rules::RULES.iter().enumerate() {
        Pattern::derive(rule).into_iter().for_each(|anchor| derived.add(at, anchor));
    }
    let mut names: Vec<_> = names::last_words().collect();
    names.sort_unstable();
    names.dedup();
    let names = names.iter().map(|word| Anchor::new(format!("{word}\"").into_bytes()));
    derived.all.extend(names.map(|anchor| (anchor, Stands::AtEndOfName)));

    let mut file = String::from(ANCHORS_HEAD);
    let row = |owner: Option<usize>, anchor: &Anchor| {
        let owner = owner.map(|at| format!("{at}, ")).unwrap_or_default();
        let text = str::from_utf8(&anchor.text).unwrap().escape_default();
        format!("({owner}{}, \"{text}\"),", anchor.window)
    };
    let rows = |wanted: &dyn Fn(Stands) -> Option<Option<usize>>| -> Vec<String> {
        let rows = derived.all.iter();
        rows.filter_map(|(anchor, stands)| Some(row(wanted(*stands)?, anchor))).collect()
    };
    let about = "What JSON writes as it is: rule, begin of the window, text.";
    let anywhere = rows(&|stands| match stands {
        Stands::Anywhere(at) => Some(Some(at)),
        _ => None,
    });
    table(&mut file, about, "ANYWHERE: &[(u8, u8, &str)]", &anywhere);
    let about = "What JSON writes in another way, as it stands in a value.";
    let in_value = rows(&|stands| match stands {
        Stands::InValue(at) => Some(Some(at)),
        _ => None,
    });
    table(&mut file, about, "IN_VALUE: &[(u8, u8, &str)]", &in_value);
    let about = "The same as JSON writes it: begin of the window, text.";
    let in_line = rows(&|stands| matches!(stands, Stands::InLine).then_some(None));
    table(&mut file, about, "IN_LINE: &[(u8, &str)]", &in_line);
    let about = "The last words of sensitive names, each with its closing quote.";
    let at_end = rows(&|stands| matches!(stands, Stands::AtEndOfName).then_some(None));
    table(&mut file, about, "AT_END_OF_NAME: &[(u8, &str)]", &at_end);
    let about = "Of the default patterns of configurations: pattern, begin of the window, text.";
    let defaults = PatternSpec::defaults().into_iter().enumerate().flat_map(|(at, spec)| {
        Pattern::derive_spec(&spec.pattern).into_iter().map(move |anchor| row(Some(at), &anchor))
    });
    table(&mut file, about, "DEFAULTS: &[(u8, u8, &str)]", &defaults.collect::<Vec<_>>());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/privacy/scan/anchors.rs");
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, &file).unwrap();
    }
    let stale = std::fs::read_to_string(path).unwrap() != file;
    assert!(!stale, "anchors.rs is stale; run this test with UPDATE=1");
}

const ANCHORS_HEAD: &str = "\
//! The anchors of the table, derived from its patterns: `UPDATE=1 cargo test` writes them.\n";

/// Appends a constant table, filled up to the width of the house.
fn table(file: &mut String, about: &str, name: &str, rows: &[String]) {
    let _ = writeln!(file, "\n/// {about}\n#[rustfmt::skip]");
    let _ = writeln!(file, "pub(super) const {name} = &[");
    let mut line = String::from("   ");
    for row in rows {
        if line.len() + 1 + row.len() > 100 && line.len() > 3 {
            let _ = writeln!(file, "{line}");
            line.truncate(3);
        }
        line.push(' ');
        line.push_str(row);
    }
    let _ = writeln!(file, "{line}\n];");
}

#[test]
fn no_row_is_stirred_by_a_common_word() {
    let words = ["token", "secret", "password", "tokens_input", "session_id", "https://", "api"];
    let scanner = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap();
    for word in words {
        let stirred: Vec<&str> = scanner
            .worth_running(word.as_bytes())
            .into_iter()
            .map(|at| scanner.patterns.get(at).unwrap().id())
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
