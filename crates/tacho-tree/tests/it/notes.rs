//! Signed notes, checkpoints and cosignatures: what is believed, and what is not even read.

use tacho_tree::checkpoint::{self, OpenError};
use tacho_tree::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, TREE_SIZE_MAX};
use tacho_tree::note::{NoteError, Signature};
use tacho_tree::{Checkpoint, Hash, Head, KeyId, KeyName, LogKey, Note, VerifierKey};

use crate::sample::witness_key;
use crate::sample::{checkpoint, head, leaves, log_key, log_keys, note, one_bit_off, tree};

/// The example of Go's `note` package, written by others.
const GO_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqd\
    ngotpRZb6KE6RyyBwJnAM=\n";

fn some_head() -> Head {
    head(&tree(&leaves(5)), 5)
}

fn stranger(number: usize) -> Signature {
    let name = KeyName::new(&format!("stranger.example.com/{number}")).unwrap();
    Signature { name, id: KeyId([1, 2, 3, 4]), bytes: vec![0; 64] }
}

#[test]
fn a_note_written_by_go_is_read_and_verified() {
    let keys = [VerifierKey::parse(GO_VKEY).unwrap()];
    let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
    let verified = note.verify(&keys).unwrap();
    assert_eq!((verified.len(), verified[0].key, verified[0].time), (1, &keys[0], None));
    assert_eq!(note.to_string(), GO_NOTE);
    assert_eq!(note.verify(&log_keys()), Err(NoteError::NoKnownSignature));
}

