//! Given a log, writes what anybody's tools can read: the directory of C2SP `tlog-tiles`.
//!
//! ```text
//! DIR/checkpoint                          the latest signed note, written last
//!    /tile/<level>/<n>[.p/<width>]        hashes
//!    /tile/entries/<n>[.p/<width>]        u16 length | leaf, 256 leaves each
//! ```

use std::path::Path;

use tacho_tree::{Bundle, Head, Tile};

use crate::error::{Doing, Error};
use crate::files::write_all_at;
use crate::log::Log;
use crate::prove::ProveError;

impl Log {
    /// Writes the signed part of this log to `dir`, which must not hold one; gives the head that
    /// was published.
    ///
    /// # Errors
    /// That nothing was signed yet, that the log is damaged, or what the disk said.
    pub fn export_tlog(&self, dir: &Path) -> Result<Head, ProveError> {
        let (note, head) = self.signed_head()?;
        make_dirs(self, dir)?;
        // Of a log that was pruned, what C2SP `tlog-tiles` says must stay: its minimum index.
        for tile in Tile::all(head.size, self.first()) {
            let bytes = tile.read(self.nodes())?;
            write(self, dir, &tile.to_string(), &bytes)?;
            if let Some(bundle) = tile.bundle().filter(|one| one.first_leaf() >= self.first()) {
                write(self, dir, &bundle.to_string(), &entries(self, bundle)?)?;
            }
        }
        write(self, dir, "checkpoint", note.to_string().as_bytes())?;
        Ok(head)
    }
}

fn entries(log: &Log, bundle: Bundle) -> Result<Vec<u8>, Error> {
    let block = log.leaf_files().block(bundle.first_leaf(), bundle.width().into())?;
    let path = || log.places().leaves();
    if block.len() < usize::from(bundle.width()) {
        return Err(Error::Damaged { path: path(), what: "a leaf is missing" });
    }
    Bundle::encode(block.iter())
        .map_err(|_| Error::Damaged { path: path(), what: "a leaf is too long to publish" })
}

fn write(log: &Log, dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = dir.join(name);
    if let Some(parent) = path.parent() {
        make_dirs(log, parent)?;
    }
    let file = log.store().files().create_new(&path).doing("create", &path)?;
    write_all_at(file.as_ref(), bytes, 0).doing("write", &path)
}

/// A directory and those around it.
fn make_dirs(log: &Log, dir: &Path) -> Result<(), Error> {
    let files = log.store().files();
    if dir.as_os_str().is_empty() || files.stat(dir).is_ok() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        make_dirs(log, parent)?;
    }
    files.create_dir(dir).doing("create", dir)
}
