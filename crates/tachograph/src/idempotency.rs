//! Given what a client submits, says whether it was submitted before: the window on disk.
//!
//! A submission is known by two keyed marks, one of its id and one of its bytes, which stand in
//! its frame. Sorted runs on disk hold the marks of what was integrated; what stands in the log
//! behind them is read from there. So nothing but the key must be safe before a frame is, the
//! memory in use is small, and the window survives everything the log survives.
//!
//! The key belongs to a window of a day or a million ids and dies with it. The window before it is
//! still known, so an id is remembered for at least one whole window and at most two.

mod key;
mod run;

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::Arc;

use tacho_hash::sha256;

use crate::error::{Doing, Error};
use crate::files::exclusive::{Exclusive, Taken};
use crate::files::{Files, Point};
use crate::limits::{
    IDEMPOTENCY_IDS_MAX, IDEMPOTENCY_LOADS_MAX, IDEMPOTENCY_RECENT_MAX, IDEMPOTENCY_WAIT_MICROS,
    IDEMPOTENCY_WINDOW_MICROS,
};
use crate::places::Places;
use crate::store::Store;
use crate::wal::{Position, Record};
use crate::world::World;

use key::Key;
use run::{Entry, Run};

/// What a client submitted, as every window that still counts would mark it; the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The window whose mark comes first.
    window: u64,
    marks: Vec<[u8; 16]>,
}

impl Submission {
    /// The mark for the frame.
    pub fn idem(&self) -> [u8; 16] {
        self.marks.first().copied().unwrap_or_default()
    }
}

/// What was submitted under the same id before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The record it became.
    pub record_id: [u8; 16],
    /// The hash of that record's leaf.
    pub leaf_hash: [u8; 32],
    /// Whether it was the same to the last byte; if not, it is another event under a used id.
    pub same: bool,
}

/// The idempotency window of a store, as one process has it open.
#[derive(Debug)]
pub struct Window {
    files: Arc<dyn Files>,
    places: Places,
    world: Arc<dyn World>,
    lock: Exclusive,
    /// The newest first, at most two.
    keys: Vec<Key>,
    runs: Vec<Run>,
    /// Marks of frames behind the runs, by the half that stands for the id.
    recent: HashMap<[u8; 8], Entry>,
    /// Up to here the runs have everything.
    covered: Position,
    /// Up to here the log was read.
    known: Position,
}

/// What the sorted runs of a store know, for who compares marks and makes none: no key is read.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    runs: Vec<Run>,
}

impl Marks {
    pub(crate) fn load(store: &Store) -> Result<Self, Error> {
        for _ in 1..IDEMPOTENCY_LOADS_MAX {
            match Self::load_now(store) {
                // A run that was listed is part of a merged one by now.
                Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                outcome => return outcome,
            }
        }
        Self::load_now(store)
    }

    fn load_now(store: &Store) -> Result<Self, Error> {
        let (files, dir) = (store.files().as_ref(), store.places().idempotency());
        let mut runs = Vec::new();
        for name in files.list(&dir).doing("list", &dir)? {
            runs.extend(Run::load(files, &dir, &name)?);
        }
        Ok(Self { runs })
    }

    /// Up to here the runs have the log.
    pub(crate) fn covered(&self) -> Position {
        self.runs.iter().map(|run| run.to).max().unwrap_or(Position::START)
    }

    /// The record that was submitted first with exactly this mark.
    pub(crate) fn find(&self, idem: &[u8; 16]) -> Result<Option<[u8; 16]>, Error> {
        for run in &self.runs {
            if let Some(entry) = run.find(&halves(idem).0)?
                && entry.idem == *idem
            {
                return Ok(Some(entry.record_id));
            }
        }
        Ok(None)
    }
}

impl Window {
    /// Opens the window of a store, with a first key if it has none.
    ///
    /// # Errors
    /// What the disk said, or that somebody else holds the window's lock too long.
    pub fn open(store: &Store, world: Arc<dyn World>) -> Result<Self, Error> {
        Self::over(store.files(), store.places(), &world)
    }

