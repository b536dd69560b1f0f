//! `tacho-tap install`, `uninstall` and `installed`: given the words of a command line, does it and
//! says what it did.
//!
//! Exit codes: 0 done, 1 refused, 2 usage, 4 not allowed.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to a person")]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::host::Host;
use crate::install::{
    Change, Error, Mode, Places, Scope, Status, install, installed, plan_install, plan_uninstall,
    uninstall,
};

/// What the three commands say of themselves.
pub const HELP: &str = "\
tacho-tap install HOST: have an agent's host call tacho-tap around everything the agent does

  tacho-tap install HOST [--scope user|project|managed] [--mode observe|enforce] [--dry-run]
                         [--program FILE] [--project DIR]
  tacho-tap uninstall [HOST] [--all] [--scope user|project|managed] [--dry-run] [--project DIR]
  tacho-tap installed [HOST] [--project DIR]

HOST is one of claude-code, codex, cursor, copilot, gemini, openhands, qwen, goose.

install adds one entry per event to the settings file of the host, and shows the lines it adds.
Nothing else in the file changes, and a copy of it is kept beside it. Doing it again changes
nothing. uninstall takes the entries out and gives every other byte back as it was.

  --scope user       your settings, for all projects (the default)
  --scope project    the settings of this project, or of --project DIR
  --scope managed    the settings of this machine; needs its administrator
  --mode observe     an action that cannot be recorded goes on, and the gap is marked (the default)
  --mode enforce     an action that cannot be recorded is denied, where the host allows that
  --dry-run          show what would change, and change nothing
  --program FILE     the tacho-tap that the host shall call; else this one, where PATH finds it
  --all              uninstall from every host, in every scope

Without HOST, `installed` reports on every host. Without --scope, uninstall looks in every scope.
";

/// Runs one of the commands: the first word is its name.
pub fn run(words: &[String]) -> ExitCode {
    let (command, rest) = words.split_first().map_or(("", words), |(c, rest)| (c.as_str(), rest));
    if rest.iter().any(|word| matches!(word.as_str(), "--help" | "-h")) {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let outcome = Asked::parse(command, rest).and_then(|asked| match command {
        "install" => asked.install(),
        "uninstall" => asked.uninstall(),
        _ => asked.installed(),
    });
    match outcome {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}\ntry: tacho-tap {command} --help");
            ExitCode::from(2)
        }
    }
}

/// The words of a command line, read.
struct Asked {
    host: Option<Host>,
    scope: Option<Scope>,
    mode: Mode,
    dry_run: bool,
    all: bool,
    program: Option<PathBuf>,
    places: Places,
}

