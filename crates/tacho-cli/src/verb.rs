//! One module a command: what it asks, and what it does.

pub(crate) mod backup;
pub(crate) mod bundle;
pub(crate) mod checkpoint;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod help;
pub(crate) mod hold;
pub(crate) mod hook;
pub(crate) mod init;
pub(crate) mod install;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod prove;
pub(crate) mod redact;
pub(crate) mod resource;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod tail;
pub(crate) mod verify;
