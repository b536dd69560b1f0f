//! In an agent's path: given what an agent's host says of a call, records it, and stays out of the
//! way.
//!
//! A library and the command `tacho-tap`; no async runtime, nothing heavy, started before and
//! after every call of an agent.
//!
//! | module | you give | you get |
//! |---|---|---|
//! | [`host`] | a host's name as it is typed | the [`host::Host`] |
//! | [`hook`] | what a host writes to its hook | what it is to read, most often nothing |
//! | [`project`] | where an agent works | its project's `tacho.toml`, and what of it is heeded |
//! | [`payload`] | bytes | the record in them, within bounds |
//! | [`deny`] | a host, an event, a reason | the text that makes the host refuse |
//! | [`install`] | a host, a scope, a program | the host's settings, calling that program |
//! | [`ring`] | the tap's state | what failed without the agent noticing |
//! | [`surroundings`] | the environment | where the store, the keys and the state lie |
//! | [`upkeep`] | a store | when `tacho maintain` is due, and that it is started |

pub mod deny;
mod disk;
pub mod hook;
pub mod host;
pub mod install;
pub mod payload;
pub mod project;
pub mod ring;
mod session;
mod snapshot;
pub mod surroundings;
pub mod upkeep;
