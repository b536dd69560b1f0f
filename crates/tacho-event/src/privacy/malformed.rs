//! Malformed is not an escape: given JSON that no document can hold, gives the event that says so.
//!
//! ```text
//! {"action":{"type":"gap","name":"malformed","gap":{"what":"an event","reason":"JSON that .."}},
//!  "metadata":{"malformed":{"text":"{\"a\":1,\"a\":2}","bytes":13}}}
//! ```
//!
//! The raw text is one opaque value. It is kept at capture level `full` alone, dropped whole if
//! any rule finds a secret in it, and cut beyond [`limits::RAW_BYTES_MAX`]; `bytes` is its true
//! length always.

use super::disclose::base64url;
use crate::draft::Draft;
use crate::json::{Object, ReadError};
use crate::limits;
use crate::words::{ActionType, Severity};

/// The draft of an event that arrived as `raw` and could not be read because of `error`.
pub fn malformed(raw: &[u8], error: &ReadError) -> Draft {
    let mut held = Object::from([("bytes", raw.len())]);
    let (start, _) = raw.split_at_checked(limits::RAW_BYTES_MAX).unwrap_or((raw, &[]));
    match std::str::from_utf8(start) {
        Ok(text) => held.insert("text", text),
        // A character that the limit cuts in two is no reason to hide the text.
        Err(cut) if cut.error_len().is_none() && start.len() < raw.len() => {
            let whole = start.get(..cut.valid_up_to()).unwrap_or_default();
            held.insert("text", String::from_utf8_lossy(whole).into_owned())
        }
        Err(_) => held.insert("base64", base64url(start)),
    };
    if start.len() < raw.len() {
        held.insert("cut", true);
    }
    Draft::new(ActionType::Gap, "malformed")
        .with("severity", Severity::Warning)
        .with("action.gap.what", "an event")
        .with("action.gap.count", 1)
        .with("action.gap.reason", error.to_string())
        .with("metadata.malformed", held)
}
