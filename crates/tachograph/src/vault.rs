//! The vault: what can be erased. Given parts and grants, gives their bytes, and back.

mod codec;
mod plain;

pub use codec::{
    FLAG_PADDED, FLAG_PLAIN, FLAG_ZSTD, Flaw, Grant, GrantKind, Item, Items, Part, Tomb, items,
};
pub use plain::{OpenGrants, Opened, open};
