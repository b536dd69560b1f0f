//! Given completed nodes in order, writes them to their places.

use std::sync::Arc;

use tacho_tree::{Hash, Place};

use crate::error::{Doing, Error};
use crate::files::grow::open_or_create;
use crate::files::{File, Files, Point, write_all_at};
use crate::limits::LEAVES_PER_FILE;
use crate::tenant::TenantPlaces;

/// The nodes that were completed since the last flush.
#[derive(Debug, Default)]
pub(crate) struct NodeWriter {
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    /// Index of the first node in `bytes`.
    first: u64,
    bytes: Vec<u8>,
    open: Option<(u64, Arc<dyn File>)>,
}

impl NodeWriter {
    /// Takes in a node; nodes of a level come in order.
    pub(crate) fn push(&mut self, place: Place, hash: Hash) {
        let at = usize::from(place.level);
        if self.levels.len() <= at {
            self.levels.resize_with(at + 1, Level::default);
        }
        let Some(level) = self.levels.get_mut(at) else { return };
        if level.bytes.is_empty() {
            level.first = place.index;
        }
        let next = level.first + (level.bytes.len() / Hash::LEN) as u64;
        assert_eq!(next, place.index, "nodes of level {at} come in order");
        level.bytes.extend_from_slice(hash.as_bytes());
    }

    /// Writes all nodes and makes them durable.
    pub(crate) fn flush(&mut self, files: &dyn Files, places: &TenantPlaces) -> Result<(), Error> {
        let mut new_level = false;
        for (height, level) in (0u8..).zip(&mut self.levels) {
            if !level.bytes.is_empty() {
                new_level |= level.flush(height, files, places)?;
            }
        }
        if new_level {
            let dir = places.tree();
            files.sync_dir(&dir, Point::LevelDirSync).doing("sync", &dir)?;
        }
        Ok(())
    }
}

impl Level {
    /// True if the level's directory is new.
    fn flush(
        &mut self,
        height: u8,
        files: &dyn Files,
        places: &TenantPlaces,
    ) -> Result<bool, Error> {
        let mut rest = self.bytes.as_slice();
        let mut index = self.first;
        let (mut new_level, mut new_file) = (false, false);
        while !rest.is_empty() {
            let segment = index / LEAVES_PER_FILE;
            let path = places.node_file(height, segment);
            // A file with nodes that a state counts has a durable name already; whether the file
            // exists says nothing, a killed process may have made it.
            new_file |= index.is_multiple_of(LEAVES_PER_FILE);
            let file = match self.open.take() {
                Some((known, file)) if known == segment => file,
                _ => {
                    if index == 0 {
                        let dir = places.level(height);
                        files.create_dir(&dir).doing("create", &dir)?;
                        new_level = true;
                    }
                    open_or_create(files, &path)?.into()
                }
            };
            let room = usize::try_from(LEAVES_PER_FILE - index % LEAVES_PER_FILE);
            let room = room.unwrap_or(usize::MAX).saturating_mul(Hash::LEN);
            let (now, later) = rest.split_at(room.min(rest.len()));
            let offset = index % LEAVES_PER_FILE * Hash::LEN as u64;
            write_all_at(file.as_ref(), now, offset).doing("write", &path)?;
            file.sync_data(Point::NodeSync).doing("sync", &path)?;
            index += (now.len() / Hash::LEN) as u64;
            rest = later;
            self.open = Some((segment, file));
        }
        if new_file {
            let dir = places.level(height);
            files.sync_dir(&dir, Point::NodeDirSync).doing("sync", &dir)?;
        }
        self.bytes.clear();
        self.first = index;
        Ok(new_level)
    }
}
