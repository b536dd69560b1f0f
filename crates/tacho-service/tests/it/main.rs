//! The layer and the retries of `tacho-shapes` in other people's server and runtime.
#![expect(clippy::unwrap_used, reason = "tests")]

mod killed;
mod layer;
mod runtime;
