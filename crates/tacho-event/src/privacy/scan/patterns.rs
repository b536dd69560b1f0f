//! Given a place, gives the pattern there: those of a configuration, then the rows of the table.

use super::pattern::Pattern;
use super::{Lazy, rules};

/// The patterns of a scanner.
pub(super) struct Patterns {
    own: Vec<Pattern>,
    /// One for each row of the table, or none; made when first needed: hardly any is.
    rows: Box<[Lazy<Box<Pattern>>]>,
}

impl Patterns {
    /// Those of a configuration and, with `table`, the rows.
    pub(super) fn new(own: Vec<Pattern>, table: bool) -> Patterns {
        let rows = if table { rules::RULES.len() } else { 0 };
        Patterns { own, rows: (0..rows).map(|_| Lazy::new()).collect() }
    }

    pub(super) fn get(&self, at: usize) -> Option<&Pattern> {
        let Some(row) = at.checked_sub(self.own.len()) else { return self.own.get(at) };
        let (pattern, rule) = (self.rows.get(row)?, rules::RULES.get(row)?);
        Some(pattern.get_or_init(|| Box::new(Pattern::from_rule(rule))))
    }

    pub(super) fn len(&self) -> usize {
        self.own.len() + self.rows.len()
    }

    /// The places of patterns of the configuration for which this holds.
    pub(super) fn own(&self, wanted: impl Fn(&Pattern) -> bool) -> Vec<usize> {
        let all = self.own.iter().enumerate();
        all.filter(|(_, pattern)| wanted(pattern)).map(|(at, _)| at).collect()
    }

    /// The places of the rows with this probe.
    pub(super) fn rows(&self, probe: rules::Probe) -> Vec<usize> {
        let all = rules::RULES.iter().take(self.rows.len()).enumerate();
        all.filter(|(_, rule)| rule.probe == probe).map(|(at, _)| self.own.len() + at).collect()
    }
}
