//! `tacho hook`: what an agent's host calls, for who has no `tacho-tap` beside this program.

use crate::failure::{Exit, Outcome};
use crate::screen::Screen;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tacho_tap::hook::{self, Mode};
use tacho_tap::surroundings::Surroundings;
use tachograph::world::OsWorld;

#[derive(Debug, clap::Args)]
#[command(after_help = "It reads one payload from standard input and records it. It says nothing \
    and exits with 0,\nwhatever happens, unless the action is denied: an agent stands behind it. \
    `tacho-tap hook`\ndoes the same and starts faster.")]
pub(crate) struct Ask {
    /// The host: claude-code, codex, cursor, copilot, gemini, openhands, qwen or goose
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// What happens to an action that cannot be recorded: observe lets it go on, enforce denies it
    #[arg(long, value_name = "MODE", default_value = "observe")]
    mode: String,
}

#[expect(clippy::exit, reason = "the deadline ends the process beside the work that hangs")]
pub(crate) fn run(store: Option<PathBuf>, screen: &mut Screen, ask: Ask) -> Outcome {
    let mode = Mode::parse(&ask.mode).unwrap_or_default();
    let declared = ask.host.unwrap_or_default();
    let ask = hook::Ask { declared, mode, is_alias: false };
    let around = Surroundings::of_process(store);
    screen.flush()?;
    let denial = hook::run(ask, around, std::io::stdin(), Arc::new(OsWorld), |denial| {
        say(denial);
        std::process::exit(0);
    });
    say(denial);
    Ok(Exit::Yes)
}

fn say(denial: Option<String>) {
    let Some(denial) = denial else { return };
    let mut out = std::io::stdout().lock();
    // Who closed the pipe does not want to know.
    let _ = out.write_all(denial.as_bytes()).and_then(|()| out.flush());
}
