//! The trunk from outside: what it promises, on a disk that fails in every way we know.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may stop at what they did not expect"
)]

mod anchor;
mod apart;
mod behind;
mod custody;
mod damage;
mod desk;
mod emitters;
mod follow;
mod full;
mod gather;
mod guards;
mod guide;
mod harness;
mod integrate;
mod ledger;
mod lock;
mod loss;
mod once;
mod pack;
mod read;
mod real;
mod record;
mod repeat;
mod reseal;
mod retain;
mod sign;
mod signer;
mod spool;
mod stop;
mod store;
mod story;
mod submit;
mod tally;
mod vault;
mod verify;
mod yard;
