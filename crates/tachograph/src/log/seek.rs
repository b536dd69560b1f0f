//! Given an id or a session, gives the entries that bear it.

use std::sync::{Mutex, PoisonError};

use super::{Log, LogEntry};
use crate::error::Error;
use crate::index::{Index, Kind, Tell, ZONE_LEAVES, Zones, check, facts, scan};
use crate::limits::INDEX_TAIL_MAX;

/// Leaves read at a time behind the index.
const TAIL_LEAVES: usize = 1024;

/// The index as one reader sees it, made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct View(Mutex<Option<Opened>>);

#[derive(Debug)]
struct Opened {
    index: Index,
    zones: Option<Zones>,
    /// Keys of the stored leaves behind the runs.
    tail: Vec<(u64, u64)>,
    /// The end of what runs and tail cover.
    end: u64,
}

impl View {
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Log {
    /// The entries with an event's id, in order: one, unless a client sent it twice.
    ///
    /// # Errors
    /// What the disk said, or that a leaf is damaged.
    pub fn find(&self, id: &str) -> Result<Vec<LogEntry>, Error> {
        self.entries_of(Kind::Id, id)
    }

    /// The indexes of a session's entries, in order.
    ///
    /// # Errors
    /// As [`Log::find`].
    pub fn session(&self, session: &str) -> Result<Vec<u64>, Error> {
        let mut indexes = Vec::new();
        self.bearing(Kind::Session, session, &mut |index, _| {
            indexes.push(index);
            Ok(())
        })?;
        Ok(indexes)
    }

    /// The entries of a session, in order.
    ///
    /// # Errors
    /// As [`Log::find`].
    pub fn session_entries(&self, session: &str) -> Result<Vec<LogEntry>, Error> {
        self.entries_of(Kind::Session, session)
    }

    fn entries_of(&self, kind: Kind, name: &str) -> Result<Vec<LogEntry>, Error> {
        let mut entries = Vec::new();
        self.bearing(kind, name, &mut |index, leaf| {
            entries.push(self.parse(index, leaf)?);
            Ok(())
        })?;
        Ok(entries)
    }

    /// Tells every leaf that bears a name, in order.
    fn bearing(&self, kind: Kind, name: &str, tell: &mut Tell<'_>) -> Result<(), Error> {
        let size = self.state.size();
        let mut counted =
            |index, leaf: &[u8]| if index < size { tell(index, leaf) } else { Ok(()) };
        self.with_index(|opened| {
            opened.index.find(&self.leaves, kind, name, &mut counted)?;
            let key = kind.key(name);
            let tail = opened.tail.iter().filter(|(tail, _)| *tail == key);
            let candidates: Vec<u64> = tail.map(|(_, index)| *index).collect();
            check(&self.leaves, &candidates, kind, name, &mut counted)?;
            if opened.end < size {
                scan(&self.leaves, (opened.end, size), kind, name, &mut counted)?;
            }
            Ok(())
        })?;
        for number in self.live.find(kind, name)? {
            if let Some(leaf) = self.live.leaf(number)? {
                tell(size + number, &leaf)?;
            }
        }
        Ok(())
    }

    /// Whether an entry near `index` may lie in a span of time; without an index, it may.
    pub(super) fn zones<T>(&self, ask: impl FnOnce(&Zones) -> T) -> Result<T, Error> {
        self.with_index(|opened| {
            let zones = match opened.zones.take() {
                Some(zones) => zones,
                None => {
                    let covered = opened.index.covered();
                    Zones::read(self.store.files().as_ref(), &self.places, covered)?
                }
            };
            let answer = ask(&zones);
            opened.zones = Some(zones);
            Ok(answer)
        })
    }

    fn with_index<T>(&self, ask: impl FnOnce(&mut Opened) -> Result<T, Error>) -> Result<T, Error> {
        let mut view = self.view.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut opened = match view.take() {
            Some(opened) => opened,
            None => self.open_index()?,
        };
        self.read_tail(&mut opened)?;
        let answer = ask(&mut opened);
        *view = Some(opened);
        answer
    }

    fn open_index(&self) -> Result<Opened, Error> {
        let index = Index::open(self.store.files(), &self.places)?;
        let end = index.covered();
        Ok(Opened { index, zones: None, tail: Vec::new(), end })
    }

    /// Learns the keys of the leaves behind the runs, if they are few.
    fn read_tail(&self, opened: &mut Opened) -> Result<(), Error> {
        let size = self.state.size();
        if size.saturating_sub(opened.index.covered()) > 4 * ZONE_LEAVES && opened.end < size {
            // An integrator made runs of it meanwhile, most likely.
            *opened = self.open_index()?;
        }
        if size.saturating_sub(opened.end) > INDEX_TAIL_MAX {
            return Ok(());
        }
        while opened.end < size {
            let count = usize::try_from(size - opened.end).unwrap_or(TAIL_LEAVES);
            let block = self.leaves.block(opened.end, count.min(TAIL_LEAVES))?;
            for (index, leaf) in (opened.end..).zip(block.iter()) {
                let Some(found) = facts(leaf) else { continue };
                opened.tail.push((found.id, index));
                opened.tail.extend(found.session.map(|session| (session, index)));
            }
            opened.end += block.len() as u64;
        }
        Ok(())
    }
}
