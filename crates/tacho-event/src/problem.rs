//! Bad input, named: which place, what is wrong, what to do.

use std::fmt;

/// One thing that is wrong with a draft, a policy or a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// RFC 6901 pointer to the place, empty for the whole.
    pub pointer: String,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    /// A problem at `pointer`.
    pub fn new(
        pointer: impl fmt::Display,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { pointer: pointer.to_string(), what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, what, hint } = self;
        let place = if pointer.is_empty() { "the event" } else { pointer };
        write!(f, "{place}: {what}")?;
        if hint.is_empty() { Ok(()) } else { write!(f, " ({hint})") }
    }
}

impl std::error::Error for Problem {}
