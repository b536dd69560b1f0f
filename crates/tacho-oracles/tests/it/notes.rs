//! `signed_note`: notes, key texts, signatures.

use proptest::prelude::*;
use signed_note::{StandardSigner, StandardVerifier, VerifierList};
use tacho_tree::{KeyName, LogKey, Note, VerifierKey};

use crate::sample::{checkpoint, log_key, note};

fn verifiers(key: &LogKey) -> VerifierList {
    let verifier = StandardVerifier::new(&key.verifier().to_string()).unwrap();
    VerifierList::new(vec![Box::new(verifier)])
}

#[test]
fn it_signs_with_our_private_text_what_we_sign() {
    let key = log_key();
    let signer = StandardSigner::new(&key.to_private_text()).unwrap();
    let mut theirs = signed_note::Note::new(checkpoint(5).to_string().as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    assert_eq!(theirs.to_bytes(), note(5).to_string().into_bytes());
}

#[test]
fn it_verifies_our_notes_and_ignores_the_keys_it_does_not_know() {
    let key = log_key();
    let mut note = note(5);
    let other = LogKey::from_seed(KeyName::new("other.example.com/x").unwrap(), &[1; 32]);
    note.sign(&other).unwrap();
    let theirs = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    let (verified, unverified) = theirs.verify(&verifiers(&key)).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 1));
    assert_eq!(verified[0].name(), key.verifier().name().as_str());
    let (verified, _) = theirs.verify(&verifiers(&other)).unwrap();
    assert_eq!(verified[0].signature(), note.signatures()[1].bytes);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000, failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn a_note_that_we_read_or_believe_it_reads_or_believes_alike(
        at in any::<prop::sample::Index>(),
        removed in 0usize..4,
        inserted in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..3),
            "[0-9A-Za-z+/=\u{2014} \n]{0,4}".prop_map(String::into_bytes),
        ],
    ) {
        let key = log_key();
        let mut bytes = note(5).to_string().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + removed).min(bytes.len());
        bytes.splice(at..end, inserted);
        let Ok(ours) = Note::parse(&bytes) else { return Ok(()) };
        let theirs = signed_note::Note::from_bytes(&bytes).unwrap();
        prop_assert_eq!(theirs.text(), ours.text().as_bytes());
        let believed = ours.verify(&[key.verifier().clone()]).is_ok();
        prop_assert_eq!(theirs.verify(&verifiers(&key)).is_ok(), believed);
    }

    #[test]
    fn a_key_text_that_we_read_it_reads(
        at in any::<prop::sample::Index>(),
        removed in 0usize..3,
        inserted in "[0-9A-Za-z+/=.-]{0,3}",
    ) {
        let mut text = log_key().verifier().to_string();
        let at = at.index(text.len());
        text.replace_range(at..(at + removed).min(text.len()), &inserted);
        if VerifierKey::parse(&text).is_ok() {
            prop_assert!(StandardVerifier::new(&text).is_ok(), "{}", text);
        }
    }
}
