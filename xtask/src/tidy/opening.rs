//! Every module opens with `//!`: what you give it and what you get.

use super::{Finding, Subject, is_fixture};

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let files = subject.rust_files().filter(|file| !is_fixture(&file.path));
    let silent = files.filter(|file| !says_something(&file.text));
    silent
        .map(|file| Finding::new(&file.path, 1, "open the module with `//!` and a sentence"))
        .collect()
}

fn says_something(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|words| !words.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_does_not_say_what_it_is_is_found() {
        let files = [("a.rs", "//! Given a, gives b.\n"), ("b.rs", "use a;\n"), ("c.rs", "//!\n")];
        let findings = check(&Subject::sample(&files));
        let paths: Vec<_> = findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["b.rs", "c.rs"]);
    }
}
