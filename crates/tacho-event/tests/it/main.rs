//! What the event crate does, seen from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and read their fixtures"
)]

mod corpus;
mod filter;
mod schema;
