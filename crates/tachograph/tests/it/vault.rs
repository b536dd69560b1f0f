//! The vault from outside: what is sealed, who opens it, and that nobody else does.

pub(crate) mod safe;

mod account;
mod crash;
mod erase;
mod expire;
mod restored;
mod seal;
pub(crate) mod story;
mod strangers;
