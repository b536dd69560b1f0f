//! Given a bundle, says whether the log it speaks of held what it shows.
//!
//! A bundle comes from somebody who may mean harm. It is never unpacked: its members are read where
//! they stand, their names must be those that a bundle has, each once, and nothing is believed that
//! a leaf, a proof and a trusted key do not carry.

mod coverage;

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tacho_event::json::{self, Object, Value};
use tacho_event::privacy::{Class, Disclosure, check_leaf, reveal};
use tacho_tree::archive::{self, Member};
use tacho_tree::audit::{Code, Report, Spot};
use tacho_tree::{TlogProof, VerifierKey, leaf_hash};

/// Bytes of a bundle that are read: what a log makes is smaller.
pub const BUNDLE_BYTES_MAX: u64 = 512 << 20;

/// What stands in every bundle beside its proofs, in the order of the archive.
const BEFORE: [&str; 4] = ["manifest.json", "checkpoint", "keys.vkey", "leaves.jsonl"];
const BEHIND: [&str; 3] = ["disclosures.jsonl", "coverage.json", "index.html"];

/// Checks a bundle against keys that are trusted; without any, against those it brings along, which
/// shows that it agrees with itself and no more.
pub fn check(bytes: &[u8], keys: &[VerifierKey]) -> Report {
    let mut report = Report::default();
    let Some(members) = archive::members(bytes, &mut report) else { return report };
    let keys = trusted(&members, keys, &mut report);
    let Some(manifest) = object(&members, "manifest.json", &mut report) else { return report };
    let indexes = compare_manifest(&members, &manifest, &mut report);
    let leaves = leaves(&members, &indexes, &keys, &mut report);
    let shown = disclosures(&members, &manifest, &leaves, &mut report);
    let leaves: Vec<&Object> = leaves.values().collect();
    coverage::check(member(&members, "coverage.json"), &leaves, &mut report);
    report.fact(format!("{} events are in the log, {shown} disclosures are theirs", leaves.len()));
    report.limit("what `index.html` and the title say: read the leaves and the disclosures");
    report.limit("what the exporter left out: a bundle proves what is in it");
    report.limit("what `coverage.json` states of the whole log: only `verify` of the log tells");
    report.limit("whether that log is the one that others were shown: compare checkpoints");
    report
}

fn member<'b>(members: &[Member<'b>], name: &str) -> &'b [u8] {
    members.iter().find(|one| one.name == name).map_or(&[], |one| one.bytes)
}

/// The names that a bundle of these events has.
fn names(proofs: impl Iterator<Item = u64>) -> Vec<String> {
    let proofs = proofs.map(|index| format!("proofs/{index:020}.tlog-proof"));
    let before = BEFORE.iter().map(ToString::to_string);
    before.chain(proofs).chain(BEHIND.iter().map(ToString::to_string)).collect()
}

