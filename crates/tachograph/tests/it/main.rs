//! The trunk, seen from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod integrate;
mod record;
mod yard;
