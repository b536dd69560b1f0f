//! Given a place in a tenant's tree, gives the hash that stands there: one stream of 32-byte hashes
//! for each height, in files of 65,536.
//!
//! ```text
//! tree/0/00000000.hashes    32 bytes for each leaf: leaf 5 at byte 160
//! tree/1/00000000.hashes    32 bytes for each pair of leaves
//! ```
//!
//! The C2SP tile n of level L is bytes `n * 8192 ..` of the stream of height `8 * L`. Only complete
//! nodes are stored, so no hash ever changes; what stands beyond the state's size does not count.

mod write;

use std::sync::{Arc, Mutex, PoisonError};

use tacho_tree::{Hash, Nodes, Place};

use crate::error::{Doing, Error};
use crate::files::{Access, File, Files, read_full_at};
use crate::limits::LEAVES_PER_FILE;
use crate::tenant::TenantPlaces;

pub(crate) use write::NodeWriter;

/// Files kept open by one reader.
const OPEN_MAX: usize = 24;

/// The stored nodes of one tenant's tree.
#[derive(Debug)]
pub struct NodeFiles {
    files: Arc<dyn Files>,
    places: TenantPlaces,
    open: Mutex<Vec<Open>>,
}

#[derive(Debug)]
struct Open {
    level: u8,
    segment: u64,
    file: Arc<dyn File>,
}

impl NodeFiles {
    /// The nodes of the tenant at `places`; opens nothing yet.
    pub fn new(files: Arc<dyn Files>, places: TenantPlaces) -> Self {
        Self { files, places, open: Mutex::default() }
    }

    /// The hashes of `count` nodes of a level from `first` on, all in one file.
    ///
    /// # Errors
    /// What reading said, or that some are missing.
    pub fn run(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Error> {
        let segment = first / LEAVES_PER_FILE;
        let path = || self.places.node_file(level, segment);
        let file = self.file(level, segment)?;
        let mut bytes = vec![0; count * Hash::LEN];
        let offset = first % LEAVES_PER_FILE * Hash::LEN as u64;
        let read = read_full_at(file.as_ref(), &mut bytes, offset).doing("read", &path())?;
        if read < bytes.len() {
            return Err(Error::Damaged { path: path(), what: "a node is missing" });
        }
        Ok(bytes.as_chunks().0.iter().copied().map(Hash::from_bytes).collect())
    }

    fn file(&self, level: u8, segment: u64) -> Result<Arc<dyn File>, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let known = open.iter().position(|one| (one.level, one.segment) == (level, segment));
        let one = match known {
            Some(at) => open.remove(at),
            None => {
                let path = self.places.node_file(level, segment);
                let file = self.files.open(&path, Access::Read).doing("open", &path)?;
                Open { level, segment, file: file.into() }
            }
        };
        let file = one.file.clone();
        // The most recently used stands last.
        open.push(one);
        if open.len() > OPEN_MAX {
            open.remove(0);
        }
        Ok(file)
    }
}

impl Nodes for NodeFiles {
    type Error = Error;

    fn node(&self, place: Place) -> Result<Hash, Error> {
        let run = self.run(place.level, place.index, 1)?;
        let path = || self.places.node_file(place.level, place.index / LEAVES_PER_FILE);
        run.first()
            .copied()
            .ok_or_else(|| Error::Damaged { path: path(), what: "a node is missing" })
    }
}