fn trusted(members: &[Member<'_>], keys: &[VerifierKey], report: &mut Report) -> Vec<VerifierKey> {
    if !keys.is_empty() {
        return keys.to_vec();
    }
    let text = String::from_utf8_lossy(member(members, "keys.vkey"));
    let keys: Vec<_> = text.lines().filter_map(|line| VerifierKey::parse(line).ok()).collect();
    if keys.is_empty() {
        report.find(Code::NoKey, "keys.vkey", "the bundle brings no key: give --vkey");
    }
    report.limit("who signed: the key was taken from the bundle itself; give --vkey to know");
    keys
}

fn object(members: &[Member<'_>], name: &str, report: &mut Report) -> Option<Object> {
    let bytes = member(members, name);
    match bytes.strip_suffix(b"\n").map(json::read) {
        Some(Ok(Value::Object(object)))
            if Value::from(object.clone()).to_json().len() + 1 == bytes.len() =>
        {
            Some(object)
        }
        _ => {
            report.find(Code::ArchiveMalformed, name, "is no canonical JSON object");
            None
        }
    }
}

/// Compares every member with what the manifest says; gives the indexes of the events.
fn compare_manifest(members: &[Member<'_>], manifest: &Object, report: &mut Report) -> Vec<u64> {
    let format = (manifest.str("format"), manifest.get("v").and_then(Value::as_i64));
    if format != (Some("tachograph-bundle"), Some(1)) {
        report.find(Code::NotSupported, "manifest.json", "is of a format this program knows not");
    }
    let list = manifest.get("indexes").and_then(Value::as_list).unwrap_or_default();
    let indexes: Vec<u64> = list
        .iter()
        .filter_map(|one| one.as_i64().and_then(|one| u64::try_from(one).ok()))
        .collect();
    let rising = indexes.is_sorted_by(|one, next| one < next);
    let events = manifest.get("events").and_then(Value::as_i64);
    if !rising || indexes.len() != list.len() || events != i64::try_from(list.len()).ok() {
        report.find(Code::StatementFalse, "manifest.json", "its indexes are not those of events");
    }
    let expected: BTreeSet<String> = names(indexes.iter().copied()).into_iter().collect();
    let there: BTreeSet<&str> = members.iter().map(|one| one.name).collect();
    for name in expected.iter().filter(|name| !there.contains(name.as_str())) {
        report.find(Code::MemberMissing, name.as_str(), "is not in the bundle");
    }
    for name in there.iter().filter(|name| !expected.contains(**name)) {
        report.find(Code::ArchiveUnsafe, *name, "no bundle has such a member");
    }
    let said = manifest.get("members").and_then(Value::as_list).unwrap_or_default();
    let mut rows: BTreeMap<&str, (Option<i64>, Option<&str>)> = BTreeMap::new();
    for row in said.iter().filter_map(Value::as_object) {
        let name = row.str("name").unwrap_or("");
        let claim = (row.get("size").and_then(Value::as_i64), row.str("sha256"));
        if rows.insert(name, claim).is_some() {
            report.find(Code::StatementFalse, "manifest.json", format!("names {name} twice"));
        }
    }
    for one in members.iter().filter(|one| one.name != "manifest.json") {
        let hash: String =
            Sha256::digest(one.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let size = i64::try_from(one.bytes.len()).ok();
        match rows.remove(one.name) {
            Some(claim) if claim == (size, Some(hash.as_str())) => {}
            Some(_) => {
                let spot = Spot::file(one.name).at(one.offset);
                report.find(Code::MemberChanged, spot, "is not what the manifest says");
            }
            None => report.find(Code::MemberChanged, one.name, "is not in the manifest"),
        }
    }
    for name in rows.keys() {
        report.find(Code::MemberMissing, *name, "is in the manifest and not in the bundle");
    }
    indexes
}

/// Checks each leaf and its proof; gives those that hold.
fn leaves(
    members: &[Member<'_>],
    indexes: &[u64],
    keys: &[VerifierKey],
    report: &mut Report,
) -> BTreeMap<u64, Object> {
    let text = member(members, "leaves.jsonl");
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.len() != indexes.len() || lines.iter().any(|line| !line.ends_with(b"\n")) {
        let what = format!("has {} lines for {} events", lines.len(), indexes.len());
        report.find(Code::StatementFalse, "leaves.jsonl", what);
    }
    let mut proofs: BTreeMap<&str, &[u8]> = BTreeMap::new();
    proofs.extend(members.iter().map(|one| (one.name, one.bytes)));
    let note = member(members, "checkpoint");
    let mut good = BTreeMap::new();
    for (index, line) in indexes.iter().zip(lines) {
        let leaf = line.strip_suffix(b"\n").unwrap_or(line);
        let name = format!("proofs/{index:020}.tlog-proof");
        let spot = || Spot::leaf(*index).within(&name);
        let Some(proof) = proofs.get(name.as_str()) else { continue };
        let proof = match TlogProof::parse(proof) {
            Ok(proof) => proof,
            Err(error) => {
                report.find(Code::ProofInvalid, spot(), error);
                continue;
            }
        };
        if proof.index != *index || proof.note.to_string().as_bytes() != note {
            report.find(Code::ProofInvalid, spot(), "is of another event, or under another note");
            continue;
        }
        if let (Err(problem), Err(_)) = (check_leaf(leaf, false), check_leaf(leaf, true)) {
            report.find(Code::LeafMalformed, Spot::leaf(*index).within("leaves.jsonl"), problem);
        }
        match (proof.verify(&leaf_hash(leaf), keys), json::read(leaf)) {
            (Ok(_), Ok(Value::Object(leaf))) => {
                good.insert(*index, leaf);
            }
            (Err(error), _) => report.find(Code::ProofInvalid, spot(), error),
            (Ok(_), _) => {}
        }
    }
    good
}

/// Checks that each disclosure is one that its leaf commits to; gives how many are.
fn disclosures(
    members: &[Member<'_>],
    manifest: &Object,
    leaves: &BTreeMap<u64, Object>,
    report: &mut Report,
) -> u64 {
    let name = "disclosures.jsonl";
    let classes = manifest.get("classes").and_then(Value::as_list).unwrap_or_default();
    let classes: Vec<&str> = classes.iter().filter_map(Value::as_str).collect();
    let mut by_leaf: BTreeMap<u64, Vec<Disclosure>> = BTreeMap::new();
    let mut count = 0;
    for (number, line) in (1u64..).zip(member(members, name).split_inclusive(|b| *b == b'\n')) {
        let spot = || Spot::file(format!("{name} line {number}"));
        count += 1;
        match disclosure(line) {
            Some((_, one)) if !classes.contains(&one.class.as_str()) => {
                let what = format!("shows {}, which the manifest does not", one.class);
                report.find(Code::StatementFalse, spot(), what);
            }
            Some((index, one)) if leaves.contains_key(&index) => {
                by_leaf.entry(index).or_default().push(one);
            }
            Some((index, _)) => {
                let what = format!("is of leaf {index}, which is not proven here");
                report.find(Code::DisclosureInvalid, spot(), what);
            }
            None => report.find(Code::DisclosureInvalid, spot(), "is no disclosure"),
        }
    }
    if manifest.get("disclosures").and_then(Value::as_i64) != Some(count) {
        let what = format!("there are {count} disclosures, the manifest says otherwise");
        report.find(Code::StatementFalse, name, what);
    }
    let mut shown = 0;
    for (index, all) in by_leaf {
        let Some(leaf) = leaves.get(&index) else { continue };
        match reveal(leaf, &all) {
            Ok(_) => shown += all.len() as u64,
            Err(problem) => {
                report.find(Code::DisclosureInvalid, Spot::leaf(index).within(name), problem);
            }
        }
    }
    shown
}

/// `{"class":..,"disclosure":..,"index":..}`, in the one spelling there is.
fn disclosure(line: &[u8]) -> Option<(u64, Disclosure)> {
    let text = line.strip_suffix(b"\n")?;
    let Value::Object(object) = json::read(text).ok()? else { return None };
    let class = Class::ALL.into_iter().find(|one| object.str("class") == Some(one.as_str()))?;
    let index = u64::try_from(object.get("index")?.as_i64()?).ok()?;
    let one = Disclosure::parse(class, object.str("disclosure")?)?;
    let whole = object.len() == 3 && Value::from(object).to_json().as_bytes() == text;
    whole.then_some((index, one))
}
