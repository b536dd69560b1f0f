//! Tests of the tap, through its real binary.
#![expect(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

mod contract;
mod hostile;
mod house;
mod leaves;
mod many;
mod session;
