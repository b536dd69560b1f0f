//! Given a store, reads one tenant's log: by index, id, session, time. Writes nothing, ever.
//!
//! A log is what was integrated, up to its `state`, and behind it the frames of the WAL that nobody
//! has integrated yet (`live`). So whatever was acknowledged is in the next read, also for a reader
//! that may not write. A reader sees one moment; [`Log::refresh`] goes to the next.

pub(crate) mod call;
mod follow;
mod live;
mod query;
mod seek;
mod seen;
mod statistics;
pub(crate) mod tally;

use std::path::Path;
use std::sync::Arc;

use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::Class;
use tacho_tree::{Frontier, Hash, Note, leaf_hash};

use crate::error::{Doing, Error};
use crate::files::{OsFiles, read_small};
use crate::integrated;
use crate::leaves::LeafFiles;
use crate::parts::PartFiles;
use crate::retain;
use crate::state::{Found, State};
use crate::store::{OpenError, Remote, Store};
use crate::tenant::TenantPlaces;
use crate::tree::NodeFiles;
use crate::vault;
use crate::wal::Position;

pub use call::Call;
pub use follow::Cursor;
pub use query::{Entries, Order, Query};
pub use seen::Revealed;
pub use tally::{Tally, UserTally, Users};

use live::Live;
use seek::View;

/// The tenant of those who never named one.
pub const DEFAULT_TENANT: &str = "default";

/// How often a reader looks again when the log is integrated under its eyes.
const REFRESH_TRIES_MAX: u32 = 256;

/// One tenant's log, as it stood at one moment.
#[derive(Debug)]
pub struct Log {
    store: Store,
    tenant: String,
    places: TenantPlaces,
    state: State,
    /// The first entry that is kept.
    first: u64,
    leaves: LeafFiles,
    nodes: NodeFiles,
    parts: PartFiles,
    live: Live,
    view: View,
    look: Option<Arc<vault::Look>>,
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// Its index in the log.
    pub index: u64,
    /// Its leaf: the public part of the event.
    pub leaf: Object,
}

