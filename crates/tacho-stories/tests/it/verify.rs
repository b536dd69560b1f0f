//! The three questions about a log, asked of real stores: untouched, damaged, and in use.

mod beginning;
mod both;
mod busy;
mod complete;
mod damage;
mod prove;

use tacho_tree::audit::{Code, Verdict};
use tachograph::sign::{Demand, Keys, Signer};
use tachograph::verify::{Options, Verified, verify};

use crate::yard::{Yard, append_bare};

/// A yard with `count` events, integrated and signed.
pub(crate) fn signed(count: u64) -> Yard {
    let yard = Yard::new();
    yard.record("default", 0, count);
    yard.integrate();
    sign(&yard);
    yard
}

pub(crate) fn signer(yard: &Yard) -> Signer {
    let store = yard.store();
    let keys = Keys::open(store.files().as_ref(), &yard.keys())
        .or_else(|_| Keys::create(&store, yard.world.as_ref(), &yard.keys()))
        .unwrap();
    Signer::new(&store, keys, Some("tacho.example.com"))
}

pub(crate) fn sign(yard: &Yard) {
    use tacho_event::World;
    yard.world.micros.fetch_add(2_000_000, std::sync::atomic::Ordering::Relaxed);
    signer(yard).sign("default", Demand::Keep, yard.world.now()).unwrap();
}

pub(crate) fn trusted(yard: &Yard) -> Options<'static> {
    let store = yard.store();
    let keys = Keys::open(store.files().as_ref(), &yard.keys()).unwrap();
    let key = keys.log_key(&signer(yard).origin("default").unwrap(), 0);
    Options { keys: vec![key.verifier().clone()], ..Options::default() }
}

pub(crate) fn asked(yard: &Yard) -> Verified {
    verify(&yard.store(), "default", &trusted(yard))
}

