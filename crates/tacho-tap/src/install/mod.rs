//! The installers: given a host, a scope and the program, gives the host's settings file with
//! hooks that call the program; given the host again, gives every byte back.
//!
//! ```text
//! install    read -> without ours -> backup -> with ours, synced -> renamed over the file
//! uninstall  read -> without ours, synced -> renamed over the file -> backup forgotten
//! ```
//!
//! Only bytes are added, none is changed or moved, so the rest of the file stays as it was written.
//! A file that cannot be read for certain is refused and stays untouched. Nothing but the file,
//! its backup beside it and, for Goose, its plugin's manifest is ever written.
//!
//! | module | you give | you get |
//! |---|---|---|
//! | `hosts` | a host | its settings file, its events, its entries |
//! | `document` | a text | its values and where they stand |
//! | `edit` | a text and entries | the text with them, or again without |
//! | `command` | a program and its words | the line for the host's shell, and back |
//! | `file` | a path and a text | the old file or the new one, never a part |
//! | `diff` | two texts | what goes and what comes |
//! | [`cli`] | words of a command line | all of it, for a person |

pub mod cli;
mod command;
mod diff;
mod document;
mod edit;
mod file;
mod hosts;

use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::install::command::{Call, call_of, unfit};
use crate::install::document::{Kind, Node, parse};

pub use crate::install::document::SyntaxError;
pub use crate::install::edit::Refused;

/// For whom hooks are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For one person, in every project.
    User,
    /// For everybody who works in one project.
    Project,
    /// For everybody on this machine, by its administrator.
    Managed,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 3] = [Scope::User, Scope::Project, Scope::Managed];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::User => "user",
            Scope::Project => "project",
            Scope::Managed => "managed",
        }
    }

    /// The scope of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// What a hook does when it cannot record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Lets the agent go on, and marks the gap.
    #[default]
    Observe,
    /// Denies the action, where the host allows that.
    Enforce,
}

impl Mode {
    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Observe => "observe",
            Mode::Enforce => "enforce",
        }
    }

    /// The mode of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Mode::Observe, Mode::Enforce].into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Where hosts look for their settings.
#[derive(Clone, Debug)]
pub struct Places {
    /// The person's home.
    pub home: PathBuf,
    /// The project's directory.
    pub project: PathBuf,
    /// The root of the machine's settings: `/`.
    pub machine: PathBuf,
    /// `CLAUDE_CONFIG_DIR`, instead of `~/.claude`.
    pub claude_config_dir: Option<PathBuf>,
    /// `CODEX_HOME`, instead of `~/.codex`.
    pub codex_home: Option<PathBuf>,
    /// `COPILOT_HOME`, instead of `~/.copilot`.
    pub copilot_home: Option<PathBuf>,
}

/// What an install or uninstall does to a file.
#[derive(Clone, Debug)]
pub struct Change {
    /// The file that the host reads.
    pub file: PathBuf,
    /// What it says; none if there is no such file.
    pub before: Option<String>,
    /// What it will say; none if it goes.
    pub after: Option<String>,
    /// Where what was there before our entries is kept, if anything was.
    pub backup: Option<PathBuf>,
    /// What a person must do for it to work; often nothing.
    pub afterwards: &'static str,
}

impl Change {
    /// Whether there is nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.before == self.after
    }

    /// The lines that go and come.
    pub fn diff(&self) -> String {
        let text = |side: &Option<String>| side.clone().unwrap_or_default();
        diff::diff(&text(&self.before), &text(&self.after))
    }
}

/// What is installed for a host in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The file that the host reads.
    pub file: PathBuf,
    /// Events whose hooks call us; empty if nothing is installed.
    pub events: Vec<String>,
    /// Events that this version would hook and that are not.
    pub missing: Vec<&'static str>,
    /// The program that the hooks call.
    pub program: Option<PathBuf>,
    /// Whether that program is there and can be run.
    pub program_runs: bool,
    /// The mode they call it in.
    pub mode: Option<Mode>,
    /// Whether this version would write the very same entries.
    pub is_current: bool,
}

