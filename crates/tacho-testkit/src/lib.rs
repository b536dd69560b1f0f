//! Test equipment: given a thing a test needs, gives it, or says loudly that it is missing.
//!
//! [`sim`] is a machine with a disk that forgets what was not synced; [`records`] makes records;
//! [`tamper`] edits a store like an attacker; [`require`] says what a test could not find.

mod effort;
mod gen_events;
mod ready;
pub mod records;
mod require;
pub mod rng;
mod scratch;
mod seeds;
pub mod sim;
mod stock;
pub mod stores;
pub mod tamper;
mod tsa;

pub use effort::{shift, spares, stories, stride};
pub use gen_events::{NEEDLE, Options, generate};
pub use ready::block_on;
pub use require::{Missing, require, tools_dir};
pub use scratch::{Scratch, scratch};
pub use seeds::{seeds, seeds_folder};
pub use stock::GoVerifier;
pub use tsa::Authority;

/// SHA-256 in hex, as `sha256sum` prints it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
