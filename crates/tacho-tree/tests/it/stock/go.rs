//! Go's own `golang.org/x/mod/sumdb/{tlog,note}`, as every Go distribution vendors them.

use std::fmt::Write as _;
use std::path::Path;

use tacho_testkit::GoVerifier;
use tacho_tree::{Hash, Head, Note, check, leaf_hash, prove};

use super::published::Published;
use crate::notes::with_stray_bit;
use crate::sample::{head, leaves, log_key, note, one_bit_off, tree, witness_key};

/// The sizes at which tiles begin and end.
const SIZES: [u64; 9] = [1, 3, 255, 256, 257, 65_535, 65_536, 65_537, 70_000];

/// The verifier, in a folder of the test's own; `None` if there is no Go.
fn build(test: &str) -> Option<GoVerifier> {
    GoVerifier::build(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("go").join(test))
}

/// Whether Go accepts a published folder; otherwise its reason.
fn log(verifier: &GoVerifier, published: &Published) -> Result<(), String> {
    verifier.log(&published.dir, &log_key().verifier().to_string())
}

#[test]
fn go_accepts_published_logs_of_every_size_around_tiles_and_proves_each_older_note() {
    let Some(verifier) = build("logs") else { return };
    for size in SIZES {
        if size > 257 && tacho_testkit::spares("published logs of 65,535 leaves and more") {
            break;
        }
        let published = Published::new(&format!("logs-{size}"), size);
        assert_eq!(log(&verifier, &published), Ok(()), "{size}");
    }
}

#[test]
fn go_rejects_a_flipped_leaf_an_edited_size_a_dropped_tail_and_a_damaged_tile() {
    let Some(verifier) = build("damage") else { return };
    let sound = || Published::new("damage", 600);
    let rejected = |published: &Published| log(&verifier, published).unwrap_err();
    assert_eq!(log(&verifier, &sound()), Ok(()));

    let flipped = sound();
    flipped.flip("tile/entries/001", 8 * 1000 + 3);
    assert!(rejected(&flipped).contains("does not hash to its tile"));

    for path in ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"] {
        let damaged = sound();
        damaged.flip(path, 8 * 40 + 1);
        assert!(rejected(&damaged).contains("downloaded inconsistent tile"), "{path}");
    }

    let edited = sound();
    let text = String::from_utf8(edited.read("checkpoint")).unwrap();
    edited.write("checkpoint", text.replacen("\n600\n", "\n599\n", 1).as_bytes());
    assert!(rejected(&edited).contains("invalid signature"));

    // The owner of the key signs the edit: now the tiles speak against it.
    let resigned = sound();
    let lie = Head { size: 599, ..resigned.head };
    resigned.write("checkpoint", note(lie).to_string().as_bytes());
    assert!(log(&verifier, &resigned).is_err());

    // A dropped tail, properly signed: an older note proves it.
    let dropped = Published::new("dropped", 500);
    let longer = head(&tree(&leaves(600)), 600);
    dropped.write("older/600", note(longer).to_string().as_bytes());
    assert!(rejected(&dropped).contains("prove 600 -> 500"));

    // A rewritten history of the same length, properly signed.
    let rewritten = sound();
    let other = [b"other".to_vec()];
    let forged = tree(&[&other, &leaves(599)[..]].concat());
    rewritten.write("older/300", note(head(&forged, 300)).to_string().as_bytes());
    assert!(rejected(&rewritten).contains("check 300 -> 600"));
}

