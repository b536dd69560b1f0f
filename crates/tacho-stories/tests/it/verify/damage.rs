//! A flipped bit in every kind of file a store has is found, with the file.

use std::path::{Path, PathBuf};

use tacho_event::privacy::Class;
use tacho_testkit::rng::Rng;
use tacho_testkit::tamper::{TAMPERS, tamper};
use tacho_tree::audit::{Code, Verdict};
use tachograph::emitters;
use tachograph::verify::verify;

use super::{asked, codes, copy, sign, signed, trusted};
use crate::yard::Yard;

/// A store with at least one file of every kind that lasts: kept notes, a cursor, an emitter,
/// leaves beyond the checkpoint and frames beyond the leaves.
fn furnished() -> Yard {
    let yard = signed(1100);
    yard.record("default", 1100, 40);
    yard.integrate();
    sign(&yard);
    yard.record("default", 1140, 8);
    let store = yard.store();
    let cursor = tachograph::log::Cursor::new(&store, "sink", "default").unwrap();
    cursor.write(7).unwrap();
    let name = emitters::file_name("default", "hook:claude_code", "s-1");
    let (files, places) = (store.files().as_ref(), store.places());
    emitters::take(files, places, yard.world.as_ref(), &name, 3).unwrap().unwrap();
    yard
}

