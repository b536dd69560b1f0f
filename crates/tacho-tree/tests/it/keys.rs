//! Keys: derivation, texts, statements, and what is no key.

use tacho_tree::note::{NoteError, Signature};
use tacho_tree::{
    KeyError, KeyName, Kind, LogKey, Note, Origin, Rotation, VerifierKey, WitnessKey,
};

use crate::sample::{log_key, one_bit_off, witness_key};

/// The example key of Go's `note` package, written by others.
const GO_PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_PRIVATE: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

fn origin(name: &str) -> Origin {
    Origin::parse(name).unwrap()
}

#[test]
fn each_origin_and_epoch_has_its_own_key() {
    let derive = |name, epoch| LogKey::derive(&[7; 32], &origin(name), epoch);
    let key = derive("tacho.example.com/acme", 0);
    let again = derive("tacho.example.com/acme", 0);
    assert_eq!(key.verifier(), again.verifier());
    let others = [
        derive("tacho.example.com/acme", 1),
        derive("tacho.example.com/acme", 1 << 24),
        derive("tacho.example.com/acme2", 0),
        derive("tacho.example.com/acm", 0),
        LogKey::derive(&[8; 32], &origin("tacho.example.com/acme"), 0),
    ];
    for other in others {
        assert_ne!(key.verifier().public_bytes(), other.verifier().public_bytes());
    }
}

#[test]
fn key_texts_are_those_of_go() {
    let key = LogKey::parse(GO_PRIVATE).unwrap();
    assert_eq!(key.verifier().to_string(), GO_PUBLIC);
    assert_eq!(*key.to_private_text(), GO_PRIVATE);
    assert_eq!(VerifierKey::parse(GO_PUBLIC).unwrap(), *key.verifier());
    assert_eq!(key.verifier().kind(), Kind::Log);
}

#[test]
fn a_witness_key_is_told_from_a_log_key() {
    let witness = witness_key(1);
    let text = witness.to_private_text();
    assert_eq!(WitnessKey::parse(&text).unwrap().verifier(), witness.verifier());
    let (found, expected) = (Kind::Witness, Kind::Log);
    let other_kind = KeyError::OtherKind { found, expected };
    assert_eq!(LogKey::parse(&text).unwrap_err(), other_kind);
    assert!(WitnessKey::parse(GO_PRIVATE).is_err());
    let vkey = witness.verifier().to_string();
    assert_eq!(VerifierKey::parse(&vkey).unwrap(), *witness.verifier());
}

