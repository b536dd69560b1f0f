//! Files that follow the log: each event once, whatever happens to follower and files.

use std::path::Path;
use std::sync::Arc;

use tacho_event::privacy::Policy;
use tacho_event::{Draft, Span};
use tacho_shapes::agent::FileDestination;
use tacho_shapes::journal::JournalFiles;
use tacho_shapes::lines::Rotation;
use tacho_shapes::{Book, paper};
use tacho_testkit::scratch;
use tachograph::files::OsFiles;
use tachograph::record::{QueueSettings, Settings};
use tachograph::store::{Remote, Store};

use crate::clock::Clock;

fn book(dir: &Path, clock: &Clock) -> Book {
    let world = Arc::new(clock.clone());
    let store =
        Store::create(Arc::new(OsFiles), world.as_ref(), &dir.join("store"), Remote::Refused);
    let settings = Settings::default();
    Book::of(&store.unwrap(), world, Policy::default(), settings, QueueSettings::default()).unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_follower_that_died_before_its_note_writes_no_line_twice() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2026-02-20T07:21:42.457Z");
    let book = book(&dir, &clock);
    let logs = dir.join("Logs");
    let note = logs.join(".tachograph-journal.json");
    let daily = logs.join("audit_2026-02-20.log");
    let record = |n: u32| drop(book.record(Draft::tool(&format!("Tool{n}"))).unwrap());
    let pull = || JournalFiles::new(&book, &logs).unwrap().pull().unwrap();
    record(1);
    assert_eq!(pull(), 1);
    let (old_note, first) = (read(&note), read(&daily));
    record(2);
    assert_eq!(pull(), 1);
    let both = read(&daily);
    assert!(both.starts_with(&first) && both.lines().count() == 2);
    // As if it had died after appending (whole, and in the middle of a line).
    for cut in [both.len(), first.len() + 5, first.len()] {
        std::fs::write(&note, &old_note).unwrap();
        std::fs::write(&daily, &both[..cut]).unwrap();
        assert_eq!(pull(), 1);
        assert_eq!(read(&daily), both, "cut at {cut}");
    }
    assert_eq!(pull(), 0);
    // Somebody took the file away: what comes next begins a new one.
    std::fs::remove_file(&daily).unwrap();
    record(3);
    assert_eq!(pull(), 1);
    assert_eq!(read(&daily).lines().count(), 1);
}

#[test]
fn a_file_that_is_long_enough_is_packed_and_one_that_is_old_enough_goes() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2026-02-20T07:00:00Z");
    let book = book(&dir, &clock);
    let out = dir.join("audit");
    let rotation = Rotation { max_size: 1, max_age: Span::from_days(30), compress: true };
    let file = FileDestination::new(&book, &out, rotation).unwrap();
    let record = |n: u32| {
        book.record(Draft::tool(&format!("Tool{n}"))).unwrap();
        file.pull().unwrap();
    };
    record(1);
    let first = read(&out.join("agent-audit.jsonl"));
    record(2);
    record(3);
    let names = || {
        let mut names = paper::list(&out).unwrap();
        names.retain(|name| name.starts_with("agent-audit"));
        names
    };
    let stamped = "agent-audit.jsonl.20260220T070000";
    let expected =
        ["agent-audit.jsonl".to_owned(), format!("{stamped}-2.gz"), format!("{stamped}.gz")];
    assert_eq!(names(), expected);
    let packed = std::fs::File::open(out.join(format!("{stamped}.gz"))).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut text).unwrap();
    assert_eq!(text, first);
    clock.set("2026-03-23T07:00:00Z");
    record(4);
    assert_eq!(names(), ["agent-audit.jsonl", "agent-audit.jsonl.20260323T070000.gz"]);
}
