//! Reading: every trouble is named with its place, and canonical text comes out as it went in.

use super::*;
use proptest::prelude::*;

fn troubles(text: &str) -> Vec<(String, TroubleKind)> {
    match read_text(text) {
        Err(ReadError::Malformed(list)) => list.into_iter().map(|t| (t.pointer, t.kind)).collect(),
        other => panic!("{text}: {other:?}"),
    }
}

fn not_json_at(text: &[u8]) -> usize {
    match read(text) {
        Err(ReadError::NotJson { offset, .. }) => offset,
        other => panic!("{:?}: {other:?}", String::from_utf8_lossy(text)),
    }
}

#[test]
fn a_document_is_read_and_written_in_canonical_form() {
    let text = " {\"b\" : [ 1.0, true , null,\"\\u00e9\\ud83d\\ude00\\/\" ] , \"a\":{ } }\n";
    let canonical = "{\"a\":{},\"b\":[1,true,null,\"\u{e9}\u{1f600}/\"]}";
    assert_eq!(read_text(text).unwrap().to_json(), canonical);
}

#[test]
fn every_place_that_cannot_be_represented_is_named() {
    let text = r#"{"a":{"x":1,"x":2},"b":"\ud800","c":[1e400,"\udc00\ud800\u0041"],"\u0061":3}"#;
    use TroubleKind::*;
    let expected = [
        ("/a/x", RepeatedName),
        ("/b", LoneSurrogate),
        ("/c/0", HugeNumber),
        ("/c/1", LoneSurrogate),
        ("/c/1", LoneSurrogate),
        ("/a", RepeatedName),
    ];
    assert_eq!(troubles(text), expected.map(|(p, k)| (p.to_owned(), k)));
}

#[test]
fn depth_64_is_read_65_is_named_and_10_000_does_not_overflow() {
    let nest = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read_text(&nest(limits::DEPTH_MAX - 1)).is_ok());
    assert!(read_text(&nest(limits::DEPTH_MAX)).is_ok());
    for depth in [limits::DEPTH_MAX + 1, 10_000, 1_000_000] {
        let found = troubles(&nest(depth));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, TroubleKind::TooDeep);
    }
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert_eq!(troubles(&objects)[0].1, TroubleKind::TooDeep);
    not_json_at(&[b'['; 10_000]);
    let unbalanced = format!("{}1{}", "[".repeat(200), "}".repeat(200));
    assert_eq!(not_json_at(unbalanced.as_bytes()), 201);
}

#[test]
fn what_is_no_json_is_named_with_its_offset() {
    for (text, offset) in [
        ("", 0),
        ("{", 1),
        ("[1,]", 3),
        ("{\"a\":1,}", 7),
        ("{a:1}", 1),
        ("01", 0),
        ("1 2", 2),
        ("\"a\nb\"", 2),
        ("\"abc", 4),
        ("\"\\x\"", 2),
        ("\"\\u12g4\"", 3),
        ("nul", 0),
        ("[1 2]", 3),
        ("1e999x", 5),
        ("\u{feff}1", 0),
    ] {
        assert_eq!(not_json_at(text.as_bytes()), offset, "{text}");
    }
    assert_eq!(not_json_at(b"\"a\xff\""), 2);
}

#[test]
fn troubles_are_bounded() {
    let text = format!("[{}1]", "1e400,".repeat(limits::PROBLEMS_MAX + 50));
    assert_eq!(troubles(&text).len(), limits::PROBLEMS_MAX);
}

#[test]
fn nul_bidi_and_megabyte_strings_are_content_like_any_other() {
    let text = format!("\"\\u0000\u{202e}{}\"", "x".repeat(1 << 20));
    let value = read_text(&text).unwrap();
    assert_eq!(value.as_str().unwrap().len(), 1 + 3 + (1 << 20));
    assert_eq!(value.to_json(), text);
}

/// JSON values of every kind, as serde_json holds them.
fn theirs() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        (-1e15..1e15f64).prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
        proptest::collection::vec(any::<char>(), 0..6)
            .prop_map(|chars| chars.into_iter().collect::<String>().into()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::btree_map("[a-z\u{e9}\u{1f600}\u{fb33}]{0,3}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_is_what_serde_json_canonicalizer_writes(value in theirs()) {
        let oracle = serde_json_canonicalizer::to_string(&value).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read_text(&pretty).unwrap().to_json(), oracle.clone());
        prop_assert_eq!(Value::from(&value).to_json(), oracle.clone());
        prop_assert_eq!(read_text(&oracle).unwrap().to_json(), oracle);
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_serde_json_does(bytes in proptest::collection::vec(
        prop_oneof![
            Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b','), Just(b':'),
            Just(b'\\'), Just(b'u'), Just(b'0'), Just(b'1'), Just(b'-'), Just(b'e'), Just(b'.'),
            Just(b' '), any::<u8>(),
        ], 0..24)) {
        let ours = read(&bytes);
        let theirs = serde_json::from_slice::<serde_json::Value>(&bytes);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, &Value::from(theirs)),
            (Err(ReadError::NotJson { .. }), Err(_)) => {}
            (Err(ReadError::Malformed(_)), _) => {}
            _ => prop_assert!(false, "{:?} against {:?}", ours, theirs),
        }
    }
}

proptest! {
    #[test]
    fn a_plain_run_ends_where_looking_byte_by_byte_ends_it(
        bytes in "[ !\"#\\[\\\\\\]\u{0}\u{1f}a\u{e9}\u{1f680}]{0,40}",
    ) {
        let ends = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
        for from in 0..=bytes.len() {
            let rest = &bytes.as_bytes()[from..];
            let length = rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len());
            prop_assert_eq!(plain_length(rest), length);
        }
    }
}
