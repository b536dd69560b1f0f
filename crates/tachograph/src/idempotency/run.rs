//! A sorted run of marks: what the window knows of integrated frames.
//!
//! ```text
//! idempotency/<window>-<segment>-<offset>.run     marks of frames up to that position
//! 0 "TWR1" | 4 u64 window | 12 u32 count | 16 u32 filter words | 20 u32 crc32c(filter)
//! 24 u32 crc32c(bytes 0..24) | 28 u32 0
//! 32 filter: u64 words, a power of two of them
//!  . entries, sorted: idem 16 | record id 16 | leaf hash 32 | u32 crc32c(the 64 bytes before)
//! ```
//!
//! The filter is in memory, the entries are not: who was never seen costs no read.

use std::iter::Peekable;
use std::path::{Path, PathBuf};

use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{create_afresh, unfinished};
use crate::files::{Access, File, Files, Point, read_full_at, write_all_at};
use crate::limits::{IDEMPOTENCY_IDS_MAX, IDEMPOTENCY_RUNS_ALIKE};
use crate::wal::Position;
use crate::wal::field::{array_at, index, u32_at, u64_at};

const MAGIC: &[u8; 4] = b"TWR1";
const HEADER_BYTES: usize = 32;
const CHECKED: usize = 24;
const ENTRY_BYTES: usize = 68;
/// Bits of the filter per entry: with four of them set, one in four hundred is a false alarm.
const FILTER_BITS: usize = 16;
const FILTER_PROBES: u64 = 4;
/// Bytes read and written at a time: whole entries.
const CHUNK_BYTES: usize = ENTRY_BYTES * 1024;
/// A merged run of two windows' ids at most.
const COUNT_MAX: u64 = IDEMPOTENCY_IDS_MAX * 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) idem: [u8; 16],
    pub(super) record_id: [u8; 16],
    pub(super) leaf_hash: [u8; 32],
}

#[derive(Debug)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) window: u64,
    pub(super) to: Position,
    pub(super) count: u64,
    path: PathBuf,
    file: Box<dyn File>,
    filter: Vec<u64>,
}

impl Run {
    /// Loads the run in the file `name`; none when it is no run's name.
    pub(super) fn load(files: &dyn Files, dir: &Path, name: &str) -> Result<Option<Self>, Error> {
        let Some((window, to)) = named(name) else { return Ok(None) };
        let path = dir.join(name);
        let damaged = || Error::Damaged { path: dir.join(name), what: "it is no sorted run" };
        let file = files.open(&path, Access::Read).doing("open", &path)?;
        let mut header = [0; HEADER_BYTES];
        read_full_at(file.as_ref(), &mut header, 0).doing("read", &path)?;
        let decode = || {
            let whole = u32_at(&header, CHECKED)? == checksum::of(header.get(..CHECKED)?);
            let known = whole && header.starts_with(MAGIC) && u64_at(&header, 4)? == window;
            known.then_some((u32_at(&header, 12)?, u32_at(&header, 16)?, u32_at(&header, 20)?))
        };
        let (count, words, crc) = decode().ok_or_else(damaged)?;
        let (count, words) = (u64::from(count), index(words));
        if count > COUNT_MAX
            || !words.is_power_of_two()
            || !(filter_words(count)..=filter_words(COUNT_MAX)).contains(&words)
        {
            return Err(damaged());
        }
        let mut bytes = vec![0; words * 8];
        let at = HEADER_BYTES as u64;
        let read = read_full_at(file.as_ref(), &mut bytes, at).doing("read", &path)?;
        if read < bytes.len() || checksum::of(&bytes) != crc {
            return Err(damaged());
        }
        let filter = (0..words).filter_map(|word| u64_at(&bytes, word * 8)).collect();
        Ok(Some(Self { name: name.to_owned(), window, to, count, path, file, filter }))
    }

