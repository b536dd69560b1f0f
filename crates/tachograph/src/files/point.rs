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
    /// The lock of whoever integrates.
    IntegrateLock = "integrate-lock",
    /// Leaves, before the state counts them.
    LeafSync = "leaf-sync",
    /// The name of a new leaf file, before the state counts what is in it.
    LeafDirSync = "leaf-dir-sync",
    /// Nodes of the tree, before the state counts them.
    NodeSync = "node-sync",
    /// The name of a new file of nodes, before the state counts what is in it.
    NodeDirSync = "node-dir-sync",
    /// The directory of a new level of the tree.
    LevelDirSync = "level-dir-sync",
    /// Grants and parts, before the state counts their leaves.
    PartSync = "part-sync",
    /// The name of a day file, before the state counts the leaves whose parts it holds.
    PartDirSync = "part-dir-sync",
    /// The directories of a new tenant, inside.
    TenantDirSync = "tenant-dir-sync",
    /// The directory of a new tenant, among the others.
    TenantsDirSync = "tenants-dir-sync",
    /// WAL segments that were read, and what marks their ends, before a state relies on them.
    WalReadSync = "wal-read-sync",
    /// The names of the segments that were read.
    WalReadDirSync = "wal-read-dir-sync",
    /// The state of a tenant.
    StateSync = "state-sync",
    /// The state of a tenant replaces the old one.
    StateRename = "state-rename",
    /// The state of a tenant, before the integrated position passes it.
    StateDirSync = "state-dir-sync",
    /// The copy of a refused frame, before the state passes the frame.
    RefusedSync = "refused-sync",
    /// The copy of a refused frame gets its name.
    RefusedRename = "refused-rename",
    /// The name of the copy, before the state passes the frame.
    RefusedDirSync = "refused-dir-sync",
    /// The copy of leaves beyond the state that the WAL does not hold, before they are cut off.
    SurplusSync = "surplus-sync",
    /// That copy gets its name.
    SurplusRename = "surplus-rename",
    /// The name of that copy.
    SurplusDirSync = "surplus-dir-sync",
    /// A run of the index gets its name; derived, so nothing of it is synced.
    IndexRename = "index-rename",
    /// The place of a follower.
    CursorSync = "cursor-sync",
    /// The place of a follower replaces the old one.
    CursorRename = "cursor-rename",
    /// The name of a follower's place.
    CursorDirSync = "cursor-dir-sync",
    /// The lock of whoever engages or lifts an emergency stop.
    StopLock = "stop-lock",
    /// The stop leases.
    StopSync = "stop-sync",
    /// The stop leases replace the old ones.
    StopRename = "stop-rename",
    /// The name of the stop leases, before anybody is told that a stop is in force.
    StopDirSync = "stop-dir-sync",
    /// The lock of whoever signs.
    SignLock = "sign-lock",
    /// A new master seed, or the list of keys that other programs hold.
    KeySync = "key-sync",
    /// A new master seed gets its name.
    KeyRename = "key-rename",
    /// The name of a new master seed, before anything is signed with it.
    KeyDirSync = "key-dir-sync",
    /// The name of a new key directory.
    KeyParentSync = "key-parent-sync",
    /// The highwater mark, before what it counts is signed.
    HighwaterSync = "highwater-sync",
    /// The highwater mark replaces the old one.
    HighwaterRename = "highwater-rename",
    /// The highwater mark, before what it counts is signed.
    HighwaterDirSync = "highwater-dir-sync",
    /// A checkpoint.
    CheckpointSync = "checkpoint-sync",
    /// A checkpoint replaces the one before.
    CheckpointRename = "checkpoint-rename",
    /// A checkpoint, before anybody is told of it.
    CheckpointDirSync = "checkpoint-dir-sync",
    /// The public keys beside a log.
    VkeySync = "vkey-sync",
    /// The public keys beside a log replace the old ones.
    VkeyRename = "vkey-rename",
    /// The public keys beside a log, before a checkpoint they sign.
    VkeyDirSync = "vkey-dir-sync",
    /// A checkpoint that is kept.
    KeptSync = "kept-sync",
    /// The name of the file of kept checkpoints.
    KeptDirSync = "kept-dir-sync",
    /// The lock of whoever keeps what anchors said.
    AnchorLock = "anchor-lock",
    /// What an anchor said, before anybody is told of it.
    AnchorSync = "anchor-sync",
    /// The name of a file of anchors, and of its directory.
    AnchorDirSync = "anchor-dir-sync",
    /// What is known of anchors replaces the old.
    AnchorStateRename = "anchor-state-rename",
    /// The lock of whoever has a witness answer.
    WitnessLock = "witness-lock",
    /// The key of a new witness.
    WitnessKeySync = "witness-key-sync",
    /// The key of a new witness gets its name.
    WitnessKeyRename = "witness-key-rename",
    /// The name of a witness's key, before anything is cosigned with it.
    WitnessKeyDirSync = "witness-key-dir-sync",
    /// The keys of the logs that a witness knows.
    WitnessLogsSync = "witness-logs-sync",
    /// The keys of the logs that a witness knows replace the old ones.
    WitnessLogsRename = "witness-logs-rename",
    /// The name of the keys of the logs that a witness knows.
    WitnessLogsDirSync = "witness-logs-dir-sync",
    /// What a witness will cosign, before it does.
    WitnessSeenSync = "witness-seen-sync",
    /// What a witness will cosign replaces what it cosigned last.
    WitnessSeenRename = "witness-seen-rename",
    /// The name of what a witness will cosign, before it does.
    WitnessSeenDirSync = "witness-seen-dir-sync",
    /// The lock of whoever changes the keys of the vault.
    VaultLock = "vault-lock",
    /// A new secret, before it has its name.
    SecretSync = "secret-sync",
    /// A new secret gets its name.
    SecretRename = "secret-rename",
    /// The name of a new secret, before anything is sealed to it.
    SecretDirSync = "secret-dir-sync",
    /// A secret beside the one before, before anything is sealed to it.
    SlotSync = "slot-sync",
    /// Zeros over a secret, before the erasure is called done.
    SlotWipeSync = "slot-wipe-sync",
    /// Rows of keys that were appended, before anything is sealed to them.
    RowAppendSync = "row-append-sync",
    /// A file of rows, before it has its name.
    RowsSync = "rows-sync",
    /// A file of rows gets its name.
    RowsRename = "rows-rename",
    /// The name of a file of rows, or of its directory.
    RowsDirSync = "rows-dir-sync",
    /// What writers read to seal, before it has its name.
    VaultPubSync = "vault-pub-sync",
    /// What writers read to seal replaces the old.
    VaultPubRename = "vault-pub-rename",
    /// The name of what writers read to seal.
    VaultPubDirSync = "vault-pub-dir-sync",
    /// Staged rows become the rows.
    RowsSwitchRename = "rows-switch-rename",
    /// The name of the rows that were staged, before the store has their generation.
    RowsSwitchDirSync = "rows-switch-dir-sync",
    /// A file that held what was erased loses its name, before zeros are written over it.
    ShredRename = "shred-rename",
    /// The name that it lost is gone for good: no power cut brings back one that is half zeros.
    ShredDirSync = "shred-dir-sync",
    /// Zeros over a file that held what was erased, before it is removed.
    ShredSync = "shred-sync",
    /// The lock of whoever erases.
    EraseLock = "erase-lock",
    /// The journal of an erasure, before its step.
    JournalSync = "journal-sync",
    /// The journal of an erasure gets its name, or says the next step.
    JournalRename = "journal-rename",
    /// The name of the journal of an erasure.
    JournalDirSync = "journal-dir-sync",
    /// What an erasure will write over, before it does.
    PlanSync = "plan-sync",
    /// The plan of an erasure gets its name.
    PlanRename = "plan-rename",
    /// The name of the plan of an erasure.
    PlanDirSync = "plan-dir-sync",
    /// Tombstones and new wraps in a day file, before the keys before them are destroyed.
    TombSync = "tomb-sync",
    /// Tombstones whose day file is gone, or had no room.
    TombstonesSync = "tombstones-sync",
    /// The name of the file of tombstones.
    TombstonesDirSync = "tombstones-dir-sync",
    /// The list of erasures beside the keys.
    ErasedSync = "erased-sync",
    /// The name of the list of erasures.
    ErasedDirSync = "erased-dir-sync",
    /// What the store was told of erasures.
    ToldSync = "told-sync",
    /// What the store was told of erasures replaces the old.
    ToldRename = "told-rename",
    /// The name of what the store was told of erasures.
    ToldDirSync = "told-dir-sync",
    /// A journal and its plan are gone for good.
    JournalGoneDirSync = "journal-gone-dir-sync",
    /// A day file that expired is gone for good.
    ExpireDirSync = "expire-dir-sync",
    /// A packed day file, before it takes the place of the other.
    PackSync = "pack-sync",
    /// A plain day file gets a second name, so that it can be found and written over.
    PackLink = "pack-link",
    /// The second name of a plain day file, before it loses the first.
    PackLinkDirSync = "pack-link-dir-sync",
    /// A packed day file takes the place of the other.
    PackRename = "pack-rename",
    /// A day file is packed for good.
    PackDirSync = "pack-dir-sync",
    /// Holds, before anybody is told that they stand.
    HoldSync = "hold-sync",
    /// Holds replace the old ones.
    HoldRename = "hold-rename",
    /// The name of the holds.
    HoldDirSync = "hold-dir-sync",
    /// What was seen of the clock, before it is believed.
    ClockSync = "clock-sync",
    /// What was seen of the clock replaces the old.
    ClockRename = "clock-rename",
    /// The lock of whoever does what is due.
    MaintainLock = "maintain-lock",
    /// The journal of a prune, before its step.
    PruneJournalSync = "prune-journal-sync",
    /// The journal of a prune gets its name, or says the next step.
    PruneJournalRename = "prune-journal-rename",
    /// The name of the journal of a prune; and that it is gone.
    PruneJournalDirSync = "prune-journal-dir-sync",
    /// What proves an old note, before its leaves go.
    FrontierSync = "frontier-sync",
    /// What proves an old note gets its name.
    FrontierRename = "frontier-rename",
    /// The name of what proves an old note, before its leaves go.
    FrontierDirSync = "frontier-dir-sync",
    /// Totals, before the leaves they count go.
    TotalsSync = "totals-sync",
    /// Totals get their name.
    TotalsRename = "totals-rename",
    /// The name of totals, before the leaves they count go.
    TotalsDirSync = "totals-dir-sync",
    /// Where a pruned log begins.
    PrunedSync = "pruned-sync",
    /// Where a pruned log begins replaces where it began before.
    PrunedRename = "pruned-rename",
    /// Where a pruned log begins, before a leaf goes.
    PrunedDirSync = "pruned-dir-sync",
    /// Leaves and nodes that were pruned are gone for good.
    PruneDirSync = "prune-dir-sync",
    /// A file of a copy of the store.
    CopySync = "copy-sync",
    /// The names in a copy of the store, before `FORMAT` says that it is whole.
    CopyDirSync = "copy-dir-sync",
}
