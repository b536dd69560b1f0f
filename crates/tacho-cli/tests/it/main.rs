//! The command as its users meet it: transcripts of sessions at a shell, and what scripts rely on.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "tests run commands in a home of their own and stop at what they did not expect"
)]

mod sealed;
mod transcript;
