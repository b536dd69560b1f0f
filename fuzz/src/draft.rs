//! Of any bytes: a document that reads becomes an event or names problems; the event reads back as
//! itself.

use tacho_event::json::{self, Value};
use tacho_event::{Draft, Event, Timestamp, World, limits};

struct Fixed;

impl World for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_795_176_000_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Panics where the claim does not hold.
pub fn claim(data: &[u8]) {
    let Ok(value) = json::read(data) else { return };
    let text = value.to_json();
    assert_eq!(json::read(text.as_bytes()), Ok(value.clone()), "canonical text reads back");
    let Value::Object(doc) = value else { return };
    match Draft::from_object(doc).check(&Fixed) {
        Ok(event) => again(&event),
        Err(problems) => {
            assert!(!problems.is_empty() && problems.len() <= limits::PROBLEMS_MAX);
        }
    }
}

/// A checked event passes the check as it is.
fn again(event: &Event) {
    let mut draft = Draft::from_object(event.object().clone());
    if let Some(tenant) = event.tenant() {
        draft.set("tenant", tenant.as_str());
    }
    assert_eq!(draft.check(&Fixed).as_ref(), Ok(event));
}
