//! A proof holds for its leaf, its log and its key, and for nothing else.

use tacho_testkit::stores::SignedStore;
use tacho_verify::proof::check;
use tacho_verify::{Code, Verdict};

#[test]
fn a_proof_from_a_store_holds_and_every_changed_byte_breaks_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut made = SignedStore::new(dir.path());
    made.grow(21);
    let (text, leaf) = made.prove(13);
    let keys = [made.vkey()];
    let report = check(text.as_bytes(), &leaf, &keys);
    assert_eq!(report.verdict(), Verdict::Yes, "{:?}", report.findings);
    for at in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] ^= 1;
        assert_eq!(check(&changed, &leaf, &keys).verdict(), Verdict::No, "byte {at}");
    }
    let (_, other) = made.prove(12);
    assert_eq!(check(text.as_bytes(), &other, &keys).findings[0].code, Code::ProofInvalid);
    assert_eq!(check(text.as_bytes(), &leaf, &[]).verdict(), Verdict::CannotTell);
}