#[test]
fn every_single_bit_change_of_a_key_text_is_refused_or_another_key() {
    let refused = |text: &[u8]| match str::from_utf8(text).map(VerifierKey::parse) {
        Err(_) | Ok(Err(_)) => true,
        Ok(Ok(_)) => false,
    };
    for changed in one_bit_off(GO_PUBLIC.as_bytes()) {
        assert!(refused(&changed), "{:?}", String::from_utf8_lossy(&changed));
    }
    for changed in one_bit_off(GO_PRIVATE.as_bytes()) {
        let parsed = str::from_utf8(&changed).map(LogKey::parse);
        assert!(!matches!(parsed, Ok(Ok(_))), "{:?}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn what_is_no_key_text_is_refused_by_its_reason() {
    let refused = |text: &str| VerifierKey::parse(text).unwrap_err();
    for text in ["", "a", "a+b", "+c74f20a3+ARpc", "PeterNeumann+c74f20a3", GO_PRIVATE] {
        assert_eq!(refused(text), KeyError::NotAKeyText, "{text:?}");
    }
    for id in ["c74f20a4", "C74F20A3", "0c74f20a3", "", "c74f20a"] {
        let text = GO_PUBLIC.replace("c74f20a3", id);
        assert_eq!(refused(&text), KeyError::WrongId, "{text}");
    }
    let of_bytes = |bytes: &[u8]| {
        use base64ct::{Base64, Encoding};
        refused(&format!("a+00000000+{}", Base64::encode_string(bytes)))
    };
    assert_eq!(of_bytes(&[6; 33]), KeyError::UnknownKind { byte: 6 });
    assert_eq!(of_bytes(&[1; 32]), KeyError::NotAKeyText);
    assert_eq!(of_bytes(&[1; 34]), KeyError::NotAKeyText);
}

#[test]
fn weak_keys_and_second_spellings_of_keys_are_refused() {
    let name = KeyName::new("weak.example.com").unwrap();
    let refused =
        |public: [u8; 32]| VerifierKey::new(name.clone(), Kind::Log, &public).unwrap_err();
    let with_first = |first: u8| {
        let mut bytes = [0; 32];
        bytes[0] = first;
        bytes
    };
    // The neutral element, and y = 0: points of order 1 and 4, under which forgeries verify.
    assert_eq!(refused(with_first(1)), KeyError::WeakKey);
    assert_eq!(refused(with_first(0)), KeyError::WeakKey);
    // y = 2 has no x on the curve.
    assert_eq!(refused(with_first(2)), KeyError::NotAPoint);
    // y = p + 3, a second spelling of y = 3, which is a point.
    let three = VerifierKey::new(name.clone(), Kind::Log, &with_first(3));
    let mut p_plus_three = [0xff; 32];
    p_plus_three[0] = 0xf0;
    p_plus_three[31] = 0x7f;
    assert!(three.is_ok());
    assert_eq!(refused(p_plus_three), KeyError::WeakKey);
}

#[test]
fn a_debug_print_shows_no_secret() {
    let key = log_key();
    let seed = key.to_private_text();
    let secret = seed.rsplit('+').next().unwrap();
    assert!(!format!("{key:?}").contains(secret));
    assert!(format!("{key:?}").contains(&key.verifier().to_string()));
}

#[test]
fn a_statement_holds_for_its_context_body_and_key_alone() {
    let key = log_key();
    let signature = key.sign_statement("tacho/v1/row", b"body");
    assert!(key.verifier().verify_statement("tacho/v1/row", b"body", &signature));
    assert!(!key.verifier().verify_statement("tacho/v1/ro", b"wbody", &signature));
    assert!(!key.verifier().verify_statement("tacho/v1/row", b"bodY", &signature));
    let other = LogKey::from_seed(key.verifier().name().clone(), &[9; 32]);
    assert!(!other.verifier().verify_statement("tacho/v1/row", b"body", &signature));
    let as_witness = VerifierKey::new(
        key.verifier().name().clone(),
        Kind::Witness,
        key.verifier().public_bytes(),
    );
    assert!(!as_witness.unwrap().verify_statement("tacho/v1/row", b"body", &signature));
    for changed in one_bit_off(&signature) {
        let changed = changed.try_into().unwrap();
        assert!(!key.verifier().verify_statement("tacho/v1/row", b"body", &changed));
    }
}

#[test]
#[should_panic(expected = "without zero bytes")]
fn a_context_with_a_zero_byte_is_a_bug() {
    log_key().sign_statement("tacho\0v1", b"");
}

#[test]
fn a_rotation_counts_only_with_the_old_keys_signature() {
    let origin = origin("tacho.example.com/acme");
    let old = log_key();
    let new = LogKey::derive(&[7; 32], &origin, 1);
    let rotation = Rotation { origin: &origin, from_size: 42, successor: new.verifier() };
    let signature = rotation.sign(&old);
    assert!(rotation.verify(old.verifier(), &signature));
    assert!(!rotation.verify(new.verifier(), &signature));
    assert!(!Rotation { from_size: 43, ..rotation.clone() }.verify(old.verifier(), &signature));
    let stranger = LogKey::derive(&[8; 32], &origin, 1);
    let other = Rotation { successor: stranger.verifier(), ..rotation.clone() };
    assert!(!other.verify(old.verifier(), &signature));
    // A key of another log cannot take over, even with the old key's word.
    let elsewhere = Origin::parse("tacho.example.com/other").unwrap();
    let foreign = LogKey::derive(&[7; 32], &elsewhere, 0);
    let taken = Rotation { successor: foreign.verifier(), ..rotation };
    assert!(!taken.verify(old.verifier(), &taken.sign(&old)));
}

#[test]
fn a_second_signature_of_the_same_text_that_lenient_verifiers_accept_is_rejected() {
    let note = include_str!("../../../../fixtures/vectors/tlog/checkpoint");
    let note = Note::parse(note.as_bytes()).unwrap();
    let keys = [log_key().verifier().clone()];
    assert!(note.verify(&keys).is_ok());
    // R the neutral element: made with the key, and accepted by OpenSSL. And s with the order of
    // the group added: made by anyone from the good signature.
    for signature in [
        "0100000000000000000000000000000000000000000000000000000000000000\
         c90527a0881e7691090ac551654f744b65ee2320413dd1624a541b185cec4a0a",
        "e6b862fd927598f992d6c65eebd0ab89d772ecf4b2185cd706b1d4c89ababf43\
         79adcbf334cf31d2af572e32fca7d5127f9996acb9c6a081e9f7eed7111dfa1c",
    ] {
        let bytes = (0..128)
            .step_by(2)
            .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap())
            .collect();
        let mut forged = Note::new(note.text().to_owned()).unwrap();
        let good = &note.signatures()[0];
        forged.add(Signature { name: good.name.clone(), id: good.id, bytes }).unwrap();
        assert!(matches!(forged.verify(&keys), Err(NoteError::BadSignature { .. })));
    }
}
