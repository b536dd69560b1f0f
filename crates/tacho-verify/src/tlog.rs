//! Given the directory of a published log (C2SP `tlog-tiles`), says whether it is what was signed.
//!
//! ```text
//! DIR/checkpoint                      who signed what
//!    /tile/<level>/<n>[.p/<width>]    each must be the one whose hashes were signed
//!    /tile/entries/<n>[.p/<width>]    each leaf must hash to its tile
//! ```

use crate::disk;
use crate::log::Against;
use std::path::Path;
use tacho_event::privacy::check_leaf;
use tacho_tree::audit::{Code, Heads, Report, Source, Spot};
use tacho_tree::limits::{LEAF_BYTES_MAX, NOTE_BYTES_MAX};
use tacho_tree::tileset::{self, TileFinding, Tiles};
use tacho_tree::{Checkpoint, Frontier, Hash, Head, Note, Tile, leaf_hash};

/// Bytes of the largest entry bundle.
const BUNDLE_BYTES_MAX: u64 = 256 * (LEAF_BYTES_MAX as u64 + 2);

/// Checks the published log in `dir`. `progress` is told the number of leaves read, now and then.
pub fn check(dir: &Path, against: &Against, progress: &mut dyn FnMut(u64)) -> Report {
    let mut report = Report::default();
    if against.keys.is_empty() {
        report.find(Code::NoKey, "the command", "a published log bears no key: give --vkey");
    }
    let Some((bytes, head)) = checkpoint(dir, &mut report) else { return report };
    let place = dir.join("checkpoint").display().to_string();
    let mut heads = Heads::new();
    heads.add(&place, &bytes, Source::Latest, &against.keys, &mut report);
    for (place, bytes) in &against.notes {
        heads.add(place, bytes, Source::Outside, &against.keys, &mut report);
    }
    for finding in tileset::check(&Folder(dir), &head, 0) {
        tell(dir, &finding, &mut report);
    }
    let frontier = entries(dir, &head, &mut heads, &mut report, progress);
    // Where leaves are missing, that was told, and no more roots can be worked out.
    if frontier.size() == head.size {
        heads.finish(frontier.size(), &mut report);
    }
    report.limit("whether the recorder was told the truth, and what it was never told");
    if against.notes.is_empty() {
        report.limit("whether others were shown another history: give a note you kept");
    }
    report
}

fn checkpoint(dir: &Path, report: &mut Report) -> Option<(Vec<u8>, Head)> {
    let path = dir.join("checkpoint");
    let place = path.display().to_string();
    let bytes = match disk::small(&path, NOTE_BYTES_MAX as u64) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            report.find(Code::NoCheckpoint, place, "is missing");
            return None;
        }
        Err(error) => {
            report.find(Code::Unreadable, place, error);
            return None;
        }
    };
    match Note::parse(&bytes).and_then(|note| Checkpoint::parse(note.text())) {
        Ok(checkpoint) => Some((bytes, checkpoint.head)),
        Err(error) => {
            report.find(Code::FileMalformed, place, error);
            None
        }
    }
}

struct Folder<'d>(&'d Path);

impl Tiles for Folder<'_> {
    type Error = std::io::Error;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, std::io::Error> {
        let bytes = disk::small(&self.0.join(tile.to_string()), 256 * Hash::LEN as u64)?;
        bytes.ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

fn tell(dir: &Path, finding: &TileFinding<std::io::Error>, report: &mut Report) {
    let spot = |tile: &Tile| Spot::file(dir.join(tile.to_string()).display());
    match finding {
        TileFinding::WrongRoot => {
            report.find(Code::RootMismatch, Spot::file(dir.join("tile").display()), finding);
        }
        TileFinding::Changed(tile) | TileFinding::Unproven(tile) => {
            report.find(Code::TileChanged, spot(tile), finding);
        }
        TileFinding::WrongLength(tile) => report.find(Code::FileMalformed, spot(tile), finding),
        TileFinding::Unreadable(tile, error) if error.kind() == std::io::ErrorKind::NotFound => {
            report.find(Code::TileMissing, spot(tile), "is not there");
        }
        TileFinding::Unreadable(tile, error) => report.find(Code::Unreadable, spot(tile), error),
        _ => report.find(Code::FileMalformed, Spot::file(dir.display()), finding),
    }
}

/// Hashes every leaf and compares it with its tile; gives the tree the leaves make.
fn entries(
    dir: &Path,
    head: &Head,
    heads: &mut Heads,
    report: &mut Report,
    progress: &mut dyn FnMut(u64),
) -> Frontier {
    let mut frontier = Frontier::new();
    heads.pass(0, &Hash::EMPTY_ROOT, report);
    for tile in Tile::of_level(0, head.size, 0) {
        let Some(bundle) = tile.bundle() else { continue };
        let path = dir.join(bundle.to_string());
        let spot = || Spot::file(path.display());
        let bytes = match disk::small(&path, BUNDLE_BYTES_MAX) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                report.find(Code::TileMissing, spot(), "is not there");
                continue;
            }
            Err(error) => {
                report.find(Code::Unreadable, spot(), error);
                continue;
            }
        };
        let leaves = match bundle.leaves(&bytes) {
            Ok(leaves) => leaves,
            Err(error) => {
                report.find(Code::FileMalformed, spot(), error);
                continue;
            }
        };
        let hashes = Folder(dir).tile(tile).ok().and_then(|bytes| tile.hashes(&bytes));
        let hashes = hashes.unwrap_or_default();
        for (slot, leaf) in leaves.iter().enumerate() {
            let index = bundle.first_leaf() + slot as u64;
            let spot = || Spot::leaf(index).within(path.display());
            let hash = leaf_hash(leaf);
            if hashes.get(slot).is_some_and(|stored| *stored != hash) {
                report.find(Code::LeafChanged, spot(), "does not hash to its tile");
            }
            // The recorder's own events are leaves like any other.
            if let (Err(problem), Err(_)) = (check_leaf(leaf, false), check_leaf(leaf, true)) {
                report.find(Code::LeafMalformed, spot(), problem);
            }
            // What follows a bundle that is missing has no place in a tree.
            if frontier.size() == index {
                frontier.push(hash, |_, _| ());
                let size = frontier.size();
                if !heads.sizes(size..=size).is_empty() {
                    heads.pass(size, &frontier.root(), report);
                }
            }
        }
        progress(frontier.size());
    }
    frontier
}