impl Log {
    /// Opens the log of the default tenant in the store at `path`.
    ///
    /// # Errors
    /// Why there is no store for this program.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let store = Store::open(Arc::new(OsFiles), path.as_ref(), Remote::Refused)?;
        Ok(Self::of(&store, DEFAULT_TENANT)?)
    }

    /// The log of a tenant in an open store; a tenant without a log has an empty one.
    ///
    /// # Errors
    /// What the disk said, or that the tenant's state is damaged.
    pub fn of(store: &Store, tenant: &str) -> Result<Self, Error> {
        let places = TenantPlaces::new(store.places(), tenant);
        let files = store.files();
        let mut log = Self {
            store: store.clone(),
            tenant: tenant.to_owned(),
            state: State::default(),
            first: 0,
            leaves: LeafFiles::new(files.clone(), places.clone()),
            nodes: NodeFiles::new(files.clone(), places.clone()),
            parts: PartFiles::new(files.clone(), places.clone()),
            live: Live::new(store, tenant),
            view: View::default(),
            look: None,
            places,
        };
        log.refresh()?;
        Ok(log)
    }

    /// Goes on to what was recorded since.
    ///
    /// # Errors
    /// What the disk said, or that the tenant's state is damaged.
    pub fn refresh(&mut self) -> Result<(), Error> {
        let mut before = None;
        for _ in 0..REFRESH_TRIES_MAX {
            // In this order: whatever is before the position, is in the state that is read next.
            let files = self.store.files();
            let integrated = match integrated::read(files.as_ref(), self.store.places()) {
                Err(Error::Damaged { .. }) => Position::START,
                outcome => outcome?,
            };
            let state = match State::read(files.as_ref(), &self.places)? {
                Found::State(state) => state,
                Found::Missing => State::default(),
                Found::Damaged => {
                    let path = self.places.state();
                    return Err(Error::Damaged { path, what: "it is no state" });
                }
            };
            let first = retain::pruned::first(files.as_ref(), &self.places)?;
            if state.size() < self.state.size() || first != self.first {
                self.view.forget();
            }
            self.first = first;
            if state.size() != self.state.size() {
                self.leaves = LeafFiles::new(files.clone(), self.places.clone());
            }
            let behind = state.position.max(integrated);
            self.state = state;
            // Somebody may integrate, and delete segments, between our looks. What is missing
            // though nobody integrated, is gone for good.
            if self.live.refresh(behind, before == Some(behind))? {
                return Ok(());
            }
            before = Some(behind);
        }
        let path = self.store.places().wal();
        Err(Error::Damaged { path, what: "its segments are deleted faster than they can be read" })
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The store it lies in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The paths of its files.
    pub fn places(&self) -> &TenantPlaces {
        &self.places
    }

    /// Events in the log, with those that are not integrated yet.
    pub fn size(&self) -> u64 {
        self.state.size() + self.live.len()
    }

    /// The first entry that is kept: those before it were pruned. 0 for most logs.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// What was integrated: the edge of the stored tree.
    pub fn integrated(&self) -> &Frontier {
        &self.state.frontier
    }

    /// The stored leaves; only those below the size of [`Log::integrated`] count.
    pub fn leaf_files(&self) -> &LeafFiles {
        &self.leaves
    }

    /// The stored nodes of the tree; only those over counted leaves are sure.
    pub fn nodes(&self) -> &NodeFiles {
        &self.nodes
    }

    /// The stored parts.
    pub fn part_files(&self) -> &PartFiles {
        &self.parts
    }

    /// The exact bytes of a leaf; none beyond the end, and none of what was pruned.
    ///
    /// # Errors
    /// What the disk said, or that the leaf is missing.
    pub fn leaf(&self, index: u64) -> Result<Option<Vec<u8>>, Error> {
        match index.checked_sub(self.state.size()) {
            None if index < self.first => Ok(None),
            None => self.leaves.leaf(index).map(Some),
            Some(number) => self.live.leaf(number),
        }
    }

    /// The hash of a leaf; none beyond the end.
    ///
    /// # Errors
    /// As [`Log::leaf`].
    pub fn leaf_hash(&self, index: u64) -> Result<Option<Hash>, Error> {
        Ok(self.leaf(index)?.map(|leaf| leaf_hash(&leaf)))
    }

    /// An entry; none beyond the end, and none that was pruned.
    ///
    /// # Errors
    /// As [`Log::leaf`], or that the leaf is no JSON object.
    pub fn get(&self, index: u64) -> Result<Option<LogEntry>, Error> {
        let Some(leaf) = self.leaf(index)? else { return Ok(None) };
        self.parse(index, &leaf).map(Some)
    }

    /// The grants, parts and tombstones of an entry, as [`vault::items`] reads them.
    ///
    /// # Errors
    /// What the disk said, or that a day file is damaged.
    pub fn parts(&self, entry: &LogEntry) -> Result<Vec<u8>, Error> {
        if let Some(number) = entry.index.checked_sub(self.state.size()) {
            return Ok(self.live.parts(number)?.unwrap_or_default());
        }
        let mut parts = Vec::new();
        for class in Class::ALL {
            let day = entry.leaf.object(class.as_str()).and_then(|class| class.get("day"));
            let day = day.and_then(Value::as_i64).and_then(|day| u32::try_from(day).ok());
            if let Some(day) = day {
                let length = self.counted_bytes(class, day);
                parts.extend(self.parts.of_leaf(class, day, entry.index, length)?);
            }
        }
        Ok(parts)
    }

    /// How much of a day file the state counts, where it tells.
    pub(crate) fn counted_bytes(&self, class: Class, day: u32) -> Option<u64> {
        let counted = self.state.days.iter().find(|file| (file.class, file.day) == (class, day));
        counted.map(|file| file.bytes)
    }

    /// The latest signed note; none before the first.
    ///
    /// # Errors
    /// What the disk said, or that what stands there is no note.
    pub fn checkpoint(&self) -> Result<Option<Note>, Error> {
        let path = self.places.checkpoint();
        let max = tacho_tree::limits::NOTE_BYTES_MAX;
        let bytes = match read_small(self.store.files().as_ref(), &path, max) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            outcome => outcome.doing("read", &path)?,
        };
        let note = Note::parse(&bytes);
        note.map(Some).map_err(|_| Error::Damaged { path, what: "it is no signed note" })
    }

    fn parse(&self, index: u64, leaf: &[u8]) -> Result<LogEntry, Error> {
        match json::read(leaf) {
            Ok(Value::Object(leaf)) => Ok(LogEntry { index, leaf }),
            _ => {
                let path = self.places.leaves();
                Err(Error::Damaged { path, what: "a leaf is no JSON object" })
            }
        }
    }
}