    /// The window for who marks what it appends and asks nothing: of the runs none is read.
    ///
    /// # Errors
    /// What the disk said, or that somebody else holds the window's lock too long.
    pub fn marking(store: &Store, world: Arc<dyn World>) -> Result<Self, Error> {
        let mut window = Self::unread(store.files(), store.places(), &world);
        let dir = window.places.idempotency();
        let names = window.files.list(&dir).doing("list", &dir)?;
        window.load_keys(&names)?;
        window.have_key()?;
        Ok(window)
    }

    pub(crate) fn over(
        files: &Arc<dyn Files>,
        places: &Places,
        world: &Arc<dyn World>,
    ) -> Result<Self, Error> {
        let mut window = Self::unread(files, places, world);
        window.load()?;
        window.have_key()?;
        Ok(window)
    }

    fn unread(files: &Arc<dyn Files>, places: &Places, world: &Arc<dyn World>) -> Self {
        let lock = Exclusive::new(places.idempotency().join("lock"), Point::WindowLock);
        Self {
            files: files.clone(),
            places: places.clone(),
            world: world.clone(),
            lock,
            keys: Vec::new(),
            runs: Vec::new(),
            recent: HashMap::new(),
            covered: Position::START,
            known: Position::START,
        }
    }

    /// Makes a first key if there is none.
    fn have_key(&mut self) -> Result<(), Error> {
        if !self.keys.is_empty() {
            return Ok(());
        }
        self.exclusively(|window| {
            window.load()?;
            if window.keys.is_empty() { window.add_key(1) } else { Ok(()) }
        })
    }

    /// The marks of what a client submits: its credential, the id it chose, the bytes it sent.
    pub fn submission(&self, credential: &[u8], id: &[u8], bytes: &[u8]) -> Submission {
        let marks = self.keys.iter().map(|key| key.mark(credential, id, bytes)).collect();
        Submission { window: self.window(), marks }
    }

    /// What was submitted under the same id before, as far as the log was read.
    ///
    /// # Errors
    /// What reading said, or that a run is damaged: then nothing is known of this id.
    pub fn seen(&self, submission: &Submission) -> Result<Option<Seen>, Error> {
        for mark in &submission.marks {
            let (id, bytes) = halves(mark);
            let mut found = self.recent.get(&id).copied();
            for run in &self.runs {
                if found.is_none() {
                    found = run.find(&id)?;
                }
            }
            if let Some(Entry { idem, record_id, leaf_hash }) = found {
                return Ok(Some(Seen { record_id, leaf_hash, same: halves(&idem).1 == bytes }));
            }
        }
        Ok(None)
    }

    /// Up to where the log was read: whoever appends reads on from here first.
    pub fn known(&self) -> Position {
        self.known
    }

    /// Looks again at what others wrote: keys, and runs.
    ///
    /// # Errors
    /// What the disk said.
    pub fn reload(&mut self) -> Result<(), Error> {
        self.load()
    }

    /// Whether a new window began since the submissions were marked: they must be marked anew.
    pub(crate) fn is_stale(&self, submissions: &[Option<Submission>]) -> Result<bool, Error> {
        let window = self.window();
        if submissions.iter().flatten().any(|submission| submission.window != window) {
            return Ok(true);
        }
        let path = self.places.idempotency().join(key::name_of(window + 1));
        match self.files.stat(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            outcome => outcome.doing("stat", &path).map(|_| true),
        }
    }

