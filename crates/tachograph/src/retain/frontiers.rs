//! Given the notes that were kept, keeps what proves them when their leaves are gone.
//!
//! ```text
//! anchors/<size>.frontier    the peaks of the tree of that size, and the nodes that climb from
//!                            there to the next multiple of 65,536 (`tacho_tree::KeptFrontier`)
//! ```
//!
//! Nodes of height 16 and above are never pruned (64 bytes for each 65,536 leaves), so what climbs
//! to the next file's boundary reaches every later head, and a frontier is written once.

use tacho_tree::{Checkpoint, KeptFrontier, Note};

use crate::error::{Doing, Error};
use crate::files::grow::{list_if_there, open_if_there};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{LEAVES_PER_FILE, STATE_FILE_BYTES_MAX};
use crate::sign;
use crate::tenant::TenantPlaces;
use crate::tree::NodeFiles;

/// Keeps what proves every kept note below `minimum`; gives how many there are.
pub(super) fn keep(
    files: &dyn Files,
    places: &TenantPlaces,
    nodes: &NodeFiles,
    first: u64,
    minimum: u64,
) -> Result<usize, Error> {
    let dir = places.anchors();
    // Its name is durable with that of the totals, which are written next.
    files.create_dir(&dir).doing("create", &dir)?;
    let mut sizes: Vec<u64> = sign::kept(files, places)?
        .iter()
        .filter_map(|kept| size_of(&kept.note))
        .filter(|size| (first + 1..minimum).contains(size))
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    for size in &sizes {
        let path = places.frontier(*size);
        if open_if_there(files, &path)?.is_some() {
            continue;
        }
        let boundary = size.next_multiple_of(LEAVES_PER_FILE);
        let kept = KeptFrontier::take(nodes, *size, boundary)?;
        let steps = Steps { sync: Point::FrontierSync, rename: Point::FrontierRename, dir: None };
        replace(files, &path, &kept.to_bytes(), steps)?;
    }
    files.sync_dir(&dir, Point::FrontierDirSync).doing("sync", &dir)?;
    Ok(sizes.len())
}

/// Everything that was kept, in the order of sizes.
///
/// # Errors
/// What reading said, or that a file is no frontier.
pub(crate) fn all(files: &dyn Files, places: &TenantPlaces) -> Result<Vec<KeptFrontier>, Error> {
    let dir = places.anchors();
    let mut kept = Vec::new();
    for name in list_if_there(files, &dir)?.iter().filter(|name| name.ends_with(".frontier")) {
        let path = dir.join(name);
        let bytes = read_small(files, &path, STATE_FILE_BYTES_MAX).doing("read", &path)?;
        let frontier = KeptFrontier::from_bytes(&bytes)
            .map_err(|_| Error::Damaged { path, what: "it is no frontier" })?;
        kept.push(frontier);
    }
    kept.sort_by_key(KeptFrontier::size);
    Ok(kept)
}

fn size_of(note: &Note) -> Option<u64> {
    Checkpoint::parse(note.text()).ok().map(|checkpoint| checkpoint.head.size)
}
