//! Given the directory of one tenant's log, says whether it is what was signed.
//!
//! ```text
//! <store>/tenants/<tenant>/leaves/<first, 20 digits>.jsonl     read once, in order
//!                         /tree/<level>/<segment, 8 digits>.hashes  compared run by run
//!                         /checkpoint, /checkpoints.log        every note checked at its size
//!                         /keys.vkey                           used only where no key is given
//!                         /anchors/..anchors                   on whose word the log rests
//! ```
//!
//! Memory does not grow with the log.

mod pruned;

use crate::disk;
use std::path::{Path, PathBuf};
use tacho_event::privacy::check_leaf;
use tacho_tree::audit::{AnchorAccount, AnchorTrust, anchor_entries, kept_notes};
use tacho_tree::audit::{Code, Heads, PER_RUN, Report, Run, Source, Spine, Spot, StoredRun};
use tacho_tree::limits::NOTE_BYTES_MAX;
use tacho_tree::{Hash, Place, Policy, VerifierKey};

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
    /// Witnesses without whose word there is no answer.
    pub witnesses: Vec<VerifierKey>,
    /// How many witnesses have to agree.
    pub policy: Option<Policy>,
}

/// Checks the log in `dir`. `progress` is told the number of leaves read, now and then.
pub fn check(dir: &Path, against: &Against, progress: &mut dyn FnMut(u64)) -> Report {
    let mut report = Report::default();
    let keys = keys(dir, against, &mut report);
    let mut heads = heads(dir, against, &keys, &mut report);
    let checked = anchors(dir, against, &keys, &mut heads, &mut report);
    let mut walk = Walk { dir, report, spine: Spine::new(), begin: 0 };
    walk.leaves(&mut heads, progress);
    let Walk { mut report, spine, begin, .. } = walk;
    if begin > 0 {
        pruned::notes(dir, begin, &spine.head(), &mut heads, &mut report);
    }
    if let Some(unsigned) = heads.signed().and_then(|signed| spine.size().checked_sub(signed))
        && unsigned > 0
    {
        report.fact(format!("{unsigned} leaves at the end are not signed yet"));
    }
    heads.finish(spine.size(), &mut report);
    report.limit("what was never recorded, and what came after the latest checkpoint");
    report.limit("whether the recorder was told the truth");
    if against.notes.is_empty() && !checked {
        report.limit("whether the owner of the key rewrote all of it: give a note you kept");
    }
    report
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
        report.find(Code::NoKey, path.display().to_string(), "no key lies beside the log");
    } else {
        report.limit("who signed: the key was taken from the log itself; give --vkey to know");
    }
    keys
}

fn heads(dir: &Path, against: &Against, keys: &[VerifierKey], report: &mut Report) -> Heads {
    let mut heads = Heads::new();
    let path = dir.join("checkpoint");
    let place = path.display().to_string();
    match read(&path, NOTE_BYTES_MAX as u64, report) {
        None => report.find(Code::NoCheckpoint, place, "is missing"),
        Some(bytes) => heads.add(&place, &bytes, Source::Latest, keys, report),
    }
    let path = dir.join("checkpoints.log");
    if let Some(bytes) = read(&path, KEPT_BYTES_MAX, report) {
        let place = path.display().to_string();
        for (number, note) in kept_notes(&place, &bytes, report) {
            heads.add(&format!("{place} entry {number}"), note, Source::Kept, keys, report);
        }
    }
    for (place, bytes) in &against.notes {
        heads.add(place, bytes, Source::Outside, keys, report);
    }
    heads
}

/// What people outside said of the log, as it is kept beside it; whether any of it was checked.
fn anchors(
    dir: &Path,
    against: &Against,
    keys: &[VerifierKey],
    heads: &mut Heads,
    report: &mut Report,
) -> bool {
    let mut witnesses = against.witnesses.clone();
    let of_policy = against.policy.iter().flat_map(Policy::witnesses);
    witnesses.extend(of_policy.map(|(_, key, _)| key.clone()));
    let trust = AnchorTrust {
        log_keys: keys.to_vec(),
        witnesses,
        demanded: against.witnesses.clone(),
        policy: against.policy.as_ref().map(|policy| policy.with_logs(keys)),
    };
    let mut account = AnchorAccount::new(&trust);
    let dir = dir.join("anchors");
    let names = match disk::names(&dir) {
        Ok(names) => names.unwrap_or_default(),
        Err(error) => {
            report.find(Code::Unreadable, dir.display().to_string(), error);
            Vec::new()
        }
    };
    let files: Vec<_> = names.iter().filter(|name| name.ends_with(".anchors")).collect();
    // The newest say the most.
    for name in files.into_iter().rev().take(ANCHOR_FILES_MAX) {
        let path = dir.join(name);
        let place = path.display().to_string();
        let Some(bytes) = read(&path, ANCHOR_FILE_BYTES_MAX, report) else { continue };
        for entry in anchor_entries(&place, &bytes, report).iter().rev() {
            account.entry(&place, entry, heads, &mut |_, _| None, report);
        }
    }
    account.finish(report).iter().any(|anchored| anchored.checked.is_some())
}

/// Files of anchors that are read, the newest.
const ANCHOR_FILES_MAX: usize = 64;
/// Bytes of one of them.
const ANCHOR_FILE_BYTES_MAX: u64 = 2 << 20;

