//! Given a log that no longer has its first leaves, says whether it may be so, and goes on behind.
//!
//! ```text
//! pruned                   "TPR1" | u64 the first leaf that is kept | u64 the leaf that says so | ..
//! anchors/<size>.frontier  what proves a kept note whose leaves are gone
//! totals/<first>-<end>.jsonl
//! ```
//!
//! The file `pruned` only says where to look. A `tacho.prune` leaf below the signed head is what
//! counts: it names the minimum, the root of what was before it, and the root over the totals.

use super::{find, node_path};
use crate::disk;
use std::io::{Error, ErrorKind};
use std::path::Path;
use tacho_event::json::{self, Value};
use tacho_tree::audit::{Code, Heads, PER_RUN, Report, Spine, StoredRun};
use tacho_tree::prune::WithKept;
use tacho_tree::{Frontier, Hash, Head, KeptFrontier, Nodes, Place, check, leaf_hash, prove};

/// The height of the root over one file of leaves.
const FILE_HEIGHT: u8 = 16;
/// One file of totals.
const TOTALS_BYTES_MAX: u64 = 64 << 20;
const SMALL_BYTES_MAX: u64 = 4 << 10;

/// What a `tacho.prune` leaf says.
struct Certificate {
    minimum: u64,
    root: Hash,
    totals: u64,
    totals_root: Hash,
}

/// Takes the spine to the first leaf that is stored; false if that cannot be.
pub(super) fn skip(
    dir: &Path,
    first: u64,
    signed: u64,
    spine: &mut Spine,
    report: &mut Report,
) -> bool {
    let nodes = DiskNodes { dir };
    let roots: Result<Vec<Hash>, Error> =
        (0..first / PER_RUN).map(|index| nodes.node(Place { level: FILE_HEIGHT, index })).collect();
    let leaves = dir.join("leaves");
    let roots = match roots {
        Ok(roots) => roots,
        Err(error) => {
            find(report, Code::LeavesMissing, &leaves, format!("leaves before {first}: {error}"));
            return false;
        }
    };
    spine.skip(roots, |place| nodes.node(place).ok(), report);
    let Some(certificate) = certificate(dir, signed).filter(|says| says.minimum >= first) else {
        let what =
            format!("leaves 0 to {first} are gone, and no signed leaf says that they may be");
        find(report, Code::LeavesMissing, &leaves, what);
        return true;
    };
    if certificate.minimum == first && certificate.root != spine.head().root {
        let what = "the root of what was pruned is not the one that was certified";
        find(report, Code::RootMismatch, &leaves, what);
    }
    check_totals(dir, &certificate, report);
    report.fact(format!("{first} leaves at the beginning were pruned, and it is certified"));
    report.limit("what the leaves said that were pruned, beyond their totals");
    true
}

/// Where the log begins, as the file `pruned` has it.
pub(super) fn minimum(dir: &Path) -> u64 {
    marked(dir).map_or(0, |(minimum, _)| minimum)
}

fn marked(dir: &Path) -> Option<(u64, u64)> {
    let bytes = disk::small(&dir.join("pruned"), SMALL_BYTES_MAX).ok()??;
    let rest = bytes.strip_prefix(b"TPR1")?;
    let (minimum, rest) = rest.split_first_chunk()?;
    let (certificate, _) = rest.split_first_chunk()?;
    let minimum = u64::from_be_bytes(*minimum);
    let is_fit = minimum.is_multiple_of(PER_RUN);
    is_fit.then_some((minimum, u64::from_be_bytes(*certificate)))
}

