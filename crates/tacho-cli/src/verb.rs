//! One module a command: what it asks, and what it does.

pub(crate) mod events;
pub(crate) mod log;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod tail;
