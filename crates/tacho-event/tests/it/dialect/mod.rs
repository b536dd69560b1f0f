//! Each dialect against its golden files.
//!
//! `fixtures/dialects/<dialect>/<case>.in.json` is what a source wrote; `<case>.event.json` what it
//! says as an event (a list for many records). `fixtures/dialects/refused/` holds what is no
//! record; `<case>.problems.json` says why. `UPDATE=1` rewrites what is expected.

mod pretty;
mod props;
mod rules;

use crate::world::Still;
use pretty::pretty;
use std::path::{Path, PathBuf};
use tacho_event::dialect::{Batch, DIALECTS, Dialect, Unread, detect, read_any};
use tacho_event::json::{Object, Value, read};
use tacho_event::privacy::{Disclosure, Level, Policy, Protected, StandIns, reveal};
use tacho_event::{Draft, Problem};

#[test]
fn every_dialect_reads_and_writes_its_golden_files() {
    let policy = Policy::default().with_level(Level::Full);
    for dialect in DIALECTS {
        let cases = cases(dialect.name);
        assert!(cases.len() >= 3, "{} has too few cases", dialect.name);
        for case in cases {
            check(dialect, &case, &policy);
        }
    }
}

#[test]
fn what_is_no_record_is_refused_with_a_reason() {
    for case in cases("refused") {
        let bytes = std::fs::read(&case).unwrap();
        let told = match read_any(&bytes) {
            Err(Unread::Problems(problems)) => problems.iter().map(Problem::to_string).collect(),
            Err(Unread::NotJson(error)) => vec![error.to_string()],
            Ok(drafts) => panic!("{} was read as {drafts:?}", case.display()),
        };
        expect(&case, "problems", &Value::from(told));
    }
}

#[test]
fn every_golden_file_has_its_case() {
    for folder in std::fs::read_dir(root()).unwrap() {
        let folder = folder.unwrap().path();
        for file in std::fs::read_dir(&folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let case = name.split('.').next().unwrap();
            assert!(folder.join(format!("{case}.in.json")).exists(), "{name} expects nothing");
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(name == "refused" || Dialect::named(name).is_some(), "{name} is no dialect");
    }
}

/// One case: the dialect is known by itself, says the expected event, and gives the source back
/// from the draft, from the checked event and from the entry that is stored of it.
fn check(dialect: &'static Dialect, case: &Path, policy: &Policy) {
    let name = case.display();
    let document = read(&std::fs::read(case).unwrap()).unwrap();
    let detected = detect(&document).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    assert_eq!(detected.name, dialect.name, "{name}");
    let batch = dialect.read(&document).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    expect(case, "event", &events(&batch));
    assert_eq!(batch.write(), document, "{name} does not come back");
    for draft in batch.drafts() {
        let record = dialect.write(draft.object());
        let stored = stored(draft, policy);
        assert_eq!(Value::from(dialect.write(&stored)), record.into(), "{name}, from the store");
    }
}

fn events(batch: &Batch) -> Value {
    let events: Vec<&Object> = batch.drafts().iter().map(Draft::object).collect();
    match events.as_slice() {
        [one] => (*one).clone().into(),
        many => many.iter().map(|one| (*one).clone()).collect::<Vec<_>>().into(),
    }
}

/// The event of a draft as the store gives it back, without what the recorder added to it.
fn stored(draft: &Draft, policy: &Policy) -> Object {
    let world = Still::default();
    let event = draft.clone().check(&world).unwrap_or_else(|problems| panic!("{problems:?}"));
    let checked = event.object().clone();
    let Protected::Entry(entry) = policy.apply(event, &StandIns::new(), &world).unwrap() else {
        panic!("dropped")
    };
    let Value::Object(leaf) = read(entry.leaf()).unwrap() else { panic!("no object") };
    let parts = entry.parts().iter();
    let open = |part: &tacho_event::privacy::Part| {
        Disclosure::of_part(part.class(), part.plaintext()).unwrap()
    };
    let disclosures: Vec<Disclosure> = parts.flat_map(open).collect();
    let mut revealed = reveal(&leaf, &disclosures).unwrap();
    if let Some(security) = revealed.get_mut("security").and_then(Value::as_object_mut) {
        security.remove("resource_types");
    }
    revealed.retain(|name, value| name != "security" || *value != Object::new().into());
    assert_eq!(Value::from(revealed.clone()).to_json(), Value::from(checked).to_json());
    for added in ["v", "id", "timestamp"] {
        if draft.object().get(added).is_none() {
            revealed.remove(added);
        }
    }
    if let Some(tenant) = draft.object().get("tenant") {
        revealed.insert("tenant", tenant.clone());
    }
    revealed
}

/// Compares with the golden file, or rewrites it.
fn expect(case: &Path, kind: &str, value: &Value) {
    let name = case.file_name().unwrap().to_str().unwrap().replace(".in.json", "");
    let golden = case.with_file_name(format!("{name}.{kind}.json"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, pretty(value)).unwrap();
    }
    let expected = std::fs::read(&golden).unwrap_or_else(|error| {
        panic!("{}: {error}; UPDATE=1 writes it", golden.display());
    });
    assert_eq!(pretty(&read(&expected).unwrap()), pretty(value), "{}", golden.display());
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join(folder)).unwrap();
    let mut cases: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    cases.retain(|path| path.to_str().unwrap().ends_with(".in.json"));
    cases.sort();
    cases
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/dialects")
}
