//! Failures that the agent must not notice, kept where a person can find them: a small file of
//! fixed size outside the store, which a full disk does not stop once it is there.
//!
//! ```text
//! <state>/ring        64 slots of 512 bytes, each one line of JSON, filled up with spaces:
//! {"at":"2026-11-20T10:00:00.000000Z","code":"store_unavailable","host":"claude_code","n":17,
//!  "what":"no store at /srv/audit"}                                                      \n
//! ```
//!
//! `n` counts; the slot is `n` modulo 64, so the oldest trace gives way. A slot that is no JSON is
//! skipped. Nothing of an agent's content stands here.

use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tacho_event::Timestamp;
use tacho_event::json::{self, Object, Value};

use crate::disk;

/// Slots of the ring.
pub const SLOTS: u64 = 64;
/// Bytes of a slot, with its newline.
pub const SLOT_BYTES: usize = 512;

/// One failure that the agent did not notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// When.
    pub at: String,
    /// What kind: a stable word.
    pub code: String,
    /// For which host, where that was known.
    pub host: String,
    /// Its running number.
    pub n: u64,
    /// What was said.
    pub what: String,
}

/// Where the ring lies.
pub fn place(state: &Path) -> PathBuf {
    state.join("ring")
}

/// The traces in a ring, oldest first; none where there is no ring.
///
/// # Errors
/// What the disk said.
pub fn read(path: &Path) -> Result<Vec<Trace>> {
    let Some((bytes, _)) = disk::read(path, SLOTS * SLOT_BYTES as u64)? else {
        return Ok(Vec::new());
    };
    let mut traces: Vec<Trace> = bytes.chunks(SLOT_BYTES).filter_map(trace).collect();
    traces.sort_by_key(|trace| trace.n);
    Ok(traces)
}

/// Leaves a trace.
///
/// # Errors
/// What the disk said; there is nobody left to tell.
pub fn leave(state: &Path, now: Timestamp, code: &str, host: &str, what: &str) -> Result<()> {
    disk::make_dir(state)?;
    let mut file = disk::in_place(&place(state))?;
    // Who cannot have the lock at once writes all the same: a trace may be lost, an agent not.
    let locked = file.try_lock().is_ok();
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(SLOTS * SLOT_BYTES as u64).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < SLOTS * SLOT_BYTES as u64 {
        // All of it at once, so that a later trace needs no room.
        bytes.resize(usize::try_from(SLOTS).unwrap_or(0) * SLOT_BYTES, b' ');
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)?;
    }
    let last = bytes.chunks(SLOT_BYTES).filter_map(trace).map(|trace| trace.n).max();
    let n = last.map_or(0, |last| last.saturating_add(1));
    file.seek(SeekFrom::Start(n % SLOTS * SLOT_BYTES as u64))?;
    file.write_all(&line(now, code, host, what, n))?;
    if locked {
        let _ = file.unlock();
    }
    Ok(())
}

fn line(now: Timestamp, code: &str, host: &str, what: &str, n: u64) -> Vec<u8> {
    let plain = |text: &str, max: usize| -> String {
        text.chars().map(|c| if c.is_ascii_graphic() { c } else { ' ' }).take(max).collect()
    };
    let object = Object::from([
        ("at", Value::from(now.to_string())),
        ("code", plain(code, 40).into()),
        ("host", plain(host, 40).into()),
        ("n", n.into()),
        // A quote or a backslash takes two bytes; so even of those all fit.
        ("what", plain(what, 120).into()),
    ]);
    let mut line = Value::from(object).to_json().into_bytes();
    line.resize(SLOT_BYTES - 1, b' ');
    line.push(b'\n');
    line
}

fn trace(slot: &[u8]) -> Option<Trace> {
    let Value::Object(slot) = json::read(slot.trim_ascii()).ok()? else { return None };
    let text = |name: &str| slot.str(name).map(str::to_owned);
    Some(Trace {
        at: text("at")?,
        code: text("code")?,
        host: text("host")?,
        n: u64::try_from(slot.get("n")?.as_i64()?).ok()?,
        what: text("what")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_trace_gives_way_and_the_file_does_not_grow() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..SLOTS + 3 {
            let at = Timestamp::from_micros(n as i64);
            leave(dir.path(), at, "panicked", "codex", &format!("{n} \"\\\u{1b}[31m")).unwrap();
        }
        let traces = read(&place(dir.path())).unwrap();
        assert_eq!(traces.len() as u64, SLOTS);
        assert_eq!(traces.first().map(|trace| trace.n), Some(3));
        let last = traces.last().unwrap();
        assert_eq!((last.n, last.what.as_str()), (SLOTS + 2, "66 \"\\ [31m"));
        let bytes = disk::read(&place(dir.path()), 1 << 20).unwrap().unwrap().0;
        assert_eq!(bytes.len() as u64, SLOTS * SLOT_BYTES as u64);
    }

    #[test]
    fn the_longest_trace_fits_its_slot() {
        let at = Timestamp::from_micros(0);
        let line = line(at, &"\"".repeat(99), &"\\".repeat(99), &"\"".repeat(999), u64::MAX >> 12);
        assert_eq!(line.len(), SLOT_BYTES);
        assert!(trace(&line).is_some());
    }

    #[test]
    fn a_damaged_slot_is_skipped_and_no_ring_is_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(&place(dir.path())).unwrap(), []);
        leave(dir.path(), Timestamp::from_micros(0), "a", "b", "c").unwrap();
        leave(dir.path(), Timestamp::from_micros(1), "a", "b", "d").unwrap();
        let mut bytes = disk::read(&place(dir.path()), 1 << 20).unwrap().unwrap().0;
        bytes[3] = 0xff;
        disk::replace(&place(dir.path()), &bytes).unwrap();
        let traces = read(&place(dir.path())).unwrap();
        assert_eq!(traces.iter().map(|trace| trace.what.as_str()).collect::<Vec<_>>(), ["d"]);
    }
}
