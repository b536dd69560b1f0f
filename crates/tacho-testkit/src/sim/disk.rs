//! Given writes, syncs and a power cut, gives what a disk would still hold.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Disguise;
use crate::rng::Rng;

/// What is written to the disk as one.
pub(super) const SECTOR: usize = 512;

/// How much of what was not synced a power cut keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// Everything.
    Everything,
    /// Any subset of sectors and names.
    Some,
}

/// Files, directories, and what of them is durable.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    inodes: BTreeMap<u64, Inode>,
    dirs: BTreeMap<PathBuf, Dir>,
    next_inode: u64,
    pub(super) capacity: u64,
    freed: Vec<Arc<Vec<u8>>>,
}

/// A file's bytes. Twins of a machine share what neither changed, and so do cache and disk.
#[derive(Debug, Default, Clone)]
pub(crate) struct Inode {
    /// As processes see them.
    pub(crate) cached: Arc<Vec<u8>>,
    /// As the disk has them.
    durable: Arc<Vec<u8>>,
    /// Sectors that were written and not synced.
    dirty: BTreeSet<usize>,
    /// What failed ahead of a sync, and no sync has told yet.
    pub(crate) owed: Option<io::ErrorKind>,
    pub(crate) disguise: Option<Disguise>,
}

#[derive(Debug, Default, Clone)]
struct Dir {
    cached: BTreeMap<String, Node>,
    durable: BTreeMap<String, Node>,
    /// Changes since the last sync, each of which survives whole or not at all.
    pending: Vec<Vec<(String, Option<Node>)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    File(u64),
    Dir,
}

impl Disk {
    pub(super) fn new() -> Self {
        let dirs = BTreeMap::from([(PathBuf::from("/"), Dir::default())]);
        let inodes = BTreeMap::new();
        Self { inodes, dirs, next_inode: 1, capacity: u64::MAX, freed: Vec::new() }
    }

    pub(crate) fn inode(&self, number: u64) -> Option<&Inode> {
        self.inodes.get(&number)
    }

    pub(crate) fn inode_mut(&mut self, number: u64) -> Option<&mut Inode> {
        self.inodes.get_mut(&number)
    }

