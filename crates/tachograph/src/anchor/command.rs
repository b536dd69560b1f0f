//! Given a command, carries requests to it on its standard input, and its standard output back.
//!
//! ```text
//! curl -sS --max-time 20 --data-binary @- -w %{http_code} {url}/add-checkpoint
//! sudo -n -u witness tacho witness answer --dir /var/lib/tacho-witness
//! ```
//! A witness's command ends its output with the three digits of the HTTP status, as `curl -w` does;
//! a newline may follow. Any other command says all with its exit code, 0 for yes. There is no
//! shell in between: each word is an argument as it stands. What the command leaves running in its
//! process group when its time is over is ended with it.

use std::fmt;
use std::io::{Read, Write};
use std::process::{Child, Command as Process, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tacho_tree::audit::EVIDENCE_BYTES_MAX;

use super::errand::{Answer, Carrier, CarryError};

/// How a command says how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// The last three digits of its output are an HTTP status.
    Status,
    /// Its exit code alone.
    ExitCode,
}

/// A command that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<String>,
    speaks: Speaks,
}

impl Command {
    /// The command with these words, the program first. In each of them `{name}` and `{url}` are
    /// replaced by those of who is asked.
    ///
    /// # Errors
    /// There is no program.
    pub fn new(
        words: &[String],
        speaks: Speaks,
        name: &str,
        url: Option<&str>,
    ) -> Result<Self, NoProgram> {
        if words.first().is_none_or(String::is_empty) {
            return Err(NoProgram);
        }
        let fill = |word: &String| word.replace("{name}", name).replace("{url}", url.unwrap_or(""));
        Ok(Self { words: words.iter().map(fill).collect(), speaks })
    }

    fn start(&self) -> std::io::Result<Child> {
        let (program, arguments) =
            self.words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let mut process = Process::new(program);
        process.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
        process.spawn()
    }
}

impl Carrier for Command {
    #[expect(clippy::disallowed_methods, reason = "how long is left, and nothing is dated by it")]
    fn carry(&self, request: &[u8], patience: Duration) -> Result<Answer, CarryError> {
        let until = Instant::now() + patience;
        let failed = |why: String| CarryError::Failed(why);
        let mut child = self.start().map_err(|error| {
            failed(format!("cannot run {}: {error}", self.words.first().map_or("", |word| word)))
        })?;
        feed(child.stdin.take(), request.to_vec());
        let output = collect(child.stdout.take(), EVIDENCE_BYTES_MAX);
        let errors = collect(child.stderr.take(), ERRORS_BYTES_MAX);
        let outcome = wait(&mut child, until);
        if outcome.is_err() {
            end(&mut child);
        }
        let status = outcome?;
        let output = heard(&output, until).inspect_err(|_| end(&mut child))?;
        if output.len() > EVIDENCE_BYTES_MAX {
            return Err(CarryError::TooLong);
        }
        if !status.success() {
            let errors = heard(&errors, until).unwrap_or_default();
            return Err(failed(said(status, &errors)));
        }
        match self.speaks {
            Speaks::ExitCode => Ok(Answer { status: 200, body: output }),
            Speaks::Status => with_status(output)
                .ok_or_else(|| failed("its output does not end with a status".to_owned())),
        }
    }
}

/// Writes the request; a command that does not read it has its reasons.
fn feed(input: Option<std::process::ChildStdin>, request: Vec<u8>) {
    let Some(mut input) = input else { return };
    let write = move || drop(input.write_all(&request));
    // Without a thread the input is closed at once, and the command tells what it makes of that.
    let _ = std::thread::Builder::new().name("tacho-anchor-in".to_owned()).spawn(write);
}

/// Reads up to one byte more than `max`, until the end.
fn collect(output: Option<impl Read + Send + 'static>, max: usize) -> Receiver<Vec<u8>> {
    let (tell, told) = channel();
    let Some(output) = output else { return told };
    let read = move || {
        let mut bytes = Vec::new();
        let _ = output.take(max as u64 + 1).read_to_end(&mut bytes);
        let _ = tell.send(bytes);
    };
    let _ = std::thread::Builder::new().name("tacho-anchor-out".to_owned()).spawn(read);
    told
}

