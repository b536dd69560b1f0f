//! Given keys that are trusted, gives those that a log's own rotations join to them.
//!
//! ```text
//! tacho.key  {"system":{"vkey":<next>,"predecessor":<old>,"from_size":..,"signature":<by old>}}
//! ```
//!
//! A rotation counts only with the old key's signature over the new one. So who trusts the old key
//! may trust the new one. And who trusts the new key, which signed the tree that holds this leaf,
//! may believe that notes of the old one were this log's.

use memchr::memmem;
use tacho_event::json::{self, Value};
use tacho_event::privacy::from_base64url;
use tacho_tree::audit::{Report, Spot};
use tacho_tree::{Origin, Rotation, VerifierKey};

use super::unreadable;
use crate::error::Error;
use crate::limits::KEY_EPOCHS_MAX;
use crate::log::{Log, LogEntry};
use crate::store::Store;

/// Leaves read at a time.
const BLOCK_LEAVES: usize = 1024;

/// One leaf that says that a key follows another.
#[derive(Debug)]
struct Step {
    leaf: u64,
    from_size: u64,
    successor: VerifierKey,
    predecessor: Option<VerifierKey>,
    signature: [u8; 64],
}

/// The keys that rotations join to `known`, without those.
pub(super) fn follow(
    store: &Store,
    tenant: &str,
    known: &[VerifierKey],
    report: &mut Report,
) -> Vec<VerifierKey> {
    let steps = match Log::of(store, tenant).and_then(|log| steps(&log, report)) {
        Ok(steps) => steps,
        Err(error) => {
            unreadable(&error, report);
            return Vec::new();
        }
    };
    let mut keys = known.to_vec();
    // Each round joins a key at least, or is the last.
    while let Some((key, leaf, word)) = steps.iter().find_map(|step| step.joins(&keys)) {
        report.fact(format!("{}+{} {word}, by the rotation at leaf {leaf}", key.name(), key.id()));
        keys.push(key);
    }
    keys.split_off(known.len())
}

impl Step {
    /// The key that this step joins to some keys, and how, if it is none of them.
    fn joins(&self, keys: &[VerifierKey]) -> Option<(VerifierKey, u64, &'static str)> {
        let has = |key: &VerifierKey| keys.contains(key);
        if !has(&self.successor) {
            let signed = keys.iter().any(|key| self.is_signed_by(key));
            return signed.then(|| (self.successor.clone(), self.leaf, "follows a trusted key"));
        }
        let before = self.predecessor.as_ref().filter(|key| !has(key) && self.is_signed_by(key))?;
        Some((before.clone(), self.leaf, "came before a trusted key"))
    }

    fn is_signed_by(&self, old: &VerifierKey) -> bool {
        let Ok(origin) = Origin::parse(old.name().as_str()) else { return false };
        let Self { from_size, successor, signature, .. } = self;
        Rotation { origin: &origin, from_size: *from_size, successor }.verify(old, signature)
    }
}

/// Every rotation that the log tells of and that can be opened.
fn steps(log: &Log, report: &mut Report) -> Result<Vec<Step>, Error> {
    let finder = memmem::Finder::new(b"\"tacho.key\"");
    let (mut steps, mut at, stored) = (Vec::new(), 0, log.integrated().size());
    while at < stored {
        let count = usize::try_from(stored - at).unwrap_or(BLOCK_LEAVES).min(BLOCK_LEAVES);
        let block = log.leaf_files().block(at, count)?;
        for (index, leaf) in (at..).zip(block.iter()) {
            if finder.find(leaf).is_none() {
                continue;
            }
            let Ok(Value::Object(leaf)) = json::read(leaf) else { continue };
            if leaf.at("/action/name").and_then(Value::as_str) != Some("tacho.key") {
                continue;
            }
            match step(log, LogEntry { index, leaf })? {
                Some(step) if steps.len() < KEY_EPOCHS_MAX => steps.push(step),
                Some(_) => return Ok(steps),
                None => {
                    let spot = Spot::leaf(index);
                    report
                        .limit(format!("who follows whom at {spot}: it is sealed, or no rotation"));
                }
            }
        }
        at += block.len() as u64;
    }
    Ok(steps)
}

fn step(log: &Log, entry: LogEntry) -> Result<Option<Step>, Error> {
    let event = log.reveal(&entry)?.event;
    let says = |name: &str| event.at("/action/system")?.as_object()?.get(name);
    let key = |name| VerifierKey::parse(says(name)?.as_str()?).ok();
    let read = || {
        let signature = from_base64url(says("signature")?.as_str()?)?;
        Some(Step {
            leaf: entry.index,
            from_size: u64::try_from(says("from_size")?.as_i64()?).ok()?,
            successor: key("vkey")?,
            predecessor: key("predecessor"),
            signature: signature.try_into().ok()?,
        })
    };
    Ok(read())
}
