//! `tacho-tap`: called by an agent's host around every call; silent unless it denies.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who runs it"
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tacho_tap::hook::{self, Ask, Mode};
use tacho_tap::host::Host;
use tacho_tap::surroundings::Surroundings;
use tachograph::world::OsWorld;

const HELP: &str = "\
tacho-tap: records what an agent does, from its hooks. Called by the agent's host, not by you.

  tacho-tap install HOST    have a host call it; also: uninstall, installed (each with --help)
  tacho-tap hook HOST [--mode observe|enforce] [--store DIR]
      Reads one hook payload from standard input and records it. Exit code 0, and nothing on
      standard output unless the action is denied.
  tacho-tap agent-audit-log
      The same for payloads of `tool_name`, `parameters`, `result`, with AGENT_ID and SESSION_ID.
  tacho-tap --hosts         the hosts it understands
  tacho-tap --version
";

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().map(PathBuf::from).unwrap_or_default();
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let is_alias = program.file_stem().is_some_and(|stem| stem == ALIAS);
    match words.first().map(String::as_str) {
        _ if is_alias => listen(alias(), None),
        Some(ALIAS) => listen(alias(), None),
        Some("install" | "uninstall" | "installed") => {
            return tacho_tap::install::cli::run(&words);
        }
        Some("hook") => {
            let (ask, store) = parse(words.get(1..).unwrap_or_default());
            listen(ask, store);
        }
        Some("--version") => println!("tacho-tap {}", env!("CARGO_PKG_VERSION")),
        Some("--hosts") => Host::ALL.iter().for_each(|host| println!("{}", host.as_str())),
        None | Some("--help" | "-h") => print!("{HELP}"),
        Some(other) => {
            eprintln!("error: unknown command {other}\n\n{HELP}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// The name of seed 002's script.
const ALIAS: &str = "agent-audit-log";

fn alias() -> Ask {
    Ask { declared: ALIAS.to_owned(), is_alias: true, ..Ask::default() }
}

/// A hook never fails for a word it does not know: an agent stands behind it.
fn parse(words: &[String]) -> (Ask, Option<PathBuf>) {
    let (mut ask, mut store) = (Ask::default(), None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--mode" => {
                ask.mode = words.next().and_then(|word| Mode::parse(word)).unwrap_or_default();
            }
            "--store" | "-C" => store = words.next().map(PathBuf::from),
            word if ask.declared.is_empty() => ask.declared = word.to_owned(),
            _ => {}
        }
    }
    (ask, store)
}

fn listen(ask: Ask, store: Option<PathBuf>) {
    // A panic leaves a trace in the ring; the host has no use for it.
    std::panic::set_hook(Box::new(|_| {}));
    let around = Surroundings::of_process(store);
    if let Some(denial) = hook::run(ask, around, std::io::stdin(), Arc::new(OsWorld)) {
        let mut out = std::io::stdout().lock();
        // Who closed the pipe does not want to know.
        let _ = out.write_all(denial.as_bytes()).and_then(|()| out.flush());
    }
}
