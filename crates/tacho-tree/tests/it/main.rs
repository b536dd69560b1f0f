//! What this crate promises, seen from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod vectors;
