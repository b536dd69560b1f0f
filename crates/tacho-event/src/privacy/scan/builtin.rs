//! The scanner that holds where a configuration says nothing.

use super::pattern::Pattern;
use super::patterns::Patterns;
use super::{REPLACEMENT, Scanner, written};
use std::fmt;

impl Scanner {
    /// The default patterns and the table of secrets.
    #[must_use]
    pub fn builtin() -> Scanner {
        let patterns = Patterns::new(Pattern::defaults(), true);
        Scanner::with(patterns, written::filter(), Vec::new(), REPLACEMENT)
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
    use super::super::{PatternSpec, rules};
    use super::*;

    #[test]
    fn the_builtin_scanner_has_every_default_and_every_rule() {
        let made = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap();
        let builtin = Scanner::builtin();
        let ids = |scanner: &Scanner| -> Vec<String> {
            let all = (0..scanner.patterns.len()).map(|at| scanner.patterns.get(at).unwrap());
            all.map(|pattern| pattern.id().to_owned()).collect()
        };
        assert_eq!(ids(&builtin), ids(&made));
        assert_eq!(made.patterns.len(), PatternSpec::defaults().len() + rules::RULES.len());
        assert_eq!(builtin.always, made.always);
        let probed = |scanner: &Scanner| -> Vec<usize> {
            let probes = [rules::Probe::Userinfo, rules::Probe::Number];
            probes.into_iter().flat_map(|probe| scanner.patterns.rows(probe)).collect()
        };
        assert!(!probed(&builtin).is_empty());
        assert_eq!(probed(&builtin), probed(&made));
    }

    #[test]
    fn rows_are_made_when_a_text_comes_near_them() {
        let scanner = Scanner::builtin();
        assert_eq!(scanner.redact("git log --oneline -10"), "git log --oneline -10");
        assert_eq!(scanner.patterns.rows_made(), None);
        let key = format!("AKIA{}", "Z".repeat(16));
        assert_eq!(scanner.redact(&key), REPLACEMENT);
        assert_eq!(scanner.patterns.rows_made(), Some(1));
    }
}
