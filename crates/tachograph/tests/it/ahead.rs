//! How many zeros stand ahead of the frames, and who writes them.

use tacho_testkit::records::{self, OwnedRecord};
use tachograph::wal::{Patience, Position};

use crate::harness::append_to;
use crate::yard::Yard;

/// Appends records of about this many bytes; gives where the log ends.
fn append(yard: &Yard, bytes: usize) -> Position {
    let record: OwnedRecord = records::sized(1, bytes);
    append_to(&yard.wal(), &[record]).unwrap().end
}

/// How many bytes stand in the first segment behind `end`; they are zeros.
fn zeros(yard: &Yard, end: Position) -> u64 {
    let bytes = std::fs::read(yard.path().join("wal/00000001.wal")).unwrap();
    let ahead = bytes.get(end.offset as usize..).unwrap();
    assert!(ahead.iter().all(|byte| *byte == 0));
    ahead.len() as u64
}

fn fill(yard: &Yard, end: Position, most: u64) -> u64 {
    yard.wal().fill_ahead(end, most, || true).unwrap();
    zeros(yard, end)
}

#[test]
fn as_many_zeros_are_ahead_as_there_are_frames_at_most_what_was_asked() {
    let yard = Yard::new();
    let end = append(&yard, 1_000);
    assert_eq!(fill(&yard, end, 8 << 20), 64 << 10, "a few for a log that begins");
    let end = append(&yard, 300_000);
    assert_eq!(fill(&yard, end, 8 << 20), end.offset);
    let end = append(&yard, 7_000_000);
    assert_eq!(fill(&yard, end, 1 << 20), 1 << 20);
    assert_eq!(fill(&yard, end, 8 << 20), end.offset);
}

#[test]
fn while_half_of_them_are_left_no_more_are_written() {
    let yard = Yard::new();
    let end = append(&yard, 400_000);
    let ahead = fill(&yard, end, 8 << 20);
    let end = append(&yard, 20_000);
    assert_eq!(fill(&yard, end, 8 << 20), ahead - (end.offset - ahead));
    let end = append(&yard, 200_000);
    assert_eq!(fill(&yard, end, 8 << 20), end.offset);
}

#[test]
fn a_segment_is_filled_to_its_end_and_never_further() {
    let mut yard = Yard::new();
    yard.segment_bytes = 256 << 10;
    let end = append(&yard, 150_000);
    assert_eq!(fill(&yard, end, 8 << 20), yard.segment_bytes - end.offset);
    // The log went on in another segment since it was seen to end here.
    let next = append(&yard, 150_000);
    assert_eq!(next.segment, 2);
    let before = std::fs::metadata(yard.path().join("wal/00000001.wal")).unwrap().len();
    yard.wal().fill_ahead(end, 8 << 20, || true).unwrap();
    let after = std::fs::metadata(yard.path().join("wal/00000001.wal")).unwrap().len();
    assert_eq!(before, after);
    // And this one was integrated and deleted.
    yard.wal().fill_ahead(Position { segment: 9, offset: 40 }, 8 << 20, || true).unwrap();
}

#[test]
fn one_step_is_made_however_busy_it_is() {
    let yard = Yard::new();
    let end = append(&yard, 7_000_000);
    yard.wal().fill_ahead(end, 8 << 20, || false).unwrap();
    assert_eq!(zeros(&yard, end), 1 << 20);
}

#[test]
fn a_prepared_segment_is_taken_by_whoever_needs_it() {
    let mut yard = Yard::new();
    yard.segment_bytes = 256 << 10;
    append(&yard, 1_000);
    let wal = yard.wal();
    wal.prepare_next(|| true).unwrap();
    wal.rotate(Patience::Server).unwrap();
    let segment = std::fs::metadata(yard.path().join("wal/00000002.wal")).unwrap();
    assert_eq!(segment.len(), yard.segment_bytes);
}

#[test]
fn whoever_integrates_fills_ahead() {
    let yard = Yard::new();
    yard.record("acme", 0, 3);
    let mut integrator = yard.integrator();
    let outcome = integrator.run(Default::default()).unwrap();
    integrator.fill_ahead().unwrap();
    assert_eq!(zeros(&yard, outcome.position), 64 << 10);
    yard.record("acme", 3, 1);
    assert!(zeros(&yard, outcome.position.max(yard.integrate().position)) < 64 << 10);
}
