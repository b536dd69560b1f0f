//! Given a plan, gives errors where it says.

use std::io;
use std::path::Path;

/// An operation that fails.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Which operations.
    pub on: On,
    /// On paths that end like this.
    pub path: &'static str,
    /// How many go well before.
    pub after: u32,
    /// How many fail then.
    pub times: u32,
    /// How they fail.
    pub kind: io::ErrorKind,
}

/// What kind of operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Opening a file.
    Open,
    /// Creating a file.
    Create,
    /// Reading.
    Read,
    /// Writing; half of the bytes are written.
    Write,
    /// Syncing a file; its dirty sectors are dropped.
    Sync,
    /// What the disk does ahead of a sync; the next sync tells.
    Begun,
    /// Syncing a directory.
    SyncDir,
    /// Renaming.
    Rename,
    /// Locking.
    Lock,
}

impl Fault {
    /// Fails once, at once.
    pub fn once(on: On, path: &'static str, kind: io::ErrorKind) -> Self {
        Self { on, path, after: 0, times: 1, kind }
    }

    /// Fails from now on.
    pub fn for_ever(on: On, path: &'static str, kind: io::ErrorKind) -> Self {
        Self { on, path, after: 0, times: u32::MAX, kind }
    }
}

/// The error planned for this operation, if one is.
pub(super) fn strike(faults: &mut [Fault], on: On, path: &Path) -> Option<io::ErrorKind> {
    let path = path.to_string_lossy();
    for fault in faults.iter_mut().filter(|fault| fault.on == on && path.ends_with(fault.path)) {
        if fault.after > 0 {
            fault.after -= 1;
        } else if fault.times > 0 {
            fault.times -= 1;
            return Some(fault.kind);
        }
    }
    None
}
