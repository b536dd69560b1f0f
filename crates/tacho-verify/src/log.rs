//! Given the directory of one tenant's log, says whether it is what was signed.
//!
//! ```text
//! <store>/tenants/<tenant>/leaves/<first, 20 digits>.jsonl     read once, in order
//!                         /tree/<level>/<segment, 8 digits>.hashes  compared as it grows
//!                         /checkpoint, /checkpoints.log        every note checked at its size
//!                         /keys.vkey                           used only where no key is given
//! ```
//!
//! Memory does not grow with the log.

use crate::disk;
use crate::finding::{Code, Report};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use tacho_event::privacy::check_leaf;
use tacho_tree::limits::NOTE_BYTES_MAX;
use tacho_tree::{Checkpoint, Frontier, Hash, Note, Place, VerifierKey, leaf_hash};

/// Leaves in one file; nodes in one file.
const PER_FILE: u64 = 65_536;
/// Bytes of a leaf.
const LEAF_BYTES_MAX: u64 = tacho_event::limits::LEAF_BYTES_MAX as u64;
/// Bytes of all kept notes that are read: some 200,000 hours of them.
const KEPT_BYTES_MAX: u64 = 64 << 20;

/// What to check a log against.
#[derive(Debug, Default)]
pub struct Against {
    /// Keys that are trusted. Without any, the log's own `keys.vkey` shows that it agrees with
    /// itself, and no more.
    pub keys: Vec<VerifierKey>,
    /// Notes that were kept elsewhere: the log must have each of them as a prefix.
    pub notes: Vec<(String, Vec<u8>)>,
}

/// Checks the log in `dir`. `progress` is told the number of leaves read, now and then.
pub fn check(dir: &Path, against: &Against, progress: &mut dyn FnMut(u64)) -> Report {
    let mut report = Report::default();
    let keys = keys(dir, against, &mut report);
    let notes = notes(dir, against, &mut report);
    let mut heads = Heads::new(&notes, &keys, &mut report);
    let mut walk = Walk { dir, report, frontier: Frontier::new(), levels: BTreeMap::new() };
    walk.leaves(&mut heads, progress);
    walk.levels_end();
    let Walk { mut report, frontier, .. } = walk;
    heads.finish(&frontier, &mut report);
    report.limit("what was never recorded, and what came after the latest checkpoint");
    report.limit("whether the recorder was told the truth");
    if against.notes.is_empty() {
        report.limit("whether the owner of the key rewrote all of it: give a note you kept");
    }
    report
}

/// A signed note that the log must agree with, and where it came from.
struct Signed {
    place: String,
    note: Note,
    checkpoint: Checkpoint,
    /// The latest one: it says how long the log is.
    latest: bool,
    /// From outside: a mismatch is a fork, not damage.
    outside: bool,
}

fn keys(dir: &Path, against: &Against, report: &mut Report) -> Vec<VerifierKey> {
    if !against.keys.is_empty() {
        return against.keys.clone();
    }
    let path = dir.join("keys.vkey");
    let text = read(&path, NOTE_BYTES_MAX as u64, report).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let keys: Vec<_> = text.lines().filter_map(|line| VerifierKey::parse(line).ok()).collect();
    if keys.is_empty() {
        report.find(Code::NoKey, path.display(), "no key lies beside the log");
    } else {
        report.limit("who signed: the key was taken from the log itself; give --vkey to know");
    }
    keys
}

fn notes(dir: &Path, against: &Against, report: &mut Report) -> Vec<Signed> {
    let mut notes = Vec::new();
    let path = dir.join("checkpoint");
    match read(&path, NOTE_BYTES_MAX as u64, report) {
        None => report.find(Code::NoCheckpoint, path.display(), "is missing"),
        Some(bytes) => push(&mut notes, path.display().to_string(), &bytes, true, report),
    }
    let path = dir.join("checkpoints.log");
    if let Some(bytes) = read(&path, KEPT_BYTES_MAX, report) {
        // Each entry is a line with a time, a note and an empty line.
        let text = String::from_utf8_lossy(&bytes);
        let mut number = 0;
        let mut rest = text.as_ref();
        while let Some((_, after_time)) = rest.split_once('\n') {
            number += 1;
            // The note has an empty line of its own, before its signatures.
            let ends = after_time.match_indices("\n\n").nth(1).map(|(at, _)| at + 1);
            let length = ends.unwrap_or(after_time.len());
            let (note, after) = after_time.split_at(length);
            let place = format!("{} entry {number}", path.display());
            push(&mut notes, place, note.as_bytes(), false, report);
            rest = after.strip_prefix('\n').unwrap_or("");
        }
    }
    for (place, bytes) in &against.notes {
        let before = notes.len();
        push(&mut notes, place.clone(), bytes, false, report);
        notes.iter_mut().skip(before).for_each(|note| note.outside = true);
    }
    notes
}