/// The leaf that says what is gone. Whoever can write files can write behind what was signed, so
/// one that stands there is none.
fn certificate(dir: &Path, signed: u64) -> Option<Certificate> {
    let (_, index) = marked(dir).filter(|(_, index)| *index < signed)?;
    let path = dir.join("leaves").join(format!("{:020}.jsonl", index - index % PER_RUN));
    let mut stream = disk::stream(&path).ok()?;
    let mut line = Vec::new();
    for _ in 0..=index % PER_RUN {
        disk::line(&mut stream, &mut line, super::LEAF_BYTES_MAX + 1).ok().filter(|is| *is)?;
    }
    let leaf = json::read(&line).ok()?;
    let is = |pointer: &str, word: &str| leaf.at(pointer).and_then(Value::as_str) == Some(word);
    if !is("/action/type", "system") || !is("/action/name", "tacho.prune") {
        return None;
    }
    let at = |name: &str| leaf.at(&format!("/action/system/{name}"));
    let count = |name: &str| u64::try_from(at(name)?.as_i64()?).ok();
    let root = |name: &str| at(name)?.as_str().and_then(unhex).map(Hash::from_bytes);
    Some(Certificate {
        minimum: count("minimum")?,
        root: root("root")?,
        totals: count("totals")?,
        totals_root: root("totals_root")?,
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(|at| digit(2 * at)).collect();
    bytes?.try_into().ok().filter(|_| text.len() == 64)
}

fn check_totals(dir: &Path, certificate: &Certificate, report: &mut Report) {
    let totals = dir.join("totals");
    let names = disk::names(&totals).ok().flatten().unwrap_or_default();
    let mut root = Frontier::new();
    let mut count = 0;
    for name in names.iter().filter(|name| is_before(name, certificate.minimum)) {
        let bytes = disk::small(&totals.join(name), TOTALS_BYTES_MAX).ok().flatten();
        root.extend(bytes.as_deref().map(leaf_hash));
        count += 1;
    }
    if count != certificate.totals || root.root() != certificate.totals_root {
        let what = "the totals of what was pruned are not those that were certified";
        find(report, Code::FileMalformed, &totals, what);
    }
}

/// Whether a file of totals is of leaves before `minimum`; others are the rest of a crash.
fn is_before(name: &str, minimum: u64) -> bool {
    let range = name.strip_suffix(".jsonl").and_then(|stem| stem.split_once('-'));
    let end = range.and_then(|(_, end)| end.parse::<u64>().ok());
    end.is_some_and(|end| end <= minimum)
}

/// Checks the notes whose leaves are gone: each against what was kept for it, and that against the
/// head that the leaves make.
pub(super) fn notes(dir: &Path, first: u64, head: &Head, heads: &mut Heads, report: &mut Report) {
    let nodes = DiskNodes { dir };
    for size in heads.sizes(1..=first) {
        let path = dir.join("anchors").join(format!("{size}.frontier"));
        let kept = disk::small(&path, SMALL_BYTES_MAX).ok().flatten();
        let kept = kept.and_then(|bytes| KeptFrontier::from_bytes(&bytes).ok());
        let kept: Vec<KeptFrontier> = kept.into_iter().filter(|kept| kept.size() == size).collect();
        let root = match kept.first() {
            Some(kept) => Some(kept.root()),
            None if size.is_multiple_of(PER_RUN) => prove::root(&nodes, size).ok(),
            None => None,
        };
        let proof = prove::consistency(&WithKept::new(&nodes, &kept), size, head.size).ok();
        let proven = root.zip(proof).filter(|(root, proof)| {
            check::consistency(&Head { size, root: *root }, head, proof).is_ok()
        });
        match proven {
            Some((root, _)) => heads.pass(size, &root, report),
            None => heads.leave(size, report),
        }
    }
}

/// The stored nodes.
struct DiskNodes<'d> {
    dir: &'d Path,
}

impl Nodes for DiskNodes<'_> {
    type Error = Error;

    fn node(&self, place: Place) -> Result<Hash, Error> {
        let (file, at) = StoredRun::place(place.level, place.first_leaf());
        let bytes = disk::range(&node_path(self.dir, place.level, file), at, Hash::LEN)?;
        Hash::from_slice(&bytes)
            .ok_or_else(|| Error::new(ErrorKind::UnexpectedEof, "a node is missing"))
    }
}