    /// Takes note of a frame that ends at `next`.
    pub fn note(&mut self, record: &Record<'_>, next: Position) {
        if record.idem != [0; 16] {
            let (id, _) = halves(&record.idem);
            // The first one counts: who does not ask before appending may have appended again.
            // A run that cannot be read says so when it is asked.
            let in_runs = self.runs.iter().any(|run| matches!(run.find(&id), Ok(Some(_))));
            if !in_runs {
                let leaf_hash = leaf_hash(record.leaf);
                let entry = Entry { idem: record.idem, record_id: record.record_id, leaf_hash };
                self.recent.entry(id).or_insert(entry);
            }
        }
        self.known = self.known.max(next);
    }

    /// Takes back what [`Window::note`] took note of: the frame was not written after all.
    pub(crate) fn unnote(&mut self, idem: &[u8; 16]) {
        self.recent.remove(&halves(idem).0);
    }

    /// Takes note that there is nothing more before `position`.
    pub fn note_end(&mut self, position: Position) {
        self.known = self.known.max(position);
    }

    /// Whether so much stands behind the runs that somebody should write one.
    pub fn wants_flush(&self) -> bool {
        self.recent.len() >= IDEMPOTENCY_RECENT_MAX
    }

    /// Writes what is known behind the runs to a run; begins a new window when this one is full
    /// or old. Frames below the position that this gives may go.
    ///
    /// # Errors
    /// What the disk said, or that somebody else holds the window's lock too long.
    pub fn flush(&mut self) -> Result<Position, Error> {
        let known = self.known;
        self.exclusively(|window| {
            // Somebody else may have written further than we read.
            window.load()?;
            if window.covered < known {
                window.write_run(known)?;
                window.merge_runs()?;
            }
            window.turn()
        })?;
        Ok(self.covered)
    }

    /// Forgets everything: the keys die, and with them every mark. For erasures, and for damage.
    ///
    /// # Errors
    /// What the disk said.
    pub fn forget(&mut self) -> Result<(), Error> {
        self.exclusively(|window| {
            window.load()?;
            let newest = window.window();
            window.recent.clear();
            window.add_key(newest + 1)?;
            window.drop_before(newest + 1)
        })
    }

    fn window(&self) -> u64 {
        self.keys.first().map_or(0, |key| key.window)
    }

    fn exclusively(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.lock.take(self.files.as_ref(), IDEMPOTENCY_WAIT_MICROS)? == Taken::No {
            let path = self.lock.path().to_owned();
            let source = std::io::ErrorKind::WouldBlock.into();
            return Err(Error::Io { doing: "lock", path, source });
        }
        let outcome = work(self);
        self.lock.give_back();
        outcome
    }

    /// Reads which keys and runs there are; forgets what the runs have now.
    fn load(&mut self) -> Result<(), Error> {
        let dir = self.places.idempotency();
        let names = self.files.list(&dir).doing("list", &dir)?;
        self.load_keys(&names)?;
        let mut runs = Vec::new();
        for name in &names {
            // A run of the same name may be a merged one.
            let same = |run: &Run| run.name == *name && run.is_at(self.files.as_ref(), &dir);
            if let Some(at) = self.runs.iter().position(same) {
                runs.push(self.runs.swap_remove(at));
            } else if let Some(run) = Run::load(self.files.as_ref(), &dir, name)? {
                runs.push(run);
            }
        }
        self.runs = runs;
        let covered = self.runs.iter().map(|run| run.to).max().unwrap_or(Position::START);
        let old = std::mem::replace(&mut self.covered, covered);
        if covered > old {
            self.known = self.known.max(covered);
            self.drop_what_runs_have()?;
        }
        Ok(())
    }

    fn load_keys(&mut self, names: &[String]) -> Result<(), Error> {
        let dir = self.places.idempotency();
        self.keys.clear();
        for name in names {
            if let Some(key) = Key::load(self.files.as_ref(), &dir, name)? {
                self.keys.insert(0, key);
            }
        }
        self.keys.truncate(2);
        Ok(())
    }

