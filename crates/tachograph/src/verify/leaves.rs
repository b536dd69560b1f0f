//! Given the files of leaves and nodes, hashes them on every processor and compares them with what
//! was signed.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::{Glance, check_leaf, glance};
use tacho_tree::audit::{Code, Heads, PER_RUN, Report, Run, RunEnd, Spine, Spot, StoredRun};
use tacho_tree::{Hash, Head, Nodes, Place};

use super::index::{RunZones, ZoneSums};
use super::said::{Said, is_statement};
use super::{Options, Progress, Step, pruned, threads, told};
use crate::error::Error;
use crate::files::{Access, File, Files, read_full_at};
use crate::index::{Facts, facts};
use crate::leaves::LeafFiles;
use crate::limits::{LEAF_BYTES_MAX, SCAN_BYTES};
use crate::log::Log;
use crate::store::Store;
use crate::tenant::{TenantPlaces, leaf_file_first};
use crate::tree::NodeFiles;

/// Leaves read at a time by whoever reads them as documents.
const BLOCK_LEAVES: usize = 1024;

/// Fewer leaves than this are no work for another thread.
const LEAVES_PER_THREAD_MIN: usize = 128;

/// What hashing gave.
pub(super) struct Hashed {
    pub(super) head: Head,
    /// What the index must say of each 256 leaves; empty if nobody asked.
    pub(super) zones: ZoneSums,
    /// What leaves say of erasures.
    pub(super) said: Said,
}

/// What hashing one file gave.
struct Hauled {
    end: RunEnd,
    zones: RunZones,
    /// Leaves that may state an erasure, with their indexes.
    statements: Vec<(u64, Vec<u8>)>,
}

/// Hashes the first `known` leaves, or all there are if nobody knows how many.
pub(super) fn check(
    store: &Store,
    places: &TenantPlaces,
    known: u64,
    is_known: bool,
    options: &Options<'_>,
    heads: &mut Heads,
    report: &mut Report,
) -> Hashed {
    let size = if is_known { known } else { known.max(count(store, places, report)) };
    // Whoever edits a state or a note may claim any size: no more is walked than files can hold,
    // and one more, so that a last file that is gone is told.
    let stored_files = list(store, places, size, report);
    let nodes = NodeFiles::new(store.files().clone(), places.clone());
    let before = pruned::check(store, places, heads.signed().unwrap_or(0), report);
    let first = before.as_ref().map_or(0, |before| before.first);
    let skipped = first / PER_RUN;
    let most = skipped.saturating_add(stored_files).saturating_add(1).saturating_mul(PER_RUN);
    let size = size.min(most).max(first);
    heads.pass(0, &Hash::EMPTY_ROOT, report);
    let runs = size.div_ceil(PER_RUN);
    let sizes: Vec<Vec<u64>> = (skipped..runs)
        .map(|run| heads.sizes(run * PER_RUN + 1..=(run + 1).saturating_mul(PER_RUN)))
        .collect();
    let mut spine = Spine::new();
    let mut hashed =
        Hashed { head: spine.head(), zones: ZoneSums::default(), said: Said::default() };
    if let Some(before) = &before {
        spine.skip(before.roots.iter().copied(), |place| stored(&nodes, place), report);
        hashed.zones.skip(first);
        before.certified(&spine.head(), report);
    }
    let files = store.files().as_ref();
    let worker = Worker { files, places, size, index: options.index, leaves: options.leaves };
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let count = threads(options).min(sizes.len()).max(1);
        let (give, take) = mpsc::sync_channel(count);
        for _ in 0..count {
            let (give, worker, next, stop, sizes) = (give.clone(), &worker, &next, &stop, &sizes);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let wanted = usize::try_from(number).ok().and_then(|at| sizes.get(at));
                    let Some(wanted) = wanted else { break };
                    let from = (skipped + number) * PER_RUN;
                    if give.send((number, worker.run(from, wanted.clone()))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(give);
        in_order(take, |Hauled { end, zones, statements }| {
            let is_full = end.frontier.size() == PER_RUN;
            hashed.zones.push(zones);
            statements.iter().for_each(|(at, leaf)| hashed.said.take(*at, leaf));
            spine.push(end, heads, |place| stored(&nodes, place), report);
            (options.progress)(Progress { step: Step::Hashing, done: spine.size(), of: size });
            // What follows leaves that are missing cannot be placed.
            stop.fetch_or(!is_full, Ordering::Relaxed);
            is_full
        });
    });
    hashed.head = spine.head();
    if first > 0 {
        pruned::notes(store, places, &nodes, first, &hashed.head, heads, report);
    }
    hashed
}

