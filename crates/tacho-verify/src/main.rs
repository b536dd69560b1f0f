//! `tacho-verify`: is this log, proof or bundle what was signed? Offline, read-only.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a command reads the files it is given and speaks to the person who runs it"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tacho_event::json::Value;
use tacho_tree::{Policy, VerifierKey};
use tacho_verify::log::Against;
use tacho_verify::{Report, Verdict, bundle, log, proof, tlog, to_json};

const HELP: &str = "\
tacho-verify: is this log, proof or bundle what was signed? Offline; changes nothing.

  tacho-verify log DIR [--vkey KEY]... [--against NOTE]... [--witness KEY]... [--json]
      DIR is a tenant's directory, as in <store>/tenants/default.
  tacho-verify tlog DIR --vkey KEY [--against NOTE]... [--json]
      DIR is a published log: `checkpoint` and `tile/`, as in C2SP tlog-tiles.
  tacho-verify bundle FILE [--vkey KEY]... [--json]
      FILE is a bundle; it is read where it stands and never unpacked.
  tacho-verify proof FILE --leaf FILE --vkey KEY [--json]
      FILE is a tlog-proof; the leaf is the exact line of the log.

  --vkey KEY      a key you trust, as text or as a file of such lines. Without one, a log is
                  checked against the key that lies beside it: that shows that it agrees with
                  itself, not who signed it.
  --against NOTE  a checkpoint you kept: the log must still contain that history.
  --witness KEY   of a log: a witness that must have seen it; else exit code 3.
  --policy FILE   of a log: witnesses, and how many must agree, as in C2SP tlog-policy.
  --json          one JSON object, {\"v\":1,\"verdict\":...}, on standard output.

Exit code: 0 unchanged, 1 changed, 2 wrong usage, 3 cannot tell.
";

enum Task {
    Help,
    Log { dir: PathBuf, against: Against },
    Tlog { dir: PathBuf, against: Against },
    Bundle { file: PathBuf, keys: Vec<VerifierKey> },
    Proof { proof: PathBuf, leaf: PathBuf, keys: Vec<VerifierKey> },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    match parse(&arguments).and_then(run) {
        Ok(None) => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Some(report)) => {
            show(&report, json);
            ExitCode::from(report.verdict().exit_code())
        }
        Err(problem) => {
            eprintln!("error: {problem}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> Result<Task, String> {
    let mut words = arguments.iter().map(String::as_str).filter(|word| *word != "--json");
    let verb = words.next().unwrap_or("--help");
    let (mut subject, mut leaf, mut against) = (None, None, Against::default());
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word {
            "--help" | "-h" => return Ok(Task::Help),
            "--vkey" => against.keys.extend(keys(value()?)?),
            "--witness" => against.witnesses.extend(keys(value()?)?),
            "--policy" => {
                let path = value()?;
                let policy = Policy::parse(&file(Path::new(path))?);
                against.policy = Some(policy.map_err(|error| format!("{path}: {error}"))?);
            }
            "--leaf" => leaf = Some(PathBuf::from(value()?)),
            "--against" => {
                let path = value()?;
                against.notes.push((path.to_owned(), file(Path::new(path))?));
            }
            _ if word.starts_with('-') => return Err(format!("unknown option {word}")),
            _ if subject.is_none() => subject = Some(PathBuf::from(word)),
            _ => return Err(format!("one thing at a time: what is {word}?")),
        }
    }
    let subject = |what| subject.ok_or(format!("name {what}"));
    match verb {
        "--help" | "-h" | "help" => Ok(Task::Help),
        "log" => Ok(Task::Log { dir: subject("the log's directory")?, against }),
        "tlog" => Ok(Task::Tlog { dir: subject("the published log's directory")?, against }),
        "bundle" => Ok(Task::Bundle { file: subject("the bundle")?, keys: against.keys }),
        "proof" => Ok(Task::Proof {
            proof: subject("the proof")?,
            leaf: leaf.ok_or("a proof needs --leaf FILE")?,
            keys: against.keys,
        }),
        _ => Err(format!("unknown command {verb}: it is `log`, `tlog`, `bundle` or `proof`")),
    }
}

/// Keys as text, or the lines of a file.
fn keys(text: &str) -> Result<Vec<VerifierKey>, String> {
    if let Ok(key) = VerifierKey::parse(text) {
        return Ok(vec![key]);
    }
    let file = String::from_utf8(file(Path::new(text))?).map_err(|_| "keys are text")?;
    let parse = |line| VerifierKey::parse(line).map_err(|error| format!("{text}: {error}"));
    file.lines().map(parse).collect()
}

fn file(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn run(task: Task) -> Result<Option<Report>, String> {
    Ok(match task {
        Task::Help => None,
        Task::Log { dir, .. } if !dir.join("leaves").is_dir() => {
            return Err(format!("{} is no log: it has no `leaves`", dir.display()));
        }
        Task::Log { dir, against } => Some(log::check(&dir, &against, &mut |_| ())),
        Task::Tlog { dir, .. } if !dir.is_dir() => {
            return Err(format!("{} is no directory", dir.display()));
        }
        Task::Tlog { dir, against } => Some(tlog::check(&dir, &against, &mut |_| ())),
        Task::Bundle { file: path, keys } => {
            let size = std::fs::metadata(&path).map(|meta| meta.len()).unwrap_or(0);
            if size > bundle::BUNDLE_BYTES_MAX {
                return Err(format!("{} is larger than any bundle", path.display()));
            }
            Some(bundle::check(&file(&path)?, &keys))
        }
        Task::Proof { proof: path, leaf, keys } => {
            Some(proof::check(&file(&path)?, &file(&leaf)?, &keys))
        }
    })
}

fn show(report: &Report, json: bool) {
    if json {
        println!("{}", Value::from(to_json(report)));
        return;
    }
    for fact in &report.facts {
        println!("  {fact}");
    }
    for finding in &report.findings {
        println!("! {}", plain(&finding.to_string()));
    }
    if report.more > 0 {
        println!("! and {} more findings", report.more);
    }
    for limit in &report.limits {
        println!("? not shown here: {limit}");
    }
    println!(
        "{}",
        match report.verdict() {
            Verdict::Yes => "unchanged",
            Verdict::No => "CHANGED",
            Verdict::CannotTell => "cannot tell",
        }
    );
}

/// What a log says never steers a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
