//! Given a process of the machine, gives its [`Files`].

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tachograph::files::{Access, File, Files, Kind, Point, Stat};

use super::disk::Inode;
use super::fault::{On, strike};
use super::{Disguise, Machine, State};

/// The user everybody is.
const USER: u32 = 1000;
/// The device the disk is.
const DEVICE: u64 = 1;

/// The files of the machine as one process sees them.
#[derive(Debug)]
pub struct SimFiles {
    machine: Machine,
    process: AtomicU32,
    parent: AtomicU32,
}

#[derive(Debug)]
struct SimFile {
    machine: Machine,
    process: u32,
    handle: u64,
    inode: u64,
    access: Access,
    path: PathBuf,
}

impl SimFiles {
    pub(super) fn new(machine: Machine, process: u32) -> Self {
        Self { machine, process: AtomicU32::new(process), parent: AtomicU32::new(0) }
    }

    /// The number of the process.
    pub fn number(&self) -> u32 {
        self.process.load(Ordering::Relaxed)
    }

    /// The process this one was forked from, 0 if it was not.
    pub fn parent(&self) -> u32 {
        self.parent.load(Ordering::Relaxed)
    }

    /// Goes on as a forked child, with the handles its parent had open.
    pub fn fork(&self) -> u32 {
        let mut state = self.machine.state();
        let child = state.next_process;
        state.next_process += 1;
        let parent = self.number();
        let inherited = state.handles.iter().filter(|(_, (owner, _))| *owner == parent);
        let inherited: Vec<u64> = inherited.map(|(handle, _)| *handle).collect();
        state.shared.extend(inherited);
        self.parent.store(parent, Ordering::Relaxed);
        self.process.store(child, Ordering::Relaxed);
        child
    }

    fn handle(&self, state: &mut State, inode: u64, access: Access, path: &Path) -> Box<SimFile> {
        let handle = state.next_handle;
        let process = self.number();
        state.next_handle += 1;
        state.handles.insert(handle, (process, inode));
        let machine = self.machine.clone();
        Box::new(SimFile { machine, process, handle, inode, access, path: path.to_owned() })
    }
}

fn stat_of(state: &State, number: u64) -> Stat {
    let inode = state.disk.inode(number);
    let disguise = inode.and_then(|inode| inode.disguise);
    Stat {
        identity: (DEVICE, number),
        len: inode.map_or(0, |inode| inode.cached.len() as u64),
        links: state.disk.links(number) + u64::from(disguise == Some(Disguise::Linked)),
        user: if disguise == Some(Disguise::Foreign) { USER + 1 } else { USER },
        kind: if disguise == Some(Disguise::Special) { Kind::Other } else { Kind::File },
    }
}

impl Files for SimFiles {
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn File>> {
        let (mut state, dying) = self.machine.look(self.number())?;
        if let Some(kind) = strike(&mut state.faults, On::Open, path) {
            return Err(kind.into());
        }
        let inode = state.disk.file_at(path)?;
        let disguise = state.disk.inode(inode).and_then(|inode| inode.disguise);
        if disguise == Some(Disguise::Special) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        alive(dying)?;
        Ok(self.handle(&mut state, inode, access, path))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let (mut state, dying) = self.machine.change(self.number())?;
        if let Some(kind) = strike(&mut state.faults, On::Create, path) {
            return Err(kind.into());
        }
        if dying && state.is_undone() {
            return Err(dead());
        }
        let inode = state.disk.create(path)?;
        alive(dying)?;
        Ok(self.handle(&mut state, inode, Access::Write, path))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let (mut state, dying) = self.machine.change(self.number())?;
        if dying && state.is_undone() {
            return Err(dead());
        }
        state.disk.create_dir(path)?;
        alive(dying)
    }

    fn rename(&self, from: &Path, to: &Path, point: Point) -> io::Result<()> {
        let (mut state, dying) = self.machine.change(self.number())?;
        if let Some(kind) = strike(&mut state.faults, On::Rename, to) {
            return Err(kind.into());
        }
        if dying && state.is_undone() {
            return Err(dead());
        }
        if !state.is_off(point) {
            state.disk.rename(from, to)?;
        }
        alive(dying)
    }

    fn link(&self, from: &Path, to: &Path, point: Point) -> io::Result<()> {
        let (mut state, dying) = self.machine.change(self.number())?;
        if let Some(kind) = strike(&mut state.faults, On::Create, to) {
            return Err(kind.into());
        }
        if dying && state.is_undone() {
            return Err(dead());
        }
        if !state.is_off(point) {
            state.disk.link(from, to)?;
        }
        alive(dying)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (mut state, dying) = self.machine.change(self.number())?;
        if dying && state.is_undone() {
            return Err(dead());
        }
        state.disk.remove(path)?;
        alive(dying)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let (state, dying) = self.machine.look(self.number())?;
        alive(dying)?;
        state.disk.list(dir)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let (state, dying) = self.machine.look(self.number())?;
        alive(dying)?;
        if state.disk.is_dir(path) {
            let kind = Kind::Directory;
            return Ok(Stat { identity: (DEVICE, 0), len: 0, links: 1, user: USER, kind });
        }
        Ok(stat_of(&state, state.disk.file_at(path)?))
    }

