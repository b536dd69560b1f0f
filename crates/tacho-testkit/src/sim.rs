//! Given a seed, gives a machine: a disk that forgets what was not synced, processes that die,
//! and faults at every operation.
//!
//! The model is harsher than any file system we know. Written bytes stand in the page cache; a
//! power cut keeps any subset of the unsynced sectors, so writes tear inside pages and files end
//! anywhere. A name survives only when its directory was synced, and names of one directory
//! survive in any subset. A failed sync drops the dirty sectors and calls the next sync a success.
//! Killing a process loses nothing but its locks and the rest of a write it was in.
//!
//! Operations are counted; [`Machine::stop_at`] makes the process die in the middle of the n-th,
//! [`Machine::stop_past`] behind a named point, and [`Machine::interrupt_at`] lets another process
//! run just before it. Those that may change the disk are counted besides: who dies looking leaves
//! the same disk as who dies at the beginning of the next change, so [`Machine::stop_in_change`]
//! meets all there is to meet. [`Machine::switch_off`] makes a named point do nothing.

mod disk;
mod fault;
mod files;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tachograph::files::Point;
use tachograph::world::{Timestamp, World};

use crate::rng::Rng;
use disk::Disk;
pub use disk::Keep;
pub use fault::{Fault, On};
pub use files::SimFiles;

/// A machine with one disk.
#[derive(Clone)]
pub struct Machine(Arc<Mutex<State>>);

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

/// How a process ends in the middle of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is killed; the page cache stays.
    Kill,
    /// The power goes; call [`Machine::power_cut`] before anybody does anything else.
    PowerCut,
}

type Interrupt = Box<dyn FnOnce() + Send>;

pub(crate) struct State {
    pub(crate) rng: Rng,
    pub(crate) disk: Disk,
    pub(crate) ops: u64,
    changes: u64,
    stop: Option<(u64, Stop)>,
    stop_in_change: Option<(u64, Stop)>,
    /// Whether who dies in a change that is done whole or not at all has not done it.
    dies_before: bool,
    /// How often a point is still to be passed, how many operations go well then, and the end.
    stop_past: Option<(Point, u32, u64, Stop)>,
    stopped: bool,
    interrupt: Option<(u64, Interrupt)>,
    boot: [u8; 16],
    micros: u64,
    next_process: u32,
    dead: HashSet<u32>,
    powerless: bool,
    off: HashSet<Point>,
    pub(crate) seen: HashSet<Point>,
    pub(crate) faults: Vec<Fault>,
    /// Open file by its number: the process that opened it, and the file.
    pub(crate) handles: BTreeMap<u64, (u32, u64)>,
    pub(crate) next_handle: u64,
    /// Handles that a parent and its forked child both have.
    pub(crate) shared: HashSet<u64>,
    /// File to the handle that locked it.
    pub(crate) locks: BTreeMap<u64, u64>,
    pub(crate) short_writes: bool,
    /// Bytes that syncs had to write while a file named `lock` was locked.
    pub(crate) synced_under_lock: u64,
    /// Bytes whose sync was begun ahead of it.
    pub(crate) begun: u64,
}

