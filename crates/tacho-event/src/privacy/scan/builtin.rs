//! The scanner that holds where a configuration says nothing.

use super::pattern::{Pattern, PatternSpec};
use super::{REPLACEMENT, Scanner, rules};
use std::fmt;

impl Scanner {
    /// The default patterns and the table of secrets.
    #[must_use]
    pub fn builtin() -> Scanner {
        let defaults = PatternSpec::defaults();
        // Each of them is a pattern: a test says so.
        let patterns = defaults.iter().filter_map(|spec| Pattern::from_spec(spec).ok());
        Scanner::over(
            patterns.chain(rules::RULES.iter().map(Pattern::from_rule)).collect(),
            REPLACEMENT,
        )
    }
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.patterns.len();
        f.debug_struct("Scanner").field("patterns", &patterns).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_scanner_has_every_default_and_every_rule() {
        let made = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap();
        assert_eq!(Scanner::builtin().patterns.len(), made.patterns.len());
        assert_eq!(made.patterns.len(), PatternSpec::defaults().len() + rules::RULES.len());
    }
}
