//! The vault: what can be erased. Given entries, gives sealed parts; given keys, opens them.
//!
//! The rooms, bottom up: `codec` has the bytes of grants, parts and tombstones, `cipher`, `grant`
//! and `part` seal and open them; `slots`, `rows` and `public` are the files of keys, `ring` holds
//! them; `seal` and `keep` are the side of a writer, `open` that of a reader, `plain` both for who
//! does not seal; `custody` is the door: it knows from the preset who needs which keys.

mod adopt;
mod block;
pub(crate) mod cipher;
mod codec;
mod custody;
mod error;
mod escrow;
pub(crate) mod grant;
mod keep;
mod look;
pub(crate) mod open;
pub(crate) mod part;
mod plain;
mod public;
mod reveal;
mod rewrap;
mod ring;
mod rotate;
pub(crate) mod rows;
mod seal;
mod slots;
#[cfg(test)]
mod stock;
pub(crate) mod subject;
mod unlock;
mod writer;

pub use block::{Block, Entry};
pub(crate) use block::{Packing, Unpacked, emptied, pack as pack_block};
pub use cipher::Sealed;
pub use codec::{
    FLAG_PADDED, FLAG_PLAIN, FLAG_ZSTD, Flaw, Grant, GrantKind, Item, Items, Part, Tomb, items,
};
pub use custody::Custody;
pub use error::VaultError;
pub use escrow::escrow_keys;
pub(crate) use keep::Kept;
pub use look::{Look, Seen};
pub(crate) use open::Opening;
pub use open::{FindGrant, Opener, nowhere};
pub(crate) use plain::open_of;
pub use plain::{OpenGrants, Opened, open};
pub use reveal::{Asker, Reveal};
pub(crate) use rewrap::{Rewrapped, Rewrapper, leaf_day};
pub use ring::KeyRing;
pub(crate) use rotate::{Leaving, in_parallel};
pub(crate) use seal::hold;
pub use seal::{Sealer, SharedRing};
pub use writer::Writer;
