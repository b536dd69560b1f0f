//! A link between pages leads somewhere.

use super::{Finding, Subject, path_from};

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in subject.files.iter().filter(|file| file.path.ends_with(".md")) {
        let mut is_quoted = false;
        for (line, text) in page.lines() {
            if text.trim_start().starts_with("```") {
                is_quoted = !is_quoted;
            }
            for link in links(text).filter(|_| !is_quoted) {
                let place = path_from(&page.path, link);
                let is_there = |path: &str| path == place || path.starts_with(&format!("{place}/"));
                if !subject.files.iter().any(|file| is_there(&file.path)) {
                    let message = format!("`{link}` leads nowhere: there is no {place}");
                    findings.push(Finding::new(&page.path, line, message));
                }
            }
        }
    }
    findings
}

/// The targets of `[text](target)` that lie in the house.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files = targets.filter_map(|target| target.split('#').next());
    files.filter(|file| !file.is_empty() && !file.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nothing_is_found() {
        let page = "[a](../README.md) [b](limits.md#x) [c](decisions/)\n\
                    [d](https://x.org) [e](#here) [f](gone.md)\n```\n[g](gone.md)\n```\n";
        let files = [("README.md", ""), ("docs/decisions/a.md", ""), ("docs/limits.md", page)];
        let findings = check(&Subject::sample(&files));
        let message = "`gone.md` leads nowhere: there is no docs/gone.md";
        assert_eq!(findings, [Finding::new("docs/limits.md", 2, message)]);
    }
}
