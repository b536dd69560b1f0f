//! Given a place in a log, waits for what comes behind it; and keeps a follower's place.
//!
//! ```text
//! cursors/<follower>@<tenant>    0 "TCU1" | 4 u64 index of the next entry | 12 u32 crc32c(0..12)
//! ```

use std::io::ErrorKind;
use std::path::PathBuf;

use super::Log;
use crate::checksum;
use crate::error::{Doing, Error};
use crate::files::replace::{Steps, replace};
use crate::files::{Point, read_small};
use crate::limits::{FOLLOW_PAUSE_MICROS_MAX, STATE_FILE_BYTES_MAX};
use crate::store::Store;
use crate::wal::field::{u32_at, u64_at};
use crate::wal::frame::is_tenant;

const MAGIC: &[u8; 4] = b"TCU1";
const CHECKED: usize = 12;
const PAUSE_MICROS_FIRST: u64 = 1_000;

impl Log {
    /// Waits until the log has more than `size` entries, for at most `micros`; true if it has.
    ///
    /// It looks often at first, then four times a second: a log that is silent costs nothing.
    ///
    /// # Errors
    /// As [`Log::refresh`].
    pub fn wait(&mut self, size: u64, micros: u64) -> Result<bool, Error> {
        let (mut waited, mut pause) = (0, PAUSE_MICROS_FIRST);
        loop {
            self.refresh()?;
            if self.size() > size {
                return Ok(true);
            }
            if waited >= micros {
                return Ok(false);
            }
            let now = pause.min(micros - waited);
            self.store.files().pause(now);
            waited += now;
            pause = (pause * 2).min(FOLLOW_PAUSE_MICROS_MAX);
        }
    }
}

/// The place of a follower in one tenant's log: a sink, a rule, a relay.
#[derive(Debug)]
pub struct Cursor {
    store: Store,
    path: PathBuf,
}

impl Cursor {
    /// The cursor of a follower; none if its name or the tenant's is not `[a-z0-9][a-z0-9-]{0,62}`.
    pub fn new(store: &Store, follower: &str, tenant: &str) -> Option<Self> {
        if !is_tenant(follower) || !is_tenant(tenant) {
            return None;
        }
        let path = store.places().cursors().join(format!("{follower}@{tenant}"));
        Some(Self { store: store.clone(), path })
    }

    /// The index of the entry that comes next; 0 for a follower that never moved.
    ///
    /// # Errors
    /// What reading said, or that the file is not one of ours.
    pub fn read(&self) -> Result<u64, Error> {
        let bytes = match read_small(self.store.files().as_ref(), &self.path, STATE_FILE_BYTES_MAX)
        {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            outcome => outcome.doing("read", &self.path)?,
        };
        let decode = || {
            let whole = u32_at(&bytes, CHECKED)? == checksum::of(bytes.get(..CHECKED)?);
            let known = whole && bytes.starts_with(MAGIC) && bytes.len() == CHECKED + 4;
            known.then_some(u64_at(&bytes, 4)?)
        };
        let path = self.path.clone();
        decode().ok_or(Error::Damaged { path, what: "it is no cursor" })
    }

    /// Moves the cursor; when this returns, the move survives a power cut.
    ///
    /// # Errors
    /// What writing said.
    pub fn write(&self, next: u64) -> Result<(), Error> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&next.to_be_bytes());
        bytes.extend_from_slice(&checksum::of(&bytes).to_be_bytes());
        let steps = Steps {
            sync: Point::CursorSync,
            rename: Point::CursorRename,
            dir: Some(Point::CursorDirSync),
        };
        replace(self.store.files().as_ref(), &self.path, &bytes, steps)
    }
}