/// Why nothing was done.
#[non_exhaustive]
#[derive(Debug)]
pub enum Error {
    /// The host has no settings in that scope: the reason.
    NoSuchScope(Host, Scope, &'static str),
    /// The program cannot be named in settings: the reason.
    Program(PathBuf, &'static str),
    /// The file cannot be edited without guessing; it is untouched.
    Refused(PathBuf, Refused),
    /// A file could not be read or written.
    Io(PathBuf, std::io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NoSuchScope(host, scope, reason) => {
                write!(f, "no {} settings for {}: {reason}", scope.as_str(), host.as_str())
            }
            Error::Program(path, reason) => {
                write!(f, "cannot install {}: {reason}", path.display())
            }
            Error::Refused(path, Refused::Syntax(place)) => {
                write!(f, "{} is not JSON and stays untouched: {place}", path.display())
            }
            Error::Refused(path, Refused::Shape(part, expected)) => {
                let path = path.display();
                write!(f, "{path} stays untouched: `{part}` is not {expected}")
            }
            Error::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Error::Io(_, error) = self { Some(error) } else { None }
    }
}

/// The events that a host's hooks are installed for, under its own names.
pub fn events(host: Host) -> &'static [&'static str] {
    hosts::row(host).events
}

/// What installing would change.
pub fn plan_install(
    (host, scope): (Host, Scope),
    program: &Path,
    mode: Mode,
    places: &Places,
) -> Result<Change, Error> {
    let page = Page::open(host, scope, places)?;
    let row = hosts::row(host);
    let unfit = unfit(program, row.expands_dollar)
        .or_else(|| (!file::is_program(program)).then_some("no program is there"));
    if let Some(reason) = unfit {
        return Err(Error::Program(program.to_owned(), reason));
    }
    let wanted = hosts::wanted(host, program.to_str().unwrap_or(""), mode);
    let base = page.without_ours()?;
    let after = match &page.current {
        Some(current) if page.holds_exactly(current, &wanted)? => current.clone(),
        _ => edit::add(base.as_deref().unwrap_or(""), &wanted).map_err(|r| page.refused(r))?,
    };
    let backup = base.is_some().then(|| file::backup_of(&page.file));
    let Page { file, current, .. } = page;
    Ok(Change { file, before: current, after: Some(after), backup, afterwards: row.afterwards })
}

/// Installs: as planned, on disk.
pub fn install(
    target: (Host, Scope),
    program: &Path,
    mode: Mode,
    places: &Places,
) -> Result<Change, Error> {
    let change = plan_install(target, program, mode, places)?;
    let page = Page::open(target.0, target.1, places)?;
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::Io(path, error)
    };
    if let Some((manifest, text)) = hosts::manifest(target.0, &change.file)
        && file::read(&manifest).map_err(io(&manifest))?.is_none()
    {
        file::replace(&manifest, None, text).map_err(io(&manifest))?;
    }
    if change.is_nothing() {
        return Ok(change);
    }
    // The backup first: a crash here leaves a copy of what is there anyway.
    let backup = file::backup_of(&change.file);
    match page.without_ours()? {
        Some(base) => {
            let old = file::read(&backup).map_err(io(&backup))?;
            if old.as_deref() != Some(base.as_str()) {
                file::write(&backup, old.as_deref(), &base, &change.file).map_err(io(&backup))?;
            }
        }
        None => file::forget(&backup).map_err(io(&backup))?,
    }
    let after = change.after.as_deref().unwrap_or("");
    file::replace(&change.file, change.before.as_deref(), after).map_err(io(&change.file))?;
    Ok(change)
}

/// What uninstalling would change; none if nothing is installed.
pub fn plan_uninstall(
    (host, scope): (Host, Scope),
    places: &Places,
) -> Result<Option<Change>, Error> {
    let page = Page::open(host, scope, places)?;
    if page.call()?.is_none() {
        return Ok(None);
    }
    let after = page.without_ours()?;
    let backup = page.backup.is_some().then(|| file::backup_of(&page.file));
    let Page { file, current, .. } = page;
    Ok(Some(Change { file, before: current, after, backup, afterwards: "" }))
}

/// Uninstalls: as planned, on disk; none if nothing was installed.
pub fn uninstall(target: (Host, Scope), places: &Places) -> Result<Option<Change>, Error> {
    let Some(change) = plan_uninstall(target, places)? else { return Ok(None) };
    let path = &change.file;
    let io = |error| Error::Io(path.clone(), error);
    let before = change.before.as_deref().unwrap_or("");
    match &change.after {
        Some(after) => file::replace(path, Some(before), after).map_err(io)?,
        None => file::remove(path, before).map_err(io)?,
    }
    file::forget(&file::backup_of(path)).map_err(io)?;
    if let (None, Some((manifest, text))) = (&change.after, hosts::manifest(target.0, path)) {
        if file::read(&manifest).map_err(io)?.as_deref() == Some(text) {
            file::remove(&manifest, text).map_err(io)?;
        }
        // Only what is empty goes; a plugin directory without a plugin would be a puzzle.
        path.ancestors().skip(1).take(2).for_each(file::remove_empty_dir);
    }
    Ok(Some(change))
}

