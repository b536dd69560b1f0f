//! Given the bytes of `checkpoints.log`, gives the notes in it, and says what is no entry.
//!
//! ```text
//! 2026-11-20T10:00:00.000000Z        when it was kept: nothing vouches for that
//! <a note, which has one empty line of its own>
//! <an empty line>
//! ```

use super::finding::{Code, Report};

/// The notes, each with the number of its entry. What follows the last whole entry does not count:
/// it is what a crash left of one, or of one that was edited, and nobody can tell which.
pub fn kept_notes<'b>(place: &str, bytes: &'b [u8], report: &mut Report) -> Vec<(u64, &'b [u8])> {
    let mut notes = Vec::new();
    let mut rest = bytes;
    while let Some((time, note, behind)) = entry(rest) {
        let number = notes.len() as u64 + 1;
        // `2026-11-20T10:00:00.000000Z`: not signed, so only its form can be checked.
        let is_time = time.len() == 27
            && time.ends_with(b"Z")
            && time.iter().all(|byte| byte.is_ascii_digit() || b"-T:.Z".contains(byte));
        if !is_time {
            let spot = format!("{place} entry {number}");
            report.find(Code::FileMalformed, spot, "an entry begins with no time");
        }
        notes.push((number, note));
        rest = behind;
    }
    if !rest.is_empty() {
        let spot = format!("{place} entry {}", notes.len() + 1);
        report.find(Code::NoteUnfinished, spot, "is no whole entry");
    }
    notes
}

fn entry(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let line = find(bytes, b"\n")?;
    let (time, note) = (bytes.get(..line)?, bytes.get(line + 1..)?);
    let inside = find(note, b"\n\n")? + 2;
    let length = inside + find(note.get(inside..)?, b"\n\n")? + 1;
    Some((time, note.get(..length)?, note.get(length + 1..)?))
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}
