//! Given a tenant, says how many bytes of what it has on the disk.

use std::path::{Path, PathBuf};

use tacho_event::privacy::Class;

use crate::error::{Doing, Error};
use crate::files::grow::list_if_there;
use crate::files::{Files, Kind};
use crate::limits::{COPY_DEPTH_MAX, LEAVES_PER_FILE};
use crate::tenant::{TenantPlaces, leaf_file_first};

/// Nodes of this height and above stay for ever.
const HEIGHT_KEPT: u8 = 16;

/// Bytes on the disk, by what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Files of leaves.
    pub leaves: u64,
    /// Nodes of the tree.
    pub tree: u64,
    /// Parts of content.
    pub content: u64,
    /// Parts of identity.
    pub identity: u64,
    /// Parts of evidence.
    pub evidence: u64,
    /// Totals of what was pruned.
    pub totals: u64,
    /// All else: indexes, columns, notes, the state.
    pub other: u64,
}

impl Sizes {
    /// What a tenant has.
    ///
    /// # Errors
    /// What listing said.
    pub fn of(files: &dyn Files, places: &TenantPlaces) -> Result<Self, Error> {
        let bytes = |dir: &Path| under(files, dir, COPY_DEPTH_MAX);
        let all = bytes(places.dir())?;
        let mut sizes = Self {
            leaves: bytes(&places.leaves())?,
            tree: bytes(&places.tree())?,
            content: bytes(&places.class(Class::Content))?,
            identity: bytes(&places.class(Class::Identity))?,
            evidence: bytes(&places.class(Class::Evidence))?,
            totals: bytes(&places.totals())?,
            other: 0,
        };
        sizes.other = all.saturating_sub(sizes.total());
        Ok(sizes)
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        let Self { leaves, tree, content, identity, evidence, totals, other } = self;
        leaves + tree + content + identity + evidence + totals + other
    }

    /// The parts of one class.
    pub fn class(&self, class: Class) -> u64 {
        match class {
            Class::Content => self.content,
            Class::Identity => self.identity,
            Class::Evidence => self.evidence,
        }
    }
}

fn under(files: &dyn Files, dir: &Path, depth: u32) -> Result<u64, Error> {
    let mut bytes = 0;
    for name in list_if_there(files, dir)? {
        let path = dir.join(name);
        match files.stat(&path) {
            // Somebody replaced it meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(Error::Io { doing: "stat", path, source }),
            Ok(stat) if stat.kind == Kind::Directory && depth > 0 => {
                bytes += under(files, &path, depth - 1)?;
            }
            Ok(stat) if stat.kind == Kind::File => bytes += stat.len,
            Ok(_) => {}
        }
    }
    Ok(bytes)
}

/// The files that hold nothing but leaves of `from..minimum`, or nodes and index entries of them,
/// with their lengths: what a prune removes, lowest first.
pub(super) fn below(
    files: &dyn Files,
    places: &TenantPlaces,
    minimum: u64,
) -> Result<Vec<(PathBuf, u64)>, Error> {
    let mut paths = Vec::new();
    for name in list_if_there(files, &places.leaves())? {
        if leaf_file_first(&name).is_some_and(|first| first < minimum) {
            paths.push(places.leaves().join(name));
        }
    }
    for height in 0..HEIGHT_KEPT {
        for name in list_if_there(files, &places.level(height))? {
            let number = name.strip_suffix(".hashes").and_then(|digits| digits.parse::<u64>().ok());
            let end = number.map(|number| (number + 1).saturating_mul(LEAVES_PER_FILE));
            if end.is_some_and(|end| end <= minimum >> height) {
                paths.push(places.level(height).join(name));
            }
        }
    }
    for name in list_if_there(files, &places.offsets_dir())? {
        let first = name.strip_suffix(".u32").and_then(|digits| digits.parse::<u64>().ok());
        if first.is_some_and(|first| first < minimum) {
            paths.push(places.offsets_dir().join(name));
        }
    }
    let with_length = |path: PathBuf| match files.stat(&path) {
        Ok(stat) => Ok((path, stat.len)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((path, 0)),
        error => error.doing("stat", &path).map(|_| (PathBuf::new(), 0)),
    };
    paths.into_iter().map(with_length).collect()
}