/// What is installed for a host in a scope.
pub fn installed((host, scope): (Host, Scope), places: &Places) -> Result<Status, Error> {
    let page = Page::open(host, scope, places)?;
    let call = page.call()?;
    let mut status = Status {
        file: page.file.clone(),
        events: Vec::new(),
        missing: events(host).to_vec(),
        program: call.as_ref().map(|call| PathBuf::from(&call.program)),
        program_runs: call.as_ref().is_some_and(|call| file::is_program(Path::new(&call.program))),
        mode: call.as_ref().map(|call| call.mode),
        is_current: false,
    };
    let (Some(call), Some(current)) = (call, &page.current) else { return Ok(status) };
    let wanted = hosts::wanted(host, &call.program, call.mode);
    status.is_current = page.holds_exactly(current, &wanted)?;
    let root = parse(current).map_err(|place| page.refused(place.into()))?;
    let hooks = root.as_ref().and_then(|root| root.member("hooks"));
    for event in hooks.map_or(&[][..], Node::children) {
        if event.node.children().iter().any(|entry| !calls(&entry.node, host).is_empty()) {
            status.events.push(event.key.clone());
        }
    }
    status.missing.retain(|event| !status.events.iter().any(|found| found == event));
    Ok(status)
}

/// Our calls in an element under an event: a handler, or a group of them.
fn calls(entry: &Node, host: Host) -> Vec<Call> {
    let inner = entry.member("hooks").map_or(&[][..], Node::children);
    let handlers = inner.iter().map(|handler| &handler.node);
    handlers.chain([entry]).filter_map(|handler| call_of(handler, host)).collect()
}

/// A settings file, its backup, and whose it is.
struct Page {
    host: Host,
    file: PathBuf,
    current: Option<String>,
    backup: Option<String>,
}

impl Page {
    fn open(host: Host, scope: Scope, places: &Places) -> Result<Self, Error> {
        let named = hosts::file(host, scope, places)
            .map_err(|reason| Error::NoSuchScope(host, scope, reason))?;
        let file = file::real(&named).map_err(|error| Error::Io(named, error))?;
        let read = |path: &Path| file::read(path).map_err(|e| Error::Io(path.to_owned(), e));
        let (current, backup) = (read(&file)?, read(&file::backup_of(&file))?);
        Ok(Self { host, file, current, backup })
    }

    fn refused(&self, reason: Refused) -> Error {
        Error::Refused(self.file.clone(), reason)
    }

    fn parsed(&self, text: &str) -> Result<Option<Node>, Error> {
        parse(text).map_err(|place| self.refused(place.into()))
    }

    /// The first call of ours in the file.
    fn call(&self) -> Result<Option<Call>, Error> {
        let Some(root) = self.parsed(self.current.as_deref().unwrap_or(""))? else {
            return Ok(None);
        };
        let hooks = root.member("hooks").map_or(&[][..], Node::children);
        let mut entries = hooks.iter().flat_map(|event| event.node.children());
        Ok(entries.find_map(|entry| calls(&entry.node, self.host).into_iter().next()))
    }

    /// What the file would be without our entries; none if it would not be.
    fn without_ours(&self) -> Result<Option<String>, Error> {
        let Some(current) = &self.current else { return Ok(None) };
        let Some(call) = self.call()? else { return Ok(Some(current.clone())) };
        let wanted = hosts::wanted(self.host, &call.program, call.mode);
        for original in [self.backup.as_ref(), None] {
            let text = original.map_or("", String::as_str);
            if edit::add(text, &wanted).as_ref() == Ok(current) {
                return Ok(original.cloned());
            }
        }
        let ours = |node: &Node| call_of(node, self.host).is_some() || self.is_our_group(node);
        let original = self.backup.as_deref().map(|backup| (backup, &wanted));
        let rest = edit::remove(current, original, &ours).map_err(|r| self.refused(r))?;
        let is_empty = self.parsed(&rest)?.is_none_or(|root| says_nothing(&root));
        Ok((self.backup.is_some() || !is_empty).then_some(rest))
    }

    /// A group in which every handler is ours and nothing else is said.
    fn is_our_group(&self, group: &Node) -> bool {
        let handlers = group.member("hooks").map_or(&[][..], Node::children);
        !handlers.is_empty()
            && group.children().len() == 1
            && handlers.iter().all(|handler| call_of(&handler.node, self.host).is_some())
    }

    /// Whether the text holds these entries of ours and no other.
    fn holds_exactly(&self, text: &str, wanted: &edit::Wanted) -> Result<bool, Error> {
        let Some(root) = self.parsed(text)? else { return Ok(false) };
        let hooks = root.member("hooks").map_or(&[][..], Node::children);
        let entries = hooks.iter().flat_map(|event| event.node.children());
        let ours: usize = entries.map(|entry| calls(&entry.node, self.host).len()).sum();
        let mut found = 0;
        for (event, entry) in &wanted.entries {
            let Some(entry_node) = self.parsed(entry)? else { continue };
            let list = root.member("hooks").and_then(|hooks| hooks.member(event));
            let children = list.map_or(&[][..], Node::children);
            found +=
                usize::from(children.iter().any(|child| child.node.same(text, &entry_node, entry)));
        }
        Ok(found == wanted.entries.len() && ours == found)
    }
}

/// `{}`, or nothing but the version of the format.
fn says_nothing(root: &Node) -> bool {
    matches!(root.kind, Kind::Object(_))
        && root.children().iter().all(|child| child.key == "version")
}
