//! Of any text: it reads or names problems within it; what reads reads back and can be asked.

use tacho_event::json::{self, Value};
use tacho_event::{Filter, Timestamp, limits};

const EVENT: &[u8] = br#"{"action":{"name":"Bash","tool":{"parameters":{"command":"git push"}},
    "type":"tool"},"content":{"_sd":["x"]},"outcome":{"status":"failure"},
    "timestamp":"2026-11-20T10:00:00.000000Z"}"#;

/// Panics where the claim does not hold.
pub fn claim(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let now = Timestamp::from_micros(1_795_176_000_000_000);
    let filter = match Filter::parse(text, now) {
        Ok(filter) => filter,
        Err(problems) => {
            assert!(!problems.is_empty() && problems.len() <= limits::PROBLEMS_MAX);
            assert!(problems.iter().all(|problem| text.get(problem.span.clone()).is_some()));
            return;
        }
    };
    let printed = filter.to_string();
    if printed.len() <= limits::FILTER_BYTES_MAX {
        assert_eq!(Filter::parse(&printed, Timestamp::default()), Ok(filter.clone()), "{printed}");
    }
    if let Ok(Value::Object(event)) = json::read(EVENT) {
        filter.verdict(&event);
    }
}