    /// Writes a run of sorted entries, at most `most` of them; when this returns, the frames it
    /// stands for may go.
    pub(super) fn write(
        files: &dyn Files,
        dir: &Path,
        (window, to): (u64, Position),
        most: u64,
        entries: impl Iterator<Item = Result<Entry, Error>>,
    ) -> Result<(), Error> {
        let path = dir.join(name_of(window, to));
        let draft = unfinished(&path);
        let file = create_afresh(files, &draft)?;
        let mut filter = vec![0_u64; filter_words(most)];
        let (mut buffer, mut count) = (Vec::new(), 0_u32);
        let mut at = (HEADER_BYTES + filter.len() * 8) as u64;
        for entry in entries {
            let entry = entry?;
            for bit in filter_bits(&entry.id(), filter.len()) {
                if let Some(word) = filter.get_mut(bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
            buffer.extend_from_slice(&entry.encode());
            count += 1;
            if buffer.len() >= CHUNK_BYTES {
                write_all_at(file.as_ref(), &buffer, at).doing("write", &draft)?;
                at += buffer.len() as u64;
                buffer.clear();
            }
        }
        write_all_at(file.as_ref(), &buffer, at).doing("write", &draft)?;
        let head = head(window, count, &filter);
        write_all_at(file.as_ref(), &head, 0).doing("write", &draft)?;
        file.sync_data(Point::RunSync).doing("sync", &draft)?;
        files.rename(&draft, &path, Point::RunRename).doing("rename", &draft)?;
        files.sync_dir(dir, Point::RunDirSync).doing("sync", dir)
    }

    /// All entries, in order.
    fn entries(&self) -> impl Iterator<Item = Result<Entry, Error>> {
        let mut chunk = Vec::new();
        let mut taken = 0;
        (0..self.count).map(move |at| {
            if taken == chunk.len() {
                chunk = self.chunk(at)?;
                taken = 0;
            }
            let bytes = chunk.get(taken..taken + ENTRY_BYTES).unwrap_or_default();
            taken += ENTRY_BYTES;
            Entry::decode(bytes).ok_or_else(|| self.damaged())
        })
    }

    fn chunk(&self, at: u64) -> Result<Vec<u8>, Error> {
        let left = usize::try_from(self.count - at).unwrap_or(usize::MAX);
        let mut chunk = vec![0; left.min(CHUNK_BYTES / ENTRY_BYTES) * ENTRY_BYTES];
        let read = read_full_at(self.file.as_ref(), &mut chunk, self.offset(at));
        read.doing("read", &self.path)?;
        Ok(chunk)
    }

    /// Gives the run a later name: up to `to` there is nothing more to know.
    pub(super) fn rename(&self, files: &dyn Files, dir: &Path, to: Position) -> Result<(), Error> {
        let later = dir.join(name_of(self.window, to));
        files.rename(&self.path, &later, Point::RunRename).doing("rename", &self.path)?;
        files.sync_dir(dir, Point::RunDirSync).doing("sync", dir)
    }

    /// Whether this is still the file of its name.
    pub(super) fn is_at(&self, files: &dyn Files, dir: &Path) -> bool {
        let there = files.stat(&dir.join(&self.name)).map(|stat| stat.identity);
        there.is_ok_and(|there| self.file.stat().is_ok_and(|stat| stat.identity == there))
    }

    /// The entry of an id.
    pub(super) fn find(&self, id: &[u8; 8]) -> Result<Option<Entry>, Error> {
        let has =
            |bit: usize| self.filter.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1);
        if self.count == 0 || !filter_bits(id, self.filter.len()).all(has) {
            return Ok(None);
        }
        let (mut from, mut to) = (0, self.count);
        while from < to {
            let middle = from + (to - from) / 2;
            let entry = self.entry(middle)?;
            match entry.id().cmp(id) {
                std::cmp::Ordering::Equal => return Ok(Some(entry)),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        Ok(None)
    }

    fn entry(&self, at: u64) -> Result<Entry, Error> {
        let mut bytes = [0; ENTRY_BYTES];
        let read = read_full_at(self.file.as_ref(), &mut bytes, self.offset(at));
        read.doing("read", &self.path)?;
        // A search that a flipped bit sent the wrong way would find nothing, and say so.
        Entry::decode(&bytes).ok_or_else(|| self.damaged())
    }

    fn offset(&self, at: u64) -> u64 {
        (HEADER_BYTES + self.filter.len() * 8) as u64 + at * ENTRY_BYTES as u64
    }

    fn damaged(&self) -> Error {
        Error::Damaged { path: self.path.clone(), what: "an entry is not whole" }
    }
}

impl Entry {
    fn id(&self) -> [u8; 8] {
        super::halves(&self.idem).0
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ENTRY_BYTES);
        bytes.extend_from_slice(&self.idem);
        bytes.extend_from_slice(&self.record_id);
        bytes.extend_from_slice(&self.leaf_hash);
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let whole = u32_at(bytes, 64)? == checksum::of(bytes.get(..64)?);
        let (idem, record_id) = (array_at(bytes, 0)?, array_at(bytes, 16)?);
        whole.then_some(Self { idem, record_id, leaf_hash: array_at(bytes, 32)? })
    }
}

/// Runs of one window and about one size that should be one run; none when there are few.
pub(super) fn alike(runs: &[Run]) -> Option<Vec<usize>> {
    let class = |run: &Run| (run.window, run.count.max(1).ilog2() / 2);
    let mut classes: Vec<_> = runs.iter().map(class).collect();
    classes.sort_unstable();
    classes.dedup();
    classes.into_iter().find_map(|wanted| {
        let members = runs.iter().enumerate().filter(|(_, run)| class(run) == wanted);
        let members: Vec<usize> = members.map(|(at, _)| at).collect();
        (members.len() >= IDEMPOTENCY_RUNS_ALIKE).then_some(members)
    })
}

/// Makes one run of several.
pub(super) fn merge(
    files: &dyn Files,
    dir: &Path,
    runs: &[Run],
    alike: &[usize],
) -> Result<(), Error> {
    let members: Vec<&Run> = alike.iter().filter_map(|at| runs.get(*at)).collect();
    let window = members.iter().map(|run| run.window).max().unwrap_or(1);
    let to = members.iter().map(|run| run.to).max().unwrap_or(Position::START);
    let most = members.iter().map(|run| run.count).sum();
    let mut sources: Vec<_> = members.iter().map(|run| run.entries().peekable()).collect();
    let merged = std::iter::from_fn(|| {
        // An error comes first, so that it is seen.
        let first = |source: &mut Peekable<_>| match source.peek() {
            Some(Ok(entry)) => Some(Some(*entry)),
            Some(Err(_)) => Some(None),
            None => None,
        };
        let heads = sources.iter_mut().enumerate();
        let heads = heads.filter_map(|(at, source)| first(source).map(|head| (head, at)));
        let (_, lowest) = heads.min()?;
        sources.get_mut(lowest)?.next()
    });
    // The newest member has the name of the whole, and is replaced by it.
    Run::write(files, dir, (window, to), most, merged)?;
    for run in members.iter().filter(|run| run.to != to) {
        files.remove(&run.path).doing("remove", &run.path)?;
    }
    Ok(())
}

/// Header and filter of a run.
fn head(window: u64, count: u32, filter: &[u64]) -> Vec<u8> {
    let filter: Vec<u8> = filter.iter().flat_map(|word| word.to_be_bytes()).collect();
    let words = u32::try_from(filter.len() / 8).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER_BYTES + filter.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&window.to_be_bytes());
    bytes.extend_from_slice(&count.to_be_bytes());
    bytes.extend_from_slice(&words.to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&filter).to_be_bytes());
    bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&filter);
    bytes
}

/// The window and the position in the name of a run's file.
pub(super) fn named(name: &str) -> Option<(u64, Position)> {
    let mut numbers = name.strip_suffix(".run")?.split('-').map(str::parse);
    let (window, segment, offset) =
        (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    let to = Position { segment, offset };
    (name_of(window, to) == name).then_some((window, to))
}

fn name_of(window: u64, to: Position) -> String {
    format!("{window:08}-{:08}-{:010}.run", to.segment, to.offset)
}

fn filter_words(count: u64) -> usize {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    (count * FILTER_BITS).div_ceil(64).next_power_of_two()
}

fn filter_bits(id: &[u8; 8], words: usize) -> impl Iterator<Item = usize> {
    let id = u64::from_be_bytes(*id);
    // Ids are keyed hashes: their halves are as good as two hash functions.
    let (first, step) = (id >> 32, id & 0xffff_ffff | 1);
    let mask = (words * 64 - 1) as u64;
    (0..FILTER_PROBES).map(move |probe| {
        let bit = first.wrapping_add(probe.wrapping_mul(step)) & mask;
        usize::try_from(bit).unwrap_or(0)
    })
}
