//! Nothing to use: given trees, notes and tiles of `tacho-tree`, the tests of this crate ask three
//! crates written by others whether they see the same.
//!
//! | oracle | asked about |
//! |---|---|
//! | `tlog_tiles` | roots, proofs, tiles and their paths, checkpoints |
//! | `signed_note` | notes, key texts, signatures |
//! | `ct-merkle` | roots and proofs |
