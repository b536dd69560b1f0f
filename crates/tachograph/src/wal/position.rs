//! Given two frames of the store, says which came first.

use std::fmt;

/// A place in the store-wide WAL: segment number, then byte offset in that segment.
///
/// Shown as `00000003:4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The number of the segment; the first is 1, and 0 stands before all.
    pub segment: u64,
    /// The byte offset in the segment's file.
    pub offset: u64,
}

impl Position {
    /// Before everything.
    pub const START: Self = Self { segment: 0, offset: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}:{}", self.segment, self.offset)
    }
}
