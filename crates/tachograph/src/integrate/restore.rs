//! Given a tenant's leaves and perhaps a state, gives the state that is true, and destroys nothing.
//!
//! A state counts what was durable when it was written. Leaves beyond it are the rest of an
//! interrupted chunk, or the state is old: somebody put it back, or lost it. Both look alike, so
//! the WAL decides. Leaves at the end that the WAL holds too are cut and made again; leaves that it
//! does not hold are kept, and counted.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::ErrorKind;

use tacho_tree::{Checkpoint, Frontier, Hash, Note, leaf_hash};

use super::gate::{check, is_leaf};
use super::repeat::Duplicate;
use crate::error::{Doing, Error};
use crate::files::grow::{list_if_there, open_or_create, remove_if_there};
use crate::files::replace::{Steps, replace};
use crate::files::{Access, File, Point, read_full_at, read_small};
use crate::leaves::{LeafFiles, scan_ends};
use crate::limits::{LEAVES_PER_FILE, SURPLUS_BYTES_MAX};
use crate::state::State;
use crate::store::Store;
use crate::tenant::{TenantPlaces, leaf_file_first};
use crate::tree::{NodeFiles, NodeWriter};
use crate::wal::scan::Judge;
use crate::wal::{Item, Position, Walk};

/// The state, once it agrees with the leaves.
pub(super) fn agree(
    store: &Store,
    places: &TenantPlaces,
    tenant: &str,
    state: State,
    integrated: Position,
) -> Result<State, Error> {
    let firsts = leaf_files(store, places)?;
    let last = firsts.last().copied().unwrap_or(0);
    let counted_last = last_file(state.size());
    let bytes = length(store, places, counted_last)?;
    if last < counted_last || bytes < state.leaf_bytes {
        let leaves = counted_last.min(last)
            + LeafFiles::new(store.files().clone(), places.clone())
                .count(counted_last.min(last))?
                .0;
        return Err(shortened(places, leaves, state.size()));
    }
    let signed = signed_size(store, places)?;
    let is_exact = last == counted_last && bytes == state.leaf_bytes;
    if is_exact && state.size() >= signed {
        return Ok(state);
    }
    // A state behind `integrated`, or behind a checkpoint, is an old one: what is beyond it was
    // counted once, and the WAL may not hold it any more.
    if state.position < integrated || state.size() < signed || !holds(store, state.position)? {
        return rebuild(store, places, tenant, integrated);
    }
    cut(store, places, tenant, &state)?;
    Ok(state)
}

/// The state that the leaves themselves tell.
pub(super) fn rebuild(
    store: &Store,
    places: &TenantPlaces,
    tenant: &str,
    integrated: Position,
) -> Result<State, Error> {
    let firsts = leaf_files(store, places)?;
    let files = store.files();
    let reader = LeafFiles::new(files.clone(), places.clone());
    let leaves = match firsts.last() {
        None => 0,
        Some(last) => last + reader.count(*last)?.0,
    };
    let signed = signed_size(store, places)?;
    if leaves < signed {
        return Err(shortened(places, leaves, signed));
    }
    if leaves == 0 {
        let masters = Some(BTreeSet::new());
        return Ok(State { position: Position::START, masters, ..State::default() });
    }
    let frames = frames_behind(store, tenant, integrated)?;
    let unsigned = counted(&reader, leaves, &frames)?;
    let size = unsigned.max(signed);
    // Where the signed part reaches into the frames behind `integrated`, those are leaves already.
    let already = usize::try_from(size - unsigned).ok().and_then(|count| count.checked_sub(1));
    let already = already.and_then(|last| frames.get(last));
    let position = already.map_or(integrated, |frame| frame.next);
    let frontier = grow_frontier(store, places, &reader, firsts.first().copied(), size)?;
    let leaf_bytes = bytes_of(store, places, size)?;
    let state = State { position, leaf_bytes, days: Vec::new(), masters: None, frontier };
    cut(store, places, tenant, &state)?;
    state.write(files.as_ref(), places)?;
    Ok(state)
}

/// A frame of the tenant in the WAL that becomes a leaf.
struct Behind {
    hash: Hash,
    /// The hash of the leaf that stands for it if its client submitted it before. Whether that is
    /// known can change between two runs: either leaf is this frame's.
    repeated: Option<Hash>,
    next: Position,
}

