//! Given leaves in order, writes them to their files.

use std::sync::Arc;

use crate::error::{Doing, Error};
use crate::files::grow::open_or_create;
use crate::files::{File, Files, Point, write_all_at};
use crate::limits::LEAVES_PER_FILE;
use crate::tenant::TenantPlaces;

/// The leaves that came since the last flush.
#[derive(Debug)]
pub(crate) struct LeafWriter {
    /// Index of the next leaf.
    next: u64,
    /// Bytes of the file that the next leaf goes to, with what is not flushed yet.
    file_bytes: u64,
    runs: Vec<Run>,
    open: Option<(u64, Arc<dyn File>)>,
}

/// Leaves for one file.
#[derive(Debug)]
struct Run {
    first_of_file: u64,
    slot: u64,
    at: u64,
    bytes: Vec<u8>,
    ends: Vec<u8>,
}

impl LeafWriter {
    /// Goes on at leaf `next`, whose file has `file_bytes` bytes before it.
    pub(crate) fn new(next: u64, file_bytes: u64) -> Self {
        Self { next, file_bytes, runs: Vec::new(), open: None }
    }

    /// Bytes of the last leaf file, with what is not flushed yet; 0 before the first leaf of a
    /// file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Takes in the next leaf.
    pub(crate) fn push(&mut self, leaf: &[u8]) {
        let slot = self.next % LEAVES_PER_FILE;
        if slot == 0 {
            self.file_bytes = 0;
        }
        if slot == 0 || self.runs.is_empty() {
            self.runs.push(Run {
                first_of_file: self.next - slot,
                slot,
                at: self.file_bytes,
                bytes: Vec::new(),
                ends: Vec::new(),
            });
        }
        let Some(run) = self.runs.last_mut() else { return };
        run.bytes.extend_from_slice(leaf);
        run.bytes.push(b'\n');
        self.next += 1;
        self.file_bytes += leaf.len() as u64 + 1;
        // 65,536 leaves of at most 16 KiB: an end fits 32 bits.
        let end = u32::try_from(self.file_bytes).unwrap_or(u32::MAX);
        run.ends.extend_from_slice(&end.to_be_bytes());
    }

    /// Writes all leaves and makes them durable; then their offsets, which are derived.
    pub(crate) fn flush(&mut self, files: &dyn Files, places: &TenantPlaces) -> Result<(), Error> {
        let mut new_file = false;
        for run in &self.runs {
            let path = places.leaf_file(run.first_of_file);
            let file = match self.open.take() {
                Some((known, file)) if known == run.first_of_file => file,
                _ => open_or_create(files, &path)?.into(),
            };
            // A file with leaves that a state counts has a durable name already.
            new_file |= run.slot == 0;
            // Another integrator may have died here meanwhile, leaving more than is written now.
            if file.stat().doing("stat", &path)?.len > run.at {
                file.set_len(run.at).doing("cut", &path)?;
            }
            write_all_at(file.as_ref(), &run.bytes, run.at).doing("write", &path)?;
            file.sync_data(Point::LeafSync).doing("sync", &path)?;
            self.open = Some((run.first_of_file, file));
            let path = places.offsets(run.first_of_file);
            let file = open_or_create(files, &path)?;
            write_all_at(file.as_ref(), &run.ends, run.slot * 4).doing("write", &path)?;
        }
        if new_file {
            let dir = places.leaves();
            files.sync_dir(&dir, Point::LeafDirSync).doing("sync", &dir)?;
        }
        self.runs.clear();
        Ok(())
    }
}
