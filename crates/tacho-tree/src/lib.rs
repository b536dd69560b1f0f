//! What proves it: given leaves, gives the hashes, proofs and signed texts by which anyone can tell
//! whether a log was changed.
//!
//! Pure: nothing here reads a file, a clock, the environment or random bytes, or starts a thread.
//! Bytes, keys and times come in as arguments and go out as values. Nothing here knows what a leaf
//! says either: a leaf is bytes.
//!
//! Every format is somebody else's public specification, so that tools written by others can check
//! what is written here. In reading order:
//!
//! | module | you give | you get | specification |
//! |---|---|---|---|
//! | `hash` | leaves | hashes | RFC 6962 section 2.1 |
//! | `nodes` | a size | the complete subtrees of a tree; the trait that reads them | |
//! | `frontier` | leaf hashes, one by one | roots, and the nodes to store | |
//! | [`prove`] | stored nodes | inclusion and consistency proofs | RFC 6962, RFC 9162 |
//! | [`check`] | a proof and roots | whether it holds | RFC 9162 |
//! | `tile`, [`tileset`] | nodes; tiles | published tiles; which were changed | C2SP `tlog-tiles` |
//! | [`prune`] | a minimum index | what must stay | C2SP `tlog-tiles` |
//! | `name`, `key` | an origin, the master seed | keys and their texts | C2SP `signed-note` |
//! | [`note`] | a signed text | who signed it | C2SP `signed-note` |
//! | [`checkpoint`] | a note | the tree head it vouches for | C2SP `tlog-checkpoint` |
//! | `cosign` | a checkpoint | a witness's cosignature | C2SP `tlog-cosignature` |
//! | [`witness`] | a log's request | whether to cosign | C2SP `tlog-witness` |
//! | [`stamp`] | a note; an authority's answer | a time stamp over it | RFC 3161 |
//! | [`policy`] | trusted keys and a quorum | whether enough have signed | C2SP `tlog-policy` |
//! | `tlog_proof` | all of it | one text that proves a leaf offline | C2SP `tlog-proof` |
//! | [`audit`] | leaves, stored nodes, signed heads | where they disagree | |
//! | [`archive`] | members | the one tar that holds them, and back | this project's |
//! | `rotation` | old and new key | the statement that hands over | this project's |
//!
//! Parsers accept exactly what the same version would write, but for policies, which people write.
//!
//! ```
//! use tacho_tree::{
//!     Checkpoint, Frontier, Head, Levels, LogKey, Origin, TlogProof, leaf_hash, prove,
//! };
//!
//! // A log grows: each leaf completes some nodes, which a store writes down.
//! let (mut frontier, mut stored) = (Frontier::new(), Levels::new());
//! for leaf in ["leaf-0", "leaf-1", "leaf-2"] {
//!     frontier.push_leaf(leaf.as_bytes(), |place, hash| stored.insert(place, hash));
//! }
//!
//! // Its key signs the head.
//! let origin = Origin::parse("tacho.example.com/acme")?;
//! let key = LogKey::derive(&[7; 32], &origin, 0);
//! let head = Head { size: frontier.size(), root: frontier.root() };
//! let note = Checkpoint { origin: origin.key_name(), head }.sign(&key);
//!
//! // One text proves a leaf to whoever knows the public key.
//! let path = prove::inclusion(&stored, 1, 3)?;
//! let text = TlogProof { index: 1, path, note }.to_string();
//!
//! let proof = TlogProof::parse(text.as_bytes())?;
//! let known = [key.verifier().clone()];
//! assert_eq!(proof.verify(&leaf_hash(b"leaf-1"), &known)?.checkpoint.head.size, 3);
//! assert!(proof.verify(&leaf_hash(b"leaf-X"), &known).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod archive;
pub mod audit;
pub mod check;
pub mod checkpoint;
mod cosign;
mod frontier;
mod hash;
mod key;
pub mod limits;
mod line;
mod name;
mod nodes;
pub mod note;
pub mod policy;
pub mod prove;
pub mod prune;
mod rotation;
pub mod stamp;
mod tile;
pub mod tileset;
mod tlog_proof;
pub mod witness;

pub use check::Head;
pub use checkpoint::Checkpoint;
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, leaf_hash, leaf_hashes, node_hash};
pub use key::{KeyError, KeyId, Kind, LogKey, VerifierKey, WitnessKey};
pub use line::Malformed;
pub use name::{KeyName, NameError, Origin, Tenant};
pub use nodes::{Levels, MissingNode, Nodes, Place, fold_peaks, peaks};
pub use note::Note;
pub use policy::Policy;
pub use prune::{KeptFrontier, Pruned};
pub use rotation::Rotation;
pub use tile::{Bundle, Resource, Tile};
pub use tlog_proof::{TlogProof, TlogProofError};
