//! Given some events of a log, gives one file that proves them to whoever has the log's public key:
//! a deterministic tar with leaves, proofs, chosen disclosures and a page for people.
//!
//! The bytes are `docs/format/bundle.md`; the same events under the same checkpoint give the same
//! file. `tacho-verify bundle FILE` checks it offline.

mod page;

use std::fmt;

use sha2::{Digest, Sha256};
use tacho_event::json::{Object, Value};
use tacho_event::privacy::{Class, Disclosure, reveal};
use tacho_tree::archive::Archive;

use crate::error::Error;
use crate::limits::{BUNDLE_BYTES_MAX, BUNDLE_EVENTS_MAX};
use crate::log::{Log, LogEntry, Order, Query};
use crate::prove::ProveError;
use crate::sign;
use crate::verify::Coverage;

/// Which events go into a bundle, and what of them is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'c> {
    /// The events; in a bundle they stand in the order of the log, whatever the query says.
    pub query: Query<'c>,
    /// The classes whose disclosures are shown: none shows the leaves alone.
    pub classes: &'c [Class],
    /// What the exporter calls the choice; it is shown and proves nothing.
    pub title: &'c str,
    /// What the exporter states about the whole log, where he does.
    pub coverage: Option<&'c Coverage>,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The tar.
    pub bytes: Vec<u8>,
    /// Indexes of the events in it.
    pub indexes: Vec<u64>,
    /// Disclosures in it.
    pub disclosures: usize,
    /// Events that were chosen and are not signed yet, so they are not in it.
    pub unsigned: u64,
}

impl Log {
    /// Makes a bundle of some events under the latest checkpoint.
    ///
    /// # Errors
    /// That nothing was signed yet, that too much was chosen, or that the log is damaged.
    pub fn bundle(&self, choice: &Choice<'_>) -> Result<Bundle, BundleError> {
        let (note, head) = self.signed_head()?;
        // The same checkpoint with the lines of witnesses under it, if they saw this very one.
        let cosigned = self.cosigned_over(head.size.saturating_sub(1));
        let cosigned = cosigned.map(|(note, _)| note).filter(|one| one.text() == note.text());
        let note = cosigned.unwrap_or(note);
        let query = Query { order: Order::Oldest, ..choice.query };
        let mut members = Members { made: Bundle::empty(), ..Members::default() };
        for entry in self.query(query)? {
            let entry = entry?;
            if entry.index >= head.size {
                members.made.unsigned += 1;
                continue;
            }
            if members.made.indexes.len() >= BUNDLE_EVENTS_MAX {
                return Err(BundleError::TooMany);
            }
            let proof = self.prove_under(entry.index, &note, &head)?;
            members.add(self, choice, &entry, &proof)?;
            if members.size() > BUNDLE_BYTES_MAX {
                return Err(BundleError::TooLarge);
            }
        }
        let keys = sign::vkeys(self.store().files().as_ref(), self.places())?;
        let keys: String = keys.iter().map(|key| format!("{key}\n")).collect();
        Ok(members.close(choice, &note.to_string(), &keys))
    }
}

impl Bundle {
    fn empty() -> Self {
        Self { bytes: Vec::new(), indexes: Vec::new(), disclosures: 0, unsigned: 0 }
    }
}

/// The members of a bundle, while events come in.
#[derive(Default)]
struct Members {
    made: Bundle,
    leaves: Vec<u8>,
    proofs: Vec<(String, String)>,
    proofs_bytes: usize,
    disclosures: Vec<u8>,
    coverage: Coverage,
    page: page::Page,
}

impl Default for Bundle {
    fn default() -> Self {
        Self::empty()
    }
}

