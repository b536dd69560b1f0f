//! In an agent's path: given what an agent's host says of a call, records it, and stays out of the
//! way.
//!
//! A library and the command `tacho-tap`; no async runtime, nothing heavy, started before and
//! after every call of an agent.
//!
//! | module | you give | you get |
//! |---|---|---|
//! | [`host`] | a host's name as it is typed | the [`host::Host`], and how it denies |

pub mod host;
