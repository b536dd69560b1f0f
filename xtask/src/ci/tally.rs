//! Given the lines that test runners print, gives the counts and what is worth showing of them.

/// What all test runners said together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    passed: usize,
    pub(super) failed: usize,
    ignored: usize,
    /// The lines of the tests that skipped themselves.
    pub(super) skips: Vec<String>,
    /// The names of the tests that failed.
    pub(super) failures: Vec<String>,
    /// Between `failures:` and `test result:`: every line is shown.
    is_telling_failures: bool,
}

impl Tally {
    /// Counts a line; says whether to show it.
    pub(super) fn read(&mut self, line: &str) -> bool {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.is_telling_failures = false;
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
            self.ignored += count(counts, "ignored");
            // A runner without tests has nothing to tell.
            return !counts.starts_with("ok. 0 passed; 0 failed; 0 ignored");
        }
        if line == "failures:" {
            self.is_telling_failures = true;
        }
        if self.is_telling_failures {
            return true;
        }
        match line.strip_prefix("test ").and_then(|test| test.rsplit_once(" ... ")) {
            Some((name, "FAILED")) => {
                self.failures.push(name.to_owned());
                true
            }
            Some((_, result)) => result != "ok",
            None => !line.is_empty() && !is_opening(line),
        }
    }

    /// Takes the file to which skipping tests append a line each. Their runner counted them as
    /// passed: they returned before proving anything.
    pub(super) fn add_skips(&mut self, text: &str) {
        let skips: Vec<String> = text.lines().map(str::to_owned).collect();
        self.passed = self.passed.saturating_sub(skips.len());
        self.skips.extend(skips);
    }

    pub(super) fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// The last line of everything.
    pub(super) fn summary(&self) -> String {
        let skipped = self.skips.len() + self.ignored;
        format!("{} passed, {} failed, {skipped} skipped", self.passed, self.failed)
    }
}

/// `12 passed` in `ok. 12 passed; 0 failed; ...`.
fn count(counts: &str, word: &str) -> usize {
    let pieces = counts.split(['.', ';']).map(str::trim);
    let number = pieces.filter_map(|piece| piece.strip_suffix(word)).next();
    number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// `running 12 tests`.
fn is_opening(line: &str) -> bool {
    line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
     Running unittests src/lib.rs (target/debug/deps/a-1)

running 4 tests
test a::adds ... ok
test a::breaks ... FAILED
test a::waits ... ignored, needs a reason
test src/lib.rs - b (line 3) - compile fail ... ok

failures:

---- a::breaks stdout ----
test a::inner ... ok

failures:
    a::breaks

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

running 0 tests
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    #[test]
    fn counts_are_summed_and_passing_tests_not_shown() {
        let mut tally = Tally::default();
        let shown: Vec<&str> = OUTPUT.lines().filter(|line| tally.read(line)).collect();
        assert_eq!(tally.summary(), "14 passed, 1 failed, 1 skipped");
        assert_eq!(tally.failures, ["a::breaks"]);
        assert!(!tally.is_good());
        assert!(shown.contains(&"---- a::breaks stdout ----"));
        assert!(shown.contains(&"test a::inner ... ok"), "what a failed test printed is shown");
        assert!(!shown.contains(&"test a::adds ... ok"));
        assert_eq!(shown.iter().filter(|line| line.starts_with("test result")).count(), 2);
    }

    #[test]
    fn a_test_that_skips_itself_has_not_passed() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.add_skips("SKIPPED a: needs `go`: not here\nSKIPPED b: needs `loop`: not root\n");
        assert_eq!(tally.summary(), "1 passed, 0 failed, 2 skipped");
        assert!(tally.is_good());
    }
}
