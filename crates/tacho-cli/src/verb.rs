//! One module a command: what it asks, and what it does.

pub(crate) mod checkpoint;
pub(crate) mod events;
pub(crate) mod help;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod redact;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod tail;
