//! The tree of commands and their options, and the way from a command line to an exit code.

use crate::failure::{Exit, Failure, Outcome};
use crate::place::{Named, Place};
use crate::screen::{Colour, Format, Screen, Wishes, Zone};
use crate::verb;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;

/// The audit log for AI agents: what they did, and whether anybody changed the record of it.
#[derive(Debug, Parser)]
#[command(name = "tacho", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Start with `tacho init`. Every command has `--help`.")]
pub(crate) struct Line {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// What every command understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
struct Global {
    /// The store; else $TACHO_STORE, else ~/.local/share/tachograph
    #[arg(long, short = 'C', global = true, value_name = "DIR")]
    store: Option<PathBuf>,
    /// The directory of the store's keys; else $TACHO_KEYS, else below ~/.config/tachograph/keys
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    keys: Option<PathBuf>,
    /// Whose log; else $TACHO_TENANT, else `default`
    #[arg(long, global = true, value_name = "TENANT", hide_short_help = true)]
    tenant: Option<String>,
    /// Write nothing, not even what was recorded meanwhile into the log
    #[arg(long, global = true, hide_short_help = true)]
    read_only: bool,
    /// How to write: at a terminal a table, on a pipe what programs read
    #[arg(long, short = 'f', global = true, value_name = "FORMAT")]
    format: Option<Format>,
    /// JSON, or only these members of each row: --json=id,agent.id
    #[arg(long, global = true, value_name = "FIELDS", num_args = 0..=1, require_equals = true,
        default_missing_value = "", value_delimiter = ',')]
    json: Option<Vec<String>>,
    /// Run this jq program over each row
    #[arg(long, global = true, value_name = "PROGRAM")]
    jq: Option<String>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_short_help = true
    )]
    color: Colour,
    /// Show times in this zone, as in Europe/Vienna
    #[arg(long, global = true, value_name = "ZONE", hide_short_help = true)]
    tz: Option<String>,
    /// Show times in UTC
    #[arg(long, global = true, conflicts_with = "tz", hide_short_help = true)]
    utc: bool,
    /// Say nothing but the answer
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Ask nothing, whoever is there
    #[arg(long, global = true, hide_short_help = true)]
    no_input: bool,
    /// Show long answers without a pager
    #[arg(long, global = true, hide_short_help = true)]
    no_pager: bool,
    /// Pass recorded control characters on to the terminal
    #[arg(long, global = true, hide_short_help = true)]
    raw: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a store and its keys, and prove that they work
    Init(verb::init::Ask),
    /// A log full of stories, in a directory of its own
    Demo(verb::demo::Ask),
    /// What is there, how far it is safe, what stands in the way
    Status,
    /// Look for what is not in order, and mend it
    Doctor(verb::doctor::Ask),
    /// Record an event
    Log(verb::log::Ask),
    /// List events, the newest first
    Events(verb::events::Ask),
    /// Follow events as they are recorded
    Tail(verb::tail::Ask),
    /// Show one event
    Show(verb::show::Ask),
    /// Sessions: list them, show one
    #[command(subcommand)]
    Session(verb::session::Ask),
    /// What happened to one thing, and what it was at a time
    Resource(verb::resource::Ask),
    /// Count calls: how many, of what kind, how they ended, what they cost
    Stats(verb::stats::Ask),
    /// Is the log unchanged, is anything missing, what could not be seen
    Verify(verb::verify::Ask),
    /// Print one event's proof, to be checked offline
    Prove(verb::prove::Ask),
    /// Events with their proofs in one file: make it, look at it, check it
    #[command(subcommand)]
    Bundle(verb::bundle::Ask),
    /// Write events for other tools
    Export(verb::export::Ask),
    /// Erase what is kept of a person, an event, a session, a leak; proofs stay
    Erase(verb::erase::Ask),
    /// Holds: what must not be erased, nor expire
    #[command(subcommand)]
    Hold(verb::hold::Ask),
    /// After the preset changed: seal what is there, or open it
    Reseal(verb::reseal::Ask),
    /// How long what is kept; what is over, and let it go
    #[command(subcommand)]
    Retention(verb::retention::Ask),
    /// Do all that is due: integrate, let go what is over, pack, sign, ask anchors
    Maintain(verb::maintain::Ask),
    /// Copy the store while agents record
    Backup(verb::backup::Ask),
    /// Put a copy back
    Restore(verb::backup::Restore),
    /// Stop agents: deny what they are about to do
    Stop(verb::stop::Ask),
    /// Lift a stop
    Resume(verb::stop::Resume),
    /// Have an agent's host call the recorder; without a host, list who does
    Install(verb::install::Ask),
    /// Take the recorder out of a host's settings again
    Uninstall(verb::install::Undo),
    /// Record what an agent's host says; called by the host
    Hook(verb::hook::Ask),
    /// Signed notes of the log, to keep where nobody can reach them
    #[command(subcommand)]
    Checkpoint(verb::checkpoint::Ask),
    /// Have people outside vouch for the log
    #[command(subcommand)]
    Anchor(verb::anchor::Ask),
    /// Vouch for the logs of others
    #[command(subcommand)]
    Witness(verb::witness::Ask),
    /// The keys that sign the log
    #[command(subcommand)]
    Keys(verb::keys::Ask),
    /// What holds where nothing is said on the command line
    #[command(subcommand)]
    Config(verb::config::Ask),
    /// What the secret scanner finds
    #[command(subcommand)]
    Redact(verb::redact::Ask),
    /// Print a completion script for a shell
    Completions(verb::help::Completions),
    /// Print the manual page
    Man,
}