fn push(notes: &mut Vec<Signed>, place: String, bytes: &[u8], latest: bool, report: &mut Report) {
    let parsed = Note::parse(bytes).and_then(|note| {
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok((note, checkpoint))
    });
    match parsed {
        Ok((note, checkpoint)) => {
            notes.push(Signed { place, note, checkpoint, latest, outside: false });
        }
        Err(error) => report.find(Code::FileMalformed, place, error),
    }
}

/// The heads that the growing tree must pass through.
struct Heads {
    /// By size: root, place, and whether the note came from outside.
    expected: BTreeMap<u64, Vec<(Hash, String, bool)>>,
    latest: Option<(u64, String)>,
    passed: u64,
}

impl Heads {
    fn new(notes: &[Signed], keys: &[VerifierKey], report: &mut Report) -> Self {
        let mut heads = Self { expected: BTreeMap::new(), latest: None, passed: 0 };
        let origin = notes.first().map(|note| note.checkpoint.origin.clone());
        for signed in notes {
            if !keys.is_empty()
                && let Err(error) = signed.note.verify(keys)
            {
                let unknown = matches!(error, tacho_tree::note::NoteError::NoKnownSignature);
                let code = if unknown { Code::UnknownKey } else { Code::BadSignature };
                report.find(code, &signed.place, error);
            }
            if origin.as_ref() != Some(&signed.checkpoint.origin) {
                let what = format!("names another log: {}", signed.checkpoint.origin);
                report.find(Code::Forked, &signed.place, what);
                continue;
            }
            let head = signed.checkpoint.head;
            if signed.latest {
                heads.latest = Some((head.size, signed.place.clone()));
            }
            let at = heads.expected.entry(head.size).or_default();
            at.push((head.root, signed.place.clone(), signed.outside));
        }
        heads
    }

    /// Checks the notes of the tree's present size.
    fn pass(&mut self, frontier: &Frontier, report: &mut Report) {
        let Some(at) = self.expected.remove(&frontier.size()) else { return };
        let root = frontier.root();
        for (expected, place, outside) in at {
            if expected == root {
                self.passed += 1;
                continue;
            }
            let code = if outside { Code::Forked } else { Code::RootMismatch };
            let what = format!("signed root {expected}, the leaves make {root}");
            report.find(code, format!("{place}, size {}", frontier.size()), what);
        }
    }

    /// What is left is larger than the log.
    fn finish(mut self, frontier: &Frontier, report: &mut Report) {
        let size = frontier.size();
        for (expected, at) in std::mem::take(&mut self.expected) {
            for (_, place, outside) in at {
                let code = if outside { Code::RolledBack } else { Code::Truncated };
                report.find(code, place, format!("signed {expected} leaves, there are {size}"));
            }
        }
        if let Some((signed, place)) = self.latest {
            report.fact(format!("{size} leaves, {signed} of them under {place}"));
            report.fact(format!("{} signed heads agree with the leaves", self.passed));
        }
    }
}

/// One pass over the leaves, with the stored nodes beside it.
struct Walk<'d> {
    dir: &'d Path,
    report: Report,
    frontier: Frontier,
    levels: BTreeMap<u8, Level>,
}

