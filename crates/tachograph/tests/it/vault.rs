//! The vault from outside: what is sealed, who opens it, and that nobody else does.

pub(crate) mod safe;

mod erase;
mod seal;
mod strangers;