impl Behind {
    fn hashes(&self) -> impl Iterator<Item = Hash> {
        [Some(self.hash), self.repeated].into_iter().flatten()
    }
}

/// The frames of a tenant behind a place that become leaves.
fn frames_behind(store: &Store, tenant: &str, from: Position) -> Result<Vec<Behind>, Error> {
    let (files, places) = (store.files().clone(), store.places().clone());
    // What is bad in between is passed over; what is being written at the end is no leaf yet.
    let mut walk = Walk::new(files, places, from, Judge::Holding);
    let mut frames = Vec::new();
    let mut recent = super::Recent::default();
    loop {
        match walk.next_item()? {
            Item::Frame { at, next, record } => {
                let counts = record.tenant == tenant && check(&record).is_ok();
                if counts && !recent.is_known(at, &record.record_id) {
                    let is_marked = record.idem != [0; 16];
                    let repeated = if is_marked { Duplicate::of(&record) } else { None };
                    let repeated = repeated.map(|duplicate| duplicate.hash);
                    frames.push(Behind { hash: leaf_hash(record.leaf), repeated, next });
                }
            }
            Item::Damage(_) => {}
            Item::End(_) | Item::Unclear(_) => return Ok(frames),
        }
    }
}

/// How many of the leaves were counted once: all but those at the end that are the first frames,
/// in order, or that a power cut left unwritten.
fn counted(reader: &LeafFiles, leaves: u64, frames: &[Behind]) -> Result<u64, Error> {
    let places: HashMap<Hash, usize> = frames
        .iter()
        .enumerate()
        .flat_map(|(place, frame)| frame.hashes().map(move |hash| (hash, place)))
        .collect();
    let (mut size, mut before) = (leaves, usize::MAX);
    while let Some(last) = size.checked_sub(1) {
        let leaf = reader.leaf(last)?;
        match places.get(&leaf_hash(&leaf)) {
            Some(place) if *place < before => before = *place,
            None if !is_leaf(&leaf) => {}
            _ => break,
        }
        size = last;
        if before == 0 {
            break;
        }
    }
    Ok(size)
}

/// Hashes the first `size` leaves and writes the tree over them anew.
fn grow_frontier(
    store: &Store,
    places: &TenantPlaces,
    reader: &LeafFiles,
    first: Option<u64>,
    size: u64,
) -> Result<Frontier, Error> {
    let files = store.files();
    let first = first.unwrap_or(0);
    // Leaves before the first file were pruned: for those, the tree itself is the evidence.
    let stored = NodeFiles::new(files.clone(), places.clone());
    let mut frontier = Frontier::read(&stored, first)?;
    let mut nodes = NodeWriter::default();
    let tree = places.tree();
    files.create_dir(&tree).doing("create", &tree)?;
    let mut index = first;
    while index < size {
        let count = usize::try_from((size - index).min(1024)).unwrap_or(1024);
        let block = reader.block(index, count)?;
        for leaf in block.iter() {
            frontier.push_leaf(leaf, |place, hash| nodes.push(place, hash));
        }
        index += block.len() as u64;
        if index.is_multiple_of(LEAVES_PER_FILE) {
            nodes.flush(files.as_ref(), places)?;
        }
    }
    nodes.flush(files.as_ref(), places)?;
    Ok(frontier)
}

/// Cuts off what the state does not count, keeping aside what the WAL does not hold.
fn cut(store: &Store, places: &TenantPlaces, tenant: &str, state: &State) -> Result<(), Error> {
    let files = store.files().as_ref();
    let size = state.size();
    let held = frames_behind(store, tenant, state.position)?;
    let held: HashSet<Hash> = held.iter().flat_map(Behind::hashes).collect();
    let mut foreign = Vec::new();
    for first in leaf_files(store, places)? {
        if first + LEAVES_PER_FILE <= size {
            continue;
        }
        let from = if first < size { state.leaf_bytes } else { 0 };
        let path = places.leaf_file(first);
        let file = files.open(&path, Access::Write).doing("open", &path)?;
        collect_foreign(file.as_ref(), from, &held, &mut foreign).doing("read", &path)?;
    }
    if !foreign.is_empty() {
        keep_aside(store, tenant, size, &foreign)?;
    }
    for first in leaf_files(store, places)?.into_iter().rev() {
        let path = places.leaf_file(first);
        if first >= size && first > 0 {
            remove_if_there(files, &path)?;
        } else if first + LEAVES_PER_FILE > size {
            let file = open_or_create(files, &path)?;
            let to = if first < size { state.leaf_bytes } else { 0 };
            file.set_len(to).doing("cut", &path)?;
        }
    }
    Ok(())
}

