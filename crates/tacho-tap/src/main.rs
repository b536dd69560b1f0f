//! `tacho-tap`: called by an agent's host around every call; silent unless it denies.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who runs it"
)]

use std::process::ExitCode;
use tacho_tap::host::Host;

const HELP: &str = "\
tacho-tap: records what an agent does, from its hooks. Called by the agent's host, not by you.

  tacho-tap --version
  tacho-tap --hosts         the hosts it understands
";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
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
