//! Of any bytes: every dialect reads them or names problems, and writes what it read.

use tacho_event::dialect::{DIALECTS, read_any};
use tacho_event::json;

/// Panics where the claim does not hold.
pub fn claim(data: &[u8]) {
    // Drafts, or the reason why there are none.
    let _ = read_any(data);
    let Ok(value) = json::read(data) else { return };
    for dialect in DIALECTS {
        match dialect.read(&value) {
            Ok(batch) => {
                batch.write();
            }
            Err(problems) => assert!(!problems.is_empty(), "{} says why", dialect.name),
        }
    }
}
