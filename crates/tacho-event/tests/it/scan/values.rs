//! What holds for any value: redacting ends, is done once, and tells what it did.

use std::borrow::Cow;
use std::ops::Range;

use proptest::prelude::*;
use tacho_event::privacy::scan::{
    PATTERNS_MAX, PatternError, PatternSpec, REPLACEMENT, REPLACEMENT_BYTES_MAX, Scanner,
};

use super::{cases, full, patterns_only, table_only};

fn custom(pattern: &str, replacement: &str) -> Result<Scanner, PatternError> {
    Scanner::new(&[PatternSpec::new("mine", pattern)], replacement, false)
}

fn hits(scanner: &Scanner, value: &str) -> (String, Vec<(String, Range<usize>)>) {
    let mut hits = Vec::new();
    let text = scanner
        .redact_with(value, &mut |hit| hits.push((hit.rule.to_owned(), hit.range.clone())))
        .into_owned();
    (text, hits)
}

/// The value with the ranges replaced; those that overlap or touch by one replacement.
fn replaced(value: &str, ranges: impl Iterator<Item = Range<usize>>, replacement: &str) -> String {
    let mut secret = vec![false; value.len()];
    ranges.for_each(|range| secret[range].fill(true));
    let mut text = String::new();
    let mut inside = false;
    for (at, letter) in value.char_indices() {
        if !secret[at] {
            text.push(letter);
        } else if !inside {
            text.push_str(replacement);
        }
        inside = secret[at];
    }
    text
}

#[test]
fn a_clean_value_is_borrowed() {
    let scanner = full();
    for value in ["", "x", "token", "the secret of the password is a token", "caf\u{e9} \u{1f680}"]
    {
        assert!(matches!(scanner.redact(value), Cow::Borrowed(_)), "{value}");
    }
}

#[test]
fn case_does_not_count_unless_a_pattern_says_so() {
    assert_eq!(custom("Password=x", "*").unwrap().redact("PASSWORD=X"), "*");
    assert_eq!(custom("(?-i)Password=x", "*").unwrap().redact("PASSWORD=X"), "PASSWORD=X");
}

#[test]
fn hits_name_their_rule_and_range_and_overlaps_become_one() {
    let value = "see token=hunter2024 and PGPASSWORD=x.";
    let (text, hits) = hits(&full(), value);
    assert_eq!(text, "see [REDACTED] and PG[REDACTED]");
    let expected = [
        ("token", 4..20),
        ("password", 27..38),
        ("assigned-secret", 10..20),
        ("environment-password", 36..38),
    ];
    for (rule, range) in expected {
        assert!(hits.contains(&(rule.to_owned(), range.clone())), "{rule} {range:?}: {hits:?}");
    }
}

#[test]
fn a_secret_that_another_covers_is_found_too() {
    // The second is no word of its own until the first is gone.
    let pats = [PatternSpec::new("a", "aaaa"), PatternSpec::new("b", r"\bbbbb")];
    let scanner = Scanner::new(&pats, "-", false).unwrap();
    assert_eq!(scanner.redact("aaaabbbb c"), "- c");
    let (text, hits) = hits(&scanner, "aaaabbbb c");
    assert_eq!((text.as_str(), hits.len()), ("- c", 2));
    assert_eq!(hits[1], ("b".to_owned(), 4..8));
}

#[test]
fn a_value_that_does_not_come_to_rest_is_replaced_whole() {
    let patterns = [PatternSpec::new("token", r"token=\S+"), PatternSpec::new("edge", r"\b\[")];
    let scanner = Scanner::new(&patterns, REPLACEMENT, false).unwrap();
    assert_eq!(scanner.redact("keep this, xtoken=abc"), REPLACEMENT);
    assert_eq!(scanner.redact("keep this, token=abc"), "keep this, [REDACTED]");
}

#[test]
fn an_empty_replacement_leaves_nothing_new_to_find() {
    let scanner = custom("ab+c", "").unwrap();
    assert_eq!(scanner.redact("aabcbc!"), "!");
}

#[test]
fn patterns_and_replacements_that_cannot_work_are_refused() {
    let id = || "mine".to_owned();
    let error = |pattern: &str, replacement: &str| custom(pattern, replacement).err().unwrap();
    assert!(matches!(error("a(b", "*"), PatternError::Syntax { .. }));
    assert_eq!(error("x*", "*"), PatternError::MatchesEmpty { id: id() });
    assert_eq!(error(r"\b", "*"), PatternError::MatchesEmpty { id: id() });
    assert_eq!(error(r"(?:\w{200}){200}", "*"), PatternError::TooLarge { id: id() });
    assert_eq!(error(&"x".repeat(5_000), "*"), PatternError::TooLong { id: id() });
    let matches = PatternError::ReplacementMatches { rule: id() };
    assert_eq!(error("REDACTED", REPLACEMENT), matches);
    assert_eq!(error(r"secret=\S+", "(secret=hidden)"), matches);
    let long = "*".repeat(REPLACEMENT_BYTES_MAX + 1);
    assert_eq!(error("abcd", &long), PatternError::ReplacementTooLong);
    let many = vec![PatternSpec::new("mine", "abcd"); PATTERNS_MAX + 1];
    assert_eq!(Scanner::new(&many, "*", false).err(), Some(PatternError::TooManyPatterns));
    assert!(Scanner::new(&many[..PATTERNS_MAX], "*", false).is_ok());
    // Replacing a text by itself changes nothing, however often.
    assert!(custom(r"\[REDACTED\]", REPLACEMENT).is_ok());
}