/// Every file below a directory, by its path in it.
fn files(dir: &Path) -> Vec<PathBuf> {
    fn walk(dir: &Path, root: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    found.sort();
    found
}

/// The kind of a file: its path without numbers.
fn kind(path: &Path) -> String {
    let text = path.to_str().unwrap();
    text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

/// Files that no check speaks of, and why.
const UNCHECKED: [(&str, &str); 4] = [
    ("FORMAT", "a store that does not say so is no store: nobody opens it"),
    ("installation", "random bytes: any are as good"),
    ("integrate.lock", "empty"),
    ("wal/lock", "who held it last, and a hint that counts only where a whole frame stands"),
];

#[test]
fn a_flipped_bit_in_every_kind_of_file_is_found_with_the_file() {
    let yard = furnished();
    let store = yard.path();
    assert_eq!(asked(&yard).report.findings, []);
    let mut rng = Rng::new(5);
    let mut kinds = std::collections::BTreeSet::new();
    for path in files(&store) {
        if UNCHECKED.iter().any(|(known, _)| path == Path::new(known)) || !kinds.insert(kind(&path))
        {
            continue;
        }
        let place = store.join(&path);
        let sound = std::fs::read(&place).unwrap();
        let used = sound.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for _ in (0..8).step_by(tacho_testkit::stride()) {
            let bit = rng.index(used * 8);
            let mut bytes = sound.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if means_nothing(&path, bit / 8, &sound) {
                continue;
            }
            std::fs::write(&place, &bytes).unwrap();
            let verified = verify(&yard.store(), "default", &trusted(&yard));
            let found = &verified.report.findings;
            assert_ne!(verified.verdict(), Verdict::Yes, "{path:?} byte {} of {used}", bit / 8);
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(
                found.iter().any(|one| {
                    let named = one.spot.file.as_deref().is_some_and(|file| file.contains(name));
                    named || one.spot.leaf.is_some()
                }),
                "{path:?}: {found:?}"
            );
            std::fs::write(&place, &sound).unwrap();
        }
    }
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    for expected in [
        "cursors/sink@default",
        "generation",
        "integrated",
        "tenants/default/checkpoint",
        "tenants/default/checkpoints.log",
        "tenants/default/index/zones",
        "tenants/default/keys.vkey",
        "tenants/default/leaves/00000000000000000000.jsonl",
        "tenants/default/parts/content/0000-00-00.tv",
        "tenants/default/parts/identity/0000-00-00.tv",
        "tenants/default/state",
        "tenants/default/tree/0/00000000.hashes",
        "wal/00000000.wal",
    ] {
        assert!(kinds.contains(&expected), "{expected} is not among {kinds:?}");
    }
    assert!(kinds.iter().any(|kind| kind.starts_with("emitters/")));
    assert!(kinds.iter().any(|kind| kind.starts_with("tenants/default/index/keys/")));
    assert!(kinds.iter().any(|kind| kind.starts_with("tenants/default/index/offsets/")));
}

/// Bytes that nothing vouches for: when a note was kept, the name of a record in a plain part (the
/// leaf does not bear it, and two classes of one leaf must only agree), and what stands behind the
/// index's marks.
fn means_nothing(path: &Path, byte: usize, sound: &[u8]) -> bool {
    let text = path.to_str().unwrap();
    if text.ends_with("checkpoints.log") {
        let before = &sound[..byte];
        let line = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let start = byte - line;
        return sound[start..].starts_with(b"20");
    }
    text.contains("index/parts")
}

#[test]
fn every_tampering_of_leaves_parts_nodes_and_notes_is_found() {
    let yard = furnished();
    let mut rng = Rng::new(9);
    let log = yard.places("default");
    for path in files(log.dir()) {
        let text = path.to_str().unwrap().to_owned();
        let is_evidence = ["leaves/", "parts/", "tree/0/", "checkpoint"];
        if !is_evidence.iter().any(|kind| text.starts_with(kind)) {
            continue;
        }
        let place = log.dir().join(&path);
        let sound = std::fs::read(&place).unwrap();
        for way in TAMPERS {
            let bytes = tamper(&sound, 0, sound.len(), way, &mut rng);
            if bytes == sound {
                continue;
            }
            std::fs::write(&place, &bytes).unwrap();
            let verified = asked(&yard);
            // Notes that are gone were never missed: nobody but who kept them knows of them.
            let fewer = text == "checkpoints.log" && sound.starts_with(&bytes);
            let found = &verified.report.findings;
            assert!(fewer || verified.verdict() != Verdict::Yes, "{way:?} of {text}: {found:?}");
        }
        std::fs::write(&place, &sound).unwrap();
    }
    assert_eq!(asked(&yard).report.findings, []);
}

#[test]
fn all_findings_are_told_and_not_just_the_first() {
    let yard = signed(400);
    let log = yard.places("default");
    for (path, at) in [(log.leaf_file(0), 2000), (log.node_file(3, 0), 40)] {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let day = std::fs::read_dir(log.parts().join("content")).unwrap().next().unwrap().unwrap();
    let bytes = std::fs::read(day.path()).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let at = text.len() / 2;
    assert!(at > 0);
    std::fs::write(day.path(), &bytes[..bytes.len() / 2]).unwrap();
    let verified = asked(&yard);
    let found = codes(&verified);
    for code in [Code::LeafChanged, Code::NodeChanged, Code::RootMismatch, Code::PartMissing] {
        assert!(found.contains(&code), "{code} is not among {found:?}");
    }
    assert!(verified.disclosures.unwrap().missing > 10);
}

/// Who integrated the first events of a day died in the middle of its file.
#[test]
fn the_rest_of_an_interrupted_chunk_in_a_new_day_is_no_change() {
    let yard = signed(3);
    let log = yard.log("default");
    let entry = log.get(0).unwrap().unwrap();
    let day = entry.leaf.object("content").unwrap().get("day").unwrap().as_i64().unwrap() as u32;
    let known = std::fs::read(yard.places("default").day_file(Class::Content, day)).unwrap();
    let new = yard.places("default").day_file(Class::Content, day + 1);
    // Half of a part of the fourth leaf: the record says it is 4096 bytes long.
    let torn = [&3u64.to_be_bytes()[..], b"TVP1", &4096u32.to_be_bytes(), &[7; 60]].concat();
    std::fs::write(&new, &torn).unwrap();
    assert_eq!(asked(&yard).report.findings, []);
    // Nobody leaves that in front of parts of leaves that count.
    std::fs::write(&new, [torn.as_slice(), &known].concat()).unwrap();
    assert_eq!(codes(&asked(&yard)), [Code::PartChanged]);
    // Behind them, the day is not new: somebody put it there.
    std::fs::write(&new, [known, torn].concat()).unwrap();
    assert!(codes(&asked(&yard)).contains(&Code::PartChanged));
}

#[test]
fn an_erased_disclosure_is_told_from_a_missing_one() {
    use tacho_event::privacy::Disclosure;
    use tachograph::state::State;
    use tachograph::vault::{Item, Tomb};
    let yard = signed(3);
    let log = yard.log("default");
    let entry = log.get(1).unwrap().unwrap();
    let day = entry.leaf.object("content").unwrap().get("day").unwrap().as_i64().unwrap() as u32;
    let path = yard.places("default").day_file(Class::Content, day);
    let mut records = log.part_files().day(Class::Content, day).unwrap().unwrap();
    let mut made = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        made.extend(record.leaf.map(u64::to_be_bytes).into_iter().flatten());
        match (record.leaf, record.item) {
            (Some(1), Item::Part(part)) => {
                let shown = Disclosure::of_part(part.class, part.body).unwrap();
                let digests: Vec<u8> = shown.iter().flat_map(Disclosure::digest).collect();
                Tomb {
                    record_id: part.record_id,
                    grant_id: part.grant_id,
                    class: part.class,
                    reason: 2,
                    ticket: [7; 16],
                    digests: &digests,
                }
                .encode(&mut made);
            }
            _ => made.extend_from_slice(record.bytes),
        }
    }
    std::fs::write(&path, &made).unwrap();
    let state = yard.places("default").state();
    let mut edited = State::decode(&std::fs::read(&state).unwrap()).unwrap();
    for file in edited.days.iter_mut().filter(|file| file.class == Class::Content) {
        file.bytes = made.len() as u64;
    }
    std::fs::write(&state, edited.encode()).unwrap();
    let verified = asked(&yard);
    let disclosures = verified.disclosures.unwrap();
    assert_eq!((disclosures.erased, disclosures.missing), (1, 0), "{:?}", verified.report.findings);
    std::fs::remove_file(&path).unwrap();
    let verified = asked(&yard);
    assert_eq!(verified.disclosures.as_ref().unwrap().missing, 3);
    assert!(codes(&verified).contains(&Code::PartMissing));
}

#[test]
fn a_log_signed_again_with_another_key_is_not_ours() {
    let yard = signed(20);
    let places = yard.places("default");
    let key = trusted(&yard);
    let origin = key.keys[0].name().clone();
    let forger = tacho_tree::LogKey::from_seed(origin.clone(), &[9; 32]);
    let tree = yard.log("default").integrated().clone();
    let head = tacho_tree::Head { size: tree.size(), root: tree.root() };
    let note = tacho_tree::Checkpoint { origin, head }.sign(&forger).to_string();
    std::fs::write(places.checkpoint(), note).unwrap();
    assert!(codes(&verify(&yard.store(), "default", &key)).contains(&Code::UnknownKey));
}

#[test]
fn an_older_copy_of_the_whole_log_agrees_with_itself_and_not_with_the_newer_leaves() {
    let yard = signed(50);
    let places = yard.places("default");
    let older = tempfile::tempdir().unwrap();
    copy(places.dir(), older.path());
    yard.record("default", 50, 10);
    yard.integrate();
    sign(&yard);
    std::fs::copy(older.path().join("state"), places.state()).unwrap();
    let verified = asked(&yard);
    assert!(codes(&verified).contains(&Code::StateDiffers), "{:?}", verified.report.findings);
}

#[test]
fn a_part_that_is_not_what_its_leaf_commits_to_is_named_though_it_was_integrated() {
    use tachograph::wal::{Batch, Patience};
    let yard = Yard::new();
    let wal = yard.wal();
    for number in [3, 6] {
        let mut record = crate::ledger::genuine(number);
        if number == 6 {
            // Whoever writes frames past the recorder; the part is as long as it was.
            let at = record.parts.windows(5).position(|bytes| bytes == b"\"n\":6").unwrap();
            record.parts[at + 4] = b'7';
        }
        let mut batch = Batch::new();
        batch.push(&record.borrow()).unwrap();
        wal.append(&mut batch, Patience::Server).unwrap();
    }
    let outcome = yard.integrate();
    assert_eq!((outcome.leaves, outcome.refused), (2, 0));
    sign(&yard);
    let verified = asked(&yard);
    assert_eq!(verified.verdict(), Verdict::No);
    let found: Vec<_> =
        verified.report.findings.iter().map(|one| (one.code, one.spot.leaf)).collect();
    assert_eq!(found, [(Code::PartChanged, Some(1)), (Code::PartMissing, Some(1))]);
    let disclosures = verified.disclosures.unwrap();
    assert_eq!((disclosures.opened, disclosures.missing), (1, 1));
    // Nor is it shown to whoever reveals the event.
    let log = yard.log("default");
    let event = |index| log.reveal(&log.get(index).unwrap().unwrap()).unwrap();
    assert!(event(0).event.at("/action/tool/parameters/n").is_some());
    assert!(event(1).event.at("/action/tool/parameters/n").is_none());
    assert_eq!(event(1).opened.problems.len(), 1);
}
