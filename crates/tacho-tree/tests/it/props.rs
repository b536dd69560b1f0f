//! What holds for every input: parsers never panic and know one spelling; batching changes no root.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tacho_tree::limits::TREE_SIZE_MAX;
use tacho_tree::witness::{Submission, parse_cosignatures, parse_size};
use tacho_tree::{
    Bundle, Checkpoint, Frontier, KeptFrontier, KeyName, LogKey, Note, Origin, Policy, Resource,
    Tenant, TlogProof, VerifierKey, WitnessKey, check, leaf_hash, prove,
};

use crate::sample::{Uniform, checkpoint, head, leaves, note, tree, witness_key};

/// Hands the bytes to every parser; what one accepts, it would have written itself.
fn parse_all(bytes: &[u8]) {
    let same = |written: String| assert_eq!(written.as_bytes(), bytes);
    let _ = Note::parse(bytes).map(|note| same(note.to_string()));
    let _ = TlogProof::parse(bytes).map(|proof| same(proof.to_string()));
    let _ = Submission::parse(bytes).map(|submission| same(submission.to_string()));
    let _ = parse_size(bytes).map(|size| same(format!("{size}\n")));
    let _ = parse_cosignatures(bytes)
        .map(|lines| same(lines.iter().map(|line| format!("{line}\n")).collect()));
    let _ = Frontier::from_bytes(bytes).map(|frontier| assert_eq!(frontier.to_bytes(), bytes));
    let _ = KeptFrontier::from_bytes(bytes).map(|kept| assert_eq!(kept.to_bytes(), bytes));
    // People write policies, so only the second spelling is fixed.
    let _ = Policy::parse(bytes).map(|policy| {
        let written = policy.to_string();
        assert_eq!(Policy::parse(written.as_bytes()).unwrap(), policy);
    });
    for width in [1, 3, 256] {
        let _ = Bundle::new(0, width).unwrap().leaves(bytes).map(|leaves| {
            assert_eq!(Bundle::encode(leaves.iter().copied()).unwrap(), bytes);
        });
    }
    let Ok(text) = str::from_utf8(bytes) else { return };
    let _ = Checkpoint::parse(text).map(|checkpoint| same(checkpoint.to_string()));
    let _ = VerifierKey::parse(text).map(|key| same(key.to_string()));
    let _ = LogKey::parse(text).map(|key| same(key.to_private_text().to_string()));
    let _ = WitnessKey::parse(text).map(|key| same(key.to_private_text().to_string()));
    let _ = Resource::parse(text).map(|resource| same(resource.to_string()));
    let _ = Origin::parse(text).map(|origin| same(origin.to_string()));
    let _ = Tenant::new(text).map(|tenant| same(tenant.to_string()));
    let _ = KeyName::new(text).map(|name| same(name.to_string()));
}

/// One good text of each kind.
fn good() -> Vec<Vec<u8>> {
    let tree = tree(&leaves(40));
    let head40 = head(&tree, 40);
    let path = prove::inclusion(&tree, 21, 40).unwrap();
    let proof = prove::consistency(&tree, 21, 40).unwrap();
    let key = crate::sample::log_key();
    let cosignature = witness_key(1).cosign(&checkpoint(head40), 7);
    let policy = format!(
        "log {}\nwitness a {}\ngroup g any a\nquorum g\n",
        key.verifier(),
        witness_key(1).verifier()
    );
    let texts = [
        note(head40).to_string(),
        checkpoint(head40).to_string(),
        TlogProof { index: 21, path, note: note(head40) }.to_string(),
        Submission { old: 21, proof, note: note(head40) }.to_string(),
        format!("{cosignature}\n"),
        policy,
        key.verifier().to_string(),
        key.to_private_text().to_string(),
        witness_key(1).to_private_text().to_string(),
        "tile/1/x001/x234/067.p/8".to_owned(),
        "tile/entries/x001/067".to_owned(),
        "tacho.example.com/acme".to_owned(),
        "41\n".to_owned(),
    ];
    let bytes = [
        Frontier::read(&tree, 39).unwrap().to_bytes(),
        KeptFrontier::take(&tree, 21, 40).unwrap().to_bytes(),
        Bundle::encode(leaves(3).iter().map(Vec::as_slice)).unwrap(),
    ];
    texts.map(String::into_bytes).into_iter().chain(bytes).collect()
}

