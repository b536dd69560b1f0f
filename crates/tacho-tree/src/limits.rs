//! Every bound of this crate in one table, with its reason.

/// Leaves of a tree. Keeps every sum of indexes inside 64 bits, sizes inside Go's `int64`, and a
/// consistency proof inside the 63 lines that `tlog-witness` allows.
pub const TREE_SIZE_MAX: u64 = 1 << 62;

/// Hashes of an inclusion proof in a tree of [`TREE_SIZE_MAX`] leaves.
pub const INCLUSION_HASHES_MAX: usize = 62;

/// Hashes of a consistency proof between trees of at most [`TREE_SIZE_MAX`] leaves: a path and the
/// node it starts from.
pub const CONSISTENCY_HASHES_MAX: usize = 63;

/// Bytes of a signed note. `signed-note` demands room for 16 signatures, and 16 of the largest
/// ones in sight (ML-DSA-44 cosignatures, 3.3 kB a line) take 56 kB.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;

/// Signature lines of a note. `signed-note` demands at least 16; Go's `note` stops at 100.
pub const NOTE_SIGNATURES_MAX: usize = 64;

/// Bytes of an origin or key name: C2SP `tlog-cosignature` gives it a length byte.
pub const NAME_BYTES_MAX: usize = 255;

/// Bytes of a leaf: the length field of an entry bundle is a u16.
pub const LEAF_BYTES_MAX: usize = 0xffff;

/// Bytes of a policy file.
pub const POLICY_BYTES_MAX: usize = 64 * 1024;

/// Logs, witnesses and groups of a policy; `tlog-policy` recommends room for 32 of each.
pub const POLICY_LINES_MAX: usize = 256;
