//! What proves it: leaf and node hashes, proofs, tiles, checkpoints, notes.
