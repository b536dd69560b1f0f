//! An event is proven to whoever knows the key, and programs none of us wrote agree.

use std::fmt::Write as _;
use std::path::Path;

use tacho_testkit::GoVerifier;
use tacho_tree::{Head, TlogProof, check, leaf_hash};
use tachograph::prove::{ProveError, Which};
use tachograph::record::Receipt;

use super::{sign, signed, trusted};
use crate::yard::{Yard, call};

/// A signed log of 300 events, and the receipt of the last.
fn with_receipt() -> (Yard, Receipt) {
    let yard = signed(299);
    let receipt = yard.recorder("default").record(call(299)).unwrap();
    yard.integrate();
    sign(&yard);
    (yard, receipt)
}

#[test]
fn an_event_is_proven_by_its_index_its_id_and_its_receipt() {
    let (yard, receipt) = with_receipt();
    let log = yard.log("default");
    let keys = trusted(&yard).keys;
    let by_index = log.prove(299).unwrap();
    assert_eq!(log.prove("e-299").unwrap(), by_index);
    assert_eq!(log.prove(&receipt).unwrap(), by_index);
    assert_eq!(Some(leaf_hash(&by_index.leaf)), receipt.leaf_hash);
    for index in [0, 1, 63, 255, 256, 299] {
        let proof = log.prove(Which::Index(index)).unwrap();
        assert_eq!(proof.check(&keys).unwrap().size, 300);
        // What is displayed is what is given away, and says the same when it is read again.
        let text = proof.to_string();
        let read = TlogProof::parse(text.as_bytes()).unwrap();
        assert_eq!(read, proof.proof);
        assert!(read.verify(&leaf_hash(b"another"), &keys).is_err());
    }
}

#[test]
fn what_is_not_there_or_not_signed_is_not_proven() {
    let (yard, receipt) = with_receipt();
    yard.record("default", 300, 2);
    yard.integrate();
    let log = yard.log("default");
    for index in [300, 301, u64::MAX] {
        let refused = log.prove(index).unwrap_err();
        assert!(matches!(refused, ProveError::NotSigned { signed: 300, .. }), "{refused}");
    }
    assert!(matches!(log.prove("e-301"), Err(ProveError::NotSigned { index: 301, .. })));
    assert!(matches!(log.prove("e-302"), Err(ProveError::NoSuchEvent)));
    let mut forged = receipt;
    forged.leaf_hash = Some(leaf_hash(b"another leaf under the same id"));
    assert!(matches!(log.prove(&forged), Err(ProveError::NoSuchEvent)));
    let unsigned = Yard::new();
    unsigned.record("default", 0, 1);
    assert!(matches!(unsigned.log("default").prove(0), Err(ProveError::NoCheckpoint)));
}

#[test]
fn an_edited_event_is_not_proven_and_its_neighbours_are() {
    let (yard, _) = with_receipt();
    let path = yard.places("default").leaf_file(0);
    let text = std::fs::read_to_string(&path).unwrap();
    let at = text.match_indices('\n').nth(99).unwrap().0;
    let edited = text[at..].replacen("failure", "success", 1);
    std::fs::write(&path, format!("{}{edited}", &text[..at])).unwrap();
    let log = yard.log("default");
    let refused = (0..300).filter(|index| log.prove(*index).is_err()).collect::<Vec<u64>>();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!((100..104).contains(&refused[0]), "{refused:?}");
}

#[test]
fn go_agrees_with_every_proof_of_a_log_and_with_the_note_it_is_signed_by() {
    let (yard, _) = with_receipt();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go").join("trunk-proofs");
    let Some(go) = GoVerifier::build(&folder) else { return };
    let log = yard.log("default");
    let (mut claims, mut expected) = (String::new(), Vec::new());
    let mut claim = |words: String, proof: &[tacho_tree::Hash], holds: bool| {
        let proof: Vec<String> = proof.iter().map(ToString::to_string).collect();
        let proof = if proof.is_empty() { "-".to_owned() } else { proof.join(",") };
        writeln!(claims, "{words} {proof}").unwrap();
        expected.push(holds);
    };
    let (note, head) = log.signed_head().unwrap();
    for index in 0..300 {
        let made = log.prove(index).unwrap();
        let (leaf, path) = (leaf_hash(&made.leaf), &made.proof.path);
        claim(format!("leaf {index} 300 {leaf} {}", head.root), path, true);
        claim(format!("leaf {} 300 {leaf} {}", (index + 1) % 300, head.root), path, false);
    }
    for old in 1..=300 {
        let proof = log.prove_consistency(old, 300).unwrap();
        let before = Head { size: old, root: tacho_tree::prove::root(log.nodes(), old).unwrap() };
        assert_eq!(check::consistency(&before, &head, &proof), Ok(()));
        claim(format!("tree {old} 300 {} {}", before.root, head.root), &proof, true);
        let forged = leaf_hash(b"another history");
        claim(format!("tree {old} 300 {forged} {}", head.root), &proof, false);
    }
    let answers = go.answers(&["proofs"], claims);
    assert_eq!(answers.len(), expected.len());
    let differs = answers.iter().zip(&expected).position(|(theirs, ours)| theirs != ours);
    assert_eq!(differs, None);
    let key = trusted(&yard).keys[0].to_string();
    let hex =
        note.to_string().bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(go.answers(&["notes", &key], hex + "\n"), [true]);
}

#[test]
fn a_log_is_published_once_and_go_accepts_it_with_every_older_note() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go").join("trunk-export");
    let Some(go) = GoVerifier::build(&folder) else { return };
    let yard = signed(20);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("deep/tlog");
    let mut notes = Vec::new();
    for (first, count) in [(20, 236), (256, 1), (257, 260)] {
        notes.push(std::fs::read(yard.places("default").checkpoint()).unwrap());
        yard.record("default", first, count);
        yard.integrate();
        sign(&yard);
    }
    // Behind the checkpoint: not published.
    yard.record("default", 517, 9);
    yard.integrate();
    let log = yard.log("default");
    assert_eq!(log.export_tlog(&out).unwrap().size, 517);
    let older = out.join("older");
    std::fs::create_dir(&older).unwrap();
    for (number, note) in notes.iter().enumerate() {
        std::fs::write(older.join(number.to_string()), note).unwrap();
    }
    let key = trusted(&yard).keys[0].to_string();
    assert_eq!(go.log(&out, &key), Ok(()));
    assert!(log.export_tlog(&out).is_err(), "what is published is not written over");
    let other = signed(600);
    let theirs = std::fs::read(other.places("default").checkpoint()).unwrap();
    std::fs::write(older.join("9"), theirs).unwrap();
    assert!(go.log(&out, &key).is_err());
}
