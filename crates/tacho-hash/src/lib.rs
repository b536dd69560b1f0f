//! Given bytes, gives their SHA-256; with a key, their HMAC-SHA256 (RFC 2104).
//!
//! Hashing is most of what protecting and verifying cost, so it is done in the fastest way that
//! the processor has:
//!
//! ```text
//! one message      by `ring`: assembly, chosen at run time
//! many messages    side by side, one in each lane of the processor's vectors (`all`)
//! ```
//! A hash waits for itself at every step: one message leaves a wide processor idle. Who has many
//! messages at hand should say so, and never hash them one after the other.
//!
//! What a disclosure's hash is made of are letters ([`base64url`]), written as quickly.
//!
//! Everything here is a function of its arguments; only how fast it is done depends on what the
//! process did before ([`is_worth_asking`]).

mod asking;
mod block;
mod letters;
mod mac;
mod many;
mod one;

pub use asking::is_worth_asking;
pub use letters::base64url;
pub use mac::{Key, codes, keys, secrets};
pub use many::{MANY, all};
pub use one::{Mac, sha256};

/// SHA-256 of a message.
pub type Digest = [u8; 32];
