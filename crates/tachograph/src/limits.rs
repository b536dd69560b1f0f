//! Every bound of the store, in one table; applied before anything is allocated.

/// One frame of the WAL, header and trailer included: 8 MiB.
pub const FRAME_BYTES_MAX: usize = 8 << 20;
/// One leaf: 16 KiB, so that the `u16` length of an entry bundle is never near.
pub const LEAF_BYTES_MAX: usize = 16 << 10;
/// A tenant's name: `[a-z0-9][a-z0-9-]{0,62}`.
pub const TENANT_BYTES_MAX: usize = 63;
/// Grants and parts in one frame.
pub const PARTS_PER_FRAME_MAX: u16 = 256;
/// One WAL segment: 64 MiB; the writer moves on before it.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// A segment file longer than this was not written by us.
pub const SEGMENT_FILE_BYTES_MAX: u64 = SEGMENT_BYTES * 2;
/// Frames appended by one call, in bytes.
pub const BATCH_BYTES_MAX: usize = 32 << 20;
/// Frames appended by one call, in number.
pub const BATCH_RECORDS_MAX: usize = 65_536;
/// Zeros written ahead of who appends, by whoever integrates and ends; and by who stays, at once:
/// 1 MiB.
pub const AHEAD_STEP_BYTES: u64 = 1 << 20;
/// Frames of one append that the disk is given to do while the next are bound: 320 KiB.
pub const EARLY_BYTES: usize = 320 << 10;
/// Zeros ahead in a segment with fewer frames than that: 64 KiB.
pub const AHEAD_BYTES_MIN: u64 = 64 << 10;
/// Bytes read from a segment at a time by whoever scans it: 1 MiB.
pub const SCAN_BYTES: usize = 1 << 20;
/// Segments in the WAL directory; more than this are not a log but an accident.
pub const SEGMENTS_MAX: usize = 65_536;
/// How long a short-lived writer waits for the lock before it writes to the spool: 20 ms.
pub const LOCK_WAIT_MICROS_HOOK: u64 = 20_000;
/// How long a long-lived writer waits for the lock: 5 s.
pub const LOCK_WAIT_MICROS_SERVER: u64 = 5_000_000;
/// A lock held longer than this is reported: 5 s.
pub const LOCK_HELD_MICROS_MAX: u64 = 5_000_000;
/// The reserve file that a full disk gives back: 4 MiB.
pub const RESERVE_BYTES: u64 = 4 << 20;
/// Small state files (`FORMAT`, `generation`, ...): 4 KiB.
pub const STATE_FILE_BYTES_MAX: usize = 4 << 10;
/// Different contents quarantined from one place of one segment.
pub const QUARANTINE_COPIES_MAX: u32 = 1_000;
/// Files in the spool; more than this, and nobody drains it.
pub const SPOOL_FILES_MAX: usize = 4_096;
/// Bytes in the spool: 256 MiB.
pub const SPOOL_BYTES_MAX: u64 = 256 << 20;
/// After this a spool file that was not finished has no writer any more: 1 h.
pub const SPOOL_UNFINISHED_MICROS_MAX: u64 = 3_600_000_000;
/// Events of its own that a recorder owes.
pub const OWED_MAX: usize = 64;
/// Findings that are told at once.
pub const TOLD_AT_ONCE_MAX: usize = 256;
/// Tenants whose bytes a quota counts.
pub const QUOTA_TENANTS_MAX: usize = 65_536;
/// How often a batch is made anew because keys or windows changed under it.
pub const BATCH_TRIES_MAX: u32 = 8;
/// How long an emitter waits for the lock of its own sequence: 20 ms.
pub const EMITTER_WAIT_MICROS: u64 = 20_000;
/// Leaves in one leaf file, and nodes in one file of a level.
pub const LEAVES_PER_FILE: u64 = 65_536;
/// Frames integrated before everything is made durable.
pub const CHUNK_FRAMES_MAX: usize = 65_536;
/// Bytes of frames integrated before everything is made durable: 16 MiB.
pub const CHUNK_BYTES_MAX: usize = 16 << 20;
/// Tenants whose files an integrator keeps open between two chunks.
pub const TENANTS_OPEN_MAX: usize = 64;
/// Record ids that an integrator remembers, to tell a frame that came twice.
pub const RECENT_RECORDS_MAX: usize = 1 << 18;
/// Grants that an integrator remembers, to store each before its first part.
pub const RECENT_GRANTS_MAX: usize = 1 << 12;
/// Day files that an integrator keeps open for one tenant.
pub const PART_FILES_OPEN_MAX: usize = 16;
/// Grants that are opened at once while a person's are looked for.
pub const GRANTS_OPENED_AT_ONCE: usize = 1 << 14;
/// Day files with grants of the master that a state names.
pub const MASTER_DAYS_MAX: usize = 256;
/// Frames that a reader overlays on what is integrated.
pub const LIVE_FRAMES_MAX: usize = 1 << 20;
/// How long an integrator waits for another one: 50 ms.
pub const INTEGRATE_WAIT_MICROS: u64 = 50_000;
/// Bytes of leaves beyond a state that are kept aside when the WAL does not hold them: 64 MiB.
pub const SURPLUS_BYTES_MAX: u64 = 64 << 20;
/// Zones of 256 leaves that a reader holds in memory: those of 256 M leaves.
pub const ZONES_MAX: usize = 1 << 20;
/// Leaves behind the index whose keys a reader holds in memory; beyond, it reads them each time.
pub const INDEX_TAIL_MAX: u64 = 1 << 17;
/// How long a follower of a silent log sleeps between two looks: 250 ms.
pub const FOLLOW_PAUSE_MICROS_MAX: u64 = 250_000;
/// Calls without an answer that a tally remembers.
pub const OPEN_CALLS_MAX: usize = 1 << 18;
/// Names, providers or users that a tally counts one by one; the rest is `other`.
pub const TALLY_NAMES_MAX: usize = 4_096;
/// Logs of which one key directory keeps what was signed.
pub const HIGHWATER_MARKS_MAX: usize = 65_536;
/// Anchors of one log.
pub const ANCHORS_MAX: usize = 64;
/// A file of anchors that has as many bytes is followed by the next: 1 MiB.
pub const ANCHOR_FILE_BYTES: usize = 1 << 20;
/// How long whoever keeps an anchor waits for another one: 1 s.
pub const ANCHOR_WAIT_MICROS: u64 = 1_000_000;
/// Files of anchors that a verification reads, the newest: 64 MiB.
pub const VERIFY_ANCHOR_FILES_MAX: usize = 64;
/// Time stamps whose signatures a verification has checked, the newest.
pub const VERIFY_STAMPS_MAX: u32 = 32;
/// How often a notary waits for another integrator, 50 ms each time: 5 s.
pub const NOTARY_TRIES_MAX: u32 = 100;
/// Keys of the logs that a witness knows: 1 MiB, some 8,000 logs.
pub const WITNESS_LOGS_BYTES_MAX: usize = 1 << 20;
/// How long a witness's answer waits for another one: 5 s.
pub const WITNESS_WAIT_MICROS: u64 = 5_000_000;
/// How long a program that holds a key may take to sign: 5 s.
pub const SIGNER_WAIT_SECONDS: u64 = 5;
/// How long a command may take to tell what unlocks the master secret: 60 s, a person may be asked.
pub const UNLOCK_WAIT_SECONDS: u64 = 60;
/// Bytes of the list of keys that other programs hold.
pub const SIGNER_BYTES_MAX: usize = 256 << 10;
/// How long a signer waits for another one: 1 s.
pub const SIGN_WAIT_MICROS: u64 = 1_000_000;
/// An idempotency window ends after this: 24 h.
pub const IDEMPOTENCY_WINDOW_MICROS: u64 = 86_400_000_000;
/// An idempotency window ends with this many ids.
pub const IDEMPOTENCY_IDS_MAX: u64 = 1_000_000;
/// Ids held in memory before a run should be written.
pub const IDEMPOTENCY_RECENT_MAX: usize = 8_192;
/// Runs of about one size that are made one.
pub const IDEMPOTENCY_RUNS_ALIKE: usize = 4;
/// How often a reader lists the runs anew that others merge meanwhile.
pub const IDEMPOTENCY_LOADS_MAX: usize = 8;
/// How long the window's lock is waited for: 1 s.
pub const IDEMPOTENCY_WAIT_MICROS: u64 = 1_000_000;
/// Frames that an integrator reads again at a time.
pub const HAUL_FRAMES_MAX: usize = 2_048;
/// Bytes of frames that an integrator reads again at a time: 8 MiB and a frame.
pub const HAUL_BYTES_MAX: usize = 8 << 20;
/// Threads that read frames again.
pub const CHECK_THREADS_MAX: usize = 4;
/// Threads that hash for one verification.
pub const VERIFY_THREADS_MAX: usize = 64;
/// Bytes of kept notes that a verification reads: some 200,000 hours of them.
pub const KEPT_NOTES_BYTES_MAX: usize = 64 << 20;
/// Tombstones without a day file that a verification holds in memory, for each class.
pub const VERIFY_TOMBS_MAX: usize = 1 << 20;
/// Statements of erasures and expiries that a verification holds in memory.
pub const VERIFY_STATEMENTS_MAX: usize = 1 << 18;
/// Tickets of which a verification counts what they erased.
pub const VERIFY_TICKETS_MAX: usize = 4_096;
/// Day files that a verification remembers its place in.
pub const VERIFY_DAYS_MAX: usize = 1 << 15;
/// Grants of one day file that a verification remembers.
pub const VERIFY_GRANTS_MAX: usize = 1 << 16;
/// Emitters, open calls or sessions that a verification follows at once.
pub const VERIFY_OPEN_MAX: usize = 1 << 18;
/// Ranges of missing numbers that a verification remembers of one emitter.
pub const VERIFY_HOLES_MAX: usize = 32;
/// Sources and agents that a coverage statement tells apart.
pub const COVERAGE_ROWS_MAX: usize = 4_096;
/// Events in one bundle.
pub const BUNDLE_EVENTS_MAX: usize = 20_000;
/// Bytes of one bundle, about: 256 MiB.
pub const BUNDLE_BYTES_MAX: usize = 256 << 20;
/// Emergency stops at a time.
pub const STOP_LEASES_MAX: usize = 256;
/// One text of a stop lease: a tenant, a target, a name, a reason.
pub const STOP_TEXT_BYTES_MAX: usize = 512;
/// All stop leases: 64 KiB.
pub const STOP_FILE_BYTES_MAX: usize = 64 << 10;
/// How long whoever engages or lifts a stop waits for another one: 1 s.
pub const STOP_WAIT_MICROS: u64 = 1_000_000;
/// A person's id, as it is looked up.
pub const SUBJECT_BYTES_MAX: usize = 1_024;
/// The public keys that a writer reads: 16 KiB.
pub const VAULT_PUB_BYTES_MAX: usize = 16 << 10;
/// Days for which keys are made ahead.
pub const DAYS_AHEAD: u32 = 40;
/// Keys of one log that may have signed rows.
pub const KEY_EPOCHS_MAX: usize = 64;
/// One tenant's file of keys: 1 GiB, some 2 M people.
pub const ROWS_BYTES_MAX: u64 = 1 << 30;
/// How long the lock of the keys is waited for: 5 s.
pub const VAULT_WAIT_MICROS: u64 = 5_000_000;
/// Grants that a writer keeps in use.
pub const SEALER_GRANTS_MAX: usize = 4_096;
/// Grants whose keys a reader keeps.
pub const OPENER_GRANTS_MAX: usize = 16_384;
/// Parts shorter than this are not compressed while their writer waits: 4 KiB.
pub const ZSTD_PART_BYTES_MIN: usize = 4 << 10;
/// Bytes of parts in one block, before compression: 64 KiB.
pub const BLOCK_BYTES_MAX: usize = 64 << 10;
/// Parts in one block.
pub const BLOCK_PARTS_MAX: u16 = 2_048;
/// Bytes that a block is unpacked to at most, whoever wrote it: 256 KiB.
pub const BLOCK_OPENED_BYTES_MAX: usize = 256 << 10;
/// Bytes of parts that wait for their blocks while a day is packed: 64 MiB.
pub const PACK_BUFFERED_BYTES_MAX: usize = 64 << 20;
/// A day file longer than this is not packed: 4 GiB.
pub const PACK_DAY_BYTES_MAX: u64 = 4 << 30;
/// How often parts that came meanwhile are sealed or opened too, before that is left to the next.
pub const RESEAL_ROUNDS_MAX: usize = 4;
/// Entries at the end of a log among which a sealing that was interrupted is looked for.
pub const RESEAL_SEARCHED_MAX: usize = 4_096;
/// Bytes that are read of the list of a day's grants: 64 MiB, 2.8 M grants.
pub const GRANT_LIST_BYTES_MAX: usize = 64 << 20;
/// Grants that a reader remembers of what is not integrated yet.
pub const LIVE_GRANTS_MAX: usize = 65_536;
/// Events that one erasure may name.
pub const ERASE_EVENTS_MAX: usize = 10_000;
/// The journal of one erasure: 4 MiB.
pub const JOURNAL_BYTES_MAX: usize = 4 << 20;
/// What one erasure may write over: 2 GiB.
pub const PLAN_BYTES_MAX: u64 = 2 << 30;
/// The list of erasures beside the keys: 1 GiB.
pub const ERASED_BYTES_MAX: u64 = 1 << 30;
/// All holds: 1 MiB.
pub const HOLDS_BYTES_MAX: usize = 1 << 20;
/// How often an erasure waits for an integrator, 50 ms each time: a minute.
pub const ERASE_WAITS_MAX: u32 = 1_200;
/// Leaves behind a file that are read to tell by when it had come in.
pub const AGE_LEAVES_MAX: u64 = 4 * LEAVES_PER_FILE;
/// Rows of one file of totals; beyond, agents are counted together.
pub const TOTALS_ROWS_MAX: usize = 1 << 16;
/// Calls without an answer that a file of totals hands on.
pub const TOTALS_OPEN_MAX: usize = 4_096;
/// One file of totals: 64 MiB.
pub const TOTALS_BYTES_MAX: usize = 64 << 20;
/// The journal of a prune: 4 KiB.
pub const PRUNE_JOURNAL_BYTES_MAX: usize = 4 << 10;
/// How long whoever does what is due waits for another who does: 1 s.
pub const MAINTAIN_WAIT_MICROS: u64 = 1_000_000;
/// Directories within directories of a store that is copied.
pub const COPY_DEPTH_MAX: u32 = 8;
/// How often a thread that integrates behind a recorder waits for another integrator: 1 s.
pub const BEHIND_TRIES_MAX: u32 = 20;
/// Bytes of batches of several threads that are appended together: 1 MiB.
pub const GATHER_BYTES_MAX: usize = 1 << 20;
/// Frames of batches of several threads that are appended together.
pub const GATHER_RECORDS_MAX: usize = 4_096;
/// Frames of a batch that waits for the next sync before it is appended with others: what the lock
/// and a write cost weighs more than so few frames.
pub const LEFT_RECORDS_MAX: usize = 16;
/// Drafts of a call that another caller may record, where many call at once: what a sleep costs
/// weighs more than so few.
pub const LED_DRAFTS_MAX: usize = 16;
/// Events that one caller records for itself and others.
pub const LED_EVENTS_MAX: usize = 256;
