//! Proofs as one text: what holds, what does not, and what is not even read.

use tacho_tree::checkpoint::OpenError;
use tacho_tree::limits::INCLUSION_HASHES_MAX;
use tacho_tree::{TlogProof, TlogProofError, leaf_hash, prove};

use crate::sample::{Uniform, head, leaves, log_keys, note, one_bit_off, tree};

fn proof(index: u64, size: u64) -> TlogProof {
    let tree = tree(&leaves(size as usize));
    let path = prove::inclusion(&tree, index, size).unwrap();
    TlogProof { index, path, note: note(head(&tree, size)) }
}

#[test]
fn a_proof_is_read_as_it_was_written_and_holds_for_its_leaf_alone() {
    let keys = log_keys();
    for size in 1..20 {
        for index in 0..size {
            let written = proof(index, size).to_string();
            let read = TlogProof::parse(written.as_bytes()).unwrap();
            assert_eq!(read.to_string(), written);
            let leaf = leaf_hash(&leaves(20)[index as usize]);
            let opened = read.verify(&leaf, &keys).unwrap();
            assert_eq!(opened.checkpoint.head.size, size);
            let other = read.verify(&leaf_hash(b"other"), &keys);
            assert!(matches!(other, Err(TlogProofError::Inclusion(_))));
        }
    }
}

#[test]
fn every_single_bit_change_of_a_proof_text_is_rejected() {
    let keys = log_keys();
    let (index, size) = (5, 11);
    let leaf = leaf_hash(&leaves(11)[5]);
    let written = proof(index, size).to_string().into_bytes();
    for changed in one_bit_off(&written) {
        let holds =
            TlogProof::parse(&changed).is_ok_and(|proof| proof.verify(&leaf, &keys).is_ok());
        assert!(!holds, "{}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn a_proof_without_a_known_log_says_so() {
    let leaf = leaf_hash(&leaves(11)[5]);
    let verdict = proof(5, 11).verify(&leaf, &[]);
    assert!(matches!(verdict, Err(TlogProofError::Checkpoint(OpenError::Note(_)))));
}

#[test]
fn a_proof_has_one_spelling() {
    let good = proof(1, 3).to_string();
    let (head, note) = good.split_once("\n\n").unwrap();
    let hash = head.lines().last().unwrap();
    for (spelling, what) in [
        (good.replace("v1", "v2"), "another version"),
        (good.replace("index 1", "index 01"), "a leading zero"),
        (good.replace("index 1", "Index 1"), "another word"),
        (good.replace("index 1", "index  1"), "two spaces"),
        (good.replace("index 1\n", ""), "no index"),
        (good.replace("index 1", &format!("index {}", u64::MAX)), "an index beyond all trees"),
        (good.replace("index 1", "extra AA==\nindex 1"), "extra data"),
        (good.replace(hash, &format!("{hash} ")), "a space behind a hash"),
        (good.replace(hash, &hash[..40]), "a short hash"),
        (good.replace("\n\n", "\n\n\n"), "an empty line too many"),
        (good.replace('\n', "\r\n"), "carriage returns"),
        (format!(" {good}"), "a space ahead"),
        (format!("{good}\n"), "a line behind"),
        (head.to_owned(), "no checkpoint"),
        (note.to_owned(), "a checkpoint alone"),
        (String::new(), "nothing"),
    ] {
        assert!(TlogProof::parse(spelling.as_bytes()).is_err(), "{what}");
    }
}

#[test]
fn the_longest_path_is_read_and_a_longer_one_refused() {
    let hash = Uniform::new().leaf();
    let with = |count| TlogProof { path: vec![hash; count], ..proof(0, 1) }.to_string();
    assert!(TlogProof::parse(with(INCLUSION_HASHES_MAX).as_bytes()).is_ok());
    let refused = TlogProof::parse(with(INCLUSION_HASHES_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "tlog-proof has too many hashes");
    let refused = TlogProof::parse(&vec![b'\n'; 1 << 17]).unwrap_err();
    assert_eq!(refused.to_string(), "tlog-proof is too long");
}
