//! Given what a host writes to the hook, gives the record in it, within bounds.
//!
//! A text of more than 64 KiB is cut where the whole payload is larger than 1 MiB; how long it was
//! is noted, and named by a `gap` event. What is no JSON is kept raw, as a `gap` event.

use std::io::Read;

use tacho_event::json::{self, Object, ReadError, Value};

/// Bytes of a payload that are read; the rest is a gap.
pub const PAYLOAD_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A payload up to this size is kept whole.
pub const WHOLE_BYTES_MAX: usize = 1024 * 1024;
/// What is kept of each text of a larger one.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What came in.
#[derive(Debug)]
pub enum Payload {
    /// A record.
    Record {
        /// Its members.
        record: Object,
        /// What was cut out of it.
        cut: Cut,
    },
    /// No record: the bytes, and why.
    Malformed {
        /// The bytes.
        raw: Vec<u8>,
        /// Why.
        error: ReadError,
    },
    /// JSON, but no object.
    NoObject(Vec<u8>),
}

/// What was cut out of a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Texts that were cut.
    pub texts: u64,
    /// Bytes that were cut out of them.
    pub bytes: u64,
}

/// The payload on `input`.
///
/// # Errors
/// What reading said.
pub fn read(input: impl Read) -> std::io::Result<Payload> {
    let mut raw = Vec::with_capacity(8 * 1024);
    input.take(PAYLOAD_BYTES_MAX).read_to_end(&mut raw)?;
    Ok(parse(raw))
}

fn parse(raw: Vec<u8>) -> Payload {
    match json::read(&raw) {
        Ok(Value::Object(mut record)) => {
            let mut cut = Cut::default();
            if raw.len() > WHOLE_BYTES_MAX {
                record.iter_mut().for_each(|(_, value)| cut.texts_in(value));
            }
            Payload::Record { record, cut }
        }
        Ok(_) => Payload::NoObject(raw),
        Err(error) => Payload::Malformed { raw, error },
    }
}

impl Cut {
    fn texts_in(&mut self, value: &mut Value) {
        match value {
            Value::Text(text) if text.len() > TEXT_BYTES_MAX => {
                let kept = text.floor_char_boundary(TEXT_BYTES_MAX);
                self.texts += 1;
                self.bytes += (text.len() - kept) as u64;
                let head = text.get(..kept).unwrap_or_default().to_owned();
                *value = Value::from(head);
            }
            // Bounded by the depth that the reader takes.
            Value::List(list) => list.iter_mut().for_each(|one| self.texts_in(one)),
            Value::Object(object) => object.iter_mut().for_each(|(_, one)| self.texts_in(one)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: String) -> (Object, Cut) {
        match parse(text.into_bytes()) {
            Payload::Record { record, cut } => (record, cut),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_long_texts_of_large_payloads_are_cut_between_characters() {
        let long = "\u{e9}".repeat(WHOLE_BYTES_MAX / 2);
        let (small, cut) = parsed(format!(r#"{{"a":"{}"}}"#, "x".repeat(TEXT_BYTES_MAX + 1)));
        assert_eq!((small.str("a").unwrap().len(), cut), (TEXT_BYTES_MAX + 1, Cut::default()));
        let (large, cut) = parsed(format!(r#"{{"a":{{"b":["x{long}"]}},"c":"d"}}"#));
        let kept = large.at("/a/b/0").and_then(Value::as_str).unwrap();
        assert_eq!(kept.len(), TEXT_BYTES_MAX - 1);
        let bytes = (1 + long.len() - kept.len()) as u64;
        assert_eq!(cut, Cut { texts: 1, bytes });
        assert_eq!(large.str("c"), Some("d"));
    }

    #[test]
    fn what_is_no_record_is_kept_as_it_came() {
        let nested = "[".repeat(10_000).into_bytes();
        assert!(matches!(parse(nested), Payload::Malformed { .. }));
        assert!(matches!(parse(b"[1]".to_vec()), Payload::NoObject(_)));
        assert!(matches!(parse(Vec::new()), Payload::Malformed { .. }));
    }
}