/// The leaves from `from` on that the WAL does not hold.
fn collect_foreign(
    file: &dyn File,
    from: u64,
    held: &HashSet<Hash>,
    foreign: &mut Vec<u8>,
) -> std::io::Result<()> {
    let mut start = from;
    for end in scan_ends(file)?.into_iter().map(u64::from).filter(|end| *end > from) {
        let length = usize::try_from(end - start).unwrap_or_default();
        let mut line = vec![0; length];
        read_full_at(file, &mut line, start)?;
        start = end;
        let leaf = line.strip_suffix(b"\n").unwrap_or(&line);
        let is_lost = !held.contains(&leaf_hash(leaf)) && is_leaf(leaf);
        if is_lost && foreign.len() as u64 <= SURPLUS_BYTES_MAX {
            foreign.extend_from_slice(&line);
        }
    }
    Ok(())
}

/// Keeps lines that would be lost, as a finding.
fn keep_aside(store: &Store, tenant: &str, size: u64, lines: &[u8]) -> Result<(), Error> {
    let name = format!("{tenant}_{size:010}_leaves-surplus.bad");
    let path = store.places().quarantine().join(name);
    let steps = Steps {
        sync: Point::SurplusSync,
        rename: Point::SurplusRename,
        dir: Some(Point::SurplusDirSync),
    };
    replace(store.files().as_ref(), &path, lines, steps)
}

/// Whether the WAL still holds everything behind a place.
fn holds(store: &Store, position: Position) -> Result<bool, Error> {
    if position.segment == 0 {
        let oldest = store.places().segment(1);
        return Ok(store.files().stat(&oldest).is_ok());
    }
    match store.files().stat(&store.places().segment(position.segment)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => {
            let path = store.places().segment(position.segment);
            Err(Error::Io { doing: "stat", path, source })
        }
    }
}

/// The size that the last checkpoint counts; 0 without one.
fn signed_size(store: &Store, places: &TenantPlaces) -> Result<u64, Error> {
    let path = places.checkpoint();
    let bytes = match read_small(store.files().as_ref(), &path, tacho_tree::limits::NOTE_BYTES_MAX)
    {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        outcome => outcome.doing("read", &path)?,
    };
    let note = Note::parse(&bytes).and_then(|note| Checkpoint::parse(note.text()));
    match note {
        Ok(checkpoint) => Ok(checkpoint.head.size),
        Err(_) => Err(Error::Damaged { path, what: "it is no checkpoint" }),
    }
}

/// The first leaf of every leaf file, in order.
fn leaf_files(store: &Store, places: &TenantPlaces) -> Result<Vec<u64>, Error> {
    let names = list_if_there(store.files().as_ref(), &places.leaves())?;
    Ok(names.iter().filter_map(|name| leaf_file_first(name)).collect())
}

/// The first leaf of the file in which the last of `size` leaves stands.
fn last_file(size: u64) -> u64 {
    size.saturating_sub(1) / LEAVES_PER_FILE * LEAVES_PER_FILE
}

fn length(store: &Store, places: &TenantPlaces, first: u64) -> Result<u64, Error> {
    let path = places.leaf_file(first);
    match store.files().stat(&path) {
        Ok(stat) => Ok(stat.len),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(source) => Err(Error::Io { doing: "stat", path, source }),
    }
}

/// Bytes of the last leaf file of a log of `size` leaves.
fn bytes_of(store: &Store, places: &TenantPlaces, size: u64) -> Result<u64, Error> {
    let Some(last) = size.checked_sub(1) else { return Ok(0) };
    let path = places.leaf_file(last_file(size));
    let file = store.files().open(&path, Access::Read).doing("open", &path)?;
    let ends = scan_ends(file.as_ref()).doing("read", &path)?;
    let slot = usize::try_from(last % LEAVES_PER_FILE).unwrap_or_default();
    Ok(ends.get(slot).copied().unwrap_or(0).into())
}

fn shortened(places: &TenantPlaces, leaves: u64, counted: u64) -> Error {
    Error::Shortened { path: places.leaves(), leaves, counted }
}
