//! Replays the corpus of every fuzz target: each file found once stays answered.

use std::path::{Path, PathBuf};

#[path = "../../../../fuzz/src/dialects.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzz targets")]
mod dialects;
#[path = "../../../../fuzz/src/draft.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzz targets")]
mod draft;
#[path = "../../../../fuzz/src/filter.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzz targets")]
mod filter;
#[path = "../../../../fuzz/src/redact.rs"]
#[expect(unreachable_pub, reason = "public in the crate of the fuzz targets")]
mod redact;

type Claim = fn(&[u8]);

/// Each target of `fuzz/` and what it claims of any bytes.
const TARGETS: &[(&str, Claim)] = &[
    ("dialects", dialects::claim),
    ("draft", draft::claim),
    ("filter", filter::claim),
    ("redact", redact::claim),
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_corpus_of_every_target_holds() {
    for (target, claim) in TARGETS {
        let corpus = files(&fuzz().join("corpus").join(target));
        assert!(corpus.len() >= 5, "the corpus of {target} is there");
        for file in corpus {
            let bytes = std::fs::read(&file).unwrap();
            if std::panic::catch_unwind(|| claim(&bytes)).is_err() {
                panic!("{} breaks what `{target}` claims", file.display());
            }
        }
    }
}

#[test]
fn every_target_is_replayed() {
    let names = |folder: &str| -> Vec<String> {
        let names = files(&fuzz().join(folder)).into_iter();
        names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names("targets"), known);
    let claims = names("src");
    assert!(known.iter().all(|name| claims.iter().any(|claim| claim == name)), "{claims:?}");
    assert_eq!(names("corpus"), known);
}
