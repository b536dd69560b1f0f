//! The trunk from outside: what it promises, in a line each. What becomes of it when anybody dies,
//! and all that takes long, is told by `tacho-stories`, with the same desk, yard, safe and harness.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may stop at what they did not expect"
)]

mod ahead;
mod convoy;
#[expect(dead_code, reason = "the stories use all of it")]
mod desk;
mod emitters;
mod follow;
mod full;
mod gather;
mod guide;
mod harness;
mod integrate;
mod lock;
mod record;
#[expect(dead_code, reason = "the stories use all of it")]
mod safe;
mod seal;
mod sign;
mod spool;
mod store;
mod submit;
mod tally;
#[expect(dead_code, reason = "the stories use all of it")]
mod yard;