pub(crate) fn codes(verified: &Verified) -> Vec<Code> {
    verified.report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn an_untouched_log_is_unchanged_complete_and_says_what_it_cannot_show() {
    let yard = signed(300);
    let verified = asked(&yard);
    assert_eq!(verified.report.findings, []);
    assert_eq!(verified.verdict(), Verdict::Yes);
    assert_eq!((verified.extent.stored, verified.extent.signed), (300, 300));
    let disclosures = verified.disclosures.clone().unwrap();
    assert_eq!((disclosures.opened, disclosures.missing), (600, 0));
    assert_eq!(verified.gaps.as_ref().unwrap().findings, []);
    assert_eq!(verified.complete(), Verdict::Yes);
    assert!(!verified.report.limits.is_empty());
    let coverage = verified.coverage.unwrap();
    let rows: Vec<_> = coverage.rows().map(|(_, agent, seen)| (agent, seen.events)).collect();
    assert_eq!(rows, [("ops/release-manager", 300)]);
}

#[test]
fn the_open_tail_is_counted_and_named() {
    let yard = signed(100);
    yard.record("default", 100, 20);
    yard.integrate();
    yard.record("default", 120, 5);
    let verified = asked(&yard);
    assert_eq!(verified.verdict(), Verdict::Yes, "{:?}", verified.report.findings);
    let extent = verified.extent;
    assert_eq!((extent.signed, extent.unsigned(), extent.unintegrated), (100, 20, 5));
    assert!(verified.report.facts.iter().any(|fact| fact.starts_with("open tail: 20 leaves")));
}

#[test]
fn many_files_are_hashed_by_many_threads_with_progress() {
    if tacho_testkit::spares("verifying leaf files on threads") {
        return;
    }
    let yard = Yard::new();
    // Two files at least.
    let count = tacho_testkit::stories(140_000).max(66_000);
    append_bare(&yard, 0, count);
    yard.integrate();
    sign(&yard);
    for threads in [1, 2, 5] {
        let seen = std::cell::RefCell::new(Vec::new());
        let progress = |progress: tachograph::verify::Progress| seen.borrow_mut().push(progress);
        let options = Options {
            threads: std::num::NonZeroUsize::new(threads),
            progress: &progress,
            ..trusted(&yard)
        };
        let verified = verify(&yard.store(), "default", &options);
        assert_eq!(verified.report.findings, [], "{threads} threads");
        assert_eq!(verified.extent.signed, count);
        let seen = seen.borrow();
        assert_eq!(seen.last().map(|last| (last.done, last.of)), Some((count, count)));
        assert!(seen.len() > 40, "{}", seen.len());
    }
}

#[test]
fn without_a_checkpoint_or_a_key_nothing_can_be_told() {
    let yard = Yard::new();
    yard.record("default", 0, 5);
    yard.integrate();
    let verified = verify(&yard.store(), "default", &Options::default());
    assert_eq!(codes(&verified), [Code::NoKey, Code::NoCheckpoint]);
    assert_eq!(verified.verdict().exit_code(), 3);
}

#[test]
fn an_older_state_put_back_is_caught_by_a_note_or_a_mark_from_outside() {
    let yard = signed(30);
    let places = yard.places("default");
    let older = tempfile::tempdir().unwrap();
    copy(places.dir(), older.path());
    yard.record("default", 30, 10);
    yard.integrate();
    sign(&yard);
    let kept = std::fs::read(places.checkpoint()).unwrap();
    let head = yard.log("default").integrated().clone();
    let mark = tacho_tree::Head { size: head.size(), root: head.root() };
    std::fs::remove_dir_all(places.dir()).unwrap();
    copy(older.path(), places.dir());
    // Alone it is a valid log, as it was then.
    let alone = asked(&yard);
    assert!(!codes(&alone).contains(&Code::RolledBack), "{:?}", alone.report.findings);
    for options in [
        Options { against: vec![("the note I kept".into(), kept)], ..trusted(&yard) },
        Options { marks: vec![("highwater".into(), mark)], ..trusted(&yard) },
    ] {
        let verified = verify(&yard.store(), "default", &options);
        assert!(codes(&verified).contains(&Code::RolledBack), "{:?}", verified.report.findings);
    }
}

pub(crate) fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Replaces the key of `default` and signs with the new one alone; gives both.
fn rotate(yard: &Yard) -> [tacho_tree::VerifierKey; 2] {
    use tacho_event::World;
    let mut signer = signer(yard);
    let old = trusted(yard).keys.remove(0);
    let rotated = signer.rotation("default").unwrap();
    yard.recorder("default").record(rotated.draft).unwrap();
    yard.integrate();
    signer.rotate("default", 0, yard.world.now()).unwrap();
    [old, rotated.successor]
}

#[test]
fn a_rotation_is_followed_from_either_key_to_the_other() {
    let yard = signed(20);
    let kept = std::fs::read(yard.places("default").checkpoint()).unwrap();
    let [old, new] = rotate(&yard);
    assert_ne!(old, new);
    yard.record("default", 20, 5);
    yard.integrate();
    sign(&yard);
    let newest = std::fs::read(yard.places("default").checkpoint()).unwrap();
    // Notes of both keys lie beside the log; one of each was kept elsewhere.
    for key in [&old, &new] {
        let against = vec![("old note".to_owned(), kept.clone()), ("new".into(), newest.clone())];
        let options = Options { keys: vec![key.clone()], against, ..Options::default() };
        let verified = verify(&yard.store(), "default", &options);
        assert_eq!(verified.report.findings, [], "from {}", key.id());
        assert_eq!(verified.verdict(), Verdict::Yes);
        let facts = &verified.report.facts;
        assert!(facts.iter().any(|fact| fact.contains("by the rotation at leaf 20")), "{facts:?}");
    }
    // Two rotations are followed like one.
    let mut signer = signer(&yard);
    let second = signer.rotation("default").unwrap();
    yard.recorder("default").record(second.draft).unwrap();
    yard.integrate();
    signer.rotate("default", 0, tacho_event::World::now(yard.world.as_ref())).unwrap();
    for key in [old, new, second.successor] {
        let against = vec![("old note".to_owned(), kept.clone())];
        let options = Options { keys: vec![key], against, ..Options::default() };
        assert_eq!(verify(&yard.store(), "default", &options).report.findings, []);
    }
}

#[test]
fn a_rotation_that_the_old_key_did_not_sign_is_not_followed() {
    use tacho_event::Draft;
    use tacho_tree::LogKey;
    let yard = signed(8);
    let old = trusted(&yard).keys.remove(0);
    let origin = old.name().clone();
    let thief = LogKey::from_seed(origin.clone(), &[9; 32]);
    let genuine = signer(&yard).rotation("default").unwrap().draft;
    // The old key's signature over another key, and the thief's own over his.
    let signature = genuine.at("/action/system/signature").unwrap().as_str().unwrap().to_owned();
    let parsed = tacho_tree::Origin::parse(origin.as_str()).unwrap();
    let successor = thief.verifier();
    let own = tacho_tree::Rotation { origin: &parsed, from_size: 8, successor }.sign(&thief);
    for signature in [signature, tacho_event::privacy::base64url(&own)] {
        let draft = Draft::system("tacho.key")
            .with("action.system.vkey", successor.to_string().as_str())
            .with("action.system.predecessor", old.to_string().as_str())
            .with("action.system.from_size", 8)
            .with("action.system.signature", signature.as_str());
        yard.recorder("default").record(draft).unwrap();
    }
    yard.integrate();
    sign(&yard);
    let log = yard.log("default");
    let head = tacho_tree::Head { size: 10, root: log.integrated().root() };
    let note = tacho_tree::Checkpoint { origin, head }.sign(&thief).to_string();
    std::fs::write(yard.places("default").checkpoint(), note).unwrap();
    let verified = asked(&yard);
    assert!(codes(&verified).contains(&Code::UnknownKey), "{:?}", verified.report.findings);
    assert_eq!(verified.verdict(), Verdict::No);
}