impl Asked {
    fn parse(command: &str, words: &[String]) -> Result<Self, String> {
        let (mut host, mut scope, mut mode) = (None, None, None);
        let (mut dry_run, mut all) = (false, false);
        let (mut program, mut project) = (None, None);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            let unknown = |what: &str, value: &str| format!("unknown {what} `{value}`");
            match (word.as_str(), command) {
                ("--scope", "install" | "uninstall") => {
                    let value = value()?;
                    scope = Some(Scope::parse(value).ok_or(unknown("scope", value))?);
                }
                ("--mode", "install") => {
                    let value = value()?;
                    mode = Some(Mode::parse(value).ok_or(unknown("mode", value))?);
                }
                ("--program", "install") => program = Some(PathBuf::from(value()?)),
                ("--project", _) => project = Some(PathBuf::from(value()?)),
                ("--dry-run", "install" | "uninstall") => dry_run = true,
                ("--all", "uninstall") => all = true,
                (option, _) if option.starts_with('-') => return Err(unknown("option", option)),
                (name, _) if host.is_none() => {
                    host = Some(Host::parse(name).ok_or(unknown("host", name))?);
                }
                (extra, _) => return Err(format!("one host at a time, not also `{extra}`")),
            }
        }
        let mode = mode.unwrap_or_default();
        let places = places(project)?;
        Ok(Self { host, scope, mode, dry_run, all, program, places })
    }

    fn install(self) -> Result<ExitCode, String> {
        let host = self.host.ok_or("which host? for example: tacho-tap install claude-code")?;
        let target = (host, self.scope.unwrap_or(Scope::User));
        let program = match self.program.clone() {
            Some(program) => program,
            None => this_program()?,
        };
        let order = if self.dry_run { plan_install } else { install };
        Ok(match order(target, &program, self.mode, &self.places) {
            Err(error) => failed(&error),
            Ok(change) => {
                self.tell(&change, ("installed in", "would install in"));
                if !change.is_nothing() && !change.afterwards.is_empty() {
                    println!("note: {}", change.afterwards);
                }
                if target.1 == Scope::Project && !change.is_nothing() {
                    println!("note: this names a path of this machine; think before committing it");
                }
                ExitCode::SUCCESS
            }
        })
    }

    fn uninstall(self) -> Result<ExitCode, String> {
        if self.host.is_some() == self.all {
            return Err("either a host or --all".to_owned());
        }
        let mut found = false;
        let mut code = ExitCode::SUCCESS;
        for target in self.targets() {
            let order = if self.dry_run { plan_uninstall } else { uninstall };
            match order(target, &self.places) {
                Ok(None) | Err(Error::NoSuchScope(..)) => {}
                Ok(Some(change)) => {
                    found = true;
                    self.tell(&change, ("uninstalled from", "would uninstall from"));
                }
                Err(error) => {
                    found = true;
                    code = failed(&error);
                }
            }
        }
        if !found {
            println!("nothing is installed there");
        }
        Ok(code)
    }

    fn installed(self) -> Result<ExitCode, String> {
        for (host, scope) in self.targets() {
            match installed((host, scope), &self.places) {
                Err(Error::NoSuchScope(..)) => {}
                Err(error) => println!("{} ({}): {error}", host.as_str(), scope.as_str()),
                Ok(status) if status.events.is_empty() && self.host.is_none() => {}
                Ok(status) => {
                    println!("{} ({}): {}", host.as_str(), scope.as_str(), describe(&status));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn targets(&self) -> Vec<(Host, Scope)> {
        let hosts = Host::ALL.into_iter().filter(|host| self.host.is_none_or(|h| h == *host));
        let scopes = |host| Scope::ALL.map(|scope| (host, scope));
        let targets = hosts.flat_map(scopes);
        targets.filter(|(_, scope)| self.scope.is_none_or(|s| s == *scope)).collect()
    }

    fn tell(&self, change: &Change, (done, planned): (&str, &str)) {
        let file = change.file.display();
        if change.is_nothing() {
            println!("already installed in {file}; nothing to do");
            return;
        }
        println!("{} {file}", if self.dry_run { planned } else { done });
        print!("{}", change.diff());
        match (&change.backup, &change.after) {
            (_, None) => println!("the file held nothing else and is removed"),
            (Some(backup), _) => println!("what was there before: {}", backup.display()),
            (None, _) => {}
        }
    }
}

fn describe(status: &Status) -> String {
    let (Some(program), Some(mode)) = (&status.program, status.mode) else {
        return "not installed".to_owned();
    };
    let mut text = format!(
        "{} of {} events, {}, {}\n  in {}",
        status.events.len(),
        status.events.len() + status.missing.len(),
        mode.as_str(),
        program.display(),
        status.file.display()
    );
    if !status.missing.is_empty() {
        text.push_str(&format!("\n  missing: {}", status.missing.join(", ")));
    }
    if !status.program_runs {
        text.push_str("\n  broken: that program is not there; install again");
    } else if !status.is_current {
        text.push_str("\n  differs from what this version writes; install again");
    }
    text
}

fn failed(error: &Error) -> ExitCode {
    eprintln!("error: {error}");
    match error {
        Error::Io(_, cause)
            if matches!(
                cause.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            ExitCode::from(4)
        }
        _ => ExitCode::from(1),
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is the rim: it reads the world")]
fn places(project: Option<PathBuf>) -> Result<Places, String> {
    let var =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = var("HOME").or_else(|| var("USERPROFILE")).ok_or("HOME is not set")?;
    let here = std::env::current_dir().map_err(|error| format!("no current directory: {error}"))?;
    let machine = if cfg!(windows) { "C:\\" } else { "/" };
    Ok(Places {
        home,
        project: project.map_or(here.clone(), |project| here.join(project)),
        machine: PathBuf::from(machine),
        claude_config_dir: var("CLAUDE_CONFIG_DIR"),
        codex_home: var("CODEX_HOME"),
        copilot_home: var("COPILOT_HOME"),
    })
}

/// The path by which this program will be found after its next update: package managers keep
/// versions apart and move a link in a directory of `PATH`, so such a link is better than what it
/// points to today.
#[expect(clippy::disallowed_methods, reason = "the command line is the rim: it reads the world")]
fn this_program() -> Result<PathBuf, String> {
    let real = |path: &Path| path.canonicalize().ok();
    let current =
        std::env::current_exe().map_err(|error| format!("where this program lies: {error}"))?;
    let same = |path: &PathBuf| path.is_absolute() && real(path) == real(&current);
    let name = current.file_name().unwrap_or_default().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(&name)).find(same);
    Ok(found.unwrap_or(current))
}
