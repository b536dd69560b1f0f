//! `verify` says on whose word each claim rests.

use tacho_tree::audit::{AnchorKind, Code, Verdict};
use tachograph::anchor::Which;
use tachograph::verify::{Options, Verified};

use super::{Scene, copy};

pub(crate) fn verify(scene: &Scene, change: impl FnOnce(&mut Options<'_>)) -> Verified {
    let mut options = Options { complete: false, parts: false, ..Options::default() };
    change(&mut options);
    tachograph::verify::verify(&scene.yard.store(), "default", &options)
}

#[test]
fn a_witness_vouches_for_the_leaves_it_saw_if_its_key_is_known() {
    let scene = Scene::new(2);
    scene.run(&scene.anchors(), Which::All);
    scene.yard.record("default", 5, 10);
    scene.note();
    let all = verify(&scene, |options| options.anchors.witnesses = scene.vkeys());
    assert_eq!((all.verdict(), all.report.findings.len()), (Verdict::Yes, 0));
    assert_eq!(all.anchors.len(), 2);
    for anchored in &all.anchors {
        assert_eq!((anchored.kind, anchored.count), (AnchorKind::Witness, 1));
        assert_eq!((anchored.size, anchored.checked), (5, Some(5)));
        assert!(anchored.time.is_some());
    }
    let limits = all.report.limits.join("\n");
    assert!(limits.contains("rewrote leaves from 5 on"), "{limits}");
    let none = verify(&scene, |_| ());
    assert_eq!((none.verdict(), none.anchors[0].checked), (Verdict::Yes, None));
    let facts = none.report.facts.join("\n");
    assert!(facts.contains("not checked: its key was not given"), "{facts}");
}

#[test]
fn a_demanded_witness_that_is_absent_leaves_no_answer() {
    let scene = Scene::new(3);
    let mut anchors = scene.anchors();
    anchors.all.truncate(2);
    scene.run(&anchors, Which::All);
    let demand = |at: usize| {
        verify(&scene, |options| options.anchors.demanded = vec![scene.vkey(at)]).verdict()
    };
    assert_eq!((demand(0), demand(1)), (Verdict::Yes, Verdict::Yes));
    assert_eq!((demand(2), demand(2).exit_code()), (Verdict::CannotTell, 3));
    let quorum = |wanted: usize| {
        verify(&scene, |options| options.anchors.policy = Some(scene.policy(wanted)))
    };
    assert_eq!(quorum(2).verdict(), Verdict::Yes);
    assert!(quorum(2).report.facts.iter().any(|fact| fact.contains("first 5 leaves")));
    assert!(quorum(3).report.has(Code::WitnessMissing));
}

#[test]
fn a_log_below_an_anchor_was_rolled_back_and_beside_it_forked() {
    let scene = Scene::new(1);
    let put_back = scene.snapshot();
    scene.yard.record("default", 5, 20);
    scene.run(&scene.anchors(), Which::All);
    // Whoever puts all of it back but the anchors.
    let anchors = scene.yard.places("default").anchors();
    let aside = scene.yard.path().with_file_name("anchors");
    copy(&anchors, &aside);
    put_back(&scene);
    copy(&aside, &anchors);
    let told = |keys: bool| {
        verify(&scene, |options| {
            options.anchors.witnesses = if keys { scene.vkeys() } else { Vec::new() };
        })
    };
    assert!(told(true).report.has(Code::RolledBack));
    assert!(told(false).report.has(Code::Truncated));
    scene.yard.record("default", 400, 30);
    scene.note();
    assert!(told(true).report.has(Code::Forked));
    assert!(told(false).report.has(Code::RootMismatch));
}

#[test]
fn every_flipped_bit_of_the_anchors_is_noticed() {
    let scene = Scene::new(1);
    scene.run(&scene.anchors(), Which::All);
    let path = scene.yard.places("default").anchor_file(1);
    let whole = std::fs::read(&path).unwrap();
    let options = |options: &mut Options<'_>| {
        options.anchors.demanded = scene.vkeys();
        options.leaves = false;
        options.index = false;
    };
    assert_eq!(verify(&scene, options).verdict(), Verdict::Yes);
    for bit in (0..whole.len() * 8).step_by(11 * tacho_testkit::stride()) {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, changed).unwrap();
        assert_ne!(verify(&scene, options).verdict(), Verdict::Yes, "bit {bit}");
    }
    // A crash left half of a second one: that is told, and the next takes its place.
    std::fs::write(&path, [whole.as_slice(), &whole[..100]].concat()).unwrap();
    assert!(verify(&scene, options).report.has(Code::AnchorUnfinished));
    scene.yard.record("default", 5, 1);
    scene.run(&scene.anchors(), Which::All);
    assert_eq!(verify(&scene, options).report.findings, []);
}

#[test]
fn the_offline_verifier_counts_the_same_witnesses() {
    let scene = Scene::new(2);
    let mut anchors = scene.anchors();
    anchors.all.truncate(1);
    scene.run(&anchors, Which::All);
    let places = scene.yard.places("default");
    let keys = tachograph::sign::vkeys(&tachograph::files::OsFiles, &places).unwrap();
    let check = |demanded: usize, policy: Option<usize>| {
        let against = tacho_verify::log::Against {
            keys: keys.clone(),
            witnesses: vec![scene.vkey(demanded)],
            policy: policy.map(|wanted| scene.policy(wanted)),
            ..Default::default()
        };
        tacho_verify::log::check(places.dir(), &against, &mut |_| ())
    };
    assert_eq!(check(0, Some(1)).verdict(), Verdict::Yes);
    let facts = check(0, Some(1)).facts.join("\n");
    assert!(facts.contains("a quorum of witnesses saw the first 5 leaves"), "{facts}");
    assert!(
        check(1, None).has(Code::WitnessMissing) && check(0, Some(2)).has(Code::WitnessMissing)
    );
    // A log that is cut below what the witness saw.
    std::fs::remove_dir_all(places.leaves()).unwrap();
    assert!(check(0, None).has(Code::RolledBack));
}

#[test]
fn a_proof_and_a_bundle_carry_the_cosignatures_that_are_there() {
    let scene = Scene::new(1);
    scene.run(&scene.anchors(), Which::All);
    let places = scene.yard.places("default");
    let mut keys = tachograph::sign::vkeys(&tachograph::files::OsFiles, &places).unwrap();
    keys.push(scene.vkey(0));
    let signers = |index: u64| {
        let proof = scene.yard.log("default").prove(index).unwrap();
        (proof.check(&keys).unwrap().size, proof.proof.note.verify(&keys).unwrap().len())
    };
    assert_eq!(signers(2), (5, 2));
    let bundle = scene.yard.log("default").bundle(&Default::default()).unwrap();
    let text = String::from_utf8_lossy(&bundle.bytes);
    assert!(text.contains("\u{2014} witness.example.com/w1 "));
    // Later events are under a checkpoint that nobody has seen yet.
    scene.yard.record("default", 5, 3);
    scene.note();
    assert_eq!((signers(2), signers(7)), ((5, 2), (8, 1)));
}
