//! What proves it: given leaves, gives the hashes, proofs and signed texts by which anyone can tell
//! whether a log was changed.

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
mod tile;
pub mod tileset;
mod tlog_proof;
pub mod witness;

pub use check::Head;
pub use checkpoint::Checkpoint;
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, leaf_hash, node_hash};
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
