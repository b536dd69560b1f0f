//! Three crates by others agree with `tacho-tree`, or are the more lenient.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod merkle;
mod notes;
mod sample;
mod tiles;
mod wasm;
