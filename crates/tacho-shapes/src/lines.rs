//! Given a log, keeps files of lines beside it: each event once, also over a crash.
//!
//! A follower notes in its own file how far it came and how long each of its files was then:
//!
//! ```text
//! .tachograph-journal.json    {"files":{"audit_2026-02-20.log":1523},"next":12}
//! ```
//!
//! Lines are appended first, noted second. A follower that died in between finds more bytes than
//! were noted, cuts them off and writes them again: no line is there twice, none is missing. A
//! file that somebody took away begins anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tacho_event::json::{Object, Value};
use tacho_event::{Span, Timestamp};
use tachograph::log::{Cursor, Order, Query};

use crate::book::{self, Book};
use crate::error::Error;
use crate::paper;

/// Bytes of lines that are held before they are appended: 1 MiB.
const PENDING_BYTES_MAX: usize = 1 << 20;
/// Files of one follower whose lengths are noted: those written to last.
const FILES_NOTED_MAX: usize = 64;

/// When a file of lines is moved aside, and what becomes of it.
///
/// ```
/// use tacho_event::Span;
/// use tacho_shapes::lines::Rotation;
/// let rotation = Rotation { max_size: 100 << 20, max_age: Span::from_days(30), compress: true };
/// assert_eq!(rotation, Rotation::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes after which a file is moved aside.
    pub max_size: u64,
    /// Age after which a file that was moved aside is removed.
    pub max_age: Span,
    /// Whether files that were moved aside are packed with gzip.
    pub compress: bool,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { max_size: 100 << 20, max_age: Span::from_days(30), compress: true }
    }
}

impl Rotation {
    /// Moves a file of `length` bytes aside if it is long enough, and removes what is too old;
    /// true if it moved.
    ///
    /// ```text
    /// agent-audit.jsonl -> agent-audit.jsonl.20250102T103015 -> agent-audit.jsonl.20250102T103015.gz
    /// ```
    pub(crate) fn apply(&self, path: &Path, length: u64, now: Timestamp) -> Result<bool, Error> {
        self.expire(path, now)?;
        if length < self.max_size || length == 0 {
            return Ok(false);
        }
        let mut aside = format!("{}.{}", path.display(), stamp(now));
        let mut number = 1;
        while paper::length(Path::new(&aside))?.is_some() || is_packed(&aside)? {
            number += 1;
            aside = format!("{}.{}-{number}", path.display(), stamp(now));
        }
        let aside = PathBuf::from(aside);
        paper::rename(path, &aside)?;
        if self.compress {
            paper::gzip(&aside)?;
        }
        Ok(true)
    }

    fn expire(&self, path: &Path, now: Timestamp) -> Result<(), Error> {
        let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        let prefix = format!("{}.", name.to_string_lossy());
        let oldest = stamp(now.minus(self.max_age));
        for file in paper::list(dir)? {
            let stamped = file.strip_prefix(&prefix).and_then(|rest| rest.get(..15));
            if stamped.is_some_and(|stamped| is_stamp(stamped) && stamped < oldest.as_str()) {
                paper::remove(&dir.join(&file))?;
            }
        }
        Ok(())
    }
}

/// `20250102T103015`
fn stamp(at: Timestamp) -> String {
    let text = at.to_string();
    text.chars().take(19).filter(|c| *c != '-' && *c != ':').collect()
}

fn is_stamp(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, b)| if at == 8 { b == b'T' } else { b.is_ascii_digit() })
}

fn is_packed(aside: &str) -> Result<bool, Error> {
    Ok(paper::length(Path::new(&format!("{aside}.gz")))?.is_some())
}

/// A line, and the file it belongs in.
pub(crate) struct Line {
    pub(crate) file: String,
    pub(crate) text: String,
}

/// Files of lines that follow one log.
#[derive(Debug)]
pub(crate) struct Follower {
    book: Book,
    dir: PathBuf,
    name: &'static str,
    note: Mutex<Option<Note>>,
}

/// How far a follower came.
#[derive(Clone, Debug, Default, PartialEq)]
struct Note {
    next: u64,
    lengths: BTreeMap<String, u64>,
}

impl Follower {
    /// A follower called `name` that writes into `dir`.
    pub(crate) fn new(book: &Book, dir: &Path, name: &'static str) -> Result<Self, Error> {
        paper::make_dir(dir)?;
        Ok(Self { book: book.clone(), dir: dir.to_owned(), name, note: Mutex::default() })
    }

