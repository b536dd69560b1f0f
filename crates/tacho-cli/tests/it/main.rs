//! The command as its users meet it: transcripts of sessions at a shell, and what scripts rely on.
#![expect(clippy::unwrap_used, reason = "tests may stop at what they did not expect")]

mod transcript;
