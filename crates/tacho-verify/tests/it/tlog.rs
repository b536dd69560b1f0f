//! A published log is accepted by programs none of us wrote, and by this one; both reject what was
//! changed.

use std::path::{Path, PathBuf};

use tacho_testkit::GoVerifier;
use tacho_testkit::rng::Rng;
use tacho_testkit::stores::SignedStore;
use tacho_testkit::tamper::{TAMPERS, Tamper, tamper};
use tacho_tree::{Checkpoint, Head, LogKey, Note, VerifierKey};
use tacho_verify::log::Against;
use tacho_verify::{Code, Finding, Report, Verdict, tlog};

/// A store and the directory it was published to.
struct Case {
    dir: tempfile::TempDir,
    made: SignedStore,
    key: VerifierKey,
}

impl Case {
    fn new(events: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut made = SignedStore::new(dir.path());
        made.grow(events);
        let key = made.vkey();
        made.export(&dir.path().join("tlog"));
        Self { dir, made, key }
    }

    fn published(&self) -> PathBuf {
        self.dir.path().join("tlog")
    }

    fn check(&self) -> Report {
        let keys = vec![self.key.clone()];
        tlog::check(&self.published(), &Against { keys, ..Against::default() }, &mut |_| ())
    }

    /// Whether Go accepts it; yes where there is no Go to ask.
    fn go_accepts(&self, go: Option<&GoVerifier>) -> bool {
        go.is_none_or(|go| go.log(&self.published(), &self.key.to_string()).is_ok())
    }

