//! The project's own vectors: the bytes of `fixtures/vectors`, made by other programs.

use serde_json::Value;
use tacho_tree::witness::Submission;
use tacho_tree::{
    Bundle, Checkpoint, Frontier, Hash, KeptFrontier, KeyName, Levels, LogKey, Note, Origin,
    Rotation, Tile, TlogProof, VerifierKey, WitnessKey, check, checkpoint, leaf_hash, prove,
};

const VECTORS: &str = include_str!("../../../../fixtures/vectors/vectors.json");
const CHECKPOINT: &str = include_str!("../../../../fixtures/vectors/tlog/checkpoint");
const PROOF: &str = include_str!("../../../../fixtures/vectors/leaf-1.tlog-proof");
const PROOFS: &str = include_str!("../../../../fixtures/vectors/proofs.json");
const FORMAT: &str = include_str!("../../../../docs/format/proofs.md");
const TILE: &[u8] = include_bytes!("../../../../fixtures/vectors/tlog/tile/0/000.p/3");
const ENTRIES: &[u8] = include_bytes!("../../../../fixtures/vectors/tlog/tile/entries/000.p/3");
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

#[test]
fn the_published_files_are_those_of_the_vectors_byte_for_byte() {
    let vectors = vectors();
    let leaves = leaves(&vectors);
    let tree: Levels = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let tiles: Vec<Tile> = Tile::all(3, 0).collect();
    assert_eq!(tiles.iter().map(Tile::to_string).collect::<Vec<_>>(), ["tile/0/000.p/3"]);
    assert_eq!(tiles[0].read(&tree).unwrap(), TILE);
    let bundle = tiles[0].bundle().unwrap();
    assert_eq!(bundle.to_string(), "tile/entries/000.p/3");
    assert_eq!(Bundle::encode(leaves.iter().map(Vec::as_slice)).unwrap(), ENTRIES);
    assert_eq!(bundle.leaves(ENTRIES).unwrap(), leaves);
}

#[test]
fn the_tlog_proof_is_that_of_the_vectors_byte_for_byte() {
    let vectors = vectors();
    let hashes = leaves(&vectors).map(|leaf| leaf_hash(&leaf));
    let tree: Levels = hashes.into_iter().collect();
    let path = prove::inclusion(&tree, 1, 3).unwrap();
    let note = Note::parse(CHECKPOINT.as_bytes()).unwrap();
    assert_eq!(TlogProof { index: 1, path, note }.to_string(), PROOF);
    let keys = [VerifierKey::parse(VKEY.trim_end()).unwrap()];
    TlogProof::parse(PROOF.as_bytes()).unwrap().verify(&hashes[1], &keys).unwrap();
}

/// The well-known leaves and roots of the Certificate Transparency project's own tests.
#[test]
fn the_roots_of_certificate_transparencys_test_leaves_are_the_known_ones() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::new();
    for (leaf, root) in leaves.iter().zip(roots) {
        frontier.push_leaf(leaf, |_, _| ());
        assert_eq!(format!("{:x}", frontier.root()), root);
    }
}

/// What `fixtures/vectors/proofs.json` says, written anew. `tools/verifiers/vectors.py` writes the
/// same from the words of the specifications, with other libraries.
#[test]
fn every_other_format_is_that_of_the_vectors_byte_for_byte() {
    let (vectors, proofs) = (vectors(), serde_json::from_str::<Value>(PROOFS).unwrap());
    let claimed = |pointer| text(&proofs, pointer);
    let tree: Levels = leaves(&vectors).iter().map(|leaf| leaf_hash(leaf)).collect();
    let key = key(&vectors);
    let note = Note::parse(CHECKPOINT.as_bytes()).unwrap();
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!(*key.to_private_text(), claimed("/log_private"));
    assert_eq!(hex(&Frontier::read(&tree, 3).unwrap().to_bytes()), claimed("/frontier_hex"));
    let kept = KeptFrontier::take(&tree, 1, 2).unwrap();
    assert_eq!(hex(&kept.to_bytes()), claimed("/kept_frontier_hex"));

    let proof = prove::consistency(&tree, 1, 3).unwrap();
    let submission = Submission { old: 1, proof, note };
    assert_eq!(submission.to_string(), claimed("/submission"));

    let name = KeyName::new("witness.example.com/w1").unwrap();
    let witness = WitnessKey::from_seed(name, &[8; 32]);
    assert_eq!(witness.verifier().to_string(), claimed("/witness/vkey"));
    assert_eq!(*witness.to_private_text(), claimed("/witness/private"));
    assert_eq!(witness.cosign(&checkpoint, 1_679_315_147).to_string(), claimed("/witness/line"));

    let origin = Origin::parse(text(&vectors, "/origin")).unwrap();
    let successor = LogKey::derive(&[7; 32], &origin, 1);
    assert_eq!(successor.verifier().to_string(), claimed("/rotation/vkey"));
    let rotation = Rotation { origin: &origin, from_size: 3, successor: successor.verifier() };
    assert_eq!(hex(&rotation.sign(&key)), claimed("/rotation/signature_hex"));
    let statement = key.sign_statement("tacho/v1/row", b"body");
    assert_eq!(hex(&statement), claimed("/statement_signature_hex"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_format_document_shows_these_bytes() {
    let (vectors, proofs) = (vectors(), serde_json::from_str::<Value>(PROOFS).unwrap());
    let shown = |what: &str| assert!(FORMAT.contains(what.trim_end()), "not shown: {what}");
    [VKEY, CHECKPOINT, PROOF].iter().for_each(|text| shown(text));
    shown(text(&vectors, "/leaf_hash_hex"));
    for pointer in ["/log_private", "/submission", "/witness/vkey", "/witness/line"] {
        shown(text(&proofs, pointer));
    }
    for pointer in ["/frontier_hex", "/kept_frontier_hex", "/rotation/signature_hex"] {
        // Drawn in lines of 32 bytes.
        let hex = text(&proofs, pointer);
        (0..hex.len()).step_by(64).for_each(|at| shown(&hex[at..(at + 64).min(hex.len())]));
    }
    shown(text(&proofs, "/rotation/vkey"));
}
