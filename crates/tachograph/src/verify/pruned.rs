//! Given a log that no longer has its first leaves, says whether it may be so.
//!
//! A `tacho.prune` leaf below the signed head names where the log may begin, and the root of what
//! was there. The roots of the files that are gone are still stored, and the signed head stands on
//! them, so the leaves that are left prove themselves as before. A file that is missing without
//! such a leaf is damage.

use tacho_tree::audit::{Code, Heads, PER_RUN, Report};
use tacho_tree::prune::WithKept;
use tacho_tree::{Hash, Head, check, prove};

use super::{told, unreadable};
use crate::error::Error;
use crate::files::grow::list_if_there;
use crate::leaves::LeafFiles;
use crate::retain::{Certificate, frontiers, pruned, totals};
use crate::store::Store;
use crate::tenant::{TenantPlaces, leaf_file_first};
use crate::tree::NodeFiles;

/// The height of the root over one file of leaves.
const FILE_HEIGHT: u8 = 16;

/// What stands before the first leaf that is stored.
pub(super) struct Before {
    /// That leaf.
    pub(super) first: u64,
    /// The roots of the files that are gone.
    pub(super) roots: Vec<Hash>,
    /// What says that they may be; none if nothing does.
    certificate: Option<Certificate>,
    place: String,
}

/// Looks where a log begins; none if with its first leaf.
pub(super) fn check(
    store: &Store,
    places: &TenantPlaces,
    signed: u64,
    report: &mut Report,
) -> Option<Before> {
    let files = store.files().as_ref();
    let marked = match pruned::read(files, places) {
        Ok(marked) => marked,
        Err(error) => {
            unreadable(&error, report);
            None
        }
    };
    let names = list_if_there(files, &places.leaves()).unwrap_or_default();
    let there = names.iter().filter_map(|name| leaf_file_first(name)).min();
    let first = match (there, marked) {
        // A crash may leave files below where the log begins: readers do not look at them.
        (Some(there), Some(marked)) => there.max(marked.minimum),
        (Some(there), None) => there,
        (None, marked) => marked.map_or(0, |marked| marked.minimum),
    };
    if first == 0 {
        return None;
    }
    let nodes = NodeFiles::new(store.files().clone(), places.clone());
    let mut roots = Vec::new();
    for index in 0..first / PER_RUN {
        match nodes.run(FILE_HEIGHT, index, 1) {
            Ok(run) => roots.extend(run),
            Err(error) => {
                unreadable(&error, report);
                return None;
            }
        }
    }
    let leaves = LeafFiles::new(store.files().clone(), places.clone());
    // Whoever can write files can write behind what was signed; so a leaf there certifies nothing.
    let certificate = marked.filter(|marked| marked.certificate < signed).and_then(|marked| {
        let leaf = leaves.leaf(marked.certificate).ok()?;
        Certificate::parse(&leaf).filter(|says| says.minimum >= first)
    });
    if let (Some(certificate), Some(marked)) = (&certificate, marked) {
        check_totals(store, places, certificate, marked.minimum, report);
    }
    let place = places.leaves().display().to_string();
    Some(Before { first, roots, certificate, place })
}

impl Before {
    /// Compares with the tree over the leaves that are gone.
    pub(super) fn certified(&self, head: &Head, report: &mut Report) {
        let Some(certificate) = &self.certificate else {
            let what = format!(
                "leaves 0 to {} are not there, and no signed leaf says that they may be gone",
                self.first
            );
            return report.find(Code::LeavesMissing, self.place.as_str(), what);
        };
        if certificate.minimum == head.size && certificate.root != head.root {
            let what = "the root of what was pruned is not the one that was certified";
            report.find(Code::RootMismatch, self.place.as_str(), what);
        }
    }
}

fn check_totals(
    store: &Store,
    places: &TenantPlaces,
    certificate: &Certificate,
    minimum: u64,
    report: &mut Report,
) {
    let place = places.totals().display().to_string();
    match totals::read(store.files().as_ref(), places, minimum) {
        Ok((all, root)) => {
            let whole = all.len() as u64 == certificate.totals && root == certificate.totals_root;
            if !whole {
                let what = "the totals of what was pruned are not those that were certified";
                report.find(Code::FileMalformed, place, what);
            }
        }
        Err(error @ Error::Damaged { .. }) => {
            report.find(Code::FileMalformed, place, told(&error));
        }
        Err(error) => unreadable(&error, report),
    }
}

/// Checks the notes whose leaves are gone: each against what was kept for it, and that against the
/// head that the leaves make.
pub(super) fn notes(
    store: &Store,
    places: &TenantPlaces,
    nodes: &NodeFiles,
    first: u64,
    head: &Head,
    heads: &mut Heads,
    report: &mut Report,
) {
    let kept = match frontiers::all(store.files().as_ref(), places) {
        Ok(kept) => kept,
        Err(error) => {
            unreadable(&error, report);
            Vec::new()
        }
    };
    for size in heads.sizes(1..=first) {
        let root = root_at(size, &kept, nodes);
        let proof = prove::consistency(&WithKept::new(nodes, &kept), size, head.size);
        let proven = root.zip(proof.ok()).filter(|(root, proof)| {
            check::consistency(&Head { size, root: *root }, head, proof).is_ok()
        });
        match proven {
            Some((root, _)) => heads.pass(size, &root, report),
            None => heads.leave(size, report),
        }
    }
}

/// The root at a size below what was pruned: of what was kept, or of files that are gone whole.
fn root_at(size: u64, kept: &[tacho_tree::KeptFrontier], nodes: &NodeFiles) -> Option<Hash> {
    if let Some(kept) = kept.iter().find(|kept| kept.size() == size) {
        return Some(kept.root());
    }
    let is_whole = size.is_multiple_of(PER_RUN);
    prove::root(nodes, size).ok().filter(|_| is_whole)
}
