//! Given sorted entries, writes a run.

use std::sync::Arc;

use super::run::{BLOCK_ENTRIES, Footer, Pair, encode_block};
use super::run_name;
use crate::error::{Doing, Error};
use crate::files::replace::create_afresh;
use crate::files::{File, Files, Point, write_all_at};
use crate::tenant::TenantPlaces;

/// Bytes written at a time.
const WRITE_BYTES: usize = 256 << 10;

/// A run that is being written; nobody sees it before [`RunBuilder::finish`].
#[derive(Debug)]
pub(super) struct RunBuilder {
    file: Arc<dyn File>,
    draft: std::path::PathBuf,
    pending: Vec<u8>,
    written: u64,
    block: Vec<Pair>,
    /// The first key of each block of the level that is being written, and its number.
    fence: Vec<Pair>,
    blocks: u32,
    last: Pair,
}

impl RunBuilder {
    pub(super) fn begin(files: &dyn Files, places: &TenantPlaces) -> Result<Self, Error> {
        let draft = places.keys().join("run.tmp");
        let file = create_afresh(files, &draft)?.into();
        Ok(Self {
            file,
            draft,
            pending: Vec::new(),
            written: 0,
            block: Vec::with_capacity(BLOCK_ENTRIES),
            fence: Vec::new(),
            blocks: 0,
            last: (0, 0),
        })
    }

    /// Takes in the next entry.
    pub(super) fn push(&mut self, entry: Pair) -> Result<(), Error> {
        assert!(self.last <= entry, "entries of a run are sorted");
        self.last = entry;
        if self.block.len() == BLOCK_ENTRIES {
            self.close_block()?;
        }
        self.block.push(entry);
        Ok(())
    }

    /// Writes what is left, the levels above and the footer, and gives the run its name.
    pub(super) fn finish(
        mut self,
        files: &dyn Files,
        places: &TenantPlaces,
        (first, end): (u64, u64),
    ) -> Result<(), Error> {
        self.close_block()?;
        let entry_blocks = self.blocks;
        let mut levels = 0;
        while self.fence.len() > 1 {
            for chunk in std::mem::take(&mut self.fence).chunks(BLOCK_ENTRIES) {
                self.block.extend_from_slice(chunk);
                self.close_block()?;
            }
            levels += 1;
        }
        let root = self.blocks.saturating_sub(1);
        let footer = Footer { first, end, entry_blocks, root, levels };
        self.pending.extend_from_slice(&footer.encode());
        self.write()?;
        let path = places.keys().join(run_name(first, end));
        files.rename(&self.draft, &path, Point::IndexRename).doing("rename", &self.draft)
    }

    fn close_block(&mut self) -> Result<(), Error> {
        let key = self.block.first().map_or(0, |(key, _)| *key);
        encode_block(&self.block, &mut self.pending);
        self.block.clear();
        self.fence.push((key, self.blocks));
        self.blocks += 1;
        if self.pending.len() >= WRITE_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), Error> {
        write_all_at(self.file.as_ref(), &self.pending, self.written)
            .doing("write", &self.draft)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}
