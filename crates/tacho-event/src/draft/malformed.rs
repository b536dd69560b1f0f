//! Given JSON that cannot be represented, gives the event that records it as it came.
//!
//! ```text
//! {"severity":"warning",
//!  "action":{"type":"gap","name":"malformed_event",
//!            "gap":{"what":"an event that cannot be represented","count":1,
//!                   "reason":"the name stands twice in one object at `/a`"}},
//!  "metadata":{"malformed":{"bytes":13,"text":"{\"a\":1,\"a\":2}","cut":false}}}
//! ```
//!
//! Nothing of it is read as an event: which of two equal names counts is what an attacker would
//! like to decide. The raw text has no members to be classified by, so a policy keeps it only at
//! level `full`, and drops it whole when any redaction rule hits.

use super::Draft;
use crate::json::{Object, ReadError, Value};
use crate::limits;
use crate::privacy::base64url;

impl Draft {
    /// The record of `raw`, which is JSON that cannot be represented, or no JSON at all.
    pub fn malformed(raw: &[u8], error: &ReadError) -> Self {
        let mut kept = Object::from([("bytes", raw.len())]);
        kept.insert("cut", raw.len() > limits::RAW_BYTES_MAX);
        match std::str::from_utf8(raw) {
            Ok(text) => kept.insert("text", start(text, limits::RAW_BYTES_MAX)),
            Err(_) => {
                let head = raw.get(..limits::RAW_BYTES_MAX).unwrap_or(raw);
                kept.insert("base64", base64url(head))
            }
        };
        // Names of the sender's stand in the reason, and those can be as long as the text.
        let reason = error.to_string();
        Self::gap("malformed_event", "an event that cannot be represented")
            .count(1)
            .because(start(&reason, limits::REASON_BYTES_MAX))
            .metadata("malformed", Value::from(kept))
    }
}

/// The start of `text` in at most `bytes` bytes, cut between characters.
fn start(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read;

    fn record(raw: &[u8]) -> Draft {
        Draft::malformed(raw, &read(raw).unwrap_err())
    }

    #[test]
    fn a_malformed_event_is_kept_as_it_came_and_every_place_is_named() {
        let draft = record(br#"{"a":1,"a":2,"b":1e400}"#);
        let kept = draft.at("/metadata/malformed").unwrap().to_json();
        let expected = r#"{"bytes":23,"cut":false,"text":"{\"a\":1,\"a\":2,\"b\":1e400}"}"#;
        assert_eq!(kept, expected);
        let reason = draft.at("/action/gap/reason").and_then(Value::as_str).unwrap();
        assert!(reason.contains("`/a`") && reason.contains("`/b`"), "{reason}");
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_as_base64() {
        let draft = record(b"{\"a\":\"\xff\xfe\"}");
        let kept = draft.at("/metadata/malformed").unwrap();
        assert_eq!(kept.to_json(), r#"{"base64":"eyJhIjoi__4ifQ","bytes":10,"cut":false}"#);
    }

    #[test]
    fn what_is_kept_is_cut_at_the_limit_between_characters() {
        for (extra, cut) in [(0, false), (1, true)] {
            let mut raw = vec![b'x'; limits::RAW_BYTES_MAX - 2 + extra];
            raw.extend("\u{e9}".as_bytes());
            let draft = record(&raw);
            let kept = draft.at("/metadata/malformed").and_then(Value::as_object).unwrap();
            assert_eq!(kept.get("bytes"), Some(&Value::from(limits::RAW_BYTES_MAX + extra)));
            assert_eq!(kept.get("cut"), Some(&Value::from(cut)));
            assert_eq!(kept.str("text").unwrap().len(), limits::RAW_BYTES_MAX - extra);
        }
    }

    #[test]
    fn the_reason_is_bounded() {
        let name = "\u{e9}".repeat(1 << 20);
        let draft = record(format!(r#"{{"{name}":1e400}}"#).as_bytes());
        let reason = draft.at("/action/gap/reason").and_then(Value::as_str).unwrap();
        assert!((1000..=limits::REASON_BYTES_MAX).contains(&reason.len()));
    }
}
