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
    /// Zeros of a segment that is prepared ahead, so that who takes it waits for one page only.
    SegmentPrepareSync = "segment-prepare-sync",
    /// A new segment with its header, before it has its name.
    SegmentHeaderSync = "segment-header-sync",
    /// A new segment gets its name.
    SegmentRename = "segment-rename",
    /// The name of a new segment.
    SegmentDirSync = "segment-dir-sync",
    /// The name of a segment that somebody else made, who may have died before it was durable.
    SegmentAdoptDirSync = "segment-adopt-dir-sync",
    /// The mark on a segment that met a failed sync gets its name, at once seen by everybody.
    BadMarkRename = "bad-mark-rename",
    /// The mark's bytes.
    BadMarkSync = "bad-mark-sync",
    /// The mark's name, before the segment that replaces the rest of the marked one.
    BadMarkDirSync = "bad-mark-dir-sync",
    /// The copy of a bad range, before the range is zeroed.
    QuarantineSync = "quarantine-sync",
    /// The copy gets its name.
    QuarantineRename = "quarantine-rename",
    /// The copy's name, before the range is zeroed.
    QuarantineDirSync = "quarantine-dir-sync",
    /// A finding was told: an event names it.
    FindingTold = "finding-told",
    /// A spool file, for the ack `disk`.
    SpoolSync = "spool-sync",
    /// A finished spool file gets its name.
    SpoolRename = "spool-rename",
    /// The name of a spool file, for the ack `disk`.
    SpoolDirSync = "spool-dir-sync",
    /// Drained spool files are gone for good, before their frames may be integrated away.
    SpoolDrainDirSync = "spool-drain-dir-sync",
    /// A refused spool file moves to the quarantine.
    SpoolRefuseRename = "spool-refuse-rename",
    /// `installation` of a new store.
    InstallationSync = "installation-sync",
    /// `installation` gets its name.
    InstallationRename = "installation-rename",
    /// The names in a new store, before `FORMAT` says that it is whole.
    StoreDirSync = "store-dir-sync",
    /// The name of a new store in the directory around it, before `FORMAT`.
    StoreParentSync = "store-parent-sync",
    /// `FORMAT`, the last file of a new store.
    FormatSync = "format-sync",
    /// `FORMAT` gets its name.
    FormatRename = "format-rename",
    /// The name `FORMAT`.
    FormatDirSync = "format-dir-sync",
    /// The key generation.
    GenerationSync = "generation-sync",
    /// The key generation gets its name, or replaces the old one.
    GenerationRename = "generation-rename",
    /// The raised key generation, before anything relies on it.
    GenerationDirSync = "generation-dir-sync",
    /// The integrated position.
    IntegratedSync = "integrated-sync",
    /// The integrated position replaces the old one.
    IntegratedRename = "integrated-rename",
    /// The integrated position, before a segment is deleted.
    IntegratedDirSync = "integrated-dir-sync",
    /// Integrated segments are gone for good, before an erasure is called done.
    RetireDirSync = "retire-dir-sync",
    /// The lock of one emitter's sequence.
    EmitterLock = "emitter-lock",
    /// The name of a new sequence: were it to vanish, its numbers would be given twice.
    EmitterDirSync = "emitter-dir-sync",
    /// The lock of who writes runs and begins windows.
    WindowLock = "window-lock",
    /// The key of an idempotency window.
    WindowKeySync = "window-key-sync",
    /// The key of an idempotency window gets its name.
    WindowKeyRename = "window-key-rename",
    /// The name of a window's key, before a frame carries a mark made with it.
    WindowKeyDirSync = "window-key-dir-sync",
    /// A sorted run of an idempotency window.
    RunSync = "run-sync",
    /// A sorted run gets its name.
    RunRename = "run-rename",
    /// The name of a sorted run, before the frames it covers may go.
    RunDirSync = "run-dir-sync",
}