#[test]
fn every_single_bit_change_of_a_signed_checkpoint_is_rejected() {
    let keys = log_keys();
    let bytes = note(some_head()).to_string().into_bytes();
    for changed in one_bit_off(&bytes) {
        let opened = Note::parse(&changed)
            .map_err(OpenError::Malformed)
            .and_then(|note| checkpoint::open(&note, &keys).map(|_| ()));
        assert!(opened.is_err(), "{}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn every_cut_of_a_signed_checkpoint_is_rejected() {
    let keys = log_keys();
    let bytes = note(some_head()).to_string().into_bytes();
    for end in 0..bytes.len() {
        let opened = Note::parse(&bytes[..end]).map(|note| note.verify(&keys).is_ok());
        assert_ne!(opened, Ok(true), "{end}");
    }
}

#[test]
fn unknown_signers_are_ignored_and_known_ones_must_hold() {
    let mut note = note(some_head());
    for number in 0..20 {
        note.add(stranger(number)).unwrap();
    }
    let note = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(checkpoint::open(&note, &log_keys()).unwrap().signers.len(), 1);

    // A stranger that becomes known spoils the note with its bad signature.
    let mut bad = crate::sample::note(some_head());
    let other = LogKey::from_seed(stranger(7).name, &[3; 32]);
    let (name, id) = (other.verifier().name().clone(), other.verifier().id());
    bad.add(Signature { name: name.clone(), id, bytes: vec![0; 64] }).unwrap();
    let keys = [log_key().verifier().clone(), other.verifier().clone()];
    assert_eq!(bad.verify(&keys), Err(NoteError::BadSignature { name, id }));
}

#[test]
fn a_name_or_an_id_alone_is_no_known_key() {
    let mut only_name = Note::new(checkpoint(some_head()).to_string()).unwrap();
    let verifier = log_key().verifier().clone();
    only_name
        .add(Signature { name: verifier.name().clone(), id: KeyId([0; 4]), bytes: vec![0; 64] })
        .unwrap();
    only_name
        .add(Signature { name: stranger(1).name, id: verifier.id(), bytes: vec![0; 64] })
        .unwrap();
    assert_eq!(only_name.verify(&[verifier]), Err(NoteError::NoKnownSignature));
}

#[test]
fn two_keys_of_one_log_sign_during_an_overlap() {
    let new = LogKey::from_seed(log_key().verifier().name().clone(), &[4; 32]);
    let mut note = note(some_head());
    note.sign(&new).unwrap();
    let both = [log_key().verifier().clone(), new.verifier().clone()];
    assert_eq!(checkpoint::open(&note, &both).unwrap().signers.len(), 2);
    assert_eq!(checkpoint::open(&note, &both[..1]).unwrap().signers.len(), 1);
    assert_eq!(checkpoint::open(&note, &both[1..]).unwrap().signers.len(), 1);
}

#[test]
fn a_key_listed_twice_is_one_key() {
    let keys = [log_keys(), log_keys()].concat();
    assert_eq!(checkpoint::open(&note(some_head()), &keys).unwrap().signers.len(), 1);
}

#[test]
fn a_witness_adds_the_time_and_does_not_replace_the_log() {
    let checkpoint = checkpoint(some_head());
    let witness = witness_key(1);
    let cosignature = witness.cosign(&checkpoint, 1_679_315_147);
    let keys = [log_key().verifier().clone(), witness.verifier().clone()];

    let mut both = note(some_head());
    both.add(cosignature.clone()).unwrap();
    let both = Note::parse(both.to_string().as_bytes()).unwrap();
    let opened = checkpoint::open(&both, &keys).unwrap();
    assert_eq!(opened.checkpoint, checkpoint);
    let times: Vec<_> = opened.signers.iter().map(|signer| signer.time).collect();
    assert_eq!(times, [None, Some(1_679_315_147)]);

    let mut alone = Note::new(checkpoint.to_string()).unwrap();
    alone.add(cosignature).unwrap();
    assert!(alone.verify(&keys).is_ok());
    let origin = checkpoint.origin;
    assert_eq!(checkpoint::open(&alone, &keys), Err(OpenError::NotByItsLog { origin }));
}

#[test]
fn every_single_bit_change_of_a_cosignature_is_rejected() {
    let checkpoint = checkpoint(some_head());
    let witness = witness_key(1);
    let keys = [log_key().verifier().clone(), witness.verifier().clone()];
    let cosignature = witness.cosign(&checkpoint, 1_679_315_147);
    for bytes in one_bit_off(&cosignature.bytes) {
        let mut note = note(some_head());
        note.add(Signature { bytes, ..cosignature.clone() }).unwrap();
        assert!(matches!(note.verify(&keys), Err(NoteError::BadSignature { .. })));
    }
}

/// A note over `text` with what the first sample witness's seed signs for this time.
fn cosigned_by_hand(text: &str, time: u64) -> Note {
    let witness = witness_key(1);
    let signer = LogKey::from_seed(witness.verifier().name().clone(), &[1; 32]);
    let mut message = Note::new(format!("cosignature/v1\ntime {time}\n{text}")).unwrap();
    message.sign(&signer).unwrap();
    let bytes = [&time.to_be_bytes()[..], &message.signatures()[0].bytes].concat();
    let mut note = Note::new(text.to_owned()).unwrap();
    let (name, id) = (witness.verifier().name().clone(), witness.verifier().id());
    note.add(Signature { name, id, bytes }).unwrap();
    note
}

#[test]
fn a_cosignature_of_something_else_than_a_checkpoint_means_nothing() {
    let keys = [witness_key(1).verifier().clone()];
    let checkpoint = checkpoint(some_head()).to_string();
    assert!(cosigned_by_hand(&checkpoint, 0).verify(&keys).is_ok());
    assert!(cosigned_by_hand("a\n", 0).verify(&keys).is_err());
}

#[test]
fn the_time_of_a_cosignature_is_below_two_to_the_63() {
    let keys = [witness_key(1).verifier().clone()];
    let checkpoint = checkpoint(some_head()).to_string();
    assert!(cosigned_by_hand(&checkpoint, (1 << 63) - 1).verify(&keys).is_ok());
    assert!(cosigned_by_hand(&checkpoint, 1 << 63).verify(&keys).is_err());
}

#[test]
#[should_panic(expected = "time is below 2^63")]
fn cosigning_for_a_later_time_is_a_bug() {
    witness_key(1).cosign(&checkpoint(some_head()), 1 << 63);
}

#[test]
fn another_logs_key_does_not_sign_for_this_one() {
    let other = LogKey::from_seed(KeyName::new("tacho.example.com/other").unwrap(), &[5; 32]);
    let mut note = Note::new(checkpoint(some_head()).to_string()).unwrap();
    note.sign(&other).unwrap();
    let origin = checkpoint(some_head()).origin;
    let keys = [other.verifier().clone()];
    let opened = checkpoint::open(&note, &keys);
    assert_eq!(opened, Err(OpenError::NotByItsLog { origin }));
}

#[test]
#[should_panic(expected = "a log's key bears its name")]
fn signing_for_another_origin_is_a_bug() {
    let origin = KeyName::new("tacho.example.com/other").unwrap();
    Checkpoint { origin, head: some_head() }.sign(&log_key());
}

/// Another base64 spelling of the same 68 bytes: a bit set that decodes to nothing.
pub(crate) fn with_stray_bit(signature: &str) -> String {
    let alphabet: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let (front, last) = signature.trim_end_matches('=').split_at(signature.len() - 2);
    let value = alphabet.iter().position(|c| last.starts_with(*c)).unwrap();
    format!("{front}{}=", alphabet[value + 1])
}

#[test]
fn a_note_has_one_spelling() {
    let good = note(some_head()).to_string();
    let signature = good.lines().last().unwrap();
    assert_eq!(Note::parse(good.as_bytes()).unwrap().to_string(), good);
    let spellings = [
        (good.trim_end().to_owned(), "final newline missing"),
        (format!("{good}\n"), "line after the signatures"),
        (format!("\n{good}"), "text that begins with an empty line and a checkpoint inside"),
        (good.replace('\n', "\r\n"), "carriage returns"),
        (good.replace("\u{2014} ", "- "), "a hyphen for the dash"),
        (good.replace("\u{2014} ", "\u{2014}  "), "two spaces"),
        (good.replace(signature, &format!("{signature} ")), "space behind the signature"),
        (good.replace(signature, signature.trim_end_matches('=')), "padding missing"),
        (good.replace(signature, &with_stray_bit(signature)), "stray bits"),
        (format!("{good}{signature}\n"), "a signature twice"),
        (good.replace("\n\n", "\n"), "no empty line"),
        (good.replace("\n\n", "\n\n\n"), "two empty lines"),
        (good.replace("tacho", "ta\tcho"), "a tab"),
        (good.replace("tacho", "ta\u{7f}cho"), "a delete character"),
        (good.split_once("\n\n").unwrap().0.to_owned(), "no signature at all"),
        (String::new(), "nothing"),
        ("\n\n".to_owned(), "empty lines"),
    ];
    for (spelling, what) in spellings {
        let believed = Note::parse(spelling.as_bytes())
            .is_ok_and(|note| checkpoint::open(&note, &log_keys()).is_ok());
        assert!(!believed, "{what}");
    }
    let mut not_utf8 = good.clone().into_bytes();
    not_utf8[0] = 0xff;
    assert!(Note::parse(&not_utf8).is_err());
}

#[test]
fn a_refused_note_names_its_line() {
    let good = note(some_head()).to_string();
    let refused = Note::parse(format!("{good}\u{2014} a!\n").as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "note line 6 has no signature");
    let refused = Checkpoint::parse("a.example.com/b\n05\n").unwrap_err();
    assert_eq!(refused.to_string(), "checkpoint line 2 is not a tree size");
}

#[test]
fn a_note_is_bounded_in_bytes_and_signatures() {
    let mut note = note(some_head());
    for number in 1..NOTE_SIGNATURES_MAX {
        note.add(stranger(number)).unwrap();
    }
    assert!(note.add(stranger(0)).is_err());
    let full = note.to_string();
    assert!(Note::parse(full.as_bytes()).is_ok());
    let one_more = format!("{full}{}\n", stranger(0));
    assert!(Note::parse(one_more.as_bytes()).is_err());

    let signed = |text: String| format!("{text}\n\n{}\n", stranger(0));
    let frame = signed(String::new()).len();
    let longest = signed("a".repeat(NOTE_BYTES_MAX - frame));
    assert_eq!(longest.len(), NOTE_BYTES_MAX);
    assert!(Note::parse(longest.as_bytes()).is_ok());
    let longer = signed("a".repeat(NOTE_BYTES_MAX - frame + 1));
    assert!(Note::parse(longer.as_bytes()).is_err());
}

#[test]
fn sixteen_of_the_largest_signatures_in_sight_fit() {
    let mut note = note(some_head());
    let longest = KeyName::new(&"w".repeat(255)).unwrap();
    for number in 0..16 {
        let bytes = vec![0; 8 + 2420];
        note.add(Signature { name: longest.clone(), id: KeyId([number; 4]), bytes }).unwrap();
    }
    assert!(Note::parse(note.to_string().as_bytes()).is_ok());
}

#[test]
fn a_checkpoint_has_one_spelling() {
    let root = leaves(1).first().map(|leaf| tacho_tree::leaf_hash(leaf)).unwrap();
    let good = format!("a.example.com/b\n3\n{root}\n");
    assert_eq!(Checkpoint::parse(&good).unwrap().to_string(), good);
    let empty = Hash::EMPTY_ROOT;
    for accepted in [
        format!("a.example.com/b\n0\n{empty}\n"),
        format!("a.example.com/b\n{TREE_SIZE_MAX}\n{root}\n"),
    ] {
        assert_eq!(Checkpoint::parse(&accepted).unwrap().to_string(), accepted);
    }
    for refused in [
        format!("a.example.com/b\n0\n{root}\n"),
        format!("a.example.com/b\n{}\n{root}\n", TREE_SIZE_MAX + 1),
        format!("a.example.com/b\n03\n{root}\n"),
        format!("a.example.com/b\n+3\n{root}\n"),
        format!("a.example.com/b\n-3\n{root}\n"),
        format!("a.example.com/b\n3 \n{root}\n"),
        format!("a.example.com/b\n\n{root}\n"),
        format!("a.example.com/b\r\n3\r\n{root}\r\n"),
        format!("a b\n3\n{root}\n"),
        format!("\n3\n{root}\n"),
        format!("a.example.com/b\n3\n{root}"),
        format!("a.example.com/b\n3\n{root}\nextension\n"),
        format!("a.example.com/b\n3\n{root}\n\n"),
        "a.example.com/b\n3\n".to_owned(),
        "a.example.com/b\n".to_owned(),
        String::new(),
    ] {
        assert!(Checkpoint::parse(&refused).is_err(), "{refused:?}");
    }
}

#[test]
fn two_known_keys_of_one_name_and_id_are_not_guessed_between() {
    // Two seeds whose key ids collide, found by trying a hundred thousand: ids are no proof.
    let [first, second] = [66_431u32, 107_080].map(|number| {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        LogKey::from_seed(KeyName::new("ambiguous.example.com/log").unwrap(), &seed)
    });
    let id = first.verifier().id();
    assert_eq!((id, id.to_string().as_str()), (second.verifier().id(), "7902236c"));
    let mut note = Note::new("text\n".to_owned()).unwrap();
    note.sign(&first).unwrap();
    assert!(note.verify(&[first.verifier().clone()]).is_ok());
    let name = first.verifier().name().clone();
    let keys = [first.verifier().clone(), second.verifier().clone()];
    let impostor = note.verify(&keys[1..]);
    assert_eq!(impostor, Err(NoteError::BadSignature { name: name.clone(), id }));
    assert_eq!(note.verify(&keys), Err(NoteError::AmbiguousKey { name, id }));
}
