//! Tests of the tap, through its real binary.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod contract;
mod hostile;
mod house;
mod install;
mod leaves;
mod many;
mod plugin;
mod project;
mod session;
#[cfg(unix)]
mod upkeep;
