//! The vault from outside: what is sealed, who opens it, and that nobody else does.

pub(crate) use crate::safe;

mod account;
mod crash;
mod dictionary;
mod erase;
mod expire;
mod frozen;
pub(crate) mod guard;
mod late;
mod locked;
mod meanwhile;
mod moved;
mod packing;
mod resealed;
mod restored;
mod restoring;
mod scan;
mod stock;
pub(crate) mod story;
mod strangers;
mod unsynced;