#[test]
fn go_and_this_crate_agree_on_every_proof_up_to_300_leaves_and_on_changed_ones() {
    let Some(verifier) = build("proofs") else { return };
    let tree = tree(&leaves(300));
    let (mut claims, mut expected) = (String::new(), Vec::new());
    let mut claim = |words: &str, inner: &Hash, root: &Hash, proof: &[Hash], holds: bool| {
        let proof: Vec<String> = proof.iter().map(Hash::to_string).collect();
        let proof = if proof.is_empty() { "-".to_owned() } else { proof.join(",") };
        writeln!(claims, "{words} {inner} {root} {proof}").unwrap();
        expected.push(holds);
    };
    let forged = leaf_hash(b"forged");
    for size in (1..=300).step_by(tacho_testkit::stride()) {
        let Head { root, .. } = head(&tree, size);
        for m in 0..size {
            let leaf = tree.level(0)[m as usize];
            let path = prove::inclusion(&tree, m, size).unwrap();
            let (about_leaf, about_tree) =
                (format!("leaf {m} {size}"), format!("tree {} {size}", m + 1));
            claim(&about_leaf, &leaf, &root, &path, true);
            let old = head(&tree, m + 1).root;
            let proof = prove::consistency(&tree, m + 1, size).unwrap();
            claim(&about_tree, &old, &root, &proof, true);
            if size % 50 == 7 {
                claim(&about_leaf, &forged, &root, &path, false);
                claim(&about_leaf, &leaf, &root, &path[1..], false);
                claim(&about_leaf, &leaf, &root, &[&path[..], &[forged]].concat(), false);
                claim(&about_leaf, &leaf, &root, &[&[forged], &path[1..]].concat(), false);
                claim(&about_tree, &forged, &root, &proof, false);
                claim(&about_tree, &old, &forged, &proof, false);
                claim(&about_tree, &old, &root, &[&proof[..], &[forged]].concat(), false);
            }
        }
    }
    // This crate says the same of each.
    for (line, holds) in claims.lines().zip(&expected) {
        assert_eq!(our_verdict(line), *holds, "{line}");
    }
    let answers = verifier.answers(&["proofs"], claims);
    assert_eq!(answers.len(), expected.len());
    assert!(answers == expected, "{:?}", answers.iter().zip(&expected).position(|(a, e)| a != e));
}

/// The claim as the verifier is told it, judged by this crate.
fn our_verdict(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let (first, size) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    let hash = |text: &str| Hash::from_base64(text).unwrap();
    let (inner, root) = (hash(words[3]), hash(words[4]));
    let proof: Vec<Hash> = words[5].split(',').filter(|word| *word != "-").map(hash).collect();
    let new = Head { size, root };
    match words[0] {
        "leaf" => check::inclusion(&inner, first, &new, &proof).is_ok(),
        _ => check::consistency(&Head { size: first, root: inner }, &new, &proof).is_ok(),
    }
}

#[test]
fn go_rejects_every_single_bit_change_of_a_note_and_ignores_the_witness() {
    let Some(verifier) = build("notes") else { return };
    let vkey = log_key().verifier().to_string();
    let head = head(&tree(&leaves(5)), 5);
    let plain = note(head);
    let hex =
        |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let mut cosigned = plain.clone();
    cosigned.add(witness_key(1).cosign(&crate::sample::checkpoint(head), 1)).unwrap();
    let good = [plain.to_string(), cosigned.to_string()].map(|note| hex(note.as_bytes()) + "\n");
    assert_eq!(verifier.answers(&["notes", &vkey], good.concat()), [true, true]);
    let plain = plain.to_string();
    let changed: Vec<Vec<u8>> = one_bit_off(plain.as_bytes()).collect();
    let lines: String = changed.iter().map(|note| hex(note) + "\n").collect();
    let answers = verifier.answers(&["notes", &vkey], lines);
    assert_eq!(answers.len(), changed.len());
    // Go opens a second spelling of the same signature, with stray bits behind its last byte, and
    // this crate does not: it is the stricter of the two.
    let accepted = changed.iter().zip(&answers).filter(|(_, yes)| **yes);
    for (note, _) in accepted {
        assert!(note.starts_with(note_text(&plain)), "{}", String::from_utf8_lossy(note));
        assert!(Note::parse(note).is_err(), "{}", String::from_utf8_lossy(note));
    }
    let signature = plain.lines().last().unwrap();
    let respelled = plain.replace(signature, &with_stray_bit(signature));
    let line = hex(respelled.as_bytes()) + "\n";
    assert_eq!(verifier.answers(&["notes", &vkey], line), [true]);
    assert!(Note::parse(respelled.as_bytes()).is_err());
}

/// What stands above the signatures.
fn note_text(note: &str) -> &[u8] {
    note.split_once("\n\n").unwrap().0.as_bytes()
}