fn cases(cases: u32) -> ProptestConfig {
    let cases = tacho_testkit::stories(u64::from(cases)) as u32;
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn no_parser_panics_on_any_bytes() {
    proptest!(cases(2_000), |(bytes in vec(any::<u8>(), 0..600))| parse_all(&bytes));
}

#[test]
fn no_parser_panics_on_lines_of_words_it_knows() {
    let words = "([a-z0-9 +/=.\u{2014}\n-]|old |index |tile/|x00|\n\n){0,80}";
    proptest!(cases(500), |(text in words)| parse_all(text.as_bytes()));
}

#[test]
fn what_a_parser_accepts_after_a_splice_it_would_have_written() {
    let good = good();
    let inserts = prop_oneof![
        vec(any::<u8>(), 0..4),
        "[0-9a-zA-Z+/= \n\u{2014}]{0,8}".prop_map(String::into_bytes),
    ];
    let splices = (0..good.len(), any::<Index>(), 0usize..40, inserts);
    proptest!(cases(4_000), |((which, at, removed, inserted) in splices)| {
        let mut bytes = good[which].clone();
        let at = at.index(bytes.len());
        let end = (at + removed).min(bytes.len());
        bytes.splice(at..end, inserted);
        parse_all(&bytes);
    });
}

#[test]
fn what_a_parser_accepts_of_two_texts_joined_it_would_have_written() {
    let good = good();
    let joins = (0..good.len(), any::<Index>(), 0..good.len(), any::<Index>());
    proptest!(cases(2_000), |((first, end, second, from) in joins)| {
        let (first, second) = (&good[first], &good[second]);
        let joined = [&first[..end.index(first.len())], &second[from.index(second.len())..]];
        parse_all(&joined.concat());
    });
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_same_leaves_in_any_batching_give_the_same_root(
        leaves in vec(vec(any::<u8>(), 0..80), 0..200),
        cuts in vec(any::<Index>(), 0..10),
    ) {
        let tree = tree(&leaves);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(leaves.len() + 1)).collect();
        cuts.extend([0, leaves.len()]);
        cuts.sort_unstable();
        let mut frontier = Frontier::new();
        for pair in cuts.windows(2) {
            // Between batches only the bytes are kept, as a store does.
            frontier = Frontier::from_bytes(&frontier.to_bytes()).unwrap();
            frontier.extend(leaves[pair[0]..pair[1]].iter().map(|leaf| leaf_hash(leaf)));
        }
        prop_assert_eq!(frontier.root(), prove::root(&tree, leaves.len() as u64).unwrap());
    }

    #[test]
    fn trees_of_any_size_prove_what_they_have(
        size in 1..=TREE_SIZE_MAX,
        leaf in any::<Index>(),
        old in any::<Index>(),
    ) {
        let uniform = Uniform::new();
        let new = head(&uniform, size);
        let size_as_index = usize::try_from(size).unwrap();
        let index = leaf.index(size_as_index) as u64;
        let proof = prove::inclusion(&uniform, index, size).unwrap();
        check::inclusion(&uniform.leaf(), index, &new, &proof).unwrap();
        prop_assert!(check::inclusion(&leaf_hash(b"x"), index, &new, &proof).is_err());
        let old = head(&uniform, 1 + old.index(size_as_index) as u64);
        let proof = prove::consistency(&uniform, old.size, size).unwrap();
        check::consistency(&old, &new, &proof).unwrap();
    }
}

#[test]
fn the_good_texts_are_accepted_as_they_stand() {
    let good = good();
    assert_eq!(good.len(), 16);
    good.iter().for_each(|bytes| parse_all(bytes));
    assert!(Note::parse(&good[0]).is_ok() && TlogProof::parse(&good[2]).is_ok());
    assert!(Submission::parse(&good[3]).is_ok() && Policy::parse(&good[5]).is_ok());
    assert!(Frontier::from_bytes(&good[13]).is_ok() && KeptFrontier::from_bytes(&good[14]).is_ok());
}
