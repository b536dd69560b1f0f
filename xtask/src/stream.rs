//! Given a command, gives its output line by line while it runs, both streams in the order they
//! were written, and then whether it succeeded.

use std::io::{BufRead, BufReader, PipeReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::Stop;

/// How often to look whether the command has ended although its output is still open.
const LOOK: Duration = Duration::from_millis(500);

/// Runs `command` without standard input, hands each line to `take`, says whether it succeeded.
pub(crate) fn run(command: &mut Command, mut take: impl FnMut(&str)) -> Result<bool, Stop> {
    let name = command.get_program().to_string_lossy().into_owned();
    let cannot_run = |error| Stop::Failed(format!("cannot run {name}: {error}"));
    let (reader, writer) = std::io::pipe().map_err(cannot_run)?;
    let twin = writer.try_clone().map_err(cannot_run)?;
    let spawned = command.stdin(Stdio::null()).stdout(writer).stderr(twin).spawn();
    // The command holds our writing ends: while they are open, reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = spawned.map_err(cannot_run)?;

    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || send_lines(reader, &sender));
    let mut ended = None;
    loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => take(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            // A process that a test left behind keeps the output open: do not wait for it.
            Err(RecvTimeoutError::Timeout) if ended.is_some() => break,
            Err(RecvTimeoutError::Timeout) => ended = child.try_wait().map_err(cannot_run)?,
        }
    }
    let status = match ended {
        Some(status) => status,
        None => child.wait().map_err(cannot_run)?,
    };
    Ok(status.success())
}

fn send_lines(reader: PipeReader, sender: &Sender<String>) {
    for line in BufReader::new(reader).split(b'\n') {
        let Ok(line) = line else { return };
        if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
            return;
        }
    }
}

/// Runs `command`, gives its standard output; its standard error goes to ours.
pub(crate) fn output(command: &mut Command) -> Result<String, Stop> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Stop::Failed(format!("cannot run {name}: {error}")))?;
    if !output.status.success() {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        return Err(Stop::Failed(format!("{name} {} failed", words.join(" "))));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Stop::Failed(format!("{name} printed something that is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (bool, Vec<String>) {
        let mut lines = Vec::new();
        let success =
            run(Command::new("sh").args(["-c", script]), |line| lines.push(line.to_owned()));
        (success.unwrap(), lines)
    }

    #[test]
    fn both_streams_arrive_in_order() {
        let (success, lines) = shell("echo a; echo b >&2; printf c; exit 3");
        assert!(!success);
        assert_eq!(lines, ["a", "b", "c"]);
    }

    #[test]
    fn a_process_left_behind_is_not_waited_for() {
        // Without the look at the child this test would last as long as the one left behind.
        let (success, lines) = shell("sleep 60 & echo $!");
        assert!(success);
        let left_behind = lines.first().unwrap();
        assert!(Command::new("kill").arg(left_behind).status().unwrap().success());
    }

    #[test]
    fn a_missing_program_is_named() {
        let stop = run(&mut Command::new("no-such-program-here"), |_| ()).unwrap_err();
        assert!(matches!(stop, Stop::Failed(what) if what.contains("no-such-program-here")));
    }
}