impl Walk<'_> {
    fn leaves(&mut self, heads: &mut Heads, progress: &mut dyn FnMut(u64)) {
        heads.pass(&self.frontier, &mut self.report);
        let dir = self.dir.join("leaves");
        let names = match disk::names(&dir) {
            Ok(names) => names.unwrap_or_default(),
            Err(error) => return self.report.find(Code::Unreadable, dir.display(), error),
        };
        for name in names {
            let first = name.strip_suffix(".jsonl").and_then(|stem| stem.parse::<u64>().ok());
            let path = dir.join(&name);
            match first {
                None if name.ends_with(".jsonl.zst") => {
                    self.report.find(Code::NotSupported, path.display(), "leaves are packed");
                    return;
                }
                None => self.report.find(Code::FileMalformed, path.display(), "is none of ours"),
                Some(first) if first != self.frontier.size() => {
                    let what = format!("leaves {} to {first} are not there", self.frontier.size());
                    self.report.find(Code::LeavesMissing, path.display(), what);
                    return;
                }
                Some(_) => {
                    if let Err(error) = self.file(&path, heads) {
                        let place = format!("{} leaf {}", path.display(), self.frontier.size());
                        self.report.find(Code::FileMalformed, place, error);
                        return;
                    }
                }
            }
            progress(self.frontier.size());
        }
    }

    fn file(&mut self, path: &Path, heads: &mut Heads) -> std::io::Result<()> {
        let mut stream = disk::stream(path)?;
        let mut line = Vec::with_capacity(1024);
        let mut in_file = 0;
        while disk::line(&mut stream, &mut line, LEAF_BYTES_MAX + 1)? {
            in_file += 1;
            if in_file > PER_FILE {
                return Err(std::io::Error::other("more leaves than a file holds"));
            }
            self.leaf(&line);
            heads.pass(&self.frontier, &mut self.report);
        }
        Ok(())
    }

    fn leaf(&mut self, leaf: &[u8]) {
        let index = self.frontier.size();
        // The recorder's own events are leaves like any other.
        if let (Err(problem), Err(_)) = (check_leaf(leaf, false), check_leaf(leaf, true)) {
            self.report.find(Code::LeafMalformed, format!("leaf {index}"), problem);
        }
        let Self { dir, report, frontier, levels } = self;
        frontier.push(leaf_hash(leaf), |place, hash| {
            let level = levels.entry(place.level).or_insert_with(|| Level::new(dir, place.level));
            level.compare(place, hash, report);
        });
    }

    /// Nodes that are stored beyond the leaves belong to leaves that are gone.
    fn levels_end(&mut self) {
        for level in self.levels.values_mut() {
            level.end(&mut self.report);
        }
    }
}

/// The stored nodes of one height, read along.
struct Level {
    dir: PathBuf,
    level: u8,
    next: u64,
    open: Option<BufReader<File>>,
    /// A file is missing or ended early: what is behind it was reported once.
    given_up: bool,
}

impl Level {
    fn new(dir: &Path, level: u8) -> Self {
        let dir = dir.join("tree").join(level.to_string());
        Self { dir, level, next: 0, open: None, given_up: false }
    }

    fn compare(&mut self, place: Place, computed: Hash, report: &mut Report) {
        if self.given_up {
            return;
        }
        match self.read() {
            Some(stored) if stored == computed => {}
            Some(_) if self.level == 0 => {
                let what = "does not hash to the node that is stored for it";
                report.find(Code::LeafChanged, format!("leaf {}", place.index), what);
            }
            Some(_) => {
                let at = format!("node {} of level {}", place.index, self.level);
                report.find(Code::NodeChanged, at, "is not the hash of what stands below it");
            }
            None => {
                self.given_up = true;
                let at = format!("node {} of level {}", place.index, self.level);
                report.find(Code::NodeChanged, at, "is not stored");
            }
        }
    }

    fn read(&mut self) -> Option<Hash> {
        if self.next.is_multiple_of(PER_FILE) {
            self.open = disk::stream(&self.path(self.next / PER_FILE)).ok();
        }
        self.next += 1;
        let mut bytes = [0; 32];
        self.open.as_mut()?.read_exact(&mut bytes).ok()?;
        Hash::from_slice(&bytes)
    }

    fn end(&mut self, report: &mut Report) {
        let beyond = self.open.as_mut().is_some_and(|open| open.read(&mut [0; 1]).unwrap_or(0) > 0);
        if beyond && !self.given_up {
            let what = format!("holds nodes beyond node {}, whose leaves are gone", self.next);
            let path = self.path(self.next.saturating_sub(1) / PER_FILE);
            report.find(Code::Truncated, path.display(), what);
        }
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.dir.join(format!("{segment:08}.hashes"))
    }
}

fn read(path: &Path, max: u64, report: &mut Report) -> Option<Vec<u8>> {
    match disk::small(path, max) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.find(Code::Unreadable, path.display(), error);
            None
        }
    }
}
