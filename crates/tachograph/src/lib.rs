//! The trunk: given drafts of what agents did, gives a durable, ordered, tamper-evident store.
//!
//! The rooms, bottom up: [`files`] is the only door to a disk, [`places`] names every path,
//! [`limits`] every bound, [`world`] brings the clock and the dice; [`wal`] is the one log that all
//! tenants and all processes share, where an event becomes safe before it is acknowledged.

pub mod anchor;
pub mod backup;
pub mod bundle;
mod checksum;
pub mod emitters;
pub mod erase;
pub mod error;
pub mod export;
pub mod files;
pub mod generation;
pub mod idempotency;
mod index;
pub mod integrate;
pub mod integrated;
pub mod leaves;
pub mod limits;
pub mod log;
pub mod maintain;
pub mod pack;
pub mod parts;
pub mod places;
pub mod prove;
pub mod record;
pub mod reseal;
pub mod reserve;
pub mod retain;
pub mod sign;
pub mod state;
pub mod stop;
pub mod store;
pub mod telling;
pub mod tenant;
pub mod tree;
pub mod vault;
pub mod verify;
pub mod wal;
pub mod world;

pub use error::Error;
pub use log::Log;
pub use record::{Ack, Receipt, RecordError, Recorder};
pub use store::Store;
