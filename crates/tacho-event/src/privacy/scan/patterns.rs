//! Given a place, gives the pattern there: those of a configuration, then the rows of the table.

use super::Lazy;
use super::pattern::Pattern;
use super::rules::{Probe, RULES, Rule};

/// The patterns of a scanner.
pub(super) struct Patterns {
    own: Vec<Pattern>,
    /// The rows of the table are among them.
    table: bool,
    /// One for each row, each made when it is first needed, as their list is: hardly any is.
    rows: Lazy<Box<[Lazy<Box<Pattern>>]>>,
}

impl Patterns {
    /// Those of a configuration and, with `table`, the rows.
    pub(super) fn new(own: Vec<Pattern>, table: bool) -> Patterns {
        Patterns { own, table, rows: Lazy::new() }
    }

    pub(super) fn get(&self, at: usize) -> Option<&Pattern> {
        let Some(row) = at.checked_sub(self.own.len()) else { return self.own.get(at) };
        let rule = self.rules().get(row)?;
        let rows = self.rows.get_or_init(|| RULES.iter().map(|_| Lazy::new()).collect());
        Some(rows.get(row)?.get_or_init(|| Box::new(Pattern::from_rule(rule))))
    }

    /// The rows of the table, or none.
    fn rules(&self) -> &'static [Rule] {
        if self.table { RULES } else { &[] }
    }

    pub(super) fn len(&self) -> usize {
        self.own.len() + self.rules().len()
    }

    /// How many rows were made so far; of their list, whether it was.
    #[cfg(test)]
    pub(super) fn rows_made(&self) -> Option<usize> {
        let rows = self.rows.get()?;
        Some(rows.iter().filter(|row| row.get().is_some()).count())
    }

    /// The places of patterns of the configuration for which this holds.
    pub(super) fn own(&self, wanted: impl Fn(&Pattern) -> bool) -> Vec<usize> {
        let all = self.own.iter().enumerate();
        all.filter(|(_, pattern)| wanted(pattern)).map(|(at, _)| at).collect()
    }

    /// The places of the rows with this probe.
    pub(super) fn rows(&self, probe: Probe) -> impl Iterator<Item = usize> {
        let all = self.rules().iter().zip(self.own.len()..);
        all.filter(move |(rule, _)| rule.probe == probe).map(|(_, at)| at)
    }

    /// Whether there may be patterns with a probe: the table has such rows.
    pub(super) fn has_table(&self) -> bool {
        self.table
    }
}
