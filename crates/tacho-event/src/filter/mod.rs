//! Given a filter such as `agent:ops/* status:failure -tool:Read "deploy"`, gives a test of
//! events, or every problem with it and where it stands.
//!
//! The language is one for the command line, the page, rules and saved views:
//!
//! ```text
//! agent:ops/*  status:failure      both must hold: AND is understood
//! -tool:Read   NOT tool:Read       not so
//! status:(failure OR denied)       one of several
//! cost:>0.5    duration:1s..5s     numbers, lengths of time, and ranges with both ends
//! since:24h    at:2026-01-31       times, from now or by the calendar (UTC)
//! error:*                          has one
//! "rm -rf"     deploy              anywhere in what was recorded
//! ```
//!
//! An answer has three values, because an event may be seen without its content: what is hidden,
//! expired or erased can be claimed neither to match nor not to match. `user:alice` and
//! `-user:alice` are both [`Verdict::Unknown`] of a leaf whose identity is hidden; of an event
//! that names no user the first is [`Verdict::No`] and the second [`Verdict::Yes`].
//!
//! ```
//! use tacho_event::{Filter, Timestamp, Verdict, json};
//! let filter = Filter::parse("agent:ops/* status:failure", Timestamp::default()).unwrap();
//! let leaf = json::read(br#"{"agent":{"id":"ops/x"},"outcome":{"status":"failure"}}"#).unwrap();
//! assert_eq!(filter.verdict(leaf.as_object().unwrap()), Verdict::Yes);
//! ```

mod expr;
mod fields;
mod matcher;
mod names;
mod needle;
mod operand;
mod parse;
mod print;
mod times;

pub use expr::{Expr, Glob, Op, Term, Test};
pub use fields::{Classes, Fields, Shown, Verdict};
pub use names::{Field, Name, Place, Reading, names};
pub use parse::Problem;

use crate::time::Timestamp;
use std::fmt;

/// A filter, ready to be asked of any number of events.
#[derive(Clone)]
pub struct Filter {
    expr: Expr,
    program: matcher::Program,
    needs: Classes,
}

impl Filter {
    /// Reads a filter; times such as `since:24h` are counted from `now` and stay what they are
    /// then. Every problem is named, in the order of the text.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, Vec<Problem>> {
        parse::parse(text, now).map(Self::from)
    }

    /// What it asks, for those who translate it.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// True if the event surely matches. Of an event that is not wholly shown, see
    /// [`Filter::verdict`].
    pub fn matches(&self, event: &dyn Fields) -> bool {
        self.verdict(event) == Verdict::Yes
    }

    /// Whether the event matches, as far as what is shown of it can tell. A reader asks this of
    /// the leaf first and opens disclosures only if the answer is [`Verdict::Unknown`]: whatever
    /// they hold, they never turn a yes or a no around. (One exception is wanted: a filter that
    /// names a stand-in, as leaves show it for an id that may not stay for ever, finds the leaf.)
    pub fn verdict(&self, event: &dyn Fields) -> Verdict {
        self.program.verdict(event)
    }

    /// The classes of disclosures whose members it asks about; none if leaves can answer it (but
    /// for names and ids of which a leaf shows only a stand-in).
    pub fn needs(&self) -> Classes {
        self.needs
    }
}

impl From<Expr> for Filter {
    fn from(expr: Expr) -> Self {
        let program = matcher::Program::new(&expr);
        let needs = program.needs();
        Self { expr, program, needs }
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.expr).finish()
    }
}

impl fmt::Display for Filter {
    /// The filter in its plainest spelling, with times made absolute; reads back as the same
    /// expression where it keeps to the limits of a filter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

/// Filters and what they find: the reference shows them, a test reads them.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("agent:ops/* status:failure", "What failed for any agent of `ops/`."),
    ("status:(failure OR denied OR timeout) since:24h", "What went wrong in the last 24 hours."),
    ("-tool:Read type:tool", "Every tool but `Read`."),
    ("tool:Bash command:\"git push\"", "Shell commands that contain `git push`."),
    ("command:=\"git status\"", "Shell commands that are exactly `git status`."),
    ("command:git*", "Shell commands that begin with `git`."),
    ("cost:>0.5 OR tokens:>=100000", "What was expensive either way."),
    ("duration:2s..1m", "What took from 2 seconds to a minute."),
    ("severity:>=warning -type:health", "Warnings and worse, health checks apart."),
    ("user:alice@example.com at:2026-01", "What was done by or for one person in January."),
    ("since:2026-01-01 until:2026-03-31", "The first quarter, both days included."),
    ("resource:*.env sensitive:true", "Sensitive reads of anything whose name ends in `.env`."),
    ("error:* -error:timeout", "Every error but those that speak of a timeout."),
    ("labels.environment:production", "What ran in production."),
    ("metadata.mcp.retries:>2", "A number anywhere below `metadata`."),
    ("\"rm -rf\" NOT agent:(ops/cleaner OR ops/reaper)", "A phrase anywhere, two agents apart."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_reads_and_reads_back() {
        let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
        for (text, meaning) in EXAMPLES {
            let filter = Filter::parse(text, now).unwrap_or_else(|p| panic!("{text}: {p:?}"));
            let again = Filter::parse(&filter.to_string(), Timestamp::default());
            assert_eq!(again, Ok(filter), "{text}");
            assert!(meaning.ends_with('.'), "{meaning}");
        }
    }
}