impl Machine {
    /// A machine with an empty disk on which `/` exists.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut boot = [0; 16];
        rng.fill(&mut boot);
        Self(Arc::new(Mutex::new(State {
            rng,
            disk: Disk::new(),
            ops: 0,
            changes: 0,
            stop: None,
            stop_in_change: None,
            dies_before: false,
            stop_past: None,
            stopped: false,
            interrupt: None,
            boot,
            micros: 1_800_000_000_000_000,
            next_process: 1,
            dead: HashSet::new(),
            powerless: false,
            off: HashSet::new(),
            seen: HashSet::new(),
            faults: Vec::new(),
            handles: BTreeMap::new(),
            next_handle: 1,
            shared: HashSet::new(),
            locks: BTreeMap::new(),
            short_writes: false,
            synced_under_lock: 0,
            begun: 0,
        })))
    }

    /// Another machine with the same disk and page cache, and other luck; no process runs on it.
    pub fn twin(&self, seed: u64) -> Self {
        let state = self.state();
        Self(Arc::new(Mutex::new(State {
            rng: Rng::new(seed ^ 0x7e11),
            disk: state.disk.clone(),
            ops: state.ops,
            changes: state.changes,
            stop: None,
            stop_in_change: None,
            dies_before: false,
            stop_past: None,
            stopped: false,
            interrupt: None,
            boot: state.boot,
            micros: state.micros,
            next_process: state.next_process,
            dead: (1..state.next_process).collect(),
            powerless: false,
            off: state.off.clone(),
            seen: state.seen.clone(),
            faults: Vec::new(),
            handles: BTreeMap::new(),
            next_handle: state.next_handle,
            shared: HashSet::new(),
            locks: BTreeMap::new(),
            short_writes: state.short_writes,
            synced_under_lock: 0,
            begun: 0,
        })))
    }

    /// A new process.
    pub fn process(&self) -> SimFiles {
        let mut state = self.state();
        let process = state.next_process;
        state.next_process += 1;
        SimFiles::new(self.clone(), process)
    }

    /// A clock and dice that the seed determines.
    pub fn world(&self) -> Arc<dyn World> {
        Arc::new(SimWorld(self.clone()))
    }

    /// How many operations were done.
    pub fn ops(&self) -> u64 {
        self.state().ops
    }

    /// How many operations were done that may change the disk.
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// The points that were passed.
    pub fn seen(&self) -> HashSet<Point> {
        self.state().seen.clone()
    }

    /// Lets whoever does the `op`-th operation die in the middle of it.
    pub fn stop_at(&self, op: u64, stop: Stop) {
        let mut state = self.state();
        state.stop = Some((op, stop));
        state.stopped = false;
    }

    /// Lets whoever does the `change`-th operation that may change the disk die in its middle, or
    /// before it, where it has no middle.
    pub fn stop_in_change(&self, change: u64, stop: Stop) {
        let mut state = self.state();
        state.stop_in_change = Some((change, stop));
        state.stopped = false;
    }

    /// Lets whoever passes a point for the `times`-th time from now on do `after` more operations,
    /// and die in the middle of the next one.
    pub fn stop_past(&self, point: Point, times: u32, after: u64, stop: Stop) {
        let mut state = self.state();
        state.stop_past = Some((point, times.max(1), after, stop));
        state.stopped = false;
    }

    /// Whether the last planned stop has come.
    pub fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Takes a planned stop and all faults back.
    pub fn calm_down(&self) {
        let mut state = self.state();
        state.stop = None;
        state.stop_in_change = None;
        state.stop_past = None;
        state.faults.clear();
    }

    /// Lets `other` run just before the `op`-th operation; it must be done by other processes.
    pub fn interrupt_at(&self, op: u64, other: impl FnOnce() + Send + 'static) {
        self.state().interrupt = Some((op, Box::new(other)));
    }

    /// Makes a point do nothing and report success.
    pub fn switch_off(&self, point: Point) {
        self.state().off.insert(point);
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Lets every write of more than one byte write only some of them.
    pub fn shorten_writes(&self, short: bool) {
        self.state().short_writes = short;
    }

    /// Lets the disk hold no more than `bytes`.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().disk.capacity = bytes;
    }

    /// Bytes on the disk.
    pub fn used(&self) -> u64 {
        self.state().disk.used()
    }

    /// Kills a process; the page cache stays.
    pub fn kill(&self, process: &SimFiles) {
        self.state().bury(process.number());
    }

    /// Cuts the power and starts the machine again: all processes are dead, what was not synced is
    /// there as far as `keep` and chance have it.
    pub fn power_cut(&self, keep: Keep) {
        self.disk_cut(keep);
        let mut guard = self.state();
        let state = &mut *guard;
        state.rng.fill(&mut state.boot);
    }

    /// The disk alone loses its power and comes back, as one that was pulled out: who had the store
    /// open is dead, and the machine was not started again.
    pub fn disk_cut(&self, keep: Keep) {
        let mut guard = self.state();
        let state = &mut *guard;
        state.disk.power_cut(keep, &mut state.rng);
        state.powerless = false;
        state.stop = None;
        state.stop_in_change = None;
        state.stop_past = None;
        state.interrupt = None;
        state.handles.clear();
        state.locks.clear();
        state.dead.extend(1..state.next_process);
    }

    /// Lets time pass.
    pub fn pass(&self, micros: u64) {
        self.state().micros += micros;
    }

    /// Sets the clock, forward or back.
    pub fn set_clock(&self, micros: u64) {
        self.state().micros = micros;
    }

    /// Makes a directory that was always there.
    pub fn make_dir(&self, path: impl AsRef<Path>) {
        let path = path.as_ref();
        let mut state = self.state();
        let _ = state.disk.create_dir(path);
        let _ = path.parent().map(|parent| state.disk.sync_dir(parent));
    }

    /// The bytes of a file as processes see them; none when there is no file.
    pub fn read(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let state = self.state();
        let inode = state.disk.file_at(path.as_ref()).ok()?;
        state.disk.inode(inode).map(|inode| inode.cached.to_vec())
    }

    /// Changes a file behind everybody's back, durably; creates it when there is none.
    pub fn tamper(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        self.state().disk.plant(path.as_ref(), bytes);
    }

    /// Makes somebody else the owner of a file, or gives it a second name, or makes it no file.
    pub fn disguise(&self, path: impl AsRef<Path>, disguise: Disguise) {
        let mut state = self.state();
        if let Ok(number) = state.disk.file_at(path.as_ref())
            && let Some(inode) = state.disk.inode_mut(number)
        {
            inode.disguise = Some(disguise);
        }
    }

    /// Removes a file behind everybody's back, durably.
    pub fn unlink(&self, path: impl AsRef<Path>) {
        self.state().disk.unplant(path.as_ref());
    }

    /// Every file there is, sorted.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().disk.paths()
    }

    /// Every byte an attacker with the disk in his hands could find: files and freed blocks.
    pub fn image(&self) -> Vec<Arc<Vec<u8>>> {
        self.state().disk.image()
    }

    /// Locks the file at `path` with a handle that the parent of the forked `child` had open.
    pub fn lock_as_parent_of(&self, child: &SimFiles, path: impl AsRef<Path>) -> bool {
        let mut state = self.state();
        let Ok(inode) = state.disk.file_at(path.as_ref()) else { return false };
        let parent = child.parent();
        let owned = |(_, of): &(&u64, &(u32, u64))| **of == (parent, inode);
        let Some(handle) = state.handles.iter().find(owned).map(|(handle, _)| *handle) else {
            return false;
        };
        state.locks.insert(inode, handle);
        true
    }

    /// Bytes that syncs had to write while somebody held `wal/lock`.
    pub fn synced_under_lock(&self) -> u64 {
        self.state().synced_under_lock
    }

    /// Bytes that the disk was given to do before anybody synced them.
    pub fn begun(&self) -> u64 {
        self.state().begun
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation of `process` that changes nothing; see [`Machine::begin`].
    pub(crate) fn look(&self, process: u32) -> io::Result<(MutexGuard<'_, State>, bool)> {
        self.begin(process, false)
    }

    /// Counts an operation of `process` that may change the disk; see [`Machine::begin`].
    pub(crate) fn change(&self, process: u32) -> io::Result<(MutexGuard<'_, State>, bool)> {
        self.begin(process, true)
    }

    /// Counts an operation of `process`; runs who interrupts, and tells whether it dies in it.
    fn begin(&self, process: u32, changes: bool) -> io::Result<(MutexGuard<'_, State>, bool)> {
        let mut state = self.state();
        state.ops += 1;
        let now = state.ops;
        if let Some((_, other)) = state.interrupt.take_if(|(op, _)| *op == now) {
            drop(state);
            other();
            state = self.state();
        }
        if state.powerless || state.dead.contains(&process) {
            return Err(io::Error::other("the process is dead"));
        }
        state.changes += u64::from(changes);
        let change = state.changes;
        let in_change = state.stop_in_change.take_if(|(at, _)| changes && *at <= change);
        state.dies_before = in_change.is_some();
        let Some((_, stop)) = state.stop.take_if(|(op, _)| *op <= now).or(in_change) else {
            return Ok((state, false));
        };
        state.stopped = true;
        match stop {
            Stop::Kill => state.bury(process),
            Stop::PowerCut => state.powerless = true,
        }
        Ok((state, true))
    }
}