#[expect(clippy::disallowed_methods, reason = "how long is left, and nothing is dated by it")]
fn heard(told: &Receiver<Vec<u8>>, until: Instant) -> Result<Vec<u8>, CarryError> {
    match told.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(bytes) => Ok(bytes),
        Err(RecvTimeoutError::Timeout) => Err(CarryError::TimedOut),
        Err(RecvTimeoutError::Disconnected) => {
            Err(CarryError::Failed("its output cannot be read".to_owned()))
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a child is asked again and again if it has ended")]
fn wait(child: &mut Child, until: Instant) -> Result<ExitStatus, CarryError> {
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() >= until => return Err(CarryError::TimedOut),
            Ok(None) => std::thread::sleep(pause),
            Err(error) => return Err(CarryError::Failed(error.to_string())),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Ends the command with all it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The body and the status behind it.
fn with_status(mut output: Vec<u8>) -> Option<Answer> {
    if output.last() == Some(&b'\n') {
        output.pop();
    }
    let at = output.len().checked_sub(3)?;
    let digits = output.split_off(at);
    let status = str::from_utf8(&digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(Answer { status: status.parse().ok()?, body: output })
}

fn said(status: ExitStatus, errors: &[u8]) -> String {
    let errors = String::from_utf8_lossy(errors);
    let first: String =
        errors.trim().chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
    match first.as_str() {
        "" => format!("it ended with {status}"),
        first => format!("it ended with {status}: {first}"),
    }
}

/// What a command may say on its standard error and be heard.
const ERRORS_BYTES_MAX: usize = 4 << 10;

/// A command without a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoProgram;

impl fmt::Display for NoProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the command names no program")
    }
}

impl std::error::Error for NoProgram {}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, speaks: Speaks) -> Command {
        let words = ["sh", "-c", script, "{name}", "{url}"].map(str::to_owned);
        Command::new(&words, speaks, "w.example.com/1", Some("https://w.example.com")).unwrap()
    }

    fn ask(script: &str, speaks: Speaks) -> Result<Answer, CarryError> {
        shell(script, speaks).carry(b"a request", Duration::from_secs(20))
    }

    #[test]
    fn a_command_gets_the_request_and_its_words_and_answers() {
        let answer = ask("cat; printf %s \" $0 $1\"", Speaks::ExitCode).unwrap();
        assert_eq!(answer.body, b"a request w.example.com/1 https://w.example.com");
        assert_eq!(answer.status, 200);
        // One that does not read is heard too.
        assert_eq!(ask("echo kept", Speaks::ExitCode).unwrap().body, b"kept\n");
    }

    #[test]
    fn a_status_stands_behind_the_body() {
        for (script, status, body) in [
            ("printf '41\\n409'", 409, "41\n"),
            ("printf '41\\n409\\n'", 409, "41\n"),
            ("printf 'no such log404'", 404, "no such log"),
            ("printf 200", 200, ""),
        ] {
            let answer = ask(script, Speaks::Status).unwrap();
            assert_eq!((answer.status, answer.body.as_slice()), (status, body.as_bytes()));
        }
        for script in ["true", "printf 20", "printf 'ok 2x0'", "printf '+20'"] {
            assert!(ask(script, Speaks::Status).is_err(), "{script}");
        }
    }

    #[test]
    fn a_failure_a_flood_and_a_missing_program_are_told_apart() {
        let failed = ask("echo no key >&2; exit 3", Speaks::ExitCode).unwrap_err();
        assert_eq!(failed.to_string(), "it ended with exit status: 3: no key");
        let flood = ask("head -c 70000 /dev/zero", Speaks::ExitCode);
        assert_eq!(flood, Err(CarryError::TooLong));
        let missing = Command::new(&["/nonexistent/x".to_owned()], Speaks::ExitCode, "x", None);
        let missing = missing.unwrap().carry(b"", Duration::from_secs(1)).unwrap_err();
        assert!(missing.to_string().starts_with("cannot run /nonexistent/x"), "{missing}");
        assert_eq!(Command::new(&[], Speaks::ExitCode, "x", None), Err(NoProgram));
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_what_it_started() {
        let late = shell("sleep 600 & sleep 600", Speaks::ExitCode);
        assert_eq!(late.carry(b"", Duration::from_millis(50)), Err(CarryError::TimedOut));
        // It ended, and what it left behind keeps its output open.
        let left = shell("sleep 600 & echo done", Speaks::ExitCode);
        assert_eq!(left.carry(b"", Duration::from_millis(300)), Err(CarryError::TimedOut));
    }
}
