//! The trunk and the offline verifier know nothing of each other and find the same.

use std::collections::BTreeSet;

use tacho_testkit::rng::Rng;
use tacho_testkit::tamper::{TAMPERS, tamper};
use tacho_tree::audit::{Code, Finding, Report, Verdict};
use tacho_verify::log::Against;

use super::{sign, signed, trusted};
use crate::yard::Yard;
use tachograph::verify::{Options, verify};

/// Leaves of the log that both are asked about.
const LEAVES: u64 = 360;

/// What both look at; the trunk looks at states, parts, frames and indexes besides.
const SHARED: [Code; 11] = [
    Code::LeafChanged,
    Code::LeafMalformed,
    Code::NodeChanged,
    Code::NodeMissing,
    Code::RootMismatch,
    Code::BadSignature,
    Code::UnknownKey,
    Code::OlderKey,
    Code::NoteUnfinished,
    Code::Forked,
    Code::RolledBack,
];

/// What is found of the leaves there should be: without a state nobody knows that a line behind
/// them is none.
fn shared(report: &Report) -> BTreeSet<(Code, String)> {
    assert_eq!(report.more, 0, "a report that is cut cannot be compared");
    let findings = report.findings.iter().filter(|one| SHARED.contains(&one.code));
    let findings = findings.filter(|one| one.spot.leaf.is_none_or(|leaf| leaf < LEAVES));
    let beyond = |one: &&Finding| {
        let first = format!("tree/0/00000000.hashes byte {}", LEAVES * 32);
        one.code == Code::NodeMissing && one.spot.to_string() == first
    };
    let findings = findings.filter(|one| !beyond(one));
    findings.map(|one| (one.code, one.spot.to_string())).collect()
}

/// What each of the two says of a yard's log.
fn ask(yard: &Yard, against: &[(String, Vec<u8>)]) -> (Report, Report) {
    let options = Options { against: against.to_vec(), ..trusted(yard) };
    let ours = verify(&yard.store(), "default", &options).report;
    let against =
        Against { keys: options.keys.clone(), notes: against.to_vec(), ..Against::default() };
    let theirs = tacho_verify::log::check(yard.places("default").dir(), &against, &mut |_| ());
    (ours, theirs)
}

#[test]
fn both_find_the_same_at_the_same_places_whatever_was_done_to_a_log() {
    let yard = signed(LEAVES - 60);
    yard.record("default", LEAVES - 60, 60);
    yard.integrate();
    sign(&yard);
    let places = yard.places("default");
    let (ours, theirs) = ask(&yard, &[]);
    assert_eq!((ours.findings, theirs.findings), (Vec::new(), Vec::new()));
    let mut rng = Rng::new(23);
    let files = [
        places.leaf_file(0),
        places.node_file(0, 0),
        places.node_file(1, 0),
        places.node_file(7, 0),
        places.checkpoint(),
        places.checkpoints_log(),
    ];
    for path in files {
        let sound = std::fs::read(&path).unwrap();
        for round in (0..3).step_by(tacho_testkit::stride()) {
            for way in TAMPERS {
                let bytes = tamper(&sound, 0, sound.len(), way, &mut rng);
                if bytes == sound {
                    continue;
                }
                std::fs::write(&path, &bytes).unwrap();
                let (ours, theirs) = ask(&yard, &[]);
                let said = format!("{way:?} of {path:?} in round {round}");
                assert_eq!(shared(&ours), shared(&theirs), "{said}");
                assert_eq!(ours.has(Code::Truncated), theirs.has(Code::Truncated), "{said}");
                assert_eq!(ours.verdict(), theirs.verdict(), "{said}");
            }
        }
        std::fs::write(&path, &sound).unwrap();
    }
    assert_eq!(ask(&yard, &[]).0.verdict(), Verdict::Yes);
}

#[test]
fn both_find_an_older_log_and_another_history_by_a_note_from_outside() {
    let yard = signed(40);
    let kept = std::fs::read(yard.places("default").checkpoint()).unwrap();
    let other = signed(41);
    let newer = std::fs::read(other.places("default").checkpoint()).unwrap();
    for note in [kept.clone(), newer] {
        let (ours, theirs) = ask(&yard, &[("the note I kept".to_owned(), note.clone())]);
        assert_eq!(shared(&ours), shared(&theirs));
        let expected = if note == kept { Verdict::Yes } else { Verdict::No };
        assert_eq!((ours.verdict(), theirs.verdict()), (expected, expected));
    }
}

#[test]
fn a_size_that_nobody_signed_makes_neither_of_them_walk_beyond_what_is_there() {
    let yard = signed(40);
    let path = yard.places("default").checkpoint();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\n40\n", "\n9007199254740991\n", 1)).unwrap();
    let (ours, theirs) = ask(&yard, &[]);
    assert_eq!(shared(&ours), shared(&theirs));
    assert!(ours.has(Code::Truncated) && ours.has(Code::BadSignature), "{:?}", ours.findings);
}
