//! Nothing unfinished is committed: no macros that stand for missing code, no tests switched off.

use super::{Finding, Subject, is_fixture};

/// What may not stand in code, and why.
const UNFINISHED: &[(&str, &str)] = &[
    (concat!("to", "do!("), "finish it, or do not offer it"),
    (concat!("unim", "plemented!("), "finish it, or do not offer it"),
    (concat!("db", "g!("), "left from looking for a mistake"),
    (concat!("#[ig", "nore"), "a test that does not run proves nothing: assert what is so today"),
];

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in subject.rust_files().filter(|file| !is_fixture(&file.path)) {
        for (line, text) in file.code_lines() {
            for (what, why) in UNFINISHED.iter().filter(|(what, _)| text.contains(what)) {
                findings.push(Finding::new(&file.path, line, format!("`{what}`: {why}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_code_is_found_words_about_it_are_not() {
        for (what, _) in UNFINISHED {
            let text = format!("// {what}\nlet a = \"{what}\";\nf({what});\n");
            let findings = check(&Subject::sample(&[("a.rs", &text)]));
            let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
            assert_eq!(lines, [3], "{what}");
        }
    }
}
