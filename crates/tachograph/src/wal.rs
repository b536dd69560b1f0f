//! Given finished records, gives a durable order: one write-ahead log for the whole store.
//!
//! All tenants and all processes append to one log under one lock; its order is the sequence.
//! [`frame`] and [`segment`] are the bytes, [`scan`] reads one segment, telling a whole frame from
//! an end from a bad range.

pub(crate) mod field;
pub mod frame;
pub mod position;
mod resync;
pub mod scan;
pub mod segment;

pub use frame::Record;
pub use position::Position;