/// Tells the hauls in the order of their runs, until one says that none can follow it.
fn in_order(take: mpsc::Receiver<(u64, Hauled)>, mut tell: impl FnMut(Hauled) -> bool) {
    let mut early = BTreeMap::new();
    let mut expected = 0;
    for (number, haul) in take {
        early.insert(number, haul);
        while let Some(haul) = early.remove(&expected) {
            expected = if tell(haul) { expected + 1 } else { u64::MAX };
        }
    }
}

fn stored(nodes: &NodeFiles, place: Place) -> Option<Hash> {
    nodes.node(place).ok()
}

/// Up to 1024 leaves from `at` on.
pub(super) fn block(log: &Log, at: u64, stored: u64) -> Result<Vec<Vec<u8>>, Error> {
    let count = usize::try_from(stored - at).unwrap_or(BLOCK_LEAVES).min(BLOCK_LEAVES);
    let block = log.leaf_files().block(at, count)?;
    if block.is_empty() {
        let path = log.places().leaf_file(at - at % PER_RUN);
        return Err(Error::Damaged { path, what: "a leaf is missing" });
    }
    Ok(block.iter().map(<[u8]>::to_vec).collect())
}

/// Leaves as documents, in order, read by several threads; none for what is no JSON object.
pub(super) fn documents(leaves: &[Vec<u8>], threads: usize) -> Vec<Option<Object>> {
    let read = |leaf: &Vec<u8>| match json::read(leaf) {
        Ok(Value::Object(leaf)) => Some(leaf),
        _ => None,
    };
    let share = leaves.len().div_ceil(threads.max(1)).max(LEAVES_PER_THREAD_MIN);
    let Some((own, others)) = leaves.split_at_checked(share) else {
        return leaves.iter().map(read).collect();
    };
    std::thread::scope(|scope| {
        let look = |share: &[Vec<u8>]| share.iter().map(read).collect::<Vec<_>>();
        let others: Vec<_> =
            others.chunks(share).map(|share| scope.spawn(move || look(share))).collect();
        let mut all = look(own);
        for share in others {
            // A thread that panicked met a bug, and so does this one.
            all.extend(share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}

/// How many leaves there are, where no state tells.
fn count(store: &Store, places: &TenantPlaces, report: &mut Report) -> u64 {
    let names = store.files().list(&places.leaves()).unwrap_or_default();
    let Some(first) = names.iter().filter_map(|name| leaf_file_first(name)).max() else { return 0 };
    let leaves = LeafFiles::new(store.files().clone(), places.clone());
    match leaves.count(first) {
        Ok((count, _)) => first + count,
        Err(error) => {
            report.find(
                Code::Unreadable,
                places.leaf_file(first).display().to_string(),
                told(&error),
            );
            first
        }
    }
}

/// Tells the names in `leaves/` that no log has; gives how many it can have.
fn list(store: &Store, places: &TenantPlaces, size: u64, report: &mut Report) -> u64 {
    let dir = places.leaves();
    let names = match store.files().list(&dir) {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => return 0,
        Err(error) => {
            report.find(Code::Unreadable, dir.display().to_string(), error);
            return 0;
        }
    };
    let mut files = 0;
    for name in names {
        let path = dir.join(&name).display().to_string();
        match leaf_file_first(&name) {
            Some(first) if first > size => {
                report.find(Code::FileMalformed, path, "lies beyond the end of the log");
            }
            Some(_) => files += 1,
            None if name.ends_with(".jsonl.zst") => {
                report.find(Code::NotSupported, path, "leaves are packed");
            }
            None => report.find(Code::FileMalformed, path, "is none of ours"),
        }
    }
    files
}

/// What a thread needs to hash one file.
struct Worker<'w> {
    files: &'w dyn Files,
    places: &'w TenantPlaces,
    size: u64,
    index: bool,
    leaves: bool,
}

impl Worker<'_> {
    fn run(&self, first: u64, sizes: Vec<u64>) -> Hauled {
        let leaves = (self.size - first).min(PER_RUN);
        let stored = self.stored(first, leaves);
        let mut run = Run::new(first, &stored, sizes);
        let mut zones = RunZones::new(first, self.index);
        let mut ends = Ends::new(self, first);
        let mut statements = Vec::new();
        let path = self.places.leaf_file(first);
        let result = self.files.open(&path, Access::Read).and_then(|file| {
            lines(file.as_ref(), leaves, |leaf, end| {
                let seen = if self.leaves { check_document(leaf, &path, &mut run) } else { None };
                let facts = || seen.map_or_else(|| facts(leaf), |seen| Some(Facts::of(&seen)));
                zones.push(facts);
                if is_statement(leaf) {
                    statements.push((first + run.len(), leaf.to_vec()));
                }
                run.push(leaf);
                ends.push(end);
            })
        });
        let spot = || Spot::leaf(first + run.len()).within(path.display());
        let found = match result {
            Ok(None) if run.len() < leaves => Some((Code::LeavesMissing, spot(), TOO_FEW.into())),
            Ok(None) => None,
            Ok(Some(flaw)) => Some((Code::FileMalformed, spot(), flaw.to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Some((Code::LeavesMissing, spot(), "the file is gone".to_owned()))
            }
            Err(error) => Some((Code::Unreadable, spot(), error.to_string())),
        };
        if let Some((code, spot, what)) = found {
            run.report().find(code, spot, what);
        }
        ends.end(run.report());
        Hauled { end: run.end(), zones, statements }
    }

    fn stored(&self, first: u64, leaves: u64) -> StoredRun {
        let level = |level: u8| {
            let (segment, at) = StoredRun::place(level, first);
            let mut bytes = vec![0; StoredRun::bytes(level, leaves)];
            let path = self.places.node_file(level, segment);
            let read = self.files.open(&path, Access::Read);
            let read = read.and_then(|file| read_full_at(file.as_ref(), &mut bytes, at));
            bytes.truncate(read.unwrap_or(0));
            bytes
        };
        StoredRun { levels: StoredRun::heights().map(level).collect() }
    }
}

/// Whether a leaf is a leaf: canonical, within its limits, with public members alone; gives what
/// it says then.
fn check_document<'l>(leaf: &'l [u8], path: &Path, run: &mut Run<'_>) -> Option<Glance<'l>> {
    // The recorder's own events are leaves like any other.
    let seen = glance(leaf, false).or_else(|| glance(leaf, true));
    if seen.is_some() {
        return seen;
    }
    if let (Err(problem), Err(_)) = (check_leaf(leaf, false), check_leaf(leaf, true)) {
        let spot = Spot::leaf(run.first() + run.len()).within(path.display());
        run.report().find(Code::LeafMalformed, spot, problem);
    }
    None
}

const TOO_FEW: &str = "the file has fewer leaves than are counted";

/// Tells up to `count` lines of a file and where each ends; gives what is wrong with the lines.
fn lines(
    file: &dyn File,
    count: u64,
    mut tell: impl FnMut(&[u8], u64),
) -> std::io::Result<Option<&'static str>> {
    let mut window = vec![0; SCAN_BYTES];
    let (mut at, mut kept, mut told) = (0u64, 0usize, 0u64);
    loop {
        let room = window.get_mut(kept..).unwrap_or_default();
        let read = read_full_at(file, room, at + kept as u64)?;
        let there = window.get(..kept + read).unwrap_or_default();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', there) {
            if told == count {
                // A file that is full has nothing behind its last leaf.
                return Ok((count == PER_RUN).then_some("it goes on behind its last leaf"));
            }
            let line = there.get(start..end).unwrap_or_default();
            if line.len() > LEAF_BYTES_MAX {
                return Ok(Some("a line is longer than a leaf"));
            }
            start = end + 1;
            told += 1;
            tell(line, at + start as u64);
        }
        let is_end = read == 0;
        let rest = there.len() - start;
        if told == count {
            let surplus = rest > 0 && count == PER_RUN;
            return Ok(surplus.then_some("it goes on behind its last leaf"));
        }
        if rest > LEAF_BYTES_MAX {
            return Ok(Some("a line is longer than a leaf"));
        }
        if is_end {
            return Ok((rest > 0).then_some("a line has no end"));
        }
        let filled = there.len();
        window.copy_within(start..filled, 0);
        at += start as u64;
        kept = rest;
    }
}

/// The derived offsets of a file, compared with where its lines end.
struct Ends {
    path: String,
    stored: Vec<u8>,
    next: usize,
    wrong: Option<usize>,
}

impl Ends {
    fn new(worker: &Worker<'_>, first: u64) -> Self {
        let path = worker.places.offsets(first);
        let mut stored = Vec::new();
        if worker.index
            && let Ok(file) = worker.files.open(&path, Access::Read)
        {
            let len = file.stat().map_or(0, |stat| stat.len).min(PER_RUN * 4);
            stored.resize(usize::try_from(len).unwrap_or(0), 0);
            let read = read_full_at(file.as_ref(), &mut stored, 0).unwrap_or(0);
            stored.truncate(read);
        }
        Self { path: path.display().to_string(), stored, next: 0, wrong: None }
    }

    fn push(&mut self, end: u64) {
        let stored = self.stored.get(self.next..self.next + 4);
        // Zeros stand where nothing was written: the file was made anew behind its first leaves.
        let agrees = stored.is_none_or(|bytes| {
            bytes == [0; 4].as_slice()
                || u32::try_from(end).is_ok_and(|end| bytes == end.to_be_bytes().as_slice())
        });
        if !agrees && self.wrong.is_none() {
            self.wrong = Some(self.next);
        }
        self.next += 4;
    }

    fn end(self, report: &mut Report) {
        if let Some(offset) = self.wrong {
            let spot = Spot::file(self.path).at(offset as u64);
            report.find(Code::IndexDamaged, spot, "no leaf ends where it says");
        }
    }
}
