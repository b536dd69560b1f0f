//! The offline verifier, against real logs and everything that can be done to them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests edit logs like an attacker"
)]

mod bundle;
mod command;
mod log;
mod proof;
mod tlog;
