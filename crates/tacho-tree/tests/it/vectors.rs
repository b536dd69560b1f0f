//! The project's own vectors: the bytes of `fixtures/vectors`, made by other programs.

use serde_json::Value;
use tacho_tree::{
    Checkpoint, Frontier, Hash, Levels, LogKey, Note, Origin, VerifierKey, check, checkpoint,
    leaf_hash, prove,
};

const VECTORS: &str = include_str!("../../../../fixtures/vectors/vectors.json");
const CHECKPOINT: &str = include_str!("../../../../fixtures/vectors/tlog/checkpoint");
const VKEY: &str = include_str!("../../../../fixtures/vectors/tlog/vkey");

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn text<'v>(vectors: &'v Value, pointer: &str) -> &'v str {
    vectors.pointer(pointer).and_then(Value::as_str).unwrap()
}

fn leaves(vectors: &Value) -> [Vec<u8>; 3] {
    [text(vectors, "/leaf").into(), b"leaf-1".to_vec(), b"leaf-2".to_vec()]
}

fn key(vectors: &Value) -> LogKey {
    LogKey::derive(&[7; 32], &Origin::parse(text(vectors, "/origin")).unwrap(), 0)
}

#[test]
fn hashes_are_those_of_the_vectors() {
    let vectors = vectors();
    let [leaf, ..] = leaves(&vectors);
    assert_eq!(leaf.len(), 581);
    assert_eq!(format!("{:x}", leaf_hash(&leaf)), text(&vectors, "/leaf_hash_hex"));
    let mut frontier = Frontier::new();
    frontier.extend(leaves(&vectors).iter().map(|leaf| leaf_hash(leaf)));
    assert_eq!(format!("{:x}", frontier.root()), text(&vectors, "/tree/root_hex"));
}

#[test]
fn the_derived_key_is_that_of_the_vectors() {
    let vectors = vectors();
    let key = key(&vectors);
    assert_eq!(key.verifier().to_string(), text(&vectors, "/vkey"));
    let seed = text(&vectors, "/log_seed_hex");
    let seed: Vec<u8> =
        (0..64).step_by(2).map(|i| u8::from_str_radix(&seed[i..i + 2], 16).unwrap()).collect();
    let from_seed = LogKey::from_seed(key.verifier().name().clone(), &seed.try_into().unwrap());
    assert_eq!(*from_seed.to_private_text(), *key.to_private_text());
}

#[test]
fn the_signed_checkpoint_is_that_of_the_vectors_byte_for_byte() {
    let vectors = vectors();
    let leaves: Levels = leaves(&vectors).iter().map(|leaf| leaf_hash(leaf)).collect();
    let key = key(&vectors);
    let head = check::Head { size: 3, root: prove::root(&leaves, 3).unwrap() };
    let checkpoint = Checkpoint { origin: key.verifier().name().clone(), head };
    assert_eq!(checkpoint.sign(&key).to_string(), CHECKPOINT);

    let keys = [VerifierKey::parse(VKEY.trim_end()).unwrap()];
    let note = Note::parse(CHECKPOINT.as_bytes()).unwrap();
    let opened = checkpoint::open(&note, &keys).unwrap();
    assert_eq!(opened.checkpoint, checkpoint);
}

#[test]
fn leaf_1_is_proved_by_the_hashes_of_the_vectors() {
    let vectors = vectors();
    let hashes = leaves(&vectors).map(|leaf| leaf_hash(&leaf));
    let tree: Levels = hashes.into_iter().collect();
    let proof = prove::inclusion(&tree, 1, 3).unwrap();
    let written: Vec<String> = proof.iter().map(Hash::to_string).collect();
    assert_eq!(
        written,
        [
            "fkWDAugpcuK2W7RCpn+oQNnvONgFn0yPSrlEQPMNXBU=",
            "/KifV8n4yOtAR6f/nTM6z54PM4SyCyVbzqsPIW3Momc="
        ]
    );
    let head = check::Head { size: 3, root: prove::root(&tree, 3).unwrap() };
    check::inclusion(&hashes[1], 1, &head, &proof).unwrap();
    assert_eq!(
        check::inclusion(&hashes[2], 1, &head, &proof),
        Err(check::CheckError::RootMismatch)
    );
}
