//! What the event crate does, seen from outside, by capability.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and read their fixtures"
)]

mod builders;
mod check;
mod checklist;
mod corpus;
mod dialect;
mod filter;
mod protect;
mod scan;
mod schema;
mod untrusted;
mod world;
