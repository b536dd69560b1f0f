//! The command as its users meet it: transcripts of sessions at a shell, and what scripts rely on.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests run commands in a home of their own and stop at what they did not expect"
)]

mod auditor;
mod doctor;
mod schemas;
mod schemas_table;
mod sealed;
mod terminal;
mod transcript;
mod verbs;
mod whole;
