//! Given finished records, gives a durable order: one write-ahead log for the whole store.
//!
//! All tenants and all processes append to one log under one lock; its order is the sequence.
//! The life of a frame:
//!
//! 1. [`Batch::push`] encodes it, outside the lock ([`frame`]).
//! 2. [`Wal::append`] takes the lock (`lock`), once for all threads that wait (`gather`), looks
//!    for the tail from where the last holder left it (`tail`), binds the frames to their places
//!    and writes them (`append`), in a new segment if the old one is full (`rotate`). This is the
//!    ack `os`.
//! 3. [`Wal::commit`] syncs, once for all who wait (`commit`); a sync that fails moves what it
//!    was to protect to a new segment (`relocate`). This is the ack `disk`.
//! 4. Whoever integrates keeps zeros ahead, over which writing is fast ([`Wal::fill_ahead`]).
//! 5. Who does not get the lock in time leaves its frame in the spool ([`Wal::spool`],
//!    [`Wal::drain`]).
//! 6. [`Walk`] reads; [`Wal::recover`] judges what is not whole and keeps a copy of it
//!    (`quarantine`); [`Wal::retire`] deletes segments that were integrated.

mod ahead;
mod append;
mod batch;
mod commit;
pub(crate) mod field;
pub mod frame;
mod gather;
pub(crate) mod lock;
mod mark;
mod once;
mod position;
mod quarantine;
mod recover;
mod relocate;
mod resync;
mod retire;
mod rotate;
pub mod scan;
pub mod segment;
mod spool;
mod tail;
mod walk;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;
use crate::files::Files;
use crate::limits::SEGMENT_BYTES;
use crate::places::Places;
use crate::store::Store;
use crate::world::World;

pub use append::{AppendError, Appended};
pub use batch::{Batch, Misfit};
pub use commit::CommitError;
pub use frame::Record;
pub use lock::{Holder, Patience};
pub(crate) use lock::{NotHeld, last_noted};
pub use mark::BadMark;
pub use once::AppendedOnce;
pub use position::Position;
pub(crate) use recover::UNOPENED;
pub use recover::{Finding, Recovered};
pub use spool::{Drained, SpoolAck, SpoolError};
pub use walk::{Damage, DamageKind, Item, Walk};

use commit::Commits;
use gather::Gathering;
use lock::LockFile;
use tail::Open;

/// How a WAL is written.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of a segment; smaller ones serve tests.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES }
    }
}

/// The write-ahead log of a store, open for writing.
///
/// Any number of these, in any number of processes, may be open on one store.
#[derive(Debug)]
pub struct Wal {
    ground: Ground,
    writer: Mutex<Writer>,
    gathering: Gathering,
    commits: Commits,
}

/// What every room of the WAL stands on.
#[derive(Debug, Clone)]
struct Ground {
    files: Arc<dyn Files>,
    places: Places,
    world: Arc<dyn World>,
    options: Options,
}

impl Ground {
    /// Says of which segment the system refused something.
    fn refused(&self, doing: &'static str, segment: u64) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Io { doing, path: self.places.segment(segment), source }
    }
}

#[derive(Debug)]
struct Writer {
    lock: LockFile,
    open: Option<Open>,
    /// Two syncs failed in a row: nothing this process writes can be trusted any more.
    refusing: bool,
}

impl Wal {
    /// The log of `store`; touches nothing yet.
    pub fn new(store: &Store, world: Arc<dyn World>, options: Options) -> Self {
        let lock = LockFile::new(store.places.wal_lock());
        let ground =
            Ground { files: store.files.clone(), places: store.places.clone(), world, options };
        let writer = Mutex::new(Writer { lock, open: None, refusing: false });
        Self { ground, writer, gathering: Gathering::default(), commits: Commits::default() }
    }

    /// How long a segment may be.
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.ground.options.segment_bytes
    }

    /// A walk from `from` by somebody who does not hold the lock.
    pub fn follow(&self, from: Position) -> Walk {
        let Ground { files, places, .. } = &self.ground;
        Walk::new(files.clone(), places.clone(), from, scan::Judge::Waiting)
    }

    /// Runs `work` under the lock; the only way to it.
    fn locked<T, E: From<NotHeld>>(
        &self,
        patience: Patience,
        work: impl FnOnce(&mut Critical<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.locked_by(&mut writer, patience, work)
    }

    /// Runs `work` under the lock; the caller is the one of this process that may ask for it.
    fn locked_by<T, E: From<NotHeld>>(
        &self,
        writer: &mut Writer,
        patience: Patience,
        work: impl FnOnce(&mut Critical<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let Writer { lock, open, refusing } = writer;
        if *refusing {
            return Err(NotHeld::Refusing.into());
        }
        let ground = &self.ground;
        let held = lock.take(ground.files.as_ref(), ground.world.as_ref(), patience)?;
        if held.is_new() {
            *open = None;
        }
        // Taken, not borrowed: if the work fails half way, the next holder looks for the tail anew.
        let mut critical = Critical {
            ground,
            hint: held.hint(),
            durable: self.commits.durable(),
            open: open.take(),
            dropped: None,
            bolted: false,
            refusing: false,
        };
        let outcome = work(&mut critical);
        critical.unbolt();
        held.release(critical.open.as_ref().and_then(Open::hint));
        if let Some(open) = critical.open.as_ref().or(critical.dropped.as_ref()) {
            self.commits.note(open);
        }
        *open = critical.open;
        *refusing = critical.refusing;
        outcome
    }

    fn refuse_from_now_on(&self) {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).refusing = true;
    }
}

/// The time between taking the lock and giving it back.
#[derive(Debug)]
struct Critical<'a> {
    ground: &'a Ground,
    hint: Option<lock::Hint>,
    /// Below this everything is durable, as far as this process knows.
    durable: Position,
    open: Option<Open>,
    /// What it was before a write to it failed: whoever commits what stands there needs the same
    /// handle, since others may not be told of what failed.
    dropped: Option<Open>,
    /// Whether the open segment's own lock is held.
    bolted: bool,
    /// There is no way out of a failed sync: this process writes no more.
    refusing: bool,
}