    pub(crate) fn file_at(&self, path: &Path) -> io::Result<u64> {
        match self.node_at(path)? {
            Node::File(number) => Ok(number),
            Node::Dir => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(crate) fn is_dir(&self, path: &Path) -> bool {
        self.dirs.contains_key(path)
    }

    fn node_at(&self, path: &Path) -> io::Result<Node> {
        let (dir, name) = split(path)?;
        let dir = self.dirs.get(dir).ok_or(io::ErrorKind::NotFound)?;
        dir.cached.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(crate) fn create(&mut self, path: &Path) -> io::Result<u64> {
        if self.node_at(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let number = self.next_inode;
        self.change(path, Some(Node::File(number)))?;
        self.next_inode += 1;
        self.inodes.insert(number, Inode::default());
        Ok(number)
    }

    pub(crate) fn create_dir(&mut self, path: &Path) -> io::Result<()> {
        if self.is_dir(path) {
            return Ok(());
        }
        if self.node_at(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.change(path, Some(Node::Dir))?;
        self.dirs.insert(path.to_owned(), Dir::default());
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.node_at(from)?;
        let ((from_dir, from_name), (to_dir, to_name)) = (split(from)?, split(to)?);
        if from_dir == to_dir {
            let changes = vec![(to_name.to_owned(), Some(node)), (from_name.to_owned(), None)];
            self.apply(from_dir, changes)
        } else {
            self.change(to, Some(node))?;
            self.change(from, None)
        }
    }

    pub(crate) fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let number = self.file_at(from)?;
        if self.node_at(to).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.change(to, Some(Node::File(number)))
    }

    pub(crate) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.file_at(path)?;
        self.change(path, None)
    }

    pub(crate) fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let dir = self.dirs.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(dir.cached.keys().cloned().collect())
    }

    pub(crate) fn links(&self, number: u64) -> u64 {
        let names = self.dirs.values().flat_map(|dir| dir.cached.values());
        names.filter(|node| **node == Node::File(number)).count() as u64
    }

    /// A name of the file.
    pub(super) fn path_of(&self, number: u64) -> Option<PathBuf> {
        self.dirs.iter().find_map(|(path, dir)| {
            let mut nodes = dir.cached.iter();
            let name = nodes.find(|(_, node)| **node == Node::File(number));
            name.map(|(name, _)| path.join(name))
        })
    }

    pub(crate) fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        let dir = self.dirs.get_mut(path).ok_or(io::ErrorKind::NotFound)?;
        dir.durable = dir.cached.clone();
        dir.pending.clear();
        Ok(())
    }

    pub(super) fn used(&self) -> u64 {
        let named = self.numbers();
        let files = self.inodes.iter().filter(|(number, _)| named.contains(number));
        files.map(|(_, inode)| inode.cached.len() as u64).sum()
    }

    /// Writes as much as there is room for; gives how much that was.
    pub(crate) fn write(&mut self, number: u64, bytes: &[u8], at: u64) -> io::Result<usize> {
        let full = self.capacity != u64::MAX;
        let room = if full { self.capacity.saturating_sub(self.used()) } else { u64::MAX / 2 };
        let inode = self.inodes.get_mut(&number).ok_or(io::ErrorKind::NotFound)?;
        let len = inode.cached.len() as u64;
        let within = (len.max(at) - at).min(bytes.len() as u64);
        let wanted = usize::try_from(within + room).unwrap_or(usize::MAX).min(bytes.len());
        if wanted == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        inode.write(bytes.get(..wanted).unwrap_or_default(), at);
        Ok(wanted)
    }

    pub(super) fn power_cut(&mut self, keep: Keep, rng: &mut Rng) {
        for dir in self.dirs.values_mut() {
            dir.power_cut(keep, rng);
        }
        // A directory whose name is gone is gone with all that is in it.
        let known = self.dirs.clone();
        self.dirs.retain(|path, _| {
            path.ancestors().zip(path.ancestors().skip(1)).all(|(child, parent)| {
                let name = child.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                known.get(parent).is_some_and(|dir| dir.cached.get(name) == Some(&Node::Dir))
            })
        });
        for inode in self.inodes.values_mut() {
            inode.power_cut(keep, rng);
        }
        self.free();
    }

    /// Moves the bytes of files without a name to where only an attacker finds them.
    fn free(&mut self) {
        let named: BTreeSet<u64> = self.numbers();
        let gone: Vec<u64> =
            self.inodes.keys().copied().filter(|number| !named.contains(number)).collect();
        for number in gone {
            self.freed.extend(self.inodes.remove(&number).map(|inode| inode.durable));
        }
    }

    fn numbers(&self) -> BTreeSet<u64> {
        let nodes = self.dirs.values().flat_map(|dir| dir.cached.values());
        nodes
            .filter_map(|node| match node {
                Node::File(number) => Some(*number),
                Node::Dir => None,
            })
            .collect()
    }

    /// The files of a name, in every directory of a name.
    pub(super) fn named(&self, dir: &str, name: &str) -> impl Iterator<Item = u64> {
        let dirs = self.dirs.iter().filter(move |(path, _)| path.ends_with(dir));
        dirs.filter_map(move |(_, dir)| match dir.cached.get(name) {
            Some(Node::File(number)) => Some(*number),
            _ => None,
        })
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let files = self.dirs.iter().flat_map(|(path, dir)| {
            let files = dir.cached.iter().filter(|(_, node)| matches!(node, Node::File(_)));
            files.map(|(name, _)| path.join(name))
        });
        files.collect()
    }

    pub(super) fn image(&self) -> Vec<Arc<Vec<u8>>> {
        let files = self.inodes.values().flat_map(|inode| {
            let is_one = Arc::ptr_eq(&inode.cached, &inode.durable);
            std::iter::once(&inode.cached).chain((!is_one).then_some(&inode.durable))
        });
        files.chain(&self.freed).cloned().collect()
    }

    pub(super) fn plant(&mut self, path: &Path, bytes: &[u8]) {
        let number = self.file_at(path).or_else(|_| self.create(path));
        let inode = number.ok().and_then(|number| self.inodes.get_mut(&number));
        if let Some(inode) = inode {
            inode.cached = Arc::new(bytes.to_vec());
            inode.durable = inode.cached.clone();
            inode.dirty.clear();
        }
        let _ = split(path).and_then(|(dir, _)| self.sync_dir(dir));
    }

    pub(super) fn unplant(&mut self, path: &Path) {
        let _ = self.remove(path);
        let _ = split(path).and_then(|(dir, _)| self.sync_dir(dir));
    }

    fn change(&mut self, path: &Path, node: Option<Node>) -> io::Result<()> {
        let (dir, name) = split(path)?;
        self.apply(dir, vec![(name.to_owned(), node)])
    }

    fn apply(&mut self, dir: &Path, changes: Vec<(String, Option<Node>)>) -> io::Result<()> {
        let dir = self.dirs.get_mut(dir).ok_or(io::ErrorKind::NotFound)?;
        put(&mut dir.cached, &changes);
        dir.pending.push(changes);
        Ok(())
    }
}

impl Dir {
    fn power_cut(&mut self, keep: Keep, rng: &mut Rng) {
        // Most file systems keep a prefix of the changes; we also try any subset.
        let prefix = rng.index(self.pending.len() + 1);
        let ordered = rng.chance(50);
        for (at, changes) in self.pending.iter().enumerate() {
            let kept = match keep {
                Keep::Nothing => false,
                Keep::Everything => true,
                Keep::Some if ordered => at < prefix,
                Keep::Some => rng.chance(50),
            };
            if kept {
                put(&mut self.durable, changes);
            }
        }
        self.pending.clear();
        self.cached = self.durable.clone();
    }
}

fn put(names: &mut BTreeMap<String, Node>, changes: &[(String, Option<Node>)]) {
    for (name, node) in changes {
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

impl Inode {
    fn write(&mut self, bytes: &[u8], at: u64) {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let end = at + bytes.len();
        if self.cached.len() < end {
            // The old last sector and all new ones change.
            self.dirty.extend(self.cached.len() / SECTOR..end.div_ceil(SECTOR));
        }
        let cached = Arc::make_mut(&mut self.cached);
        cached.resize(cached.len().max(end), 0);
        if let Some(to) = cached.get_mut(at..end) {
            to.copy_from_slice(bytes);
        }
        self.dirty.extend(at / SECTOR..end.div_ceil(SECTOR));
    }

    pub(crate) fn set_len(&mut self, len: u64) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let from = self.cached.len().min(len) / SECTOR;
        let to = self.cached.len().max(len).div_ceil(SECTOR);
        self.dirty.extend(from..to);
        Arc::make_mut(&mut self.cached).resize(len, 0);
    }

    /// Makes everything durable; gives how many bytes that were.
    pub(crate) fn sync(&mut self) -> u64 {
        let bytes = self.dirty.len() * SECTOR;
        for sector in std::mem::take(&mut self.dirty) {
            self.persist(sector);
        }
        if self.durable.len() != self.cached.len() {
            Arc::make_mut(&mut self.durable).resize(self.cached.len(), 0);
        }
        bytes as u64
    }

    /// Makes any subset durable: the power went in the middle of a sync.
    pub(crate) fn sync_some(&mut self, rng: &mut Rng) {
        for sector in self.dirty.clone() {
            if rng.chance(50) {
                self.persist(sector);
                self.dirty.remove(&sector);
            }
        }
    }

    /// What the kernel does when it cannot write: it forgets that it had to.
    pub(crate) fn fail_sync(&mut self, rng: &mut Rng) {
        // Some of it may have reached the disk all the same.
        self.sync_some(rng);
        self.dirty.clear();
        // Sometimes the pages are dropped too, and the old bytes are read again.
        if rng.chance(50) {
            self.cached = self.durable.clone();
        }
    }

    fn persist(&mut self, sector: usize) {
        let from = sector * SECTOR;
        let to = (from + SECTOR).min(self.cached.len());
        let Some(bytes) = self.cached.get(from..to) else { return };
        let disk = Arc::make_mut(&mut self.durable);
        disk.resize(disk.len().max(to), 0);
        if let Some(durable) = disk.get_mut(from..to) {
            durable.copy_from_slice(bytes);
        }
    }

    fn power_cut(&mut self, keep: Keep, rng: &mut Rng) {
        match keep {
            Keep::Nothing => {}
            Keep::Everything => {
                self.sync();
            }
            Keep::Some => {
                // Each file has its own luck, from almost nothing to almost all.
                let percent = rng.below(101);
                for sector in std::mem::take(&mut self.dirty) {
                    if rng.chance(percent) {
                        self.persist(sector);
                    }
                }
                // A longer file may be seen before its bytes: they read as zeros.
                if self.durable.len() < self.cached.len() && rng.chance(50) {
                    let more = self.cached.len() - self.durable.len();
                    let len = self.durable.len() + rng.index(more + 1);
                    Arc::make_mut(&mut self.durable).resize(len, 0);
                }
            }
        }
        self.dirty.clear();
        self.cached = self.durable.clone();
    }
}

fn split(path: &Path) -> io::Result<(&Path, &str)> {
    let name = path.file_name().and_then(|name| name.to_str());
    path.parent().zip(name).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}
