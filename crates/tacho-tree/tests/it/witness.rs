//! The witness's texts and its rule.

use tacho_tree::limits::{CONSISTENCY_HASHES_MAX, NOTE_SIGNATURES_MAX};
use tacho_tree::witness::{Refusal, Submission, parse_cosignatures, parse_size};
use tacho_tree::{Head, KeyName, Levels, LogKey, Note, checkpoint, leaf_hash, prove};

use crate::sample::{head, leaves, log_key, log_keys, note, one_bit_off, tree, witness_key};

fn submission(tree: &Levels, old: u64, new: u64) -> Submission {
    let proof = prove::consistency(tree, old, new).unwrap();
    Submission { old, proof, note: note(head(tree, new)) }
}

fn judge(submission: &Submission, last: Option<Head>) -> Result<u64, Refusal> {
    submission.judge(&log_keys(), |_| last).map(|checkpoint| checkpoint.head.size)
}

#[test]
fn a_witness_cosigns_what_follows_from_what_it_saw() {
    let tree = tree(&leaves(40));
    for old in 0..=40 {
        for new in old.max(1)..=40 {
            let last = (old > 0).then(|| head(&tree, old));
            assert_eq!(judge(&submission(&tree, old, new), last), Ok(new));
        }
    }
}

#[test]
fn its_cosignature_goes_into_the_note_and_verifies() {
    let tree = tree(&leaves(9));
    let mut submission = submission(&tree, 4, 9);
    let sent = submission.to_string();
    assert_eq!(Submission::parse(sent.as_bytes()).unwrap(), submission);
    let checkpoint = submission.judge(&log_keys(), |_| Some(head(&tree, 4))).unwrap();

    let witness = witness_key(1);
    let answer = format!("{}\n", witness.cosign(&checkpoint, 1_679_315_147));
    for signature in parse_cosignatures(answer.as_bytes()).unwrap() {
        submission.note.add(signature).unwrap();
    }
    let keys = [log_key().verifier().clone(), witness.verifier().clone()];
    assert_eq!(checkpoint::open(&submission.note, &keys).unwrap().signers.len(), 2);
}

#[test]
fn a_stale_a_forked_and_an_unproved_checkpoint_are_told_apart() {
    let tree = tree(&leaves(9));
    let last = |size| Some(head(&tree, size));
    let stale = judge(&submission(&tree, 4, 9), last(5));
    assert_eq!(stale, Err(Refusal::OtherSize { last: 5 }));
    assert_eq!(judge(&submission(&tree, 4, 9), None), Err(Refusal::OtherSize { last: 0 }));
    let rolled_back = judge(&submission(&tree, 4, 4), last(9));
    assert_eq!(rolled_back, Err(Refusal::OtherSize { last: 9 }));

    let other: Levels = (0..9u8).map(|i| leaf_hash(&[i])).collect();
    let forked = Submission { old: 9, proof: Vec::new(), note: note(head(&other, 9)) };
    assert_eq!(judge(&forked, last(9)), Err(Refusal::Fork { last: 9 }));
    assert_eq!(judge(&submission(&other, 4, 9), last(4)), Err(Refusal::Inconsistent));
    let unproved = Submission { proof: Vec::new(), ..submission(&tree, 4, 9) };
    assert_eq!(judge(&unproved, last(4)), Err(Refusal::Inconsistent));
    let from_nothing = Submission { proof: vec![leaf_hash(b"")], ..submission(&tree, 0, 9) };
    assert_eq!(judge(&from_nothing, None), Err(Refusal::Inconsistent));
    let backwards = Submission { old: 10, ..submission(&tree, 4, 9) };
    assert_eq!(judge(&backwards, last(9)), Err(Refusal::Backwards));
}

#[test]
fn unknown_logs_and_unsigned_checkpoints_are_refused_before_anything_is_looked_up() {
    let tree = tree(&leaves(9));
    let sent = submission(&tree, 4, 9);
    let never = |_: &_| panic!("looked up");
    assert_eq!(sent.judge(&[], never), Err(Refusal::UnknownLog));
    let other = LogKey::from_seed(log_key().verifier().name().clone(), &[9; 32]);
    let keys = [other.verifier().clone()];
    assert!(matches!(sent.judge(&keys, never), Err(Refusal::NotSigned(_))));
    let mut no_checkpoint = Note::new("hello\n".to_owned()).unwrap();
    no_checkpoint.sign(&log_key()).unwrap();
    let sent = Submission { note: no_checkpoint, ..sent };
    assert!(matches!(sent.judge(&log_keys(), never), Err(Refusal::Malformed(_))));
    let name = KeyName::new("tacho.example.com/other").unwrap();
    let elsewhere = LogKey::from_seed(name, &[9; 32]);
    let sent = submission(&tree, 4, 9);
    let keys = [elsewhere.verifier().clone()];
    assert_eq!(sent.judge(&keys, never), Err(Refusal::UnknownLog));
}

#[test]
fn every_single_bit_change_of_a_request_is_refused() {
    let tree = tree(&leaves(9));
    let sent = submission(&tree, 6, 9).to_string().into_bytes();
    for changed in one_bit_off(&sent) {
        let cosigned = Submission::parse(&changed)
            .is_ok_and(|submission| judge(&submission, Some(head(&tree, 6))).is_ok());
        assert!(!cosigned, "{}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn requests_and_answers_have_one_spelling() {
    let tree = tree(&leaves(9));
    let good = submission(&tree, 6, 9).to_string();
    for (spelling, what) in [
        (good.replace("old 6", "old 06"), "a leading zero"),
        (good.replace("old 6", "old  6"), "two spaces"),
        (good.replace("old 6\n", ""), "no old size"),
        (good.replace("\n\n", "\n\n\n"), "an empty line too many"),
        (good.replace('\n', "\r\n"), "carriage returns"),
        (format!("{good}\n"), "a line behind"),
        (String::new(), "nothing"),
    ] {
        assert!(Submission::parse(spelling.as_bytes()).is_err(), "{what}");
    }
    let hash = leaf_hash(b"");
    let with = |count| Submission { proof: vec![hash; count], ..submission(&tree, 6, 9) };
    let longest = with(CONSISTENCY_HASHES_MAX).to_string();
    assert!(Submission::parse(longest.as_bytes()).is_ok());
    let longer = with(CONSISTENCY_HASHES_MAX + 1).to_string();
    assert!(Submission::parse(longer.as_bytes()).is_err());

    let line = witness_key(1).cosign(&crate::sample::checkpoint(head(&tree, 9)), 5).to_string();
    assert_eq!(parse_cosignatures(format!("{line}\n{line}\n").as_bytes()).unwrap().len(), 2);
    for answer in [String::new(), "\n".to_owned(), line.clone(), format!("{line}\n\n")] {
        assert!(parse_cosignatures(answer.as_bytes()).is_err(), "{answer:?}");
    }
    let many = |count| format!("{line}\n").repeat(count);
    assert!(parse_cosignatures(many(NOTE_SIGNATURES_MAX).as_bytes()).is_ok());
    assert!(parse_cosignatures(many(NOTE_SIGNATURES_MAX + 1).as_bytes()).is_err());

    assert_eq!(parse_size(b"17\n").unwrap(), 17);
    for answer in ["17", "017\n", "17\n\n", " 17\n", "\n", ""] {
        assert!(parse_size(answer.as_bytes()).is_err(), "{answer:?}");
    }
}
