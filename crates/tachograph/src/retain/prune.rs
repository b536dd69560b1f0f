//! Given where a log is to begin, lets its first leaves go and keeps every proof of the rest:
//! journaled, and done again after a crash.
//!
//! ```text
//! 0 keep `<size>.frontier` for each kept note below; write the totals
//! 1 journal; record `tacho.prune` {minimum, root, totals, policy}, durable; integrate; sign, and
//!   keep the note
//! 2 `pruned`: from now on the log begins there
//! 3 remove whole files of leaves, nodes and offsets, lowest first; then the journal
//! ```
//!
//! Until 2 nothing is gone, and a hold still wins. The leaf counts only below a signed head, so a
//! log that cannot be signed is not pruned.

use std::path::{Path, PathBuf};

use tacho_event::json::{self, Object, Value};
use tacho_tree::Hash;

use super::certificate::Certificate;
use super::frontiers;
use super::keeper::{KeepError, Keeper};
use super::plan::{Pruning, root};
use super::pruned::{self, Pruned};
use super::size::below;
use super::totals::{self, Counting};
use crate::erase::sums::{hex, unhex};
use crate::error::{Doing, Error};
use crate::files::grow::{list_if_there, remove_if_there};
use crate::files::replace::{Steps, replace};
use crate::files::{Files, Point, read_small};
use crate::limits::{LEAVES_PER_FILE, PRUNE_JOURNAL_BYTES_MAX};
use crate::log::Log;
use crate::vault::VaultError;
use crate::wal::frame::is_tenant;

/// Leaves at the end among which a certificate is looked for.
const SEARCHED: u64 = LEAVES_PER_FILE;
const BLOCK_LEAVES: u64 = 1_024;

/// A prune under way.
///
/// ```text
/// <keys>/prune/<tenant>    {"certified":false,"minimum":65536,"policy":"production","root":"9f..",
///                           "tenant":"acme","v":1}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    tenant: String,
    minimum: u64,
    root: Hash,
    policy: String,
    /// Whether the log begins there already.
    certified: bool,
}

impl Journal {
    pub(super) fn new(tenant: &str, pruning: &Pruning, policy: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            minimum: pruning.minimum,
            root: pruning.root,
            policy: policy.to_owned(),
            certified: false,
        }
    }

    pub(super) fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(super) fn is_certified(&self) -> bool {
        self.certified
    }

    /// Every journal there is.
    pub(super) fn all(files: &dyn Files, keys: &Path) -> Result<Vec<Self>, VaultError> {
        let mut journals = Vec::new();
        for name in list_if_there(files, &dir(keys))?.iter().filter(|name| is_tenant(name)) {
            let path = dir(keys).join(name);
            let bytes = read_small(files, &path, PRUNE_JOURNAL_BYTES_MAX).doing("read", &path)?;
            let journal = json::read(&bytes).ok().and_then(|value| Self::from_json(&value));
            let what = "it is no journal of a prune";
            journals.push(journal.ok_or(VaultError::Damaged { path, what })?);
        }
        Ok(journals)
    }

    /// Takes every step that is left.
    pub(super) fn go(mut self, keeper: &mut Keeper) -> Result<(), KeepError> {
        let files = keeper.store().files().clone();
        let keys = keeper.eraser.keys_dir();
        if !self.certified {
            let log = Log::of(keeper.store(), &self.tenant)?;
            if log.first() < self.minimum {
                self.prepare(files.as_ref(), &log)?;
                self.write(files.as_ref(), &keys)?;
                let certificate = self.certify(keeper)?;
                let pruned = Pruned { minimum: self.minimum, certificate };
                pruned::write(files.as_ref(), log.places(), pruned)?;
            }
            self.certified = true;
            self.write(files.as_ref(), &keys)?;
        }
        let mut integrator = keeper.eraser.integrator();
        let (tenant, minimum) = (&self.tenant, self.minimum);
        let store = keeper.store();
        integrator.exclusively(|_| {
            let log = Log::of(store, tenant)?;
            sweep(files.as_ref(), &log, minimum).map_err(VaultError::from)
        })?;
        self.forget(files.as_ref(), &keys)
    }

    /// Removes the journal.
    pub(super) fn forget(&self, files: &dyn Files, keys: &Path) -> Result<(), KeepError> {
        remove_if_there(files, &dir(keys).join(&self.tenant))?;
        let dir = dir(keys);
        Ok(files.sync_dir(&dir, Point::PruneJournalDirSync).doing("sync", &dir)?)
    }

    /// Keeps what proves old notes, and writes what the leaves came to.
    fn prepare(&self, files: &dyn Files, log: &Log) -> Result<(), KeepError> {
        let first = log.first();
        if root(log, self.minimum)? != self.root {
            let what = "its leaves are not those that were planned".to_owned();
            return Err(KeepError::Moved { tenant: self.tenant.clone(), what });
        }
        frontiers::keep(files, log.places(), log.nodes(), first, self.minimum)?;
        let (before, _) = totals::read(files, log.places(), first)?;
        let open = before.last().map(|last| last.open.clone()).unwrap_or_default();
        let mut counting = Counting::new(first, &open);
        let mut at = first;
        while at < self.minimum {
            let count = BLOCK_LEAVES.min(self.minimum - at);
            let block = log.leaf_files().block(at, usize::try_from(count).unwrap_or(1))?;
            for leaf in block.iter() {
                // What is no document counts as an event of nobody.
                let leaf = json::read(leaf).ok();
                let leaf = leaf.as_ref().and_then(Value::as_object);
                counting.push(leaf.unwrap_or(&Object::new()));
            }
            at += block.len() as u64;
        }
        Ok(totals::write(files, log.places(), &counting.end())?)
    }

    /// Records what will be gone, and signs it; gives the index of the leaf that says so.
    fn certify(&self, keeper: &mut Keeper) -> Result<u64, KeepError> {
        let mut log = Log::of(keeper.store(), &self.tenant)?;
        let files = keeper.store().files().clone();
        let (all, totals_root) = totals::read(files.as_ref(), log.places(), self.minimum)?;
        let certificate = Certificate {
            minimum: self.minimum,
            root: self.root,
            totals: all.len() as u64,
            totals_root,
            policy: self.policy.clone(),
        };
        // One that was recorded before a crash is as good.
        if find(&log, &certificate)?.is_none() {
            keeper.eraser.record(&self.tenant, certificate.draft())?;
            keeper.eraser.integrate()?;
            log.refresh()?;
        }
        keeper.sign(&self.tenant)?;
        let unsigned = || KeepError::NotSigned { tenant: self.tenant.clone() };
        let index = find(&log, &certificate)?.ok_or_else(unsigned)?;
        let (_, head) = log.signed_head().map_err(|_| unsigned())?;
        if index < head.size { Ok(index) } else { Err(unsigned()) }
    }

    fn write(&self, files: &dyn Files, keys: &Path) -> Result<(), KeepError> {
        let dir = dir(keys);
        files.create_dir(&dir).doing("create", &dir)?;
        files.sync_dir(keys, Point::PruneJournalDirSync).doing("sync", keys)?;
        let text = Value::Object(self.to_json()).to_json();
        let steps = Steps {
            sync: Point::PruneJournalSync,
            rename: Point::PruneJournalRename,
            dir: Some(Point::PruneJournalDirSync),
        };
        Ok(replace(files, &dir.join(&self.tenant), text.as_bytes(), steps)?)
    }

    fn to_json(&self) -> Object {
        Object::from([
            ("certified", Value::from(self.certified)),
            ("minimum", self.minimum.into()),
            ("policy", self.policy.as_str().into()),
            ("root", hex(self.root.as_bytes()).as_str().into()),
            ("tenant", self.tenant.as_str().into()),
            ("v", 1.into()),
        ])
    }

    fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let minimum = u64::try_from(object.get("minimum")?.as_i64()?).ok()?;
        Some(Self {
            tenant: object.str("tenant").filter(|tenant| is_tenant(tenant))?.to_owned(),
            minimum: Some(minimum).filter(|minimum| minimum.is_multiple_of(LEAVES_PER_FILE))?,
            root: Hash::from_bytes(unhex(object.str("root")?)?.try_into().ok()?),
            policy: object.str("policy")?.to_owned(),
            certified: object.get("certified")?.as_bool()?,
        })
    }
}

