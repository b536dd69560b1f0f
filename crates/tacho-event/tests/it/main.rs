//! What this crate promises to those who use it, one module for each promise.
#![expect(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod builders;
mod check;
mod dialect;
mod samples;
mod seeds;
mod world;
