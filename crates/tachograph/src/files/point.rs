//! The table of points: every sync, directory sync, rename and lock of the trunk, by name.
//!
//! A point exists so that a test can switch it off: `docs/format/faults.md` names, for each, the
//! test that then fails. Whoever adds a sync adds a row here.

macro_rules! points {
    ($($(#[doc = $doc:literal])+ $point:ident = $name:literal,)+) => {
        /// One place in the code where something is made durable, visible or exclusive.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Point {
            $($(#[doc = $doc])+ $point,)+
        }

        impl Point {
            /// Every point, in the order of the table.
            pub const ALL: &'static [Point] = &[$(Point::$point,)+];

            /// The point's name, as the fault table spells it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Point::$point => $name,)+
                }
            }
        }
    };
}

points! {
    /// The lock of every append.
    WalLock = "wal-lock",
    /// The lock of the segment appended to: the second bolt, should `wal/lock` be deleted.
    SegmentLock = "segment-lock",
    /// Frames of the current segment, for the ack `disk`.
    CommitSync = "commit-sync",
    /// A full segment with its end mark, before the next one exists.
    SegmentCloseSync = "segment-close-sync",
    /// A prepared segment with its header, before it has its name.
    SegmentHeaderSync = "segment-header-sync",
    /// A prepared segment gets its name.
    SegmentRename = "segment-rename",
    /// The name of a new segment.
    SegmentDirSync = "segment-dir-sync",
}
