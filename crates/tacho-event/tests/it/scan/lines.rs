//! The prefilter over raw lines never says no where a value, once unescaped, has a secret.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};
use tacho_event::privacy::scan::{PatternSpec, Scanner};

use super::{cases, full, table_only};

/// How a writer of JSON writes a character.
#[derive(Clone, Copy, Debug)]
enum Habit {
    /// Only what must be escaped.
    Least,
    /// All that is not ASCII, as Python does.
    Ascii,
    /// `/`, `<`, `>` and `&` too, as PHP and Go do.
    Html,
    /// Now and then anything.
    Any,
}

/// The text as a JSON string. `dice` decides where the habit leaves a choice.
fn written(text: &str, habit: Habit, dice: &mut impl Iterator<Item = u8>) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        let roll = dice.next().unwrap_or(0);
        let short = match letter {
            '"' | '\\' | '/' => Some(letter),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            _ => None,
        };
        let must = letter < ' ' || letter == '"' || letter == '\\';
        let wants = match habit {
            Habit::Least => false,
            Habit::Ascii => !letter.is_ascii(),
            Habit::Html => "/<>&".contains(letter),
            Habit::Any => roll < 20,
        };
        match short {
            Some(short) if (must || wants) && !roll.is_multiple_of(4) => out.extend(['\\', short]),
            _ if must || wants => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = match roll % 2 {
                        0 => write!(out, "\\u{unit:04x}"),
                        _ => write!(out, "\\u{unit:04X}"),
                    };
                }
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn habit() -> impl Strategy<Value = Habit> {
    prop_oneof![Just(Habit::Least), Just(Habit::Ascii), Just(Habit::Html), Just(Habit::Any)]
}

/// Texts with secrets, whole and cut, among signs that JSON escapes.
fn text() -> impl Strategy<Value = String> {
    let secrets: Vec<String> = cases::secrets().into_iter().map(|case| case.text).collect();
    let secret = prop::sample::select(secrets);
    let cut = (secret.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
        let at = text.floor_char_boundary(at.index(text.len() + 1));
        text[at..].to_owned()
    });
    let odd = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\"",
        "\\",
        "/",
        "\t",
        "\u{8}",
        "\u{c}",
        "\u{0}",
        "\u{1f}",
        "\u{e9}",
        "\u{1f680}",
        "\u{212a}",
        "\u{17f}",
        "<&>",
        "://",
        "@",
        "=",
        ":",
        "4",
        "A",
        "x",
        "\\u",
        "u00",
        "password=",
        "to\u{212a}en:x",
        "a/b/c",
        "\"x\"=12",
        "caf\u{e9}=1",
        "123456",
        "x\ny",
    ]);
    let piece = prop_oneof![3 => secret, 1 => cut, 4 => odd.prop_map(str::to_owned), 1 => ".{0,6}"];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

/// Patterns that escapes can split.
fn odd_patterns() -> Vec<PatternSpec> {
    let patterns = [
        r"a/b/c",
        r#""x"=\d+"#,
        "caf\u{e9}=\\w+",
        r"x\ny",
        "(?-u)\\xC3\\xA9=1",
        r"(?-i)to\x{212A}en",
        r"\x01\x02?end",
        r"\\u00",
    ];
    patterns.iter().enumerate().map(|(at, p)| PatternSpec::new(at.to_string(), *p)).collect()
}

fn scanners() -> Vec<Scanner> {
    let odd = Scanner::new(&odd_patterns(), "*", false).unwrap();
    vec![full(), table_only(), odd]
}

/// The line, and the value it stands for.
fn line(text: &str, habit: Habit, dice: &[u8]) -> (String, Value) {
    let mut dice = dice.iter().copied().cycle();
    let line = format!("{{\"id\":1,\"note\":[{}]}}", written(text, habit, &mut dice));
    (line, json!({"id": 1, "note": [text]}))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: tacho_testkit::stories(2_000) as u32,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn a_line_with_a_secret_is_never_let_pass(
        text in text(),
        habit in habit(),
        dice in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let (line, value) = line(&text, habit, &dice);
        prop_assert_eq!(&serde_json::from_str::<Value>(&line).unwrap(), &value);
        for scanner in scanners_once() {
            if scanner.redact(&text) != text {
                prop_assert!(scanner.may_hit(line.as_bytes()), "{}", line);
            }
        }
    }

    #[test]
    fn a_line_with_a_sensitive_name_is_never_let_pass(
        before in ".{0,4}",
        name in prop::sample::select(names()),
        habit in habit(),
        dice in prop::collection::vec(any::<u8>(), 1..64),
        space in "[ \t\r\n]{0,2}",
    ) {
        let name = format!("{before}{name}");
        let written = written(&name, habit, &mut dice.iter().copied().cycle());
        let line = format!("{{\"note\":\"x\",{written}{space}:\"x\"}}");
        let parsed: Value = serde_json::from_str(&line).unwrap();
        prop_assert!(parsed.get(&name).is_some());
        if Scanner::sensitive_key(&name) {
            prop_assert!(scanners_once()[0].may_hit(line.as_bytes()), "{}", line);
        }
    }
}

/// Making scanners for each case would take most of the time.
fn scanners_once() -> &'static [Scanner] {
    thread_local! {
        static SCANNERS: &'static [Scanner] = Box::leak(scanners().into_boxed_slice());
    }
    SCANNERS.with(|scanners| *scanners)
}

fn names() -> Vec<&'static str> {
    vec![
        "password",
        "PASSWORD",
        "userPassword",
        "passwd",
        "pwd",
        "dbPwd",
        "passphrase",
        "apiKey",
        "api_key",
        "X-Api-Key",
        "api.key",
        "client_secret",
        "secrets",
        "access_token",
        "refreshToken",
        "token",
        "authorization",
        "Proxy-Authorization",
        "cookie",
        "Set-Cookie",
        "credentials",
        "private key",
        "jwt",
        "otp",
        "cvv",
        "ssn",
        "card_number",
        "mnemonic",
        "seedPhrase",
        "connectionString",
        "password_hash",
        "tokens_input",
        "public_key",
        "next_page_token",
    ]
}

#[test]
fn a_whole_word_as_a_value_is_no_name() {
    let scanner = full();
    assert!(!scanner.may_hit(br#"{"labels":["token","secret"],"kind":"password"}"#));
    assert!(scanner.may_hit(br#"{"labels":["token","secret"],"password" :"x"}"#));
    assert!(!scanner.may_hit(br#"{"max_token":1,"next_page_token":"x","public_key":"y"}"#));
}

#[test]
fn escapes_that_hide_no_letter_do_not_matter() {
    let scanner = full();
    assert!(!scanner.may_hit(br#"{"note":"caf\u00e9 \u003cb\u003e \ud83d\ude80 \u001b[0m"}"#));
    assert!(scanner.may_hit(br#"{"note":"p\u0061ssword=x"}"#));
}

#[test]
fn a_pattern_without_fixed_text_lets_no_line_pass() {
    let scanner = Scanner::new(&[PatternSpec::new("six", r"\d{6}")], "*", false).unwrap();
    assert!(scanner.may_hit(b"{}"));
    assert_eq!(scanner.redact("a 123456 b"), "a * b");
}