/// One pass over the leaves, with the stored nodes beside it.
struct Walk<'d> {
    dir: &'d Path,
    report: Report,
    spine: Spine,
    /// The first leaf that is stored.
    begin: u64,
}

impl Walk<'_> {
    fn leaves(&mut self, heads: &mut Heads, progress: &mut dyn FnMut(u64)) {
        let empty = self.spine.head();
        heads.pass(0, &empty.root, &mut self.report);
        let dir = self.dir.join("leaves");
        let names = match disk::names(&dir) {
            Ok(names) => names.unwrap_or_default(),
            Err(error) => return self.find(Code::Unreadable, &dir, error),
        };
        let first_of = |name: &String| {
            let first = name.strip_suffix(".jsonl").and_then(|stem| stem.parse::<u64>().ok());
            first.filter(|first| first.is_multiple_of(PER_RUN))
        };
        // What a crash left below where the log begins is not looked at.
        let minimum = pruned::minimum(self.dir);
        let there = names.iter().filter_map(first_of).filter(|first| *first >= minimum).min();
        let begin = there.unwrap_or(minimum);
        self.begin = begin;
        let signed = heads.signed().unwrap_or(0);
        if begin > 0 && !pruned::skip(self.dir, begin, signed, &mut self.spine, &mut self.report) {
            return;
        }
        let old = |name: &String| first_of(name).is_some_and(|first| first < begin);
        for name in names.iter().filter(|name| !old(name)) {
            let first = name.strip_suffix(".jsonl").and_then(|stem| stem.parse::<u64>().ok());
            let path = dir.join(name);
            let size = self.spine.size();
            match first {
                None if name.ends_with(".jsonl.zst") => {
                    return self.find(Code::NotSupported, &path, "leaves are packed");
                }
                None => self.find(Code::FileMalformed, &path, "is none of ours"),
                Some(first) if first != size || !size.is_multiple_of(PER_RUN) => {
                    let what = format!("leaves {size} to {first} are not there");
                    return self.find(Code::LeavesMissing, &path, what);
                }
                Some(_) if !self.file(&path, heads) => return,
                Some(_) => {}
            }
            progress(self.spine.size());
        }
        self.nodes_beyond();
    }

    fn find(&mut self, code: Code, path: &Path, what: impl std::fmt::Display) {
        find(&mut self.report, code, path, what);
    }

    /// One file of leaves; false if it cannot be read on.
    fn file(&mut self, path: &Path, heads: &mut Heads) -> bool {
        let first = self.spine.size();
        let stored = stored_run(self.dir, first);
        let mut run = Run::new(first, &stored, heads.sizes(first + 1..=first + PER_RUN));
        let read = read_leaves(path, &mut run);
        if let Err(error) = &read {
            let spot = Spot::leaf(first + run.len()).within(path.display());
            run.report().find(Code::FileMalformed, spot, error);
        }
        let dir = self.dir;
        let node = |place: Place| {
            let (file, at) = StoredRun::place(place.level, place.first_leaf());
            let bytes = disk::range(&node_path(dir, place.level, file), at, Hash::LEN).ok()?;
            Hash::from_slice(&bytes)
        };
        self.spine.push(run.end(), heads, node, &mut self.report);
        read.is_ok()
    }

    /// Nodes that are stored beyond the leaves belong to leaves that are gone.
    fn nodes_beyond(&mut self) {
        let size = self.spine.size();
        let (file, at) = StoredRun::place(0, size);
        let path = node_path(self.dir, 0, file);
        if disk::range(&path, at, 1).is_ok_and(|bytes| !bytes.is_empty()) {
            let what = format!("holds nodes beyond node {size}, whose leaves are gone");
            self.report.find(Code::Truncated, Spot::file(path.display()).at(at), what);
        }
    }
}

fn find(report: &mut Report, code: Code, path: &Path, what: impl std::fmt::Display) {
    report.find(code, path.display().to_string(), what);
}

fn read_leaves(path: &Path, run: &mut Run<'_>) -> std::io::Result<()> {
    let mut stream = disk::stream(path)?;
    let mut line = Vec::with_capacity(1024);
    while disk::line(&mut stream, &mut line, LEAF_BYTES_MAX + 1)? {
        if run.len() == PER_RUN {
            return Err(std::io::Error::other("more leaves than a file holds"));
        }
        // The recorder's own events are leaves like any other.
        if let (Err(problem), Err(_)) = (check_leaf(&line, false), check_leaf(&line, true)) {
            let spot = Spot::leaf(run.first() + run.len()).within(path.display());
            run.report().find(Code::LeafMalformed, spot, problem);
        }
        run.push(&line);
    }
    Ok(())
}

fn stored_run(dir: &Path, first: u64) -> StoredRun {
    let level = |level: u8| {
        let (file, at) = StoredRun::place(level, first);
        let length = StoredRun::bytes(level, PER_RUN);
        disk::range(&node_path(dir, level, file), at, length).unwrap_or_default()
    };
    StoredRun { levels: StoredRun::heights().map(level).collect() }
}

fn node_path(dir: &Path, level: u8, file: u64) -> PathBuf {
    dir.join("tree").join(level.to_string()).join(format!("{file:08}.hashes"))
}

fn read(path: &Path, max: u64, report: &mut Report) -> Option<Vec<u8>> {
    match disk::small(path, max) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.find(Code::Unreadable, path.display().to_string(), error);
            None
        }
    }
}
