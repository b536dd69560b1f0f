//! `pymerkle`, `rfc8785`, `sd-jwt` and `cryptography` from PyPI.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tacho_tree::prove;

use crate::sample::{checkpoint, head, leaves, log_key, note, tree, witness_key};

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/verifiers");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors");

fn python() -> Option<PathBuf> {
    let python = tacho_testkit::tools_dir().join("python/bin/python");
    if python.exists() {
        return Some(python);
    }
    tacho_testkit::require("python", "no Python environment: run `cargo x setup`");
    None
}

/// Runs a script with one argument, the path of its input; it exits 0 when it agrees.
fn run(python: &Path, script: &str, input: &Path) -> Result<String, String> {
    let script = Path::new(SCRIPTS).join(script);
    let output = Command::new(python).arg(script).arg(input).output().unwrap();
    let said = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
}

fn write(name: &str, value: &serde_json::Value) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, value.to_string()).unwrap();
    file
}

#[test]
fn pymerkle_has_the_same_roots_and_proofs() {
    let Some(python) = python() else { return };
    let leaves = leaves(300);
    let tree = tree(&leaves);
    let hexes = |proof: Vec<tacho_tree::Hash>| -> Vec<String> {
        proof.iter().map(|hash| format!("{hash:x}")).collect()
    };
    let roots: Vec<String> =
        (1..=300).map(|size| format!("{:x}", head(&tree, size).root)).collect();
    let inclusion: Vec<_> = (1..=300u64)
        .step_by(13)
        .flat_map(|size| (0..size).step_by(3).map(move |index| (index, size)))
        .map(|(index, size)| {
            json!([index, size, hexes(prove::inclusion(&tree, index, size).unwrap())])
        })
        .collect();
    let consistency: Vec<_> =
        (1..=300u64).step_by(7).flat_map(|new| (1..=new).map(move |old| (old, new))).collect();
    let leaves: Vec<String> =
        leaves.iter().map(|leaf| String::from_utf8(leaf.clone()).unwrap()).collect();
    let mut input = json!({
        "leaves": leaves, "roots": roots, "inclusion": inclusion, "consistency": consistency,
    });
    run(&python, "roots.py", &write("roots.json", &input)).unwrap();

    input["roots"][170] = input["roots"][171].clone();
    let refused = run(&python, "roots.py", &write("roots-changed.json", &input)).unwrap_err();
    assert!(refused.contains("root of 171 leaves"), "{refused}");
}

#[test]
fn the_vectors_leaf_is_canonical_and_its_digests_are_those_of_the_reference() {
    let Some(python) = python() else { return };
    let file = Path::new(FOLDER).join("vectors.json");
    run(&python, "disclosures.py", &file).unwrap();

    let vectors = std::fs::read_to_string(file).unwrap();
    // One character of one salt: the disclosure no longer fits a digest of the leaf.
    for changed in [
        vectors.replacen("WyJrY3Z3", "WyJrY3Z4", 1),
        vectors.replacen("\\\"day\\\":20777},\\\"id\\\"", "\\\"day\\\": 20777},\\\"id\\\"", 1),
    ] {
        assert_ne!(changed, vectors);
        let value = serde_json::from_str(&changed).unwrap();
        assert!(run(&python, "disclosures.py", &write("vectors-changed.json", &value)).is_err());
    }
}

#[test]
fn another_ed25519_verifies_notes_and_cosignatures_from_the_specifications_words() {
    let Some(python) = python() else { return };
    let head = head(&tree(&leaves(5)), 5);
    let mut note = note(head);
    note.add(witness_key(1).cosign(&checkpoint(head), 1_679_315_147)).unwrap();
    let keys = [log_key().verifier().to_string(), witness_key(1).verifier().to_string()];
    let mut input = json!({ "note": note.to_string(), "vkeys": keys, "time": 1_679_315_147 });
    run(&python, "signatures.py", &write("signatures.json", &input)).unwrap();

    input["note"] = note.to_string().replacen("\n5\n", "\n6\n", 1).into();
    assert!(run(&python, "signatures.py", &write("signatures-changed.json", &input)).is_err());
}

#[test]
fn the_specifications_words_give_the_vectors_and_no_others() {
    let Some(python) = python() else { return };
    run(&python, "vectors.py", Path::new(FOLDER)).unwrap();

    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vectors");
    let files = [
        "vectors.json",
        "proofs.json",
        "leaf-1.tlog-proof",
        "tlog/checkpoint",
        "tlog/tile/0/000.p/3",
        "tlog/tile/entries/000.p/3",
    ];
    for file in files {
        std::fs::create_dir_all(copy.join(file).parent().unwrap()).unwrap();
        std::fs::write(copy.join(file), std::fs::read(Path::new(FOLDER).join(file)).unwrap())
            .unwrap();
    }
    run(&python, "vectors.py", &copy).unwrap();
    let mut tile = std::fs::read(copy.join("tlog/tile/0/000.p/3")).unwrap();
    tile[95] ^= 1;
    std::fs::write(copy.join("tlog/tile/0/000.p/3"), tile).unwrap();
    let refused = run(&python, "vectors.py", &copy).unwrap_err();
    assert!(refused.starts_with("tile: "), "{refused}");
}
