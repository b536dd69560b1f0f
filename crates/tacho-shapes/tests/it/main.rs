//! What the familiar APIs promise, asked of the files and logs they write.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod checklist;
mod clock;
mod documents;
mod lines;
mod memory;
mod outputs;
mod retry;
mod samples;
mod sealed;
mod session;
mod spans;
mod stop;
