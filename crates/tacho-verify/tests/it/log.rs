//! A log that nobody touched is unchanged; every tampering is found, at its place.

use std::fs;
use std::path::Path;
use tacho_testkit::stores::SignedStore;
use tacho_tree::{Checkpoint, Frontier, Head, LogKey, Note};
use tacho_verify::log::{Against, check};
use tacho_verify::{Code, Report, Verdict};
use tempfile::TempDir;

const LEAVES: &str = "leaves/00000000000000000000.jsonl";

struct Case {
    dir: TempDir,
    made: SignedStore,
}

impl Case {
    fn new(sizes: &[u64]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut made = SignedStore::new(dir.path());
        sizes.iter().for_each(|count| made.grow(*count));
        Self { dir, made }
    }

    fn check(&self) -> Report {
        let against = Against { keys: vec![self.made.vkey()], ..Against::default() };
        check(&self.made.log(), &against, &mut |_| ())
    }

    fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let path = self.made.log().join(file);
        let mut bytes = fs::read(&path).unwrap();
        edit(&mut bytes);
        fs::write(path, bytes).unwrap();
    }
}

fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn an_untouched_log_is_unchanged_and_says_what_it_cannot_show() {
    let case = Case::new(&[300, 200]);
    let report = case.check();
    assert_eq!(report.verdict(), Verdict::Yes, "{:?}", report.findings);
    assert!(report.facts[0].starts_with("500 leaves, 500 of them under"), "{:?}", report.facts);
    assert!(!report.limits.is_empty());
}

#[test]
fn a_flipped_bit_in_any_leaf_is_found_with_its_index() {
    let case = Case::new(&[40]);
    for index in [0, 1, 17, 39] {
        let dir = tempfile::tempdir().unwrap();
        copy(&case.made.log(), dir.path());
        let path = dir.path().join(LEAVES);
        let text = fs::read_to_string(&path).unwrap();
        let changed: Vec<String> = text
            .lines()
            .enumerate()
            .map(
                |(i, line)| {
                    if i == index { line.replace("success", "failure") } else { line.into() }
                },
            )
            .collect();
        fs::write(&path, changed.join("\n") + "\n").unwrap();
        let against = Against { keys: vec![case.made.vkey()], ..Against::default() };
        let report = check(dir.path(), &against, &mut |_| ());
        let found = &report.findings[0];
        assert_eq!(
            (found.code, found.spot.to_string().as_str()),
            (Code::LeafChanged, format!("leaf {index}").as_str())
        );
        assert!(codes(&report).contains(&Code::RootMismatch));
    }
}

#[test]
fn every_bit_of_a_small_log_counts() {
    let case = Case::new(&[3]);
    let log = case.made.log();
    for file in [LEAVES, "checkpoint", "checkpoints.log", "tree/0/00000000.hashes"] {
        let length = fs::read(log.join(file)).unwrap().len();
        for at in (0..length).step_by(tacho_testkit::stride()) {
            case.edit(file, |bytes| bytes[at] ^= 1);
            let report = case.check();
            // The time before a kept note is not signed: it says when, not what.
            let unsigned = file == "checkpoints.log" && at < 28;
            assert!(unsigned || report.verdict() != Verdict::Yes, "bit of byte {at} of {file}");
            case.edit(file, |bytes| bytes[at] ^= 1);
        }
    }
    assert_eq!(case.check().verdict(), Verdict::Yes);
}

#[test]
fn a_cut_tail_is_truncation() {
    let case = Case::new(&[50]);
    case.edit(LEAVES, |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let kept: Vec<&str> = text.lines().take(45).collect();
        *bytes = (kept.join("\n") + "\n").into_bytes();
    });
    assert!(codes(&case.check()).contains(&Code::Truncated));
}

#[test]
fn swapped_dropped_and_repeated_leaves_are_found() {
    type Edit = fn(&mut Vec<&str>);
    let edits: [Edit; 3] = [
        |lines| lines.swap(3, 4),
        |lines| {
            lines.remove(7);
        },
        |lines| lines.insert(9, lines[9]),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let case = Case::new(&[20]);
        case.edit(LEAVES, |bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let mut lines: Vec<&str> = text.lines().collect();
            edit(&mut lines);
            *bytes = (lines.join("\n") + "\n").into_bytes();
        });
        assert_eq!(case.check().verdict(), Verdict::No, "edit {number}");
    }
}

#[test]
fn a_log_that_was_signed_again_with_another_key_is_not_ours() {
    let case = Case::new(&[10]);
    let origin = case.made.vkey().name().clone();
    let forger = LogKey::from_seed(origin.clone(), &[9; 32]);
    let text = fs::read_to_string(case.made.log().join(LEAVES)).unwrap();
    let mut frontier = Frontier::new();
    text.lines().for_each(|line| {
        frontier.push_leaf(line.as_bytes(), |_, _| ());
    });
    let head = Head { size: frontier.size(), root: frontier.root() };
    let note = Checkpoint { origin, head }.sign(&forger).to_string();
    fs::write(case.made.log().join("checkpoint"), note).unwrap();
    assert!(codes(&case.check()).contains(&Code::UnknownKey));
}

#[test]
fn an_older_state_put_back_is_caught_by_a_note_from_outside() {
    let mut case = Case::new(&[30]);
    let old = case.dir.path().join("old");
    copy(&case.made.log(), &old);
    case.made.grow(5);
    let newer = fs::read(case.made.log().join("checkpoint")).unwrap();
    let keys = vec![case.made.vkey()];
    let alone = check(&old, &Against { keys: keys.clone(), ..Against::default() }, &mut |_| ());
    assert_eq!(alone.verdict(), Verdict::Yes, "an old log is a valid log: {:?}", alone.findings);
    let notes = vec![("the note I kept".to_owned(), newer)];
    let report = check(&old, &Against { keys, notes, ..Against::default() }, &mut |_| ());
    assert_eq!(codes(&report), [Code::RolledBack]);
}

#[test]
fn a_rewritten_history_is_a_fork_to_whoever_kept_a_note() {
    let one = Case::new(&[30]);
    let kept = fs::read(one.made.log().join("checkpoint")).unwrap();
    let mut frontier = Frontier::new();
    for i in 0..30 {
        frontier.push_leaf(format!("{i}").as_bytes(), |_, _| ());
    }
    let other = LogKey::from_seed(one.made.vkey().name().clone(), &[3; 32]);
    let head = Head { size: 30, root: frontier.root() };
    let forged = Checkpoint { origin: one.made.vkey().name().clone(), head }.sign(&other);
    assert!(Note::parse(&kept).is_ok());
    let keys = vec![one.made.vkey(), other.verifier().clone()];
    let notes = vec![("what I was shown".to_owned(), forged.to_string().into_bytes())];
    let report =
        check(&one.made.log(), &Against { keys, notes, ..Against::default() }, &mut |_| ());
    assert_eq!(codes(&report), [Code::Forked]);
}

#[test]
fn without_a_checkpoint_or_a_key_nothing_can_be_told() {
    let case = Case::new(&[5]);
    fs::remove_file(case.made.log().join("checkpoint")).unwrap();
    fs::remove_file(case.made.log().join("checkpoints.log")).unwrap();
    assert_eq!(case.check().verdict(), Verdict::CannotTell);
    fs::remove_file(case.made.log().join("keys.vkey")).unwrap();
    let report = check(&case.made.log(), &Against::default(), &mut |_| ());
    assert_eq!(codes(&report), [Code::NoKey, Code::NoCheckpoint]);
}
