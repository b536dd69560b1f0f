//! The trunk from outside, at length: what it promises, on a disk that fails in every way we know.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may stop at what they did not expect"
)]

mod ahead;
mod anchor;
mod apart;
mod behind;
mod custody;
mod damage;
#[path = "../../../tachograph/tests/it/desk.rs"]
mod desk;
mod early;
mod guards;
#[path = "../../../tachograph/tests/it/harness.rs"]
mod harness;
mod ledger;
mod loss;
mod once;
mod pack;
mod pulled;
mod read;
mod real;
mod repeat;
mod reseal;
mod retain;
#[path = "../../../tachograph/tests/it/safe.rs"]
mod safe;
mod samples;
mod seeds;
mod signer;
mod stop;
mod story;
mod syncs;
mod vault;
mod verify;
#[path = "../../../tachograph/tests/it/yard.rs"]
mod yard;
