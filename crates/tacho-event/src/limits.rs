//! Every bound of an event, in one place. Each is applied before memory is taken.

/// Deepest nesting of a document.
pub const DEPTH_MAX: usize = 64;
/// Deepest nesting of one member's value. What holds it when it is stored (the members above it,
/// the pair, the part) stays within [`DEPTH_MAX`], so what was recorded can be read again.
pub const VALUE_DEPTH_MAX: usize = DEPTH_MAX - 8;
/// How many problems one answer lists.
pub const PROBLEMS_MAX: usize = 64;
/// Characters of a public string: it stays for ever, so it stays short.
pub const PUBLIC_CHARS_MAX: usize = 128;
/// Characters of an id that a client chose.
pub const ID_CHARS_MAX: usize = 128;
/// Bytes of a leaf; an entry bundle gives it a u16 length.
pub const LEAF_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the parts of one event, decoded.
pub const PART_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a submitted event; what is larger is cut by its source or refused.
pub const EVENT_BYTES_MAX: usize = 7 * 1024 * 1024;
/// Pairs of one part.
pub const PAIRS_MAX: usize = 64;
/// Digests of one class of a leaf.
pub const DIGESTS_MAX: usize = 64;
/// Bytes of a malformed event that are kept, with its true length.
pub const RAW_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of the reason that a malformed event is recorded with.
pub const REASON_BYTES_MAX: usize = 4096;
/// Ids that one recorder replaces by stand-ins before it forgets the oldest.
pub const STAND_INS_MAX: usize = 4096;
/// Bytes of a filter.
pub const FILTER_BYTES_MAX: usize = 16 * 1024;
/// Nested parentheses of a filter.
pub const FILTER_DEPTH_MAX: usize = 32;
