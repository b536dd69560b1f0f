//! A bundle proves what is in it; every edit of it, and every trick of its maker, is found.

use tacho_event::privacy::Class;
use tacho_testkit::rng::Rng;
use tacho_testkit::stores::SignedStore;
use tacho_testkit::tamper::{TAMPERS, tamper};
use tacho_tree::VerifierKey;
use tacho_tree::archive::{self, Archive};
use tacho_verify::bundle::check;
use tacho_verify::{Code, Report, Verdict};

struct Case {
    _dir: tempfile::TempDir,
    made: SignedStore,
    key: VerifierKey,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut made = SignedStore::new(dir.path());
        made.grow(40);
        let key = made.vkey();
        Self { _dir: dir, made, key }
    }

    fn check(&self, bytes: &[u8]) -> Report {
        check(bytes, std::slice::from_ref(&self.key))
    }
}

fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_bundle_proves_its_events_and_shows_the_chosen_classes_alone() {
    let case = Case::new();
    let bytes = case.made.bundle(12, &[Class::Content]);
    let report = case.check(&bytes);
    assert_eq!(report.findings, []);
    assert!(report.facts[0].starts_with("12 events are in the log, 12 disclosures"), "{report:?}");
    assert!(String::from_utf8_lossy(&bytes).contains("echo 7"), "the page shows what was chosen");
    let bare = case.made.bundle(12, &[]);
    assert_eq!(case.check(&bare).findings, []);
    assert!(!String::from_utf8_lossy(&bare).contains("echo 7"), "and nothing else");
}

#[test]
fn the_same_choice_gives_the_same_bytes() {
    let case = Case::new();
    assert_eq!(case.made.bundle(9, &Class::ALL), case.made.bundle(9, &Class::ALL));
}

#[test]
fn every_tampering_of_a_bundle_is_found() {
    let case = Case::new();
    let sound = case.made.bundle(12, &[Class::Content]);
    let mut rng = Rng::new(3);
    for round in 0..tacho_testkit::stories(60) {
        for way in TAMPERS {
            let bytes = tamper(&sound, 0, sound.len(), way, &mut rng);
            if bytes != sound {
                let report = case.check(&bytes);
                assert_eq!(report.verdict(), Verdict::No, "{way:?} in round {round}");
                assert!(report.findings.iter().all(|one| !one.spot.to_string().is_empty()));
            }
        }
    }
}

#[test]
fn another_key_never_signed_it_and_without_one_the_bundle_agrees_with_itself_alone() {
    let case = Case::new();
    let bytes = case.made.bundle(3, &[]);
    let stranger = tacho_tree::LogKey::from_seed(case.key.name().clone(), &[5; 32]);
    let report = check(&bytes, &[stranger.verifier().clone()]);
    assert!(codes(&report).contains(&Code::ProofInvalid));
    let alone = check(&bytes, &[]);
    assert_eq!(alone.verdict(), Verdict::Yes);
    assert!(alone.limits.iter().any(|limit| limit.starts_with("who signed")));
}

/// The members of a bundle, to be put together again by somebody who means harm.
fn members(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let members = archive::members(bytes, &mut Report::default()).unwrap();
    members.iter().map(|one| (one.name.to_owned(), one.bytes.to_vec())).collect()
}

fn pack(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut made = Archive::new();
    members.iter().for_each(|(name, bytes)| made.add(name, bytes));
    made.finish()
}

/// A sound bundle with one more header, which no honest writer makes.
fn with_header(sound: &[u8], edit: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut more = Archive::new();
    more.add("one-more", b"");
    let mut more = more.finish();
    edit(&mut more[..512]);
    more[148..156].fill(b' ');
    let sum: u32 = more[..512].iter().map(|byte| u32::from(*byte)).sum();
    more[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    [&sound[..sound.len() - 1024], &more].concat()
}

#[test]
fn hostile_archives_are_refused_and_say_why() {
    let case = Case::new();
    let bytes = case.made.bundle(4, &[Class::Content]);
    let sound = members(&bytes);
    assert_eq!(pack(&sound), bytes);
    let edited = |edit: &dyn Fn(&mut [u8])| codes(&case.check(&with_header(&bytes, edit)));
    for name in ["../../etc/passwd", "/etc/passwd", "proofs/../x", "a\\..\\b"] {
        let named = edited(&|header| {
            header[..100].fill(0);
            header[..name.len()].copy_from_slice(name.as_bytes());
        });
        assert!(named.contains(&Code::ArchiveUnsafe), "{name}: {named:?}");
    }
    for kind in b'1'..=b'7' {
        let linked = edited(&|header| header[156] = kind);
        assert!(linked.contains(&Code::ArchiveUnsafe), "{kind}: {linked:?}");
    }
    let huge = edited(&|header| header[124..135].fill(b'7'));
    assert!(huge.contains(&Code::ArchiveMalformed), "{huge:?}");
    let mut twice = sound.clone();
    twice.push(sound[3].clone());
    assert!(codes(&case.check(&pack(&twice))).contains(&Code::ArchiveUnsafe));
    assert_eq!(codes(&case.check(b"")), [Code::ArchiveMalformed]);
    assert_eq!(codes(&case.check(&[0; 5000])).first(), Some(&Code::ArchiveMalformed));
}

#[test]
fn lies_that_are_told_consistently_are_found_too() {
    let case = Case::new();
    let sound = members(&case.made.bundle(6, &[Class::Content]));
    // The maker edits a member and the manifest with it.
    let lie = |name: &str, from: &str, to: &str| {
        let mut edited = sound.clone();
        let at = edited.iter().position(|(one, _)| one == name).unwrap();
        let text = String::from_utf8(edited[at].1.clone()).unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{name}");
        edited[at].1 = changed.clone().into_bytes();
        let manifest = String::from_utf8(edited[0].1.clone()).unwrap();
        let hash = |text: &str| tacho_testkit::sha256_hex(text.as_bytes());
        let manifest = manifest.replace(&hash(&text), &hash(&changed)).replace(
            &format!("\"size\":{}}}", text.len()),
            &format!("\"size\":{}}}", changed.len()),
        );
        edited[0].1 = manifest.into_bytes();
        codes(&case.check(&pack(&edited)))
    };
    assert_eq!(
        lie("leaves.jsonl", "success", "failure"),
        [Code::ProofInvalid, Code::DisclosureInvalid, Code::StatementFalse]
    );
    assert!(lie("coverage.json", "\"events\":6", "\"events\":7").contains(&Code::StatementFalse));
    assert!(
        lie("disclosures.jsonl", "\"index\":0", "\"index\":1").contains(&Code::DisclosureInvalid)
    );
    assert!(lie("checkpoint", "\n40\n", "\n41\n").contains(&Code::ProofInvalid));
}