    fn sync_dir(&self, dir: &Path, point: Point) -> io::Result<()> {
        let (mut state, dying) = self.machine.change(self.number())?;
        if let Some(kind) = strike(&mut state.faults, On::SyncDir, dir) {
            return Err(kind.into());
        }
        if dying && state.is_undone() {
            return Err(dead());
        }
        if !state.is_off(point) {
            state.disk.sync_dir(dir)?;
        }
        alive(dying)
    }

    fn is_remote(&self, _path: &Path) -> io::Result<bool> {
        Ok(false)
    }

    fn user(&self) -> u32 {
        USER
    }

    fn process(&self) -> u32 {
        self.number()
    }

    fn boot_id(&self) -> Option<[u8; 16]> {
        Some(self.machine.state().boot())
    }

    fn pause(&self, micros: u64) {
        if let Ok((mut state, _)) = self.machine.look(self.number()) {
            state.pass(micros);
        }
    }
}

impl SimFile {
    /// The error planned for this operation, by the name the file has now.
    fn strike(&self, state: &mut State, on: On) -> Option<io::ErrorKind> {
        if state.faults.is_empty() {
            return None;
        }
        let path = state.disk.path_of(self.inode).unwrap_or_else(|| self.path.clone());
        strike(&mut state.faults, on, &path)
    }

    /// A handle dies with its process, and a forked child has its parent's.
    fn inode<'a>(&self, state: &'a mut State) -> io::Result<&'a mut Inode> {
        if !state.handles.contains_key(&self.handle) {
            return Err(dead());
        }
        state.disk.inode_mut(self.inode).ok_or_else(dead)
    }
}

impl File for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let (mut state, dying) = self.machine.look(self.process)?;
        alive(dying)?;
        if let Some(kind) = self.strike(&mut state, On::Read) {
            return Err(kind.into());
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.inode(&mut state)?.cached.get(offset..).unwrap_or_default();
        let read = bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), bytes.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let (mut state, dying) = self.machine.change(self.process)?;
        if self.access == Access::Read {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let struck = self.strike(&mut state, On::Write);
        let written = if dying {
            state.written_of(bytes.len())
        } else if struck.is_some() {
            bytes.len() / 2
        } else if state.short_writes {
            bytes.len().min(1 + state.rng.index(bytes.len()))
        } else {
            bytes.len()
        };
        let written = bytes.get(..written).unwrap_or_default();
        let written = state.disk.write(self.inode, written, offset)?;
        alive(dying)?;
        struck.map_or(Ok(written), |kind| Err(kind.into()))
    }

    fn begin_sync(&self, from: u64, to: u64) {
        let mut guard = self.machine.state();
        let state = &mut *guard;
        state.begun += to.saturating_sub(from);
        let struck = self.strike(state, On::Begun);
        let Some(inode) = state.disk.inode_mut(self.inode) else { return };
        match struck {
            // As far as it came.
            None => inode.sync_some(&mut state.rng),
            Some(kind) => {
                inode.fail_sync(&mut state.rng);
                inode.owed = Some(kind);
            }
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let (mut state, dying) = self.machine.change(self.process)?;
        self.inode(&mut state)?.set_len(len);
        alive(dying)
    }

    fn sync_data(&self, point: Point) -> io::Result<()> {
        let (mut guard, dying) = self.machine.change(self.process)?;
        let state = &mut *guard;
        let struck = self.strike(state, On::Sync);
        if state.is_off(point) {
            return alive(dying);
        }
        let mut locks = state.disk.named("wal", "lock");
        let locked = locks.any(|inode| state.locks.contains_key(&inode));
        drop(locks);
        let Some(inode) = state.disk.inode_mut(self.inode) else { return Err(dead()) };
        if dying {
            inode.sync_some(&mut state.rng);
            return Err(dead());
        }
        if let Some(kind) = struck.or(inode.owed.take()) {
            inode.fail_sync(&mut state.rng);
            return Err(kind.into());
        }
        let bytes = inode.sync();
        state.synced_under_lock += if locked { bytes } else { 0 };
        Ok(())
    }

    fn try_lock(&self, point: Point) -> io::Result<bool> {
        let (mut state, dying) = self.machine.look(self.process)?;
        alive(dying)?;
        if let Some(kind) = self.strike(&mut state, On::Lock) {
            return Err(kind.into());
        }
        if state.is_off(point) {
            return Ok(true);
        }
        let holder = *state.locks.entry(self.inode).or_insert(self.handle);
        Ok(holder == self.handle)
    }

    fn unlock(&self) -> io::Result<()> {
        let (mut state, dying) = self.machine.look(self.process)?;
        if state.locks.get(&self.inode) == Some(&self.handle) {
            state.locks.remove(&self.inode);
        }
        alive(dying)
    }

    fn stat(&self) -> io::Result<Stat> {
        let (mut state, dying) = self.machine.look(self.process)?;
        alive(dying)?;
        self.inode(&mut state)?;
        Ok(stat_of(&state, self.inode))
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let mut state = self.machine.state();
        if state.shared.remove(&self.handle) {
            return;
        }
        state.handles.remove(&self.handle);
        if state.locks.get(&self.inode) == Some(&self.handle) {
            state.locks.remove(&self.inode);
        }
    }
}

fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

fn alive(dying: bool) -> io::Result<()> {
    if dying { Err(dead()) } else { Ok(()) }
}
