//! The trunk from outside: what it promises, on a disk that fails in every way we know.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at what they did not expect"
)]

mod apart;
mod harness;
mod integrate;
mod ledger;
mod read;
mod record;
mod sign;
mod story;
mod yard;
