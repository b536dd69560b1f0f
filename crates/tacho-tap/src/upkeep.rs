//! Given a store, says when its upkeep is due next; at the end of a session, starts `tacho
//! maintain` beside the agent, if it is time.
//!
//! ```text
//! <state>/maintain/<16 hex of the store's path>     microseconds since 1970: the next start
//! ```
//!
//! `tacho maintain` writes the time when it ends, whoever called it: where a timer does, sessions
//! start it hardly ever. A hook that starts it writes a day from now first, so that many sessions
//! that end at once start one. The file is a memory and no record: without it the upkeep waits a
//! day.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use tacho_event::{Span, Timestamp};

use crate::disk;
use crate::session::{digest, hex};
use crate::surroundings::Surroundings;

/// It is started at least so often while sessions end.
pub const EVERY: Span = Span::from_micros(86_400_000_000);
/// And not more often, whatever says that it is due.
const AT_MOST: Span = Span::from_micros(60_000_000);

/// The value of `maintain.session_end` that keeps sessions from starting it.
pub const NEVER: &str = "never";
/// And the usual one.
pub const DAILY: &str = "daily";

/// When the upkeep of `store` is to be started next; none if nobody said.
pub fn next(state: &Path, store: &Path) -> Option<Timestamp> {
    let (bytes, _) = disk::read(&place(state, store), 64).ok()??;
    let micros = str::from_utf8(&bytes).ok()?.trim().parse().ok()?;
    Some(Timestamp::from_micros(micros))
}

/// Says when the upkeep of `store` is due next, where something is foreseen.
///
/// # Errors
/// Why it could not be noted.
pub fn done(state: &Path, store: &Path, now: Timestamp, due: Option<Timestamp>) -> io::Result<()> {
    let next = due.map_or(now.plus(EVERY), |due| due.min(now.plus(EVERY)));
    note(state, store, next.max(now.plus(AT_MOST)))
}

fn note(state: &Path, store: &Path, next: Timestamp) -> io::Result<()> {
    let path = place(state, store);
    disk::make_dir(path.parent().unwrap_or(state))?;
    disk::replace(&path, format!("{}\n", next.micros()).as_bytes())
}

fn place(state: &Path, store: &Path) -> PathBuf {
    let store = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
    state.join("maintain").join(hex(&digest(&[&store.to_string_lossy()])))
}

/// Starts `program` at the end of a session, if it is time, and does not wait for it: in a process
/// group of its own, with nothing of the agent's in its hands. True if it was started.
pub(crate) fn start(around: &Surroundings, program: &Path, now: Timestamp) -> io::Result<bool> {
    let (state, store) = (&around.state, &around.store);
    let due = next(state, store);
    if due.is_some_and(|due| now < due && due <= now.plus(EVERY)) {
        return Ok(false);
    }
    note(state, store, now.plus(EVERY))?;
    if due.is_none() {
        return Ok(false);
    }
    let mut command = Command::new(program);
    command.arg("--store").arg(std::path::absolute(store)?).args(["--quiet", "maintain"]);
    // Whatever becomes of the project's directory, nobody holds it.
    command.current_dir(around.home.as_path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Who ends the agent with all that it started does not end this.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()?;
    Ok(true)
}

/// The `tacho` beside the program `own`; none where there is none, or where a build put them, which
/// the next one takes away. What an agent's PATH would find is not started.
pub(crate) fn beside(own: &Path) -> Option<PathBuf> {
    let is_built = own.components().any(|part| part == Component::Normal("target".as_ref()));
    let name = if cfg!(windows) { "tacho.exe" } else { "tacho" };
    let program = own.with_file_name(name);
    (!is_built && program.is_file()).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upkeep_is_due_when_it_says_so_and_every_day() {
        let state = tempfile::tempdir().unwrap();
        let (state, store) = (state.path(), Path::new("/s"));
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let after = |seconds: i64| now.plus(Span::from_micros(seconds * 1_000_000));
        assert_eq!(next(state, store), None);
        for (due, expected) in [
            (None, after(86_400)),
            (Some(after(3600)), after(3600)),
            (Some(after(-5)), after(60)),
            (Some(after(900_000)), after(86_400)),
        ] {
            done(state, store, now, due).unwrap();
            assert_eq!(next(state, store), Some(expected));
        }
        assert_eq!(next(state, Path::new("/other")), None);
    }

    #[test]
    fn what_a_build_made_is_not_started() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        let built = dir.path().join("target/debug");
        for dir in [&bin, &built] {
            disk::make_dir(dir).unwrap();
            disk::mark(&dir.join("tacho")).unwrap();
        }
        assert_eq!(beside(&bin.join("tacho-tap")), Some(bin.join("tacho")));
        assert_eq!(beside(&built.join("tacho-tap")), None);
        assert_eq!(beside(&dir.path().join("tacho-tap")), None);
    }
}
