//! Words have a keeper: claims nobody can hold, words that talk down, and traces of the workshop
//! (issue numbers, paths of a machine) do not enter the house.

use super::subject::File;
use super::{Finding, Subject};

/// Claims nobody can hold; case does not matter. The word list of STYLE.md may name them.
const CLAIMS: &[(&str, &str)] = &[
    ("tamper-proof", "say `tamper-evident`"),
    ("tamperproof", "say `tamper-evident`"),
    ("unhackable", "say what is detected, and by what"),
    ("military-grade", "name the algorithm"),
    ("bank-grade", "name the algorithm"),
    ("100% secure", "say what is detected, and by what"),
];

/// In prose: what talks down, and who is speaking.
const MANNERS: &[(&str, &str)] = &[
    ("simply", "if it were simple, nobody would read this"),
    ("obviously", "if it were obvious, nobody would read this"),
    ("we", "say who does it: the recorder, the verifier, the reader"),
];

/// Where a machine keeps its things; never a place in the project.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tmp/bash", "_jobs")];

const SAY_THE_REASON: &str = "say the reason, not the number of an issue";

const WORD_LIST: &str = "STYLE.md";

pub(super) fn check(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &subject.files {
        for (line, text) in file.lines() {
            for message in anywhere(file, text) {
                findings.push(Finding::new(&file.path, line, message));
            }
        }
        if file.path.ends_with(".md") && !file.path.starts_with("docs/reference/") {
            findings.extend(in_prose(file));
        }
    }
    findings
}

fn anywhere(file: &File, text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let lower = text.to_ascii_lowercase();
    let is_own = file.path == WORD_LIST || file.path == "xtask/src/tidy/words.rs";
    for (claim, instead) in CLAIMS.iter().filter(|(claim, _)| !is_own && lower.contains(claim)) {
        messages.push(format!("`{claim}`: {instead}"));
    }
    for path in MACHINE_PATHS.iter().filter(|path| has_path(text, path)) {
        messages.push(format!("`{path}` is a place on one machine"));
    }
    let counted = ["issue #", "pull request #", "pr #"];
    if !is_own && counted.iter().any(|words| has_number_after(&lower, words)) {
        messages.push(SAY_THE_REASON.to_owned());
    }
    messages
}

/// The path stands at its start: `~/work/` and `target/work/` are other places.
fn has_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "/~._-$}*".contains(letter))
    })
}

fn has_number_after(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let after = text.get(at + words.len()..).unwrap_or_default();
        after.starts_with(|letter: char| letter.is_ascii_digit())
    })
}

/// Prose alone: neither quoted blocks nor `code` are read.
fn in_prose(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_quoted = false;
    for (line, text) in file.lines() {
        if text.trim_start().starts_with("```") {
            is_quoted = !is_quoted;
        }
        if is_quoted {
            continue;
        }
        // Between backticks: every second piece.
        let prose: Vec<&str> = text.split('`').step_by(2).collect();
        let prose = prose.join(" ");
        for word in prose.split(|letter: char| !letter.is_alphanumeric() && letter != '\'') {
            let manner = MANNERS.iter().find(|(bad, _)| word.eq_ignore_ascii_case(bad));
            if let Some((bad, why)) = manner
                && file.path != WORD_LIST
            {
                findings.push(Finding::new(&file.path, line, format!("`{bad}`: {why}")));
            }
        }
        if prose.split([' ', '(', '[']).any(is_issue_number) {
            findings.push(Finding::new(&file.path, line, SAY_THE_REASON));
        }
    }
    findings
}

/// `#12`, `#12,`; neither `#fff000` nor the heading `# 12`.
fn is_issue_number(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('#') else { return false };
    let digits = rest.trim_end_matches(|letter: char| letter.is_ascii_punctuation());
    (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let findings = check(&Subject::sample(&[(path, text)]));
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn claims_are_found_everywhere_but_in_the_word_list() {
        assert_eq!(messages("a.rs", "// A Tamper-Proof log").len(), 1);
        assert_eq!(messages("a.md", "military-grade").len(), 1);
        assert_eq!(messages("STYLE.md", "never tamper-proof"), [""; 0]);
    }

    #[test]
    fn manners_are_kept_in_prose_only() {
        assert_eq!(messages("a.md", "We simply sign it.").len(), 2);
        assert_eq!(messages("a.md", "Web `we`\n```\nwe\n```\n"), [""; 0]);
        assert_eq!(messages("a.rs", "// we"), [""; 0]);
    }

    #[test]
    fn issue_numbers_are_found_other_numbers_are_not() {
        for text in ["see #12.", "fixed (#7)", "issue #3"] {
            assert!(messages("a.md", text).contains(&SAY_THE_REASON.to_owned()), "{text}");
        }
        assert_eq!(messages("a.rs", "// pull request #4").len(), 1);
        for text in ["# 12 months", "colour #123456", "RFC 6962", "`#12`", "a#12"] {
            assert_eq!(messages("a.md", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        for path in MACHINE_PATHS {
            assert_eq!(messages("a.json", &format!("\"{path}x\"")).len(), 1, "{path}");
            assert_eq!(messages("a.json", &format!("\"home{path}x\"")), [""; 0], "{path}");
        }
    }
}
