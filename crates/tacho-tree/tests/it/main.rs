//! What this crate promises, seen from outside.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod conversation;
mod findings;
mod frontier;
mod keys;
mod names;
mod notes;
mod policy;
mod proofs;
mod props;
mod prune;
mod purity;
mod rfc;
mod sample;
mod stock;
mod tiles;
mod tlog_proofs;
mod vectors;
mod witness;