    /// Whether Go rejects it; yes where there is no Go to ask.
    fn go_rejects(&self, go: Option<&GoVerifier>) -> bool {
        go.is_none_or(|go| go.log(&self.published(), &self.key.to_string()).is_err())
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.published().join(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.published().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// Go's own transparency log packages, in a folder of the test's own; none where there is no Go.
fn go(test: &str) -> Option<GoVerifier> {
    GoVerifier::build(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("go").join(test))
}

fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

/// A tampering: its name, the files it changes, and with what.
type Tampering = (&'static str, Vec<(&'static str, Vec<u8>)>);

fn tamperings(case: &Case) -> Vec<Tampering> {
    let mut rng = Rng::new(11);
    let mut of = |name, way| {
        let bytes = case.read(name);
        let changed = tamper(&bytes, 0, bytes.len(), way, &mut rng);
        vec![(name, changed)]
    };
    let last_entry = of("tile/entries/000", Tamper::FlipBit);
    let signer = LogKey::from_seed(case.key.name().clone(), &[9; 32]);
    let note = Note::parse(&case.read("checkpoint")).unwrap();
    let head = Checkpoint::parse(note.text()).unwrap().head;
    let resigned = Checkpoint { origin: case.key.name().clone(), head }.sign(&signer);
    let lie = Head { size: head.size - 1, ..head };
    let shorter = Checkpoint { origin: case.key.name().clone(), head: lie }.sign(&signer);
    vec![
        ("a bit of an entry bundle", last_entry),
        ("a bit of a leaf tile", of("tile/0/000", Tamper::FlipBit)),
        ("a bit of an inner tile", of("tile/1/000.p/2", Tamper::FlipBit)),
        ("a bit of the checkpoint", of("checkpoint", Tamper::FlipBit)),
        ("blocks of a bundle swapped", of("tile/entries/001", Tamper::SwapBlocks)),
        ("a block of a tile dropped", of("tile/0/001", Tamper::DropBlock)),
        ("a tile cut", of("tile/0/000", Tamper::Truncate)),
        ("a bundle cut", of("tile/entries/000", Tamper::Truncate)),
        ("zeros in a tile", of("tile/0/001", Tamper::ZeroBlock)),
        ("noise in a bundle", of("tile/entries/001", Tamper::Noise)),
        ("a block of a bundle repeated", of("tile/entries/000", Tamper::DuplicateBlock)),
        ("a bundle replayed", vec![("tile/entries/001", case.read("tile/entries/000"))]),
        (
            "two tiles swapped",
            vec![("tile/0/000", case.read("tile/0/001")), ("tile/0/001", case.read("tile/0/000"))],
        ),
        ("signed again with another key", vec![("checkpoint", resigned.to_string().into())]),
        ("shortened and signed by another", vec![("checkpoint", shorter.to_string().into())]),
    ]
}

#[test]
fn each_tampering_of_a_published_log_is_rejected_by_go_and_by_us_with_the_place() {
    let case = Case::new(600);
    let go = go("tampering");
    assert_eq!(case.check().findings, []);
    assert!(case.go_accepts(go.as_ref()));
    for (name, files) in tamperings(&case) {
        let sound: Vec<Vec<u8>> = files.iter().map(|(file, _)| case.read(file)).collect();
        assert!(files.iter().zip(&sound).any(|((_, bytes), sound)| bytes != sound), "{name}");
        files.iter().for_each(|(file, bytes)| case.write(file, bytes));
        let report = case.check();
        assert_eq!(report.verdict(), Verdict::No, "{name}");
        let (file, _) = &files[0];
        let place = |spot: &tacho_verify::Spot| spot.to_string();
        let named = report
            .findings
            .iter()
            .any(|one| place(&one.spot).contains(file) || one.code == Code::RootMismatch);
        assert!(named, "{name}: {:?}", report.findings);
        assert!(case.go_rejects(go.as_ref()), "Go accepts: {name}");
        files.iter().zip(&sound).for_each(|((file, _), bytes)| case.write(file, bytes));
    }
    for gone in ["tile/0/001", "tile/entries/000", "tile/1/000.p/2"] {
        let sound = case.read(gone);
        std::fs::remove_file(case.published().join(gone)).unwrap();
        let report = case.check();
        assert!(codes(&report).contains(&Code::TileMissing), "{gone}: {:?}", report.findings);
        assert!(case.go_rejects(go.as_ref()), "Go accepts without {gone}");
        case.write(gone, &sound);
    }
    assert_eq!(case.check().findings, []);
}

#[test]
fn an_older_state_that_is_published_again_is_caught_by_a_newer_note() {
    let mut case = Case::new(300);
    case.made.grow(50);
    let newer = std::fs::read(case.made.log().join("checkpoint")).unwrap();
    let against = Against {
        keys: vec![case.key.clone()],
        notes: vec![("the note I kept".to_owned(), newer.clone())],
        ..Against::default()
    };
    let report = tlog::check(&case.published(), &against, &mut |_| ());
    assert_eq!(codes(&report), [Code::RolledBack]);
    let go = go("older");
    assert!(case.go_accepts(go.as_ref()), "alone it is a valid log");
    case.write("older/350", &newer);
    assert!(case.go_rejects(go.as_ref()));
}

#[test]
fn seventy_thousand_published_events_are_accepted_and_each_tampering_is_rejected() {
    if tacho_testkit::spares("70,000 published events") {
        return;
    }
    let case = Case::new(70_000);
    let go = go("many");
    assert!(case.go_accepts(go.as_ref()));
    assert_eq!(case.check().findings, []);
    let mut rng = Rng::new(17);
    let files = ["tile/entries/200", "tile/0/137", "tile/1/000", "tile/2/000.p/1", "checkpoint"];
    let each = files.iter().map(|file| (*file, Tamper::FlipBit));
    let each = each.chain(TAMPERS.map(|way| ("tile/entries/077", way)));
    for (file, way) in each {
        let sound = case.read(file);
        let bytes = tamper(&sound, 0, sound.len(), way, &mut rng);
        assert!(bytes != sound, "{way:?} of {file}");
        case.write(file, &bytes);
        assert!(case.go_rejects(go.as_ref()), "Go accepts {way:?} of {file}");
        let report = case.check();
        assert_eq!(report.verdict(), Verdict::No, "{way:?} of {file}");
        // Of the tiles on the edge one cannot tell which is wrong: together they miss the root.
        let is_edge = |one: &Finding| file.contains(".p/") && one.code == Code::RootMismatch;
        let names = |one: &Finding| one.spot.to_string().contains(file) || is_edge(one);
        let named = report.findings.iter().any(names);
        assert!(named, "{way:?} of {file}: {:?}", report.findings.first());
        case.write(file, &sound);
    }
}