/// Runs the command line `words` and gives the exit code.
pub(crate) fn run(words: impl Iterator<Item = std::ffi::OsString>) -> Exit {
    let words: Vec<_> = words.collect();
    // An agent stands behind a hook: whatever is wrong with it, the agent goes on.
    let is_hook = words.get(1).is_some_and(|verb| verb == "hook");
    let line = match Line::try_parse_from(words) {
        Ok(line) => line,
        Err(error) if is_hook && error.use_stderr() => return Exit::Yes,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Yes };
        }
    };
    match perform(line) {
        Ok(exit) => exit,
        Err(_) if is_hook => Exit::Yes,
        Err(failure) => {
            failure.tell();
            failure.exit
        }
    }
}

fn perform(line: Line) -> Outcome {
    let Line { global, verb } = line;
    let (wishes, named) = global.split()?;
    let mut screen = Screen::new(wishes)?;
    if !matches!(verb, Verb::Hook(_)) {
        screen.heed_interruption();
    }
    let place = Place::find(named)?;
    let exit = match verb {
        Verb::Init(ask) => verb::init::run(&place, &mut screen, ask),
        Verb::Demo(ask) => verb::demo::run(&mut screen, ask),
        Verb::Status => verb::status::run(&place, &mut screen),
        Verb::Doctor(ask) => verb::doctor::run(&place, &mut screen, ask),
        Verb::Log(ask) => verb::log::run(&place, &mut screen, ask),
        Verb::Events(ask) => verb::events::run(&place, &mut screen, ask),
        Verb::Tail(ask) => verb::tail::run(&place, &mut screen, ask),
        Verb::Show(ask) => verb::show::run(&place, &mut screen, ask),
        Verb::Session(ask) => verb::session::run(&place, &mut screen, ask),
        Verb::Resource(ask) => verb::resource::run(&place, &mut screen, ask),
        Verb::Stats(ask) => verb::stats::run(&place, &mut screen, ask),
        Verb::Verify(ask) => verb::verify::run(&place, &mut screen, ask),
        Verb::Prove(ask) => verb::prove::run(&place, &mut screen, ask),
        Verb::Bundle(ask) => verb::bundle::run(&place, &mut screen, ask),
        Verb::Export(ask) => verb::export::run(&place, &mut screen, ask),
        Verb::Erase(ask) => verb::erase::run(&place, &mut screen, ask),
        Verb::Hold(ask) => verb::hold::run(&place, &mut screen, ask),
        Verb::Reseal(ask) => verb::reseal::run(&place, &mut screen, ask),
        Verb::Retention(ask) => verb::retention::run(&place, &mut screen, ask),
        Verb::Maintain(ask) => verb::maintain::run(&place, &mut screen, &ask),
        Verb::Backup(ask) => verb::backup::run(&place, &mut screen, &ask),
        Verb::Restore(ask) => verb::backup::put_back(&place, &mut screen, &ask),
        Verb::Stop(ask) => verb::stop::run(&place, &mut screen, ask),
        Verb::Resume(ask) => verb::stop::resume(&place, &mut screen, ask),
        Verb::Install(ask) => verb::install::run(&place, &mut screen, ask),
        Verb::Uninstall(ask) => verb::install::undo(&place, &mut screen, &ask),
        Verb::Hook(ask) => verb::hook::run(Some(place.store_dir), &mut screen, ask),
        Verb::Checkpoint(ask) => verb::checkpoint::run(&place, &mut screen, ask),
        Verb::Anchor(ask) => verb::anchor::run(&place, &mut screen, ask),
        Verb::Witness(ask) => verb::witness::run(&mut screen, ask),
        Verb::Keys(ask) => verb::keys::run(&place, &mut screen, ask),
        Verb::Config(ask) => verb::config::run(&place, &mut screen, ask),
        Verb::Redact(ask) => verb::redact::run(&place, &mut screen, ask),
        Verb::Completions(ask) => verb::help::completions(&mut screen, Line::command(), &ask),
        Verb::Man => verb::help::man(&mut screen, Line::command()),
    }?;
    screen.flush()?;
    Ok(exit)
}

impl Global {
    fn split(self) -> Result<(Wishes, Named), Failure> {
        let fields = self
            .json
            .as_ref()
            .map(|fields| fields.iter().filter(|field| !field.is_empty()).cloned().collect());
        let zone = match (&self.tz, self.utc) {
            (Some(name), _) => Zone::named(name)?,
            (None, true) => Zone::utc(),
            (None, false) => Zone::default(),
        };
        let wishes = Wishes {
            format: self.format.or(self.json.is_some().then_some(Format::Ndjson)),
            fields: fields.unwrap_or_default(),
            jq: self.jq,
            colour: self.color,
            zone,
            quiet: self.quiet,
            raw: self.raw,
            asks: !self.no_input,
            pages: !self.no_pager,
        };
        let named = Named {
            store: self.store,
            keys: self.keys,
            tenant: self.tenant,
            read_only: self.read_only,
        };
        Ok((wishes, named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Line::command().debug_assert();
    }
}
