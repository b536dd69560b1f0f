//! Why a command did not do what was asked, in three lines: what, why, what next; and the exit
//! code that scripts see.

use std::error::Error;
use std::fmt;
use std::io::{ErrorKind, Write};
use tachograph::record::RecordError;
use tachograph::store::OpenError;
use tachograph::vault::VaultError;

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; the answer is yes.
    Yes = 0,
    /// The answer is no: tampered, or what `--fail-if-any` names was found.
    No = 1,
    /// The command was not understood.
    Usage = 2,
    /// It cannot be told: something needed for the answer is missing or unreadable.
    CannotTell = 3,
    /// Not with these permissions, or not while a stop or a hold stands.
    NotAllowed = 4,
    /// What was needed did not answer in time; trying again may help.
    Unreachable = 5,
    /// A bug of ours.
    Bug = 70,
    /// Somebody pressed Ctrl-C.
    Interrupted = 130,
}

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What failed, in one sentence.
    what: String,
    /// Why, a line each.
    why: Vec<String>,
    /// What to do next.
    next: Option<String>,
}

/// How commands end.
pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), why: Vec::new(), next: None }
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

impl Failure {
    /// What failed and why, and what to do next.
    pub(crate) fn told(&self) -> (String, String) {
        let why: String = self.why.iter().map(|why| format!(": {why}")).collect();
        (format!("{}{why}", self.what), self.next.clone().unwrap_or_default())
    }

    /// Says it to the person, on standard error. A reader who stopped reading is told nothing.
    pub(crate) fn tell(&self) {
        if !self.what.is_empty() {
            // Who closed standard error does not want to hear it.
            let _ = writeln!(std::io::stderr(), "{self}");
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        for why in &self.why {
            write!(f, "\n  {why}")?;
        }
        match &self.next {
            Some(next) => write!(f, "\n  try: {next}"),
            None => Ok(()),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let what = error.to_string();
        match error {
            OpenError::Store(error) => error.into(),
            OpenError::Missing(_) => Self::new(Exit::CannotTell, what)
                .next("`tacho init` makes one, or name another with --store DIR"),
            OpenError::NotAStore(_) => Self::new(Exit::CannotTell, what)
                .next("name the directory that holds `FORMAT` with --store DIR"),
            OpenError::HalfCopy(_) => Self::new(Exit::CannotTell, what)
                .next("wait for who copies; if nobody does, remove it and copy again"),
            OpenError::Newer { .. } => {
                Self::new(Exit::CannotTell, what).next("update tacho: a newer one wrote this store")
            }
            OpenError::Busy(_) => Self::new(Exit::Unreachable, what).next("again in a moment"),
            _ => Self::new(Exit::CannotTell, what),
        }
    }
}

impl From<tachograph::Error> for Failure {
    fn from(error: tachograph::Error) -> Self {
        let (exit, next) = match is_denied(&error) {
            true => (Exit::NotAllowed, OWNERS),
            false => (
                Exit::CannotTell,
                "`tacho verify` says what is damaged, `tacho doctor` what can be mended",
            ),
        };
        because_of(Self::new(exit, error.to_string()), &error).next(next)
    }
}

/// What somebody does who may not write.
const OWNERS: &str = "the user who owns the store; whoever may read it looks and verifies";

/// Each reason behind an error, a line each.
fn because_of(mut failure: Failure, error: &dyn Error) -> Failure {
    let mut source = error.source();
    while let Some(one) = source {
        failure = failure.because(one.to_string());
        source = one.source();
    }
    failure
}

/// Whether the disk said that this user may not, or that nobody may.
pub(crate) fn is_denied(error: &(dyn Error + 'static)) -> bool {
    let mut one = Some(error);
    while let Some(error) = one {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(
                io.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            );
        }
        one = error.source();
    }
    false
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let (what, next) = (error.to_string(), error.next());
        let (exit, next) = match error {
            VaultError::Store(error) => return error.into(),
            VaultError::Record(error) => return error.into(),
            VaultError::Exposed(path) => {
                let next = format!("`chmod 600 {}`, and ask who read it", path.display());
                return Self::new(Exit::NotAllowed, what).next(next);
            }
            VaultError::Busy(_) | VaultError::Integrate(_) | VaultError::Wal(_) => {
                (Exit::Unreachable, Some("again in a moment"))
            }
            VaultError::Held { .. } => (
                Exit::NotAllowed,
                Some("`tacho hold ls` shows why; `tacho hold lift ID --reason ...` ends it"),
            ),
            VaultError::Scope(_) => (Exit::Usage, None),
            VaultError::Foreign(_) => {
                (Exit::NotAllowed, Some("name the right directory with --keys DIR"))
            }
            VaultError::NotApplied { .. } => (
                Exit::NotAllowed,
                Some("`tacho restore --apply` erases again what was erased since"),
            ),
            VaultError::Clock(_) => {
                (Exit::CannotTell, Some("set the clock; `tacho doctor` says more"))
            }
            VaultError::NoMaster(_) | VaultError::WrongSecret(_) => (Exit::CannotTell, next),
            _ => (Exit::NotAllowed, next),
        };
        let failure = Self::new(exit, what);
        match next {
            Some(next) => failure.next(next),
            None => failure,
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Refused(problems) => {
                let mut failure = Self::usage("the event has problems");
                failure.why.extend(problems.iter().map(ToString::to_string));
                failure
            }
            RecordError::NotOpened(error) => error.into(),
            other if is_denied(&other) => {
                because_of(Self::new(Exit::NotAllowed, other.to_string()), &other).next(OWNERS)
            }
            other => Self::new(Exit::Unreachable, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let failure = Failure::usage("no such thing").because("it is not there").next("`tacho ls`");
        let told = "error: no such thing\n  it is not there\n  try: `tacho ls`";
        assert_eq!(failure.to_string(), told);
        assert_eq!(failure.exit as u8, 2);
    }
}