/// What a file pretends to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disguise {
    /// It belongs to another user.
    Foreign,
    /// It has a second name.
    Linked,
    /// It is a link, a pipe or a device.
    Special,
}

impl State {
    fn bury(&mut self, process: u32) {
        self.dead.insert(process);
        let Self { handles, locks, .. } = self;
        handles.retain(|_, (owner, _)| *owner != process);
        locks.retain(|_, handle| handles.contains_key(handle));
    }

    pub(crate) fn is_off(&mut self, point: Point) -> bool {
        self.seen.insert(point);
        if let Some((watched, times, after, stop)) = &mut self.stop_past
            && *watched == point
        {
            *times -= 1;
            if *times == 0 {
                self.stop = Some((self.ops + 1 + *after, *stop));
                self.stop_past = None;
            }
        }
        self.off.contains(&point)
    }

    /// Whether who dies in a change that is done whole or not at all has not done it.
    pub(crate) fn is_undone(&mut self) -> bool {
        self.dies_before || self.rng.chance(50)
    }

    /// How much of a write is there when its writer dies.
    pub(crate) fn written_of(&mut self, len: usize) -> usize {
        if self.dies_before && self.rng.chance(25) { 0 } else { self.rng.index(len + 1) }
    }

    pub(crate) fn boot(&self) -> [u8; 16] {
        self.boot
    }

    pub(crate) fn pass(&mut self, micros: u64) {
        self.micros += micros;
    }
}

#[derive(Debug)]
struct SimWorld(Machine);

impl tacho_event::World for SimWorld {
    fn now(&self) -> Timestamp {
        let mut state = self.0.state();
        state.micros += 1;
        Timestamp::from_micros(state.micros.cast_signed())
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0.state().rng.fill(bytes);
    }
}