impl Members {
    fn add(
        &mut self,
        log: &Log,
        choice: &Choice<'_>,
        entry: &LogEntry,
        proof: &crate::prove::Proof,
    ) -> Result<(), Error> {
        self.leaves.extend_from_slice(&proof.leaf);
        self.leaves.push(b'\n');
        let text = proof.to_string();
        self.proofs_bytes += text.len() + 1024;
        self.proofs.push((format!("proofs/{:020}.tlog-proof", entry.index), text));
        let mut shown: Vec<Disclosure> = Vec::new();
        if !choice.classes.is_empty() {
            let opened = log.opened(entry)?;
            shown.extend(
                opened.disclosures.into_iter().filter(|one| choice.classes.contains(&one.class)),
            );
        }
        for one in &shown {
            let line = Object::from([
                ("class", Value::from(one.class.as_str())),
                ("disclosure", Value::from(one.text.as_str())),
                ("index", Value::from(entry.index)),
            ]);
            self.disclosures.extend_from_slice(Value::from(line).to_json().as_bytes());
            self.disclosures.push(b'\n');
        }
        self.made.disclosures += shown.len();
        self.made.indexes.push(entry.index);
        self.coverage.leaf(&entry.leaf);
        let event = reveal(&entry.leaf, &shown).unwrap_or_else(|_| entry.leaf.clone());
        self.page.add(entry.index, &event);
        Ok(())
    }

    fn size(&self) -> usize {
        self.leaves.len() + self.proofs_bytes + self.disclosures.len() + self.page.len()
    }

    fn close(self, choice: &Choice<'_>, note: &str, keys: &str) -> Bundle {
        let log = choice.coverage.map_or(Value::Null, |coverage| coverage.to_json().into());
        let coverage = Object::from([
            ("bundle", Value::from(self.coverage.to_json())),
            ("log", log),
            ("v", Value::from(1)),
        ]);
        let coverage = Value::from(coverage).to_json() + "\n";
        let page = self.page.close(choice.title, note);
        let mut members: Vec<(&str, &[u8])> = vec![
            ("checkpoint", note.as_bytes()),
            ("keys.vkey", keys.as_bytes()),
            ("leaves.jsonl", &self.leaves),
        ];
        members.extend(self.proofs.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
        members.extend([
            ("disclosures.jsonl", self.disclosures.as_slice()),
            ("coverage.json", coverage.as_bytes()),
            ("index.html", page.as_bytes()),
        ]);
        let manifest = manifest(choice, &self.made, &members);
        let mut archive = Archive::new();
        archive.add("manifest.json", manifest.as_bytes());
        members.iter().for_each(|(name, bytes)| archive.add(name, bytes));
        Bundle { bytes: archive.finish(), ..self.made }
    }
}

fn manifest(choice: &Choice<'_>, made: &Bundle, members: &[(&str, &[u8])]) -> String {
    let member = |(name, bytes): &(&str, &[u8])| {
        let hash: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        Value::from(Object::from([
            ("name", Value::from(*name)),
            ("sha256", Value::from(hash)),
            ("size", Value::from(bytes.len() as u64)),
        ]))
    };
    let indexes = made.indexes.iter().map(|index| Value::from(*index)).collect();
    let classes: Vec<Value> = Class::ALL
        .iter()
        .filter(|class| choice.classes.contains(class))
        .map(|class| Value::from(class.as_str()))
        .collect();
    let manifest = Object::from([
        ("classes", Value::List(classes)),
        ("disclosures", Value::from(made.disclosures as u64)),
        ("events", Value::from(made.indexes.len() as u64)),
        ("format", Value::from("tachograph-bundle")),
        ("indexes", Value::List(indexes)),
        ("members", Value::List(members.iter().map(member).collect())),
        ("title", Value::from(choice.title)),
        ("v", Value::from(1)),
    ]);
    Value::from(manifest).to_json() + "\n"
}

/// Why a bundle was not made.
#[derive(Debug)]
#[non_exhaustive]
pub enum BundleError {
    /// More events were chosen than one bundle holds.
    TooMany,
    /// What was chosen is larger than a bundle may be.
    TooLarge,
    /// An event could not be proven, or the log could not be read.
    Prove(ProveError),
}

impl<E: Into<ProveError>> From<E> for BundleError {
    fn from(error: E) -> Self {
        Self::Prove(error.into())
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => {
                write!(f, "more than {BUNDLE_EVENTS_MAX} events: make several bundles")
            }
            Self::TooLarge => {
                write!(f, "more than {BUNDLE_BYTES_MAX} bytes: make several bundles")
            }
            Self::Prove(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BundleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Prove(error) => Some(error),
            _ => None,
        }
    }
}