    fn drop_what_runs_have(&mut self) -> Result<(), Error> {
        let mut kept = HashMap::new();
        for (id, entry) in self.recent.drain() {
            let mut found = false;
            for run in &self.runs {
                found = found || run.find(&id)?.is_some();
            }
            if !found {
                kept.insert(id, entry);
            }
        }
        self.recent = kept;
        Ok(())
    }

    fn write_run(&mut self, to: Position) -> Result<(), Error> {
        let window = self.window();
        let mut entries: Vec<Entry> = self.recent.values().copied().collect();
        entries.sort_unstable();
        let newest = self.runs.iter().max_by_key(|run| run.to);
        if entries.is_empty()
            && let Some(run) = newest
        {
            // Nothing new, and yet the log may be shortened: the run only gets a later name.
            run.rename(self.files.as_ref(), &self.places.idempotency(), to)?;
        } else {
            let dir = self.places.idempotency();
            let (most, entries) = (entries.len() as u64, entries.into_iter().map(Ok));
            Run::write(self.files.as_ref(), &dir, (window, to), most, entries)?;
        }
        self.recent.clear();
        self.load()
    }

    fn merge_runs(&mut self) -> Result<(), Error> {
        while let Some(alike) = run::alike(&self.runs) {
            let dir = self.places.idempotency();
            run::merge(self.files.as_ref(), &dir, &self.runs, &alike)?;
            self.load()?;
        }
        Ok(())
    }

    /// Begins a new window when the newest is full or old.
    fn turn(&mut self) -> Result<(), Error> {
        let Some(newest) = self.keys.first() else { return Ok(()) };
        let age = self.world.now().micros().saturating_sub(newest.created.micros());
        let (window, age) = (newest.window, u64::try_from(age).unwrap_or(0));
        let runs = self.runs.iter().filter(|run| run.window == window);
        let ids: u64 = runs.map(|run| run.count).sum();
        if age < IDEMPOTENCY_WINDOW_MICROS && ids < IDEMPOTENCY_IDS_MAX {
            return Ok(());
        }
        self.add_key(window + 1)?;
        self.drop_before(window)
    }

    fn add_key(&mut self, window: u64) -> Result<(), Error> {
        let mut secret = [0; 32];
        self.world.fill(&mut secret);
        let key = Key { window, secret, created: self.world.now() };
        key.write(self.files.as_ref(), &self.places.idempotency())?;
        self.keys.insert(0, key);
        self.keys.truncate(2);
        Ok(())
    }

    /// Removes the keys of windows before `window`, and the runs that only they could read.
    fn drop_before(&mut self, window: u64) -> Result<(), Error> {
        let dir = self.places.idempotency();
        for name in self.files.list(&dir).doing("list", &dir)? {
            let number =
                name.split(['.', '-']).next().and_then(|digits| digits.parse::<u64>().ok());
            if number.is_some_and(|number| number < window) {
                let path = dir.join(&name);
                self.files.remove(&path).doing("remove", &path)?;
            }
        }
        self.load()
    }
}

/// Up to where the runs on disk have the log; none when nobody uses the window.
///
/// # Errors
/// What listing said.
pub fn covered(files: &dyn Files, places: &Places) -> Result<Option<Position>, Error> {
    let dir = places.idempotency();
    let names = files.list(&dir).doing("list", &dir)?;
    let used = names.iter().any(|name| key::window_of(name).is_some());
    let to = names.iter().filter_map(|name| run::named(name)).map(|(_, to)| to).max();
    Ok(used.then_some(to.unwrap_or(Position::START)))
}

/// RFC 6962: SHA-256(0x00 | leaf).
fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    sha256([&[0], leaf])
}

/// The half that stands for the id, and the half that stands for the bytes.
fn halves(mark: &[u8; 16]) -> ([u8; 8], [u8; 8]) {
    let number = u128::from_be_bytes(*mark);
    let half = |shift: u32| u64::try_from(number >> shift & u128::from(u64::MAX)).unwrap_or(0);
    (half(64).to_be_bytes(), half(0).to_be_bytes())
}
