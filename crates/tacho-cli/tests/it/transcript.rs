//! Runs `tests/transcripts/*.txt` line by line in a home of its own and compares what comes out.
//!
//! ```text
//! # a comment
//! $ tacho events            run by sh, with `tacho` on the path
//! what it prints            standard output, then standard error
//! ? 1                       the exit code, where it is not 0
//! ```
//!
//! What differs from run to run stands for its kind: `ID`, `TIME`, `HASH`, `HOME`. With `UPDATE=1`
//! the files are written anew; read the difference before committing it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

#[test]
fn every_transcript_is_what_happens() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    // Whoever runs the tests alone has not built the other program that one of them calls.
    let build = ["build", "--quiet", "--package", "tacho-verify", "--bin", "tacho-verify"];
    assert!(Command::new(env!("CARGO")).args(build).status().unwrap().success());
    assert!(!files.is_empty());
    let stale: Vec<String> = std::thread::scope(|scope| {
        let at_work: Vec<_> = files.iter().map(|file| scope.spawn(|| difference(file))).collect();
        at_work.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    assert!(stale.is_empty(), "{}\n`UPDATE=1` writes them anew", stale.join("\n"));
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// What happens now, if it is not what the file says.
fn difference(file: &Path) -> Option<String> {
    let said = std::fs::read_to_string(file).unwrap();
    let done = perform(&said);
    if said == done {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, done).unwrap();
        return None;
    }
    let lines = said.lines().zip(done.lines()).enumerate();
    let first = lines.filter(|(_, (said, done))| said != done).map(|(at, _)| at).next();
    let at = first.unwrap_or_else(|| said.lines().count().min(done.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    let name = file.file_name().unwrap().to_string_lossy();
    Some(format!("{name}:{}\n  said: {}\n  does: {}", at + 1, line(&said), line(&done)))
}

fn perform(said: &str) -> String {
    let home = TempDir::new().unwrap();
    let mut done = String::new();
    for line in said.lines() {
        if line.starts_with('#') || (line.is_empty() && done.ends_with("\n\n")) {
            done += line;
            done.push('\n');
        } else if let Some(command) = line.strip_prefix("$ ") {
            if !done.is_empty() && !done.ends_with("\n\n") && !is_comment(&done) {
                done.push('\n');
            }
            done += &format!("$ {command}\n{}", run(home.path(), command));
        }
    }
    done
}

/// True if the last line is a comment: what follows belongs to it.
fn is_comment(done: &str) -> bool {
    done.lines().last().is_some_and(|line| line.starts_with('#'))
}

/// What a command says, with its errors and its exit code, and without what differs from run to
/// run.
pub(crate) fn run(home: &Path, command: &str) -> String {
    let output = output(home, command);
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    let mut text = plain(&text, home);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    match output.status.code() {
        Some(0) => text,
        Some(code) => format!("{text}? {code}\n"),
        None => format!("{text}? killed\n"),
    }
}

/// What a command writes to standard output, byte for byte.
pub(crate) fn raw(home: &Path, command: &str) -> String {
    String::from_utf8(output(home, command).stdout).unwrap()
}

fn output(home: &Path, command: &str) -> Output {
    let tacho = Path::new(env!("CARGO_BIN_EXE_tacho"));
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", tacho.parent().unwrap().display());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(home).env_clear();
    shell.env("PATH", path).env("HOME", home).env("USER", "alice").env("TZ", "UTC");
    shell.output().unwrap()
}

/// The text without what differs from run to run.
fn plain(text: &str, home: &Path) -> String {
    let mut text = text.replace(&*home.to_string_lossy(), "HOME");
    for (form, name) in [
        ("%%%%%%%%-%%%%-%%%%-%%%%-%%%%%%%%%%%%", "ID"),
        ("####-##-##T##:##:##.######Z", "TIME"),
        ("####-##-## ##:##:##.###### +##:##", "TIME"),
        // As wide as a column of times is.
        ("####-##-## ##:##:##.###", "TIME                   "),
        (&format!("{}=", "$".repeat(43)), "HASH"),
        (&format!("tacho.local/{0}/default+{0}+{1}", "%".repeat(8), "$".repeat(44)), "KEY"),
        ("tacho.local/%%%%%%%%", "tacho.local/INSTALLATION"),
        (&format!("ticket {}", "%".repeat(32)), "ticket TICKET"),
        (&format!("\"ticket\":\"{}\"", "%".repeat(32)), "\"ticket\":\"TICKET\""),
        (&"%".repeat(64), "SHA256"),
        (&"%".repeat(32), "INSTALLATION"),
        // What a terminal would swallow.
        ("\r", "^M"),
    ] {
        text = replaced(&text, form, name);
    }
    text
}

/// `text` with whatever has this form as `name`: `%` is a hexadecimal digit, `#` a decimal one, `$`
/// a character of base64, anything else itself.
fn replaced(text: &str, form: &str, name: &str) -> String {
    let fits = |window: &[u8]| {
        window.iter().zip(form.bytes()).all(|(byte, form)| match form {
            b'%' => byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase(),
            b'#' => byte.is_ascii_digit(),
            b'$' => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'),
            _ => *byte == form,
        })
    };
    let mut left = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        match rest.as_bytes().get(..form.len()) {
            Some(window) if fits(window) => {
                left += name;
                rest = rest.get(form.len()..).unwrap_or_default();
            }
            _ => {
                let width = rest.chars().next().map_or(1, char::len_utf8);
                left += rest.get(..width).unwrap_or_default();
                rest = rest.get(width..).unwrap_or_default();
            }
        }
    }
    left
}