    /// Writes the lines of every event since the last pull; gives their number. `lines_of` is told
    /// each event and gives its lines; `before` may move a file aside that is `length` bytes long.
    pub(crate) fn pull(
        &self,
        lines_of: &dyn Fn(&Object) -> Result<Vec<Line>, Error>,
        before: &mut dyn FnMut(&Path, u64) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        let mut held = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        let mut note = match held.take() {
            Some(note) => note,
            None => self.read_note()?,
        };
        // What is sealed does not reach a file in the clear.
        let log = self.book.sealed_log()?;
        let (mut count, mut bytes, mut next) = (0, 0, note.next);
        let mut pending: BTreeMap<String, String> = BTreeMap::new();
        let query = Query { order: Order::Oldest, first: note.next, ..Query::default() };
        for entry in log.query(query)? {
            let entry = entry?;
            if !book::is_own(&entry.leaf) {
                for line in lines_of(&book::reveal(&log, &entry)?)? {
                    count += 1;
                    bytes += line.text.len();
                    pending.entry(line.file).or_default().push_str(&line.text);
                }
            }
            next = entry.index + 1;
            if bytes >= PENDING_BYTES_MAX {
                self.put(&mut note, next, std::mem::take(&mut pending), before)?;
                bytes = 0;
            }
        }
        self.put(&mut note, next, pending, before)?;
        *held = Some(note);
        Ok(count)
    }

    /// Appends what is pending and notes that everything before `next` was followed.
    fn put(
        &self,
        note: &mut Note,
        next: u64,
        pending: BTreeMap<String, String>,
        before: &mut dyn FnMut(&Path, u64) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        if note.next == next {
            return Ok(());
        }
        let mut is_news = false;
        for file in pending.keys() {
            let path = self.dir.join(file);
            let (there, noted) = (paper::length(&path)?, note.lengths.get(file).copied());
            // Shorter than noted, or gone: somebody took it away or cut it.
            let mut length = there.unwrap_or(0).min(noted.unwrap_or(u64::MAX));
            if there > Some(length) {
                paper::append_at(&path, length, b"")?;
            }
            if before(&path, length)? {
                length = 0;
            }
            is_news |= note.lengths.insert(file.clone(), length) != Some(length);
        }
        while note.lengths.len() > FILES_NOTED_MAX {
            // Daily files sort by day: the first that is not written now is the oldest.
            let old = note.lengths.keys().find(|file| !pending.contains_key(*file)).cloned();
            let Some(old) = old else { break };
            note.lengths.remove(&old);
        }
        if is_news {
            // Whoever dies from here on finds where the new lines begin.
            self.write_note(note)?;
        }
        for (file, text) in pending {
            let length = note.lengths.get(&file).copied().unwrap_or(0);
            paper::append_at(&self.dir.join(&file), length, text.as_bytes())?;
            note.lengths.insert(file, length + text.len() as u64);
        }
        note.next = next;
        self.write_note(note)
    }

    fn place(&self) -> PathBuf {
        self.dir.join(format!(".tachograph-{}.json", self.name))
    }

    fn read_note(&self) -> Result<Note, Error> {
        let Some(value) = paper::read_json(&self.place())? else { return Ok(Note::default()) };
        let next = value.at("/next").and_then(Value::as_i64).and_then(|n| u64::try_from(n).ok());
        let files = value.at("/files").and_then(Value::as_object).cloned().unwrap_or_default();
        let length = |value: &Value| value.as_i64().and_then(|n| u64::try_from(n).ok());
        let lengths = files.iter().filter_map(|(name, n)| Some((name.to_owned(), length(n)?)));
        Ok(Note { next: next.unwrap_or(0), lengths: lengths.collect() })
    }

    fn write_note(&self, note: &Note) -> Result<(), Error> {
        let files: Object = note.lengths.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        let value = Object::from([("next", Value::from(note.next)), ("files", files.into())]);
        paper::write(&self.place(), Value::from(value).to_json().as_bytes())?;
        // The store's own note of the same, so that nothing is pruned before it was followed.
        match Cursor::new(self.book.store(), self.name, self.book.tenant()) {
            Some(cursor) => Ok(cursor.write(note.next)?),
            None => Ok(()),
        }
    }
}