#[test]
fn errors_read_as_one_line() {
    let error = custom("a(b", "*").err().unwrap().to_string();
    assert_eq!(error, "redaction pattern `mine` is no regular expression: error: unclosed group");
}

/// Quadratic work on these would take hours.
#[test]
fn long_rows_of_beginnings_end_soon() {
    let scanner = full();
    for piece in [
        "password=",
        "-----BEGIN RSA PRIVATE KEY-----",
        "://a:",
        "://a:b@",
        "curl -u ",
        "eyJ",
        "@",
        "machine a login ",
        "4111 ",
        "4111111111111111",
        "AB12 ",
        "\"password\": \"",
        "mnemonic: abc ",
        "$6$",
        "Bearer ",
        "x-api-key: ",
        "\\u",
        "\\\\",
        "token",
        "ssn ",
        "eyJabcdefgh.",
        " ",
        "-",
        "key-",
        "AKIA",
        "Private-Lines: 1",
        "cookie: a=",
        "sk-",
        "hooks.slack.com/services/",
    ] {
        let value = piece.repeat(200_000 / tacho_testkit::stride() / piece.len());
        let found = scanner.redact(&value) != value;
        assert!(!found || scanner.may_hit(value.as_bytes()), "{piece}");
    }
}

fn text() -> impl Strategy<Value = String> {
    let secrets: Vec<String> = cases::secrets().into_iter().map(|case| case.text).collect();
    let odd = prop::sample::select(vec![
        " ",
        "\n",
        "\"",
        "[REDACTED]",
        "[",
        "]",
        "REDACTED",
        "password=",
        "token:",
        "secret=",
        "=",
        "api_key",
        "\u{e9}",
        "\u{1f680}",
        "\u{212a}",
        "a",
        "b",
        "4",
        "://",
        "@",
        "*",
        "Bearer ",
    ]);
    let piece = prop_oneof![
        2 => prop::sample::select(secrets),
        4 => odd.prop_map(str::to_owned),
        1 => ".{0,8}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Nothing stands where the password was, so the next word does: nothing of such a value may stay.
#[test]
fn where_nothing_replaces_a_password_the_words_behind_it_go_too() {
    let scanner = Scanner::new(&PatternSpec::defaults(), "", true).unwrap();
    let netrc = "machine api.host login deploy password hunter2";
    let left = "machine api.host login deploy password ";
    assert_eq!(scanner.redact(netrc), left);
    assert_eq!(scanner.redact(&format!("{netrc} and two")).trim_end(), left.trim_end());
    assert_eq!(scanner.redact(&format!("{netrc} and one two three four five six seven")), "");
}

thread_local! {
    static SCANNERS: Vec<Scanner> = {
        let odd = [
            "(?-i)a", r"\bb", r"\b\[", "b\u{e9}", "[a-c]@", r"(?-u)\xA9", r"\S:\s", "D].", "= ?",
        ];
        let odd: Vec<_> = odd.iter().map(|p| PatternSpec::new(*p, *p)).collect();
        let defaults = PatternSpec::defaults();
        vec![
            full(),
            table_only(),
            patterns_only(),
            Scanner::new(&defaults, "", true).unwrap(),
            Scanner::new(&defaults, "<x-1>", true).unwrap(),
            Scanner::new(&odd, REPLACEMENT, false).unwrap(),
            Scanner::new(&odd, "*", true).unwrap(),
            Scanner::new(&odd, "", false).unwrap(),
        ]
    };
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: tacho_testkit::stories(2_000) as u32,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn redacting_twice_is_redacting_once(text in text()) {
        SCANNERS.with(|scanners| {
            for (at, scanner) in scanners.iter().enumerate() {
                let once = scanner.redact(&text).into_owned();
                let twice = scanner.redact(&once);
                prop_assert_eq!(&once, &twice, "scanner {}", at);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_ranges_told_are_the_ranges_replaced(text in text()) {
        SCANNERS.with(|scanners| {
            for scanner in scanners {
                let (redacted, hits) = hits(scanner, &text);
                let expected =
                    replaced(&text, hits.into_iter().map(|hit| hit.1), scanner.replacement());
                prop_assert!(redacted == expected || redacted == scanner.replacement());
            }
            Ok(())
        })?;
    }

    /// The table itself never makes a value restless: that is for odd patterns, and for a
    /// replacement by nothing.
    #[test]
    fn what_is_no_secret_stays(text in text()) {
        let value = format!("kept {text}");
        SCANNERS.with(|scanners| {
            let of_table = scanners.iter().take(5);
            for scanner in of_table.filter(|scanner| !scanner.replacement().is_empty()) {
                prop_assert!(scanner.redact(&value).starts_with("kept"), "{}", value);
            }
            Ok(())
        })?;
    }
}
