//! Of any text: redacting twice is redacting once, and the look at raw bytes misses nothing.

use tacho_event::json::Value;
use tacho_event::privacy::scan::Scanner;

/// Panics where the claim does not hold.
pub fn claim(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scanner = Scanner::builtin();
    let redacted = scanner.redact(text);
    assert_eq!(scanner.redact(&redacted), redacted);
    if redacted != text {
        assert!(scanner.may_hit(Value::from(text).to_json().as_bytes()), "{text:?}");
    }
}