fn dir(keys: &Path) -> PathBuf {
    keys.join("prune")
}

/// Removes whatever stands below where the log begins, durably.
fn sweep(files: &dyn Files, log: &Log, minimum: u64) -> Result<(), Error> {
    assert!(log.first() >= minimum, "nothing goes before the log begins behind it");
    let mut dirs: Vec<PathBuf> = Vec::new();
    for (path, _) in below(files, log.places(), minimum)? {
        remove_if_there(files, &path)?;
        let dir = path.parent().unwrap_or(log.places().dir()).to_owned();
        if dirs.last() != Some(&dir) {
            dirs.push(dir);
        }
    }
    for dir in dirs {
        files.sync_dir(&dir, Point::PruneDirSync).doing("sync", &dir)?;
    }
    Ok(())
}

/// The last leaf that says exactly this.
fn find(log: &Log, certificate: &Certificate) -> Result<Option<u64>, Error> {
    let finder = memchr::memmem::Finder::new(super::certificate::NAME.as_bytes());
    let size = log.integrated().size();
    let from = size.saturating_sub(SEARCHED).max(log.first());
    let mut end = size;
    while end > from {
        // Blocks do not go across files.
        let begin = (end - 1) / BLOCK_LEAVES * BLOCK_LEAVES;
        let begin = begin.max(from);
        let count = usize::try_from(end - begin).unwrap_or_default();
        let block = log.leaf_files().block(begin, count)?;
        for (behind, leaf) in (1..).zip(block.iter().rev()) {
            let says = finder.find(leaf).and_then(|_| Certificate::parse(leaf));
            if says.as_ref() == Some(certificate) {
                return Ok(Some(end - behind));
            }
        }
        end = begin;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_read_back() {
        let journal = Journal {
            tenant: "acme".to_owned(),
            minimum: 2 * LEAVES_PER_FILE,
            root: Hash::from_bytes([7; 32]),
            policy: "production+pci".to_owned(),
            certified: true,
        };
        let value = Value::Object(journal.to_json());
        assert_eq!(Journal::from_json(&value), Some(journal));
    }
}
